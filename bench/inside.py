"""What is measured once: candidates against an exact search, memory, and the start of the server."""

import statistics
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from heapq import nlargest
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench import dataset, load
from bench.load import Cell, Client, expect
from bench.machine import BenchError, Running
from bench.newsroom import SECRET
from bench.stage import Stage
from bench.writes import PATH, WITH_MODEL
from factcheck import candidates
from factcheck.claims import Claim
from factcheck.config import Settings
from factcheck.db import Database
from factcheck.lookups import Hit
from factcheck.statements import Statement

QUERIES = 40
# An exact search looks at every row, so six must do. A chunk's words stay in the cache of stems.
EXACT_QUERIES = 6
CHUNK = 2_000
ANALYSED = 24
MEBIBYTE = 1 << 20


def candidates_found(stage: Stage) -> Iterator[Cell]:
    """Measure how long candidates take in this process, and which part of the exact ones they are."""
    _require_internals()
    size = stage.sizes[-1]
    url = f"sqlite:///{stage.file(size)}"
    database = Database(Settings(url, url))
    with database.reading() as session:
        newest = session.query(Statement).order_by(Statement.id.desc()).limit(QUERIES).all()
        candidates.gather(session, newest[0])
        took = []
        for said in newest:
            start = time.perf_counter()
            candidates.gather(session, said)
            took.append(1000 * (time.perf_counter() - start))
        stage.values["candidates, ms"] = statistics.median(took)
        recalls = []
        for said in newest[:: QUERIES // EXACT_QUERIES][:EXACT_QUERIES]:
            stage.tell("exact search")
            recalls.append(recall(session, said))
        stage.values["candidates, recall"] = statistics.mean(recalls)
    database.dispose()
    yield from ()


def recall(session: Session, said: Statement, limit: int = candidates.LIMIT) -> float:
    """Return which part of the exact candidates is found.

    They are those of the same ranking over all rows: of each chunk the best, and of those the best. Two
    parts of the ranking depend on what else is gathered (the weight of words, and parts of names that could
    mean several), so the best of all chunks are ranked once more, together with what is found. One that
    scores as much as the last of the exact ones is as good as it.
    """
    search = candidates._Search(session, said, None, None)
    best: dict[type, list[str]] = {Claim: [], Statement: []}
    for model, ids in best.items():
        rows = session.scalars(sa.select(model.id).order_by(model.id))
        for chunk in rows.partitions(CHUNK):
            ids += _best(search, model, chunk, 5 * limit)
    found = candidates.gather(session, said)
    claims, statements = ({str(one.id) for one in kind} for kind in (found.claims, found.statements))
    near = claims | statements
    search._pool = candidates._Pool()
    search._load_claims(_hits("claim", claims.union(best[Claim])))
    search._load_statements(_hits("statement", statements.union(best[Statement])))
    _rank(search)
    search._follow()
    _rank(search)
    wanted = met = 0
    for entries in (search._pool.claims, search._pool.statements):
        exact = nlargest(limit, entries.values(), key=candidates._score)
        exact = [entry for entry in exact if entry.score >= candidates._GATE]
        least = exact[-1].score - 1e-6 if exact else 0.0
        as_good = sum(entry.row.id in near and entry.score >= least for entry in entries.values())
        wanted += len(exact)
        met += min(as_good, len(exact))
    return met / wanted if wanted else 1.0


def _best(search: Any, model: type, chunk: Any, number: int) -> list[str]:
    search._pool = candidates._Pool()
    if model is Claim:
        search._load_claims(_hits("claim", map(str, chunk)))
    else:
        search._load_statements(_hits("statement", map(str, chunk)))
    _rank(search)
    entries = search._pool.claims if model is Claim else search._pool.statements
    return [entry.row.id for entry in nlargest(number, entries.values(), key=candidates._score)]


def _hits(record_type: str, ids: Iterable[str]) -> list[Hit]:
    return [Hit(record_type, id_, id_) for id_ in ids]


def _rank(search: Any) -> None:
    search._rank(search._pool.claims)
    search._rank(search._pool.statements)


def process(stage: Stage) -> Iterator[Cell]:
    """Measure one worker: its start to the first answer, and its memory once it has read and judged."""
    size = stage.sizes[-1]
    file = stage.file(size)
    starts = [_start(stage, file) for _ in range(3)]
    stage.values["start, s"] = statistics.median(starts)
    server = stage.service(file, WITH_MODEL)
    with Client(server.port) as client:
        for body in islice(dataset.analysed_bodies(size, "memory"), ANALYSED):
            expect(201, client.ask(load.post_request(PATH, body, SECRET)))
        for slug in dataset.slugs(size):
            for path in (f"/v1/claims/{slug}/view", f"/embed/claims/{slug}", f"/claims/{slug}"):
                expect(200, client.get(path))
    dataset.forget_posts(file)
    found = server.memory(file)
    stage.values |= {
        "memory, MiB": found.resident / MEBIBYTE,
        "of it its own, MiB": found.own / MEBIBYTE,
        "of it pages of the database, MiB": found.database / MEBIBYTE,
    }
    yield from ()


def _start(stage: Stage, file: Path) -> float:
    """Return the seconds from the start of a server to its first answer, a view."""
    path = f"/v1/claims/{dataset.slugs(stage.sizes[-1])[0]}/view"
    start = time.perf_counter()
    with ExitStack() as stack:
        server: Running = stage.fresh(stack, file, WITH_MODEL)
        with Client(server.port) as client:
            expect(200, client.get(path))
        return time.perf_counter() - start


def _require_internals() -> None:
    """Raise where the ranking has no longer the parts by which the exact search is made."""
    parts = ("_Search", "_Pool", "_score", "_GATE")
    if missing := [part for part in parts if not hasattr(candidates, part)]:
        raise BenchError(f"factcheck.candidates has no {', '.join(missing)}; bring bench/inside.py in line.")
