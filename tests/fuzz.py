"""`make fuzz`: thousands of generated calls of every operation, and as many bodies that are not what they say.

Schemathesis makes the calls from the OpenAPI document: its examples, the edges of every field, random
valid and invalid values, and walks along the links from answer to answer. All its checks are on.
`hostile_json` makes the bodies. Each process works on a database of its own with the seed dossier in
it; when it is done, a recheck of all contradictions must find nothing to mend. What failed is told
with a curl line that repeats it.
"""

import logging
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import click
import schemathesis
from flask import Flask
from schemathesis import engine
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events
from sqlalchemy import create_engine, text

import hostile_json
import postgres
from factcheck import consequences, create_app, schema, seeding
from factcheck.auth import ApiKey, Role
from factcheck.config import Settings
from live import serving

DATABASES = ("sqlite", "postgresql")
# Who calls, in turn; an editor's calls reach furthest, so every other process has that key.
ROLES = ("editor", "contributor", "editor", "public", "editor", "reader")
MAX_FLAGS = 50

# Every check of schemathesis is on. These name the answers that a schema cannot foresee: that a claim
# must exist (422), that a change needs the ETag of what stands now (428, 412), that something was
# merged or withdrawn (410), that a resource hides behind its role.
REFUSALS = ["400", "401", "403", "404", "405", "406", "409", "410", "412", "413", "415", "422", "428"]
CHECKS = {
    "positive_data_acceptance": {
        "expected-statuses": ["2xx", "3xx", "401", "403", "404", "409", "410", "412", "422", "428"]
    },
    "negative_data_rejection": {"expected-statuses": REFUSALS},
    "missing_required_header": {
        "expected-statuses": ["400", "401", "403", "404", "406", "410", "415", "422", "428"]
    },
}
# A statement that was retracted, and a link that was rejected, stay readable and say so.
STAYING = ("retractStatement", "rejectLink", "readStatement", "readStatementHistory", "readLink")


@dataclass
class Tally:
    """What was called, how it was answered, and what failed: the check, what it says, a curl line."""

    cases: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    operations: set[str] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Count what another process did too."""
        self.cases += other.cases
        self.checks += other.checks
        self.operations |= other.operations
        self.statuses += other.statuses
        self.failures += other.failures


PHASES = ("examples", "coverage", "fuzzing", "stateful")


@dataclass(frozen=True)
class Share:
    """What one process does: on which copy of which database, as whom, from which seed."""

    template: str
    copy: str
    role: str
    seed: int
    phases: tuple[str, ...] = PHASES
    # So many hostile bodies, and no calls of schemathesis.
    hostile: int = 0


def generated(
    app: Flask, secret: str | None, seed: int, *, examples: int = 20, phases: tuple[str, ...] = PHASES
) -> Tally:
    """Run schemathesis on the application, with a key or as a reader without one.

    `examples`: how many calls of each operation the fuzzing makes, and a tenth of the walks along links.
    """
    on = {phase: {"enabled": phase in phases} for phase in PHASES}
    walks = {"max-steps": 8, "generation": {"max-examples": 10 * examples}}
    config = SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "max-failures": 1,
            "suppress-health-check": ["all"],
            "checks": CHECKS,
            "operations": [
                {"include-operation-id": list(STAYING), "checks": {"use_after_free": {"enabled": False}}}
            ],
            "generation": {"max-examples": examples, "database": "none"},
            "phases": {**on, "stateful": {**on["stateful"], **walks}},
            "output": {"sanitization": {"enabled": False}},
            **({"auth": {"openapi": {"key": {"bearer": secret}}}} if secret else {}),
        }
    )
    tally = Tally()
    # Over a socket: only there does the check that leaves out the key work, and it is what clients do.
    with serving(app) as address:
        found = schemathesis.openapi.from_url(f"{address}/openapi.json", config=config)
        for event in engine.from_schema(found).execute():
            if isinstance(event, events.ScenarioFinished):
                _count(tally, event)
            elif isinstance(event, events.NonFatalError):
                tally.failures.append(("an error of the generator", f"{event.label}: {event.value!r}", ""))
            elif isinstance(event, events.FatalError):
                tally.failures.append(("an error of the generator", repr(event.exception), ""))
    return tally


def hostile(app: Flask, secret: str | None, seed: int, cases: int) -> Tally:
    """Send hostile bodies until one is not answered as it should be."""
    tally = Tally()
    for sent in hostile_json.send(app, secret, seed, cases):
        tally.cases["hostile JSON"] += 1
        tally.checks["answered in good order"] += 1
        tally.operations.add(sent.operation)
        tally.statuses[sent.status] += 1
        if sent.complaint:
            tally.failures.append(("hostile JSON", sent.complaint, sent.curl))
            break
    return tally


def _count(tally: Tally, event: events.ScenarioFinished) -> None:
    recorder = event.recorder
    for id_, interaction in recorder.interactions.items():
        tally.cases[event.phase.value] += 1
        if interaction.response is not None:
            tally.statuses[interaction.response.status_code] += 1
        if id_ in recorder.cases:
            tally.operations.add(recorder.cases[id_].value.operation.label)
    for checks in recorder.checks.values():
        for check in checks:
            tally.checks[check.name] += 1
            if check.status is Status.FAILURE and check.failure_info:
                failure = check.failure_info.failure
                said = f"{failure.operation}: {failure.title}\n{failure.message}"
                tally.failures.append((check.name, said, check.failure_info.code_sample))


def work(share: Share) -> Tally:
    """Do a share in a process of its own."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with copied(share.template, share.copy) as url:
        app = create_app(settings(url))
        database = app.extensions["factcheck.database"]
        secret = None
        if share.role != "public":
            with database.writing() as session:
                secret = ApiKey.issue(session, name=f"fuzz {share.seed}", role=Role(share.role))[1]
                session.commit()
        try:
            if share.hostile:
                tally = hostile(app, secret, share.seed, share.hostile)
            else:
                tally = generated(app, secret, share.seed, phases=share.phases)
            with database.writing() as session:
                mended = consequences.recheck(session, MAX_FLAGS)
            tally.checks["contradictions follow from the facts"] += 1
            if mended:
                said = f"A recheck mended {mended} contradictions after seed {share.seed}."
                tally.failures.append(("recheck", said, ""))
        finally:
            database.dispose()
    return tally


def settings(url: str) -> Settings:
    """Return settings with which only the database differs from run to run."""
    return Settings(
        database_url=url,
        read_database_url=url,
        secret_key="of the fuzzer",
        model="rules",
        max_flags=MAX_FLAGS,
    )


@contextmanager
def copied(template: str, name: str) -> Iterator[str]:
    """Give the address of a copy of a database, and drop it at the end."""
    if template.startswith("sqlite"):
        original = Path(template.removeprefix("sqlite:///"))
        path = original.with_name(f"{name}.sqlite3")
        shutil.copy(original, path)
        yield f"sqlite:///{path}"
        for left in path.parent.glob(f"{path.name}*"):
            left.unlink()
        return
    address = template.rpartition("/")[0]
    _on_server(address, f"CREATE DATABASE {name} TEMPLATE template")
    yield f"{address}/{name}"
    _on_server(address, f"DROP DATABASE {name} WITH (FORCE)")


def _on_server(address: str, statement: str) -> None:
    server = create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(statement))
    server.dispose()


@contextmanager
def template(database: str) -> Iterator[str]:
    """Give the address of a database with the seed dossier, on a server of its own for PostgreSQL."""
    if database == "sqlite":
        with tempfile.TemporaryDirectory(prefix="factcheck-fuzz-") as folder:
            yield _filled(f"sqlite:///{folder}/template.sqlite3")
        return
    binaries = postgres.binaries()
    if binaries is None:
        raise click.ClickException("No PostgreSQL server is installed (Debian: postgresql).")
    with postgres.server(binaries) as address:
        _on_server(address, "CREATE DATABASE template")
        yield _filled(f"{address}/template")


def _filled(url: str) -> str:
    schema.upgrade(url)
    app = create_app(settings(url))
    seeding.load(app.extensions["factcheck.database"], MAX_FLAGS)
    app.extensions["factcheck.database"].dispose()
    return url


def fuzz(database: str, cases: int, jobs: int, seed: int) -> Tally:
    """Call until as many cases of each sort were run, or something failed; see `Tally`."""
    tally = Tally()
    with template(database) as address:
        for sort, shares in (
            ("generated", _calls(address, seed)),
            ("hostile", _bodies(address, seed, cases)),
        ):
            done = Tally()
            for part in _shared_out(shares, jobs):
                done.add(part)
                _tell(f"{database}: {done.cases.total():,} of {cases:,} {sort} cases")
                if done.failures or done.cases.total() >= cases:
                    break
            tally.add(done)
            if tally.failures:
                break
    _tell("")
    return tally


def _calls(template: str, seed: int) -> Iterator[Share]:
    """Give shares of schemathesis; the edges of all fields (coverage) come only with two of the keys."""
    for n in count():
        role = ROLES[n % len(ROLES)]
        phases = PHASES if n < 2 else tuple(phase for phase in PHASES if phase != "coverage")
        yield Share(template, f"fuzz_{n}", role, seed + n, phases)


def _bodies(template: str, seed: int, cases: int) -> Iterator[Share]:
    for n in count():
        role = ("editor", "contributor")[n % 2]
        yield Share(template, f"fuzz_hostile_{n}", role, seed + n, hostile=min(500, cases))


def _shared_out(shares: Iterable[Share], jobs: int) -> Iterator[Tally]:
    """Give what each share found as it is done; there are always as many at work as `jobs`."""
    shares = iter(shares)
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"))
    try:
        running: set[Future[Tally]] = {pool.submit(work, next(shares)) for _ in range(jobs)}
        while True:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
                running.add(pool.submit(work, next(shares)))
    finally:
        pool.shutdown(cancel_futures=True)


def _tell(progress: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{progress:<70}\r", err=True, nl=False)


@click.command()
@click.option("--cases", default=20_000, show_default=True, help="How many of each sort, on each database.")
@click.option("--database", default="both", show_default=True, type=click.Choice([*DATABASES, "both"]))
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, help="Processes at a time.")
@click.option("--seed", default=1, show_default=True, help="Where the numbers of the shares begin.")
def main(cases: int, database: str, jobs: int, seed: int) -> None:
    """Call the whole API at random; exit with 1 at the first kind of failure."""
    for name in DATABASES if database == "both" else (database,):
        started = time.monotonic()
        tally = fuzz(name, cases, jobs, seed)
        by_sort = ", ".join(f"{sort} {number:,}" for sort, number in tally.cases.items())
        click.echo(
            f"{name}: {tally.cases.total():,} cases ({by_sort}) on {len(tally.operations)} operations, "
            f"{tally.checks.total():,} checks of {len(tally.checks)} kinds, in {time.monotonic() - started:.0f} s"
        )
        click.echo("  answers: " + ", ".join(f"{s} × {n:,}" for s, n in sorted(tally.statuses.items())))
        click.echo("  checks: " + ", ".join(f"{c} × {n:,}" for c, n in tally.checks.most_common()))
        if tally.failures:
            check, said, curl = tally.failures[0]
            click.echo(f"FAILED {check}\n{said}\n{curl}")
            sys.exit(1)


if __name__ == "__main__":
    main()
