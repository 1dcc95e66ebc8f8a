"""Whether a quotation stands in its source: word for word, and where.

Nothing that merely resembles a quotation counts as found. A changed word, a cut figure, a "not"
that an ellipsis swallows make it `partial`, with the words in which quotation and source differ.
"""

import re
from collections.abc import Sequence

from factcheck.analysis.departures import MAX_PLACES, Place, Stretch, cut, left_out, places, read
from factcheck.analysis.findings import (
    Difference,
    Occurrence,
    Selectors,
    TextPositionSelector,
    TextQuoteSelector,
    Verification,
)
from factcheck.analysis.resemblance import closest, difference
from factcheck.analysis.wording import SourceText, Token, tokens

# Code points before and after that a TextQuoteSelector holds; more where places look alike, up to
# what an anchor of a statement may hold.
CONTEXT = 64
MAX_CONTEXT = 1000
# How many code points of a long omission a diff shows at either end.
_SHOWN = 120

_EDITORIAL = re.compile(r"[\[(]sic[\])]|[\[\]]", re.IGNORECASE)


def verify(quotation: str, source_text: str | SourceText) -> Verification:
    """Look a quotation up in its source's text.

    `exact`: the words stand there, code point for code point. `normalized`: they do but for quotation
    marks, dashes, spaces, invisible characters, the first letter's case, stops and commas at the
    ends, words left out at an ellipsis, and what brackets mark as an editor's. `partial`: most of
    the words stand together, but some differ. `missing`: nothing comes close. At most 100 places
    are looked for. Several quotations are looked up faster in one `SourceText`. Time is linear in
    the source. Raise ValueError for a text of more than 2,000,000 code points.
    """
    source = source_text if isinstance(source_text, SourceText) else SourceText(source_text)
    found = tokens(quotation)
    if not any(token.is_word for token in found):
        return Verification("missing", None, (), (), "The quotation holds no words to look for.")
    stretches = read(found, source)
    standing = _standing(found, stretches, source)
    sound = [place for place in standing if place.doubt is None]
    if sound:
        return _found(quotation, found, stretches, source, sound)
    if standing:
        return _doubtful(quotation, found, stretches, source, standing)
    return _resembling(quotation, found, source)


def _standing(found: list[Token], stretches: list[Stretch], source: SourceText) -> list[Place]:
    """Return where the words stand: as they are, ellipses and brackets included, or as these stand for."""
    runs = source.runs([token.form for token in found])[: 10 * MAX_PLACES].tolist()
    literal = [Place((run,), run + len(found), cut(source, run, run + len(found))) for run in runs]
    if not stretches or (literal and any(stretch.before for stretch in stretches)):
        return literal
    skipped = stretches[0].first
    as_read = places(stretches, found, source)
    known = {place.starts[0] - skipped for place in as_read}
    return sorted([*as_read, *(p for p in literal if p.starts[0] not in known)], key=lambda p: p.starts[0])


def _found(
    quotation: str, found: list[Token], stretches: list[Stretch], source: SourceText, sound: list[Place]
) -> Verification:
    spans = [_span(quotation, found, stretches, source, place) for place in sound[:MAX_PLACES]]
    exactly = sum(exact for _, _, exact in spans)
    occurrences = _occurrences([(start, end) for start, end, _ in spans], source.text)
    where = ""
    if len(spans) > 1:
        to_the_letter = f", {_times(exactly)} to the letter" if 0 < exactly < len(spans) else ""
        where = f" They stand there {_times(len(spans))}{to_the_letter}: say which is meant."
    if exactly:
        reason = f"The words stand in the source.{where}"
        return Verification("exact", _only(occurrences), occurrences, (), reason)
    diff = _departures(quotation, found, stretches, source, sound[0])
    what = "The words stand in the source, printed in another way."
    if diff:
        what = "The words stand in the source, but for what an ellipsis or brackets mark."
    return Verification("normalized", _only(occurrences), occurrences, diff, what + where)


def _times(number: int) -> str:
    if number >= MAX_PLACES:
        return f"{MAX_PLACES} times or more"
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def _span(
    quotation: str, found: list[Token], stretches: list[Stretch], source: SourceText, place: Place
) -> tuple[int, int, bool]:
    """Return where a place starts and ends in code points, and whether it is the quotation to the letter."""
    whole = place.end - place.starts[0] == len(found) and len(place.starts) == 1
    first, last = (0, len(found)) if whole or not stretches else (stretches[0].first, stretches[-1].last)
    words = quotation.strip()
    start = int(source.starts[place.starts[0]]) - (found[first].start - quotation.index(words))
    if start >= 0 and source.text.startswith(words, start):
        return start, start + len(words), True
    # Stops at the ends belong to it where both have them.
    begin, end = place.starts[0], place.end
    while first and begin and source.form(begin - 1) == found[first - 1].form:
        begin, first = begin - 1, first - 1
    while last < len(found) and end < len(source) and source.form(end) == found[last].form:
        end, last = end + 1, last + 1
    return int(source.starts[begin]), int(source.ends[end - 1]), False


def _departures(
    quotation: str, found: list[Token], stretches: list[Stretch], source: SourceText, place: Place
) -> tuple[Difference, ...]:
    """Return what ellipses and brackets stand for, as a diff; empty where they stand for nothing."""

    def written(first: int, last: int) -> str:
        return quotation[found[first].start : found[last - 1].end] if first < last else ""

    if len(place.starts) < len(stretches):
        return ()
    steps: list[tuple[str, str]] = []
    before = stretches[0].before
    if before and not before.is_ellipsis:
        steps.append((written(before.first, before.last), ""))
    gaps = {after.first: (item, start, end) for item, start, end, after in left_out(place, stretches)}
    for stretch, start in zip(stretches, place.starts, strict=True):
        if gap := gaps.get(stretch.first):
            item, begin, end = gap
            steps.append((written(item.first, item.last), _shortened(source.words(begin, end))))
        steps.append((written(stretch.first, stretch.last), source.words(start, start + len(stretch))))
    rest = written(stretches[-1].last, len(found))
    if "[" in rest:
        steps.append((rest, ""))
    differs = [ours != theirs and not _alike(ours, theirs) for ours, theirs in steps]
    if not any(differs):
        return ()
    return tuple(
        Difference(
            ("insert" if not theirs else "replace") if differing else "equal",
            ours,
            theirs,
        )
        for (ours, theirs), differing in zip(steps, differs, strict=True)
    )


def _alike(ours: str, theirs: str) -> bool:
    """Tell whether the same words are only printed in another way, "[T]he" and "the" included."""
    same = [[t.form for t in tokens(_EDITORIAL.sub("", text))] for text in (ours, theirs)]
    return "".join(same[0]).lower() == "".join(same[1]).lower()


def _shortened(words: str) -> str:
    return words if len(words) <= 2 * _SHOWN + 5 else f"{words[:_SHOWN]} […] {words[-_SHOWN:]}"


def _doubtful(
    quotation: str, found: list[Token], stretches: list[Stretch], source: SourceText, standing: list[Place]
) -> Verification:
    """Report words that stand in the source and say something else there."""
    wholes = [_whole(source, place) for place in standing[:MAX_PLACES]]
    spans = [(int(source.starts[first]), int(source.ends[last - 1])) for first, last in wholes]
    occurrences = _occurrences(spans, source.text)
    diff = _departures(quotation, found, stretches, source, standing[0])
    diff = diff or difference(quotation, found, source, *wholes[0])
    return Verification("partial", _only(occurrences), occurrences, diff, standing[0].doubt or "")


def _whole(source: SourceText, place: Place) -> tuple[int, int]:
    """Return the tokens of a place with what it is cut from: what touches it, but for stops at an end."""
    first, last = place.starts[0], place.end
    while first and place.starts[0] - first < 4 and source.ends[first - 1] == source.starts[first]:
        first -= 1
    while last < len(source) and last - place.end < 4 and source.ends[last - 1] == source.starts[last]:
        last += 1
    while first < place.starts[0] and source.form(first) in ".,;:":
        first += 1
    while last > place.end and source.form(last - 1) in ".,;:":
        last -= 1
    return first, last


def _resembling(quotation: str, found: list[Token], source: SourceText) -> Verification:
    passages = closest(quotation, found, source)
    if not passages:
        return Verification("missing", None, (), (), "Nothing in the source comes close to these words.")
    spans = [(int(source.starts[p.first]), int(source.ends[p.last - 1])) for p in passages]
    occurrences = _occurrences(spans, source.text)
    diff = passages[0].diff
    reason = _difference_told(diff)
    if len(passages) > 1:
        reason += f" {len(passages)} passages are equally close."
    return Verification("partial", _only(occurrences), occurrences, diff, reason)


def _difference_told(diff: tuple[Difference, ...]) -> str:
    """Return a sentence on the first words that differ."""
    steps = [step for step in diff if step.op != "equal"]
    if not steps:
        return "The source holds these words with other capitals."
    telling = (s for s in steps if any(char.isalnum() for char in s.quotation + s.source))
    step = next(telling, steps[0])
    ours, theirs = (f"“{_clipped(words)}”" for words in (step.quotation, step.source))
    told = {
        "insert": f"the quotation has {ours}, which does not stand there",
        "delete": f"the source has {theirs}, which the quotation leaves out without a mark",
    }.get(step.op, f"the source has {theirs} where the quotation has {ours}")
    more = f" (the first of {len(steps)} differences)" if len(steps) > 1 else ""
    return f"The source holds only something similar: {told}{more}."


def _clipped(words: str) -> str:
    return words if len(words) <= 80 else words[:80] + "…"


def _only(occurrences: Sequence[Occurrence]) -> Selectors | None:
    return occurrences[0].selectors if len(occurrences) == 1 else None


def _occurrences(spans: list[tuple[int, int]], text: str) -> tuple[Occurrence, ...]:
    """Return the spans with their selectors, whose surroundings tell them apart where they can."""
    size = CONTEXT
    while True:
        quoted = [
            TextQuoteSelector(text[start:end], text[max(0, start - size) : start], text[end : end + size])
            for start, end in spans
        ]
        if len(set(quoted)) == len(quoted) or size == MAX_CONTEXT:
            break
        size = min(2 * size, MAX_CONTEXT)
    return tuple(
        Occurrence(start, end, (selector, TextPositionSelector(start, end)))
        for (start, end), selector in zip(spans, quoted, strict=True)
    )
