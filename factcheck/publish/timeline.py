"""A timeline of who said what when: dates and sides in, places on a drawing out.

Across, places are percentages and the text keeps its size, so that one drawing fits a phone and a
desk. What is known to the month or the year only is a bar over all of it, never a made-up day.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

# Where the first and the last day stand, in percent.
LEFT, RIGHT = 2.0, 98.0
# How near to each other, in percent, two marks may stand on the same level.
GAP = 2.4
# Heights in pixels: from the axis to the first level, between levels at most, of a side at most.
NEAR, STEP, MOST = 18, 13, 110
LABELS = 16
MAX_TICKS = 4


@dataclass(frozen=True, slots=True)
class Mark:
    """A statement: its index in what was given, and where it stands; `end` of a bar, else None."""

    index: int
    side: str
    start: float
    end: float | None
    y: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A date on the axis, and to which side of `x` its label runs."""

    x: float
    label: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The drawing: its height, the height at which the axis lies, marks and ticks."""

    height: int
    axis: float
    marks: list[Mark]
    ticks: list[Tick]


def lay_out(said: Sequence[tuple[str | None, str]], above: str) -> Timeline | None:
    """Place statements, given as (day, month, year or None; side); the side `above` stands over the axis.

    Return None where the dates tell nothing: fewer than two are known, or all are the same.
    """
    dated = sorted((*_period(on), index) for index, (on, _) in enumerate(said) if on)
    if len({(start, end) for start, end, _ in dated}) < 2:
        return None
    first, last = dated[0][0], max(end for _, end, _ in dated)

    days, scale = first.toordinal(), (RIGHT - LEFT) / (last - first).days

    def x(day: date) -> float:
        return round(LEFT + (day.toordinal() - days) * scale, 2)

    placed: list[tuple[int, float, float | None, int]] = []
    taken: dict[bool, list[float]] = {True: [], False: []}
    for start, end, index in dated:
        begin = x(start)
        until = x(end) if end > start else begin
        ends = taken[said[index][1] == above]
        level = next((i for i, busy in enumerate(ends) if begin - busy >= GAP), len(ends))
        ends[level:] = [until, *ends[level + 1 :]]
        placed.append((index, begin, until if end > start else None, level))
    levels = max(len(ends) for ends in taken.values())
    step = min(STEP, MOST / levels)
    side = NEAR + step * (levels - 1) + LABELS
    marks = [
        Mark(i, said[i][1], start, end, round(side + (NEAR + level * step) * (1, -1)[said[i][1] == above], 1))
        for i, start, end, level in placed
    ]
    ticks = [Tick(x(day), label, _anchor(x(day))) for day, label in _ticks(first, last)]
    return Timeline(round(2 * side + LABELS), round(side, 1), marks, ticks)


def _period(on: str) -> tuple[date, date]:
    """Return the first and the last day that a date may mean."""
    numbers = [int(number) for number in on.split("-")]
    start = date(*[*numbers, 1, 1][:3])
    if len(numbers) == 3:
        return start, start
    year, month = (numbers[0] + 1, 1) if len(numbers) == 1 else _following(start)
    return start, date(year, month, 1) - timedelta(1) if year <= date.max.year else date.max


def _following(month: date) -> tuple[int, int]:
    return month.year + month.month // 12, month.month % 12 + 1


def _anchor(x: float) -> str:
    return "start" if x < 12 else "end" if x > 88 else "middle"


def _ticks(first: date, last: date) -> list[tuple[date, str]]:
    """Return the dates to name on the axis, the finest that leave the labels room, and their labels."""
    found: list[date] = []
    for step in (1, 2, 5, 10, 20):
        if (last - first).days // step < MAX_TICKS:
            found = [first + timedelta(n) for n in range(0, (last - first).days + 1, step)]
            return list(zip(found, _labels(found, lambda day: f"{day.day} {day:%b}"), strict=True))
    # At the last step few are left: there are no more than 9999 years.
    for step in (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12_000, 24_000, 48_000):
        months = _months(first, last, step)
        if len(months) <= MAX_TICKS:
            break
    found = [date(month // 12, month % 12 + 1, 1) for month in months]
    return list(zip(found, _labels(found, lambda day: f"{day:%b}" if step < 12 else ""), strict=True))


def _labels(dates: list[date], short: Callable[[date], str]) -> Iterator[str]:
    """Give short labels: the year stands only where it is new."""
    year = None
    for each in dates:
        yield short(each) if year == each.year else f"{short(each)} {each.year}".strip()
        year = each.year


def _months(first: date, last: date, step: int) -> range:
    """Return every `step` months that begin in between, by their number counted from January of year 0."""
    begin = first.year * 12 + first.month - 1 + (first.day > 1)
    return range(-(-begin // step) * step, last.year * 12 + last.month, step)
