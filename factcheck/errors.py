"""Every exception becomes a problem, in one place; what the driver said stays in the log."""

import logging
import re
import sqlite3
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from flask import Flask, Response, render_template, request
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from factcheck.parsing import too_large
from factcheck.problems import Problem

MEDIA_TYPE = "application/problem+json"
# Where Google's Fact Check Tools API is answered, errors have the shape that its clients read.
GOOGLE = "/v1alpha1"
_GOOGLE_STATUS = {
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    507: "UNAVAILABLE",
}
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_DISK_FULL = "53100"
_log = logging.getLogger(__name__)


def problem_response(problem: Problem) -> Response:
    """Return the problem as JSON, or as a page where a reader's browser asks for one."""
    if request.path == GOOGLE or request.path.startswith(GOOGLE + "/"):
        return google_response(problem)
    if (
        not request.path.startswith("/v1")
        and request.accept_mimetypes.best_match(["application/json", "text/html"], "application/json")
        == "text/html"
    ):
        page = render_template("problem.html", problem=problem.body())
        return Response(page, problem.status, problem.headers, mimetype="text/html")
    return Response(orjson.dumps(problem.body()), problem.status, problem.headers, mimetype=MEDIA_TYPE)


def google_response(problem: Problem) -> Response:
    """Return the problem as google.rpc.Status in JSON (https://google.aip.dev/193).

    What else there is of statuses of HTTP is an argument that is wrong (400) to Google.
    """
    code = problem.status if problem.status in _GOOGLE_STATUS else 400
    status = "ALREADY_EXISTS" if problem.name == "duplicate" else _GOOGLE_STATUS.get(code, "INVALID_ARGUMENT")
    details: list[dict[str, Any]] = []
    if "reason" in problem.members:
        # The reasons are those of google.api.ErrorReason, which belong to this domain.
        info = {"reason": problem.members["reason"], "domain": "googleapis.com"}
        details.append({"@type": "type.googleapis.com/google.rpc.ErrorInfo", **info})
    if problem.errors:
        violations = [{"field": _google_field(e), "description": e["detail"]} for e in problem.errors]
        details.append({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations})
    error = {"code": code, "message": problem.detail, "status": status}
    body = {"error": {**error, "details": details} if details else error}
    text = orjson.dumps(body, option=orjson.OPT_INDENT_2)
    response = Response(text, code, problem.headers, mimetype="application/json")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _google_field(error: Mapping[str, str]) -> str:
    """Return the path of a field: claimReviewMarkups[0].rating for #/claimReviewMarkups/0/rating."""
    if "parameter" in error:
        return error["parameter"]
    return re.sub(r"/(\d+)(?=/|$)", r"[\1]", error["pointer"].removeprefix("#/")).replace("/", ".")


def problem_of(error: HTTPException) -> Problem:
    """Return the problem for an error of the framework."""
    headers = {}
    if error.code == 405:
        headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
    if error.code == 413:
        return too_large()
    sentences = {
        404: "There is nothing at this address.",
        405: f"{request.method} is not possible here; see the Allow header.",
    }
    status = error.code or 500
    detail = sentences.get(status) or f"{HTTPStatus(status).phrase}."
    name = HTTPStatus(status).phrase.lower().replace(" ", "-")
    return Problem(status, name, detail, headers=headers)


def _is_full(error: Exception) -> bool:
    """Tell whether the database found no room on its disk; trying again is then of no use."""
    cause = getattr(error, "orig", None)
    return (
        getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        or getattr(cause, "sqlstate", None) == _DISK_FULL
    )


def register(app: Flask) -> None:
    """Handle every exception of the application."""

    @app.errorhandler(Problem)
    def problem(error: Problem) -> Response:
        return problem_response(error)

    @app.errorhandler(IntegrityError)
    def conflict(error: IntegrityError) -> Response:
        _log.error("the database refused a write", exc_info=error)
        detail = "This conflicts with what another request stored just now; read again and repeat."
        return problem_response(Problem(409, "conflict", detail))

    @app.errorhandler(DataError)
    def unstorable(error: DataError) -> Response:
        _log.error("the database cannot store a value", exc_info=error)
        return problem_response(Problem(422, "invalid", "A value is longer than can be stored; shorten it."))

    @app.errorhandler(OperationalError)
    @app.errorhandler(InterfaceError)
    @app.errorhandler(PoolTimeout)
    def unavailable(error: Exception) -> Response:
        if _is_full(error):
            _log.error("the disk of the database is full", exc_info=error)
            detail = "The disk of the database is full; nothing was stored. Its operator has to make room."
            return problem_response(Problem(507, "storage-full", detail))
        _log.error("the database cannot be reached or is busy", exc_info=error)
        if request.method in ("GET", "HEAD"):
            detail = "The database cannot be reached or is busy; try again."
        else:
            detail = "The database is busy or takes no writes at present; nothing was stored. Try again."
        return problem_response(Problem(503, "unavailable", detail, headers={"Retry-After": "2"}))

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        _log.error("unexpected error", exc_info=error)
        detail = "Something went wrong here; nothing was stored. The log of the service says more."
        return problem_response(Problem(500, "internal", detail))
