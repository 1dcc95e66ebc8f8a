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

from bench.invented import STORIES, claim_slug, company_of, person, speakers_of
from bench.newsroom import CROWDED_EVERY, LAST_ID, Newsroom, claims_of
from bench.wide import WIDE_STATEMENTS, Wide
from factcheck import schema, tallies

WIDE = "wide"
# In the order in which rows that refer to others can be deleted.
TABLES = ("contradiction", "finding", "revision", "search_document", "link", "statement", "source", "entity")


def copy_of(kind: str, kept: Path, path: Path) -> None:
    """Copy a data set, so many statements or `WIDE`, to a path.

    It is built once and kept in a folder until the code beneath changes.
    """
    stored = kept / f"{kind}-{_code_digest()}.sqlite3"
    if not stored.exists():
        for old in kept.glob(f"{kind}-*"):
            old.unlink()
        unfinished = stored.with_suffix(".unfinished")
        if kind == WIDE:
            build(unfinished, WIDE_STATEMENTS, Wide)
        else:
            build(unfinished, int(kind))
        unfinished.rename(stored)
    shutil.copyfile(stored, path)


def _code_digest() -> str:
    """Return a digest of the code that decides what the rows are."""
    root = Path(schema.__file__).parent
    files = [Path(__file__).with_name(f"{name}.py") for name in ("newsroom", "rows", "invented", "wide")]
    files += STORIES
    files += sorted(root.parent.glob("migrations/versions/*.py"))
    names = ("db", "entities", "flags", "graph", "search", "tallies", "text")
    files += [root / f"{name}.py" for name in names]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def build(path: Path, statements: int, newsroom: type[Newsroom] = Newsroom) -> None:
    """Write a migrated SQLite file that holds this many statements and all that follows from them."""
    url = f"sqlite:///{path}"
    schema.upgrade(url)
    engine = _bulk_engine(url)
    with engine.begin() as connection, _without_indexes(connection):
        newsroom(connection, statements).fill()
    with Session(engine) as session:
        tallies.correct(session)
        session.commit()
    with connecting(path) as connection:
        connection.execute("CREATE TABLE tally_as_built AS SELECT * FROM tally")
        connection.execute("CREATE INDEX tally_as_built_claim ON tally_as_built (claim_id)")
    engine.dispose()
    with connecting(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")


@contextmanager
def _without_indexes(connection: Any) -> Iterator[None]:
    """Take out the indexes that hold no constraint, and make them at the end, when one sort is enough."""
    query = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"
    indexes = connection.exec_driver_sql(query).all()
    for name, _ in indexes:
        connection.exec_driver_sql(f"DROP INDEX {name}")
    yield
    for _, sql in indexes:
        connection.exec_driver_sql(sql)


def slugs(statements: int, *, crowded: bool = False, limit: int = 100) -> list[str]:
    """Return the slugs of claims to read, of one kind, from all over the first half of them."""
    half = max(CROWDED_EVERY, claims_of(statements) // 2)
    fitting = [n for n in range(min(half, claims_of(statements))) if (n % CROWDED_EVERY == 0) is crowded]
    return [claim_slug(n) for n in fitting[:: max(1, len(fitting) // limit)]][:limit]


def _second_half(statements: int, *, crowded: bool) -> list[str]:
    claims = range(claims_of(statements) // 2, claims_of(statements))
    return [claim_slug(n) for n in claims if (n % CROWDED_EVERY == 0) is crowded]


def post_bodies(statements: int, run: str, *, crowded: bool = False) -> Iterator[bytes]:
    """Give bodies of posts without end, each new under this name of a run.

    Each supports a typical claim of the second half, and so contradicts the one statement that
    disputes it; or disputes a crowded claim, and contradicts the 12 that support it. That stays so
    however many posts came before.
    """
    stance = "disputes" if crowded else "supports"
    yield from posts_on(_second_half(statements, crowded=crowded), stance, run, speakers_of(statements))


def posts_on(claims: list[str], stance: str, run: str, speakers: int) -> Iterator[bytes]:
    """Give bodies of posts with one link to each of the claims in turn.

    Each brings a new source, and every fourth a new speaker.
    """
    for number in count():
        known = person(number % speakers)
        yield json.dumps(
            {
                "text": f"The record of case {run}-{number} shows who was told before the inspection, "
                "and when they were told; nobody who works for the company has said anything else.",
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
                "links": [{"claim": claims[number % len(claims)], "stance": stance}],
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


def posted(path: Path) -> dict[str, int]:
    """Return how many rows of each table were stored since the file was built."""
    with connecting(path) as connection:
        return {
            table: connection.execute(
                f"SELECT count(*) FROM {table} WHERE {_new_rows(table)}", {"mark": LAST_ID.hex}
            ).fetchone()[0]
            for table in (*TABLES, "entity_key")
        }


def forget_posts(path: Path) -> None:
    """Take out what was stored since the file was built, so that every round starts from the same rows."""
    posted_on = f"claim_id IN (SELECT claim_id FROM link WHERE {_new_rows('link')})"
    with connecting(path) as connection:
        connection.execute(f"DELETE FROM tally WHERE {posted_on}", {"mark": LAST_ID.hex})
        restore = f"INSERT INTO tally SELECT * FROM tally_as_built WHERE {posted_on}"
        connection.execute(restore, {"mark": LAST_ID.hex})
        for table in (*TABLES[:-1], "entity_key", "entity"):
            connection.execute(f"DELETE FROM {table} WHERE {_new_rows(table)}", {"mark": LAST_ID.hex})
    with connecting(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _new_rows(table: str) -> str:
    """Return the condition on rows of a table that are of today: ids of the service are in time's order."""
    parent = {"search_document": ("record_id", "statement"), "entity_key": ("entity_id", "entity")}.get(table)
    return f"{parent[0]} IN (SELECT id FROM {parent[1]} WHERE id > :mark)" if parent else "id > :mark"


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
