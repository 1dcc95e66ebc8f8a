"""`factcheck key`: keys, made and taken back by whoever has a shell here."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from factcheck import keys
from factcheck.auth import Access, Actor, ApiKey, Role, Scope
from factcheck.config import Settings
from factcheck.db import Database, now
from factcheck.problems import Problem
from factcheck.web import to_json

# Who has a shell here may do all that an admin may.
OPERATOR: Final = Actor(None, "factcheck key", Access.admin)


@click.group()
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
            expires_at=None if expires_in is None else now() + expires_in,
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
        expires_at = None if expires_in is None else now() + expires_in
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
