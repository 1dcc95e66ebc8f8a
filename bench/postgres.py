"""A PostgreSQL server of our own that holds what a view reads, copied from the SQLite file."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg

from bench.dataset import connecting
from bench.machine import free_port
from factcheck import schema

TABLES = (
    "api_key", "entity", "source", "claim", "claim_about", "statement", "link", "contradiction", "relation",
    "review", "tally",
)  # fmt: skip


def binaries() -> Path | None:
    """Return the folder of pg_ctl, the newest, or None where no server is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[4]))
    on_path = shutil.which("pg_ctl")
    if found:
        return found[-1].parent
    return Path(on_path).resolve().parent if on_path else None


def start(stack: ExitStack, folder: Path, sqlite: Path, tell: Callable[[str], None]) -> str:
    """Start a server from the binaries in a folder, fill it, and return its address."""
    tell("PostgreSQL")
    url = stack.enter_context(_server(folder))
    schema.upgrade(url)
    copy(sqlite, url)
    return url


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    """Start a server on a free loopback port and give its address; stop and delete it at the end."""
    # PostgreSQL refuses to run as root, so root hands it to Debian's own user.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    home = Path(tempfile.mkdtemp(prefix="factcheck-bench-"))
    if as_user:
        shutil.chown(home, "postgres")
    data, port = str(home / "data"), free_port()

    def run(*command: str) -> None:
        # Not captured: the server inherits the pipe, and reading it would wait for ever.
        subprocess.run([*as_user, *command], check=True, cwd="/", stdout=subprocess.DEVNULL)

    run(str(folder / "initdb"), "-D", data, "-U", "factcheck", "--auth=trust", "-E", "UTF8", "--no-locale")
    options = f"-p {port} -h 127.0.0.1 -k {home}"
    run(str(folder / "pg_ctl"), "-D", data, "-w", "-o", options, "-l", str(home / "log"), "start")
    try:
        yield f"postgresql+psycopg://factcheck@127.0.0.1:{port}/postgres"
    finally:
        run(str(folder / "pg_ctl"), "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(home, ignore_errors=True)


def copy(sqlite: Path, url: str) -> None:
    """Copy every table that a view reads; what SQLite holds as text is what PostgreSQL reads as text."""
    address = url.replace("postgresql+psycopg:", "postgresql:")
    with psycopg.connect(address, autocommit=True) as target, connecting(sqlite) as origin:
        target.execute("SET timezone TO 'UTC'")
        # The rows refer to each other rightly already.
        target.execute("SET session_replication_role TO replica")
        for table in TABLES:
            rows = origin.execute(f"SELECT * FROM {table}")
            columns = ", ".join(f'"{column[0]}"' for column in rows.description)
            with target.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as stream:
                for row in rows:
                    stream.write_row(row)
        target.execute("VACUUM ANALYZE")
