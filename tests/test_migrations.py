import os
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import create_engine, inspect, text

from conftest import ROOT, settings_for
from factcheck import create_app, migrated, postgres, schema
from factcheck.db import migrator
from newsroom import Newsroom

COMMAND = [sys.executable, "-c", "from factcheck.cli import main; main()", "db", "upgrade"]
# Upgrades, and kills itself at the statement that holds these words.
KILLED = """
import os, sys
from sqlalchemy import Engine, event
from factcheck import schema

@event.listens_for(Engine, "before_cursor_execute")
def end(_connection, _cursor, statement, *_):
    if sys.argv[2] in statement:
        os.kill(os.getpid(), 9)

schema.upgrade(sys.argv[1])
"""


@pytest.fixture
def empty_url(database_url: str) -> str:
    """A database without tables."""
    schema.downgrade(database_url, "base")
    return database_url


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    found = set(inspect(engine).get_table_names())
    engine.dispose()
    return found


def indexes(url: str) -> set[str | None]:
    engine = create_engine(url)
    found = {index["name"] for index in inspect(engine).get_indexes("contradiction")}
    engine.dispose()
    return found


def test_from_empty_up_and_back_down(empty_url: str) -> None:
    assert tables(empty_url) == {"alembic_version"}
    schema.upgrade(empty_url)
    assert {"statement", "claim", "link", "contradiction", "search_document"} <= tables(empty_url)
    schema.downgrade(empty_url, "base")
    assert tables(empty_url) == {"alembic_version"}


def test_models_and_migrations_agree(database_url: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        command.check(schema.config(database_url))


def test_every_constraint_has_a_name_by_convention(database_url: str) -> None:
    engine = create_engine(database_url)
    inspector = inspect(engine)
    for table in inspector.get_table_names():
        if table == "alembic_version" or table.startswith("search_index"):
            continue
        named = [
            inspector.get_pk_constraint(table),
            *inspector.get_foreign_keys(table),
            *inspector.get_unique_constraints(table),
            *inspector.get_check_constraints(table),
        ]
        for constraint in named:
            assert constraint["name"], f"{table}: {constraint}"
            assert constraint["name"].split("_")[0] in ("pk", "fk", "uq", "ck")
    engine.dispose()


def environ(url: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FACTCHECK_")}
    return {**kept, "FACTCHECK_DATABASE_URL": url, "FACTCHECK_SECRET_KEY": "x", "PYTHONPATH": str(ROOT)}


def is_ready(url: str) -> bool:
    made = create_app(settings_for(url))
    status = made.test_client().get("/readyz").status_code
    made.extensions["factcheck.database"].dispose()
    return status == 200


def test_two_that_start_at_once_wait_for_each_other(empty_url: str) -> None:
    engine = migrator(empty_url)
    with engine.connect() as connection:
        # A third is at it already, so that the two meet.
        connection.execute(text("SELECT 1"))
        both = [subprocess.Popen(COMMAND, cwd=ROOT, env=environ(empty_url)) for _ in range(2)]
        time.sleep(4)
        assert [process.poll() for process in both] == [None, None]
        connection.rollback()
    engine.dispose()
    assert [process.wait(60) for process in both] == [0, 0]
    assert is_ready(empty_url)


def test_two_make_a_new_file_together(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.sqlite3"
    both = [subprocess.Popen(COMMAND, cwd=ROOT, env=environ(url)) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert is_ready(url)


@pytest.mark.parametrize("statement", ["CREATE TABLE source", "SET version_num='0008'"])
def test_one_that_is_killed_half_way_leaves_what_was_there(empty_url: str, statement: str) -> None:
    killed = [sys.executable, "-c", KILLED, empty_url, statement]
    done = subprocess.run(killed, cwd=ROOT, env=environ(empty_url), timeout=60, check=False)
    assert done.returncode == -9
    assert tables(empty_url) == {"alembic_version"}
    assert not is_ready(empty_url)
    schema.upgrade(empty_url)
    assert is_ready(empty_url)


def test_what_is_stored_outlives_a_migration_that_is_killed(
    app: Flask, newsroom: Newsroom, database_url: str
) -> None:
    newsroom.statement(supports={"text": "It is so.", "slug": "so"})
    stored = newsroom.get("/v1/statements")
    app.extensions["factcheck.database"].dispose()
    schema.downgrade(database_url, "0007")
    before = indexes(database_url)
    killed = [sys.executable, "-c", KILLED, database_url, "SET version_num='0008'"]
    done = subprocess.run(killed, cwd=ROOT, env=environ(database_url), timeout=60, check=False)
    assert done.returncode == -9
    assert indexes(database_url) == before
    schema.upgrade(database_url)
    assert "ix_contradiction_ended" in indexes(database_url)
    assert newsroom.get("/v1/statements") == stored


def test_a_table_in_use_keeps_a_migration_waiting_and_not_everybody_else(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = create_engine(database_url)
    if engine.dialect.name == "sqlite":
        return  # A reader keeps nobody waiting there.
    monkeypatch.setattr(postgres, "TABLE_WAIT", "200ms")
    schema.downgrade(database_url, "0007")
    with engine.connect() as connection, engine.connect() as other:
        connection.execute(text("LOCK TABLE contradiction IN ROW EXCLUSIVE MODE"))
        migration = threading.Thread(target=schema.upgrade, args=(database_url,))
        migration.start()
        for _ in range(10):
            other.execute(text("SET LOCAL statement_timeout = '2s'"))
            other.execute(text("SELECT count(*) FROM contradiction"))
            other.rollback()
            time.sleep(0.05)
        assert migration.is_alive()
        connection.rollback()
        migration.join()
    engine.dispose()
    assert is_ready(database_url)


def test_tables_of_a_later_version_are_served(database_url: str, app: Flask) -> None:
    """The tables are upgraded before the servers: the old ones go on until they are replaced."""
    with app.extensions["factcheck.database"].writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        session.commit()
    assert app.test_client().get("/readyz").status_code == 200


def test_the_migrations_that_a_server_knows_are_those_that_alembic_runs() -> None:
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    assert migrated.head() == scripts.get_current_head()
    assert migrated.known() == {script.revision for script in scripts.walk_revisions()}
