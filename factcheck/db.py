"""The database: engines, base class, column types.

There are two engines. The writer runs one write transaction at a time: `BEGIN IMMEDIATE` on
SQLite, an advisory lock on PostgreSQL (`postgres`). Uniqueness by natural key, flags and versions are then
computed from a state that nobody else is changing, with the same guarantees on both databases
(docs/decisions/0002-one-writer.md). The reader gives each request one snapshot and refuses writes.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum
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
    PoolProxiedConnection,
    String,
    make_url,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator
from uuid_utils.compat import uuid7

from factcheck import postgres, sqlite
from factcheck.committing import Committer
from factcheck.config import Settings
from factcheck.walindex import WalIndex

# Seconds that a migration waits on SQLite for one that runs already.
MIGRATION_WAIT = 60.0
# Connections of readers that are kept beside the pool on SQLite, where so many requests run at a time.
AT_HAND = 1


def now() -> datetime:
    """Return the present in UTC, to the millisecond that is stored and shown."""
    present = datetime.now(UTC)
    return present.replace(microsecond=present.microsecond // 1000 * 1000)


def rfc3339(value: datetime) -> str:
    """Return a moment in UTC as it is shown everywhere: 2022-04-20T10:00:00.000Z."""
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def in_utc(value: datetime) -> datetime:
    """Return a moment in UTC; raise ValueError for one that has no zone."""
    if value.tzinfo is None:
        raise ValueError("a time without a zone cannot be stored")
    return value.astimezone(UTC)


def first_id(at: datetime) -> UUID:
    """Return an id below all of records that were made at a moment or later.

    Ids begin with the time (UUID of version 7; RFC 9562, 5.7), which is read shortly before or after.
    """
    return UUID(int=max(int(at.timestamp() - 60) * 1000, 0) << 80)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware going in, aware and in UTC coming out, on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and in_utc(value)

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


class _Unindexed(FunctionElement[Any]):
    inherit_cache = True

    def __init__(self, column: Any) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(_Unindexed)
def _as_it_is(element: Any, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(_Unindexed, "sqlite")
def _with_a_plus(element: Any, compiler: Any, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"


def unindexed(column: Any) -> Any:
    """Return a column by which SQLite shall look nothing up.

    It takes each value of an index to be rare, and would begin with all published claims:
    https://www.sqlite.org/optoverview.html#disqualifying_where_clause_terms_using_unary_. PostgreSQL counts.
    """
    return _Unindexed(column)


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


State = dict[str, Any]
"""A record's own fields as JSON values."""


class Recorded:
    """A model whose changes are kept; see `history`."""

    record_type: ClassVar[str]

    id: Mapped[Id]
    revision: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)

    def state(self) -> State:
        """Return the record's own fields as JSON values, with ids as text."""
        raise NotImplementedError

    @property
    def part_of(self) -> UUID | None:
        """The id of the record in whose history this one's removal is told; None for most."""
        return None


class Database:
    """The writer and the reader engine of one database; `standbys` adds servers that only read."""

    def __init__(self, settings: Settings) -> None:
        url = settings.database_url
        # On PostgreSQL each write has its own transaction: one request is what is run again (`retrying`).
        self.committer: Committer | None = None
        # On SQLite it tells without a query whether anything was written.
        self.wal_index: WalIndex | None = None
        if is_sqlite(url):
            file = Path(str(make_url(url).database))
            self.writer = sqlite.engine(url, begin="BEGIN IMMEDIATE", synchronous=settings.sqlite_synchronous)
            self.reader = sqlite.engine(url, begin="BEGIN", query_only=True)
            self.committer = Committer(self.writer, Path(f"{file}-queue"))
            self.wal_index = WalIndex(file)
        else:
            self.writer = postgres.writer(settings)
            self.reader = postgres.reader(url, settings)
        # Connections of the reader's that `driving` keeps, the one used last at the end.
        self._at_hand: list[PoolProxiedConnection] = []
        # What runs beside the requests opens no connection any more after this.
        self.disposed = False

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.disposed = True
        while self._at_hand:
            self._at_hand.pop().close()
        if self.wal_index:
            self.wal_index.close()
        self.writer.dispose()
        self.reader.dispose()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session on one snapshot; it cannot write."""
        with Session(self.reader) as session:
            yield session

    @contextmanager
    def driving(self, *, primary: bool = False) -> Iterator[PoolProxiedConnection]:
        """Give a reader's connection without a session around it; see `prepared`.

        With `primary` it reads what was written last: for what must not be old, such as keys.
        """
        pooled = self._take()
        try:
            yield pooled
        finally:
            self._leave(pooled)

    def _take(self) -> PoolProxiedConnection:
        if self._at_hand:
            with suppress(IndexError):  # Another thread may have taken the last.
                return self._at_hand.pop()
        driver: Any = self.reader.dialect.loaded_dbapi
        try:
            return self.reader.raw_connection()
        except driver.Error as error:
            # The driver's own error; everybody else expects SQLAlchemy's.
            raise DBAPIError.instance(None, None, error, driver.Error, hide_parameters=True) from error

    def _leave(self, pooled: PoolProxiedConnection) -> None:
        """Give a connection to the pool; on SQLite, where that takes as long as a query, keep it at hand."""
        if self.committer is None or self.disposed or not pooled.is_valid or len(self._at_hand) >= AT_HAND:
            pooled.close()
            return
        try:
            pooled.rollback()
        except self.reader.dialect.loaded_dbapi.Error:
            pooled.close()  # The pool does away with what cannot be rolled back.
        else:
            self._at_hand.append(pooled)

    def in_use(self) -> dict[str, int]:
        """Return how many connections of each engine are in use in this process."""
        engines = {"writer": self.writer, "reader": self.reader}
        found = {name: engine.pool.checkedout() for name, engine in engines.items()}  # type: ignore[attr-defined]
        found["reader"] -= len(self._at_hand)
        return found

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give the session of a write transaction; what is not committed is rolled back.

        What is committed is on the disk when the block ends; see `committing`.
        """
        with self.committer.writing() if self.committer else Session(self.writer) as session:
            yield session


def is_sqlite(url: str) -> bool:
    """Tell whether a database address names an SQLite file."""
    return make_url(url).get_backend_name() == "sqlite"


def migrator(url: str) -> Engine:
    """Return the engine on which migrations run: one process at a time, and all of it or nothing."""
    if is_sqlite(url):
        return sqlite.engine(url, begin="BEGIN IMMEDIATE", wait=MIGRATION_WAIT)
    return postgres.migrator(url)


def chunks(ids: Iterable[UUID], size: int = 10_000) -> Iterator[list[UUID]]:
    """Cut ids into lists that fit into one statement: PostgreSQL takes 65,535 values, SQLite fewer."""
    ordered = sorted(ids)
    return (ordered[start : start + size] for start in range(0, len(ordered), size))
