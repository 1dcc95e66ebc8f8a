"""Keyset pages with opaque, signed cursors: as fast on the last page as on the first."""

import hashlib
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import request
from itsdangerous import BadSignature, URLSafeSerializer
from marshmallow import fields, validate
from sqlalchemy import Select, literal, tuple_
from sqlalchemy.orm import Session

from factcheck.fields import StrictSchema
from factcheck.problems import wrong
from factcheck.web import settings

# So few rows that meet a condition are looked up and put in order; more are met in the order of the list, and
# soon where they are spread over it.
FEW = 1000


class PageArguments(StrictSchema):
    """The arguments of every list."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(validate=validate.Length(1, 1000))


def seal(values: tuple[Any, ...], name: str = "cursor") -> str:
    """Return a cursor that stands after the row with these values in this list."""
    plain = [value.hex if isinstance(value, UUID) else value for value in values]
    return str(_serializer(name).dumps(plain))


def unseal(cursor: str, types: tuple[type, ...], name: str = "cursor") -> tuple[Any, ...]:
    """Return the values in a cursor; raise 422 for one that was not made for this list."""
    try:
        plain = _serializer(name).loads(cursor)
    except BadSignature:
        detail = "This cursor is not one that this list gave; start again without it."
        raise wrong(name, detail) from None
    return tuple(UUID(v) if type_ is UUID else v for v, type_ in zip(plain, types, strict=True))


def _serializer(name: str) -> URLSafeSerializer:
    """Sign for this path and these filters, so that a cursor fits no other list."""
    filters = sorted(
        (key, value)
        for key, value in request.args.items(multi=True)
        if key != "limit" and not key.endswith("cursor")
    )
    listed = hashlib.sha256(f"{request.path}?{urlencode(filters)}#{name}".encode()).hexdigest()
    return URLSafeSerializer(settings().secret_key, salt=f"cursor-{listed}")


def page(
    session: Session, query: Select[*tuple[Any, ...]], keys: tuple[Any, ...], arguments: dict[str, Any]
) -> tuple[list[Any], str | None]:
    """Return a page of rows, greatest `keys` first, and the cursor of the next page or None.

    The rows must carry the key columns under their own names.
    """
    limit = arguments["limit"]
    if cursor := arguments.get("cursor"):
        values = unseal(cursor, tuple(key.type.python_type for key in keys))
        after = (literal(value, key.type) for value, key in zip(values, keys, strict=True))
        query = query.where(tuple_(*keys) < tuple_(*after))
    rows = list(session.execute(query.order_by(*(key.desc() for key in keys)).limit(limit + 1)).all())
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], seal(tuple(getattr(last, key.key) for key in keys))


def listed(items: list[Any], next_cursor: str | None) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the body and headers of a list: items, next_cursor, and the Link to the next page."""
    headers = {}
    if next_cursor:
        query = [(k, v) for k, v in request.args.items(multi=True) if k != "cursor"]
        query.append(("cursor", next_cursor))
        headers["Link"] = f'<{request.path}?{urlencode(query)}>; rel="next"'
    return {"items": items, "next_cursor": next_cursor}, headers
