"""The commands of `factcheck` that use the application: all but `serve`."""

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from sqlalchemy import make_url, select
from sqlalchemy.orm import Session

from factcheck import consequences, keys, rereading, schema, seeding, verifying
from factcheck.auth import Access, Actor, ApiKey, Role, Scope
from factcheck.backup import BackupError, backup
from factcheck.cli import cli, serve
from factcheck.config import Settings
from factcheck.db import Database, is_sqlite, now
from factcheck.problems import Problem
from factcheck.snapshots import Snapshot
from factcheck.web import to_json

# Who has a shell here may do all that an admin may.
OPERATOR = Actor(None, "factcheck key", Access.admin)


@cli.command()
@click.pass_obj
@click.pass_context
def start(context: click.Context, settings: Settings) -> None:
    """Set up the database with the seed dossier, print how to try it, and serve: `make run`."""
    schema.upgrade(settings.database_url)
    database = Database(settings)
    summary = seeding.load(database, settings.max_flags)
    with database.writing() as session:
        admin = _first_admin(session)
        name = f"make run {now():%Y-%m-%d %H:%M:%S.%f}"
        _, secret = keys.issue(session, OPERATOR, name=name, role=Role.editor)
        session.commit()
    database.dispose()
    address = f"http://{settings.host}:{settings.port}"
    click.echo(
        f"""
{summary}
Pages     {address}/
API docs  {address}/docs
Key       {secret}   (role editor; a new one at each start)
{admin}

Read both sides of a claim:
  curl {address}/v1/claims/safety-report-exonerates-baldwin/view

Post a statement:
  curl {address}/v1/statements -H 'Authorization: Bearer {secret}' \\
    -H 'Content-Type: application/json' -d @seed/example-statement.json
"""
    )
    context.invoke(serve, workers=1)


def _first_admin(session: Session) -> str:
    """Make the key that can make others where there is none yet, and return the line that tells it."""
    admins = select(ApiKey.id).where(ApiKey.role == Role.admin, ApiKey.revoked_at.is_(None))
    if session.scalar(admins.limit(1)):
        return "Admin     as printed at the first start; another: factcheck key create --role admin --name N"
    _, secret = keys.issue(session, OPERATOR, name="first admin", role=Role.admin)
    return f"Admin     {secret}   (makes keys at /v1/keys; shown this once, so keep it)"


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


class Span(click.ParamType[timedelta]):
    """A length of time, such as 24h or 90d."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> timedelta:
        found = re.fullmatch(r"([0-9]{1,6})([mhd])", str(value))
        if not found:
            self.fail(f"{value!r} is no length of time; write 30m, 24h or 90d.", param, context)
        return int(found[1]) * timedelta(**{{"m": "minutes", "h": "hours", "d": "days"}[found[2]]: 1})


@key.command()
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--name", required=True, help="Who uses it; stands in the history of every change.")
@click.option("--scope", "scopes", type=click.Choice([scope.value for scope in Scope]), multiple=True)
@click.option("--expires-in", type=Span(), help="How long it is valid, such as 90d; for ever if left out.")
@click.pass_obj
def create(
    settings: Settings, role: str, name: str, scopes: tuple[str, ...], expires_in: timedelta | None
) -> None:
    """Make a key and print it; it is shown this once.

    With --scope (more than once, if need be), the key may do of what its role may only what these name.
    """
    if not 0 < len(name.strip()) <= 200:
        raise click.ClickException("A name has 1 to 200 characters; it stands in the history.")
    with _changing_keys(settings) as session:
        _, secret = keys.issue(
            session,
            OPERATOR,
            name=name,
            role=Role(role),
            scopes=[Scope(scope) for scope in scopes] or None,
            expires_at=now() + expires_in if expires_in else None,
        )
    click.echo(secret)


@key.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.pass_obj
def list_keys(settings: Settings, *, as_json: bool) -> None:
    """List every key: its role, scopes, when it expires and was last used."""
    database = Database(settings)
    with database.reading() as session:
        found = [keys.represent(each) for each in session.scalars(select(ApiKey).order_by(ApiKey.id))]
    database.dispose()
    if as_json:
        click.echo(to_json(found))
        return
    row = "{:<30} {:<11} {:<8} {:<20} {:<16} {}"
    click.echo(row.format("NAME", "ROLE", "STATUS", "SCOPES", "LAST USED", "EXPIRES"))
    for each in found:
        used, expires = (f"{at:%Y-%m-%d %H:%M}" if (at := each[k]) else "never" for k in _TIMES)
        scopes = ",".join(each["scopes"]) if each["scopes"] else "all"
        click.echo(row.format(each["name"], each["role"], each["status"], scopes, used, expires))


_TIMES = ("last_used_at", "expires_at")


@key.command()
@click.argument("name")
@click.option("--overlap", type=Span(), default="24h", help="How long the old secret is still taken.")
@click.option("--expires-in", type=Span(), help="How long the key is valid from now on, such as 90d.")
@click.option("--reason", help="Why; kept in the history.")
@click.pass_obj
def rotate(
    settings: Settings, name: str, overlap: timedelta, expires_in: timedelta | None, reason: str | None
) -> None:
    """Give a key a new secret and print it; the old one is taken for a while more."""
    if overlap > keys.MAX_OVERLAP:
        raise click.ClickException(f"--overlap is at most {keys.MAX_OVERLAP.days}d.")
    with _changing_keys(settings) as session:
        expires_at = now() + expires_in if expires_in else None
        found = _key(session, name)
        secret = keys.rotate(session, OPERATOR, found, overlap, expires_at=expires_at, reason=reason)
    click.echo(secret)


@key.command()
@click.argument("name")
@click.option("--reason", help="Why; kept in the history.")
@click.pass_obj
def revoke(settings: Settings, name: str, reason: str | None) -> None:
    """Take a key back, at once and for good."""
    with _changing_keys(settings) as session:
        keys.revoke(session, OPERATOR, _key(session, name), reason)
    click.echo(f"The key '{name}' is revoked.")


def _key(session: Session, name: str) -> ApiKey:
    found = session.scalar(select(ApiKey).where(ApiKey.name == name))
    if found is None:
        raise click.ClickException(f"There is no key named '{name}'; see: factcheck key list")
    return found


@contextmanager
def _changing_keys(settings: Settings) -> Iterator[Session]:
    """Give a session and commit; what a rule refuses ends the command with its sentence."""
    database = Database(settings)
    try:
        with database.writing() as session:
            yield session
            session.commit()
    except Problem as problem:
        raise click.ClickException(problem.detail) from None
    finally:
        database.dispose()


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
