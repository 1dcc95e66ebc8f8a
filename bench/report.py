"""What was measured, as ratios within one run: for the terminal and for a file."""

import os
import platform
import statistics
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from bench.load import Cell, Summary


@dataclass(frozen=True, slots=True)
class Line:
    """One measure on one data set: both rates, and the service's part of the floor's."""

    measure: str
    statements: int
    floor: Summary
    service: Summary
    # Of the medians, and then the least and the greatest of one round.
    ratio: float
    least: float
    greatest: float
    # The median time of the service to an answer, over the rounds; None where it was not taken.
    milliseconds: float | None


def compare(cells: list[Cell]) -> list[Line]:
    """Return a line for each measure and data set, by measure.

    A 304 is held against the same floor as the view: it is another way to serve the view.
    """
    floors = {(cell.measure, cell.statements): cell for cell in cells if cell.variant == "floor"}
    lines = []
    for cell in cells:
        if cell.variant == "floor":
            continue
        below = floors[cell.measure.removesuffix(" 304"), cell.statements]
        floor, service = Summary.of(below.rates), Summary.of(cell.rates)
        pairs = [ours / theirs for ours, theirs in zip(cell.rates, below.rates, strict=True)]
        ratio = service.median / floor.median
        took = [round_.milliseconds for round_ in cell.rounds if round_.milliseconds is not None]
        waited = statistics.median(took) if took else None
        spread = (min(pairs), max(pairs))
        lines.append(Line(cell.measure, cell.statements, floor, service, ratio, *spread, waited))
    measures = list(dict.fromkeys(line.measure for line in lines))
    return sorted(lines, key=lambda line: (measures.index(line.measure), line.statements))


def growth(lines: list[Line]) -> dict[str, float]:
    """Return for each measure the rate on the largest data set as a part of that on the smallest."""
    rates = {(line.measure, line.statements): line.service.median for line in lines}
    sizes = sorted({line.statements for line in lines})
    if len(sizes) < 2:
        return {}
    return {line.measure: rates[line.measure, sizes[-1]] / rates[line.measure, sizes[0]] for line in lines}


def table(cells: list[Cell]) -> str:
    """Return the figures as text: requests in a second, median (least–greatest)."""
    lines = compare(cells)
    rows = [f"{'':<10}{'statements':>10}  {'floor':>22}  {'service':>22}  {'of the floor':>23}"]
    for line in lines:
        rates = f"{_spread(line.floor):>22}  {_spread(line.service):>22}"
        rows.append(
            f"{line.measure:<10}{line.statements:>10,}  {rates}"
            f"  {line.ratio:>7.4f} ({line.least:.4f}–{line.greatest:.4f})"
            + (f"  {line.milliseconds:>7.1f} ms" if line.milliseconds else "")
        )
    if grown := growth(lines):
        sizes = sorted({line.statements for line in lines})
        rows.append(f"\nThe service's rate at {sizes[-1]:,} statements, of that at {sizes[0]:,}")
        rows += [f"{name:<10}{ratio:>10.2f}" for name, ratio in grown.items()]
    return "\n".join(rows)


def _spread(summary: Summary) -> str:
    digits = 0 if summary.median >= 100 else 1
    return f"{summary.median:,.{digits}f} ({summary.low:,.{digits}f}–{summary.high:,.{digits}f})"


def as_json(cells: list[Cell], seconds: int, elapsed: float) -> dict[str, Any]:
    """Return all that was measured, for the file."""
    lines = compare(cells)
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "seconds_a_round": seconds,
        "seconds_in_all": round(elapsed, 1),
        "lines": [asdict(line) for line in lines],
        "growth": growth(lines),
        "cells": [
            {
                "measure": cell.measure,
                "variant": cell.variant,
                "statements": cell.statements,
                "rounds": [asdict(round_) for round_ in cell.rounds],
            }
            for cell in cells
        ],
    }
