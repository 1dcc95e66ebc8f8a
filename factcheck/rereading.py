"""Reading every statement again: `factcheck recheck --analysis`.

Processes read (candidates and engine), one writes: each batch is stored with its flags in a
transaction of its own. What the same version of the same engine has read is left out, so a run that
was stopped goes on where it was.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select

from factcheck import consequences, engines, questions, suggestions
from factcheck.analysis import Engine
from factcheck.config import Settings
from factcheck.db import Database
from factcheck.links import Link, StatementStatus
from factcheck.statements import Statement
from factcheck.suggestions import Reading

BATCH = 25
_reader: "Reader | None" = None


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be read: all that stands, or what was stored since a time; `anew` also what is read.

    With `ask`, what the engine leaves open is queued for the operator's judge, as after a post.
    """

    settings: Settings
    since: datetime | None = None
    anew: bool = False
    ask: bool = False

    def count(self) -> int:
        """Return how many statements are to be read."""
        database = Database(self.settings)
        with database.reading() as session:
            found = session.scalar(select(func.count()).select_from(Statement).where(*self._wanted()))
        database.dispose()
        return found or 0

    def batches(self, database: Database) -> Iterator[list[UUID]]:
        """Give the ids that are to be read, the first stored first."""
        last = UUID(int=0)
        while True:
            query = select(Statement.id).where(Statement.id > last, *self._wanted())
            with database.reading() as session:
                ids = list(session.scalars(query.order_by(Statement.id).limit(BATCH)))
            if not ids:
                return
            last = ids[-1]
            yield ids

    def _wanted(self) -> list[ColumnElement[bool]]:
        wanted = [Statement.status != StatementStatus.retracted]
        if self.since:
            wanted.append(Statement.created_at >= self.since)
        if not self.anew:
            version = suggestions.version_of(engines.build(self.settings))
            read = Statement.analysis["engine"].as_string()
            # What somebody linked when it was posted is taken as all there is, as in a post.
            linked = exists().where(Link.statement_id == Statement.id)
            wanted.append(or_(Statement.analysis.is_(None) & ~linked, read != version))
        return wanted


class Reader:
    """What a process that reads keeps open."""

    def __init__(self, settings: Settings) -> None:
        self._database = Database(settings)
        self._engine: Engine = engines.build(settings)

    def close(self) -> None:
        """Close its connections."""
        self._database.dispose()

    def read(self, ids: list[UUID]) -> list[tuple[UUID, Reading]]:
        """Read some statements against what was stored before them."""
        with self._database.reading() as session:
            found = session.scalars(select(Statement).where(Statement.id.in_(ids)).order_by(Statement.id))
            return [(s.id, suggestions.read(session, self._engine, s, before=s.id)) for s in found]


def run(work: Work, processes: int) -> Iterator[int]:
    """Read and store; give the number of statements of each batch once it is stored."""
    database = Database(work.settings)
    # Spawned, not forked: a connection must not be shared with the process that it came from.
    pool = ProcessPoolExecutor(processes, get_context("spawn"), _open, (work.settings,))
    running: deque[Future[Any]] = deque()
    try:
        for ids in work.batches(database):
            running.append(pool.submit(_read, ids))
            if len(running) > 2 * processes:
                yield store(database, work, running.popleft().result())
        while running:
            yield store(database, work, running.popleft().result())
    finally:
        pool.shutdown(cancel_futures=True)
        database.dispose()


def _open(settings: Settings) -> None:
    global _reader
    _reader = Reader(settings)


def _read(ids: list[UUID]) -> list[tuple[UUID, Reading]]:
    assert _reader is not None  # noqa: S101  The pool opens it first.
    return _reader.read(ids)


def store(database: Database, work: Work, readings: list[tuple[UUID, Reading]]) -> int:
    """Keep what was read with all that follows from it, in one transaction; return how many it was."""
    with database.writing() as session:
        for id_, reading in readings:
            statement = session.get_one(Statement, id_)
            kept = suggestions.keep(session, statement, reading)
            if kept and work.ask and questions.have_room(session, work.settings.judge_daily):
                questions.queue(session, statement, reading.doubts)
        consequences.settle(session, work.settings.max_flags)
        session.commit()
    return len(readings)
