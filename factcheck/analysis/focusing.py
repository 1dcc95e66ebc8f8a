"""Which words of two texts the reader sees: of long ones, the sentences nearest to the other text."""

from math import fsum
from typing import Final

from factcheck.analysis.findings import Utterance
from factcheck.analysis.reading import concept_weight, read
from factcheck.analysis.sentences import boundaries

# Where a sentence stands in a text.
Place = tuple[int, int]

# Words of one text that the reader sees. Of a longer one, the sentences nearest to the other text.
_MOST_WORDS: Final = 90
_MOST_SENTENCE_PAIRS: Final = 4
# Bounds on what is looked at of one text, in code points and sentences, and how many of them are read.
_LOOKED_AT: Final = 20_000
_LONGEST_SENTENCE: Final = 1_000
_MOST_SENTENCES: Final = 200
_MOST_KEPT: Final = 20


def spoken(said: Utterance, text: str) -> str:
    """Return a quote as the reader learnt to read it: who, in what role, for whom, then the words.

    How far apart the dates are is left to the rules: digits would cost a seventh of the time.
    """
    who = ", ".join(filter(None, [said.speaker, said.speaker_role]))
    behalf = f" for {said.on_behalf_of}" if said.on_behalf_of else ""
    return f"{who}{behalf}: {text}" if who else text


def focused(a: Utterance, b: Utterance) -> tuple[str, str]:
    """Return both texts as the reader sees them, long ones cut to the sentences nearest to the other."""
    return spoken(a, _cut(a.text, b.text)), spoken(b, _cut(b.text, a.text))


def in_time(pair: tuple[str, str], a: Utterance, b: Utterance) -> tuple[str, str]:
    """Return both texts in the order in which they were said; where that is not known, in a fixed one."""
    one, other = (a.said_on or "", pair[0]), (b.said_on or "", pair[1])
    return pair if one <= other else (pair[1], pair[0])


def _cut(text: str, other: str) -> str:
    if len(text) <= _LONGEST_SENTENCE and text.count(" ") < _MOST_WORDS:
        return text
    return " ".join(text[slice(*one)] for one in _nearest(text, other))


def _nearest(text: str, other: str) -> list[tuple[int, int]]:
    """Return where the sentences nearest to the other text stand, in order: at least one, in few words.

    Of very long texts only the beginning is looked at: whoever posts one must not keep others waiting.
    """
    ends = boundaries(text[:_LOOKED_AT])[:_MOST_SENTENCES] or [(0, len(text))]
    ends = [(start, min(end, start + _LONGEST_SENTENCE)) for start, end in ends]
    other = other[:_LOOKED_AT]
    ranked = sorted(ends, key=lambda one: -_shared(text[slice(*one)], other))
    kept: list[tuple[int, int]] = []
    total = 0
    for one in ranked:
        total += text.count(" ", *one) + 1
        if kept and total > _MOST_WORDS:
            break
        kept.append(one)
    return sorted(kept[:_MOST_KEPT])


def _shared(a: str, b: str) -> float:
    return fsum(map(concept_weight, read(a).concepts.keys() & read(b).concepts.keys()))


def sentence_pairs(a: str, b: str) -> list[tuple[Place, Place]]:
    """Return where the sentences stand of which each says something of the other, the likeliest first."""
    pairs = [(left, right) for left in _nearest(a, b) for right in _nearest(b, a)]
    pairs.sort(key=lambda pair: -_shared(a[slice(*pair[0])], b[slice(*pair[1])]))
    return pairs[:_MOST_SENTENCE_PAIRS]


def size(pair: tuple[str, str]) -> int:
    """Return how many words both texts have."""
    return sum(text.count(" ") + 1 for text in pair)
