"""The WAL-index tells of every commit, whoever made it, and takes no lock from anybody."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from factcheck.walindex import WalIndex


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.sqlite3"


@pytest.fixture
def writer(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE told (what)")
    yield connection
    connection.close()


@pytest.fixture
def index(path: Path, writer: sqlite3.Connection) -> Iterator[WalIndex]:
    index = WalIndex(path)
    yield index
    index.close()


def elsewhere(path: Path, *statements: str) -> str:
    """Run statements in another process; return what it says where one fails."""
    program = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=0)\n"
        "for statement in sys.argv[2:]: c.execute(statement)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path), *statements], capture_output=True, text=True
    )
    return done.stderr


def test_every_commit_makes_another_state_and_nothing_else_does(
    path: Path, writer: sqlite3.Connection, index: WalIndex
) -> None:
    seen = [index.state()]
    assert seen[0]
    for _ in range(3):
        writer.execute("INSERT INTO told VALUES (1)")
        seen.append(index.state())
        assert elsewhere(path, "INSERT INTO told VALUES (2)") == ""
        seen.append(index.state())
    assert None not in seen
    assert len(set(seen)) == len(seen)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO told VALUES (3)")
    assert index.state() == seen[-1], "what is not committed nobody can read"
    writer.execute("ROLLBACK")
    assert index.state() == seen[-1]
    writer.execute("SELECT * FROM told").fetchall()
    assert index.state() == seen[-1]


def test_a_log_that_begins_anew_never_tells_an_old_state_again(
    writer: sqlite3.Connection, index: WalIndex
) -> None:
    seen = set()
    for _ in range(20):
        writer.execute("INSERT INTO told VALUES (1)")
        state = index.state()
        assert state not in seen
        seen.add(state)
        writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def test_the_file_stays_the_same_one_when_all_others_have_left(
    path: Path, writer: sqlite3.Connection, index: WalIndex
) -> None:
    before = index.state()
    writer.close()
    assert elsewhere(path, "INSERT INTO told VALUES (1)") == ""
    after = index.state()
    assert after
    assert after != before


def test_nobody_loses_a_lock(path: Path, writer: sqlite3.Connection) -> None:
    """To close a descriptor of a file takes the locks of the whole process on it."""
    writer.execute("BEGIN IMMEDIATE")
    index = WalIndex(path)
    assert index.state()
    index.close()
    again = WalIndex(path)
    assert again.state()
    again.close()
    assert "database is locked" in elsewhere(path, "BEGIN IMMEDIATE")
    writer.execute("COMMIT")
    assert elsewhere(path, "BEGIN IMMEDIATE") == ""


def test_where_it_cannot_be_told_that_is_said(tmp_path: Path, path: Path, writer: sqlite3.Connection) -> None:
    plain = sqlite3.connect(tmp_path / "plain.sqlite3")
    plain.execute("CREATE TABLE told (what)")
    index = WalIndex(tmp_path / "plain.sqlite3")
    assert index.state() is None, "it has no write-ahead log"
    index.close()
    plain.close()
    index = WalIndex(path)
    assert index.state()
    index.close()
    assert index.state() is None, "nobody keeps the database open any more"
