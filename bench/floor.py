"""The floor: a bare Flask application that answers with bytes from memory.

`BENCH_BODIES` names a folder; `GET /<name>` and `POST /<name>` answer with the bytes of the file of
that name, read once at the start. A POST reads its body first, as any service must.
"""

import os
from contextlib import ExitStack
from pathlib import Path

from flask import Flask, Response, request
from granian import Granian
from granian.constants import Interfaces

from bench.load import Client, expect, post_request
from bench.machine import BenchError, Running, free_port, serving


def create_app(folder: Path) -> Flask:
    """Return the application that answers with the files of this folder."""
    bodies = {path.name: path.read_bytes() for path in folder.iterdir()}
    app = Flask("floor")

    @app.get("/<name>")
    def read(name: str) -> Response:
        return Response(bodies[name], mimetype="application/json")

    @app.post("/<name>")
    def create(name: str) -> Response:
        request.get_data()
        return Response(bodies[name], 201, mimetype="application/json")

    return app


def load_app() -> Flask:
    """Return the application in granian's worker."""
    return create_app(Path(os.environ["BENCH_BODIES"]))


def start(stack: ExitStack, work: Path, bodies: dict[str, bytes]) -> Running:
    """Serve these bodies, check that they come back the same to the byte, and return the server."""
    folder = work / "bodies"
    folder.mkdir()
    for name, body in bodies.items():
        (folder / name).write_bytes(body)
    port = free_port()
    environ = {"BENCH_BODIES": str(folder), "BENCH_PORT": str(port)}
    server = stack.enter_context(serving(["-m", "bench.floor"], environ, port, work / "floor.log"))
    with Client(port) as client:
        for name, body in bodies.items():
            read = expect(200, client.get(f"/{name}"))
            created = expect(201, client.ask(post_request(f"/{name}", b"{}", "none")))
            if read.body != body or created.body != body:
                raise BenchError(f"The floor's answer to {name} is not the service's.")
    return server


def serve(port: int) -> None:
    """Serve as `factcheck serve` does on SQLite."""
    Granian(
        "bench.floor:load_app",
        factory=True,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=1,
        working_dir=Path(__file__).parent.parent,
        log_access=False,
    ).serve()


if __name__ == "__main__":
    serve(int(os.environ["BENCH_PORT"]))
