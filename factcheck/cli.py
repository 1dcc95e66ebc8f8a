"""The `factcheck` command."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
from sqlalchemy import make_url, select
from sqlalchemy.exc import OperationalError, ProgrammingError

from factcheck import consequences, metrics, rereading, schema, seeding, verifying
from factcheck.auth import ApiKey, Role
from factcheck.backup import BackupError, backup
from factcheck.config import SettingError, Settings
from factcheck.db import Database, is_sqlite, now
from factcheck.schema import ROOT
from factcheck.snapshots import Snapshot

NO_TABLES = "factcheck: The database has no tables of this version; run: factcheck db upgrade"


def main() -> None:
    """Run the command; what an operator has to put right ends it with one sentence."""
    try:
        cli()
    except SettingError as error:
        sys.exit(f"factcheck: {error}")
    except ProgrammingError:
        sys.exit(NO_TABLES)
    except OperationalError as error:
        # SQLite counts a missing table among the operational errors.
        if "no such table" in str(error):
            sys.exit(NO_TABLES)
        sys.exit(f"factcheck: The database cannot be reached: {str(error.orig).splitlines()[0]}")


@click.group()
@click.pass_context
def cli(context: click.Context) -> None:
    """Keep track of who said what."""
    # What a command does may take its time; only what waits for an answer is stopped.
    context.obj = replace(Settings.from_environ(), database_statement_timeout=0)


@cli.command()
@click.option("--workers", type=click.IntRange(1, 64), default=1, help="Processes.")
@click.pass_obj
def serve(settings: Settings, workers: int) -> None:
    """Serve the API and the pages."""
    if find_spec("granian") is None:
        raise click.ClickException("The server is not installed; run: pip install 'factcheck[server]'")
    # The server reads its settings anew, from another folder: what was read here counts.
    os.environ |= {
        "FACTCHECK_DATABASE_URL": settings.database_url,
        "FACTCHECK_READ_DATABASE_URL": settings.read_database_url,
        "FACTCHECK_SECRET_KEY": settings.secret_key,
    }
    # One thread each is fastest on SQLite; on PostgreSQL threads wait for the network.
    threads = 1 if settings.database_url.startswith("sqlite") else 4
    options = f"--interface wsgi --workers {workers} --blocking-threads {threads} --no-access-log"
    # A worker that dies is replaced; one that does not end half a minute after it was told to is killed.
    options += " --respawn-failed-workers --workers-kill-timeout 30"
    if workers > 1:
        _share_metrics(settings.port)
    where = ["--host", settings.host, "--port", str(settings.port), "--working-dir", str(ROOT)]
    command = [sys.executable, "-m", "granian", *options.split(), *where, "wsgi:app"]
    os.execv(sys.executable, command)  # noqa: S606  Our own interpreter and words.


def _share_metrics(port: int) -> None:
    """Give the workers a new folder where each keeps its numbers for `/metrics`."""
    folder = Path("instance", f"metrics-{port}").absolute()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ[metrics.FOLDER] = str(folder)


@cli.command()
@click.pass_obj
@click.pass_context
def start(context: click.Context, settings: Settings) -> None:
    """Set up the database with the seed dossier, print how to try it, and serve: `make run`."""
    schema.upgrade(settings.database_url)
    database = Database(settings)
    summary = seeding.load(database, settings.max_flags)
    with database.writing() as session:
        _, secret = ApiKey.issue(session, name=f"make run {now():%Y-%m-%d %H:%M:%S}", role=Role.editor)
        session.commit()
    database.dispose()
    address = f"http://{settings.host}:{settings.port}"
    click.echo(
        f"""
{summary}
Pages     {address}/
API docs  {address}/docs
Key       {secret}   (role editor; a new one at each start)

Read both sides of a claim:
  curl {address}/v1/claims/safety-report-exonerates-baldwin/view

Post a statement:
  curl {address}/v1/statements -H 'Authorization: Bearer {secret}' \\
    -H 'Content-Type: application/json' -d @seed/example-statement.json
"""
    )
    context.invoke(serve, workers=1)


@cli.group()
def db() -> None:
    """Manage the tables."""


@db.command()
@click.pass_obj
def upgrade(settings: Settings) -> None:
    """Bring the tables to what this version needs."""
    schema.upgrade(settings.database_url)
    click.echo("The tables are up to date.")


@cli.command()
@click.pass_obj
def seed(settings: Settings) -> None:
    """Load the seed dossier; what is there already stays as it is."""
    click.echo(seeding.load(Database(settings), settings.max_flags))


@cli.command(name="backup")
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def back_up(settings: Settings, file: Path) -> None:
    """Copy the SQLite database to a new FILE while the service runs, and check the copy."""
    if not is_sqlite(settings.database_url):
        raise click.ClickException(
            "PostgreSQL is backed up by its own tools, pg_dump or pg_basebackup; see docs/operations.md."
        )
    try:
        made = backup(Path(str(make_url(settings.database_url).database)), file)
    except BackupError as error:
        raise click.ClickException(str(error)) from None
    size = f"{made.size / 1e6:.1f} MB"
    click.echo(f"{file}: {made.statements} statements, {made.claims} claims, {size}; the copy is sound.")


@cli.group()
def key() -> None:
    """Manage API keys."""


@key.command()
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--name", required=True, help="Who uses it; stands in the history of every change.")
@click.pass_obj
def create(settings: Settings, role: str, name: str) -> None:
    """Make a key and print it; it is shown this once."""
    if not 0 < len(name.strip()) <= 200:
        raise click.ClickException("A name has 1 to 200 characters; it stands in the history.")
    with Database(settings).writing() as session:
        if session.scalar(select(ApiKey.id).where(ApiKey.name == name)):
            raise click.ClickException(f"A key named '{name}' exists; choose another name.")
        _, secret = ApiKey.issue(session, name=name, role=Role(role))
        session.commit()
    click.echo(secret)


@cli.command()
@click.option("--analysis", is_flag=True, help="First read the words of every statement again.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Read those stored since this day only.")
@click.option("--anew", is_flag=True, help="Read again what this version of the analysis has read, too.")
@click.option("--ask", is_flag=True, help="Let the operator's judge be asked what stays open.")
@click.option("--processes", type=click.IntRange(1, 64), default=os.cpu_count() or 1, help="That read.")
@click.pass_obj
def recheck(
    settings: Settings, *, analysis: bool, since: datetime | None, anew: bool, ask: bool, processes: int
) -> None:
    """Compute every contradiction anew from what is stored.

    With --analysis, read the words of every statement first: in parallel, and a run that was
    stopped goes on where it was. With --ask, what this leaves open is put to the judge by the server,
    as after a post, within the budget of each day.
    """
    if ask and not settings.asks_judge:
        raise click.ClickException(
            "--ask needs a judge; set FACTCHECK_JUDGE_URL, and FACTCHECK_JUDGE_DAILY above 0."
        )
    if analysis:
        work = rereading.Work(settings, since and since.replace(tzinfo=UTC), anew, ask)
        with click.progressbar(length=work.count(), label="Reading") as bar:
            done = sum(map(_advance(bar), rereading.run(work, processes)))
        click.echo(f"{done} statements were read.")
    elif since or anew or ask:
        raise click.ClickException("--since, --anew and --ask go with --analysis.")
    database = Database(settings)
    with database.writing() as session:
        changed = consequences.recheck(session, settings.max_flags)
        session.commit()
    database.dispose()
    click.echo(f"{changed} contradictions changed." if changed else "Every contradiction was in line.")


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print the counts and what was not found as JSON.")
@click.pass_obj
def verify(settings: Settings, as_json: bool) -> None:
    """Look every statement up in the snapshot of its source anew, and say whose words are not there."""
    database = Database(settings)
    with database.reading() as session:
        ids = session.scalars(select(Snapshot.id).order_by(Snapshot.id)).all()
    changed = 0
    with click.progressbar(ids, label="Verifying", file=sys.stderr) as sources:
        for snapshot_id in sources:
            # One source at a time, so that the newsroom can write in between.
            with database.writing() as session:
                changed += verifying.recheck(session, session.get_one(Snapshot, snapshot_id))
                consequences.settle(session, settings.max_flags)
                session.commit()
    with database.reading() as session:
        found = verifying.tally(session)
    database.dispose()
    if as_json:
        click.echo(json.dumps({"changed": changed, "counts": found.counts, "not_found": found.doubtful}))
        return
    for name, count in found.counts.items():
        click.echo(f"{name:<17}{count:>7}")
    for statement in found.doubtful:
        click.echo(f"{statement['result']:<8} {statement['id']}  {statement['reason']}")
    click.echo(f"{changed} findings changed." if changed else "Every finding was in line.")


def _advance(bar: Any) -> Callable[[int], int]:
    """Return a function that moves a progress bar on by a number and gives the number back."""

    def advance(number: int) -> int:
        bar.update(number)
        return number

    return advance
