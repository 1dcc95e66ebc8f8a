"""`/v1/keys`: who may call this service, for admins. A secret stands in one answer and nowhere else."""

from datetime import timedelta
from typing import Any

from flask import Response
from marshmallow import fields, validate
from sqlalchemy import select

from factcheck import history, keys
from factcheck.api.shapes.plain import History, ReasonSchema, Shape, one_of, page_of, string
from factcheck.auth import Access, ApiKey, Role, Scope
from factcheck.fields import Moment, StrictSchema, TextField
from factcheck.paging import PageArguments, listed, page
from factcheck.problems import not_found
from factcheck.web import Blueprint, actor, answer, path_id, session

blp = Blueprint("keys", __name__, url_prefix="/v1/keys", description="Who may call this service.")

EXPIRES = "When it stops being valid (RFC 3339); null for never."


class KeySchema(StrictSchema):
    """A key to be made."""

    name = TextField(limit=200, required=True, metadata={"description": "Stands in the history of changes."})
    role = fields.Enum(Role, by_value=True, required=True)
    scopes = fields.List(
        fields.Enum(Scope, by_value=True),
        allow_none=True,
        validate=validate.Length(min=1, max=len(Scope)),
        metadata={"description": "Of what the role may, only this; left out or null, all of it."},
    )
    expires_at = Moment(allow_none=True, metadata={"description": EXPIRES})


class RotationSchema(StrictSchema):
    """How a secret gives way to the next."""

    overlap_hours = fields.Integer(
        strict=True,
        load_default=24,
        validate=validate.Range(0, keys.MAX_OVERLAP // timedelta(hours=1)),
        metadata={"description": "How long the old secret is still taken; 0 where others have seen it."},
    )
    expires_at = Moment(metadata={"description": "When the key expires from now on; left out, as before."})
    reason = TextField(limit=5000)


class KeyAnswer(Shape):
    """A key as admins see it."""

    id = fields.UUID(required=True)
    name = string()
    role = one_of(Role)
    scopes = fields.List(fields.Enum(Scope, by_value=True), required=True, allow_none=True)
    status = string(validate=validate.OneOf(("active", "expired", "revoked")))
    created_at = fields.DateTime(required=True)
    expires_at = fields.DateTime(required=True, allow_none=True)
    revoked_at = fields.DateTime(required=True, allow_none=True)
    previous_secret_until = fields.DateTime(required=True, allow_none=True)
    last_used_at = fields.DateTime(
        required=True, allow_none=True, metadata={"description": "To the minute or so."}
    )


class NewKeyAnswer(KeyAnswer):
    """A key with its secret, which is shown this once."""

    secret = string(
        allow_none=True,
        metadata={"description": "Send it as a Bearer token. Null in the answer to a retry: rotate then."},
    )


def _find(key: str) -> ApiKey:
    found = session().get(ApiKey, path_id(key, "key"))
    if found is None:
        raise not_found("key")
    return found


def _with_secret(key: ApiKey, secret: str, status: int = 200, headers: Any = None) -> Response:
    """Answer with a secret; the ETag is that of the key without it, and no cache keeps any of it."""
    shown = keys.represent(key)
    response = answer({**shown, "secret": secret}, status, headers)
    response.set_etag(answer(shown).get_etag()[0] or "")
    response.headers["Cache-Control"] = "no-store"
    return response


@blp.route("", operation="listKeys", access=Access.admin, scope=Scope.keys)
@blp.arguments(PageArguments, location="query")
@blp.returns(200, page_of(KeyAnswer))
def index(arguments: dict[str, Any]) -> Any:
    """List keys, newest first, revoked ones too."""
    rows, cursor = page(session(), select(ApiKey.id, ApiKey), (ApiKey.id,), arguments)
    return listed([keys.represent(row.ApiKey) for row in rows], cursor)


@blp.route(
    "", method="POST", operation="createKey", access=Access.admin, scope=Scope.keys, shown_once="secret"
)
@blp.arguments(KeySchema, example={"name": "CMS of the Herald", "role": "reader", "scopes": ["read"]})
@blp.returns(201, NewKeyAnswer)
def create(data: dict[str, Any]) -> Any:
    """Make a key. Its secret is in this answer only; a retry gets null for it."""
    key, secret = keys.issue(session(), actor(), **data)
    return _with_secret(key, secret, 201, {"Location": f"/v1/keys/{key.id}"})


@blp.route("/<key>", operation="readKey", access=Access.admin, scope=Scope.keys)
@blp.returns(200, KeyAnswer)
def read(key: str) -> Any:
    """Read a key: its role, scopes, when it expires and was last used."""
    return keys.represent(_find(key))


@blp.route(
    "/<key>/rotate",
    method="POST",
    operation="rotateKey",
    access=Access.admin,
    scope=Scope.keys,
    shown_once="secret",
)
@blp.arguments(RotationSchema, example={"overlap_hours": 24, "reason": "Every quarter."})
@blp.returns(200, NewKeyAnswer)
def rotate(data: dict[str, Any], key: str) -> Any:
    """Give a key a new secret; the old one is taken for some hours more."""
    found = _find(key)
    overlap = timedelta(hours=data.pop("overlap_hours"))
    secret = keys.rotate(session(), actor(), found, overlap, **data)
    return _with_secret(found, secret)


@blp.route("/<key>/revoke", method="POST", operation="revokeKey", access=Access.admin, scope=Scope.keys)
@blp.arguments(ReasonSchema, example={"reason": "It was found in a public repository."})
@blp.returns(200, KeyAnswer)
def revoke(data: dict[str, Any], key: str) -> Any:
    """Take a key back, at once and for good."""
    found = _find(key)
    keys.revoke(session(), actor(), found, data["reason"])
    return keys.represent(found)


@blp.route("/<key>/history", operation="readKeyHistory", access=Access.admin, scope=Scope.keys)
@blp.returns(200, History)
def read_history(key: str) -> Any:
    """Read who made, rotated and revoked a key, when and why."""
    return {"items": history.read(session(), ["key"], [_find(key).id])}
