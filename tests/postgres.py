"""A throw-away PostgreSQL server for the tests, from the binaries that are installed."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from live import free_port


def binaries() -> Path | None:
    """Return the folder of pg_ctl, or None where no server is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda p: int(p.parts[4]))
    if found:
        return found[-1].parent
    on_path = shutil.which("pg_ctl")
    return Path(on_path).resolve().parent if on_path else None


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Start a server on a free loopback port and give its address; stop and delete it at the end."""
    # PostgreSQL refuses to run as root, so root hands it to Debian's own user.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    home = Path(tempfile.mkdtemp(prefix="factcheck-postgres-"))
    if as_user:
        shutil.chown(home, "postgres")
    port = free_port()

    def run(*command: str) -> None:
        # Not captured: the server inherits the pipe, and reading it would wait for ever.
        subprocess.run([*as_user, *command], check=True, cwd="/", stdout=subprocess.DEVNULL)

    data = str(home / "data")
    run(str(folder / "initdb"), "-D", data, "-U", "factcheck", "--auth=trust", "-E", "UTF8", "--no-locale")
    options = f"-p {port} -h 127.0.0.1 -k {home} -c fsync=off -c max_connections=200"
    run(str(folder / "pg_ctl"), "-D", data, "-w", "-o", options, "-l", str(home / "log"), "start")
    try:
        yield f"postgresql+psycopg://factcheck@127.0.0.1:{port}"
    finally:
        run(str(folder / "pg_ctl"), "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(home, ignore_errors=True)
