"""HTTP in one place: who may call, ETags, retries, the commit.

A route of a `Blueprint` declares its operation and the role it asks for; one that does not cannot
be written. The function beneath gets loaded arguments and returns JSON-ready data.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial, wraps
from http import HTTPStatus
from typing import Any
from uuid import UUID

import flask_smorest
import orjson
from flask import Flask, Response, current_app, g, request
from sqlalchemy.orm import Session

from factcheck import callers, consequences, idempotency, openapi
from factcheck.analysis import Engine
from factcheck.auth import ANYONE, Access, Actor, Asked, Scope, require
from factcheck.config import Settings
from factcheck.cores import Core
from factcheck.db import Database, rfc3339
from factcheck.fields import as_id, storable
from factcheck.graph import ClaimGraph
from factcheck.headers import Answer, with_etag
from factcheck.metrics import Metrics
from factcheck.parsing import Parser
from factcheck.prepared import Reads, snapshot
from factcheck.problems import Problem, not_found


class Application(Flask):
    """A Flask application in which no function is a coroutine, so that none is asked whether it is one.

    Flask asks each hook of every request, a dozen here: a third of what they take.
    """

    response_class = Answer

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func

    def update_template_context(self, context: dict[str, Any]) -> None:
        """Add what every template gets; no blueprint here adds anything of its own."""
        for processor in self.template_context_processors[None]:
            added: Any = processor()
            context |= {**added, **context}


def settings() -> Settings:
    """Return the settings of the running application."""
    found: Settings = current_app.extensions["factcheck.settings"]
    return found


def database() -> Database:
    """Return the database of the running application."""
    found: Database = current_app.extensions["factcheck.database"]
    return found


def session() -> Session:
    """Return the session of this request: one snapshot for a read, one transaction for a write."""
    found: Session = g.session
    return found


def reads() -> AbstractContextManager[Reads]:
    """Give one snapshot to prepared reads, ids and moments as JSON has them; for a route that is `hot`."""
    return snapshot(database())


def engine() -> Engine:
    """Return the engine of the running application, which judges texts."""
    found: Engine = current_app.extensions["factcheck.engine"]
    return found


@contextmanager
def aside() -> Iterator[None]:
    """Let other requests of this process run while the block computes; it holds no transaction."""
    core: Core = current_app.extensions["factcheck.core"]
    committer = database().committer
    with core.anywhere(), committer.requests.aside() if committer else nullcontext():
        yield


def metrics() -> Metrics:
    """Return what the running application counts."""
    found: Metrics = current_app.extensions["factcheck.metrics"]
    return found


def actor() -> Actor:
    """Return who is calling."""
    found: Actor = g.actor
    return found


def settle() -> ClaimGraph:
    """Compute what follows from the changes so far, so that the answer can show it."""
    return consequences.settle(session(), settings().max_flags)


def to_json(value: Any) -> bytes:
    """Return JSON: UUIDs as text, times in RFC 3339 with milliseconds and Z."""
    return orjson.dumps(value, default=rfc3339, option=orjson.OPT_PASSTHROUGH_DATETIME)


def answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a JSON answer with its strong ETag."""
    return with_etag(Answer(to_json(value), status, headers, mimetype="application/json"))


class Blueprint(flask_smorest.Blueprint):
    """Routes that say who may call them."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, name: str, import_name: str, **kwargs: Any) -> None:
        super().__init__(name, import_name, **kwargs)
        self._readers: dict[str, Callable[..., Any]] = {}

    def route(
        self,
        rule: str,
        *,
        operation: str,
        access: Access,
        scope: Scope | None = None,
        method: str = "GET",
        created: bool = False,
        stores: bool = True,
        shown_once: str | None = None,
        prepare: Callable[[], None] | None = None,
        hot: bool = False,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register an operation of the API.

        `access` is the least role, `scope` what a key with scopes must have: left out, it follows from
        the method. For a resource that a GET on the same rule reads, a change needs the ETag of that
        GET in If-Match. `created`: PUT may create the resource. `stores=False`: what the POST writes is
        rolled back once it is answered. `shown_once`: a member of the answer to a POST that is not kept.
        `prepare` is called before the write transaction begins, for what takes long: other writers do
        not wait for it. `hot`: the GET has no session; it uses `reads`.
        """
        asked = Asked(access, scope or _scope(method, stores=stores))

        def decorator(function: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(function)
            def view(**kwargs: Any) -> Response:
                if hot:
                    admit(asked)
                    return function(**kwargs)  # type: ignore[no-any-return]
                if method == "GET":
                    with reading(asked):
                        return function(**kwargs)  # type: ignore[no-any-return]
                reader = self._readers.get(rule) if method != "POST" else None
                with _writing(asked, "writes" if stores else "analysis"):
                    if prepare:
                        prepare()  # The transaction begins with the first query of the session.
                    if not stores:
                        return function(**kwargs)  # type: ignore[no-any-return]
                    if method == "POST":
                        commit = partial(_commit, function, kwargs, shown_once)
                        return idempotency.once(session(), actor(), request, commit)
                    if reader and not _stands_as_read(reader, kwargs, may_create=created):
                        function(**kwargs)  # What is refused anyway is refused by its own name.
                        raise _changed()
                    return _commit(function, kwargs)

            if method == "GET":
                self._readers[rule] = function
            view.asked = asked  # type: ignore[attr-defined]
            matched = rule in self._readers
            openapi.describe(view, operation, asked, method, matched=matched, created=created, retried=stores)
            super(Blueprint, self).route(rule, methods=[method], endpoint=operation)(view)
            return view

        return decorator

    def arguments(self, schema: Any, **kwargs: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Load the body (or `location="query"`) with a schema; see flask-smorest."""
        if isinstance(schema, type):
            schema = schema()  # Else each request would make one anew.
        decorator: Callable[..., Any] = super().arguments(schema, **kwargs)
        return decorator

    def returns(
        self, status: int, schema: Any, **kwargs: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Answer with the returned data, or `(data, headers)`, as JSON; the schema documents its shape.

        The data is JSON-ready already: dumping it through the schema again would only cost time.
        `tests/test_openapi.py` holds every answer against the schema.
        """

        def decorator(function: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(function)
            def view(*args: Any, **kwargs: Any) -> Response:
                result = function(*args, **kwargs)
                if isinstance(result, Response):
                    return result
                data, headers = result if isinstance(result, tuple) else (result, None)
                return answer(data, status, headers)

            documented: Callable[..., Any] = self.alt_response(
                status, schema=schema, description=HTTPStatus(status).phrase, success=True, **kwargs
            )(view)
            return documented

        return decorator


def _scope(method: str, *, stores: bool) -> Scope:
    if method == "POST":
        return Scope.post if stores else Scope.analyse
    return Scope.read if method == "GET" else Scope.edit


@contextmanager
def reading(asked: Asked) -> Iterator[None]:
    """Give the request who is calling, if role and scopes are enough, and a session that reads."""
    admit(asked)
    with database().reading() as g.session:
        yield


@contextmanager
def _writing(asked: Asked, limit: str) -> Iterator[None]:
    admit(asked)
    callers.spend(limit, str(g.actor.key_id))
    with database().writing() as g.session:
        yield


def admit(asked: Asked) -> None:
    """Give the request who is calling; raise 401 or 403 where role or scopes are not enough."""
    header = request.environ.get("HTTP_AUTHORIZATION")
    if header is None:
        g.actor = ANYONE
    else:
        g.actor = callers.recognise(header)
    require(g.actor, asked)


def _commit(function: Callable[..., Any], kwargs: dict[str, Any], shown_once: str | None = None) -> Response:
    """Call the route and commit; the answer is made inside the transaction it reports on."""
    response: Response = function(**kwargs)
    settle()
    idempotency.keep(session(), actor(), request, response, without=shown_once)
    session().commit()
    return response


def _stands_as_read(reader: Callable[..., Any], kwargs: dict[str, Any], *, may_create: bool) -> bool:
    """Raise 428 without If-Match and 412 where it is not the ETag of what stands now.

    What stands is what the GET of the same address answers to the same caller, read in this write
    transaction: nobody can change it in between. A query could make it another version than the one
    that is about to be changed, so a change takes none.

    Return False where If-Match came for what does not stand, and the change would create it. That is a
    412 only if the change were made otherwise (RFC 9110, 13.2.1): a 412 at once would tell what is
    hidden, which is refused in other words, from what is not there.
    """
    if request.args:
        raise Problem(
            422,
            "invalid",
            "A change takes no query; leave it out.",
            errors=[{"parameter": name, "detail": "A change takes no query."} for name in request.args],
        )
    try:
        current: Response = reader(**kwargs)
    except Problem as problem:
        if problem.status == 404 and may_create:
            return not request.if_match
        raise
    if not request.if_match:
        raise Problem(
            428,
            "precondition-required",
            "Send If-Match with the ETag that a GET of this address gave, so that no change is lost.",
        )
    etag, _ = current.get_etag()
    if not request.if_match.contains(etag or ""):
        raise _changed()
    return True


def _changed() -> Problem:
    return Problem(
        412, "precondition-failed", "This has changed since you read it; read it again and repeat."
    )


def path_id(value: str, what: str) -> UUID:
    """Return the id in a path; what is no UUID names nothing, so it is a 404."""
    found = as_id(value)
    if found is None:
        raise not_found(what)
    return found


def refuse_unreadable_address() -> None:
    """Raise 404 for a path with characters that nothing stored can have: PostgreSQL refuses NUL.

    Raise 400 for a query whose bytes are no UTF-8, which nothing could read.
    """
    if not storable(request.path):
        raise not_found("address")
    if not request.query_string.isascii():
        try:
            request.query_string.decode()
        except UnicodeDecodeError:
            request.query_string = b""  # The page of the problem is made without it.
            raise Problem(
                400, "malformed", "The query is not UTF-8; percent-encode what is not ASCII."
            ) from None
