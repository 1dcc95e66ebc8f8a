"""SQLite: one file, one writer at a time (docs/decisions/0002-one-writer.md), readers on snapshots."""

import time
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from factcheck.committing import WAIT

# How JSON goes into the database and comes out: for `create_engine`.
JSON_AS: Any = {
    "json_serializer": lambda value: orjson.dumps(value).decode(),
    "json_deserializer": orjson.loads,
}
# Bytes of the write-ahead log that stay on disk once it was written back and begins anew.
WAL_KEPT = 64 * 2**20
# Bytes of the file, from its beginning, that a reader maps; further pages it copies when it needs them, which
# makes a view 5 % dearer at most. All that is mapped counts as memory of each worker.
MAPPED = 32 * 2**20
# Bytes of pages that a reader keeps beside, until somebody writes. Who writes has SQLite's own 2 MB.
CACHED = 8 * 2**20


def engine(
    url: str, *, begin: str, query_only: bool = False, wait: float = WAIT, synchronous: str = "FULL"
) -> Engine:
    """Return an engine on a file; its transactions start with `begin`, for which they `wait` some seconds."""
    Path(str(make_url(url).database)).parent.mkdir(parents=True, exist_ok=True)
    # As many connections as threads ask for: one that waits for a connection while it has the turn
    # (`committing`) would wait for those that have a connection and wait for the turn. Of those that are
    # free the one used last goes first: what it has mapped and planned is there already.
    made = create_engine(url, hide_parameters=True, max_overflow=-1, pool_use_lifo=True, **JSON_AS)

    @event.listens_for(made, "connect")
    def configure(connection: Any, _record: Any) -> None:
        # The driver's own BEGIN is switched off: it would start every transaction as a reader, and
        # two readers that both turn to writing end in "database is locked".
        connection.isolation_level = None
        for pragma in (
            "journal_mode = WAL",
            f"journal_size_limit = {WAL_KEPT}",
            f"synchronous = {synchronous}",
            "foreign_keys = ON",
            f"query_only = {'ON' if query_only else 'OFF'}",
            # Readers find pages in the memory of the system; else each write empties their own cache.
            f"mmap_size = {MAPPED if query_only else 0}",
            f"cache_size = -{CACHED // 1024 if query_only else 2000}",
            # Who waits to write does so in `start`.
            f"busy_timeout = {5000 if query_only else 1}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(made, "begin")
    def start(connection: Any) -> None:
        deadline = time.monotonic() + wait
        while True:
            try:
                _say(begin, connection)
                return
            except OperationalError as error:
                if "locked" not in str(error.orig) or time.monotonic() > deadline:
                    raise
            # SQLite itself would look again ever more rarely, and leave the lock unused in between.
            time.sleep(0.001)

    # Each write of a group has a savepoint (`committing`).
    dialect: Any = made.dialect
    dialect.do_savepoint = lambda connection, name: _say(f"SAVEPOINT {name}", connection)
    dialect.do_release_savepoint = lambda connection, name: _say(f"RELEASE SAVEPOINT {name}", connection)
    return made


def _say(words: str, connection: Any) -> None:
    """Begin or end something by the driver itself: what SQLAlchemy does around it takes ten times as long."""
    driver = connection.connection.driver_connection
    try:
        driver.execute(words)
    except driver.Error as error:
        raise DBAPIError.instance(words, None, error, driver.Error, hide_parameters=True) from error
