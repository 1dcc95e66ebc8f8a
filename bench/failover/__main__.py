"""`python -m bench.failover`: two app servers under load while the primary is killed.

Prints how long writes and reads stopped, and whether anything that was acknowledged is lost or doubled.
`--patroni` lets Patroni, etcd and HAProxy do what a script does otherwise (docs/scale.md).
"""

import argparse
import logging
import tempfile
import threading
import time
import uuid
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import httpx
from sqlalchemy import func, select

from bench.failover import patroni, plain
from bench.machine import free_port, serving
from factcheck import consequences, schema
from factcheck.auth import ApiKey, Role
from factcheck.config import Settings
from factcheck.db import Database
from factcheck.statements import Statement

PATIENCE = 60.0
SECRET = "of the bench"


@dataclass
class Seen:
    """What the clients saw, with the moments of their answers."""

    acknowledged: dict[str, float] = field(default_factory=dict)
    replayed: int = 0
    refused: dict[int | str, int] = field(default_factory=dict)
    reads: list[float] = field(default_factory=list)
    failed_reads: dict[int | str, int] = field(default_factory=dict)
    not_seen: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, kind: dict[int | str, int], what: int | str) -> None:
        with self.lock:
            kind[what] = kind.get(what, 0) + 1


def write(seen: Seen, ports: list[int], key: str, number: int, stop: threading.Event) -> None:
    """Post statements, each until it is acknowledged; read each at the other server at once."""
    clients = [httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=90) for port in ports]
    n = 0
    while not stop.is_set():
        n += 1
        name = f"Words {number}.{n} {uuid.uuid4()}"
        body = {
            "text": name,
            "speaker": {"name": f"Speaker {number}"},
            "source": {"url": f"https://herald.example/{number}/{n}"},
            "links": [
                {"claim": {"text": f"Claim {number}", "slug": f"claim-{number}"}, "stance": "supports"}
            ],
        }
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": name}
        for attempt in range(10_000):
            here, there = clients[(n + attempt) % 2], clients[(n + attempt + 1) % 2]
            try:
                answer = here.post("/v1/statements", json=body, headers=headers)
            except httpx.HTTPError as error:
                seen.count(seen.refused, type(error).__name__)
                continue
            if answer.status_code == 201:
                break
            reason = answer.json()["type"].rpartition(":")[2]
            seen.count(seen.refused, f"{answer.status_code} {reason}")
            time.sleep(0.05)
        seen.acknowledged[name] = time.monotonic()
        seen.replayed += "Idempotency-Replayed" in answer.headers
        position = {"Factcheck-Position": answer.headers["Factcheck-Position"]}
        with suppress(httpx.HTTPError):
            found = there.get(f"/v1/statements/{answer.json()['id']}", headers=position)
            seen.not_seen += found.status_code == 404


def read(seen: Seen, ports: list[int], number: int, stop: threading.Event) -> None:
    """Read as the public does."""
    client = httpx.Client(timeout=90)
    while not stop.is_set():
        try:
            answer = client.get(f"http://127.0.0.1:{ports[number % 2]}/v1/statements?limit=5")
        except httpx.HTTPError as error:
            seen.count(seen.failed_reads, type(error).__name__)
            continue
        if answer.status_code == 200:
            seen.reads.append(time.monotonic())
        else:
            seen.count(seen.failed_reads, answer.status_code)
        time.sleep(0.02)


def longest_gap(moments: list[float], after: float) -> float:
    """Return the longest time without an answer, from shortly before the primary was killed on."""
    late = sorted(moment for moment in moments if moment > after - 2)
    return max((b - a for a, b in pairwise(late)), default=float("nan"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patroni", action="store_true")
    parser.add_argument("--seconds", type=int, default=8, help="before and after the kill")
    parser.add_argument("--clients", type=int, default=4, help="that write; as many read")
    options = parser.parse_args()
    logging.disable()
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cluster = (patroni if options.patroni else plain).Cluster(stack)
        settings = Settings(cluster.write_url, cluster.write_url, secret_key=SECRET, model="rules")
        schema.upgrade(settings.database_url)
        database = Database(settings)
        with database.writing() as session:
            _, key = ApiKey.issue(session, name="failover", role=Role.editor)
            session.commit()
        ports = [free_port() for _ in range(2)]
        for port in ports:
            environ = {
                "FACTCHECK_DATABASE_URL": cluster.write_url,
                "FACTCHECK_READ_DATABASE_URL": cluster.read_url,
                "FACTCHECK_DATABASE_CONNECT_TIMEOUT": "2",
                "FACTCHECK_PORT": str(port),
                "FACTCHECK_SECRET_KEY": SECRET,
                "FACTCHECK_MODEL": "rules",
            }
            command = ["-c", "from factcheck.cli import main; main()", "serve"]
            stack.enter_context(serving(command, environ, port, work / f"{port}.log"))
        run(cluster, ports, key, options, database)


def run(
    cluster: "plain.Cluster | patroni.Cluster",
    ports: list[int],
    key: str,
    options: argparse.Namespace,
    database: Database,
) -> None:
    """Load the servers, kill the primary, and print what was seen."""
    seen, stop = Seen(), threading.Event()
    threads = [
        threading.Thread(target=target, args=arguments)
        for n in range(options.clients)
        for target, arguments in ((write, (seen, ports, key, n, stop)), (read, (seen, ports, n, stop)))
    ]
    for thread in threads:
        thread.start()
    time.sleep(options.seconds)
    before, killed = len(seen.acknowledged), time.monotonic()
    print(cluster.kill(), flush=True)
    deadline = killed + PATIENCE
    while max(seen.acknowledged.values()) < killed + 1 and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(options.seconds)
    stop.set()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        query = select(Statement.text, func.count()).group_by(Statement.text)
        stored = dict(session.execute(query).all())
    with database.writing() as session:
        changed = consequences.recheck(session, 50)
    lost = [name for name in seen.acknowledged if name not in stored]
    print(f"acknowledged writes: {len(seen.acknowledged)}, {before} of them before the kill")
    print(f"lost: {len(lost)}; stored twice: {sum(count > 1 for count in stored.values())}")
    print(f"answers found by their Idempotency-Key: {seen.replayed}")
    print(f"writes stopped for {longest_gap(list(seen.acknowledged.values()), killed):.2f} s")
    print(f"refused meanwhile: {seen.refused}")
    print(f"reads: {len(seen.reads)}, stopped for {longest_gap(seen.reads, killed):.2f} s")
    print(f"reads that failed: {seen.failed_reads}")
    print(f"own writes that the other server did not show: {seen.not_seen}")
    print(f"contradictions that a recheck changes: {changed}")


main()
