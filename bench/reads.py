"""What is measured of reading: views and pages beside floor and peers, growth, wide claims, search."""

import json
from collections.abc import Iterator
from uuid import UUID

from flask import Flask

from bench import dataset, postgres
from bench.invented import claim_slug
from bench.load import Answer, Cell
from bench.machine import BenchError
from bench.stage import SETTINGS, UNCACHED, Stage, same_json
from bench.wide import NARROW, WIDE, WIDE_FLAGS
from factcheck import paging
from factcheck.config import Settings
from factcheck.db import Database
from factcheck.statements import Statement

# Of each pair the first stands in every ninth statement, the second in every fortieth to hundredth.
PAIRS_OF_WORDS = ("evidence night", "record letter", "investigators signed", "client report", "told council")
COMMON_WORDS = ("evidence", "record", "investigators")


def view(stage: Stage) -> Iterator[Cell]:
    """Measure the claim view: uncached, cached, unchanged; of typical and of crowded claims."""
    file = stage.file(stage.main)
    for measure, crowded in (("view", False), ("crowded view", True)):
        slugs = dataset.slugs(stage.main, crowded=crowded)
        paths = [f"/v1/claims/{slug}/view" for slug in slugs]
        uncached, answers = stage.gets(measure, "factcheck", stage.service(file, UNCACHED), paths)
        yield stage.floor(measure, answers)
        yield stage.asking_floor(measure, file, paths)
        yield uncached
        cached, again = stage.gets(measure, "factcheck, cached", stage.service(file), paths)
        same_json(again, answers, "the cache")
        yield cached
        if not crowded:
            etags = [answer.etag for answer in again]
            server = stage.service(file)
            yield stage.gets(measure, "factcheck, unchanged", server, paths, status=304, etags=etags)[0]
        for variant, server in (
            ("fastapi async core", stage.fastapi("fastapi_async", file)),
            ("fastapi sync orm", stage.fastapi("fastapi_orm", file)),
            ("django rest framework", stage.django(file)),
        ):
            if server:
                cell, theirs = stage.gets(measure, variant, server, paths)
                same_json(theirs, answers, variant)
                yield cell
        if not crowded and (server := stage.datasette(file)):
            rows = [f"/news/sides.json?slug={slug}&_shape=array" for slug in slugs]
            cell, theirs = stage.gets(measure, "datasette, rows only", server, rows)
            _same_rows(theirs, answers)
            yield cell


def _same_rows(theirs: list[Answer], answers: list[Answer]) -> None:
    """Raise where Datasette's rows are not the statements of both sides in the same order."""
    for rows, whole in zip(theirs, answers, strict=True):
        found = [(UUID(row["id"]), row["text"], row["stance"]) for row in json.loads(rows.body)]
        sides = json.loads(whole.body)
        wanted = [
            (UUID(said["id"]), said["text"], side)
            for side in ("supports", "disputes")
            for said in sides[side]["statements"]
        ]
        if found != wanted:
            raise BenchError("The rows of Datasette are not the service's statements.")


def on_postgres(stage: Stage) -> Iterator[Cell]:
    """Measure the view on PostgreSQL, in a server of our own that holds the same rows."""
    binaries = postgres.binaries()
    if not binaries:
        stage.notes.append("No view on PostgreSQL: there is no pg_ctl on this machine.")
        return
    url = postgres.start(stage.stack, binaries, stage.file(stage.main), stage.tell)
    paths = [f"/v1/claims/{slug}/view" for slug in dataset.slugs(stage.main)]
    service, answers = stage.gets("view on PostgreSQL", "factcheck", stage.service(url, UNCACHED), paths)
    yield stage.floor("view on PostgreSQL", answers)
    yield service
    if server := stage.fastapi("fastapi_core", url):
        cell, theirs = stage.gets("view on PostgreSQL", "fastapi sync core", server, paths)
        same_json(theirs, answers, "fastapi sync core")
        yield cell


def pages(stage: Stage) -> Iterator[Cell]:
    """Measure the HTML that readers get: the embed and the claim's page."""
    file = stage.file(stage.main)
    slugs = dataset.slugs(stage.main)
    for measure, path in (("embed", "/embed/claims/"), ("claim page", "/claims/")):
        paths = [path + slug for slug in slugs]
        uncached, answers = stage.gets(measure, "factcheck", stage.service(file, UNCACHED), paths)
        yield stage.floor(measure, answers)
        yield stage.asking_floor(measure, file, paths)
        yield uncached
        yield stage.gets(measure, "factcheck, cached", stage.service(file), paths)[0]


def growth(stage: Stage) -> Iterator[Cell]:
    """Measure the same reads on a small and on a large data set."""
    for size in stage.sizes:
        server = stage.service(stage.file(size), UNCACHED)
        slugs = dataset.slugs(size)
        for measure, paths in (
            ("growing view", [f"/v1/claims/{slug}/view" for slug in slugs]),
            ("growing embed", [f"/embed/claims/{slug}" for slug in slugs]),
            ("first page of statements", ["/v1/statements?limit=50"]),
            ("deepest page of statements", [_deepest(stage, size)]),
        ):
            yield stage.gets(measure, f"{size:,} statements", server, paths)[0]


def _deepest(stage: Stage, size: int) -> str:
    """Return the address of the last whole page of statements, which a reader would come to in the end."""
    url = f"sqlite:///{stage.file(size)}"
    settings = Settings(url, url, secret_key=SETTINGS["FACTCHECK_SECRET_KEY"])
    database = Database(settings)
    with database.reading() as session:
        oldest = session.query(Statement.id).order_by(Statement.id).limit(51).all()
    database.dispose()
    app = Flask("bench")
    app.extensions["factcheck.settings"] = settings
    path = "/v1/statements?limit=50"
    with app.test_request_context(path):
        return f"{path}&cursor={paging.seal((oldest[-1].id,))}"


def wide(stage: Stage) -> Iterator[Cell]:
    """Measure the view of a claim with 10,000 statements a side beside one with 10, ten of each shown."""
    server = stage.service(stage.file(dataset.WIDE), wide_settings())
    for claim, variant in WIDTHS:
        path = f"/v1/claims/{claim_slug(claim)}/view?limit=10"
        yield stage.gets("view of a wide claim", variant, server, [path])[0]


WIDTHS = ((NARROW, "20 statements"), (WIDE, "20,000 statements"))


def wide_settings() -> dict[str, str]:
    """Return the settings of the service that stored the wide claim."""
    return {**UNCACHED, "FACTCHECK_MAX_FLAGS": str(WIDE_FLAGS)}


def searches(stage: Stage) -> Iterator[Cell]:
    """Measure search by two words, a common word, and of claims by one that none has; one reader."""
    for measure, queries, more in (
        ("search, two words", PAIRS_OF_WORDS, ""),
        ("search, a common word", COMMON_WORDS, ""),
        ("search, a word no claim has", COMMON_WORDS, "&type=claim"),
    ):
        for size in stage.sizes:
            server = stage.service(stage.file(size), UNCACHED)
            paths = [f"/v1/search?q={query.replace(' ', '+')}{more}" for query in queries]
            yield stage.gets(measure, f"{size:,} statements", server, paths, connections=1)[0]
