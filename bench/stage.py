"""Everything that runs while it is measured: data sets, servers of the service, peers, the floor."""

import hashlib
import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from bench import dataset, floor, load
from bench.asked import asked
from bench.load import Answer, Cell, Client, Round, expect
from bench.machine import BenchError, Running, free_port, serving

RESULTS = Path(__file__).parent / "results"
PEERS = Path(__file__).parent / "peers"
SETTINGS = {
    "FACTCHECK_SECRET_KEY": "bench",
    # Nothing here needs the model, but the groups that say so.
    "FACTCHECK_MODEL": "rules",
    # One client sends more than any newsroom's limits allow.
    "FACTCHECK_LIMIT_READS": "none",
    "FACTCHECK_LIMIT_WRITES": "none",
    "FACTCHECK_LIMIT_ANALYSIS": "none",
}
UNCACHED = {"FACTCHECK_CACHE_MB": "0"}


@dataclass(slots=True)
class Stage:
    """What the groups share; each server and each copy of a data set is made when first asked for.

    `sizes` are the numbers of statements between which growth is measured; `main` is the one that
    everything else is measured on.
    """

    stack: ExitStack
    work: Path
    sizes: tuple[int, int]
    main: int
    tell: Callable[[str], None]
    bodies: dict[str, bytes] = field(default_factory=dict)
    questions: dict[str, tuple[Path, floor.Questions]] = field(default_factory=dict)
    _floor: Running | None = None
    _asking: Running | None = None
    # What could not be measured, and why.
    notes: list[str] = field(default_factory=list)
    values: dict[str, float] = field(default_factory=dict)
    _files: dict[str, Path] = field(default_factory=dict)
    _servers: dict[Any, Running] = field(default_factory=dict)
    _python: str | None = None

    @classmethod
    def prepare(
        cls, stack: ExitStack, sizes: tuple[int, int], main: int, tell: Callable[[str], None]
    ) -> Self:
        """Make a folder to work in, on a real disk: in memory, storing a post durably would cost nothing."""
        (RESULTS / "data").mkdir(parents=True, exist_ok=True)
        work = stack.enter_context(tempfile.TemporaryDirectory(prefix="work-", dir=RESULTS))
        return cls(stack, Path(work), sizes, main, tell)

    def file(self, kind: int | str) -> Path:
        """Return the copy of a data set that this run works on."""
        name = str(kind)
        if name not in self._files:
            self.tell(f"data set {name}")
            path = self.work / f"{name}.sqlite3"
            dataset.copy_of(name, RESULTS / "data", path)
            self._files[name] = path
        return self._files[name]

    def service(
        self, database: Path | str, settings: dict[str, str] | None = None, workers: int = 1
    ) -> Running:
        """Return a server of the service on a file or the address of a database."""
        settings = settings or {}
        key = ("service", str(database), workers, tuple(sorted(settings.items())))
        if key not in self._servers:
            self._servers[key] = self.fresh(self.stack, database, settings, workers)
        return self._servers[key]

    def fresh(
        self, stack: ExitStack, database: Path | str, settings: dict[str, str], workers: int = 1
    ) -> Running:
        """Start another server of the service, which stops with the stack."""
        url = f"sqlite:///{database}" if isinstance(database, Path) else database
        port = free_port()
        environ = {
            **SETTINGS,
            # Servers take turns here: each has a core as if it were the only one.
            "FACTCHECK_OWN_CORE": f"bench-{port}",
            "FACTCHECK_DATABASE_URL": url,
            "FACTCHECK_READ_DATABASE_URL": url,
            "FACTCHECK_HOST": "127.0.0.1",
            "FACTCHECK_PORT": str(port),
            **settings,
        }
        command = ["-c", "from factcheck.cli import main; main()", "serve", f"--workers={workers}"]
        return self._start(stack, command, environ, port, sys.executable)

    def fastapi(self, module: str, database: Path | str) -> Running | None:
        """Return a server of a peer on FastAPI, on uvicorn; None where its packages cannot be had."""
        options = ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
        return self._peer(["uvicorn", f"{module}:app", "--app-dir", str(PEERS), *options, "--port"], database)

    def django(self, database: Path) -> Running | None:
        """Return a server of the peer on Django, on the server that the service uses."""
        options = ["--interface", "wsgi", "--workers", "1", "--blocking-threads", "1", "--no-access-log"]
        command = ["granian", "drf:application", "--working-dir", str(PEERS), *options, "--port"]
        return self._peer(command, database)

    def datasette(self, database: Path) -> Running | None:
        """Return a server of Datasette, which calls a database after its file."""
        link = self.work / "news.db"
        if not link.exists():
            link.symlink_to(database)
        metadata = str(PEERS / "datasette.json")
        return self._peer(["datasette", "serve", str(link), "--metadata", metadata, "--port"], database)

    def _peer(self, command: list[str], database: Path | str) -> Running | None:
        key = (*command, str(database))
        if key not in self._servers:
            python = self._peers_python()
            if not python:
                return None
            port = free_port()
            environ = {"PEER_DATABASE": str(database)}
            self._servers[key] = self._start(self.stack, ["-m", *command, str(port)], environ, port, python)
        return self._servers[key]

    def _start(
        self, stack: ExitStack, command: list[str], environ: dict[str, str], port: int, python: str
    ) -> Running:
        self.tell(f"start of {' '.join(command[1:3])}")
        return stack.enter_context(serving(command, environ, port, self.work / f"{port}.log", python))

    def _peers_python(self) -> str | None:
        """Return the Python of the peers' own environment, made once from their pinned requirements."""
        if self._python is None:
            requirements = PEERS / "requirements.txt"
            folder = RESULTS / f"peers-{hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]}"
            if not (folder / "ready").exists():
                self.tell("environment of the peers")
                venv.create(folder, with_pip=True, clear=True)
                install = ["-m", "pip", "install", "--quiet", "--requirement", str(requirements)]
                made = subprocess.run(
                    [folder / "bin/python", *install], capture_output=True, text=True, check=False
                )
                if made.returncode:
                    self.notes.append(f"No peers: their packages cannot be installed: {made.stderr[-300:]}")
                    self._python = ""
                    return None
                (folder / "ready").touch()
            self._python = str(folder / "bin/python")
        return self._python or None

    def gets(
        self, measure: str, variant: str, server: Running, paths: list[str], *, connections: int = 8,
        status: int = 200, etags: list[str] | None = None,
    ) -> tuple[Cell, list[Answer]]:  # fmt: skip
        """Return a cell that reads these addresses in turn, and what they answered before."""
        known = etags or [""] * len(paths)
        with Client(server.port) as client:
            for _ in range(2):
                answers = [
                    expect(status, client.get(path, etag)) for path, etag in zip(paths, known, strict=True)
                ]
        lines = [f"{path} {etag}".rstrip() for path, etag in zip(paths, known, strict=True)]
        sizes = [answer.size for answer in answers]
        return self._cell(measure, variant, lambda: server, lines, sizes, connections), answers

    def floor(self, measure: str, answers: list[Answer], *, connections: int = 8) -> Cell:
        """Return the cell of the floor that serves the answer of median length."""
        body = sorted((answer.body for answer in answers), key=len)[len(answers) // 2]
        name = measure.replace(" ", "-")
        self.bodies[name] = body
        return self._cell(measure, "floor", self._running_floor, [f"/{name}"], [], connections)

    def asking_floor(self, measure: str, file: Path, paths: list[str]) -> Cell:
        """Return the cell of the floor that first runs what the service asks of this file for these paths.

        What it answers is what `floor` was given for the same measure.
        """
        name = measure.replace(" ", "-")
        self.questions[name] = file, asked(file, paths)
        lines = [f"/{name}/asked/{number}" for number in range(len(paths))]
        return self._cell(measure, "floor, after the same SQL", self._asking_floor, lines, [], 8)

    def _cell(
        self, measure: str, variant: str, server: Callable[[], Running], lines: list[str], sizes: list[int],
        connections: int,
    ) -> Cell:  # fmt: skip
        urls = self.work / f"urls-{measure}-{variant}".replace(" ", "-")
        urls.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")

        def run(seconds: int) -> Round:
            running = server()
            if not sizes:
                with Client(running.port) as client:
                    sizes.append(expect(200, client.get(lines[0])).size)
            allowed = range(min(sizes), max(sizes) + 1)
            return load.with_cpu_of(
                running, lambda: load.gets(running.port, urls, allowed, seconds, connections)
            )

        return Cell(measure, variant, run)

    def start_floor(self) -> None:
        """Start the floor, once all that it is to answer is known."""
        self._floor = floor.start(self.stack, self.work / "floor", self.bodies)
        if self.questions:
            self._asking = floor.start(self.stack, self.work / "asking", self.bodies, self.questions)

    def _running_floor(self) -> Running:
        return _started(self._floor)

    def _asking_floor(self) -> Running:
        return _started(self._asking)


def _started(server: Running | None) -> Running:
    if server is None:
        raise BenchError("The floor was not started.")
    return server


def same_json(answers: Iterable[Answer], others: Iterable[Answer], what: str) -> None:
    """Raise where an answer is not the same JSON as the other."""
    for answer, other in zip(answers, others, strict=True):
        if json.loads(answer.body) != json.loads(other.body):
            raise BenchError(f"The answer of {what} is not the service's.")
