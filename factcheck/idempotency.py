"""`Idempotency-Key`: a POST that is sent twice is done once.

The answer is kept in the transaction of the write, so that there is never one without the other.
Writes are serial, so a retry that comes while the first is running waits for its turn and then finds
the stored answer; where requests of a process run side by side (PostgreSQL) it is told 409 at once.
Failed posts store nothing and may be sent again under the same key.
"""

import hashlib
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from flask import Request, Response, g
from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from factcheck.auth import Actor
from factcheck.db import Base, Id, now
from factcheck.problems import Problem

KEPT = timedelta(days=7)
_HEADERS = ("Location", "ETag", "Content-Type")
_running: set[tuple[UUID | None, str]] = set()
_lock = threading.Lock()


class StoredAnswer(Base):
    """The answer to a POST, kept under the name that the client gave it."""

    __tablename__ = "stored_answer"
    __table_args__ = (UniqueConstraint("key_id", "name"),)

    id: Mapped[Id]
    key_id: Mapped[UUID] = mapped_column(ForeignKey("api_key.id"))
    name: Mapped[str] = mapped_column(String(255))
    request_digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    headers: Mapped[dict[str, Any]]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)


def _name(request: Request) -> str | None:
    name = request.headers.get("Idempotency-Key")
    if name is not None and not (0 < len(name) <= 255 and name.isascii() and name.isprintable()):
        detail = "An Idempotency-Key is 1 to 255 printable ASCII characters."
        raise Problem(400, "malformed", detail)
    return name


def _digest(request: Request) -> str:
    return hashlib.sha256(b"\n".join((request.full_path.encode(), request.get_data()))).hexdigest()


def answered(session: Session, actor: Actor, request: Request) -> bool:
    """Tell whether a POST is a retry of one that was answered."""
    name = _name(request)
    same = select(StoredAnswer.id).where(StoredAnswer.key_id == actor.key_id, StoredAnswer.name == name)
    return name is not None and session.scalar(same) is not None


def once(session: Session, actor: Actor, request: Request, run: Callable[[], Response]) -> Response:
    """Run a POST, or return what it answered before.

    Raise 409 while the first is running here, 422 where the key was used for another request.
    """
    name = _name(request)
    if name is None:
        return run()
    g.answer_is_kept = True
    running = (actor.key_id, name)
    with _lock:
        if running in _running:
            detail = "The first request with this Idempotency-Key is still running; try again shortly."
            raise Problem(409, "in-progress", detail, headers={"Retry-After": "1"})
        _running.add(running)
    try:
        stored = session.scalar(
            select(StoredAnswer).where(StoredAnswer.key_id == actor.key_id, StoredAnswer.name == name)
        )
        if stored is None:
            return run()
        if stored.request_digest != _digest(request):
            detail = "This Idempotency-Key was used for another request; take a new one."
            raise Problem(422, "idempotency-key-reused", detail)
        _confirm(session, stored)
        headers = {**stored.headers, "Idempotency-Replayed": "true"}
        return Response(stored.body, stored.status, headers)
    finally:
        with _lock:
            _running.discard(running)


def _confirm(session: Session, stored: StoredAnswer) -> None:
    """Wait until PostgreSQL's synchronous standbys have what is answered again; without one, as before.

    The first answer may have failed because none of them confirmed it. A commit waits for all that was
    written before it, but only where it writes something itself.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.expunge(stored)
        same = update(StoredAnswer).where(StoredAnswer.id == stored.id).values(status=stored.status)
        session.execute(same)
        session.commit()


def is_kept() -> bool:
    """Tell whether the answer to this request is stored with what it writes: running it again is safe."""
    return bool(g.get("answer_is_kept"))


def keep(
    session: Session, actor: Actor, request: Request, response: Response, *, without: str | None = None
) -> None:
    """Store the answer to a POST that succeeded, in its own transaction, and drop old ones.

    `without` names a member of the answer that is shown once: a retry gets null for it.
    """
    name = _name(request) if request.method == "POST" else None
    if name is None or actor.key_id is None or response.status_code >= 300:
        return
    session.execute(delete(StoredAnswer).where(StoredAnswer.created_at < now() - KEPT))
    session.add(
        StoredAnswer(
            key_id=actor.key_id,
            name=name,
            request_digest=_digest(request),
            status=response.status_code,
            headers={h: response.headers[h] for h in _HEADERS if h in response.headers},
            body=_without(response, without) if without else response.get_data(),
        )
    )


def _without(response: Response, member: str) -> bytes:
    return orjson.dumps({**orjson.loads(response.get_data()), member: None})
