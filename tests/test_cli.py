"""The `factcheck` command, run as an operator runs it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

import factcheck

ROOT = Path(factcheck.__file__).parent.parent
COMMAND = Path(sys.executable).parent / "factcheck"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("FACTCHECK_")}
    return {
        **kept,
        "FACTCHECK_DATABASE_URL": f"sqlite:///{tmp_path}/new/factcheck.sqlite3",
        "FACTCHECK_SECRET_KEY": "x",
    }


def run(environ: dict[str, str], *arguments: str, ok: bool = True) -> str:
    done = subprocess.run(
        [COMMAND, *arguments], env=environ, cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode == 0) is ok, done.stderr
    return done.stdout if ok else done.stderr


def test_tables_seed_key_and_recheck(environ: dict[str, str]) -> None:
    assert run(environ, "db", "upgrade") == "The tables are up to date.\n"
    assert run(environ, "seed") == "Seed: 23 statements stored, 23 in all.\n"
    assert run(environ, "seed") == "Seed: 0 statements stored, 23 in all.\n"
    assert run(environ, "recheck") == "Every contradiction was in line.\n"
    assert run(environ, "key", "create", "--role", "editor", "--name", "desk").startswith("fck_")
    assert "exists" in run(environ, "key", "create", "--role", "editor", "--name", "desk", ok=False)
    assert "--role" in run(environ, "key", "create", "--role", "king", "--name", "x", ok=False)


def test_wrong_settings_and_missing_tables_end_in_one_sentence(environ: dict[str, str]) -> None:
    wrong = run({**environ, "FACTCHECK_PORT": "x"}, "seed", ok=False)
    assert wrong == "factcheck: FACTCHECK_PORT must be a whole number from 1 to 65535; it is 'x'.\n"
    missing = run(environ, "seed", ok=False)
    assert missing == "factcheck: The database has no tables of this version; run: factcheck db upgrade\n"
    unreachable = {**environ, "FACTCHECK_DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/none"}
    assert run(unreachable, "recheck", ok=False).startswith("factcheck: The database cannot be reached")


def test_start_sets_everything_up_and_its_example_works(environ: dict[str, str]) -> None:
    """What `make run` does: an empty machine, then pages, a view, and a post with the printed key."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ |= {"FACTCHECK_PORT": str(port), "PYTHONUNBUFFERED": "1"}
    server = subprocess.Popen([COMMAND, "start"], env=environ, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        printed = ""
        while "-d @seed/example-statement.json" not in printed:
            line = server.stdout.readline()
            assert line, printed
            printed += line
        secret = next(line.split()[1] for line in printed.splitlines() if line.startswith("Key"))
        base = f"http://127.0.0.1:{port}"
        assert json.loads(wait_for(f"{base}/readyz"))["status"] == "ok"
        assert "Alec Baldwin" in wait_for(f"{base}/")
        assert (
            json.loads(wait_for(f"{base}/v1/claims/safety-report-exonerates-baldwin/view"))["disputes"][
                "count"
            ]
            == 1
        )
        request = urllib.request.Request(
            f"{base}/v1/statements",
            data=(ROOT / "seed/example-statement.json").read_bytes(),
            headers={"Authorization": f"Bearer {secret}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 201
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=20)


def wait_for(address: str, seconds: float = 20) -> Any:
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return answer.read().decode()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)  # The server is starting.
