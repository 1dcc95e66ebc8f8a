"""Writers who go on through every failure, as good clients do, and know what they were promised."""

import os
import random
import shlex
import signal
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import create_engine, text

import postgres

CLAIM = {"slug": "it-holds", "text": "The crane was sound.", "kind": "exoneration"}


class Writers:
    """Editors who post one statement after the other, each again under its key until it is acknowledged."""

    def __init__(self, address: str, key: str, number: int = 4) -> None:
        self.acknowledged: dict[str, str] = {}
        self.statuses: Counter[int] = Counter()
        self.unexpected: list[str] = []
        # How many failures a kill caused: requests that were sent and not answered.
        self.broken_off = 0
        self.slowest = 0.0
        self._address = address
        self._headers = {"Authorization": f"Bearer {key}"}
        self._over = threading.Event()
        self._last_try = float("inf")
        self._threads = [threading.Thread(target=self._write, args=(n,)) for n in range(number)]
        made = httpx.post(f"{address}/v1/claims", json=CLAIM, headers=self._headers, timeout=30)
        assert made.status_code in (201, 409)

    def __enter__(self) -> "Writers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._last_try = time.monotonic() + 60
        self._over.set()
        for thread in self._threads:
            thread.join()

    def more(self, number: int = 1, seconds: float = 90) -> None:
        """Wait until so many more statements were acknowledged."""
        wanted = len(self.acknowledged) + number
        deadline = time.monotonic() + seconds
        while len(self.acknowledged) < wanted:
            assert not self.unexpected, self.unexpected
            assert time.monotonic() < deadline, "nobody acknowledges anything any more"
            time.sleep(0.01)

    def _write(self, writer: int) -> None:
        with httpx.Client(base_url=self._address, headers=self._headers, timeout=30, verify=False) as http:
            self._write_with(http, writer)

    def _write_with(self, http: httpx.Client, writer: int) -> None:
        stance = ("supports", "disputes")[writer % 2]
        number = 0
        while not self._over.is_set():
            number += 1
            name = f"{writer}-{number}-{random.getrandbits(32):x}"
            body = {
                "text": f"“I saw it – twice,” said number {name}.",
                "speaker": {"name": f"Speaker {writer}"},
                "source": {"url": f"https://herald.example/{name}"},
                "links": [{"claim": CLAIM["slug"], "stance": stance}],
            }
            # To the end, also when the others stop: what is not acknowledged may be stored, too.
            while not self._post(http, name, body):
                if time.monotonic() > self._last_try:
                    self.unexpected.append(f"{name} is not acknowledged a minute after the last failure")
                    break
                time.sleep(0.1)

    def _post(self, http: httpx.Client, name: str, body: dict[str, Any]) -> bool:
        """Send a post; tell whether it was acknowledged."""
        start = time.monotonic()
        try:
            answer = http.post("/v1/statements", json=body, headers={"Idempotency-Key": name})
        except httpx.ConnectError:
            return False
        except httpx.TransportError:
            self.broken_off += 1
            return False
        finally:
            self.slowest = max(self.slowest, time.monotonic() - start)
        self.statuses[answer.status_code] += 1
        if answer.status_code == 201:
            self.acknowledged[answer.json()["id"]] = body["text"]
            return True
        # 409: the first request with this key still runs in this process.
        if answer.status_code not in (409, 503, 507) or "duplicate" in answer.text:
            self.unexpected.append(f"{answer.status_code}: {answer.text[:500]}")
            return True
        if answer.status_code != 507 and "Retry-After" not in answer.headers:
            self.unexpected.append(f"{answer.status_code} without Retry-After")
        return False


def stored(url: str) -> dict[str, str]:
    """Return the statements that a database holds: id and words."""
    return {_id(id_): words for id_, words in ask(url, "SELECT id, text FROM statement")}


def _id(value: Any) -> str:
    plain = str(value).replace("-", "")
    return f"{plain[:8]}-{plain[8:12]}-{plain[12:16]}-{plain[16:20]}-{plain[20:]}"


def half_written(url: str) -> list[str]:
    """Return what only a part of a post by `Writers` would leave behind: by name, and how often."""
    parts = {
        "a statement without its revision": "statement s WHERE NOT EXISTS (SELECT 1 FROM revision r "
        "WHERE r.record_id = s.id AND r.number = 1)",
        "a statement without its link": "statement s WHERE NOT EXISTS "
        "(SELECT 1 FROM link l WHERE l.statement_id = s.id)",
        "a statement that search does not know": "statement s WHERE NOT EXISTS "
        "(SELECT 1 FROM search_document d WHERE d.record_id = s.id)",
        "a source without its statement": "source o WHERE NOT EXISTS "
        "(SELECT 1 FROM statement s WHERE s.source_id = o.id)",
        "an answer kept for what is not stored": "stored_answer WHERE (SELECT count(*) FROM stored_answer) "
        "<> (SELECT count(*) FROM statement)",
    }
    counts = {name: ask(url, f"SELECT count(*) FROM {where}")[0][0] for name, where in parts.items()}
    return [f"{name}: {count}" for name, count in counts.items() if count]


def ask(url: str, query: str) -> list[Any]:
    """Run a query on a connection of our own."""
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = list(connection.execute(text(query)))
    engine.dispose()
    return rows


class Postgres:
    """A running PostgreSQL server that is killed and started again, by the files in its folder."""

    def __init__(self, address: str) -> None:
        self.data = Path(ask(f"{address}/postgres", "SHOW data_directory")[0][0])
        self._folder = postgres.binaries()

    def kill(self) -> None:
        """End all of its processes at once."""
        pid = int((self.data / "postmaster.pid").read_text().split()[0])
        processes = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
        for process in processes:
            os.kill(process, signal.SIGKILL)
        while any(Path(f"/proc/{process}").exists() and not _is_dead(process) for process in processes):
            time.sleep(0.01)

    def start(self) -> None:
        """Start it with the options that it had, and wait until it has recovered."""
        as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        # The binary, -D and the folder; then what it was started with.
        options = " ".join(shlex.split((self.data / "postmaster.opts").read_text())[3:])
        # Else its successor would take a process that nobody has buried yet for one that runs.
        for lock in (self.data / "postmaster.pid", *self.data.parent.glob(".s.PGSQL.*")):
            lock.unlink()
        control = [f"{self._folder}/pg_ctl", "-D", str(self.data), "-w", "-l", str(self.data.parent / "log")]
        command = [*as_user, *control, "-o", options, "start"]
        subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL)


def _is_dead(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
