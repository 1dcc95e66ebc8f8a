"""A judge on the loopback interface that speaks the protocol, for tests that ask one for real."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Material = dict[str, Any]


def agrees(material: Material) -> Any:
    """Find a contradiction in any two statements and support for any claim, by the words as they stand."""
    if "claim" in material:
        said = material["statement"]["text"]
        return {"label": "supports", "confidence": 0.9, "evidence_a": said, "reason": "It says so."}
    return {
        "label": "contradiction",
        "confidence": 0.9,
        "evidence_a": material["a"]["text"],
        "evidence_b": material["b"]["text"],
        "reason": "One clears, the other blames.",
    }


def denies(material: Material) -> Any:
    """Find nothing in anything."""
    label = "none" if "claim" in material else "neutral"
    return {"label": label, "confidence": 0.9, "evidence_a": "", "evidence_b": "", "reason": "Other things."}


class JudgeServer(ThreadingHTTPServer):
    """Answers with `answer` of the material; counts connections and keeps what it was asked.

    `during` runs before an answer goes out, and `gate` holds answers back until it is set.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/v1/chat/completions"
        self.answer: Callable[[Material], Any] = agrees
        self.during: Callable[[], Any] = lambda: None
        self.status = 200
        self.gate = threading.Event()
        self.gate.set()
        self.connections = 0
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []

    @property
    def asked(self) -> list[Material]:
        """What was asked, in order."""
        return [json.loads(request["messages"][1]["content"]) for request in self.requests]

    def get_request(self) -> Any:
        self.connections += 1
        return super().get_request()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away: that is what a time-out looks like from here."""


class _Handler(BaseHTTPRequestHandler):
    server: JudgeServer

    def do_POST(self) -> None:
        judge = self.server
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        judge.requests.append(request)
        judge.keys.append(self.headers["Authorization"])
        judge.during()
        judge.gate.wait(30)
        found = judge.answer(json.loads(request["messages"][1]["content"]))
        content = found if isinstance(found, str) else json.dumps(found)
        body = json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}).encode()
        self.send_response(judge.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the tests' output clean."""


@contextmanager
def serving() -> Iterator[JudgeServer]:
    """Give a judge that answers until the end of the block."""
    server = JudgeServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.gate.set()
        server.shutdown()
        thread.join()
        server.server_close()
