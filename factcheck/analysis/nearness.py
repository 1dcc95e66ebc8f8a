"""How near texts are in topic: a number that only ranks; nothing is judged by it."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

from factcheck.text import stem

_WORD = re.compile(r"[^\W_]+")
_LONGEST = 20_000


def similarity(text: str, texts: Sequence[str]) -> list[float]:
    """Return for each of the texts how near it is to `text`: 0 for no shared word, 1 for the same words.

    A word weighs the more the fewer of these texts have it (inverse document frequency).
    """
    mine = stems(text)
    others = [stems(other) for other in texts]
    seen = Counter(chain.from_iterable(others))
    known = len(others) + 1
    worth = {found: math.log1p(known / (seen[found] + 0.5)) for found in seen.keys() | mine}

    def weight(found: frozenset[str]) -> float:
        return math.fsum(map(worth.__getitem__, found))

    whole = weight(mine)
    near = []
    for found in others:
        shared = mine & found
        near.append(weight(shared) / math.sqrt(whole * weight(found)) if shared else 0.0)
    return near


@lru_cache(maxsize=4096)
def stems(text: str) -> frozenset[str]:
    """Return the stems of the words of a text (its first 20,000 characters)."""
    return frozenset(map(stem, _WORD.findall(text[:_LONGEST].lower())))
