"""A primary and a hot standby: who reads where, and what becomes of requests when one is away."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, text
from werkzeug.test import TestResponse

import postgres
from conftest import settings_for
from factcheck import create_app, schema, standbys
from factcheck.auth import ApiKey, Role
from newsroom import Newsroom
from postgres import Server

Servers = tuple[Server, Server]


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    folder = postgres.binaries()
    if folder is None:
        pytest.skip("no PostgreSQL server is installed (Debian: postgresql)")
    with postgres.replicated(folder) as made:
        schema.upgrade(f"{made[0].address}/postgres")
        engine = create_engine(f"{made[1].address}/postgres")
        tables = "SELECT count(*) FROM pg_class WHERE relname = 'alembic_version'"
        until(lambda: ask(engine, tables) == 1, 60)
        engine.dispose()
        yield made


def both(servers: Servers, attributes: str) -> str:
    hosts = "&".join(f"host={server.host}" for server in servers)
    return f"postgresql+psycopg://factcheck@/postgres?{hosts}&target_session_attrs={attributes}"


@pytest.fixture
def app(servers: Servers) -> Iterator[Flask]:
    made = create_app(
        settings_for(
            both(servers, "read-write"),
            read_database_url=both(servers, "prefer-standby"),
            database_connect_timeout=2,
            database_statement_timeout=2,
        )
    )
    yield made
    made.extensions["factcheck.database"].dispose()


@pytest.fixture
def keys(app: Flask) -> dict[str, str]:
    with app.extensions["factcheck.database"].writing() as session:
        _, secret = ApiKey.issue(session, name=f"an editor {time.time()}", role=Role.editor)
        session.commit()
    return {"editor": secret}


@pytest.fixture
def newsroom(app: Flask, keys: dict[str, str]) -> Newsroom:
    """A client without cookies, as a program is."""
    return Newsroom(app.test_client(use_cookies=False), keys)


@pytest.fixture
def on_standby(servers: Servers) -> Iterator[Engine]:
    engine = create_engine(f"{servers[1].address}/postgres", isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


@pytest.fixture
def behind(on_standby: Engine) -> Iterator[Engine]:
    """The standby replays nothing until the end of the test."""
    ask(on_standby, "SELECT pg_wal_replay_pause()")
    until(lambda: ask(on_standby, "SELECT pg_get_wal_replay_pause_state()") == "paused")
    yield on_standby
    ask(on_standby, "SELECT pg_wal_replay_resume()")


def ask(engine: Engine, query: str) -> Any:
    with engine.connect() as connection:
        return connection.scalar(text(query))


def until(true: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it does not come true"
        time.sleep(0.05)


def slug() -> str:
    return f"claim-{time.time_ns()}"


def store(newsroom: Newsroom, name: str) -> TestResponse:
    body = {"slug": name, "text": f"It is so: {name}.", "about": []}
    return newsroom.call("POST", "/v1/claims", body)


def test_everybody_sees_their_own_writes_and_strangers_what_the_standby_has(
    newsroom: Newsroom, behind: Engine
) -> None:
    name = slug()
    made = store(newsroom, name)
    assert made.status_code == 201
    position = made.headers["Factcheck-Position"]
    path = f"/v1/claims/{name}"

    # With the key, though no position: the primary. Without either: the standby, which is behind.
    assert newsroom.call("GET", path).status_code == 200
    assert newsroom.call("GET", path, role="public").status_code == 404
    assert newsroom.call("GET", path, role="public", Factcheck_Position=position).status_code == 200
    # What somebody made up asks for nothing.
    forged = "f" * 12 + position[position.index(".") :]
    assert newsroom.call("GET", path, role="public", Factcheck_Position=forged).status_code == 404

    ask(behind, "SELECT pg_wal_replay_resume()")
    until(lambda: newsroom.call("GET", path, role="public").status_code == 200)


def test_a_browser_carries_its_position_in_a_cookie(app: Flask, newsroom: Newsroom, behind: Engine) -> None:
    name = slug()
    browser = Newsroom(app.test_client(), newsroom.keys)
    browser.claim(name)
    assert browser.call("GET", f"/claims/{name}", role="public").status_code == 200
    assert newsroom.call("GET", f"/claims/{name}", role="public").status_code == 404
    cookie = browser.client.get_cookie("factcheck_position")
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Lax"


def test_a_standby_that_caught_up_answers_with_the_position(
    app: Flask, servers: Servers, newsroom: Newsroom, on_standby: Engine
) -> None:
    name = slug()
    made = store(newsroom, name)
    database = app.extensions["factcheck.database"]

    def port() -> Any:
        with app.test_request_context(headers={"Factcheck-Position": made.headers["Factcheck-Position"]}):
            database.ask()
            with database.reading() as session:
                return session.scalar(text("SELECT inet_server_port()"))

    until(lambda: port() == servers[1].port)
    ask(on_standby, "SELECT pg_wal_replay_pause()")
    newsroom.claim(slug())
    # It is still asked for no more than it has.
    assert port() == servers[1].port
    ask(on_standby, "SELECT pg_wal_replay_resume()")


def test_commands_and_writes_read_the_primary(app: Flask, servers: Servers, behind: Engine) -> None:
    database = app.extensions["factcheck.database"]
    with database.reading() as session:
        assert session.scalar(text("SELECT inet_server_port()")) == servers[0].port
    with app.test_request_context(method="POST"):
        database.ask()
        with database.reading() as session:
            assert session.scalar(text("SELECT inet_server_port()")) == servers[0].port


def test_a_read_that_a_standby_cancels_is_done_once_more_on_the_primary(
    app: Flask, newsroom: Newsroom, servers: Servers
) -> None:
    seen = []

    @app.get("/where")
    def where() -> dict[str, Any]:
        with app.extensions["factcheck.database"].reading() as session:
            seen.append(session.scalar(text("SELECT inet_server_port()")))
            if len(seen) == 1:
                session.execute(text("DO $$ BEGIN RAISE serialization_failure; END $$"))
            return {"port": seen[-1]}

    assert newsroom.get("/where", role="public")["port"] == servers[0].port
    assert seen == [servers[1].port, servers[0].port]


def test_connections_lost_in_the_pool_are_not_noticed(newsroom: Newsroom, servers: Servers) -> None:
    newsroom.claim(name := slug())
    newsroom.get(f"/v1/claims/{name}")
    until(lambda: newsroom.call("GET", f"/v1/claims/{name}", role="public").status_code == 200)
    for server in servers:
        engine = create_engine(f"{server.address}/postgres", isolation_level="AUTOCOMMIT")
        ask(
            engine,
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
        )
        engine.dispose()
    newsroom.get(f"/v1/claims/{name}", role="public")
    newsroom.get(f"/v1/claims/{name}")
    newsroom.claim(slug())


def test_without_the_standby_the_primary_answers_all(newsroom: Newsroom, servers: Servers) -> None:
    newsroom.claim(name := slug())
    servers[1].stop()
    try:
        newsroom.get(f"/v1/claims/{name}", role="public")
        newsroom.claim(slug())
        assert newsroom.get("/readyz", role="public") == {
            "status": "ok", "writer": "ok", "reader": "ok", "standbys": "unreachable",
        }  # fmt: skip
    finally:
        servers[1].start()


def test_without_the_primary_reads_go_on_and_writes_come_back_by_themselves(
    newsroom: Newsroom, servers: Servers
) -> None:
    newsroom.claim(name := slug())
    until(lambda: newsroom.call("GET", f"/v1/claims/{name}", role="public").status_code == 200)
    servers[0].stop()
    try:
        newsroom.get(f"/v1/claims/{name}", role="public")
        newsroom.get(f"/v1/claims/{name}")
        answer = store(newsroom, slug())
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert "nothing was stored" in answer.json["detail"]  # type: ignore[index]
        ready = newsroom.get("/readyz", role="public")
        assert ready["status"] == "read-only"
        assert ready["writer"] != "ok"
        assert ready["reader"] == "ok"
    finally:
        servers[0].start()
    until(lambda: store(newsroom, slug()).status_code == 201)
    assert newsroom.get("/readyz", role="public")["status"] == "ok"


def store_and_lose_the_position(newsroom: Newsroom, name: str) -> str:
    """Return what a client is given where the primary dies between the commit and telling how far it came."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(standbys, "_WRITTEN", text("SELECT 1 / 0"))
        made = store(newsroom, name)
    assert made.status_code == 201
    return made.headers["Factcheck-Position"]


def test_who_wrote_what_no_standby_is_known_to_have_waits_for_the_primary(
    newsroom: Newsroom, servers: Servers
) -> None:
    position = store_and_lose_the_position(newsroom, name := slug())
    path = f"/v1/claims/{name}"
    assert newsroom.call("GET", path, Factcheck_Position=position).status_code == 200
    until(lambda: newsroom.call("GET", path, role="public").status_code == 200)
    servers[0].stop()
    try:
        for role in ("editor", "public"):
            answer = newsroom.call("GET", path, role=role, Factcheck_Position=position)
            assert answer.status_code == 503
            assert answer.headers["Retry-After"]
            assert newsroom.call("GET", path, role=role).status_code == 200
    finally:
        servers[0].start()
    until(lambda: newsroom.call("GET", path, Factcheck_Position=position).status_code == 200)


def test_without_either_it_is_not_ready(newsroom: Newsroom, servers: Servers) -> None:
    for server in servers:
        server.stop()
    try:
        began = time.monotonic()
        assert newsroom.get("/readyz", role="public", status=503)["status"] == "unready"
        assert newsroom.call("GET", "/v1/claims", role="public").status_code == 503
        assert time.monotonic() - began < 5
    finally:
        for server in servers:
            server.start()
    until(lambda: newsroom.call("GET", "/readyz", role="public").status_code == 200)


# The last one: it leaves the standby as the primary.
def test_the_standby_that_is_promoted_takes_the_writes(newsroom: Newsroom, servers: Servers) -> None:
    position = store_and_lose_the_position(newsroom, first := slug())
    until(lambda: newsroom.call("GET", f"/v1/claims/{first}", role="public").status_code == 200)
    servers[0].stop()
    servers[1].promote()
    until(lambda: store(newsroom, slug()).status_code == 201)
    newsroom.get(f"/v1/claims/{first}")
    newsroom.get(f"/v1/claims/{first}", role="public")
    # It is the primary now: nothing is newer than what it has.
    assert newsroom.call("GET", f"/v1/claims/{first}", Factcheck_Position=position).status_code == 200
    assert newsroom.get("/readyz", role="public")["status"] == "ok"
