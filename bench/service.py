"""The service as it is measured: on a data set, warm, its answers checked before anything is timed."""

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bench import dataset, floor, load
from bench.load import Answer, Cell, Client, Round, expect
from bench.machine import BenchError, free_port, serving
from bench.newsroom import SECRET, SUPPORTS

WARM_UP_POSTS = 24
POST_CONNECTIONS = (1, 4)


@dataclass(slots=True)
class Service:
    """The service on one data set, with what it answered before anything was timed."""

    statements: int
    database: Path
    port: int
    views: list[Answer]
    not_modified: list[Answer]
    post: Answer
    post_sizes: range
    analysed: Answer
    analysed_sizes: range

    @classmethod
    def start(cls, stack: ExitStack, kept: Path, work: Path, statements: int) -> "Service":
        """Serve a copy of the data set, warm it up, and keep what it answers."""
        database = work / f"{statements}.sqlite3"
        dataset.copy_of(statements, kept, database)
        port = free_port()
        environ = {
            "FACTCHECK_DATABASE_URL": f"sqlite:///{database}",
            "FACTCHECK_READ_DATABASE_URL": f"sqlite:///{database}",
            "FACTCHECK_HOST": "127.0.0.1",
            "FACTCHECK_PORT": str(port),
            "FACTCHECK_SECRET_KEY": "bench",
            "FACTCHECK_LIMIT_WRITES": "none",
            "FACTCHECK_LIMIT_ANALYSIS": "none",
        }
        command = ["-c", "from factcheck.cli import main; main()", "serve"]
        stack.enter_context(serving(command, environ, port, work / f"service-{statements}.log"))
        with Client(port) as client:
            paths = dataset.view_paths(statements)
            views = [expect(200, client.get(path)) for path in paths]
            known = zip(paths, views, strict=True)
            not_modified = [expect(304, client.get(path, view.etag)) for path, view in known]
            requests = islice(_post_requests(statements, "/v1/statements"), WARM_UP_POSTS)
            posts = [expect(201, client.ask(request)) for request in requests]
            stored = dataset.posted(database)
            dataset.forget_posts(database)
            requests = islice(_analysed_requests(statements, "/v1/statements"), WARM_UP_POSTS)
            analysed = [expect(201, client.ask(request)) for request in requests]
            dataset.forget_posts(database)
        # Names and words differ in length from claim to claim; `check_posts` counts rows besides.
        sizes = [len(post.body) for post in posts]
        post_sizes = range(int(min(sizes) * 0.8), int(max(sizes) * 1.25))
        # An analysed post finds from none to FACTCHECK_MAX_FLAGS contradictions.
        analysed_sizes = range(500, 400_000)
        if any(b'"skipped":null' not in post.body for post in analysed):
            raise BenchError("A post was not analysed.")
        service = cls(
            statements, database, port, views, not_modified,
            posts[0], post_sizes, analysed[0], analysed_sizes,
        )  # fmt: skip
        service.check_stored(stored, WARM_UP_POSTS)
        return service

    @property
    def samples(self) -> dict[str, bytes]:
        """Return the answers that the floor is to give, by name."""
        return {
            f"view-{self.statements}": self.views[0].body,
            f"post-{self.statements}": self.post.body,
            f"analysed-{self.statements}": self.analysed.body,
        }

    def check_posts(self, posts: int) -> None:
        """Raise where the posts of a round did not store what they should; then take them out again."""
        stored = dataset.posted(self.database)
        dataset.forget_posts(self.database)
        self.check_stored(stored, posts)

    def check_stored(self, stored: tuple[int, int], posts: int) -> None:
        """Raise where this number of posts did not store as many statements, and their contradictions."""
        if stored != (posts, posts * SUPPORTS):
            raise BenchError(f"{posts} posts stored {stored[0]} statements and {stored[1]} contradictions.")

    def cells(self, floor_port: int, work: Path) -> Iterator[Cell]:
        """Give what is measured on this data set, the floor before the service."""
        n = self.statements
        paths = dataset.view_paths(n)
        views = _urls(work / f"{n}-views", paths)
        known = [f"{path} {view.etag}" for path, view in zip(paths, self.views, strict=True)]
        not_modified = _urls(work / f"{n}-not-modified", known)
        sample = _urls(work / f"{n}-floor", [f"/view-{n}"])
        floor_view = floor.read(floor_port, f"view-{n}")
        yield Cell("view", "floor", n, lambda s: load.gets(floor_port, sample, _sizes([floor_view]), s))
        yield Cell("view", "service", n, lambda s: load.gets(self.port, views, _sizes(self.views), s))
        bare = _sizes(self.not_modified)
        yield Cell("view 304", "service", n, lambda s: load.gets(self.port, not_modified, bare, s))
        for connections in POST_CONNECTIONS:
            measure = f"post x{connections}"
            yield Cell(measure, "floor", n, lambda s, c=connections: self._post_floor(floor_port, s, c))
            yield Cell(measure, "service", n, lambda s, c=connections: self._post(s, c))

        floor_analysed = f"/analysed-{n}"
        yield Cell("analysed", "floor", n, lambda s: self._analysed(floor_port, floor_analysed, s))
        yield Cell("analysed", "service", n, lambda s: self._analysed(self.port, "/v1/statements", s))

    def _analysed(self, port: int, path: str, seconds: int) -> Round:
        requests = _analysed_requests(self.statements, path)
        done = load.posts(port, requests, self.analysed_sizes, seconds, connections=1)
        stored, _ = dataset.posted(self.database)
        if port == self.port and stored != done.requests:
            raise BenchError(f"{done.requests} posts stored {stored} statements.")
        dataset.forget_posts(self.database)
        return done

    def _post_floor(self, floor_port: int, seconds: int, connections: int) -> Round:
        size = len(self.post.body)
        requests = _post_requests(self.statements, f"/post-{self.statements}")
        return load.posts(floor_port, requests, range(size, size + 1), seconds, connections)

    def _post(self, seconds: int, connections: int) -> Round:
        requests = _post_requests(self.statements, "/v1/statements")
        done = load.posts(self.port, requests, self.post_sizes, seconds, connections)
        self.check_posts(done.requests)
        return done


def _post_requests(statements: int, path: str) -> Iterator[bytes]:
    for body in dataset.post_bodies(statements, uuid.uuid4().hex[:8]):
        yield load.post_request(path, body, SECRET)


def _analysed_requests(statements: int, path: str) -> Iterator[bytes]:
    for body in dataset.analysed_bodies(statements, uuid.uuid4().hex[:8]):
        yield load.post_request(path, body, SECRET)


def _sizes(answers: list[Answer]) -> range:
    sizes = [answer.size for answer in answers]
    return range(min(sizes), max(sizes) + 1)


def _urls(path: Path, lines: list[str]) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
    return path
