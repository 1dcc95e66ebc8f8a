"""`make bench`: the service beside a bare Flask route that returns the same bytes, and its peers.

All run on the same two cores; the rounds take turns, so that a slower minute of the machine slows
all. What counts are the ratios within one run. docs/performance.md says how to read it.
"""

import json
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import click

from bench import inside, load, reads, report, writes
from bench.goals import Found
from bench.machine import BenchError, adopt_orphans, share_two_cores
from bench.stage import RESULTS, Stage

# In the order of the table. Those that load a model or look at every row come last.
GROUPS = {
    "view": (reads.view,),
    "postgres": (reads.on_postgres,),
    "html": (reads.pages,),
    "post": (writes.posts,),
    "growth": (reads.growth, writes.growth),
    "wide": (reads.wide, writes.wide),
    "search": (reads.searches,),
    "analysed": (writes.analysed,),
    "process": (inside.process,),
    "candidates": (inside.candidates_found,),
}
MAIN = 100_000


def measure(
    sizes: tuple[int, int], groups: list[str], seconds: int, rounds: int, *, anyway: bool
) -> tuple[Found, list[str]]:
    """Run these groups and return what they found, and notes on what could not be measured."""
    share_two_cores()
    adopt_orphans()
    with ExitStack() as stack:
        main = MAIN if MAIN in sizes else sizes[1]
        stage = Stage.prepare(stack, sizes, main, _tell)
        cells = [cell for group in groups for set_up in GROUPS[group] for cell in set_up(stage)]
        stage.start_floor()
        for number in range(rounds):
            for cell in cells:
                _tell(f"round {number + 1} of {rounds}: {cell.measure}, {cell.variant}")
                cell.rounds.append(load.undisturbed(lambda cell=cell: cell.run(seconds), anyway=anyway))
        _tell("")
        return Found({(cell.measure, cell.variant): cell for cell in cells}, stage.values, sizes), stage.notes


def _tell(progress: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{progress:<70}\r", err=True, nl=False)


def _sizes(_context: Any, _option: Any, value: str) -> tuple[int, int]:
    try:
        small, large = (int(part) for part in value.split(","))
    except ValueError:
        raise click.BadParameter("give two whole numbers joined by a comma, such as 1000,100000") from None
    if not 400 <= small <= large <= 2_000_000:
        raise click.BadParameter("give two numbers from 400 to 2000000, the smaller one first")
    return small, large


def _groups(_context: Any, _option: Any, value: str) -> list[str]:
    names = value.split(",") if value else list(GROUPS)
    if unknown := sorted(set(names) - GROUPS.keys()):
        raise click.BadParameter(f"there is no {', '.join(unknown)}; choose from {', '.join(GROUPS)}")
    return [name for name in GROUPS if name in names]


@click.command()
@click.option("--only", "groups", default="", callback=_groups, help=f"Groups: {', '.join(GROUPS)}.")
@click.option("--large", is_flag=True, help="Measure growth from 100,000 to 1,000,000 statements.")
@click.option(
    "--statements", "sizes", default="1000,100000", callback=_sizes, help="Between which to measure growth."
)
@click.option("--seconds", type=click.IntRange(1, 60), default=1, help="How long each round lasts.")
@click.option("--rounds", type=click.IntRange(1, 50), default=3, help="How often each variant has its turn.")
@click.option("--anyway", is_flag=True, help="Go on while others use the machine: no figure can be trusted.")
def main(
    groups: list[str], large: bool, sizes: tuple[int, int], seconds: int, rounds: int, anyway: bool
) -> None:
    """Measure the service beside a bare Flask route and its peers, and say which goals are met."""
    start = time.monotonic()
    if not load.wrk():
        click.echo("The benchmark makes load with wrk; install it: apt-get install wrk", err=True)
        sys.exit(2)
    if large:
        sizes = (MAIN, 1_000_000)
    try:
        found, notes = measure(sizes, groups, seconds, rounds, anyway=anyway)
    except BenchError as error:
        sys.exit(f"bench: {error}")
    if anyway:
        notes.append("Run with --anyway: rounds that others disturbed count too. Trust no figure.")
    click.echo(report.table(found, notes))
    options = {"statements": sizes, "groups": groups, "seconds": seconds, "rounds": rounds, "anyway": anyway}
    written = report.as_json(found, options, time.monotonic() - start, notes)
    path = RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps(written, indent=1), encoding="utf-8")
    click.echo(f"\n{written['seconds_in_all']:.0f} s in all; written to bench/results/{path.name}")


if __name__ == "__main__":
    main(prog_name="python -m bench")
