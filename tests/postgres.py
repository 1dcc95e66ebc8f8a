"""Throw-away PostgreSQL servers for the tests, from the binaries that are installed."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.machine import free_port


def binaries() -> Path | None:
    """Return the folder of pg_ctl, or None where no server is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda p: int(p.parts[4]))
    if found:
        return found[-1].parent
    on_path = shutil.which("pg_ctl")
    return Path(on_path).resolve().parent if on_path else None


def run(*command: str) -> None:
    # PostgreSQL refuses to run as root, so root hands it to Debian's own user. The output is not captured:
    # the server inherits the pipe, and reading it would wait for ever.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*as_user, *command], check=True, cwd="/", stdout=subprocess.DEVNULL)


@dataclass(frozen=True)
class Server:
    """A server on a port of the loopback, in a folder of its own."""

    binaries: Path
    home: Path
    port: int

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def address(self) -> str:
        return f"postgresql+psycopg://factcheck@{self.host}"

    @property
    def data(self) -> str:
        return str(self.home / "data")

    def initialise(self) -> None:
        """Make an empty server."""
        options = ("-U", "factcheck", "--auth=trust", "-E", "UTF8", "--no-locale")
        run(str(self.binaries / "initdb"), "-D", self.data, *options)

    def copy(self, primary: "Server", name: str = "standby") -> None:
        """Become a hot standby of a running server; `name` is for synchronous_standby_names."""
        source = f"host=127.0.0.1 port={primary.port} user=factcheck application_name={name}"
        options = ("-D", self.data, "-R", "--checkpoint=fast", "--no-sync")
        run(str(self.binaries / "pg_basebackup"), "-d", source, *options)

    def restore(self, running: "Server") -> None:
        """Take a base backup of a running server as docs/operations.md says, and become what it holds."""
        options = ("-h", "127.0.0.1", "-p", str(running.port), "-U", "factcheck", "-D", self.data)
        options += ("--wal-method=stream", "--checkpoint=fast")
        run(str(self.binaries / "pg_basebackup"), *options)
        run(str(self.binaries / "pg_verifybackup"), self.data)

    def start(self, **changes: str) -> None:
        """Start it, and wait until it answers."""
        values = {"fsync": "off", "max_connections": "200", **changes}
        options = "".join(f" -c {name}={value}" for name, value in values.items())
        options = f"-p {self.port} -h 127.0.0.1 -k {self.home}{options}"
        self.control("start", "-w", "-o", options, "-l", str(self.home / "log"))

    def stop(self, mode: str = "immediate") -> None:
        """Stop it: `immediate` is as a crash."""
        self.control("stop", "-m", mode)

    def promote(self) -> None:
        """Make a standby the primary."""
        self.control("promote", "-w")

    def control(self, *arguments: str) -> None:
        """Run pg_ctl."""
        run(str(self.binaries / "pg_ctl"), "-D", self.data, *arguments)

    @property
    def is_running(self) -> bool:
        """Tell whether it has not been stopped or killed."""
        file = Path(self.data, "postmaster.pid")
        return file.exists() and Path("/proc", file.read_text().split()[0]).exists()


@contextmanager
def home(folder: Path) -> Iterator[Server]:
    """Give a place for a server on a free port; stop what was started there, and delete it."""
    place = Path(tempfile.mkdtemp(prefix="factcheck-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(place, "postgres")
    made = Server(folder, place, free_port())
    try:
        yield made
    finally:
        if made.is_running:
            made.stop()
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Start a server and give its address; stop and delete it at the end."""
    with home(folder) as made:
        made.initialise()
        made.start()
        yield made.address


@contextmanager
def replicated(folder: Path) -> Iterator[tuple[Server, Server]]:
    """Start a primary and a hot standby of it."""
    with ExitStack() as stack:
        primary, standby = (stack.enter_context(home(folder)) for _ in range(2))
        primary.initialise()
        primary.start()
        standby.copy(primary)
        standby.start()
        yield primary, standby
