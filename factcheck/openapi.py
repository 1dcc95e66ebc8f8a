"""The OpenAPI document: what every operation and every error has in common, and the links.

Links say which calls an answer leads to, and with what of it. A newsroom's developer sees in them what to
do with an answer, a generated client offers it, and `tests/fuzz.py` follows them from call to call. Most
are read off the paths: a new route has its links without a word about them.
"""

import re
from functools import cached_property
from http import HTTPStatus
from threading import Lock
from typing import Any

import flask_smorest
import orjson
from flask import Flask, Response
from flask_smorest.utils import prepare_response
from marshmallow import INCLUDE, Schema, fields
from werkzeug.exceptions import HTTPException

from factcheck import errors
from factcheck.auth import Access, Asked
from factcheck.fields import PartialDate, Reference

# What stands in an answer beside its own id: which addresses it leads to, and where their keys stand.
_BESIDE: dict[str, dict[str, dict[str, str]]] = {
    "createStatement": {
        "/v1/statements/{key}/links/{claim_key}": {"key": "/id", "claim_key": "/links/0/claim/id"},
        "/v1/claims/{key}": {"key": "/links/0/claim/id"},
        "/v1/contradictions/{key}": {"key": "/contradictions/0/id"},
        "/v1/entities/{key}": {"key": "/speaker/id"},
        "/v1/sources/{key}": {"key": "/source/id"},
    },
    "createReview": {"/v1/claims/{key}": {"key": "/claim/id"}},
}


class ErrorSchema(Schema):
    """One wrong field."""

    pointer = fields.String(metadata={"description": "Where in the body: a JSON pointer as URI fragment."})
    parameter = fields.String(metadata={"description": "Which query parameter."})
    detail = fields.String(required=True)


class ProblemSchema(Schema):
    """Problem details (RFC 9457); a duplicate also names what stands, an ambiguous name the candidates."""

    class Meta:
        unknown = INCLUDE

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True, metadata={"description": "What to change, in a sentence."})
    errors = fields.List(fields.Nested(ErrorSchema))


class Api(flask_smorest.Api):
    """flask-smorest with every error, documented and real, as problem details."""

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask) -> None:
        self._undescribed: list[flask_smorest.Blueprint] = []
        self._describing = Lock()
        super().__init__(app)
        # `flask openapi` would print what is not described yet; /openapi.json has it.
        app.cli.commands.pop("openapi")

    def handle_http_exception(self, error: HTTPException) -> Response:
        return errors.problem_response(errors.problem_of(error))

    def register_blueprint(self, blp: flask_smorest.Blueprint) -> None:
        """Add a blueprint's addresses; they are described when the document is first asked for.

        Describing them costs half of what it takes to make an application.
        """
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blp.name] = self
        self._app.register_blueprint(blp)
        self._undescribed.append(blp)

    @cached_property
    def _document(self) -> bytes:
        while self._undescribed:
            blp = self._undescribed[0]
            blp.register_views_in_doc(self, self._app, self.spec, name=blp.name, parameters=None)
            self.spec.tag({"name": blp.name, "description": blp.description})
            del self._undescribed[0]
        document = add_links(self.spec.to_dict())
        return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)

    def _openapi_json(self) -> Response:
        with self._describing:  # Once, also where two ask at the same time.
            return Response(self._document, mimetype="application/json")

    def _init_spec(self, **kwargs: Any) -> None:
        super()._init_spec(**kwargs)
        self.ma_plugin.converter.add_attribute_function(_describe_field)

    def _register_responses(self) -> None:
        for status in HTTPStatus:
            response = {"description": status.phrase, "schema": self.ERROR_SCHEMA}
            prepare_response(response, self.spec, errors.MEDIA_TYPE)
            self.spec.components.response(status.name, response, lazy=True)
        prepare_response(
            response := {"description": "Any other error", "schema": self.ERROR_SCHEMA},
            self.spec,
            errors.MEDIA_TYPE,
        )
        self.spec.components.response("DEFAULT_ERROR", response, lazy=True)


def _describe_field(converter: Any, field: fields.Field[Any], **_: Any) -> dict[str, Any]:
    """Describe our own fields in OpenAPI."""
    if isinstance(field, Reference):
        by_key = {"type": "string", "description": "An id or a slug."}
        none = [{"type": "null"}] if field.allow_none else []
        return {"anyOf": [by_key, converter.resolve_nested_schema(field.schema), *none]}
    if isinstance(field, PartialDate):
        return {
            "type": ["string", "null"] if field.allow_none else "string",
            "pattern": PartialDate.PATTERN,
            "examples": ["2022-04-20", "2022-04", "2022"],
        }
    return {}


def describe(
    view: Any, operation: str, asked: Asked, method: str, *, matched: bool, created: bool, retried: bool
) -> None:
    """Add to the OpenAPI document what every operation has in common."""
    headers: list[dict[str, Any]] = []
    if method == "POST" and retried:
        headers.append(_header("Idempotency-Key", "A name for this request: a retry gets the first answer."))
    elif method not in ("GET", "POST") and matched:
        when = "; none where there is nothing yet" if created else ""
        etag = f"The ETag that a GET of this address gave{when}."
        headers.append(_header("If-Match", etag, required=not created))
    security: list[dict[str, list[str]]] = [{"key": []}]
    if asked.access is Access.public:
        security.append({})
    apidoc = getattr(view, "_apidoc", {})
    view._apidoc = {
        **apidoc,
        "manual_doc": {
            "operationId": operation,
            "security": security,
            "x-role": asked.access.name,
            "x-scope": asked.scope.value,
            **({"parameters": headers} if headers else {}),
            **apidoc.get("manual_doc", {}),
            "responses": {"default": "DEFAULT_ERROR"},
        },
    }


def _header(name: str, description: str, *, required: bool = False) -> dict[str, Any]:
    # Printable ASCII; HTTP drops blanks at the ends.
    schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"}
    return {"in": "header", "name": name, "description": description, "required": required, "schema": schema}


def add_links(document: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI document with `links` at every answer that leads to another operation.

    What a POST on a collection answers leads to the address of that item and all below it, a list to
    those of its first item, and a GET to what changes the same address and to all below it. A change
    goes with the ETag of the answer that leads to it, so only an answer with that ETag leads to it.
    """
    paths: dict[str, dict[str, Any]] = {
        path: {method: found for method, found in item.items() if method != "parameters"}
        for path, item in document["paths"].items()
    }
    for path, operations in paths.items():
        own = {name: f"$request.path.{name}" for name in _names(path)}
        if "get" in operations:
            _lead(paths, operations["get"], path, own, tagged=True)
        for item in paths:
            if re.fullmatch(re.escape(path) + r"/\{\w+\}", item):
                key = _names(item)[-1]
                if "post" in operations:
                    _lead(paths, operations["post"], item, {**own, key: "$response.body#/id"}, tagged=True)
                if "get" in operations:
                    _lead(paths, operations["get"], item, {**own, key: "$response.body#/items/0/id"})
        for operation in operations.values():
            for other, pointers in _BESIDE.get(operation["operationId"], {}).items():
                keys = {name: f"$response.body#{pointer}" for name, pointer in pointers.items()}
                _lead(paths, operation, other, keys)
    return document


def _names(path: str) -> list[str]:
    """Return the names of the parameters in a path."""
    return re.findall(r"\{(\w+)\}", path)


def _lead(
    paths: dict[str, dict[str, Any]],
    operation: dict[str, Any],
    address: str,
    keys: dict[str, str],
    *,
    tagged: bool = False,
) -> None:
    """Link an operation to those at an address and below it; `tagged`: it answers the ETag of the address."""
    [answer] = [found for status, found in operation["responses"].items() if str(status).startswith("2")]
    for path, others in paths.items():
        if not f"{path}/".startswith(f"{address}/") or set(_names(path)) != keys.keys():
            continue
        for other in others.values():
            name = other["operationId"]
            matched = any(parameter.get("name") == "If-Match" for parameter in other.get("parameters", ()))
            if matched and not (tagged and path == address):
                continue
            if operation in others.values() and not matched:
                continue  # Where it stands already.
            tag = {"If-Match": "$response.header.ETag"} if matched else {}
            answer.setdefault("links", {})[name] = {"operationId": name, "parameters": {**keys, **tag}}
