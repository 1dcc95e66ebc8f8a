"""`make bench`: the service against a bare Flask route that returns the same bytes.

Both run on the same server, side by side; the rounds take turns, so that a slower minute of the
machine slows both. What counts is the ratio. docs/performance.md says how to read it.
"""

import json
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bench import floor, load, report
from bench.load import Cell
from bench.machine import BenchError
from bench.service import Service

RESULTS = Path(__file__).parent / "results"


def measure(statements: list[int], seconds: int, rounds: int) -> list[Cell]:
    """Run everything and return the cells with their rounds."""
    kept = RESULTS / "data"
    kept.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        # Beside the results, on a real disk: in memory, storing a post durably would cost nothing.
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="work-", dir=RESULTS)))
        services = []
        for number in statements:
            _tell(f"data set of {number:,} statements")
            services.append(Service.start(stack, kept, work, number))
        bodies = {name: body for service in services for name, body in service.samples.items()}
        port = floor.start(stack, work, bodies)
        cells = [cell for service in services for cell in service.cells(port, work)]
        for number in range(rounds):
            for cell in cells:
                _tell(f"round {number + 1} of {rounds}: {cell.measure}, {cell.variant}")
                cell.rounds.append(load.undisturbed(lambda cell=cell: cell.run(seconds)))
    _tell("")
    return cells


def _tell(progress: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{progress:<60}\r", err=True, nl=False)


def _numbers(_context: Any, _option: Any, value: str) -> list[int]:
    try:
        numbers = sorted({int(part) for part in value.split(",")})
    except ValueError:
        raise click.BadParameter("give whole numbers joined by commas, such as 1000,100000") from None
    if numbers[0] < 100 or numbers[-1] > 2_000_000:
        raise click.BadParameter("give numbers from 100 to 2000000")
    return numbers


@click.command()
@click.option("--statements", default="1000,100000", callback=_numbers, help="Sizes of the data sets.")
@click.option("--seconds", type=click.IntRange(1, 60), default=2, help="How long each round lasts.")
@click.option("--rounds", type=click.IntRange(1, 50), default=3, help="How often each variant has its turn.")
def main(statements: list[int], seconds: int, rounds: int) -> None:
    """Measure views and posts against a bare Flask route that returns the same bytes."""
    start = time.monotonic()
    if not load.wrk():
        click.echo("The benchmark makes load with wrk; install it: apt-get install wrk", err=True)
        sys.exit(2)
    try:
        cells = measure(statements, seconds, rounds)
    except BenchError as error:
        sys.exit(f"bench: {error}")
    click.echo(report.table(cells))
    found = report.as_json(cells, seconds, time.monotonic() - start)
    path = RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps(found, indent=1), encoding="utf-8")
    click.echo(f"\n{found['seconds_in_all']:.0f} s in all; written to bench/results/{path.name}")


if __name__ == "__main__":
    main(prog_name="python -m bench")
