"""The goals, and whether a run met them: every figure is a ratio within the run, a time or a size."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.load import Cell

Find = Callable[["Found"], float | None]


@dataclass(frozen=True, slots=True)
class Found:
    """What a run found: cells by measure and variant, and the values that are taken once."""

    cells: Mapping[tuple[str, str], Cell]
    values: Mapping[str, float]
    sizes: tuple[int, int]

    def of(self, measure: str, variant: str, figure: str) -> float | None:
        """Return the median of a figure over a cell's rounds, of refusals the most; None without rounds."""
        cell = self.cells.get((measure, variant))
        if not cell or not cell.rounds:
            return None
        return max(cell.each(figure)) if figure == "refused" else cell.median(figure)


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to be reached: at least or at most `bound`."""

    says: str
    find: Find
    bound: float
    at_least: bool
    unit: str = ""

    def met_by(self, value: float) -> bool:
        return value >= self.bound if self.at_least else value <= self.bound


def _divided(one: float | None, other: float | None) -> float | None:
    return one / other if one is not None and other else None


def _rates(measure: str, variant: str, other: str = "floor", below: str = "") -> Find:
    """Find the rate of a variant as a part, or a multiple, of another's (of the measure `below`)."""
    return lambda found: _divided(
        found.of(measure, variant, "rate"), found.of(below or measure, other, "rate")
    )


def _grown(measure: str, figure: str = "p50") -> Find:
    """Find how many times as long the large data set takes as the small one."""
    return lambda found: _divided(
        found.of(measure, f"{found.sizes[1]:,} statements", figure),
        found.of(measure, f"{found.sizes[0]:,} statements", figure),
    )


def _widened(measure: str) -> Find:
    return lambda found: _divided(
        found.of(measure, "20,000 statements", "p50"), found.of(measure, "20 statements", "p50")
    )


def _large(measure: str, figure: str) -> Find:
    return lambda found: found.of(measure, f"{found.sizes[1]:,} statements", figure)


def _analysed(size: int) -> Find:
    return lambda found: found.of("post, analysed", f"{size:,} statements", "p50")


def _value(name: str) -> Find:
    return lambda found: found.values.get(name)


_ORM = "fastapi sync orm"
_CORE = "fastapi async core"
_FOUR, _SIXTEEN = "post, 4 clients", "post, 16 clients"

GOALS = (
    Goal("view uncached, of the floor", _rates("view", "factcheck"), 0.35, True),
    Goal("view uncached, of FastAPI async Core", _rates("view", "factcheck", _CORE), 1.5, True, "×"),
    Goal("view uncached, of FastAPI sync ORM", _rates("view", "factcheck", _ORM), 7, True, "×"),
    Goal("view uncached, of Django REST", _rates("view", "factcheck", "django rest framework"), 9, True, "×"),
    Goal("view cached, of the floor", _rates("view", "factcheck, cached"), 0.80, True),
    Goal("view unchanged (304), of the floor", _rates("view", "factcheck, unchanged"), 0.80, True),
    Goal("view on PostgreSQL, of the floor", _rates("view on PostgreSQL", "factcheck"), 0.11, True),
    Goal(
        "view on PostgreSQL, of FastAPI sync Core",
        _rates("view on PostgreSQL", "factcheck", "fastapi sync core"), 2, True, "×",
    ),
    Goal("embed uncached, of the floor", _rates("embed", "factcheck"), 0.15, True),
    Goal("embed cached, of the floor", _rates("embed", "factcheck, cached"), 0.75, True),
    Goal("claim page uncached, of the floor", _rates("claim page", "factcheck"), 0.15, True),
    Goal("claim page cached, of the floor", _rates("claim page", "factcheck, cached"), 0.75, True),
    Goal("post, 4 clients, of FastAPI sync ORM", _rates(_FOUR, "factcheck", _ORM), 4, True, "×"),
    Goal(
        "post, of its rate at synchronous=NORMAL",
        _rates(_FOUR, "factcheck", "factcheck, synchronous=NORMAL"), 0.9, True,
    ),
    Goal(
        "post, 16 clients, p99 of FastAPI's",
        lambda found: _divided(found.of(_SIXTEEN, "factcheck", "p99"), found.of(_SIXTEEN, _ORM, "p99")),
        0.1, False,
    ),
    Goal(
        "posts refused by a lock, 8 processes",
        lambda found: found.of(_SIXTEEN, "factcheck, 8 processes", "refused"), 0, False,
    ),
    Goal("post analysed, 100,000, median", _analysed(100_000), 60, False, "ms"),
    Goal("post analysed, 1,000,000, median", _analysed(1_000_000), 100, False, "ms"),
    Goal("growth of a view", _grown("growing view"), 1.5, False, "×"),
    Goal("growth of a post", _grown("growing post"), 1.5, False, "×"),
    Goal("growth of a post that flags 12", _grown("growing flags"), 1.5, False, "×"),
    Goal("growth of the first page", _grown("first page of statements"), 1.5, False, "×"),
    Goal("growth of the deepest page", _grown("deepest page of statements"), 1.5, False, "×"),
    Goal("growth of an embed", _grown("growing embed"), 1.5, False, "×"),
    Goal("view of 20,000 statements, of 20", _widened("view of a wide claim"), 2, False, "×"),
    Goal("post on 20,000 statements, on 20", _widened("post on a wide claim"), 2, False, "×"),
    Goal("search, two words, p95", _large("search, two words", "p95"), 100, False, "ms"),
    Goal("search, a common word, p95", _large("search, a common word", "p95"), 100, False, "ms"),
    Goal(
        "search, a word no claim has, p95", _large("search, a word no claim has", "p95"), 100, False, "ms"
    ),
    Goal("growth of search, two words, p95", _grown("search, two words", "p95"), 10, False, "×"),
    Goal("growth of search, a common word, p95", _grown("search, a common word", "p95"), 10, False, "×"),
    Goal("candidates, median", _value("candidates, ms"), 60, False, "ms"),
    Goal("candidates, of an exact search", _value("candidates, recall"), 0.95, True),
    Goal("memory of one worker", _value("memory, MiB"), 300, False, "MiB"),
    Goal("start to the first answer", _value("start, s"), 2, False, "s"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """A goal, and what a run found of it."""

    goal: Goal
    value: float

    @property
    def met(self) -> bool:
        return self.goal.met_by(self.value)


def outcomes(found: Found) -> list[Outcome]:
    """Return every goal that the run measured, in order."""
    values = ((goal, goal.find(found)) for goal in GOALS)
    return [Outcome(goal, value) for goal, value in values if value is not None]
