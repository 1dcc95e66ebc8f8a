"""What is promised when something breaks; docs/reliability.md says what, and names the test of each.

FACTCHECK_FAULT_ROUNDS says how often what is left to chance is tried (10).
"""

import os
import random
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask
from sqlalchemy import event

import conftest
import postgres
from bench.machine import ROOT
from bench.served import Served
from crashing import Postgres, Writers, ask, half_written, stored
from factcheck import consequences, create_app, schema
from factcheck.auth import ApiKey, Role
from factcheck.db import Database
from newsroom import Newsroom

ROUNDS = int(os.environ.get("FACTCHECK_FAULT_ROUNDS", "10"))
# Where each round starts more than a server, or starts the same on another database.
FEWER = max(2, ROUNDS // 5)
# A write waits five seconds for its turn; this much later it must be answered, on a busy machine too.
BOUND = 20


@contextmanager
def serving(folder: Path, url: str, **options: Any) -> Iterator[tuple[Served, str, str]]:
    """Serve a database; give the server, its address and an editor's key."""
    database = Database(conftest.settings_for(url))
    with database.writing() as session:
        _, key = ApiKey.issue(session, name="an editor", role=Role.editor)
        session.commit()
    database.dispose()
    served = Served(folder, url, FACTCHECK_MODEL="rules", **options)
    served.start()
    try:
        yield served, f"http://127.0.0.1:{served.port}", key
    finally:
        served.stop()


def assert_kept(writers: Writers, url: str) -> None:
    """What was acknowledged is there word for word, once, whole; and nothing else is."""
    assert not writers.unexpected, writers.unexpected
    assert writers.acknowledged
    assert stored(url) == writers.acknowledged
    assert half_written(url) == []
    assert out_of_line(url) == 0
    if url.startswith("sqlite"):
        assert ask(url, "PRAGMA integrity_check") == [("ok",)]
        assert ask(url, "PRAGMA foreign_key_check") == []


def out_of_line(url: str) -> int:
    """Return how many contradictions `factcheck recheck` would change."""
    database = Database(conftest.settings_for(url))
    with database.writing() as session:
        changed = consequences.recheck(session, 50)
    database.dispose()
    return changed


def test_a_server_killed_in_mid_post_loses_nothing(tmp_path: Path, database_url: str) -> None:
    with serving(tmp_path, database_url) as (served, address, key), Writers(address, key) as writers:
        rounds = ROUNDS if database_url.startswith("sqlite") else FEWER
        for _ in range(rounds):
            writers.more(4)
            time.sleep(random.random() * 0.3)
            served.kill()
            served.start()
        writers.more(4)
    assert writers.broken_off >= rounds / 2, "few of the kills hit a post"
    assert_kept(writers, database_url)


def test_a_killed_worker_is_replaced_and_the_other_goes_on(tmp_path: Path, database_url: str) -> None:
    with (
        serving(tmp_path, database_url, workers=2) as (served, address, key),
        Writers(address, key) as writers,
    ):
        for started in range(2, 2 + FEWER):
            served.await_started(started)
            served.kill_a_worker()
            writers.more(4)
        served.await_started(2 + FEWER)
        assert len(served.workers()) == 2
        writers.more(4)
    assert_kept(writers, database_url)


def test_a_killed_postgresql_is_found_again_without_a_restart(tmp_path: Path) -> None:
    folder = postgres.binaries()
    assert folder, "no PostgreSQL server is installed (Debian: postgresql)"
    with postgres.server(folder) as server:
        url = f"{server}/postgres"
        schema.upgrade(url)
        with serving(tmp_path, url) as (served, address, key), Writers(address, key) as writers:
            pid = served.pid
            database = Postgres(server)
            for _ in range(FEWER):
                writers.more(4)
                database.kill()
                began = time.monotonic()
                answer = httpx.get(f"{address}/v1/claims", timeout=60)
                assert answer.status_code == 503
                assert answer.headers["Retry-After"]
                assert httpx.get(f"{address}/readyz", timeout=60).status_code == 503
                assert httpx.get(f"{address}/healthz", timeout=60).status_code == 200
                assert time.monotonic() - began < BOUND
                database.start()
            writers.more(4)
            assert served.pid == pid
        assert writers.statuses[503]
        assert writers.slowest < BOUND
        assert_kept(writers, url)


def can_mount() -> bool:
    """Tell whether this process may mount a small disk."""
    return os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "true"], check=False).returncode == 0


@contextmanager
def full_by_pages(app: Flask) -> Iterator[Any]:
    """Let the file grow by no page; give what takes the limit away."""
    writer = app.extensions["factcheck.database"].writer
    pages = {"most": ask(str(writer.url), "PRAGMA page_count")[0][0]}

    def limit(connection: Any, *_: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages['most']}")

    event.listen(writer, "checkout", limit)
    yield lambda: pages.update(most=2**30)
    event.remove(writer, "checkout", limit)


@contextmanager
def full_by_bytes(app: Flask) -> Iterator[Any]:
    """Fill the disk with a file; give what deletes it."""
    path = Path(app.extensions["factcheck.database"].writer.url.database)
    ballast = path.with_name("ballast")
    # Unbuffered: what is left in a buffer would be written, and refused, once more at the end.
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    yield ballast.unlink


@pytest.fixture(params=["pages", *(["disk"] if can_mount() else [])])
def small(request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path) -> Iterator[Any]:
    """A newsroom on SQLite, and what makes its disk full."""
    with ExitStack() as stack:
        if request.param == "disk":
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", tmp_path], check=True)
            stack.callback(subprocess.run, ["umount", "--lazy", tmp_path], check=True)
        path = tmp_path / "factcheck.sqlite3"
        shutil.copy(sqlite_template, path)
        app = create_app(conftest.settings_for(f"sqlite:///{path}"))
        database = app.extensions["factcheck.database"]
        stack.callback(database.dispose)
        with database.writing() as session:
            _, key = ApiKey.issue(session, name="an editor", role=Role.editor)
            session.commit()
        full = full_by_pages if request.param == "pages" else full_by_bytes
        yield app, Newsroom(app.test_client(), {"editor": key}), full


def test_a_full_disk_refuses_posts_and_nothing_else(small: Any) -> None:
    app, newsroom, full = small
    url = str(app.extensions["factcheck.database"].writer.url)
    newsroom.claim("it-holds")
    before = newsroom.statement("Ana", supports="it-holds")
    kept = stored(url)
    with full(app) as make_room:
        answers = []
        for number in range(200):
            body = {"text": f"{number}: " + "So long. " * 900, "speaker": {"name": "Ana"},
                    "source": {"url": f"https://a.example/{number}"},
                    "links": [{"claim": "it-holds", "stance": "disputes"}]}  # fmt: skip
            answers.append(newsroom.call("POST", "/v1/statements", body, Idempotency_Key=str(number)))
            if answers[-1].status_code != 201:
                break
            kept[answers[-1].json["id"]] = body["text"]
        assert answers[-1].status_code == 507
        assert answers[-1].mimetype == "application/problem+json"
        assert answers[-1].json["type"] == "urn:factcheck:problem:storage-full"
        assert "nothing was stored" in answers[-1].json["detail"]
        assert stored(url) == kept
        assert len(newsroom.view("it-holds")["supports"]["statements"]) == 1
        assert newsroom.get(f"/v1/statements/{before['id']}", role="public")["text"] == before["text"]
        assert newsroom.call("GET", "/claims/it-holds", role="public").status_code == 200
        make_room()
        # The same post under the same key, on the same connection.
        again = newsroom.call("POST", "/v1/statements", body, Idempotency_Key=str(number))
        assert again.status_code == 201
    assert ask(url, "PRAGMA integrity_check") == [("ok",)]
    assert stored(url) == kept | {again.json["id"]: body["text"]}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_that_says_its_disk_is_full(
    newsroom: Newsroom, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.claim("it-holds")
    settle = "factcheck.consequences.settle"
    with monkeypatch.context() as patch:
        patch.setattr(settle, lambda session, *_: _raise_disk_full(session))
        refused = newsroom.statement("Ana", supports="it-holds", code=507)
    assert refused["type"] == "urn:factcheck:problem:storage-full"
    assert stored(database_url) == {}
    newsroom.statement("Ana", supports="it-holds")


def _raise_disk_full(session: Any) -> None:
    session.connection().exec_driver_sql("DO $$ BEGIN RAISE disk_full; END $$")


def test_a_database_that_is_busy_is_said_in_time_and_reads_go_on(newsroom: Newsroom, app: Flask) -> None:
    newsroom.claim("it-holds")
    with app.extensions["factcheck.database"].writing() as session:
        session.connection()  # Holds the one place of a writer.
        began = time.monotonic()
        refused = newsroom.call("POST", "/v1/claims", {"slug": "other", "text": "So.", "about": []})
        took = time.monotonic() - began
        assert newsroom.view("it-holds")["version"]
        assert newsroom.call("GET", "/claims/it-holds", role="public").status_code == 200
    assert refused.status_code == 503
    assert refused.headers["Retry-After"]
    assert 4 < took < BOUND
    assert newsroom.call("GET", "/v1/claims/other").status_code == 404
    newsroom.claim("other")


def test_of_editors_at_once_exactly_one_wins(newsroom: Newsroom, app: Flask) -> None:
    posted = newsroom.statement("Ana")
    path = f"/v1/statements/{posted['id']}"
    for number in range(1, max(5, ROUNDS) + 1):
        etag = newsroom.call("GET", path).headers["ETag"]
        together = threading.Barrier(6)
        answers: list[Any] = []

        def edit(editor: int, etag: str = etag, together: Any = together, answers: Any = answers) -> None:
            room = Newsroom(app.test_client(), newsroom.keys)
            body = {"said_to": f"Radio {etag} {editor}", "reason": "Misheard."}
            together.wait()
            answers.append((room.call("PATCH", path, body, If_Match=etag), body["said_to"]))

        threads = [threading.Thread(target=edit, args=(editor,)) for editor in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answer.status_code for answer, _ in answers) == [200] + [412] * 5
        [won] = [said_to for answer, said_to in answers if answer.status_code == 200]
        found = newsroom.get(path)
        assert (found["said_to"], found["revision"]) == (won, number + 1)
    assert len(newsroom.get(f"{path}/history")["items"]) == number + 1


def test_the_page_names_tests_that_exist() -> None:
    named = re.findall(r"(test_\w+\.py)::(test_\w+)", (ROOT / "docs/reliability.md").read_text())
    assert len(named) > 10
    for file, test in named:
        assert f"def {test}(" in (ROOT / "tests" / file).read_text(), f"{file}::{test}"
