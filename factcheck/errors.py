"""Every exception becomes a problem, in one place; what the driver said stays in the log."""

import logging
from http import HTTPStatus

import orjson
from flask import Flask, Response, render_template, request
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from factcheck.parsing import too_large
from factcheck.problems import Problem

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger(__name__)


def problem_response(problem: Problem) -> Response:
    """Return the problem as JSON, or as a page where a reader's browser asks for one."""
    if (
        not request.path.startswith("/v1")
        and request.accept_mimetypes.best_match(["application/json", "text/html"], "application/json")
        == "text/html"
    ):
        page = render_template("problem.html", problem=problem.body())
        return Response(page, problem.status, problem.headers, mimetype="text/html")
    return Response(orjson.dumps(problem.body()), problem.status, problem.headers, mimetype=MEDIA_TYPE)


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
        _log.error("the database cannot be reached or is busy", exc_info=error)
        detail = "The database cannot be reached or is busy; try again."
        return problem_response(Problem(503, "unavailable", detail, headers={"Retry-After": "2"}))

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        _log.error("unexpected error", exc_info=error)
        detail = "Something went wrong here; nothing was stored. The log of the service says more."
        return problem_response(Problem(500, "internal", detail))
