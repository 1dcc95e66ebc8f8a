"""Sentences and words of a text, with where they stand. One pass each: time grows with the length only."""

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from factcheck.analysis.findings import Span

# A word, with what an apostrophe joins to it ("didn't", "O'Brien"); a figure with its marks ("1,250.50").
# Hyphens separate: "twenty-three" is two words, which the figures put together again.
_WORD: Final = re.compile(r"\d+(?:[.,:]\d+)*(?:st|nd|rd|th)?|[^\W\d_]+(?:['’][^\W\d_]+)*|[%$€£¥]")
_MARK: Final = re.compile(r"[.!?…]+")
_LAST_WORD: Final = re.compile(r"[^\W\d_]+$")
_CLOSING: Final = "\"'’”»)]"
_ABBREVIATED: Final = frozenset(
    "mr mrs ms dr prof st sr jr sgt lt col gen capt cmdr maj adm rev fr hon gov sen rep vs "
    "etc inc ltd co corp jan feb mar apr jun jul aug sep sept oct nov dec approx dept est fig "
    "ave rd".split()
)
# Where a clause may end inside a sentence; negation does not reach across.
_BREAK: Final = re.compile(r"[,;:—–()\"“”.!?…]")


class Word(NamedTuple):
    """A word as it stands: `low` is its lower case with straight apostrophes.

    `clause` counts the breaks (commas, dashes, stops) before it, so that two words of one clause
    have the same number.
    """

    start: int
    end: int
    text: str
    low: str
    clause: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence at [start, end) of its text, without the blanks around it; `question` if it asks."""

    start: int
    end: int
    words: tuple[Word, ...]
    question: bool


def words(text: str, start: int = 0, end: int | None = None) -> list[Word]:
    """Return the words of a text, or of a part of it, in order."""
    end = len(text) if end is None else end
    found: list[Word] = []
    clause, last = 0, start
    for match in _WORD.finditer(text, start, end):
        begin, after = match.span()
        # One blank is what stands between most words; only other gaps are searched.
        if begin - last > 1 or (begin > last and text[last] != " "):
            clause += bool(found) and _BREAK.search(text, last, begin) is not None
        last = after
        word = match.group()
        found.append(Word(begin, last, word, word.lower().replace("’", "'"), clause))
    return found


def boundaries(text: str) -> list[tuple[int, int]]:
    """Return where the sentences of a text begin and end, blanks left out."""
    found = []
    begin = 0
    for match in _MARK.finditer(text):
        end = match.end()
        while end < len(text) and text[end] in _CLOSING:
            end += 1
        if end < len(text) and not text[end].isspace():
            continue
        following = text[end : end + 4].lstrip()[:1]
        if following.islower() or (match.group() == "." and _abbreviated(text, match.start(), following)):
            continue
        if end > begin:
            found.append((begin, end))
        begin = end
    found.append((begin, len(text)))
    return [(start, stop) for start, stop in (_stripped(text, *one) for one in found) if stop > start]


def sentences(text: str) -> list[Sentence]:
    """Split a text at its stops; abbreviations and initials ("Dr. J. Vane") do not end a sentence."""
    found = []
    for start, end in boundaries(text):
        inside = tuple(words(text, start, end))
        if inside:
            found.append(Sentence(start, end, inside, "?" in text[max(start, end - 4) : end]))
    return found


def span(text: str, start: int, end: int) -> Span:
    """Return the words at [start, end)."""
    return Span(start, end, text[start:end])


def _abbreviated(text: str, stop: int, following: str) -> bool:
    """Tell whether a full stop belongs to an abbreviation or an initial."""
    word = _LAST_WORD.search(text[max(0, stop - 8) : stop])
    if word is None:
        return False
    low = word.group().lower()
    if low == "no":
        return following.isdecimal()
    return low in _ABBREVIATED or (len(low) == 1 and word.group() != "I")


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
