"""The floor: a bare Flask application that answers with bytes from memory.

`BENCH_BODIES` names a folder; `GET /<name>` and `POST /<name>` answer with the bytes of the file of
that name, read once at the start. A POST reads its body first, as any service must.

Beside it a second one is started, in which `GET /<name>/asked/<number>` first runs what the service asks of
the database for one of its answers (`asked.py`), and throws the rows away: nobody who reads them from this
database can be faster.
"""

import json
import os
import sqlite3
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from granian import Granian
from granian.constants import Interfaces

from bench.load import Client, expect, post_request
from bench.machine import BenchError, Running, free_port, serving

# As much of the file as a reader of the service maps and keeps (`factcheck.sqlite`, not loaded here).
MAPPED, CACHED = 32 * 2**20, 8 * 2**20
Questions = list[list[tuple[str, list[Any]]]]
"""For each of some answers the statements, in order, each with what it is given."""


def create_app(folder: Path) -> Flask:
    """Return the application that answers with the files of this folder."""
    bodies = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".asked"}
    questions = {path.stem: json.loads(path.read_bytes()) for path in folder.glob("*.asked")}
    app = Flask("floor")

    @app.get("/<name>")
    def read(name: str) -> Response:
        return Response(bodies[name], mimetype="application/json")

    @app.post("/<name>")
    def create(name: str) -> Response:
        request.get_data()
        return Response(bodies[name], 201, mimetype="application/json")

    if questions:  # One route less for the bare one to look through.
        databases = {name: _reader(told["database"]) for name, told in questions.items()}

        @app.get("/<name>/asked/<int:number>")
        def ask(name: str, number: int) -> Response:
            database = databases[name]
            database.execute("BEGIN")
            for text, parameters in questions[name]["asked"][number]:
                database.execute(text, parameters).fetchall()
            database.rollback()
            return Response(bodies[name], mimetype="application/json")

    return app


def _reader(path: str) -> sqlite3.Connection:
    """Return a connection such as the service's readers have."""
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    connection.execute("PRAGMA query_only = ON")
    connection.execute(f"PRAGMA mmap_size = {MAPPED}")
    connection.execute(f"PRAGMA cache_size = -{CACHED // 1024}")
    return connection


def load_app() -> Flask:
    """Return the application in granian's worker."""
    return create_app(Path(os.environ["BENCH_BODIES"]))


def start(
    stack: ExitStack,
    folder: Path,
    bodies: dict[str, bytes],
    questions: dict[str, tuple[Path, Questions]] | None = None,
) -> Running:
    """Serve these bodies, check that they come back the same to the byte, and return the server.

    `questions` are what is asked first, of which file, for answers of some of these names.
    """
    folder.mkdir()
    for name, body in bodies.items():
        (folder / name).write_bytes(body)
    for name, (database, statements) in (questions or {}).items():
        told = {"database": str(database), "asked": statements}
        (folder / f"{name}.asked").write_text(json.dumps(told), encoding="utf-8")
    port = free_port()
    environ = {"BENCH_BODIES": str(folder), "BENCH_PORT": str(port)}
    server = stack.enter_context(serving(["-m", "bench.floor"], environ, port, folder.with_suffix(".log")))
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
