"""Where quotation marks open and close: the outermost marked passages of a text, paragraph by paragraph.

Curly, straight and British single marks, «guillemets» and „low marks“. What stands inside a passage
in other marks belongs to it. A paragraph that opens and does not close is a passage of its own where
the next paragraph opens again, which is how a quotation runs over several paragraphs.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

_BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
# Possessive: "\r\n" is one break and never two, however the rest goes.
_BLANK = re.compile(r"(?:(?>\r\n|[\n\r\x85\u2028\u2029])[^\S\n\r\x85\u2028\u2029]*+){2,}")
_MARK = re.compile("[\"“”„‟«»'‘’‚‹›]")
_SINGLE = "'‘’‚‹›"
_CLOSERS = {
    '"': '"',
    "“": "”",
    "”": "”",
    "„": "“”‟",
    "‟": "”",
    "«": "»",
    "»": "«",
    "'": "'’",
    "‘": "’'",
    "‚": "‘’",
    "‹": "›",
    "›": "‹",
}
# An apostrophe that stands for letters left out looks like an opening mark.
_ELISION = re.compile(
    r"['‘’](?:tis|twas|twere|twill|em|cause|til|till|bout|round|n|cos|ere|un|ave|alf|ello|\d0s|\d\ds?(?=\W))\b",
    re.IGNORECASE,
)
_STRONG = '.,!?…;:—–-”"»)'


@dataclass(frozen=True, slots=True)
class Passage:
    """What stands between a pair of marks: `[start, end)` without them, `[opens, closes)` with them.

    `continues` says that no mark closes it, because the next paragraph goes on with it.
    """

    start: int
    end: int
    opens: int
    closes: int
    continues: bool = False


def paragraphs(text: str) -> list[tuple[int, int]]:
    """Return [start, end) of every paragraph, without the space around it.

    A line is a paragraph, unless the text is wrapped at a width, which shows in lines that go on in
    lower case; then only blank lines part paragraphs.
    """
    lines = _spans(text, _BREAK)
    going_on = sum(text[start].islower() for start, _ in lines[1:])
    return _spans(text, _BLANK) if 4 * going_on > len(lines) else lines


def _spans(text: str, separator: re.Pattern[str]) -> list[tuple[int, int]]:
    found = []
    start = 0
    for end, following in [*((m.start(), m.end()) for m in separator.finditer(text)), (len(text), len(text))]:
        if trimmed := _trim(text, start, end):
            found.append(trimmed)
        start = following
    return found


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    inner = text[start:end]
    stripped = inner.strip()
    if not stripped:
        return None
    start += len(inner) - len(inner.lstrip())
    return start, start + len(stripped)


def passages(text: str) -> Iterator[tuple[tuple[int, int], list[Passage]]]:
    """Yield [start, end) of each paragraph and the outermost passages in it."""
    spans = paragraphs(text)
    first = [text[start] for start, _ in spans]
    for (start, end), following in zip(spans, [*first, ""][1:], strict=True):
        marked = _MARK.search(text, start, end) is not None
        yield (start, end), _Paragraph(text, start, end, following).passages() if marked else []


class _Paragraph:
    """The marks of one paragraph. Every search ends at the next mark that opens, so time stays linear."""

    __slots__ = ("end", "marks", "next_opens", "start", "text")

    def __init__(self, text: str, start: int, end: int, next_opens: str) -> None:
        self.text = text
        self.start = start
        self.end = end
        self.next_opens = next_opens
        self.marks = [m.start() for m in _MARK.finditer(text, start, end)]

    def passages(self) -> list[Passage]:
        found = []
        i = 0
        while i < len(self.marks):
            at = self.marks[i]
            passage = self._passage(i) if self._opens(at) else None
            if passage:
                found.append(passage)
                i = bisect_left(self.marks, passage.closes, i + 1)
            else:
                i += 1
        return found

    def _passage(self, i: int) -> Passage | None:
        at = self.marks[i]
        close = self._close(i)
        continues = close is None and self.text[at] == self.next_opens
        if close is None and not continues:
            return None
        trimmed = _trim(self.text, at + 1, self.end if close is None else close)
        if trimmed is None:
            return None
        return Passage(*trimmed, at, self.end if close is None else close + 1, continues)

    def _around(self, at: int) -> tuple[str, str]:
        before = self.text[at - 1] if at > self.start else " "
        after = self.text[at + 1] if at + 1 < self.end else " "
        return before, after

    def _opens(self, at: int) -> bool:
        mark = self.text[at]
        before, after = self._around(at)
        if mark in "“„‟«‹‚":
            return True
        if mark == "»":
            return not after.isspace() and (before.isspace() or at == self.start)
        if mark in "”’›":
            return False
        if mark in "'‘" and self._elides(at):
            return False
        opening = not before.isalnum() and before not in ".,!?;…)]%"
        return opening and not after.isspace() if mark in "'‘" else self._straight_opens(before, after)

    @staticmethod
    def _straight_opens(before: str, after: str) -> bool:
        # `said:"No` and `(“No`: what opens has a word after it and no word before it.
        return not after.isspace() and not before.isalnum() and before not in ".!?…)]%"

    def _elides(self, at: int) -> bool:
        if not _ELISION.match(self.text, at, min(self.end, at + 8)):
            return False
        # 'Em' or '90s' in a pair of marks is a passage nonetheless.
        return not re.match(r"['‘]\w{1,5}['’](?!\w)", self.text[at : at + 8]) or self.text[at + 1] in "nN"

    def _close(self, i: int) -> int | None:
        mark = self.text[self.marks[i]]
        return self._close_single(i) if mark in "'‘‚" else self._close_double(i, len(self.marks))

    def _close_double(self, i: int, limit: int) -> int | None:
        """Return where the mark closes, or None where the same mark opens again before."""
        mark = self.text[self.marks[i]]
        for k in range(i + 1, limit):
            at = self.marks[k]
            if self.text[at] in _CLOSERS[mark] and not (mark == '"' and self._clearly_opens(at)):
                return at
            if self.text[at] == mark:
                return None
        return None

    def _clearly_opens(self, at: int) -> bool:
        before, after = self._around(at)
        return (before.isspace() or before in "([—") and not after.isspace() and after not in ".,;:!?)"

    def _close_single(self, i: int) -> int | None:
        """Return where a single mark closes: apostrophes of plurals are passed over where one can tell."""
        weak = None
        k = i + 1
        while k < len(self.marks):
            at = self.marks[k]
            char = self.text[at]
            if char in _SINGLE:
                if k > i + 1 and self._opens(at) and char == self.text[self.marks[i]]:
                    break
                if char in _CLOSERS[self.text[self.marks[i]]] and self._may_close(at):
                    if self._surely_closes(at):
                        return at
                    weak = at if weak is None else weak
            elif self._opens(at):
                inner = self._close_double(k, len(self.marks))
                if inner is not None:
                    k = bisect_left(self.marks, inner, k)
            k += 1
        goes_on = self.marks[i] == self.start and self.text[self.marks[i]] == self.next_opens
        return None if goes_on and k == len(self.marks) else weak

    def _may_close(self, at: int) -> bool:
        before, after = self._around(at)
        return not before.isspace() and not after.isalnum()

    def _surely_closes(self, at: int) -> bool:
        before, after = self._around(at)
        if before in _STRONG or not after.isspace() or at + 1 >= self.end:
            return True
        # "the engineers' note", "goin' home": perhaps an apostrophe, if a better place comes later.
        return before not in "sSzZxX" and self.text[max(self.start, at - 2) : at] != "in"
