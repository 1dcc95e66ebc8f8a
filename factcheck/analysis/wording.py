"""The words and punctuation of a text, folded so that two ways of printing the same words agree.

Each token keeps where it stands. Quotation marks are no tokens: whether and how they are printed
says nothing of the words. A text is read once, in linear time, and searched as often as needed.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

Indexes = np.ndarray[tuple[int], np.dtype[np.int64]]

# More than this is not one document; a token's number also has to fit into a code point.
MAX_SOURCE = 2_000_000

# Comparing token by token is exact and fast up to here; a text that asks for more repeats itself.
_COMPARISONS = 4_000_000
_HITS = 5_000

_APOSTROPHES = "'`´‘’‛ʹʼ′＇"
_MARKS = _APOSTROPHES + '"“”„‟«»‹›‚″〝〞〟＂「」『』'
# Soft hyphens, zero-width and direction marks, variation selectors: they may stand inside a word.
_INVISIBLE = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff"
_DASHES = r"\-\u2010-\u2015\u2212\u2e3a\u2e3b\ufe58\ufe63\uff0d"
# In scripts without spaces between words, each character stands for itself.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff"
)
# Everything else is part of a word, combining marks of all scripts included: what a word is not
# made of is the shorter list.
_WORD = (
    r"[^\s\x00-\x1f\x7f-\x9f!-/:-@\[-^`{-~\u00a1-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u00d7\u00f7"
    r"\u02b9\u02bc\u037e\u055a-\u055f\u0589\u05be\u05c0\u05c3\u05f3\u05f4\u060c\u061b\u061f\u066a-\u066d\u06d4"
    r"\u0964\u0965\u2010-\u205f\u20a0-\u20cf\u2190-\u2bff\u2e00-\u2e7f\u3000-\u3004\u3008-\u303f\u30fb"
    rf"\ufe30-\ufe6f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65{_INVISIBLE}{_UNSPACED}]"
)
# Possessive quantifiers: a run is read once, whatever follows it.
_TOKEN = re.compile(
    rf"{_WORD}++(?:[{_INVISIBLE}]++{_WORD}++|[{_APOSTROPHES}](?={_WORD}){_WORD}++|(?<=\d)[.,:/](?=\d){_WORD}++)*+"
    rf"|[{_DASHES}]++|[.…⋯]++|[^\s{_MARKS}{_INVISIBLE}\x00-\x1f\x7f-\x9f]"
)
_STRIP = re.compile(f"[{_INVISIBLE}]")
_DASH = re.compile(f"[{_DASHES}]+")
_APOSTROPHE = re.compile(f"[{_APOSTROPHES}]")


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a punctuation mark: its folded form, and where it stands."""

    form: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        return is_word(self.form)


def is_word(form: str) -> bool:
    """Tell a word, figure or symbol from mere punctuation."""
    return any(char.isalnum() for char in form)


@lru_cache(maxsize=65_536)
def _fold(raw: str) -> str:
    """Return the form in which tokens are compared; case stays, because it can turn a meaning."""
    if raw.isascii():
        return "-" if raw[0] == "-" else raw.replace("`", "'")
    if _DASH.fullmatch(raw):
        return "-"
    plain: str = _APOSTROPHE.sub("'", _STRIP.sub("", raw))
    return unicodedata.normalize("NFKC", plain)


def _scan(text: str) -> Iterator[tuple[str, int, int]]:
    for found in _TOKEN.finditer(text):
        raw = found[0]
        if raw[0] in ".…⋯" and raw != ".":
            # An ellipsis is three stops: "…", "..." and ". . ." read the same, wherever a text is cut.
            yield from ((".", found.start(), found.end()),) * (2 if raw == ".." else 3)
        else:
            yield _fold(raw), found.start(), found.end()


def tokens(text: str) -> list[Token]:
    """Return the tokens of a quotation."""
    return [Token(*found) for found in _scan(text)]


class SourceText:
    """A text that quotations are looked up in: at most `MAX_SOURCE` code points, else ValueError."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_SOURCE:
            raise ValueError(f"A source text has at most {MAX_SOURCE} code points; this has {len(text)}.")
        self.text = text
        self.numbers: dict[str, int] = {}
        starts, ends, ids = [], [], []
        for form, start, end in _scan(text):
            starts.append(start)
            ends.append(end)
            ids.append(self.numbers.setdefault(form, len(self.numbers)))
        self.starts: Indexes = np.array(starts, dtype=np.int64)
        self.ends: Indexes = np.array(ends, dtype=np.int64)
        self.ids: Indexes = np.array(ids, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def forms(self) -> list[str]:
        """The distinct tokens, by number."""
        return list(self.numbers)

    @cached_property
    def caseless(self) -> dict[str, int]:
        """A number for each token whatever its case."""
        return {form: i for i, form in enumerate(dict.fromkeys(form.lower() for form in self.numbers))}

    @cached_property
    def caseless_ids(self) -> Indexes:
        """The tokens as numbers that do not tell case."""
        numbers = np.array([self.caseless[form.lower()] for form in self.numbers], dtype=np.int64)
        return numbers[self.ids] if len(self) else self.ids

    @cached_property
    def _postings(self) -> tuple[Indexes, Indexes]:
        order = np.argsort(self.caseless_ids, kind="stable")
        return order, np.searchsorted(self.caseless_ids[order], np.arange(len(self.caseless) + 1))

    def places(self, word: int) -> Indexes:
        """Return where a caseless token stands, in order."""
        order, bounds = self._postings
        return order[bounds[word] : bounds[word + 1]]

    def form(self, index: int) -> str:
        """Return the folded form of the token at an index."""
        return self.forms[int(self.ids[index])]

    def words(self, first: int, last: int) -> str:
        """Return the text of the tokens [first, last), as it is written."""
        if first >= last:
            return ""
        start, end = int(self.starts[first]), int(self.ends[last - 1])
        return self.text[start:end]

    def runs(self, forms: Sequence[str]) -> Indexes:
        """Return every index at which these tokens stand one after another, overlapping ones too.

        Only of long runs in a text that repeats itself, there may be more than the first 5,000.
        """
        known = [self.numbers.get(form, -1) for form in forms]
        if not known or min(known) < 0:
            return np.empty(0, dtype=np.int64)
        counts = self._counts[known]
        rarest = int(counts.argmin())
        if counts[rarest] * len(known) > _COMPARISONS:
            return np.array(self._find(known), dtype=np.int64)
        found = np.flatnonzero(self.ids == known[rarest]) - rarest
        found = found[(found >= 0) & (found + len(known) <= len(self))]
        for i, number in enumerate(known):
            if not len(found):
                break
            found = found[self.ids[found + i] == number]
        return found

    @cached_property
    def _counts(self) -> Indexes:
        return np.bincount(self.ids, minlength=len(self.numbers))

    @cached_property
    def _written(self) -> str:
        # One character a token, so that a run of tokens is found as fast as a substring is.
        return "".join(map(_character, self.ids.tolist()))

    def _find(self, known: list[int]) -> list[int]:
        needle = "".join(map(_character, known))
        found: list[int] = []
        position = self._written.find(needle)
        # Searching anew after each hit would be quadratic where a text repeats itself.
        while position >= 0 and len(found) < _HITS:
            found.append(position)
            position = self._written.find(needle, position + 1)
        return found


def _character(number: int) -> str:
    # Half surrogates are no characters of their own everywhere.
    return chr(number + 1 if number < 0xD7FF else number + 0x801)
