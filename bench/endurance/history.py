"""Whether one order of events explains all that the clients were told. No clock of the server is believed.

Every client notes when it sent each request and when the answer was there, by one clock that only runs
forward. A request takes effect at some instant between the two; what ended before another began came
before it. Two kinds of things are held to that:

- a *record* that counts its own versions: the revision of a statement, the version of a claim, whether a
  statement is there at all (0, then 1). Its versions are an order already, so it is enough that this
  order agrees with the clock, that each version had one value, and that nobody wrote over what they had
  not seen. That is linearizability of a register whose writes carry their number.
- a *count*, such as the statements on one side of a claim: between what was certainly there when the
  question was sent and what may have been there when the answer came.

The functions are pure and return sentences, one for each thing that no order explains.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from math import inf


@dataclass(frozen=True, slots=True)
class Seen:
    """A version of a record that an answer told of, between `start` and `end` (seconds).

    `over` is None for a read; for a write that was acknowledged, the version that the writer had read.
    """

    record: str
    start: float
    end: float
    version: int
    value: Hashable = None
    over: int | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """A value that somebody began to write, whether or not an answer came."""

    record: str
    start: float
    value: Hashable


@dataclass(frozen=True, slots=True)
class Change:
    """What moves a count by `by`; `end` is infinite while nobody knows whether it was done."""

    count: str
    by: int
    start: float
    end: float = inf


@dataclass(frozen=True, slots=True)
class Counted:
    """A count that an answer told of."""

    count: str
    start: float
    end: float
    number: int


def check_records(seen: Iterable[Seen], tried: Iterable[Tried] = ()) -> list[str]:
    """Tell where versions go back, hold two values, were never written, or hide a write.

    A record for which no value was tried may have any (a version that was loaded with the data).
    """
    by_record: dict[str, list[Seen]] = defaultdict(list)
    for one in seen:
        by_record[one.record].append(one)
    first_tried: dict[str, dict[Hashable, float]] = defaultdict(dict)
    for attempt in tried:
        values = first_tried[attempt.record]
        values[attempt.value] = min(attempt.start, values.get(attempt.value, inf))
    wrong: list[str] = []
    for record, looks in by_record.items():
        wrong += _values(record, looks)
        wrong += _order(record, looks)
        wrong += _overwritten(record, looks)
        if record in first_tried:
            wrong += _unwritten(record, looks, first_tried[record])
    return wrong


def _values(record: str, looks: list[Seen]) -> Iterator[str]:
    """Each version has one value; two writers that both made version 7 have lost one of their changes."""
    values: dict[int, Hashable] = {}
    for look in looks:
        if values.setdefault(look.version, look.value) != look.value:
            yield f"{record}: version {look.version} was {values[look.version]!r} and {look.value!r}"


def _order(record: str, looks: list[Seen]) -> Iterator[str]:
    """What ended before a request began is not newer than what that request saw; a write makes it newer."""
    ended = sorted(looks, key=lambda look: look.end)
    ends = [look.end for look in ended]
    newest = list(accumulate((look.version for look in ended), max))
    for look in looks:
        before = bisect_left(ends, look.start)
        if not before:
            continue
        known = newest[before - 1]
        if look.version < known:
            did = "saw" if look.over is None else "wrote"
            yield f"{record}: somebody {did} version {look.version} after version {known} was known"
        elif look.over is not None and look.version == known:
            yield f"{record}: version {known} was known before it was written"


def _overwritten(record: str, looks: list[Seen]) -> Iterator[str]:
    """A write that was let in stands on the version that its writer had read."""
    for look in looks:
        if look.over is not None and look.version != look.over + 1:
            yield f"{record}: version {look.version} was written by who had read version {look.over}"


def _unwritten(record: str, looks: list[Seen], first: dict[Hashable, float]) -> Iterator[str]:
    """A value that was seen had been sent before."""
    for look in looks:
        if first.get(look.value, inf) > look.end:
            yield f"{record}: version {look.version} showed {look.value!r}, which nobody had written yet"


def check_counts(counted: Iterable[Counted], changes: Iterable[Change]) -> list[str]:
    """Tell which counts are below what was certainly there, or above what may have been there.

    Every count starts at 0.
    """
    starts: dict[tuple[str, int], list[float]] = defaultdict(list)
    ends: dict[tuple[str, int], list[float]] = defaultdict(list)
    for change in changes:
        starts[change.count, change.by].append(change.start)
        ends[change.count, change.by].append(change.end)
    for times in (*starts.values(), *ends.values()):
        times.sort()

    def begun(count: str, by: int, until: float) -> int:
        return bisect_left(starts.get((count, by), ()), until)

    def done(count: str, by: int, until: float) -> int:
        return bisect_left(ends.get((count, by), ()), until)

    wrong = []
    for look in counted:
        least = done(look.count, 1, look.start) - begun(look.count, -1, look.end)
        most = begun(look.count, 1, look.end) - done(look.count, -1, look.start)
        if not least <= look.number <= most:
            wrong.append(f"{look.count}: {look.number} were counted where there were {least} to {most}")
    return wrong


def check_kept(acknowledged: dict[str, Hashable], found: dict[str, Hashable]) -> list[str]:
    """Tell which of what was acknowledged is missing at the end, or is not what was acknowledged."""
    wrong = []
    for name, value in acknowledged.items():
        if name not in found:
            wrong.append(f"{name} was acknowledged and is missing")
        elif found[name] != value:
            wrong.append(f"{name} was acknowledged as {value!r} and is {found[name]!r}")
    return wrong
