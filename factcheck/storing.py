"""New rows without the unit of work: one INSERT for all of a kind, which costs a tenth of a flush.

What is stored becomes the session's own, as if the session had flushed it. It is only for objects that
name others by their ids; one that holds other objects is the session's to sort out.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Insert, Table, insert, inspect
from sqlalchemy.orm import Mapper, Session, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict

from factcheck.db import Base


def stands_alone(record: Base) -> bool:
    """Tell whether a new object holds no other object, so that `store` can take it."""
    mapper: Mapper[Any] = inspect(type(record))
    return instance_dict(record).keys().isdisjoint(mapper.relationships.keys())


def store(session: Session, records: Sequence[Base]) -> None:
    """Insert new objects of one model at once, their defaults filled in."""
    if not records:
        return
    columns = _columns(type(records[0]))
    rows = []
    for record in records:
        values = instance_dict(record)
        for key, default in columns:
            if key not in values:
                values[key] = default()
        rows.append({key: values[key] for key, _ in columns})
    insert_rows(session, type(records[0]), rows)
    for record in records:
        make_transient_to_detached(record)
    session.add_all(records)


def insert_rows(session: Session, model: type[Base], rows: list[dict[str, Any]]) -> None:
    """Insert complete rows of one model; no object stands for them."""
    if rows:
        session.connection().execute(_insert(model), rows)


@cache
def _insert(model: type[Base]) -> Insert:
    table: Table = inspect(model).local_table  # type: ignore[assignment]
    return insert(table)


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
