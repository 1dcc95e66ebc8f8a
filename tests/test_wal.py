"""SQLite's write-ahead log: what a long read does to its size, and what bounds it."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from conftest import settings_for
from factcheck import sqlite
from factcheck.db import Database

MEGABYTE = 2**20


def test_the_log_grows_under_a_long_read_and_is_cut_back_after_it(
    tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "WAL_KEPT", 2 * MEGABYTE)
    shutil.copy(sqlite_template, tmp_path / "factcheck.sqlite3")
    log = tmp_path / "factcheck.sqlite3-wal"
    database = Database(settings_for(f"sqlite:///{tmp_path}/factcheck.sqlite3"))

    def write() -> None:
        with database.writing() as session:
            session.execute(text("CREATE TABLE IF NOT EXISTS filler (bytes)"))
            session.execute(text("INSERT INTO filler VALUES (randomblob(1048576))"))
            session.commit()

    with database.reading() as session:
        before = session.scalar(text("SELECT count(*) FROM sqlite_schema"))
        for _ in range(10):
            write()
        # No page of it can be written back over what is being read.
        assert log.stat().st_size > 10 * MEGABYTE
        assert session.scalar(text("SELECT count(*) FROM sqlite_schema")) == before
    # The first write afterwards writes the log back, the second begins it anew.
    write()
    write()
    assert log.stat().st_size <= 2 * MEGABYTE
    # Without a long read it never grows beyond what is written back at once.
    for _ in range(20):
        write()
    assert log.stat().st_size < 8 * MEGABYTE
    database.dispose()


def test_power_may_fail_after_any_answer(tmp_path: Path) -> None:
    database = Database(settings_for(f"sqlite:///{tmp_path}/factcheck.sqlite3"))
    with database.writing() as session:
        pragmas = {
            name: session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "wal_autocheckpoint")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "wal_autocheckpoint": 1000}
    database.dispose()
