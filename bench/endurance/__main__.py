"""`python -m bench.endurance`: a newsroom's day in minutes, and whether anything was lost or wrong.

docs/reliability.md says what it does and how to read it.
"""

import json
import math
import sqlite3
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import httpx

from bench.endurance.clients import CURRENT_CLAIMS, STANCES, Member, Newsroom
from bench.endurance.history import Counted, Seen, check_counts, check_kept, check_records
from bench.endurance.memory import Growth, Sampler
from bench.endurance.notes import Notes
from bench.machine import BenchError, Moment
from bench.served import Served

RESULTS = Path(__file__).parent.parent / "results"
# As long as it takes until the caches of words, texts and answers are full.
WARM_UP_SECONDS = 240
# Less than this after the warm-up says nothing of growth.
JUDGED_SECONDS = 180
# A worker may end this much above where it stood after the warm-up: garbage that waits.
MAX_GROWTH = 0.05
MAX_GROWTH_MIB = 10
# Kept answers fill their room within the warm-up, and are not mistaken for growth.
CACHE_MB = "8"
SHOWN = 20


def load(served: Served, clients: int, seconds: float, pause: float) -> tuple[Newsroom, Notes]:
    """Let the clients work for a while and return what they noted together."""
    room = Newsroom(served.port, served.command("key", "create", "--role", "editor", "--name", "endurance"))
    notes = Notes()
    first = Member(clients, room, 0, 0)
    for _ in range(CURRENT_CLAIMS):
        first.claim()
    notes.add(first.notes)
    until = time.perf_counter() + seconds
    members = [Member(number, room, until, pause) for number in range(clients)]
    for member in members:
        member.start()
    for member in members:
        member.join()
        notes.add(member.notes)
    return room, notes


def read_all(room: Newsroom, notes: Notes) -> dict[str, Any]:
    """Read everything once more, when nobody writes; note it, and return what is kept, by name."""
    found: dict[str, Any] = {}
    headers = {"Authorization": f"Bearer {room.key}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{room.port}", headers=headers, timeout=60) as http:
        query = "/v1/statements?limit=200"
        path: str | None = query
        while path:
            start = time.perf_counter()
            page = http.get(path).raise_for_status().json()
            end = time.perf_counter()
            for item in page["items"]:
                name = f"statement {item['id']}"
                found[name] = item["text"]
                notes.seen.append(Seen(name, start, end, item["revision"], item["said_to"]))
            path = page["next_cursor"] and f"{query}&cursor={page['next_cursor']}"
        for slug in room.claims:
            start = time.perf_counter()
            view = httpx.get(f"{http.base_url}/v1/claims/{slug}/view", timeout=60).raise_for_status().json()
            end = time.perf_counter()
            for stance in STANCES:
                notes.counted.append(Counted(f"{slug} {stance}", start, end, view[stance]["count"]))
        for name, decision in notes.kept.items():
            if name.startswith("flag "):
                status = http.get(f"/v1/contradictions/{name[5:]}").raise_for_status().json()["status"]
                # Retracting one of the two statements ends what was decided.
                found[name] = decision if status == "resolved" else status
    return found


def check(notes: Notes, found: dict[str, Any]) -> list[str]:
    """Return what no order of events explains, and what was acknowledged and is not there."""
    return [
        *check_records(notes.seen, notes.tried),
        *check_counts(notes.counted, notes.changes),
        *check_kept(notes.kept, found),
    ]


def check_database(served: Served, path: Path | None) -> list[str]:
    """Return what is wrong in the database itself: flags out of line, a damaged file, broken references."""
    wrong = []
    told = served.command("recheck", seconds=3600)
    if told != "Every contradiction was in line.":
        wrong.append(f"factcheck recheck: {told}")
    if path:
        with sqlite3.connect(path) as connection:
            if (state := connection.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
                wrong.append(f"integrity_check: {state}")
            wrong += [f"foreign_key_check: {row}" for row in connection.execute("PRAGMA foreign_key_check")]
        connection.close()
    return wrong


def part(values: list[float], share: float) -> float:
    """Return the least value that this share of the values does not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def has_grown(growth: Growth, seconds: float) -> bool:
    """Tell whether a worker ended above what garbage explains, after so many seconds in all."""
    if seconds - WARM_UP_SECONDS < JUDGED_SECONDS:
        return False
    more = growth.last - growth.first
    return more > MAX_GROWTH_MIB and more > growth.first * MAX_GROWTH


def tell(title: str, sentences: list[str]) -> None:
    """Print a number of sentences, and how many there are in all."""
    click.echo(f"\n{title}: {len(sentences)}")
    for sentence in sentences[:SHOWN]:
        click.echo(f"  {sentence}")


def table(notes: Notes, seconds: float) -> list[dict[str, Any]]:
    """Print and return how long each kind of request took, in milliseconds, and its statuses."""
    rows = []
    click.echo(f"\n{'':16}{'requests':>9}{'a second':>9}{'p50 ms':>9}{'p99 ms':>9}{'most ms':>9}  statuses")
    for kind, took in sorted(notes.took.items()):
        statuses = {
            status: number for (name, status), number in sorted(notes.statuses.items()) if name == kind
        }
        p50, p99 = (1000 * part(took, share) for share in (0.5, 0.99))
        most = 1000 * max(took)
        rows.append(
            {"kind": kind, "requests": len(took), "p50": p50, "p99": p99, "most": most}
            | {"statuses": statuses}
        )
        told = ", ".join(f"{status} × {number}" for status, number in statuses.items())
        click.echo(f"{kind:16}{len(took):9}{len(took) / seconds:9.1f}{p50:9.1f}{p99:9.1f}{most:9.1f}  {told}")
    return rows


@click.command()
@click.option("--minutes", type=click.FloatRange(0.1, 24 * 60), default=10.0, help="How long the load lasts.")
@click.option(
    "--clients", type=click.IntRange(1, 512), default=64, help="Connections, each with one request at a time."
)
@click.option(
    "--pause",
    type=click.FloatRange(0, 60),
    default=0.5,
    help="Seconds between two requests of a client, on average.",
)
@click.option("--workers", type=click.IntRange(1, 64), default=2, help="Processes of the server.")
@click.option("--postgres", help="An empty database, postgresql+psycopg://…; SQLite without it.")
@click.option(
    "--model", default="", help="FACTCHECK_MODEL: which model reads; the one that ships without it."
)
def main(minutes: float, clients: int, pause: float, workers: int, postgres: str | None, model: str) -> None:
    """Load the service with what a newsroom does, and hold all it answered against one order of events."""
    RESULTS.mkdir(exist_ok=True)
    seconds = minutes * 60
    with ExitStack() as stack:
        # Beside the results, on a real disk: in memory, storing a post durably would cost nothing.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="endurance-", dir=RESULTS)))
        path = None if postgres else folder / "factcheck.sqlite3"
        served = Served(
            folder, postgres or f"sqlite:///{path}", workers=workers, FACTCHECK_MODEL=model,
            FACTCHECK_LIMIT_WRITES="none", FACTCHECK_LIMIT_ANALYSIS="none", FACTCHECK_CACHE_MB=CACHE_MB,
        )  # fmt: skip
        try:
            served.command("db", "upgrade")
            served.start()
            stack.callback(served.stop)
            before = Moment.now()
            with Sampler(served) as memory:
                room, notes = load(served, clients, seconds, pause)
            others = before.others_until(Moment.now())
            found = read_all(room, notes)
            wrong = check(notes, found) + check_database(served, path)
        except (BenchError, httpx.HTTPError, sqlite3.Error) as error:
            sys.exit(f"bench.endurance: {error}")
    rows = table(notes, seconds)
    stayed = {pid for pid, samples in memory.samples.items() if len(samples) > 1}
    grown = [Growth.of(pid, samples, WARM_UP_SECONDS) for pid, samples in memory.samples.items()]
    growths = [growth for growth in grown if growth]
    click.echo(
        "\nEach worker's own memory after the warm-up, MiB: at first, at last, slope a minute; all resident"
    )
    for growth in growths:
        numbers = f"{growth.first:.1f}, {growth.last:.1f}, {growth.slope:+.2f}; {growth.resident:.1f}"
        click.echo(f"  {growth.pid}: {numbers}")
    if seconds - WARM_UP_SECONDS < JUDGED_SECONDS:
        click.echo("  too short a run to judge growth")
    if len(stayed) != workers:
        wrong.append(f"{len(stayed)} workers were seen where {workers} should have stayed")
    wrong += [f"worker {growth.pid} has grown" for growth in growths if has_grown(growth, seconds)]
    click.echo(
        f"\n{len(notes.seen)} looks at records, {len(notes.counted)} counts, {len(notes.changes)} changes of "
        f"counts, {len(notes.kept)} things kept; other processes used {others:.2f} cores meanwhile"
    )
    tell("Errors", notes.errors)
    tell("Wrong", wrong)
    report = {
        "minutes": minutes, "clients": clients, "pause": pause, "workers": workers, "others": others,
        "database": "postgresql" if postgres else "sqlite", "model": model or "the one that ships",
        "kinds": rows, "memory": [asdict(growth) for growth in growths],
        "errors": notes.errors, "wrong": wrong,
    }  # fmt: skip
    target = RESULTS / f"endurance-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    target.write_text(json.dumps(report, indent=1), encoding="utf-8")
    click.echo(f"\nWritten to bench/results/{target.name}")
    sys.exit(1 if notes.errors or wrong else 0)


if __name__ == "__main__":
    main(prog_name="python -m bench.endurance")
