"""Two server processes on one database: a retry never writes twice, whichever of them it reaches."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

import factcheck
from conftest import settings_for
from factcheck.auth import ApiKey, Role
from factcheck.db import Database
from factcheck.idempotency import StoredAnswer
from factcheck.statements import Statement
from test_cli import COMMAND, wait_for

ROOT = Path(factcheck.__file__).parent.parent


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(settings_for(database_url))
    yield database
    database.dispose()


@pytest.fixture
def secret(database: Database) -> str:
    with database.writing() as session:
        _, secret = ApiKey.issue(session, name="an ingest", role=Role.editor)
        session.commit()
    return secret


@pytest.fixture
def servers(database_url: str) -> Iterator[list[int]]:
    """The ports of two servers, each a process of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("FACTCHECK_")}
    with ExitStack() as stack:
        ports = []
        for _ in range(2):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                ports.append(probe.getsockname()[1])
            environ = {**kept, "FACTCHECK_DATABASE_URL": database_url, "FACTCHECK_PORT": str(ports[-1])}
            environ |= {"FACTCHECK_SECRET_KEY": "x", "FACTCHECK_MODEL": "rules"}
            # In a session of its own, so that its workers end with it.
            command = [sys.executable, COMMAND, "serve"]
            server = stack.enter_context(
                subprocess.Popen(command, env=environ, cwd=ROOT, start_new_session=True)
            )
            stack.callback(os.killpg, server.pid, signal.SIGKILL)
        for port in ports:
            wait_for(f"http://127.0.0.1:{port}/healthz", seconds=120)
        yield ports


def body(number: int) -> bytes:
    said = {"text": f"Words {number}.", "speaker": {"name": "A"}, "source": {"url": "https://a.example/"}}
    return json.dumps(said).encode()


def headers(secret: str, number: int) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {secret}",
        "Content-Type": "application/json",
        "Idempotency-Key": f"retry-{number}",
    }


def post(port: int, secret: str, number: int) -> tuple[int, dict[str, Any]]:
    address = f"http://127.0.0.1:{port}/v1/statements"
    request = urllib.request.Request(address, data=body(number), headers=headers(secret, number))
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def post_until_answered(port: int, secret: str, number: int) -> dict[str, Any]:
    """Do as clients do: while the first is running, or the database is busy, ask again."""
    for _ in range(60):
        status, answer = post(port, secret, number)
        if status not in (409, 503):
            assert status == 201, answer
            return answer
        time.sleep(1)
    raise AssertionError("It was never answered.")


def post_and_hang_up(port: int, secret: str, number: int) -> None:
    """Send a post and go away before the answer comes: it is lost, and the client cannot tell."""
    lines = [
        "POST /v1/statements HTTP/1.1", "Host: x", f"Content-Length: {len(body(number))}",
        *(f"{name}: {value}" for name, value in headers(secret, number).items()),
    ]  # fmt: skip
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body(number))


def test_a_retry_after_a_lost_answer_writes_once_whichever_server_gets_it(
    servers: list[int], secret: str, database: Database
) -> None:
    rounds = 4
    for number in range(rounds):
        post_and_hang_up(servers[number % 2], secret, number)
        found: list[tuple[int, dict[str, Any]]] = []
        threads = [
            threading.Thread(target=lambda port=port: found.append(post(port, secret, number)))  # noqa: B023
            for port in (*servers, *servers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # Who comes while the first is running in the same process is told so, and asks again.
        assert {status for status, _ in found} <= {201, 409, 503}, found
        here, there = (post_until_answered(port, secret, number) for port in servers)
        assert here == there
        assert all(answer == here for status, answer in found if status == 201)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Statement)) == rounds
        assert session.scalar(select(func.count()).select_from(StoredAnswer)) == rounds
