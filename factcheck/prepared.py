"""Statements that are built once: SQLAlchemy writes them, the driver runs them.

To build and compile a statement costs SQLAlchemy many times what a database takes to run it, and so does
what it wraps around every row. So a hot read states its select once, with a `bindparam` for what
differs. `Prepared` keeps its text for each dialect; `Reads` runs it on the driver's own connection, and
so does `Writes` with the writes of a session. Types stay SQLAlchemy's: values go in and come out as the
columns say.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NoReturn, Self
from uuid import UUID

from sqlalchemy import Connection, Dialect, Insert, SelectBase, Update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql import visitors

from factcheck import libpq, postgres
from factcheck.compiled import Compiled
from factcheck.db import Database
from factcheck.shown import Shown
from factcheck.values import Form, binder

# What stands for a value, in SQLAlchemy's way of writing it and SQLite's.
_NAME = re.compile(r"(?<!:):(\w+)")


class Reads:
    """One snapshot of the database, read by prepared statements.

    `plain` says how ids and moments come out: as text, as JSON has them, or as `UUID` and `datetime`.
    A choice (an enum) is text either way, equal to its member.
    """

    __slots__ = ("_before", "_driver", "_error", "_invalidate", "dialect", "form", "plain")

    def __init__(self, driver: Any, dialect: Dialect, invalidate: Callable[[Any], None], plain: bool) -> None:
        self._driver = driver
        self._error: Any = dialect.loaded_dbapi.Error
        self._invalidate = invalidate
        # What goes before the next statement, in the same round trip.
        self._before: Sequence[libpq.Asked] = ()
        self.dialect = dialect
        self.plain = plain
        # In which of its forms a statement is run here.
        self.form = Form(dialect.name, plain, by_line=isinstance(driver, libpq.Line))

    @classmethod
    def of(cls, source: "Session | Reads", *, plain: bool = False) -> "Reads":
        """Return reads of what a session sees, its own changes among it; given reads as they are."""
        return source if isinstance(source, Reads) else cls.within(source, plain=plain)

    @classmethod
    def within(cls, session: Session, *, plain: bool = False) -> Self:
        """Return what works in the transaction of a session."""
        if session.autoflush:
            session.flush()
        # To ask a session for its connection takes longer than many a statement: once a transaction will do.
        transaction, connection, made = session.info.get("driver", (None, None, {}))
        if connection is None or transaction is not _innermost(session):
            connection, made = session.connection(), {}
            session.info["driver"] = (_innermost(session), connection, made)
        found: Self | None = made.get((cls, plain))
        if found is None:
            driver = connection.connection.driver_connection
            found = made[cls, plain] = cls(driver, connection.dialect, partial(_lose, connection), plain)
        return found

    def begin(self) -> None:
        """Begin the transaction in which all is read from one snapshot."""
        if self.form.by_line:
            self._before = libpq.BEGIN
            return
        try:
            self._driver.execute("BEGIN")
        except self._error as error:
            self._tell("BEGIN", error)

    def all(self, statement: "Prepared", /, **values: Any) -> list[Any]:
        """Return the rows of a statement: as it shows them, else as named tuples of its columns."""
        compiled = statement.compiled(self, values)
        [found] = self._run([(compiled.text, compiled.parameters(values))])
        return compiled.rows(found) if found else found

    def first(self, statement: "Prepared", /, **values: Any) -> Any:
        """Return the first row of a statement, or None."""
        found = self.all(statement, **values)
        return found[0] if found else None

    def together(self, *asked: "Asked") -> list[list[Any]]:
        """Return the rows of several statements, of which none waits for another's: `all` of each.

        On PostgreSQL they take one round trip.
        """
        compiled = [statement.compiled(self, values) for statement, values in asked]
        found = self._run(
            [(one.text, one.parameters(values)) for one, (_, values) in zip(compiled, asked, strict=True)]
        )
        return [one.rows(rows) if rows else rows for one, rows in zip(compiled, found, strict=True)]

    def spelled(self, text: str, values: Mapping[str, Any]) -> list[Any]:
        """Return the rows of a select that is put together anew, of as many parts as there is to look for.

        Its words are our own, with `:name` for each value, a text or a `UUID`, and no other `:` or `%`. Rows
        are the driver's.
        """
        if self.dialect.name == "sqlite":
            values = {name: value.hex if isinstance(value, UUID) else value for name, value in values.items()}
        else:
            text = _NAME.sub(r"%(\1)s", text)
        [found] = self._run([(text, dict(values))])
        return found

    def _run(self, asked: Sequence[libpq.Asked]) -> list[list[Any]]:
        line = self._driver if self.form.by_line else None
        found: list[list[Any]] = []
        text = ""
        try:
            if line:
                found = line.together([*self._before, *asked])[len(self._before) :]
                self._before = ()
                return found
            for text, parameters in asked:
                found.append(self._driver.execute(text, parameters).fetchall())
        except self._error as error:
            self._tell(line.at if line else text, error)
        return found

    def _tell(self, text: str, error: Any) -> NoReturn:
        """Raise what SQLAlchemy would for an error of the driver: a lost connection leaves the pool.

        What was to be stored or looked for is not told: logs are read by many. Each caller has a `try` of
        its own: a function to be tried would cost as much as what it runs.
        """
        moved = postgres.is_read_only(error)
        lost = moved or postgres.is_outdated(error) or self.dialect.is_disconnect(error, self._driver, None)
        if lost:
            self._invalidate(error)
        if moved:
            raise postgres.elsewhere(text, error) from error
        told: Any = {"hide_parameters": True, "connection_invalidated": lost, "dialect": self.dialect}
        raise DBAPIError.instance(text, None, error, self._error, **told) from error


class Writes(Reads):
    """The write transaction of a session: what it sees, its own changes among it, and what it stores."""

    __slots__ = ()

    def insert(self, statement: "PreparedInsert", rows: Sequence[Mapping[str, Any]]) -> None:
        """Store rows of one table, each with all columns of the statement."""
        text, bound = statement.bound(self.dialect, rows)
        try:
            if len(bound) == 1:
                self._driver.execute(text, bound[0])
            elif bound:
                self._driver.cursor().executemany(text, bound)
        except self._error as error:
            self._tell(text, error)

    def update(self, statement: "Prepared", /, **values: Any) -> int:
        """Change what an update says, and return how many rows it met."""
        compiled = statement.compiled(self, values)
        parameters = compiled.parameters(values)
        try:
            return int(self._driver.execute(compiled.text, parameters).rowcount)
        except self._error as error:
            self._tell(compiled.text, error)


def _drop(pooled: Any, error: Any) -> None:
    """Take a lost connection out of its pool with all that are as old: the server closed those as well.

    So does SQLAlchemy where it runs the statement (`Connection._handle_dbapi_exception`).
    """
    pooled._pool._invalidate(pooled, error)


def _lose(connection: Connection, error: Any) -> None:
    _drop(connection.connection, error)
    connection.invalidate(error)


def _innermost(session: Session) -> Any:
    """Return the transaction that a session is in; one that is nested begins when it is first used."""
    return session.get_nested_transaction() or session.get_transaction()


@contextmanager
def snapshot(database: Database) -> Iterator[Reads]:
    """Give plain reads of one snapshot, on a pooled connection without what SQLAlchemy wraps around it."""
    with database.driving() as pooled:
        reads = _plain(database, pooled)
        reads.begin()
        yield reads


def read_one(database: Database, statement: "Prepared", **values: Any) -> Any:
    """Return the first row of a statement that needs no snapshot, for it is all that is read; or None."""
    with database.driving() as pooled:
        return _plain(database, pooled).first(statement, **values)


def _plain(database: Database, pooled: Any) -> Reads:
    driver: Any = pooled.driver_connection
    line: Any = getattr(driver, "line", driver)
    return Reads(line, database.reader.dialect, partial(_drop, pooled), True)


@contextmanager
def latest(database: Database) -> Iterator[Reads]:
    """Give reads of what was written last, each for itself."""
    with database.driving(primary=True) as pooled:
        yield Reads(pooled.driver_connection, database.reader.dialect, partial(_drop, pooled), False)


class Prepared:
    """A select or update with named parameters, whose text is made once for each dialect and form.

    Its rows are shown as `shown` says, of whose columns they must consist, or are named tuples. A
    parameter of `in_` takes a list. It is filled up with its last value to a round length, so that a
    few texts serve every length.
    """

    def __init__(self, statement: SelectBase | Update, shown: Shown | None = None) -> None:
        self._statement = visitors.cloned_traverse(statement, {}, {"bindparam": _write_out})
        self._shown = shown
        self._compiled: dict[Any, Compiled] = {}

    def compiled(self, reads: Reads, values: dict[str, Any]) -> Compiled:
        """Return the statement for these reads; lists among the values are filled up."""
        key: tuple[Any, ...] = reads.form
        for name, value in values.items():
            if isinstance(value, list | tuple | set):
                values[name] = value = _filled(list(value))
                key = (*key, name, len(value))
        found = self._compiled.get(key)
        if found is None:
            found = self._compiled[key] = Compiled(
                self._statement, self._shown, reads.dialect, reads.form, values
            )
        return found


Asked = tuple[Prepared, dict[str, Any]]
"""A statement with its values; lists among these are filled up (see `Prepared`)."""


def _filled(values: list[Any]) -> list[Any]:
    """Return a list as long as the next power of two, or multiple of 1024; an empty one holds null."""
    last = values[-1] if values else None
    length = (
        1 << max(len(values) - 1, 0).bit_length() if len(values) <= 1024 else -(-len(values) // 1024) * 1024
    )
    return values + [last] * (length - len(values))


def _write_out(parameter: Any) -> None:
    """Have a value that the statement holds itself stand in its text, not beside it.

    SQLite plans a statement anew, at many times what it takes to run, whenever it is given a value that
    could decide whether a partial index serves; and only by a value in the text does one serve at all.
    """
    if parameter.unique:
        parameter.literal_execute = True


class PreparedInsert:
    """An insert of rows, whose text is made once for each dialect.

    A row gives every column that is named, or all of the table.
    """

    def __init__(self, statement: Insert, columns: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._columns = columns
        self._compiled: dict[str, tuple[str, list[tuple[str, Any]], bool]] = {}

    def bound(self, dialect: Dialect, rows: Iterable[Mapping[str, Any]]) -> tuple[str, list[Any]]:
        """Return the text, and the values of each row as the driver takes them."""
        found = self._compiled.get(dialect.name)
        if found is None:
            compiled: Any = self._statement.compile(dialect=dialect, column_keys=self._columns)
            names = compiled.positiontup if compiled.positional else compiled.binds
            binders = [(name, binder(compiled.binds[name].type, (), dialect)) for name in names]
            found = self._compiled[dialect.name] = (str(compiled), binders, compiled.positional)
        text, binders, positional = found
        bound: list[Any] = [
            [value if (value := row[name]) is None or bind is None else bind(value) for name, bind in binders]
            for row in rows
        ]
        if not positional:
            names = [name for name, _ in binders]
            bound = [dict(zip(names, values, strict=True)) for values in bound]
        return text, bound
