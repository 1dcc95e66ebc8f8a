"""A backup under load, and what it gives back."""

import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

import postgres
from conftest import ROOT, settings_for
from crashing import Writers, half_written, stored
from factcheck import consequences, create_app, schema
from factcheck.auth import ApiKey, Role
from factcheck.history import Revision
from factcheck.search import SearchDocument
from factcheck.statements import Statement
from live import serving
from newsroom import Newsroom
from test_migrations import environ


@pytest.fixture
def database_url(tmp_path: Path, sqlite_template: Path) -> str:
    path = tmp_path / "factcheck.sqlite3"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


def backup(url: str, target: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from factcheck.cli import main; main()", "backup", str(target)]
    return subprocess.run(command, cwd=ROOT, env=environ(url), capture_output=True, text=True, timeout=60)


def test_a_backup_under_load_is_whole_and_can_be_restored(
    app: Flask, newsroom: Newsroom, database_url: str, tmp_path: Path
) -> None:
    acknowledged: list[str] = []
    stop = threading.Event()

    def write() -> None:
        mine = Newsroom(app.test_client(), newsroom.keys)
        while not stop.is_set():
            stance = "supports" if len(acknowledged) % 2 else "disputes"
            acknowledged.append(mine.statement(**{stance: {"text": "It is so.", "slug": "so"}})["id"])

    writer = threading.Thread(target=write)
    writer.start()
    while len(acknowledged) < 5:
        stop.wait(0.05)
    before = list(acknowledged)
    done = backup(database_url, tmp_path / "backup.sqlite3")
    stop.set()
    writer.join()
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "backup.sqlite3").stat().st_mode & 0o077 == 0
    assert not list(tmp_path.glob("*unfinished*"))

    # Restored as docs/operations.md says: the file is put in its place, with nothing beside it.
    (tmp_path / "restored").mkdir()
    shutil.copy(tmp_path / "backup.sqlite3", tmp_path / "restored/factcheck.sqlite3")
    restored = create_app(settings_for(f"sqlite:///{tmp_path}/restored/factcheck.sqlite3"))
    database = restored.extensions["factcheck.database"]
    with database.reading() as session:
        held = {str(found) for found in session.scalars(select(Statement.id))}
        revisions = session.scalar(
            select(func.count()).select_from(Revision).where(Revision.record_type == Statement.record_type)
        )
        documents = session.scalar(
            select(func.count()).select_from(SearchDocument).where(SearchDocument.record_type == "statement")
        )
    assert set(before) <= held <= set(acknowledged)
    assert revisions == documents == len(held)
    assert f"{len(held)} statements, 1 claims" in done.stdout
    with database.writing() as session:
        assert consequences.recheck(session, 50) == 0
    again = Newsroom(restored.test_client(), newsroom.keys)
    assert again.view("so")["supports"]["count"] + again.view("so")["disputes"]["count"] == len(held)
    again.statement(supports="so")
    database.dispose()


def test_a_backup_replaces_nothing(app: Flask, database_url: str, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("mine")
    done = backup(database_url, tmp_path / "kept")
    assert done.returncode == 1
    assert "exists" in done.stderr
    assert (tmp_path / "kept").read_text() == "mine"
    assert "cannot be written" in backup(database_url, tmp_path / "no/folder").stderr


def test_a_damaged_database_gives_no_backup(app: Flask, database_url: str, tmp_path: Path) -> None:
    app.extensions["factcheck.database"].dispose()
    path = tmp_path / "factcheck.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("INSERT INTO entity_key (entity_id, key) VALUES ('00', 'nobody')")
    connection.close()
    done = backup(database_url, tmp_path / "backup.sqlite3")
    assert done.returncode == 1
    assert "not sound" in done.stderr
    assert sorted(file.name for file in tmp_path.iterdir()) == ["factcheck.sqlite3"]


def test_a_base_backup_of_postgresql_under_load_is_whole_and_can_be_restored() -> None:
    folder = postgres.binaries()
    assert folder, "no PostgreSQL server is installed (Debian: postgresql)"
    with postgres.home(folder) as running, postgres.home(folder) as restored:
        running.initialise()
        running.start()
        schema.upgrade(f"{running.address}/postgres")
        app = create_app(settings_for(f"{running.address}/postgres"))
        with app.extensions["factcheck.database"].writing() as session:
            _, key = ApiKey.issue(session, name="an editor", role=Role.editor)
            session.commit()
        with serving(app) as address, Writers(address, key) as writers:
            writers.more(5)
            before = dict(writers.acknowledged)
            restored.restore(running)
            writers.more(5)
        app.extensions["factcheck.database"].dispose()
        running.stop()

        restored.start()
        url = f"{restored.address}/postgres"
        held = stored(url)
        assert before.items() <= held.items() <= writers.acknowledged.items()
        assert half_written(url) == []
        again = create_app(settings_for(url))
        database = again.extensions["factcheck.database"]
        with database.writing() as session:
            assert consequences.recheck(session, 50) == 0
        room = Newsroom(again.test_client(), {"editor": key})
        assert sum(room.view("it-holds")[side]["count"] for side in ("supports", "disputes")) == len(held)
        room.statement(supports="it-holds")
        database.dispose()


def test_postgresql_is_pointed_to_its_own_tools(tmp_path: Path) -> None:
    done = backup("postgresql+psycopg://nobody@127.0.0.1:1/none", tmp_path / "backup")
    assert done.returncode == 1
    assert "pg_dump" in done.stderr
