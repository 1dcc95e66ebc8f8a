"""What is measured of writing: posts beside a peer, under many clients, by several processes, analysed."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bench import dataset, load
from bench.invented import claim_slug
from bench.load import Answer, Cell, Client, Round, expect
from bench.machine import BenchError, Running
from bench.newsroom import CROWDED_SUPPORTS, SECRET
from bench.reads import WIDTHS, wide_settings
from bench.stage import UNCACHED, Stage
from bench.wide import WIDE_FLAGS

PATH = "/v1/statements"
WARM_UP = 24
WITH_MODEL = {"FACTCHECK_MODEL": ""}
Bodies = Callable[[str], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Posts:
    """Posts to one server: what they are, and how many contradictions each one finds (None: any number)."""

    server: Running
    file: Path
    bodies: Bodies
    finds: int | None
    # Whether the server may answer that the database is locked; it is then counted.
    may_refuse: bool = False

    def warm_up(self) -> tuple[list[Answer], dict[str, int]]:
        """Post some; return the answers and the rows that were stored of each table."""
        with Client(self.server.port) as client:
            answers = [expect(201, client.ask(request)) for request in islice(self._requests(), WARM_UP)]
        return answers, self._take_out(WARM_UP)

    def cell(self, measure: str, variant: str, connections: int) -> Cell:
        """Return a cell that posts for a while; after each round the rows that it stored are counted."""
        answers, _ = self.warm_up()
        sizes = [len(answer.body) for answer in answers]
        # Names and words differ in length; an analysed post finds from none to 50 contradictions.
        least, most = (0.8, 1.25) if self.finds is not None else (0.02, 50)
        allowed = range(int(min(sizes) * least), int(max(sizes) * most))

        def run(seconds: int) -> Round:
            port, bodies = self.server.port, self._requests()
            done = load.with_cpu_of(
                self.server,
                lambda: load.posts(port, bodies, allowed, seconds, connections, may_refuse=self.may_refuse),
            )
            self._take_out(done.requests - done.refused)
            return done

        return Cell(measure, variant, run)

    def _requests(self) -> Iterator[bytes]:
        for body in self.bodies(uuid.uuid4().hex[:8]):
            yield load.post_request(PATH, body, SECRET)

    def _take_out(self, posts: int) -> dict[str, int]:
        """Take out what was stored; raise where it is not what so many posts should store."""
        stored = dataset.posted(self.file)
        dataset.forget_posts(self.file)
        found = (stored["statement"], stored["contradiction"])
        if stored["statement"] != posts or (self.finds is not None and found[1] != posts * self.finds):
            raise BenchError(f"{posts} posts stored {found[0]} statements and {found[1]} contradictions.")
        return stored


def posts(stage: Stage) -> Iterator[Cell]:
    """Measure posts with one link, analysis off, beside the same inserts by FastAPI and its ORM."""
    file, main = stage.file(stage.main), stage.main
    for measure, crowded, finds in (("post", False, 1), ("post that flags 12", True, CROWDED_SUPPORTS)):

        def bodies(run: str, crowded: bool = crowded) -> Iterator[bytes]:
            return dataset.post_bodies(main, run, crowded=crowded)

        ours = Posts(stage.service(file), file, bodies, finds)
        peer = stage.fastapi("fastapi_orm", file)
        theirs = Posts(peer, file, bodies, finds) if peer else None
        if theirs:
            _same_rows(ours, theirs)
        for clients in (4, 16) if not crowded else (4,):
            name = f"{measure}, {clients} clients"
            yield ours.cell(name, "factcheck", clients)
            if theirs:
                yield theirs.cell(name, "fastapi sync orm", clients)
        if not crowded:
            normal = {"FACTCHECK_SQLITE_SYNCHRONOUS": "NORMAL"}
            relaxed = Posts(stage.service(file, normal), file, bodies, finds)
            yield relaxed.cell("post, 4 clients", "factcheck, synchronous=NORMAL", 4)
            eight = Posts(stage.service(file, workers=8), file, bodies, finds, may_refuse=True)
            yield eight.cell("post, 16 clients", "factcheck, 8 processes", 16)


def _same_rows(ours: Posts, theirs: Posts) -> None:
    """Raise where the same posts do not store as many rows in every table."""
    (_, stored), (_, by_peer) = ours.warm_up(), theirs.warm_up()
    if stored != by_peer:
        raise BenchError(f"The service stored {stored}, fastapi sync orm {by_peer}.")


def growth(stage: Stage) -> Iterator[Cell]:
    """Measure the same posts on a small and on a large data set, one client."""
    for measure, crowded, finds in (("growing post", False, 1), ("growing flags", True, CROWDED_SUPPORTS)):
        for size in stage.sizes:

            def bodies(run: str, size: int = size, crowded: bool = crowded) -> Iterator[bytes]:
                return dataset.post_bodies(size, run, crowded=crowded)

            file = stage.file(size)
            server = stage.service(file, UNCACHED)
            yield Posts(server, file, bodies, finds).cell(measure, f"{size:,} statements", 1)


def wide(stage: Stage) -> Iterator[Cell]:
    """Measure a post on a claim with 10,000 statements a side beside one on a claim with 10."""
    file = stage.file(dataset.WIDE)
    server = stage.service(file, wide_settings())
    for claim, variant in WIDTHS:

        def bodies(run: str, claim: int = claim) -> Iterator[bytes]:
            return dataset.posts_on([claim_slug(claim)], "disputes", run, speakers=50)

        yield Posts(server, file, bodies, WIDE_FLAGS).cell("post on a wide claim", variant, 1)


def analysed(stage: Stage) -> Iterator[Cell]:
    """Measure posts whose words are read, with the model that ships, one client."""
    for size in dict.fromkeys((stage.main, stage.sizes[-1])):

        def bodies(run: str, size: int = size) -> Iterator[bytes]:
            return dataset.analysed_bodies(size, run)

        file = stage.file(size)
        found = Posts(stage.service(file, WITH_MODEL), file, bodies, None)
        answers, _ = found.warm_up()
        if any(b'"skipped":null' not in answer.body for answer in answers):
            raise BenchError("A post was not analysed.")
        yield found.cell("post, analysed", f"{size:,} statements", 1)
