"""Load: requests to one server for a while, every answer checked, on a machine that is otherwise quiet."""

import json
import math
import re
import selectors
import shutil
import socket
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from bench.machine import BenchError, Moment, Running

MAX_OTHERS = 0.15
REPEATS = 3
QUIET_SECONDS = 30
ANSWER_SECONDS = 15
VIEW_CONNECTIONS = 8
_SCRIPT = Path(__file__).with_name("urls.lua")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_LAST_CHUNK = b"0\r\n\r\n"
_ETAG = re.compile(rb"\r\netag: *(\S+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; `head` ends with the empty line, `size` is that of all that came."""

    status: int
    head: bytes
    body: bytes
    size: int

    @property
    def etag(self) -> str:
        found = _ETAG.search(self.head)
        if not found:
            raise BenchError("An answer has no ETag.")
        return found[1].decode()


class Client:
    """One keep-alive connection.

    It speaks just enough HTTP to read an answer with a Content-Length or in chunks: `http.client`
    takes longer over one than the floor takes to give it, and would be what is measured.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket = socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray(1 << 20)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, request: bytes) -> None:
        self.socket.sendall(request)

    def receive(self) -> Answer:
        """Read one answer to its end."""
        view = memoryview(self._buffer)
        got, end = 0, -1
        while end < 0:
            got += self._more(view[got:])
            end = self._buffer.find(b"\r\n\r\n", 0, got)
        head = bytes(view[: end + 4])
        if _CHUNKED.search(head):
            while not self._buffer.endswith(_LAST_CHUNK, 0, got):
                got += self._more(view[got:])
            return Answer(int(head[9:12]), head, _joined(bytes(view[len(head) : got])), got)
        length = _LENGTH.search(head)
        size = len(head) + (int(length[1]) if length and head[9:12] != b"304" else 0)
        while got < size:
            got += self._more(view[got:])
        return Answer(int(head[9:12]), head, bytes(view[len(head) : size]), size)

    def _more(self, space: memoryview) -> int:
        if not (read := self.socket.recv_into(space)):
            raise BenchError("A server closed the connection.")
        return read

    def ask(self, request: bytes) -> Answer:
        """Send a request and return its answer."""
        self.send(request)
        return self.receive()

    def get(self, path: str, etag: str | None = None) -> Answer:
        """Read an address, with its ETag in If-None-Match where one is given."""
        condition = f"If-None-Match: {etag}\r\n" if etag else ""
        return self.ask(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{condition}\r\n".encode())


def _joined(chunks: bytes) -> bytes:
    """Return the body that was sent in chunks."""
    parts, at = [], 0
    while at < len(chunks):
        end = chunks.index(b"\r\n", at)
        size = int(chunks[at:end], 16)
        parts.append(chunks[end + 2 : end + 2 + size])
        at = end + 4 + size
    return b"".join(parts)


def expect(status: int, answer: Answer) -> Answer:
    """Return the answer; raise where it has another status."""
    if answer.status != status:
        raise BenchError(f"Expected {status}, got {answer.status}: {answer.body[:300].decode()}")
    return answer


def post_request(path: str, body: bytes, key: str) -> bytes:
    """Return the bytes of a POST with a key."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@dataclass(frozen=True, slots=True)
class Round:
    """What one variant did in one round: requests a second, and the time to an answer in milliseconds."""

    requests: int
    rate: float
    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0
    # How many cores other processes used meanwhile.
    others: float = 0.0
    # Of the requests, those that were answered 503: the database was locked for too long.
    refused: int = 0
    # CPU time of the server for each request, in milliseconds: other load hardly changes it.
    cpu: float = 0.0


def wrk() -> str | None:
    """Return where wrk is, or None."""
    return shutil.which("wrk")


@dataclass(slots=True)
class Cell:
    """One variant in one measure: how to run a round of it, and the rounds so far."""

    measure: str
    variant: str
    run: Callable[[int], Round]
    rounds: list[Round] = field(default_factory=list)

    def median(self, of: str) -> float:
        """Return the median over the rounds of one of a round's figures."""
        return statistics.median(self.each(of))

    def each(self, of: str) -> list[float]:
        """Return one of a round's figures for each round."""
        return [getattr(round_, of) for round_ in self.rounds]


def gets(port: int, urls: Path, sizes: range, seconds: int, connections: int = VIEW_CONNECTIONS) -> Round:
    """GET the lines of a file in turn with wrk; `sizes` are those of a right answer, head and body.

    wrk counts bytes as they arrive, so that an answer on each connection may be cut off at the end.
    """
    command = [
        wrk() or "wrk",
        *("--threads", "1", "--connections", str(connections)),
        *("--duration", f"{seconds}s", "--timeout", f"{ANSWER_SECONDS}s"),
        *("--script", str(_SCRIPT), f"http://127.0.0.1:{port}", "--", str(urls)),
    ]
    run = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30, check=False)
    if run.returncode:
        raise BenchError(f"wrk failed: {run.stderr[-500:]}")
    sums = json.loads(run.stdout.splitlines()[-1])
    requests = sums["requests"]
    if sums["errors"] or not requests:
        raise BenchError(f"{sums['errors']} of {requests} answers were errors.")
    if not requests * sizes.start <= sums["bytes"] < (requests + connections) * sizes.stop:
        raise BenchError(f"{requests} answers had {sums['bytes']} bytes; each should have {sizes}.")
    p50, p95, p99 = (microseconds / 1000 for microseconds in sums["latency"])
    return Round(requests, requests / (sums["microseconds"] / 1e6), p50, p95, p99)


def posts(
    port: int,
    requests: Iterator[bytes],
    sizes: range,
    seconds: int,
    connections: int,
    *,
    may_refuse: bool = False,
) -> Round:
    """Send requests that each create something, one at a time on every connection.

    Raise where an answer is not a 201 or its body is not of one of these sizes; with `may_refuse` a
    503 is counted instead.
    """
    refused = 0
    sent: dict[Client, float] = {}
    took: list[float] = []
    with ExitStack() as stack, selectors.DefaultSelector() as selector:
        clients = [stack.enter_context(Client(port)) for _ in range(connections)]
        start = time.perf_counter()
        for client in clients:
            sent[client] = time.perf_counter()
            client.send(next(requests))
            selector.register(client.socket, selectors.EVENT_READ, client)
        while selector.get_map():
            ready = selector.select(ANSWER_SECONDS)
            if not ready:
                raise BenchError("A server did not answer in time.")
            for key, _ in ready:
                answer = key.data.receive()
                if may_refuse and answer.status == 503:
                    refused += 1
                else:
                    _check(answer, sizes)
                took.append(time.perf_counter() - sent[key.data])
                if time.perf_counter() - start < seconds:
                    sent[key.data] = time.perf_counter()
                    key.data.send(next(requests))
                else:
                    selector.unregister(key.data.socket)
        elapsed = time.perf_counter() - start
    times = (1000 * part(took, share) for share in (0.5, 0.95, 0.99))
    return Round(len(took), len(took) / elapsed, *times, refused=refused)


def with_cpu_of(server: Running, run: Callable[[], Round]) -> Round:
    """Run a round and add what it cost the server."""
    before = server.cpu_seconds()
    done = run()
    return replace(done, cpu=1000 * (server.cpu_seconds() - before) / done.requests)


def part(values: list[float], share: float) -> float:
    """Return the least of the values that at least this share of them do not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def _check(answer: Answer, sizes: range) -> None:
    if answer.status != 201 or len(answer.body) not in sizes:
        raise BenchError(
            f"A POST was answered {answer.status} with {len(answer.body)} bytes, not 201 with {sizes}: "
            f"{answer.body[:300].decode(errors='replace')}"
        )


def undisturbed(run: Callable[[], Round], *, anyway: bool = False) -> Round:
    """Run a round; run it again, at most three times, while others use the machine too.

    Raise where they never stop; with `anyway` a disturbed round counts as well.
    """
    for _ in range(1 + REPEATS):
        before = Moment.now()
        result = run()
        others = before.others_until(Moment.now())
        if anyway or others <= MAX_OTHERS:
            return replace(result, others=round(others, 3))
        _await_quiet()
    raise BenchError(f"Other processes used {others:.2f} cores in every try; stop them and run this again.")


def _await_quiet() -> None:
    deadline = time.monotonic() + QUIET_SECONDS
    while time.monotonic() < deadline:
        before = Moment.now()
        time.sleep(0.5)
        if before.others_until(Moment.now()) <= MAX_OTHERS / 2:
            return
