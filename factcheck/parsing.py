"""Reading what a caller sends: JSON bodies and query arguments, each wrong field named."""

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from flask import g
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser

from factcheck.problems import Problem

MAX_BODY = 1024 * 1024
_JSON_TYPES = ("application/json", "application/merge-patch+json")


class Parser(FlaskParser):
    """Reads arguments; what is wrong with them becomes a problem with a pointer for each field."""

    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012  As webargs declares it.
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": RAISE,
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._without_query: dict[Schema | type[Schema], Any] = {}

    def parse(self, argmap: Any, req: Any = None, *, location: str | None = None, **kwargs: Any) -> Any:
        """Parse as webargs does; what was parsed ahead is taken over.

        What an address without a query means is worked out once.
        """
        req = req or self.get_default_request()
        if location == "json" and "parsed" in g:
            return g.pop("parsed")
        if location != "query" or req.query_string or not isinstance(argmap, Schema | type):
            return super().parse(argmap, req, location=location, **kwargs)
        if argmap not in self._without_query:
            self._without_query[argmap] = super().parse(argmap, req, location=location, **kwargs)
        return dict(self._without_query[argmap])

    def ahead(self, schema: Schema, req: Any) -> Any:
        """Return the body, and keep it for the route, which asks for it once more."""
        g.pop("parsed", None)  # A request that is run again may have left it.
        g.parsed = self.parse(schema, req, location="json")
        return g.parsed

    def load_json(self, req: Any, schema: Schema) -> Any:
        # A schema whose body may be larger says so; see SnapshotSchema.
        limit = getattr(schema, "max_body", MAX_BODY)
        req.max_content_length = limit
        if req.content_length is not None and req.content_length > limit:
            raise too_large(limit)
        if req.mimetype not in _JSON_TYPES:
            given = f"'{req.mimetype}'" if req.mimetype else "none"
            raise Problem(
                415, "media-type", f"Send the body as Content-Type: application/json; it was {given}."
            )
        return read_json(req.get_data())

    def handle_error(self, error: ValidationError, req: Any, schema: Schema, **_: Any) -> NoReturn:
        errors = list(_errors(error.normalized_messages()))  # type: ignore[no-untyped-call]
        detail = errors[0]["detail"] if len(errors) == 1 else f"{len(errors)} fields are wrong; see errors."
        raise Problem(422, "invalid", detail, errors=errors)


def read_json(body: bytes) -> Any:
    """Parse a body; raise 400 for what is not JSON, says a key twice, or holds no finite numbers."""
    try:
        return json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError:
        raise Problem(400, "malformed", "The body is nested too deeply; flatten it.") from None
    except ValueError as error:
        why = "a number is too long" if "int_max_str_digits" in str(error) else _clip(str(error))
        raise Problem(400, "malformed", f"The body is not JSON: {why}.") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object says the same key twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _clip(text: str) -> str:
    return text.encode("ascii", "replace").decode()[:200].rstrip(".")


def _errors(messages: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Flatten marshmallow's messages into `{pointer, detail}`, or `{parameter, detail}` for a query."""
    for location, found in messages.items():
        for path, detail in _walk(found, ()):
            if location == "json":
                pointer = "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in path)
                yield {"pointer": f"#{pointer}", "detail": detail}
            else:
                yield {"parameter": path[0] if path else location, "detail": detail}


def _walk(found: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(found, dict):
        for key, inner in found.items():
            # A key can hold what cannot be written back, such as half a surrogate pair.
            name = str(key).encode("utf-8", "replace").decode()[:200]
            yield from _walk(inner, path if key == "_schema" else (*path, name))
    elif isinstance(found, list):
        for inner in found:
            yield from _walk(inner, path)
    else:
        yield path, str(found)


def too_large(limit: int = MAX_BODY) -> Problem:
    """Return the 413."""
    return Problem(413, "too-large", f"The body is larger than {limit} bytes; send less at a time.")
