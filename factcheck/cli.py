"""The `factcheck` command: `serve` stands here, all others in `commands`."""

import os
import shutil
import sys
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

from factcheck.config import METRICS_FOLDER, SettingError, Settings
from factcheck.migrated import ROOT

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


class _Commands(click.Group):
    """Loads `commands`, and with it the application, only for a command that stands there.

    `serve` needs none of it: the server that it becomes loads the application itself, and whoever starts
    it would wait for that twice.
    """

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self.commands:
            import_module("factcheck.commands")
        return super().get_command(context, name)

    def list_commands(self, context: click.Context) -> list[str]:
        import_module("factcheck.commands")
        return super().list_commands(context)


@click.group(cls=_Commands)
@click.pass_context
def cli(context: click.Context) -> None:
    """Keep track of who said what."""
    # What a command does may take its time; only what waits for an answer is stopped.
    context.obj = replace(Settings.from_environ(), database_statement_timeout=0)


@cli.command()
@click.option("--workers", type=click.IntRange(1, 64), default=1, help="Processes.")
@click.option("--threads", type=click.IntRange(1, 64), help="Of each process: 16 on SQLite, else 4.")
@click.pass_obj
def serve(settings: Settings, workers: int, threads: int | None) -> None:
    """Serve the API and the pages."""
    if find_spec("granian") is None:
        raise click.ClickException("The server is not installed; run: pip install 'factcheck[server]'")
    # The server reads its settings anew, from another folder: what was read here counts.
    os.environ |= {
        "FACTCHECK_DATABASE_URL": settings.database_url,
        "FACTCHECK_READ_DATABASE_URL": settings.read_database_url,
        "FACTCHECK_SECRET_KEY": settings.secret_key,
    }
    # Else each thread has an arena of its own, and large blocks that were once freed are kept (mallopt(3)).
    for name, value in (("MALLOC_ARENA_MAX", "2"), ("MALLOC_MMAP_THRESHOLD_", str(2**20))):
        os.environ.setdefault(name, value)
    # Writes that wait share a commit (see `committing`), so there must be threads for them to wait in. On
    # PostgreSQL reads wait too, for the network, and more of them would only take turns.
    threads = threads or (16 if settings.database_url.startswith("sqlite") else 4)
    options = f"--interface wsgi --workers {workers} --blocking-threads {threads} --no-access-log"
    # A worker that does not end half a minute after it was told to is killed.
    options += " --workers-kill-timeout 30"
    if workers > 1:
        _share_metrics(settings.port)
        # One of several that dies is replaced. Not at a terminal: granian would take the end of its workers
        # for their death when Ctrl-C reaches them first, and never end. One alone systemd starts again.
        options += "" if sys.stdin.isatty() else " --respawn-failed-workers"
    where = ["--host", settings.host, "--port", str(settings.port), "--working-dir", str(ROOT)]
    command = [sys.executable, "-m", "granian", *options.split(), *where, "wsgi:app"]
    os.execv(sys.executable, command)  # noqa: S606  Our own interpreter and words.


def _share_metrics(port: int) -> None:
    """Give the workers a new folder where each keeps its numbers for `/metrics`."""
    folder = Path("instance", f"metrics-{port}").absolute()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ[METRICS_FOLDER] = str(folder)
