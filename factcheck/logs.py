"""Logs: one line an event on standard error, JSON or text, each with the id of its request.

Never logged: bodies, query strings, headers but the request's id, the values bound to SQL.
"""

import logging
import re
import sys
import time
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

import structlog
from flask import Flask, Response, g, has_request_context, request
from flask.globals import request_ctx
from uuid_utils import uuid7

from factcheck.config import Settings

REQUEST_ID: Final = "X-Request-ID"
# Where the environment of a request has its id and the moment at which it began, by the clock of
# `perf_counter`. To look something up by a proxy of Flask's, such as `g`, takes a microsecond each time.
_ID: Final = "factcheck.request_id"
BEGAN: Final = "factcheck.began"
# What a proxy or client may name a request; anything else could forge lines of a log.
_SOUND_ID = re.compile(r"[A-Za-z0-9._:+/=-]{1,128}")
# A read that takes longer is worth a line, whatever FACTCHECK_LOG_REQUESTS says.
SLOW_SECONDS: Final = 1.0
_log = logging.getLogger(__name__)


def configure(settings: Settings) -> None:
    """Send every log of this process, libraries' too, to standard error in the settings' format.

    Called by the entry points only: whoever imports the package keeps the logging of their own.
    """
    text = settings.log_format == "text" or (not settings.log_format and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_request,
    ]
    last: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
        if text
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    # It tells each request of ours to the judge at INFO, with the address.
    logging.getLogger("httpx").setLevel(logging.WARNING)


def _add_request(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if has_request_context():
        event["request_id"] = request.environ.get(_ID)
        event.setdefault("method", request.method)
        event.setdefault("path", request.path)
    return event


def request_id(environ: Mapping[str, Any]) -> str:
    """Return the id of a request: the one that it came with, else a new one."""
    given: str = environ.get("HTTP_X_REQUEST_ID", "")
    return given if given and _SOUND_ID.fullmatch(given) else str(uuid7())


def register(app: Flask, settings: Settings) -> None:
    """Answer each request with its id, and log those that the settings ask for."""

    @app.before_request
    def begin() -> None:
        environ = request.environ
        environ[BEGAN] = time.perf_counter()
        environ[_ID] = request_id(environ)

    @app.after_request
    def end(response: Response) -> Response:
        asked = request_ctx.request
        response.headers.add(REQUEST_ID, asked.environ[_ID])
        seconds = time.perf_counter() - asked.environ[BEGAN]
        if _is_told(settings.log_requests, asked.method, response.status_code, seconds):
            level = logging.ERROR if response.status_code >= 500 else logging.INFO
            _log.log(
                level,
                "request",
                extra={
                    "status": response.status_code,
                    "milliseconds": round(seconds * 1000, 1),
                    "key": _key_name(),
                },
            )
        return response


def _key_name() -> str | None:
    """Return the name of the key that asked; the key itself is a secret."""
    actor = g.get("actor")
    return actor.name if actor and actor.key_id else None


def _is_told(wanted: str, method: str, status: int, seconds: float) -> bool:
    if wanted == "all" or status >= 500 or seconds >= SLOW_SECONDS:
        return True
    return wanted == "changes" and method not in ("GET", "HEAD", "OPTIONS")
