"""A primary and two synchronous standbys, and a script in the place of the one who promotes."""

import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import create_engine, text

# The servers that the tests start too.
from tests import postgres

NAMES = ("s1", "s2")
# What it may take somebody to notice that a primary is gone, in seconds.
NOTICING = 1.0


class Cluster:
    """Three servers; `kill` ends the primary, and lets the standby that has more take its place."""

    def __init__(self, stack: ExitStack) -> None:
        folder = postgres.binaries()
        if folder is None:
            raise SystemExit("No PostgreSQL server is installed (Debian: postgresql).")
        self.primary, *self.standbys = (stack.enter_context(postgres.home(folder)) for _ in range(3))
        self.primary.initialise()
        self.primary.start(fsync="on")
        for name, standby in zip(NAMES, self.standbys, strict=True):
            standby.copy(self.primary, name)
            standby.start(fsync="on")
        # A commit is answered when the primary and one of the standbys have it on disk.
        self._ask(self.primary, f"ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 ({','.join(NAMES)})'")
        self._ask(self.primary, "SELECT pg_reload_conf()")
        for standby in self.standbys:
            self._ask(standby, f"ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 ({','.join(NAMES)})'")

    def url(self, attributes: str) -> str:
        hosts = "&".join(f"host={server.host}" for server in (self.primary, *self.standbys))
        return f"postgresql+psycopg://factcheck@/postgres?{hosts}&target_session_attrs={attributes}"

    @property
    def write_url(self) -> str:
        return self.url("read-write")

    @property
    def read_url(self) -> str:
        return self.url("prefer-standby&load_balance_hosts=random")

    def kill(self) -> str:
        """Kill the primary, promote, and say what was done."""
        began = time.monotonic()
        _kill(int(Path(self.primary.data, "postmaster.pid").read_text().split()[0]))
        time.sleep(NOTICING)
        # One of the two has everything that was acknowledged, and it is the one that has more.
        received = "SELECT pg_wal_lsn_diff(pg_last_wal_receive_lsn(), '0/0')::bigint"
        new, other = sorted(self.standbys, key=lambda server: self._ask(server, received), reverse=True)
        new.promote()
        name = NAMES[self.standbys.index(other)]
        source = f"host=127.0.0.1 port={new.port} user=factcheck application_name={name}"
        self._ask(other, f"ALTER SYSTEM SET primary_conninfo = '{source}'")
        self._ask(other, "SELECT pg_reload_conf()")
        return f"killed, noticed after {NOTICING:g} s, promoted after {time.monotonic() - began:.1f} s"

    def _ask(self, server: postgres.Server, query: str) -> int:
        engine = create_engine(f"{server.address}/postgres", isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                result = connection.execute(text(query))
                return int(result.scalar()) if result.returns_rows else 0
        finally:
            engine.dispose()


def _kill(postmaster: int) -> None:
    """Kill a server with all its processes, as a machine that loses power does."""
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    for pid in (postmaster, *map(int, children)):
        os.kill(pid, signal.SIGKILL)
