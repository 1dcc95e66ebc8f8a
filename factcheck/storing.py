"""Records in and out without the unit of work: an insert of all of a kind, and objects of prepared reads.

A flush and a query of the ORM cost ten times what the database takes. What is stored or found here
becomes the session's own, as if the session had flushed or loaded it. `store` is only for objects with an
`id` that name others by theirs; one that holds other objects is the session's to sort out.
"""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import count, islice
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Enum, Table, bindparam, insert, inspect, select
from sqlalchemy.orm import InstrumentedAttribute, Mapper, Session
from sqlalchemy.orm.attributes import instance_dict, instance_state

from factcheck.db import Base
from factcheck.prepared import Prepared, PreparedInsert, Reads, Writes

_Record = TypeVar("_Record", bound=Base)


def stands_alone(record: Base) -> bool:
    """Tell whether a new object holds no other object, so that `store` can take it."""
    return instance_dict(record).keys().isdisjoint(_relationships(type(record)))


def made(model: type[_Record], /, **values: Any) -> _Record:
    """Return a new object for `store`, without the notes of what was set that a flush would go by."""
    record: _Record = model.__mapper__.class_manager.new_instance()
    instance_dict(record).update(values)
    return record


def store(session: Session, records: Sequence[Base], **given: Any) -> None:
    """Insert new objects of one model at once: with what is given for each, their defaults filled in."""
    if not records:
        return
    columns = _columns(type(records[0]))
    for record in records:
        values = instance_dict(record)
        values |= given
        for key, default in columns:
            if key not in values:
                values[key] = default()
        # All columns and SQLAlchemy's own state: a word that names no column is not lost in silence.
        if len(values) > len(columns) + 1:
            raise TypeError(f"{type(record).__name__} has no column for one of {sorted(values)}")
    insert_rows(session, type(records[0]), [instance_dict(record) for record in records])
    for record in records:
        _adopt(session, record)


def insert_rows(session: Session, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert complete rows of one model; no object stands for them."""
    Writes.within(session).insert(_insert(model), rows)


def whole(model: type[Base]) -> Any:
    """Select all columns of a model, for `find`."""
    return select(inspect(model).local_table)


def find_all(session: Session, model: type[_Record], statement: Prepared, /, **values: Any) -> list[_Record]:
    """Return the objects of a model that a select of `whole` rows finds.

    One that the session has already stays as the session has it.
    """
    return [_load(session, model, row) for row in Reads.within(session).all(statement, **values)]


def find(session: Session, model: type[_Record], statement: Prepared, /, **values: Any) -> _Record | None:
    """Return the first object that a select of `whole` rows finds, or None."""
    row = Reads.within(session).first(statement, **values)
    return row and _load(session, model, row)


def get(session: Session, model: type[_Record], id_: UUID) -> _Record:
    """Return the object with an id, as `Session.get_one` does; at once where the session has it."""
    known = session.identity_map.get(model.__mapper__.identity_key_from_primary_key((id_,)))
    return session.get_one(model, id_) if known is None else known


def _load(session: Session, model: type[_Record], row: Any) -> _Record:
    mapper: Mapper[_Record] = model.__mapper__
    known = session.identity_map.get(mapper.identity_key_from_primary_key((row.id,)))
    if known is not None:
        return known
    values = row._asdict()
    for key, member in _choices(model):
        values[key] = member[values[key]]
    record = made(model, **values)
    _adopt(session, record)
    return record


def _adopt(session: Session, record: Base) -> None:
    """Make an object the session's own, as SQLAlchemy does with one that it has loaded.

    `Session.add` would look for all that hangs on the object; nothing does.
    """
    state, values = instance_state(record), instance_dict(record)
    state.key = record.__mapper__.identity_key_from_primary_key((values["id"],))
    state.session_id = session.hash_key
    state._commit_all(values)
    session.identity_map.add(state)


@cache
def _relationships(model: type[Base]) -> frozenset[str]:
    return frozenset(model.__mapper__.relationships.keys())


@cache
def _insert(model: type[Base]) -> PreparedInsert:
    table: Table = inspect(model).local_table  # type: ignore[assignment]
    return PreparedInsert(insert(table))


@cache
def _columns(model: type[Base]) -> list[tuple[str, Callable[[], Any]]]:
    """Return each attribute of a column, under the name of its column, with what gives its default."""
    mapper: Mapper[Any] = inspect(model)
    return [(prop.key, _default(prop.columns[0])) for prop in mapper.column_attrs]


def _default(column: Any) -> Callable[[], Any]:
    default = column.default
    if default is None:
        return lambda: None
    if default.is_callable:
        return lambda: default.arg(None)
    return lambda: default.arg


@cache
def _choices(model: type[Base]) -> list[tuple[str, dict[Any, Any]]]:
    """Return the columns that hold a choice, with the member for each text: prepared reads give text."""
    mapper: Mapper[Any] = inspect(model)
    return [
        (column.key, {None: None, **{member.value: member for member in column.type.enum_class}})
        for column in mapper.columns
        if isinstance(column.type, Enum) and column.type.enum_class
    ]


def free_slug(session: Session, column: InstrumentedAttribute[str], wanted: str) -> str:
    """Return the slug, or the first of `wanted-2`, `wanted-3` … that no row has in this column."""
    numbers = count(1)
    while True:
        batch = [wanted if n == 1 else f"{wanted}-{n}" for n in islice(numbers, 16)]
        rows = Reads.within(session).all(_taken(column), slugs=batch)
        taken = {slug for (slug,) in rows}
        for candidate in batch:
            if candidate not in taken:
                return candidate


@cache
def _taken(column: InstrumentedAttribute[str]) -> Prepared:
    return Prepared(select(column).where(column.in_(bindparam("slugs"))))
