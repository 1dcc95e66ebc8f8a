"""The database: engines, base class, column types.

There are two engines. The writer runs one write transaction at a time: `BEGIN IMMEDIATE` on
SQLite, an advisory lock on PostgreSQL (`postgres`). Uniqueness by natural key, flags and versions are then
computed from a state that nobody else is changing, with the same guarantees on both databases
(docs/decisions/0002-one-writer.md). The reader gives each request one snapshot and refuses writes.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from itertools import count, islice
from pathlib import Path
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    Engine,
    Enum,
    MetaData,
    String,
    create_engine,
    event,
    make_url,
    select,
)
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session, mapped_column
from sqlalchemy.types import TypeDecorator
from uuid_utils.compat import uuid7

from factcheck import postgres
from factcheck.config import Settings

# Milliseconds that a write waits for its turn on SQLite, and a migration for one that runs already.
BUSY = 5_000
MIGRATION_BUSY = 60_000
# Bytes of the write-ahead log that stay on disk once it was written back and begins anew.
WAL_KEPT = 64 * 2**20


def now() -> datetime:
    """Return the present in UTC, to the millisecond that is stored and shown."""
    present = datetime.now(UTC)
    return present.replace(microsecond=present.microsecond // 1000 * 1000)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware going in, aware and in UTC coming out, on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def choice(enum: type[StrEnum]) -> Enum:
    """Return the column type of an enum: text with a CHECK, so that a new value is a small migration."""
    return Enum(
        enum,
        name=enum.__name__.lower(),
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [member.value for member in members],
    )


# JSON, not JSONB: what was given comes back in the order in which it was given.
Document = JSON(none_as_null=True)

Id = Annotated[UUID, mapped_column(primary_key=True, default=uuid7)]
# A day, month or year in ISO 8601 ("2022-04-20", "2022-04", "2022"), or "" where none is known.
# Text sorts by time whatever the precision, and an unknown date sorts before every known one.
SaidOn = Annotated[str, mapped_column(String(10), default="")]


class Base(DeclarativeBase):
    """Every table. Constraints are named by convention, so that a migration can refer to them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {datetime: UtcDateTime, dict[str, Any]: Document, list[str]: Document}


class Database:
    """The writer and the reader engine of one database; `standbys` adds servers that only read."""

    def __init__(self, settings: Settings) -> None:
        url = settings.database_url
        if is_sqlite(url):
            self.writer = _sqlite(url, begin="BEGIN IMMEDIATE")
            self.reader = _sqlite(url, begin="BEGIN", query_only=True)
        else:
            self.writer = postgres.writer(settings)
            self.reader = postgres.reader(url, settings)

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.writer.dispose()
        self.reader.dispose()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session on one snapshot; it cannot write."""
        with Session(self.reader) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give the session of a write transaction; what is not committed is rolled back."""
        with Session(self.writer) as session:
            yield session


def is_sqlite(url: str) -> bool:
    """Tell whether a database address names an SQLite file."""
    return make_url(url).get_backend_name() == "sqlite"


def migrator(url: str) -> Engine:
    """Return the engine on which migrations run: one process at a time, and all of it or nothing."""
    if is_sqlite(url):
        return _sqlite(url, begin="BEGIN IMMEDIATE", busy=MIGRATION_BUSY)
    return postgres.migrator(url)


def _sqlite(url: str, *, begin: str, query_only: bool = False, busy: int = BUSY) -> Engine:
    Path(str(make_url(url).database)).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        # The driver's own BEGIN is switched off: it would start every transaction as a reader, and
        # two readers that both turn to writing end in "database is locked".
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout = {busy}",
            "journal_mode = WAL",
            f"journal_size_limit = {WAL_KEPT}",
            "synchronous = FULL",
            "foreign_keys = ON",
            f"query_only = {'ON' if query_only else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


def chunks(ids: Iterable[UUID], size: int = 10_000) -> Iterator[list[UUID]]:
    """Cut ids into lists that fit into one statement: PostgreSQL takes 65,535 values, SQLite fewer."""
    ordered = sorted(ids)
    return (ordered[start : start + size] for start in range(0, len(ordered), size))


def free_slug(session: Session, column: InstrumentedAttribute[str], wanted: str) -> str:
    """Return the slug, or the first of `wanted-2`, `wanted-3` … that no row has in this column."""
    numbers = count(1)
    while True:
        batch = [wanted if n == 1 else f"{wanted}-{n}" for n in islice(numbers, 20)]
        taken = set(session.scalars(select(column).where(column.in_(batch))))
        for candidate in batch:
            if candidate not in taken:
                return candidate
