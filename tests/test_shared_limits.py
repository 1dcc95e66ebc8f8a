"""Limits that several servers count together, in a real Redis; and what becomes of them when it is away."""

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from werkzeug.test import TestResponse

from bench.machine import free_port
from bench.served import Served
from factcheck import create_app, limits
from factcheck.auth import ApiKey, Role
from factcheck.config import Settings
from factcheck.db import Database
from newsroom import Newsroom


class Redis:
    """A Redis on a free port of the loopback that keeps nothing on disk; started and killed at will."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        options = {"bind": "127.0.0.1", "port": self.port, "save": "", "dir": self._folder}
        arguments = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(["redis-server", *arguments], stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while not self._answers():
            assert time.monotonic() < deadline, (self._folder / "redis.log").read_text()
            time.sleep(0.05)

    def _answers(self) -> bool:
        with suppress(OSError):
            return (
                subprocess.run(
                    ["redis-cli", "-p", str(self.port), "ping"], capture_output=True, check=False
                ).stdout
                == b"PONG\n"
            )
        return False

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; SIGSTOP makes it a Redis that takes connections and says nothing."""
        assert self._process
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it at once."""
        self.send(signal.SIGKILL)
        assert self._process
        self._process.wait()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    if not shutil.which("redis-server"):
        pytest.skip("no Redis is installed (Debian: redis-server)")
    made = Redis(tmp_path)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def pair(settings: Settings, redis: Redis) -> Iterator[tuple[Newsroom, Newsroom]]:
    """Two applications on one database and one Redis, which let each key write three times a day."""
    with ExitStack() as stack:
        rooms = []
        for _ in range(2):
            app = create_app(replace(settings, limit_writes="3/day", limit_storage=redis.url))
            stack.callback(app.extensions["factcheck.database"].dispose)
            rooms.append(Newsroom(app.test_client(), {}))
        with app.extensions["factcheck.database"].writing() as session:
            _, key = ApiKey.issue(session, name="an editor", role=Role.editor)
            session.commit()
        for room in rooms:
            room.keys["editor"] = key
        yield rooms[0], rooms[1]


def write(room: Newsroom) -> TestResponse:
    return room.call("POST", "/v1/sources", {"url": f"https://a.example/{time.time_ns()}"})


def left(answer: TestResponse) -> str:
    """Return what the answer says is left."""
    return answer.headers["RateLimit"].split(";")[1]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_servers_count_together(database_url: str, redis: Redis, tmp_path: Path, settings: Settings) -> None:
    database = Database(settings)
    with database.writing() as session:
        secrets = [ApiKey.issue(session, name=name, role=Role.editor)[1] for name in ("one", "two")]
        session.commit()
    database.dispose()
    given = {"FACTCHECK_MODEL": "rules", "FACTCHECK_LIMIT_WRITES": "4/day"}
    given |= {"FACTCHECK_RATE_LIMIT_STORAGE": redis.url}
    with ExitStack() as stack:
        servers = []
        for name in ("here", "there"):
            (tmp_path / name).mkdir()
            server = Served(tmp_path / name, database_url, workers=2, **given)
            stack.callback(server.stop)
            server.start()
            servers.append(server)

        def post(server: Served, secret: str) -> httpx.Response:
            source = {"url": f"https://a.example/{time.time_ns()}"}
            headers = {"Authorization": f"Bearer {secret}"}
            address = f"http://127.0.0.1:{server.port}/v1/sources"
            return httpx.post(address, json=source, headers=headers, timeout=60)

        answers = [post(server, secrets[0]) for _ in range(3) for server in servers]
        assert [answer.status_code for answer in answers] == [201] * 4 + [429] * 2
        assert [answer.headers["RateLimit"].split(";")[1] for answer in answers[:4]] == [
            "r=3",
            "r=2",
            "r=1",
            "r=0",
        ]
        assert answers[-1].headers["Retry-After"]
        assert post(servers[0], secrets[1]).status_code == 201


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("silent", [False, True], ids=["killed", "silent"])
def test_while_redis_is_away_each_counts_and_then_they_count_together_again(
    pair: tuple[Newsroom, Newsroom], redis: Redis, silent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = pair
    monkeypatch.setattr(limits, "_PAUSE", 1.0)
    assert [left(write(room)) for room in pair] == ["r=2", "r=1"]
    redis.send(signal.SIGSTOP) if silent else redis.kill()
    began = time.monotonic()
    for room in pair:
        answers = [write(room) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
        assert [left(answer) for answer in answers[:3]] == ["r=2", "r=1", "r=0"]
    # A silent one is waited for once by each, and then left alone for a while.
    assert time.monotonic() - began < 10
    if silent:
        redis.send(signal.SIGCONT)
    else:
        redis.start()
    time.sleep(limits._PAUSE)
    # One that was killed has forgotten all; one that was silent has counted what it was asked in vain, too.
    answers = [write(room) for room in (here, there, here, there)]
    if silent:
        assert {answer.status_code for answer in answers} == {429}
    else:
        assert [left(answer) for answer in answers[:3]] == ["r=2", "r=1", "r=0"]
        assert answers[3].status_code == 429
