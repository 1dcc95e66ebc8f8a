"""Commands for the database: its tables, the seed dossier, a copy."""

from pathlib import Path

import click
from sqlalchemy import make_url

from factcheck import schema, seeding
from factcheck.backup import BackupError
from factcheck.backup import backup as copy
from factcheck.config import Settings
from factcheck.db import Database, is_sqlite


@click.group()
def db() -> None:
    """Manage the tables."""


@db.command()
@click.pass_obj
def upgrade(settings: Settings) -> None:
    """Bring the tables to what this version needs."""
    schema.upgrade(settings.database_url)
    click.echo("The tables are up to date.")


@click.command()
@click.pass_obj
def seed(settings: Settings) -> None:
    """Load the seed dossier; what is there already stays as it is."""
    click.echo(seeding.load(Database(settings), settings.max_flags))


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def backup(settings: Settings, file: Path) -> None:
    """Copy the SQLite database to a new FILE while the service runs, and check the copy."""
    if not is_sqlite(settings.database_url):
        raise click.ClickException(
            "PostgreSQL is backed up by its own tools, pg_dump or pg_basebackup; see docs/operations.md."
        )
    try:
        made = copy(Path(str(make_url(settings.database_url).database)), file)
    except BackupError as error:
        raise click.ClickException(str(error)) from None
    size = f"{made.size / 1e6:.1f} MB"
    click.echo(f"{file}: {made.statements} statements, {made.claims} claims, {size}; the copy is sound.")
