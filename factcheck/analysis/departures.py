"""What a quotation may do to its source and still be a quotation, and where a source bears it out.

An ellipsis leaves words out, within bounds; brackets put an editor's words for the speaker's, or
alter a letter ("[T]he", "know[s]"); "[sic]" stands for nothing. The first letter's case, and stops
and commas at the ends, are the quoting writer's. All else has to stand in the source as it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, groupby, pairwise

import numpy as np

from factcheck.analysis.wording import Indexes, SourceText, Token, is_word

# A page of words: what one ellipsis may leave out between two stretches of three words or more.
PAGE = 500
# A stretch of a word or two proves little, so an ellipsis beside one may leave out little.
SENTENCE = 25
# With fewer words than this around it, an ellipsis could be filled by any page.
_EVIDENCE = 3
# How many tokens of the source the words in one pair of brackets may stand for.
BRACKET = 12
# Nobody who quotes departs more often; each departure costs a search.
MAX_DEPARTURES = 32
# Words that stand more often than this are counted no further.
MAX_PLACES = 100
_SOFT = frozenset(".,;:-")
_NEGATORS = frozenset({
    "not", "never", "no", "nor", "neither", "cannot", "hardly", "scarcely", "barely",
    "deny", "denies", "denied", "denying", "refuse", "refuses", "refused", "fail", "fails", "failed",
})  # fmt: skip
# So many words after and before what is kept can still negate it: "did … not", "not … at all true".
_NEAR_BEFORE = 2
_NEAR_AFTER = 3
# Two characters before a quotation with its first, or its last with two after: it cuts a compound, a
# figure, a sign or an address in two.
_CUT_BEFORE = re.compile(
    r"[^\W_][-‐‑–&/_@][^\W_]|[^\W_]\.[a-z0-9]|\d[,:]\d|.?[$€£¥₹]\d|(?:^|[\s(\[])[-–−]\d", re.DOTALL
)
_CUT_AFTER = re.compile(r"[^\W_][-‐‑–&/_@][^\W_]|[^\W_]\.[a-z0-9]|\d[,:]\d|\d[%‰°]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Item:
    """Tokens [first, last) of a quotation: one of `forms` in the source, or up to `most` tokens of it."""

    forms: tuple[str, ...]
    first: int
    last: int
    most: int = 0

    @property
    def is_ellipsis(self) -> bool:
        return self.most >= PAGE


@dataclass(frozen=True, slots=True)
class Stretch:
    """Tokens that have to stand one after another in the source: one of `heads`, then `tail`.

    `before` is what stands in the quotation for the words between the stretch before and this one.
    """

    heads: tuple[str, ...]
    tail: tuple[str, ...]
    first: int
    last: int
    before: Item | None

    def __len__(self) -> int:
        return 1 + len(self.tail)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a source bears a quotation out: the first token of each stretch, and a doubt if any.

    A doubt is a sentence: the words stand there, but they say something else.
    """

    starts: tuple[int, ...]
    end: int
    doubt: str | None = None


def read(quotation: list[Token], source: SourceText) -> list[Stretch]:
    """Return the stretches of words that a quotation is made of.

    None where it holds no words, or departs so often that nothing would be shown by finding them.
    """
    items = _bounded(_items(quotation, source))
    groups = [(departs, list(group)) for departs, group in groupby(items, key=lambda item: item.most > 0)]
    stretches: list[Stretch] = []
    before: Item | None = None
    for i, (departs, group) in enumerate(groups):
        if departs:
            joined = [before, *group] if before else group
            before = Item((), joined[0].first, joined[-1].last, sum(item.most for item in joined))
            continue
        at_start = not stretches or (before is not None and before.is_ellipsis)
        at_end = i == len(groups) - 1 or groups[i + 1][1][0].is_ellipsis
        words = _strip(quotation, group, at_start, at_end)
        if words and (before or not stretches):
            words[0] = _either_case(words[0])
        for part in _split(words):
            tail = tuple(item.forms[0] for item in part[1:])
            stretches.append(Stretch(part[0].forms, tail, part[0].first, part[-1].last, before))
            before = None
    held = sum(is_word(form) for stretch in stretches for form in (stretch.heads[0], *stretch.tail))
    return stretches if held >= (_EVIDENCE if any(stretch.before for stretch in stretches) else 1) else []


def _bounded(items: Iterator[Item]) -> list[Item]:
    """Read the items; none of them where too many depart from their source."""
    found, departures = [], 0
    for item in items:
        found.append(item)
        departures += item.most > 0 or len(item.forms) > 1
        if departures > MAX_DEPARTURES:
            return []
    return found


def _items(quotation: list[Token], source: SourceText) -> Iterator[Item]:
    """Read each token, ellipsis and pair of brackets of a quotation."""
    i = 0
    while i < len(quotation):
        form = quotation[i].form
        close = _closing(quotation, i) if form in "[(" else None
        if dots := _dots(quotation, i):
            yield Item((), i, i + dots, PAGE)
            i += dots
        elif close and (dots := _dots(quotation, i + 1)) and i + 1 + dots == close:
            yield Item((), i, close + 1, PAGE)
            i = close + 1
        elif close and [token.form.lower() for token in quotation[i + 1 : close]] == ["sic"]:
            i = close + 1
        elif close and form == "[" and (item := _bracket(quotation, i, close, source)):
            yield item
            i = item.last
        elif altered := _altered(quotation, i, source):
            yield altered
            i = altered.last
        else:
            yield Item((form,), i, i + 1)
            i += 1


def _dots(quotation: list[Token], i: int) -> int:
    """Return how many stops in a row begin here if they are an ellipsis, else 0."""
    end = i
    while end < len(quotation) and quotation[end].form == ".":
        end += 1
    return end - i if end - i >= 3 else 0


def _closing(quotation: list[Token], i: int) -> int | None:
    wanted = "]" if quotation[i].form == "[" else ")"
    ends = (j for j in range(i + 2, min(i + 40, len(quotation))) if quotation[j].form == wanted)
    return next(ends, None)


def _bracket(quotation: list[Token], i: int, close: int, source: SourceText) -> Item | None:
    """Read "[the report]" or "[T]he"; None for "[un]able", which makes another word of a word."""
    after = quotation[close + 1] if close + 1 < len(quotation) else None
    if after is None or after.start > quotation[close].end or not after.is_word:
        return Item((), i, close + 1, BRACKET)
    if close == i + 2 and len(quotation[i + 1].form) == 1:
        whole = quotation[i + 1].form + after.form
        return Item((whole, _other_case(whole)), i, close + 2)
    return None


def _altered(quotation: list[Token], i: int, source: SourceText) -> Item | None:
    """Read "know[s]": a word of the source that begins as this one does."""
    opens = quotation[i + 1 : i + 2]
    if not opens or opens[0].form != "[" or opens[0].start > quotation[i].end or not quotation[i].is_word:
        return None
    close = _closing(quotation, i + 1)
    if close != i + 3:
        return None
    stem = quotation[i].form
    forms = [form for form in source.numbers if form.startswith(stem) and len(form) <= len(stem) + 4]
    return Item(tuple(forms[:MAX_DEPARTURES]) or (stem,), i, close + 1)


def _other_case(form: str) -> str:
    return (form[0].lower() if form[0].isupper() else form[0].upper()) + form[1:]


def _strip(quotation: list[Token], items: list[Item], at_start: bool, at_end: bool) -> list[Item]:
    """Leave out the stops and commas where a quotation, or a part of it, begins and ends."""
    first, last = 0, len(items)
    while at_end and last and items[last - 1].forms[0] in _SOFT:
        last -= 1
    while at_start and first < last and items[first].forms[0] in _SOFT:
        mark, after = quotation[items[first].first], quotation[items[first].last :][:1]
        if mark.form == "-" and after and after[0].form[0].isdigit() and after[0].start == mark.end:
            break  # A sign: "-5".
        first += 1
    return items[first:last]


def _either_case(item: Item) -> Item:
    forms = dict.fromkeys(f for form in item.forms for f in (form, _other_case(form)))
    return replace(item, forms=tuple(forms))


def _split(items: list[Item]) -> Iterator[list[Item]]:
    """Cut before each word that may have several forms."""
    part: list[Item] = []
    for item in items:
        if len(item.forms) > 1 and part:
            yield part
            part = []
        part.append(item)
    if part:
        yield part


def places(stretches: list[Stretch], quotation: list[Token], source: SourceText) -> list[Place]:
    """Return where the stretches stand in order, as close together as they do; at most MAX_PLACES."""
    found: list[Place] = []
    for starts in _chains(stretches, [_starts(stretch, source) for stretch in stretches]):
        place = Place(tuple(starts), starts[-1] + len(stretches[-1]))
        found.append(replace(place, doubt=_doubt(place, stretches, quotation, source)))
        if sum(place.doubt is None for place in found[-MAX_PLACES:]) == MAX_PLACES:
            break
    return found


def _starts(stretch: Stretch, source: SourceText) -> Indexes:
    runs = [source.runs([head, *stretch.tail]) for head in stretch.heads]
    return runs[0] if len(runs) == 1 else np.sort(np.concatenate(runs), kind="stable")


def _chains(stretches: list[Stretch], starts: list[Indexes]) -> Iterator[list[int]]:
    """Yield where each stretch begins, for every way in which each follows the one before closely.

    At most ten times MAX_PLACES ways are looked at.
    """
    following: list[Indexes] = []
    kept = starts[-1]
    for k in range(len(stretches) - 2, -1, -1):
        ends = starts[k] + len(stretches[k])
        index = np.searchsorted(kept, ends)
        nearest = np.append(kept, np.iinfo(np.int64).max)[index]
        fits = nearest - ends <= _most(stretches[k], stretches[k + 1])
        following.insert(0, nearest[fits])
        starts[k] = kept = starts[k][fits]
    ways: list[list[int]] = []
    for first in kept[: 10 * MAX_PLACES].tolist():
        way = [first]
        for k, nearest in enumerate(following):
            way.append(int(nearest[np.searchsorted(starts[k], way[-1])]))
        ways.append(way)
    # Of the ways that end at the same words, the shortest is meant.
    yield from (way for way, after in pairwise([*ways, []]) if not after or after[-1] != way[-1])


def _most(stretch: Stretch, after: Stretch) -> int:
    if after.before is None:
        return 0
    if not after.before.is_ellipsis or min(len(stretch), len(after)) >= 3:
        return after.before.most
    return SENTENCE


def left_out(place: Place, stretches: list[Stretch]) -> Iterator[tuple[Item, int, int, Stretch]]:
    """Yield each departure, the tokens [start, end) of the source that it stands for, and what follows."""
    for (here, start), (after, begin) in pairwise(zip(stretches, place.starts, strict=True)):
        if after.before:
            yield after.before, start + len(here), begin, after


def _doubt(place: Place, stretches: list[Stretch], quotation: list[Token], source: SourceText) -> str | None:
    """Say why the words at a place are not what the quotation makes of them."""
    for item, start, end, _ in left_out(place, stretches):
        # Of a long omission the two ends tell.
        ends = (range(start, min(end, start + BRACKET)), range(max(start + BRACKET, end - BRACKET), end))
        theirs = [source.form(i) for i in chain(*ends)]
        ours = [token.form for token in quotation[item.first : item.last]]
        if _turns(ours, theirs):
            written = "…" if item.is_ellipsis else " ".join(ours).replace("[ ", "[").replace(" ]", "]")
            return f"“{written}” stands for “{source.words(start, end)}”, which turns the meaning."
    asked = place.end < len(source) and source.form(place.end) == "?"
    after = quotation[stretches[-1].last :]
    if asked and after and after[0].form == "." and not _dots(after, 0):
        return "The source asks this as a question."
    return cut(source, place.starts[0], place.end)


def _turns(ours: list[str], theirs: list[str]) -> bool:
    """Tell whether words put for others, or left out, turn what stands beside them into its opposite.

    Only what is close to the words that are kept, and in their sentence, bears on them.
    """
    ends = [i for i, form in enumerate(theirs) if form in (".", "?", "!")]
    head = [form for form in theirs[: ends[0] if ends else None] if is_word(form)]
    tail = [form for form in theirs[ends[-1] + 1 if ends else 0 :] if is_word(form)]
    return _negates(head[:_NEAR_BEFORE] + tail[-_NEAR_AFTER:]) != _negates(ours)


def _negates(forms: list[str]) -> bool:
    return any(form.lower() in _NEGATORS or form.lower().endswith("n't") for form in forms)


def cut(source: SourceText, first: int, last: int) -> str | None:
    """Say that tokens [first, last) begin or end within a compound, a figure or an address, if so."""
    text, start, end = source.text, int(source.starts[first]), int(source.ends[last - 1])
    left = _CUT_BEFORE.fullmatch(text[max(0, start - 2) : start + 1])
    if not left and not _CUT_AFTER.match(text[end - 1 : end + 2]):
        return None
    # The whole, as far as a sentence can show it.
    begin, stop = max(0, start - 40), min(len(text), end + 40)
    head = text[begin:start].split()[-1:] if left else []
    tail = text[end:stop].split()[:1] if not left else []
    shown = text[start:end]
    shown = (shown.split()[0] if left else shown.split()[-1])[:80]
    return f"The quotation begins or ends within “{''.join((*head, shown, *tail))}”."
