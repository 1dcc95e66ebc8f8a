"""Several statements in one round trip: as one after another, whatever becomes of one of them."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from flask import Flask
from sqlalchemy import String, bindparam, func, literal_column, select, table, update
from sqlalchemy.exc import DBAPIError

from conftest import settings_for
from factcheck import create_app, libpq
from factcheck.claims import Claim
from factcheck.db import Database
from factcheck.libpq import Line
from factcheck.prepared import Prepared, read_one, snapshot
from newsroom import Newsroom

SLUGS = Prepared(select(Claim.slug).order_by(Claim.slug))
ONE = Prepared(select(Claim.text).where(Claim.slug == bindparam("slug")))
# Known to be wrong when it is run; when it is prepared.
WRONG = Prepared(select(literal_column("1 / 0").label("wrong")))
UNKNOWN = Prepared(select(func.no_such_function()))
SERVER = Prepared(select(func.pg_backend_pid()))
LENGTH = Prepared(select(func.length(bindparam("text", type_=String)).label("length")))
# How many statements the server has prepared for this connection, this one among them.
KEPT = Prepared(select(func.count()).select_from(table("pg_prepared_statements")))

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def database(app: Flask, newsroom: Newsroom) -> Database:
    newsroom.claim("open", "It is open.")
    newsroom.claim("shut", "It is shut.")
    database: Database = app.extensions["factcheck.database"]
    return database


@pytest.fixture
def round_trips() -> Iterator[list[int]]:
    """How many statements went together, each time."""
    found: list[int] = []
    send = Line._send

    def noted(line: Line, ready: Any) -> list[Any]:
        found.append(len(ready))
        return send(line, ready)

    with mock.patch.object(Line, "_send", noted):
        yield found


def test_each_has_its_own_rows(database: Database) -> None:
    with snapshot(database) as reads:
        for _ in range(2):
            slugs, one, none = reads.together((SLUGS, {}), (ONE, {"slug": "shut"}), (ONE, {"slug": "ajar"}))
            assert [row.slug for row in slugs] == ["open", "shut"]
            assert [row.text for row in one] == ["It is shut."]
            assert none == []
        assert [row.text for row in reads.all(ONE, slug="open")] == ["It is open."]


def test_all_are_read_from_one_snapshot(database: Database) -> None:
    with snapshot(database) as reads:
        before = reads.together((SLUGS, {}), (ONE, {"slug": "open"}))
        with database.writing() as session:
            session.execute(update(Claim).values(text="It was."))
            session.commit()
        assert reads.together((SLUGS, {}), (ONE, {"slug": "open"})) == before
    with snapshot(database) as reads:
        assert [row.text for row in reads.all(ONE, slug="open")] == ["It was."]


@pytest.mark.parametrize("wrong", [WRONG, UNKNOWN], ids=["run", "prepared"])
@pytest.mark.parametrize("begun", [False, True])
@on_postgresql
def test_one_that_fails_is_told_and_the_connection_serves_on(
    database: Database, wrong: Prepared, begun: bool
) -> None:
    with snapshot(database) as reads:
        server = reads.first(SERVER)
    with snapshot(database) as reads:
        assert not begun or len(reads.all(SLUGS)) == 2
        with pytest.raises(DBAPIError) as told:
            reads.together((SLUGS, {}), (wrong, {}), (ONE, {"slug": "open"}))
    assert not told.value.connection_invalidated
    assert told.value.statement == wrong.compiled(reads, {}).text
    with snapshot(database) as reads:
        assert reads.first(SERVER) == server, "it is the same connection"
        assert len(reads.all(SLUGS)) == 2


@on_postgresql
def test_a_value_that_cannot_be_sent_leaves_the_snapshot_to_be_begun(
    database: Database, round_trips: list[int]
) -> None:
    with snapshot(database) as reads:
        with pytest.raises(DBAPIError):
            reads.all(ONE, slug="\0")
        assert len(reads.all(SLUGS)) == 2
        assert round_trips[-1] == 3, "BEGIN goes with it"


@on_postgresql
def test_a_server_that_is_lost_on_the_way_leaves_the_pool(database: Database) -> None:
    end = Prepared(select(func.pg_terminate_backend(func.pg_backend_pid())))
    for statements in ([(end, {})], [(SLUGS, {}), (end, {}), (ONE, {"slug": "open"})]):
        with pytest.raises(DBAPIError) as told, snapshot(database) as reads:
            reads.together(*statements)
        assert told.value.connection_invalidated
        with snapshot(database) as reads:
            assert len(reads.all(SLUGS)) == 2


@on_postgresql
def test_a_server_that_was_lost_before_leaves_the_pool(database: Database) -> None:
    with snapshot(database) as reads:
        [server] = reads.first(SERVER)
    with database.writer.connect() as other:
        other.exec_driver_sql(f"SELECT pg_terminate_backend({server}, 2000)")
    with pytest.raises(DBAPIError) as told, snapshot(database) as reads:
        reads.together((SLUGS, {}), (SLUGS, {}))
    assert told.value.connection_invalidated


@on_postgresql
def test_a_signal_on_the_way_closes_the_connection(database: Database) -> None:
    """What it would answer next is the answer to what nobody waits for any more."""
    with snapshot(database) as reads:
        [server] = reads.first(SERVER)
        with (
            mock.patch.object(Line, "_next", side_effect=KeyboardInterrupt),
            pytest.raises(KeyboardInterrupt),
        ):
            reads.together((SLUGS, {}), (SLUGS, {}))
    with snapshot(database) as reads:
        assert reads.first(SERVER) != (server,)
        assert len(reads.all(SLUGS)) == 2


@on_postgresql
def test_a_statement_that_takes_too_long_is_stopped(database: Database, database_url: str) -> None:
    slow = Database(settings_for(database_url, database_statement_timeout=1))
    with pytest.raises(DBAPIError, match="statement timeout"), snapshot(slow) as reads:
        reads.together((SLUGS, {}), (Prepared(select(func.pg_sleep(60))), {}))
    slow.dispose()


@on_postgresql
def test_other_threads_run_while_one_waits(database: Database) -> None:
    seen: list[float] = []
    over = threading.Event()

    def run() -> None:
        while not over.wait(0.01):
            seen.append(time.monotonic())

    thread = threading.Thread(target=run)
    thread.start()
    with snapshot(database) as reads:
        reads.together((SLUGS, {}), (Prepared(select(func.pg_sleep(0.5))), {}))
    over.set()
    thread.join()
    assert len(seen) >= 10


@on_postgresql
def test_more_than_a_connection_keeps_go_together(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("factcheck.libpq.KEPT", 1)
    for _ in range(2):
        with snapshot(database) as reads:
            slugs, one = reads.together((SLUGS, {}), (ONE, {"slug": "shut"}))
            assert (len(slugs), len(one)) == (2, 1)


@on_postgresql
def test_what_the_socket_has_no_room_for_follows_at_once(database: Database) -> None:
    """As on a network, where a new connection's buffer is small; on loopback it is not."""
    long = "x" * 400_000
    with snapshot(database) as reads:
        reads.first(SERVER)
        with socket.socket(fileno=os.dup(reads._driver._pg.socket)) as wire:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        began = time.monotonic()
        with mock.patch.object(libpq, "_AGAIN", 10_000):
            found = reads.together(*[(LENGTH, {"text": long})] * 3)
        assert time.monotonic() - began < 10, "it waited until it was time to look again"
    assert [[row.length for row in rows] for rows in found] == [[len(long)]] * 3


@on_postgresql
def test_no_more_statements_are_kept_than_a_connection_may(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("factcheck.libpq.KEPT", 2)
    with snapshot(database) as reads:
        for asked in (SLUGS, SERVER, LENGTH, SLUGS):
            reads.all(asked, **({"text": "x"} if asked is LENGTH else {}))
        [kept] = reads.first(KEPT)
    assert kept <= 3


@on_postgresql
def test_where_nothing_is_asked_nothing_is_begun(database: Database, round_trips: list[int]) -> None:
    with snapshot(database):
        pass
    assert round_trips == []
    assert read_one(database, SLUGS).slug == "open"
    assert round_trips == [1]


@pytest.mark.parametrize("pgbouncer", [False, True])
@on_postgresql
def test_a_view_takes_few_round_trips(
    newsroom: Newsroom, database: Database, database_url: str, round_trips: list[int], pgbouncer: bool
) -> None:
    newsroom.statement("Ann", supports="open")
    newsroom.statement("Ben", disputes="open")
    wanted = newsroom.view("open", role="public")
    assert wanted["contradictions"]["items"]
    made = create_app(settings_for(database_url, pgbouncer=pgbouncer, cache_mb=0))
    round_trips.clear()
    assert made.test_client().get("/v1/claims/open/view").json == wanted
    # Its own fields with BEGIN; both sides with the contradictions.
    assert round_trips == [3, 2]
    made.extensions["factcheck.database"].dispose()
