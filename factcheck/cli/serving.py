"""`factcheck serve`. What it imports is imported once more by the server that it becomes: so little."""

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from factcheck.config import METRICS_FOLDER, ROOT, Settings


@click.command()
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
    os.environ.setdefault("FACTCHECK_OWN_CORE", "on")
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
