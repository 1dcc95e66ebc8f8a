"""How values go to the driver, and how they come back: ids, moments, JSON and choices, on each database.

The types are SQLAlchemy's, and so is what is stored; these only take a shorter way where that is read often.
"""

from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import JSON, Dialect, Enum, Float, Uuid
from sqlalchemy.types import TupleType, TypeEngine

from factcheck.db import UtcDateTime, in_utc, rfc3339
from factcheck.shown import Converter


class Form(NamedTuple):
    """How values come out: see `prepared.Reads`. By a line (`libpq`) ids and moments are texts first."""

    dialect: str
    plain: bool
    by_line: bool


def binder(type_: TypeEngine[Any], steps: tuple[int, ...], dialect: Dialect) -> Any:
    """Return what turns a value into the driver's, or None where the driver takes it as it is."""
    if isinstance(type_, TupleType) and steps:
        type_ = type_.types[steps[-1]]
    if isinstance(type_, Enum):
        return str  # Every choice is a text; see `db.choice`.
    if dialect.name == "sqlite":
        if isinstance(type_, Uuid):
            return _hex
        if isinstance(type_, UtcDateTime):
            return _stored
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _hex(id_: UUID | str) -> str:
    """Return an id as SQLite has it; in the plain form it is text already."""
    return id_.hex if isinstance(id_, UUID) else id_.replace("-", "")


def _stored(at: datetime) -> str:
    """Return a moment as SQLAlchemy has SQLite keep it: 2026-05-20 10:00:00.123000, in UTC."""
    return in_utc(at).replace(tzinfo=None).isoformat(" ", "microseconds")


def converter(type_: TypeEngine[Any], dialect: Dialect, form: Form) -> Converter | None:
    """Return what turns a value of the driver's into ours, or None where nothing is to do."""
    _, plain, by_line = form
    sqlite = dialect.name == "sqlite"
    if isinstance(type_, Enum | Float):
        return None  # The driver gives what is wanted.
    if isinstance(type_, JSON) and sqlite:
        return lambda value: value if value is None else orjson.loads(value)
    if plain and isinstance(type_, Uuid):
        if by_line:
            return None
        return dashed if sqlite else lambda value: value if value is None else str(value)
    if sqlite and isinstance(type_, UtcDateTime):  # See `_stored`.
        if plain:
            return lambda value: value if value is None else f"{value[:10]}T{value[11:23]}Z"
        return lambda value: value if value is None else datetime.fromisoformat(f"{value}+00:00")
    if plain and isinstance(type_, UtcDateTime):
        if by_line:
            return _moment
        return lambda value: value if value is None else rfc3339(value.astimezone(UTC))
    found: Converter | None = type_.dialect_impl(dialect).result_processor(dialect, None)
    return found


# What a moment lacks to be written to the millisecond, by how long it is in UTC: PostgreSQL ends no fraction
# with zeros.
_LACKS = {22: ".000", 24: "00", 25: "0", 26: ""}


def _moment(v: str | None) -> str | None:
    """Return a moment as we show it; PostgreSQL writes 2026-05-20 10:00:00.12+00 where the zone is UTC."""
    if v is None:
        return None
    lacks = _LACKS.get(len(v))
    if lacks is None or v[-3:] != "+00":
        return rfc3339(datetime.fromisoformat(v).astimezone(UTC))
    return f"{v[:10]}T{v[11:-3]}{lacks}Z"


def dashed(v: str | None) -> str | None:
    """Return an id as everybody writes it; SQLite has it without dashes."""
    return v if v is None else f"{v[:8]}-{v[8:12]}-{v[12:16]}-{v[16:20]}-{v[20:]}"
