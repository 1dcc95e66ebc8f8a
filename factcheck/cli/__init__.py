"""The `factcheck` command."""

import sys
from dataclasses import replace
from importlib import import_module
from typing import Final

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

from factcheck.config import SettingError, Settings

NO_TABLES: Final = "factcheck: The database has no tables of this version; run: factcheck db upgrade"
# In which module of this package each command stands.
_COMMANDS: Final = {
    "backup": "storage",
    "db": "storage",
    "key": "keys",
    "recheck": "upkeep",
    "seed": "storage",
    "serve": "serving",
    "start": "starting",
    "verify": "upkeep",
}


class _Commands(click.Group):
    """Loads a command when it is called: `serve` starts a server without what only others need."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"{__name__}.{_COMMANDS[cmd_name]}"), cmd_name)
        return command


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


@click.group(cls=_Commands)
@click.pass_context
def cli(context: click.Context) -> None:
    """Keep track of who said what."""
    # What a command does may take its time; only what waits for an answer is stopped.
    context.obj = replace(Settings.from_environ(), database_statement_timeout=0)
