"""What was measured, for the terminal and for a file."""

import os
import platform
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from bench.goals import Found, Outcome, outcomes
from bench.load import Cell

_HEAD = f"{'':<32}{'requests a second':>27}{'p50 ms':>10}{'p99 ms':>10}{'cpu ms':>10}{'of the first':>14}"


def table(found: Found, notes: Iterable[str]) -> str:
    """Return every variant's median (least–greatest round) by measure, then the goals."""
    rows = [_HEAD]
    for measure in dict.fromkeys(measure for measure, _ in found.cells):
        cells = [cell for cell in found.cells.values() if cell.measure == measure]
        rows += [f"\n{measure}", *(_row(cell, cells[0]) for cell in cells)]
    rows += ["", *(f"{name:<32}{value:>27.3g}" for name, value in found.values.items())]
    if reached := outcomes(found):
        rows.append(f"\n{'goal':<44}{'found':>12}{'goal':>12}")
        rows += [_goal(outcome) for outcome in reached]
        rows.append(f"\n{sum(outcome.met for outcome in reached)} of {len(reached)} goals met.")
    return "\n".join([*rows, *notes])


def _row(cell: Cell, first: Cell) -> str:
    rates = cell.each("rate")
    spread = f"{_number(cell.median('rate'))} ({_number(min(rates))}–{_number(max(rates))})"
    ratio = cell.median("rate") / first.median("rate")
    times = f"{cell.median('p50'):>10.2f}{cell.median('p99'):>10.2f}{cell.median('cpu'):>10.2f}"
    return f"  {cell.variant:<30}{spread:>27}{times}{ratio:>14.3f}"


def _number(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.1f}"


def _goal(outcome: Outcome) -> str:
    goal = outcome.goal
    bound = f"{'≥' if goal.at_least else '≤'} {goal.bound:g} {goal.unit}".rstrip()
    value = f"{outcome.value:.3g} {goal.unit}".rstrip()
    return f"{goal.says:<44}{value:>12}{bound:>12}  {'met' if outcome.met else 'MISSED'}"


def as_json(found: Found, options: dict[str, Any], elapsed: float, notes: list[str]) -> dict[str, Any]:
    """Return all that was measured, for the file."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "options": options,
        "seconds_in_all": round(elapsed, 1),
        "goals": [
            {
                "says": outcome.goal.says,
                "value": outcome.value,
                "bound": outcome.goal.bound,
                "at_least": outcome.goal.at_least,
                "unit": outcome.goal.unit,
                "met": outcome.met,
            }
            for outcome in outcomes(found)
        ],
        "values": dict(found.values),
        "cells": [
            {
                "measure": cell.measure,
                "variant": cell.variant,
                "rounds": [asdict(round_) for round_ in cell.rounds],
            }
            for cell in found.cells.values()
        ],
        "notes": notes,
    }
