"""The data that is measured: a file built in bulk, and the requests that are sent to it.

`bench/newsroom.py` says what the rows are; `tests/test_bench.py` holds them against the service's
own rules.
"""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session

from bench.newsroom import LAST_ID, Newsroom, claim_slug, claims_of, company_of, person, speakers_of
from factcheck import schema, tallies


def copy_of(statements: int, kept: Path, path: Path) -> None:
    """Copy the data set to a path; it is built once and kept in a folder until the code beneath changes."""
    stored = kept / f"{statements}-{_code_digest()}.sqlite3"
    if not stored.exists():
        for old in kept.glob(f"{statements}-*"):
            old.unlink()
        unfinished = stored.with_suffix(".unfinished")
        build(unfinished, statements)
        unfinished.rename(stored)
    shutil.copyfile(stored, path)


def _code_digest() -> str:
    """Return a digest of the code that decides what the rows are."""
    root = Path(schema.__file__).parent
    files = [Path(__file__).with_name("newsroom.py"), *sorted(root.parent.glob("migrations/versions/*.py"))]
    files += [
        root / f"{name}.py" for name in ("db", "entities", "flags", "graph", "search", "tallies", "text")
    ]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def build(path: Path, statements: int) -> None:
    """Write a migrated SQLite file that holds this many statements and all that follows from them."""
    url = f"sqlite:///{path}"
    schema.upgrade(url)
    engine = _bulk_engine(url)
    with engine.begin() as connection:
        Newsroom(connection, statements).fill()
    with Session(engine) as session:
        tallies.correct(session)
        session.commit()
    engine.dispose()


def view_paths(statements: int, limit: int = 100) -> list[str]:
    """Return the views to read: of claims all over the first half of them."""
    half = max(1, claims_of(statements) // 2)
    return [f"/v1/claims/{claim_slug(n)}/view" for n in range(0, half, max(1, half // limit))][:limit]


def post_bodies(statements: int, run: str) -> Iterator[bytes]:
    """Give bodies of posts without end, each new under this name of a run.

    Each disputes a claim of the second half, and so contradicts the 12 statements that support it,
    however many posts came before. Each brings a new source, and every fourth a new speaker.
    """
    claims = range(claims_of(statements) // 2, claims_of(statements))
    for number in count():
        known = person(number % speakers_of(statements))
        yield json.dumps(
            {
                "text": f"We dispute what is said about case {run}-{number}: nobody who works for the "
                "company was told of it before the inspection, and the record shows when they were told.",
                "speaker": {"name": f"Quinn {run}-{number}" if number % 4 == 3 else known, "type": "Person"},
                "speaker_role": "spokesperson",
                "said_on": "2026-01-15",
                "said_to": "Harbour Herald",
                "source": {
                    "url": f"https://herald.example/2026/{run}/{number}",
                    "type": "NewsArticle",
                    "headline": "What the company knew, and when",
                    "publisher": "Harbour Herald",
                    "author": ["Quinn Ames"],
                    "published_on": "2026-01-16",
                    "language": "en",
                },
                "links": [{"claim": claim_slug(claims[number % len(claims)]), "stance": "disputes"}],
            }
        ).encode()


def analysed_bodies(statements: int, run: str) -> Iterator[bytes]:
    """Give bodies of posts without links, each new under this name of a run: the words are analysed.

    Each denies what a claim of the second half says of its company, in words that most of the data
    set shares.
    """
    claims = range(claims_of(statements) // 2, claims_of(statements))
    for number in count():
        claim = claims[number % len(claims)]
        yield json.dumps(
            {
                "text": f"Nobody at {company_of(claim, statements)} knew of it, whatever is said about case "
                f"{run}-{number}: the failed inspection was made public before the company was told, and "
                "the record shows when our engineers measured the samples.",
                "speaker": {"name": person(number % speakers_of(statements)), "type": "Person"},
                "speaker_role": "spokesperson",
                "said_on": "2026-01-15",
                "source": {"url": f"https://herald.example/2026/{run}/{number}", "type": "NewsArticle"},
            }
        ).encode()


def posted(path: Path) -> tuple[int, int]:
    """Return how many statements and contradictions were stored since the file was built."""
    with connecting(path) as connection:
        return tuple(
            connection.execute(f"SELECT count(*) FROM {table} WHERE id > ?", (LAST_ID.hex,)).fetchone()[0]
            for table in ("statement", "contradiction")
        )  # type: ignore[return-value]


def forget_posts(path: Path) -> None:
    """Take out what was stored since the file was built, so that every round starts from the same rows."""
    gone = "SELECT id FROM {} WHERE id > :mark"
    deletions = (
        "contradiction WHERE id > :mark",
        "finding WHERE id > :mark",
        "revision WHERE id > :mark",
        f"search_document WHERE record_id IN ({gone.format('statement')})",
        "link WHERE id > :mark",
        "statement WHERE id > :mark",
        "source WHERE id > :mark",
        f"entity_key WHERE entity_id IN ({gone.format('entity')})",
        "entity WHERE id > :mark",
    )
    with connecting(path) as connection:
        for deletion in deletions:
            connection.execute(f"DELETE FROM {deletion}", {"mark": LAST_ID.hex})
    with connecting(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def connecting(path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection of our own to the file, beside the service's; commit and close it."""
    with closing(sqlite3.connect(path, timeout=10)) as connection, connection:
        yield connection


def _bulk_engine(url: str) -> Engine:
    """Return an engine that loads fast and is safe only because a broken file is built anew."""
    engine = create_engine(url)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000"):
            connection.execute(f"PRAGMA {pragma}")

    return engine
