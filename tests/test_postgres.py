"""What becomes of a write on PostgreSQL when the connection, the server or its standbys fail under it."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest import mock

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DataError

import conftest
from conftest import settings_for
from factcheck import create_app
from factcheck.db import Database
from newsroom import Newsroom

CLAIM = {"slug": "so", "text": "It is so.", "about": []}


@pytest.fixture
def database_url(postgres_server: str) -> Iterator[str]:
    conftest.on_server(postgres_server, "CREATE DATABASE fresh TEMPLATE template")
    yield f"{postgres_server}/fresh"
    conftest.on_server(postgres_server, "DROP DATABASE fresh WITH (FORCE)")


def claims(newsroom: Newsroom) -> list[str]:
    return [claim["slug"] for claim in newsroom.get("/v1/claims", role="public")["items"]]


class Once:
    """Fails the first COMMIT of a write, before the server has it or after."""

    def __init__(self, *, after: bool) -> None:
        self.after = after
        self.left = 1
        self.commit = psycopg.Connection.commit

    def __call__(self, connection: Any) -> None:
        if not self.left:
            return self.commit(connection)
        self.left -= 1
        if self.after:
            self.commit(connection)
        connection.close()
        raise psycopg.OperationalError("the connection is lost")

    def __get__(self, connection: Any, _class: Any) -> Any:
        return lambda: self(connection)


@pytest.mark.parametrize("after", [False, True])
def test_a_commit_without_an_answer_is_told_to_be_unknown(newsroom: Newsroom, after: bool) -> None:
    with mock.patch.object(psycopg.Connection, "commit", Once(after=after)):
        answer = newsroom.call("POST", "/v1/claims", CLAIM)
    assert answer.status_code == 503
    problem: Any = answer.json
    assert problem["type"] == "urn:factcheck:problem:outcome-unknown"
    assert "Idempotency-Key" in problem["detail"]
    assert answer.headers["Retry-After"]
    assert claims(newsroom) == (["so"] if after else [])


@pytest.mark.parametrize("after", [False, True])
def test_with_an_idempotency_key_it_is_done_once_whatever_became_of_the_first(
    newsroom: Newsroom, after: bool
) -> None:
    with mock.patch.object(psycopg.Connection, "commit", Once(after=after)):
        answer = newsroom.call("POST", "/v1/claims", CLAIM, Idempotency_Key="one")
    assert answer.status_code == 201
    assert claims(newsroom) == ["so"]
    assert answer.headers.get("Idempotency-Replayed") == ("true" if after else None)
    again = newsroom.call("POST", "/v1/claims", CLAIM, Idempotency_Key="one")
    assert again.data == answer.data


@pytest.mark.parametrize(
    "undone",
    [
        "RAISE serialization_failure",
        "RAISE deadlock_detected",
        "PERFORM pg_terminate_backend(pg_backend_pid())",
    ],
)
@pytest.mark.parametrize(("failures", "status"), [(1, 201), (2, 201), (3, 503)])
def test_what_the_server_undid_is_done_again(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, undone: str, failures: int, status: int
) -> None:
    left = [undone] * failures

    def settle(session: Any, _max_flags: int) -> None:
        if left:
            session.execute(text(f"DO $$ BEGIN {left.pop()}; END $$"))

    monkeypatch.setattr("factcheck.consequences.settle", settle)
    assert newsroom.call("POST", "/v1/claims", CLAIM).status_code == status
    assert claims(newsroom) == (["so"] if status == 201 else [])
    assert left == []


def test_a_write_that_no_standby_confirms_is_unknown(
    newsroom: Newsroom, app: Flask, postgres_server: str
) -> None:
    # No standby of this name is there: a COMMIT waits for ever, and when it is cancelled it answers as if all
    # were well, with a warning.
    conftest.on_server(postgres_server, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    conftest.on_server(postgres_server, "SELECT pg_reload_conf()")
    slow = create_app(
        settings_for(app.extensions["factcheck.settings"].database_url, database_statement_timeout=1)
    )
    desk = Newsroom(slow.test_client(), newsroom.keys)
    try:
        began = time.monotonic()
        # The second finds what the first stored, and still cannot promise it.
        answers = [desk.call("POST", "/v1/claims", CLAIM, Idempotency_Key="one") for _ in range(2)]
        assert time.monotonic() - began < 20
    finally:
        conftest.on_server(postgres_server, "ALTER SYSTEM RESET synchronous_standby_names")
        conftest.on_server(postgres_server, "SELECT pg_reload_conf()")
    for answer in answers:
        assert answer.status_code == 503
        assert answer.json["type"] == "urn:factcheck:problem:outcome-unknown"
    last = desk.call("POST", "/v1/claims", CLAIM, Idempotency_Key="one")
    assert (last.status_code, last.headers["Idempotency-Replayed"]) == (201, "true")
    slow.extensions["factcheck.database"].dispose()


def test_a_slow_statement_is_stopped(app: Flask, database_url: str) -> None:
    made = create_app(settings_for(database_url, database_statement_timeout=1))

    @made.get("/slow")
    def slow() -> str:
        with made.extensions["factcheck.database"].reading() as session:
            return str(session.scalar(text("SELECT pg_sleep(60)")))

    began = time.monotonic()
    answer = made.test_client().get("/slow")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert time.monotonic() - began < 10
    made.extensions["factcheck.database"].dispose()


def test_a_silent_server_is_given_up_in_time(postgres_server: str) -> None:
    # It takes connections and says nothing.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql+psycopg://factcheck@127.0.0.1:{silent.getsockname()[1]}/fresh"
        made = create_app(settings_for(url, database_connect_timeout=2))
        began = time.monotonic()
        assert made.test_client().get("/v1/claims").status_code == 503
        assert time.monotonic() - began < 5
        # It is not tried again at once: a second request does not wait.
        began = time.monotonic()
        assert made.test_client().get("/readyz").status_code == 503
        assert time.monotonic() - began < 1


def test_nothing_stays_on_the_connection_for_the_next_transaction(app: Flask, newsroom: Newsroom) -> None:
    """What PgBouncer in transaction mode asks for: locks and settings end with the transaction."""
    newsroom.claim("so")
    engine = app.extensions["factcheck.database"].writer
    raw = engine.raw_connection()
    with raw.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT current_setting('lock_timeout')")
        assert cursor.fetchone() == ("0",)
    raw.close()


def test_pgbouncer_gets_no_prepared_statements_and_no_parameters(
    newsroom: Newsroom, database_url: str
) -> None:
    newsroom.claim("so")
    made = create_app(settings_for(database_url, pgbouncer=True))
    database = made.extensions["factcheck.database"]
    for _ in range(20):
        assert made.test_client().get("/v1/claims/so/view").status_code == 200
    with database.reading() as session:
        for _ in range(20):
            session.execute(text("SELECT 1"))
        assert session.scalar(text("SELECT count(*) FROM pg_prepared_statements")) == 0
        assert session.scalar(text("SELECT current_setting('statement_timeout')")) == "0"
    database.dispose()


@pytest.mark.parametrize("path", ["/v1/claims/so/view", "/v1/claims"])
def test_what_is_read_often_is_planned_once(newsroom: Newsroom, app: Flask, path: str) -> None:
    """To plan a read takes the server several times what it takes to run it."""
    newsroom.post("/v1/claims", CLAIM)
    for _ in range(20):
        newsroom.get(path, role="public")
    with app.extensions["factcheck.database"].reading() as session:
        read = "FROM pg_prepared_statements WHERE statement LIKE 'SELECT claim.%'"
        plans = session.execute(text(f"SELECT max(custom_plans), max(generic_plans) {read}")).one()
    assert plans[0] <= 5, "it is planned anew for each value"
    assert plans[1] >= 10


def test_a_view_is_read_again_after_a_transaction_that_failed_beside_it(
    newsroom: Newsroom, app: Flask
) -> None:
    """Where a transaction is rolled back, the driver has the server forget whatever was prepared."""
    newsroom.post("/v1/claims", CLAIM)
    view = newsroom.get("/v1/claims/so/view", role="public")
    with app.extensions["factcheck.database"].reading() as session:
        for _ in range(10):
            session.execute(text("SELECT 1"))
        with pytest.raises(DataError):
            session.execute(text("SELECT 1 / 0"))
    assert newsroom.get("/v1/claims/so/view", role="public") == view


def test_a_connection_keeps_a_bounded_number_of_statements(
    newsroom: Newsroom, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("factcheck.libpq.KEPT", 3)
    newsroom.post("/v1/claims", CLAIM)
    newsroom.statement("Ann", supports="so")
    newsroom.statement("Ben", disputes="so")
    views = [newsroom.get("/v1/claims/so/view", role="public") for _ in range(3)]
    assert views[0] == views[1] == views[2]
    with app.extensions["factcheck.database"].reading() as session:
        kept = "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'line%'"
        assert session.scalar(text(kept)) == 3


def test_moments_are_the_same_whatever_the_zone_of_the_server(newsroom: Newsroom, app: Flask) -> None:
    """With PgBouncer between, the zone of a connection is not ours to say."""
    newsroom.claim("so")
    newsroom.statement("Ann", supports="so")
    view = newsroom.get("/v1/claims/so/view", role="public")
    settings = app.extensions["factcheck.settings"]
    with app.extensions["factcheck.database"].writing() as session:
        session.execute(text("ALTER ROLE factcheck SET timezone = 'Asia/Kolkata'"))
        session.commit()
    try:
        made = create_app(replace(settings, pgbouncer=True))
        assert Newsroom(made.test_client(), newsroom.keys).get("/v1/claims/so/view", role="public") == view
        made.extensions["factcheck.database"].dispose()
    finally:
        with app.extensions["factcheck.database"].writing() as session:
            session.execute(text("ALTER ROLE factcheck RESET timezone"))
            session.commit()


def test_a_column_that_a_migration_widens_is_read_and_written(newsroom: Newsroom, app: Flask) -> None:
    """PostgreSQL runs no statement any more that was prepared on a connection for the column as it was."""
    newsroom.post("/v1/claims", CLAIM)
    paths = ("/v1/claims/so/view", "/v1/claims", "/claims/so")
    for number in range(10):
        for path in paths:
            assert newsroom.call("GET", path, role="public").status_code == 200
        newsroom.post("/v1/claims", {"slug": f"so-{number}", "text": f"It is so {number}.", "about": []})
    with app.extensions["factcheck.database"].writing() as session:
        session.execute(text("ALTER TABLE claim ALTER slug TYPE varchar(200)"))
        session.execute(text("ALTER TABLE entity ALTER slug TYPE varchar(200)"))
        session.commit()
    for path in paths:
        assert newsroom.call("GET", path, role="public").status_code == 200
    after = {"slug": "after", "text": "It was so.", "about": [{"name": "Ilse", "type": "Person"}]}
    newsroom.post("/v1/claims", after)


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("GET", "/v1/claims/so", "editor"),
        ("GET", "/v1/claims", "public"),
        ("GET", "/v1/claims/so/view?limit=3", "public"),
        ("POST", "/v1/claims", "editor"),
    ],
)
def test_where_a_restart_ended_all_connections_a_call_meets_one_of_them(
    newsroom: Newsroom, app: Flask, postgres_server: str, method: str, path: str, role: str
) -> None:
    newsroom.post("/v1/claims", CLAIM)
    reader = app.extensions["factcheck.database"].reader
    pooled = [reader.connect() for _ in range(5)]
    for connection in pooled:
        connection.execute(text("SELECT 1"))
        connection.close()
    conftest.on_server(
        postgres_server, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'fresh'"
    )
    body = {**CLAIM, "slug": "new", "text": "It is new."} if method == "POST" else None
    assert newsroom.call(method, path, body, role=role).status_code == (201 if body else 200)


def test_a_server_that_is_away_is_said_to_be(newsroom: Newsroom, app: Flask) -> None:
    newsroom.post("/v1/claims", CLAIM)
    reader = app.extensions["factcheck.database"].reader
    reader.dispose()
    with mock.patch.object(
        reader.pool, "_creator", mock.Mock(side_effect=psycopg.OperationalError("refused"))
    ):
        for path in ("/v1/claims/so/view", "/claims/so", "/embed/claims/so"):
            assert newsroom.call("GET", path, role="public").status_code == 503


def test_a_server_that_hangs_up_each_time_is_503(
    app: Flask, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a pooler does whose server is away: it lets the client in and then ends the connection."""
    newsroom.claim("open")
    database: Database = app.extensions["factcheck.database"]
    driving = database.driving

    @contextmanager
    def dying(*, primary: bool = False) -> Iterator[Any]:
        with driving(primary=primary) as pooled, database.writer.connect() as other:
            pid = pooled.driver_connection.pgconn.backend_pid
            other.exec_driver_sql(f"SELECT pg_terminate_backend({pid}, 2000)")
            yield pooled

    monkeypatch.setattr(database, "driving", dying)
    answer = newsroom.call("GET", "/claims/open", role="public")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")


def test_statements_that_the_server_has_forgotten_are_prepared_anew(app: Flask, newsroom: Newsroom) -> None:
    newsroom.claim("open")
    newsroom.view("open")
    database: Database = app.extensions["factcheck.database"]
    with database.driving() as pooled:
        pooled.driver_connection.pgconn.exec_(b"DEALLOCATE ALL")
    # A kept answer whose version cannot be read is not served, and the next request reads it.
    for number in range(1, 4):
        assert newsroom.call("GET", f"/v1/claims/open/view?limit={number}").status_code == 200
    with database.driving() as pooled:
        assert not pooled.driver_connection.closed
