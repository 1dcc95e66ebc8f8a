"""What every call of Google's API has in common: who calls, with what arguments, and how it is answered."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson
from flask import Blueprint, Response, request
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.orm import Session

from factcheck import callers, consequences, web
from factcheck.auth import ANYONE, Actor, require
from factcheck.errors import GOOGLE
from factcheck.problems import Problem, wrong
from factcheck.publish.google import masks

# Arguments that every API of Google takes, with "$" before them or not. What changes the answer is read
# in `answer`, keys in `caller`.
_COMMON = frozenset(
    {".xgafv", "access_token", "alt", "callback", "fields", "key", "oauth_token", "prettyPrint"}
    | {"quotaUser", "uploadType", "upload_protocol"}
)
_TRUE, _FALSE = ("true", "1"), ("false", "0")
# What a script of another page may send; "*" would not take in Authorization.
_HEADERS = (
    "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, X-Goog-Api-Client, "
    "X-Goog-Api-Key, X-HTTP-Method-Override"
)
PAGE = {"pageSize": int, "pageToken": str, "offset": int}
MAX_PAGE = 200
_INT32 = 2**31

Arguments = dict[str, Any]


def blueprint(name: str) -> Blueprint:
    """Return a blueprint for routes of the API; scripts of any page may call it, as at Google."""
    blp = Blueprint(f"google_{name}", __name__, url_prefix=GOOGLE)

    @blp.after_request
    def share(response: Response) -> Response:
        response.headers["Access-Control-Allow-Origin"] = "*"
        if request.method == "OPTIONS":
            # Nothing here hangs on cookies: who has a key has it in the script.
            response.headers["Access-Control-Allow-Methods"] = response.headers["Allow"]
            response.headers["Access-Control-Allow-Headers"] = _HEADERS
            response.headers["Access-Control-Max-Age"] = "7200"
        return response

    return blp


def caller() -> Actor:
    """Return whose key came with the call; raise as Google does where it is none.

    A key comes as `?key=`, in `X-Goog-Api-Key`, or as what clients call the token of OAuth: a Bearer
    token or `?access_token=`.
    """
    token = _common("access_token")
    header = request.headers.get("Authorization") or (f"Bearer {token}" if token else None)
    key = request.headers.get("X-Goog-Api-Key") or _common("key")
    if header is None and not key:
        return ANYONE
    try:
        return callers.recognise(header or f"Bearer {key}")
    except Problem as problem:
        if problem.status != 401:
            raise
        if header is not None:
            problem.members["reason"] = "ACCESS_TOKEN_TYPE_UNSUPPORTED"
            raise
    detail = "API key not valid. Please pass a valid API key."
    raise Problem(400, "invalid", detail, reason="API_KEY_INVALID")


@contextmanager
def reading() -> Iterator[Session]:
    """Give the session of a call that anybody may make; a key must be valid where there is one."""
    require(caller(), callers.asked())
    with web.database().reading() as session:
        yield session


@contextmanager
def writing() -> Iterator[tuple[Session, Actor]]:
    """Give the session and actor of a change; commit at the end."""
    actor = caller()
    require(actor, callers.asked())
    callers.spend("writes", str(actor.key_id))
    with web.database().writing() as session:
        yield session, actor
        consequences.settle(session, web.settings().max_flags)
        session.commit()


def arguments(known: Mapping[str, type]) -> Arguments:
    """Return the arguments of the call that are set; raise 422 for one that is wrong or not known.

    Google takes `page_size` for `pageSize` too.
    """
    found: Arguments = {}
    for given, value in request.args.items():
        name = re.sub("_([a-z])", lambda match: match[1].upper(), given)
        if name in known and value:
            found[name] = _integer(name, value) if known[name] is int else value
        elif name not in known and given.removeprefix("$") not in _COMMON:
            raise wrong(given, f'Unknown name "{given}": Cannot bind query parameter.')
    return found


def _common(name: str, default: str = "") -> str:
    return request.args.get(name) or request.args.get(f"${name}") or default


def _integer(name: str, value: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,10}", value) or not -_INT32 <= int(value) < _INT32:
        raise wrong(name, f"Invalid value at '{name}' (TYPE_INT32), {value[:100]!r}.")
    if int(value) < 0:
        raise wrong(name, f"{name} must not be negative.")
    return int(value)


def page(given: Arguments) -> tuple[int, Any]:
    """Return the size of the page and where it starts: an offset, or what was given to `next_page`.

    A size of 0 is none, as everywhere at Google.
    """
    size = min(given.get("pageSize") or 10, MAX_PAGE)
    if "pageToken" not in given:
        return size, given.get("offset", 0)
    try:
        return size, _tokens(given).loads(given["pageToken"])
    except BadSignature:
        detail = "This pageToken is not one that the same search gave; start again without it."
        raise wrong("pageToken", detail) from None


def next_page(given: Arguments, start: int | str) -> str:
    """Return the token of the page that starts there."""
    return str(_tokens(given).dumps(start))


def _tokens(given: Arguments) -> URLSafeSerializer:
    """Sign for this call with these arguments, so that a token fits no other one."""
    same = sorted((name, value) for name, value in given.items() if name not in PAGE)
    salt = orjson.dumps(["page token", request.path, same])
    return URLSafeSerializer(web.settings().secret_key, salt=salt)


def answer(value: Any, shape: masks.Mask) -> Response:
    """Return an answer of this shape as JSON, or of it what `fields` names."""
    if _common("alt", "json") != "json":
        raise wrong("alt", "The only format is json.")
    pretty = _common("prettyPrint", "true").lower()
    if pretty not in _TRUE + _FALSE:
        raise wrong("prettyPrint", "prettyPrint is true or false.")
    if selection := _common("fields"):
        mask = masks.parse(selection)
        masks.check(mask, shape)
        value = masks.select(value, mask)
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2 if pretty in _TRUE else None)
    return Response(text, mimetype="application/json")
