"""What an operator relies on: logs, metrics, a graceful stop, the files for deployment."""

import io
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from bench.machine import ROOT
from bench.served import Served
from factcheck import logs
from factcheck.config import Settings
from factcheck.db import Database
from factcheck.metrics import Metrics
from newsroom import Newsroom


class Server(Served):
    """`factcheck serve` with a log in JSON and an editor's key."""

    def __init__(self, folder: Path, workers: int) -> None:
        url = f"sqlite:///{folder / 'factcheck.sqlite3'}"
        settings = {"FACTCHECK_MODEL": "rules", "FACTCHECK_LOG_FORMAT": "json"}
        super().__init__(folder, url, workers=workers, **settings)
        self.address = f"http://127.0.0.1:{self.port}"
        made = self.command("key", "create", "--role", "editor", "--name", "an operator")
        self.key = {"Authorization": f"Bearer {made}"}

    def lines(self) -> list[dict[str, Any]]:
        """Return the events of the log; the server's own lines are text."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]


@contextmanager
def serving(folder: Path, template: Path, workers: int = 1) -> Iterator[Server]:
    shutil.copy(template, folder / "factcheck.sqlite3")
    server = Server(folder, workers)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def test_a_stop_lets_what_is_in_hand_finish(tmp_path: Path, sqlite_template: Path) -> None:
    with serving(tmp_path, sqlite_template) as server:
        text = " ".join(f"“We never saw number {i},” said Ana Ruiz." for i in range(4000))
        answers = []

        def extract() -> None:
            url = f"{server.address}/v1/extract"
            answers.append(httpx.post(url, json={"text": text}, headers=server.key, timeout=60).status_code)

        thread = threading.Thread(target=extract)
        thread.start()
        time.sleep(0.5)
        assert server.stop() == 0
        thread.join()
        assert answers == [200]
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{server.address}/healthz")
        told = [line for line in server.lines() if line["event"] == "request"]
        assert [(line["path"], line["status"], line["key"]) for line in told] == [
            ("/v1/extract", 200, "an operator")
        ]


@pytest.mark.parametrize(
    ("url", "seconds"), [("sqlite:///x.sqlite3", 0.001), ("postgresql+psycopg://nobody@127.0.0.1:9/x", 0.005)]
)
def test_who_comes_back_from_the_disk_soon_gets_the_interpreter(
    tmp_path: Path, url: str, seconds: float
) -> None:
    """Where one request computes at a time; several at once would only take turns the more."""
    found = subprocess.run(
        [sys.executable, "-c", "import sys, wsgi; print(sys.getswitchinterval())"],
        env=os.environ | {"FACTCHECK_DATABASE_URL": url, "PYTHONPATH": str(ROOT), "FACTCHECK_MODEL": "rules"},
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert float(found.stdout) == seconds


def test_workers_count_together_and_a_killed_one_is_replaced(tmp_path: Path, sqlite_template: Path) -> None:
    with serving(tmp_path, sqlite_template, workers=2) as server:
        for _ in range(40):  # New connections, so that both workers get some.
            assert httpx.get(f"{server.address}/v1/claims").status_code == 200
        assert counted(server, "GET", "/v1/claims") == 40
        server.kill_a_worker()
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not _all_answer(server):
            time.sleep(0.5)
        assert _all_answer(server)


def _all_answer(server: Server) -> bool:
    try:
        return all(httpx.get(f"{server.address}/healthz").status_code == 200 for _ in range(20))
    except httpx.TransportError:
        return False


def counted(server: Server, method: str, route: str) -> float:
    text = httpx.get(f"{server.address}/metrics", headers=server.key).text
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "factcheck_request_seconds_count"
        and (sample.labels["method"], sample.labels["route"]) == (method, route)
    )


def test_metrics_tell_requests_contradictions_and_connections(newsroom: Newsroom) -> None:
    client, editor = newsroom.client, newsroom.headers("editor")
    client.get("/v1/claims")
    client.open("/v1/claims", method="BREW")
    client.get("/no/such/page")
    answer = client.get("/metrics", headers=editor)
    assert answer.status_code == 200
    assert answer.mimetype == "text/plain"
    assert answer.headers["Cache-Control"] == "no-store"
    found = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.get_data(as_text=True))
        for sample in family.samples
    }

    def requests(method: str, route: str, status: str) -> float | None:
        labels = (("method", method), ("route", route), ("status", status))
        return found.get(("factcheck_request_seconds_count", *labels))

    assert requests("GET", "/v1/claims", "200") == 1
    assert requests("other", "none", "405") == 1
    assert requests("GET", "none", "404") == 1
    assert found[("factcheck_database_up",)] == 1
    assert found[("factcheck_contradictions", ("status", "suggested"))] == 0
    assert found[("factcheck_questions_waiting",)] == 0
    assert found[("factcheck_database_connections", ("engine", "writer"))] == 0
    assert ("factcheck_analysis_seconds_count",) in found


def test_metrics_are_not_for_everybody(newsroom: Newsroom) -> None:
    assert newsroom.client.get("/metrics").status_code == 401
    assert newsroom.client.get("/metrics", headers=newsroom.headers("contributor")).status_code == 403


def test_metrics_say_when_the_database_is_gone() -> None:
    nobody = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"
    gone = Metrics(Database(Settings(database_url=nobody, read_database_url=nobody)))
    assert b"factcheck_database_up 0.0" in gone.text()


@pytest.mark.parametrize(
    ("given", "kept"),
    [("trace-1.a:b/c=", True), ("two words", False), ("x" * 129, False), ("", False), ("naïve", False)],
)
def test_an_answer_bears_the_id_of_its_request(client: FlaskClient, given: str, kept: bool) -> None:
    headers = {"X-Request-ID": given.encode("utf-8").decode("latin-1")} if given else {}
    for path in ("/v1/claims", "/no/such/page", "/healthz"):
        found = client.get(path, headers=headers).headers["X-Request-ID"]
        assert (found == given) is kept
        assert re.fullmatch(r"[A-Za-z0-9._:+/=-]{1,128}", found)


@pytest.fixture
def logged() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Logging as the entry point sets it up, and a function that gives its lines."""
    root = logging.getLogger()
    before = root.handlers, root.level
    logs.configure(Settings(database_url="", read_database_url="", log_format="json"))
    written = io.StringIO()
    root.handlers[0].setStream(written)  # type: ignore[attr-defined]
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.handlers, root.level = before


def test_an_error_is_logged_with_its_request_and_without_what_was_sent(
    newsroom: Newsroom, logged: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: Any, **__: Any) -> None:
        raise RuntimeError("the plan was wrong")

    monkeypatch.setattr("factcheck.history.created", break_down)
    headers = {**newsroom.headers("editor"), "X-Request-ID": "number-7"}
    body = {"text": "Marker words.", "speaker": {"name": "Ana"}, "source": {"url": "https://a.example/"}}
    answer = newsroom.client.post("/v1/statements?secret=1", json=body, headers=headers)
    assert answer.status_code == 500
    lines = logged()
    assert {line["request_id"] for line in lines} == {"number-7"}
    told = json.dumps(lines)
    assert "fck_" not in told
    assert "Marker" not in told
    assert "secret=1" not in told


def test_what_is_bound_to_sql_stays_out_of_the_log(app: Flask, newsroom: Newsroom, logged: Any) -> None:
    database = app.extensions["factcheck.database"]
    with database.writing() as session:
        session.connection().exec_driver_sql("DROP TABLE stored_answer")
        session.commit()
    headers = {**newsroom.headers("editor"), "Idempotency-Key": "marker-key"}
    body = {"text": "Marker words.", "speaker": {"name": "Ana"}, "source": {"url": "https://a.example/"}}
    answer = newsroom.client.post("/v1/statements", json=body, headers=headers)
    assert answer.status_code >= 500
    told = json.dumps(logged())
    assert "stored_answer" in told
    assert "marker-key" not in told
    assert "Marker words" not in told


@pytest.mark.parametrize(
    ("wanted", "method", "status", "seconds", "told"),
    [
        ("all", "GET", 200, 0.0, True),
        ("changes", "GET", 200, 0.0, False),
        ("changes", "GET", 404, 0.0, False),
        ("changes", "POST", 422, 0.0, True),
        ("changes", "GET", 503, 0.0, True),
        ("changes", "GET", 200, 1.5, True),
        ("errors", "POST", 201, 0.0, False),
        ("errors", "POST", 500, 0.0, True),
    ],
)
def test_which_requests_are_logged(wanted: str, method: str, status: int, seconds: float, told: bool) -> None:
    assert logs._is_told(wanted, method, status, seconds) is told


def test_the_lock_of_a_server_pins_what_was_tested() -> None:
    def pins(path: Path) -> set[str]:
        return set(re.findall(r"^[a-z0-9.-]+==[^ \\\n]+", path.read_text(), re.MULTILINE))

    small, whole = pins(ROOT / "deploy/requirements.lock"), pins(ROOT / "requirements.lock")
    assert small <= whole
    assert any(pin.startswith("granian==") for pin in small)
    assert not any(pin.startswith("pytest==") for pin in small)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_the_unit_is_sound(tmp_path: Path) -> None:
    # Nobody has /opt/factcheck here: the programs stand in for those of an installation.
    text = re.sub(r"(?m)^(Exec\w+)=.*", r"\1=/bin/true", (ROOT / "deploy/factcheck.service").read_text())
    unit = tmp_path / "factcheck.service"
    unit.write_text(text)
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True)
    assert "factcheck.service:" not in done.stderr, done.stderr
