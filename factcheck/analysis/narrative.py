"""The text between quotations as words in sentences; a marked passage counts as one word."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from factcheck.analysis.cues import VERBS
from factcheck.analysis.marks import Passage, passages

_HIDDEN = "\ufffc"
"""Stands for every character of a passage; U+FFFC is the object replacement character."""

_ABBREVIATION = (
    r"(?:Mr|Mrs|Ms|Mx|Dr|Prof|Lt|Col|Gen|Sgt|Capt|Maj|Rev|Hon|Gov|Sen|Rep|St|Jr|Sr|Det|Insp|Supt|Cmdr|Adm|Cpl|Fr"
    r"|Pres|Cllr|Smt|Shri|Mohd|Adv|Engr|Alh|Barr|Brig|Pte|Msgr|Atty|Asst|Ald|Bros|Comdr|Const|Dep|Messrs|Mme|Mlle|Inc|Ltd|Co|Corp|vs|Jan|Feb|Aug|Sept|Oct|Nov|Dec|a\.m|p\.m|Ph\.D)\.|No\.(?=\s\d)"
)
_TOKEN = re.compile(
    rf"{_HIDDEN}+|{_ABBREVIATION}|(?:[A-Z]\.){{1,6}}(?!\w)"
    r"|[^\W_]+(?:[’'\-.&@][^\W_]+)*(?:(?<=[sS])[’'](?!\w))?|\.\.\.|…|--|[^\w\s\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u2060\ufeff]|_+"
)
_LETTER = re.compile(r"[^\W_]")
_LONGEST = 200
_ENDS = frozenset({".", "!", "?", "…", "..."})


class Token(NamedTuple):
    """A word, a punctuation mark, or a passage (then `passage` is set)."""

    text: str
    start: int
    end: int
    passage: Passage | None
    lower: str
    is_word: bool
    is_capital: bool

    @classmethod
    def made(cls, text: str, start: int, passage: Passage | None = None) -> "Token":
        """Return the token of a text that begins at `start`."""
        end = passage.closes if passage else start + len(text)
        return cls(text, start, end, passage, *_traits(text))

    @property
    def is_possessive(self) -> bool:
        """Tell whether the word ends as "Reed’s" and "workers’" do."""
        return self.lower.endswith(("'s", "s'"))

    @property
    def base(self) -> str:
        """The word without a possessive ending."""
        return self.text[:-2] if self.lower.endswith("'s") else self.text.rstrip("'’")


@lru_cache(maxsize=16_384)
def _traits(text: str) -> tuple[str, bool, bool]:
    return text.lower().replace("’", "'"), text[0].isalnum(), text[0].isupper()


class Sentence(NamedTuple):
    """The words of a sentence of the narrative, in a paragraph that is counted from 0."""

    tokens: list[Token]
    paragraph: int
    is_heading: bool

    @property
    def is_quoted(self) -> bool:
        """Tell whether the sentence is one passage and no word of the article's own."""
        return len(self.tokens) == 1 and self.tokens[0].passage is not None


def sentences(text: str) -> Iterator[Sentence]:
    """Yield every sentence of a text, its marked passages as single tokens.

    A sentence of more than 200 words is yielded in pieces: what looks at pairs of words in a
    sentence then takes no more than its share, whatever the text.
    """
    for number, ((start, end), found) in enumerate(passages(text)):
        if not found and _LETTER.search(text, start, end) is None:
            continue  # A line of dashes, or of marks.
        if len(found) == 1 and found[0].opens == start and found[0].closes == end:
            yield Sentence([Token.made(_HIDDEN, start, found[0])], number, False)
            continue
        tokens = list(_tokens(text, start, end, found))
        heading = _is_heading(tokens)
        at = 0
        for i in range(len(tokens)):
            if i + 1 == len(tokens) or i - at >= _LONGEST or _is_boundary(text, tokens, i):
                yield Sentence(tokens[at : i + 1], number, heading)
                at = i + 1


def _tokens(text: str, start: int, end: int, found: list[Passage]) -> Iterator[Token]:
    pieces = []
    at = start
    for passage in found:
        pieces += [text[at : passage.opens].replace(_HIDDEN, " "), _HIDDEN * (passage.closes - passage.opens)]
        at = passage.closes
    masked = "".join([*pieces, text[at:end].replace(_HIDDEN, " ")])
    by_start = {passage.opens: passage for passage in found}
    for match in _TOKEN.finditer(masked):
        at = start + match.start()
        stop = start + match.end()
        while at < stop and at in by_start:  # Passages may follow each other without a space.
            passage = by_start[at]
            yield Token.made(_HIDDEN, at, passage)
            at = passage.closes
        if at < stop:
            yield Token.made(text[at:stop], at)


def _is_boundary(text: str, tokens: list[Token], i: int) -> bool:
    token, following = tokens[i], tokens[i + 1]
    starts = following.passage is not None or not following.text[0].islower()
    if token.passage is not None:
        # A stop inside ends the sentence, unless a clause goes back to it: "It fell!" Smith said.
        last = last_mark(text[token.passage.start : token.passage.end])
        if not starts or following.text in ",;:)—–-.(" or last not in ".!?…":
            return False
        return last == "." or following.passage is not None or not _reports(tokens, i + 1)
    if token.text in ("!", "?", "."):
        return starts and following.text not in ")],;" and not following.text.startswith(".")
    return token.text in _ENDS and following.is_capital


def last_mark(quoted: str) -> str:
    """Return the last character of a passage, before the marks that close what it quotes itself."""
    return (quoted[-9:].rstrip("\"'”’»") or quoted)[-1]


def _reports(tokens: list[Token], i: int) -> bool:
    """Tell whether a clause goes back to the passage before it: “No!” Smith shouted."""
    seen = False
    for token in tokens[i : i + 14]:
        if token.passage is not None or token.text in (":", ";"):
            return False
        if seen and token.text in (",", *_ENDS):
            break
        seen = seen or token.lower in VERBS
    return seen


def _is_heading(tokens: list[Token]) -> bool:
    """Tell whether a paragraph is a heading or caption in capitals rather than prose."""
    words = [token for token in tokens if token.is_word]
    if not words or tokens[-1].text in _ENDS or tokens[-1].passage or tokens[-1].text == ":":
        return False
    capitals = sum(token.is_capital for token in words)
    return len(words) < 25 and 2 * capitals > len(words) and len(words) > 3
