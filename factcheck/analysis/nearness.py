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
    of_number = {number: math.log1p(known / (number + 0.5)) for number in {0, *seen.values()}}
    worth = {found: of_number[number] for found, number in seen.items()}
    weight = worth.__getitem__
    whole = math.fsum(of_number[seen[found]] for found in mine)
    near = []
    for found in others:
        shared = mine & found
        if shared:
            near.append(math.fsum(map(weight, shared)) / math.sqrt(whole * math.fsum(map(weight, found))))
        else:
            near.append(0.0)
    return near


@lru_cache(maxsize=4096)
def stems(text: str) -> frozenset[str]:
    """Return the stems of the words of a text (its first 20,000 characters)."""
    return frozenset(map(stem, _WORD.findall(text[:_LONGEST].lower())))
