"""Answers about a claim that are kept, and served again for as long as the claim has the same version.

Only what a reader without a key is answered is kept. Every change of what readers see of a claim raises
its version in the same transaction (docs/decisions/0005-etags-of-the-body.md), and the version is read
before each answer: so no answer is older than the database, whoever wrote to it.

An answer is kept as it leaves the application and served in front of it (`Front`). What is left to
do then is to read the version; and on SQLite not even that, where nothing was written since it was read.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from flask import Flask, Response, current_app, g, request
from sqlalchemy import bindparam, select
from sqlalchemy.exc import SQLAlchemyError

from factcheck import logs
from factcheck.claims import Claim, ClaimStatus
from factcheck.db import Database, rfc3339
from factcheck.headers import NOT_AGAIN
from factcheck.metrics import Metrics
from factcheck.prepared import Prepared, read_one

# What an answer takes beside its body and address, about.
_OVERHEAD = 1000
_VERSION = Prepared(
    select(Claim.id, Claim.version, Claim.version_at).where(
        Claim.id == bindparam("id"), Claim.status == ClaimStatus.published
    )
)
# A request with one of these is the application's: it has a key, or asks for what is not kept.
_UNUSUAL: Final = frozenset(
    (
        "HTTP_AUTHORIZATION",
        "HTTP_IF_MATCH",
        "HTTP_IF_MODIFIED_SINCE",
        "HTTP_IF_UNMODIFIED_SINCE",
        "HTTP_RANGE",
    )
)
Version = tuple[Any, ...]
"""Id, version and moment of the version: two histories of one database have not the same moments."""


@dataclass(slots=True)
class Kept:
    """An answer, the rule that gave it, and the version of the claim that it shows.

    `state` is the database's (`walindex`) when the version was last found to be the claim's.
    """

    version: Version
    rule: str
    body: bytes
    headers: list[tuple[str, str]]
    etag: str
    state: bytes | None = None


class Answers:
    """Kept answers by address, within a bound of bytes; what was not asked for longest goes first."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._lock = Lock()

    def find(self, address: str) -> Kept | None:
        """Return the answer that is kept for an address, of whatever version."""
        with self._lock:
            kept = self._kept.get(address)
            if kept is not None:
                self._kept.move_to_end(address)
            return kept

    def keep(self, address: str, kept: Kept) -> None:
        """Keep an answer in place of an older one, unless it alone would take a good part of the room."""
        with self._lock:
            self._forget(address)
            size = _size(address, kept)
            if size > self.limit // 4:
                return
            self._kept[address] = kept
            self.size += size
            while self.size > self.limit:
                self._forget(next(iter(self._kept)))

    def _forget(self, address: str) -> None:
        if kept := self._kept.pop(address, None):
            self.size -= _size(address, kept)


def _size(address: str, kept: Kept) -> int:
    return len(address) + len(kept.body) + _OVERHEAD


def register(app: Flask, megabytes: int) -> None:
    """Keep answers of an application within so much room; 0 keeps none."""
    app.extensions["factcheck.answers"] = Answers(megabytes * 1024 * 1024)
    if megabytes:
        app.after_request(_keep)


def shows(claim: dict[str, Any]) -> None:
    """Note which version of a claim (a `claim_summary`) the answer shows, read in its own snapshot.

    What the view then answers to whoever has no key may depend on the address, on what the client
    accepts, on the claim as readers see it, and on settings; on nothing else.
    """
    at = claim["version_at"]
    g.shown = (str(claim["id"]), claim["version"], at if isinstance(at, str) else rfc3339(at))


def _keep(response: Response) -> Response:
    """Keep a whole answer with all its headers; called before it is made conditional."""
    environ, rule = request.environ, request.url_rule
    is_public = request.method == "GET" and "HTTP_AUTHORIZATION" not in environ
    if response.status_code == 200 and "shown" in g and is_public and rule:
        answers: Answers = current_app.extensions["factcheck.answers"]
        headers, etag = list(response.headers), response.headers["ETag"]
        answers.keep(_address(environ), Kept(g.shown, rule.rule, response.get_data(), headers, etag))
    return response


def _address(environ: dict[str, Any]) -> str:
    """Return what an answer depends on of the request."""
    accept, query = environ.get("HTTP_ACCEPT", ""), environ.get("QUERY_STRING", "")
    return f"{environ.get('SCRIPT_NAME', '')}{environ['PATH_INFO']}?{query} {accept}"


class Front:
    """Answers what is kept; the rest it hands on to the WSGI application behind.

    Two of them stand there on SQLite, where one request of a process runs at a time (`committing`): one
    before that, which answers at once where nothing was written at all, and one that may ask for the version.
    """

    def __init__(self, behind: Callable[..., Iterable[bytes]], app: Flask, *, asks: bool) -> None:
        self._behind = behind
        self._asks = asks
        self._answers: Answers = app.extensions["factcheck.answers"]
        self._database: Database = app.extensions["factcheck.database"]
        self._metrics: Metrics = app.extensions["factcheck.metrics"]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        began = time.perf_counter()
        if environ["REQUEST_METHOD"] != "GET" or not _UNUSUAL.isdisjoint(environ):
            return self._behind(environ, start_response)
        kept = self._answers.find(_address(environ))
        if kept is None or not self._stands(kept):
            return self._behind(environ, start_response)
        own = (logs.REQUEST_ID, logs.request_id(environ))
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known and (kept.etag in known or known == "*"):
            status, body = "304 NOT MODIFIED", []
            headers = [pair for pair in kept.headers if pair[0] not in NOT_AGAIN]
        else:
            status, body, headers = "200 OK", [kept.body], kept.headers
        start_response(status, [*headers, own])
        self._metrics.count("GET", kept.rule, status[:3], time.perf_counter() - began)
        return body

    def _stands(self, kept: Kept) -> bool:
        """Tell whether an answer shows what readers would see now."""
        index = self._database.wal_index
        # First the state and then the version: what is written in between makes the state another.
        state = index.state() if index else None
        if state is not None and state == kept.state:
            return True
        if not self._asks or kept.version != self._version(kept.version[0]):
            return False
        kept.state = state
        return True

    def _version(self, id_: str) -> Version | None:
        try:
            row = read_one(self._database, _VERSION, id=id_)
        except SQLAlchemyError:
            return None  # The application says what is wrong.
        return row and tuple(row)
