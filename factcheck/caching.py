"""Answers about a claim that are kept, and served again for as long as the claim has the same version.

Only what a reader without a key is answered is kept. Every change of what readers see of a claim raises
its version in the same transaction (docs/decisions/0005-etags-of-the-body.md), and the version is read
before each answer: so no answer is older than the database, whoever wrote to it.
"""

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import Any, NamedTuple
from uuid import UUID

from flask import Flask, Response, current_app, g, request
from sqlalchemy import bindparam, select

from factcheck.claims import Claim, ClaimStatus
from factcheck.db import rfc3339
from factcheck.fields import as_id
from factcheck.prepared import Prepared, read_one
from factcheck.web import database, vary, with_etag

# What an answer takes beside its body and address, about.
_OVERHEAD = 1000
_VERSIONS = {
    column: Prepared(
        select(Claim.id, Claim.version, Claim.version_at).where(
            column == bindparam("key"), Claim.status == ClaimStatus.published
        )
    )
    for column in (Claim.id, Claim.slug)
}
Version = tuple[Any, ...]
"""Id, version and moment of the version: two histories of one database have not the same moments."""


class Kept(NamedTuple):
    """An answer, and the version of the claim that it shows."""

    version: Version
    body: bytes
    headers: list[tuple[str, str]]


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
    """Give an application the room for its answers; 0 keeps none."""
    app.extensions["factcheck.answers"] = Answers(megabytes * 1024 * 1024)


def shows(claim: dict[str, Any]) -> None:
    """Note which version of a claim (a `claim_summary`) the answer shows, read in its own snapshot."""
    at = claim["version_at"]
    g.shown = (str(claim["id"]), claim["version"], at if isinstance(at, str) else rfc3339(at))


def by_version(function: Callable[..., Any]) -> Callable[..., Any]:
    """Serve what a view of a claim (`key`, an id or slug) answered before, while its version stands.

    The view must call `shows` and answer everybody without a key alike. What it answers depends on the
    address, the claim as readers see it, and settings; nothing else.
    """

    @wraps(function)
    def view(key: str) -> Any:
        answers: Answers = current_app.extensions["factcheck.answers"]
        environ = request.environ
        if not answers.limit or "HTTP_AUTHORIZATION" in environ:
            return function(key=key)
        address = f"{environ.get('SCRIPT_NAME')}{environ['PATH_INFO']}?{environ.get('QUERY_STRING')}"
        kept = answers.find(address)
        if kept and kept.version == _version(as_id(key) or key):
            return Response(kept.body, headers=kept.headers)
        g.shown = None
        response = current_app.make_response(function(key=key))
        if response.status_code == 200 and g.shown:
            vary(with_etag(response), "Authorization")
            answers.keep(address, Kept(g.shown, response.get_data(), list(response.headers)))
        return response

    return view


def _version(key: UUID | str) -> Version | None:
    column = Claim.id if isinstance(key, UUID) else Claim.slug
    row = read_one(database(), _VERSIONS[column], key=key)
    return row and tuple(row)
