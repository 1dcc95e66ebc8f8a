"""Connections that readers keep at hand: they see what was written since, and are let go when they are lost."""

from contextlib import ExitStack
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import literal_column, select
from sqlalchemy.exc import DBAPIError

from factcheck.claims import Claim
from factcheck.db import AT_HAND, Database
from factcheck.prepared import Prepared, snapshot
from newsroom import Newsroom


def test_readers_find_their_connection_at_hand_and_what_was_written_since(
    app: Flask, newsroom: Newsroom
) -> None:
    database: Database = app.extensions["factcheck.database"]
    slugs = Prepared(select(Claim.slug).order_by(Claim.slug))

    def read() -> list[str]:
        with snapshot(database) as reads:
            return [row.slug for row in reads.all(slugs)]

    newsroom.claim("one")
    assert read() == ["one"]
    newsroom.claim("two")
    assert read() == ["one", "two"]
    with snapshot(database) as reads, snapshot(database) as others:
        reads.all(slugs)
        assert database.in_use()["reader"] == 2
        newsroom.claim("three")
        assert [row.slug for row in reads.all(slugs)] == ["one", "two"]
        assert [row.slug for row in others.all(slugs)] == ["one", "three", "two"]
    assert database.in_use() == {"writer": 0, "reader": 0}
    broken = Prepared(select(literal_column("nothing_like_it").label("x")))
    with pytest.raises(DBAPIError), snapshot(database) as reads:
        reads.all(broken)
    assert read() == ["one", "three", "two"]
    database.dispose()
    assert database.in_use() == {"writer": 0, "reader": 0}
    # Who still reads then leaves nothing open.
    assert read() == ["one", "three", "two"]
    assert database.reader.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_on_sqlite_a_connection_stays_beside_the_pool(app: Flask, newsroom: Newsroom) -> None:
    database: Database = app.extensions["factcheck.database"]
    with database.driving() as pooled:
        first = pooled.driver_connection
    if database.committer is None:
        assert database.reader.pool.checkedout() == 0  # type: ignore[attr-defined]
        return
    assert database.reader.pool.checkedout() == AT_HAND  # type: ignore[attr-defined]
    with database.reader.connect(), database.driving() as pooled:
        assert pooled.driver_connection is first


def test_only_some_connections_are_kept_at_hand(app: Flask, newsroom: Newsroom) -> None:
    database: Database = app.extensions["factcheck.database"]
    with ExitStack() as stack:
        taken = [stack.enter_context(database.driving()) for _ in range(AT_HAND + 2)]
        assert len({id(pooled.driver_connection) for pooled in taken}) == AT_HAND + 2
    assert database.in_use()["reader"] == 0
    assert database.reader.pool.checkedout() <= AT_HAND  # type: ignore[attr-defined]


def test_a_connection_that_is_lost_is_not_kept(app: Flask, newsroom: Newsroom) -> None:
    database: Database = app.extensions["factcheck.database"]
    with database.driving() as pooled:
        lost = pooled.driver_connection
        pooled.invalidate()
    with database.driving() as pooled:
        assert pooled.driver_connection is not lost
        broken: Any = pooled.driver_connection
        broken.close()  # To roll back fails now.
    with database.driving() as pooled:
        assert pooled.driver_connection is not broken
        assert pooled.driver_connection.execute("SELECT 1").fetchone()[0] == 1  # type: ignore[union-attr]
