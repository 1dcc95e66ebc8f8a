"""Group commit: who shares a commit stands or falls alone, and what was acknowledged is never lost."""

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from marshmallow import class_registry
from sqlalchemy import event, select, text
from sqlalchemy.exc import OperationalError

from conftest import settings_for
from factcheck import consequences, create_app, search
from factcheck.auth import ApiKey, Role
from factcheck.committing import LONGEST_BODY, OneAtATime
from factcheck.db import Database
from factcheck.problems import Problem
from factcheck.statements import Statement
from newsroom import Newsroom

# FACTCHECK_TEST_KILLS=500 for a long run.
KILLS = int(os.environ.get("FACTCHECK_TEST_KILLS", "20"))
WRITERS = 16


def body(words: str, **changes: Any) -> dict[str, Any]:
    return {
        "text": words,
        "speaker": {"name": f"Speaker of {words}"},
        "source": {"url": f"https://herald.example/{words.replace(' ', '-')}"},
        "links": [{"claim": "safe", "stance": "supports"}],
        **changes,
    }


@pytest.fixture
def commits(app: Flask) -> Iterator[list[int]]:
    """The commits of the writer."""
    found: list[int] = []
    writer = app.extensions["factcheck.database"].writer

    def note(_connection: Any) -> None:
        found.append(1)

    event.listen(writer, "commit", note)
    yield found
    event.remove(writer, "commit", note)


def at_once(app: Flask, posts: list[Callable[[], Any]]) -> list[Any]:
    """Call all of them in threads of their own while another write holds the turn, and return the answers."""
    answers: list[Any] = [None] * len(posts)

    def post(i: int) -> None:
        answers[i] = posts[i]()

    threads = [threading.Thread(target=post, args=(i,)) for i in range(len(posts))]
    database = app.extensions["factcheck.database"]
    with suppress(Problem, OperationalError), database.writing() as session:
        session.scalar(select(Statement.id).limit(1))
        for thread in threads:
            thread.start()
        until = time.monotonic() + 4
        while len(database.committer._queue) < len(posts) and time.monotonic() < until:
            time.sleep(0.01)
    for thread in threads:
        thread.join()
    return answers


def test_one_bad_write_in_four_takes_only_itself_back(
    app: Flask, newsroom: Newsroom, commits: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    index = search.index

    def fragile(session: Any, record_type: str, record_id: Any, words: str | None, **kwargs: Any) -> None:
        if words and "crash" in words:
            raise RuntimeError("a fault put in")
        index(session, record_type, record_id, words, **kwargs)

    monkeypatch.setattr(search, "index", fragile)
    newsroom.claim("safe")
    newsroom.post("/v1/statements", body("stands already"))
    bad = [
        (422, body("bad 1", links=[{"claim": "no-such-claim", "stance": "supports"}])),
        (409, body("stands already")),
        (500, body("bad crash 2")),
        (422, body("bad 3", said_on="yesterday")),
    ]
    wanted = [bad[i // 4] if i % 4 == 3 else (201, body(f"good {i}")) for i in range(WRITERS)]
    client = newsroom.client.application.test_client
    commits.clear()

    answers = at_once(
        app,
        [
            lambda sent=sent: client().post("/v1/statements", json=sent, headers=newsroom.headers("editor"))
            for _, sent in wanted
        ],
    )

    assert [answer.status_code for answer in answers] == [code for code, _ in wanted]
    assert len(commits) < WRITERS / 2, "those that waited should have shared commits"
    for (code, sent), answer in zip(wanted, answers, strict=True):
        if code == 201:
            stored = newsroom.get(answer.headers["Location"])
            assert stored == answer.get_json()
            assert newsroom.get(f"{answer.headers['Location']}/history")["items"]
            assert newsroom.get(f"/v1/search?q=%22{sent['text']}%22")["items"]
    said = {statement["text"] for statement in newsroom.get("/v1/statements?limit=200")["items"]}
    assert said == {"stands already", *(sent["text"] for code, sent in wanted if code == 201)}
    names = {entity["name"] for entity in newsroom.get("/v1/entities?limit=200")["items"]}
    assert not any("bad" in name for name in names), "a bad write left its speaker behind"
    with app.extensions["factcheck.database"].writing() as session:
        assert consequences.recheck(session, 50) == 0


def test_when_the_commit_fails_all_are_told_and_nothing_was_stored(app: Flask, newsroom: Newsroom) -> None:
    newsroom.claim("safe")
    writer = app.extensions["factcheck.database"].writer
    client = app.test_client
    failing = [True]

    def fail(_connection: Any) -> None:
        if failing:
            raise OSError("the disk is full: a fault put in")

    def send(words: str) -> Any:
        return client().post("/v1/statements", json=body(words), headers=newsroom.headers("editor"))

    event.listen(writer, "commit", fail)
    try:
        answers = at_once(app, [lambda i=i: send(f"lost {i}") for i in range(4)])
    finally:
        failing.clear()
        event.remove(writer, "commit", fail)

    assert {answer.status_code for answer in answers} == {503}
    assert {answer.headers["Retry-After"] for answer in answers} == {"2"}
    assert newsroom.get("/v1/statements")["items"] == []
    assert send("kept").status_code == 201


def test_a_retry_in_the_same_group_gets_the_first_answer(app: Flask, newsroom: Newsroom) -> None:
    newsroom.claim("safe")
    headers = {**newsroom.headers("editor"), "Idempotency-Key": "one"}

    def send() -> Any:
        return app.test_client().post("/v1/statements", json=body("said once"), headers=headers)

    answers = at_once(app, [send] * 3)

    stored = [answer for answer in answers if answer.status_code == 201]
    assert stored
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.get_json()["id"] for answer in stored}) == 1
    assert len(newsroom.get("/v1/statements")["items"]) == 1


@pytest.fixture
def database_url(tmp_path: Path, sqlite_template: Path) -> str:
    """An SQLite database: on PostgreSQL no writes share a transaction."""
    path = tmp_path / "factcheck.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
def on_sqlite(tmp_path: Path, sqlite_template: Path) -> tuple[str, str]:
    """The address of an SQLite database with one claim, and an editor's key."""
    path = tmp_path / "shared.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{path}"
    app = create_app(settings_for(url))
    database = app.extensions["factcheck.database"]
    with database.writing() as session:
        _, secret = ApiKey.issue(session, name="editor", role=Role.editor)
        session.commit()
    Newsroom(app.test_client(), {"editor": secret}).claim("safe")
    database.dispose()
    return url, secret


def writer_process(url: str, secret: str, name: str, number: int, threads: int) -> tuple[int, int]:
    """Fork a process whose threads post; it reports each id that was acknowledged, and each error, on a pipe."""
    read, write = os.pipe()
    child = os.fork()
    if child:
        os.close(write)
        return child, read
    try:
        app = create_app(settings_for(url))

        def post(thread: int) -> None:
            client = app.test_client()
            for i in range(number):
                answer = client.post(
                    "/v1/statements",
                    json=body(f"{name} {thread} {i}"),
                    headers={"Authorization": f"Bearer {secret}"},
                )
                told = answer.get_json()["id"] if answer.status_code == 201 else f"error {answer.status_code}"
                os.write(write, f"{told}\n".encode())

        running = [threading.Thread(target=post, args=(n,)) for n in range(threads)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
    finally:
        os._exit(0)


def lines(pipe: int, at_least: int | None = None) -> list[str]:
    """Read what a process reports: to the end, or until there are so many lines."""
    found = b""
    while at_least is None or found.count(b"\n") < at_least:
        part = os.read(pipe, 65_536)
        if not part:
            break
        found += part
    return found.decode().split("\n")[:-1]


def stored(url: str) -> set[str]:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        return {row[0] for row in connection.execute("SELECT id FROM statement")}


def test_what_was_acknowledged_survives_kill_9(on_sqlite: tuple[str, str]) -> None:
    url, secret = on_sqlite
    acknowledged: set[str] = set()
    for turn in range(KILLS):
        child, pipe = writer_process(url, secret, f"round {turn}", number=1000, threads=4)
        told = lines(pipe, at_least=1 + turn % 7)
        os.kill(child, signal.SIGKILL)
        told += lines(pipe)
        os.waitpid(child, 0)
        os.close(pipe)
        assert not [line for line in told if line.startswith("error")]
        acknowledged |= {line.replace("-", "") for line in told}
    assert acknowledged
    assert acknowledged <= stored(url)
    database = create_app(settings_for(url)).extensions["factcheck.database"]
    with database.writing() as session:
        assert consequences.recheck(session, 50) == 0
    database.dispose()


def test_eight_processes_write_at_once_without_an_error(on_sqlite: tuple[str, str]) -> None:
    url, secret = on_sqlite
    children = [writer_process(url, secret, f"process {n}", number=3, threads=2) for n in range(8)]
    told = [lines(pipe) for _, pipe in children]
    for child, pipe in children:
        os.waitpid(child, 0)
        os.close(pipe)
    assert [len(ids) for ids in told] == [6] * 8
    assert not [line for ids in told for line in ids if line.startswith("error")]
    assert len(stored(url)) == 48


@pytest.mark.parametrize(("synchronous", "pragma"), [("FULL", 2), ("NORMAL", 1)])
def test_the_setting_says_how_a_commit_reaches_the_disk(
    on_sqlite: tuple[str, str], synchronous: str, pragma: int
) -> None:
    database = Database(settings_for(on_sqlite[0], sqlite_synchronous=synchronous))
    with database.writing() as session:
        assert session.scalar(text("PRAGMA synchronous")) == pragma
    database.dispose()


def test_a_transaction_that_broke_is_acknowledged_to_nobody(app: Flask, newsroom: Newsroom) -> None:
    """A database can take a whole transaction back by itself, when the disk is full or the connection lost."""
    newsroom.claim("safe")
    database = app.extensions["factcheck.database"]

    def break_it() -> Any:
        with suppress(OperationalError), database.writing() as session:
            session.connection().exec_driver_sql("ROLLBACK")

    def send(words: str) -> Any:
        return app.test_client().post("/v1/statements", json=body(words), headers=newsroom.headers("editor"))

    answers = at_once(app, [lambda: send("before"), break_it, lambda: send("after")])

    kept = {statement["text"] for statement in newsroom.get("/v1/statements")["items"]}
    told = {
        w for w, a in zip(("before", "after"), (answers[0], answers[2]), strict=True) if a.status_code == 201
    }
    assert told == kept
    assert send("later").status_code == 201


def test_a_transaction_that_the_database_took_back_in_a_flush_takes_nobody_along(
    app: Flask, newsroom: Newsroom
) -> None:
    """After an error of the disk SQLite may roll back by itself; what follows must not commit piece by piece."""
    newsroom.claim("safe")
    database = app.extensions["factcheck.database"]
    with database.writer.connect() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER fault BEFORE INSERT ON statement WHEN NEW.text = 'bad' "
            "BEGIN SELECT RAISE(ROLLBACK, 'a fault put in'); END"
        )
        connection.commit()

    def send(words: str) -> Any:
        return app.test_client().post("/v1/statements", json=body(words), headers=newsroom.headers("editor"))

    words = ("one", "bad", "two", "three")
    answers = at_once(app, [lambda said=said: send(said) for said in words])

    kept = {statement["text"] for statement in newsroom.get("/v1/statements")["items"]}
    told = {said for said, answer in zip(words, answers, strict=True) if answer.status_code == 201}
    assert told == kept
    assert "bad" not in kept
    assert send("later").status_code == 201


def test_who_sends_slowly_keeps_nobody_else_waiting() -> None:
    arrived = threading.Event()

    class Slow:
        def read(self, _size: int) -> bytes:
            return b"" if arrived.wait(10) else b"too late"

    def app(environ: Any, _start_response: Any) -> Any:
        return [environ["wsgi.input"].read() if "wsgi.input" in environ else b"other"]

    call = OneAtATime().around(app)
    answers: list[Any] = []
    slow = {"CONTENT_LENGTH": "5", "wsgi.input": Slow()}
    thread = threading.Thread(target=lambda: answers.append(call(slow, None)))
    thread.start()
    assert call({}, None) == [b"other"]
    assert answers == []
    arrived.set()
    thread.join()
    assert answers == [[b""]]


def test_who_comes_while_a_group_ends_is_waited_for_by_nobody(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = app.extensions["factcheck.database"]
    if not (committer := database.committer):
        return  # PostgreSQL has no groups.
    aside, late = committer.requests.aside, threading.Event()

    def write() -> None:
        with database.writing() as session:
            session.execute(text("SELECT 1"))

    thread = threading.Thread(target=write)

    def then_come() -> Any:
        if late.is_set() and not thread.ident:
            thread.start()
            while not committer._queue:
                time.sleep(0.001)
        return aside()

    monkeypatch.setattr(committer.requests, "aside", then_come)

    def first() -> None:
        with database.writing() as session:
            session.execute(text("SELECT 1"))
            late.set()

    ended = threading.Thread(target=first, daemon=True)
    ended.start()
    ended.join(5)
    assert not ended.is_alive()
    thread.join(5)
    assert not thread.is_alive()


def test_no_call_takes_a_longer_body_than_is_received_beforehand() -> None:
    known = [s for found in class_registry._registry.values() if isinstance(found, list) for s in found]
    limits = [limit for schema in known if (limit := getattr(schema, "max_body", 0))]
    assert limits
    assert max(limits) <= LONGEST_BODY
