"""A PostgreSQL server of our own that holds what a view reads, copied from the SQLite file."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psycopg

from bench.dataset import connecting
from factcheck import schema
from tests.postgres import binaries, server

__all__ = ["binaries", "start"]
TABLES = (
    "api_key",
    "entity",
    "source",
    "claim",
    "claim_about",
    "statement",
    "link",
    "contradiction",
    "relation",
    "review",
)


def start(stack: ExitStack, folder: Path, sqlite: Path, tell: Callable[[str], None]) -> str:
    """Start a server from the binaries in a folder, fill it, and return its address."""
    tell("PostgreSQL")
    url = f"{stack.enter_context(server(folder))}/postgres"
    schema.upgrade(url)
    copy(sqlite, url)
    return url


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
