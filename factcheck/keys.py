"""What is done with keys: made, rotated, revoked, each in the history; and when they were last used.

A secret is returned by the verb that made it and stands nowhere else: not in the database, not in
the log, not in the answer that is kept for a retry.
"""

import logging
import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from threading import Lock, Timer
from typing import Final
from uuid import UUID
from weakref import ref

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from factcheck import history
from factcheck.auth import Actor, ApiKey, Role, Scope
from factcheck.db import Database, State, now
from factcheck.problems import Problem, invalid

MAX_OVERLAP: Final = timedelta(days=30)
_log = logging.getLogger(__name__)


def issue(
    session: Session,
    actor: Actor,
    *,
    name: str,
    role: Role,
    scopes: Iterable[Scope] | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key and return it with its secret; raise 409 for a name that is taken, 422 for a day gone by."""
    if session.scalar(select(ApiKey.id).where(ApiKey.name == name)):
        raise Problem(409, "duplicate", f"A key named '{name}' exists; choose another name, or rotate it.")
    if expires_at is not None and expires_at <= now():
        raise invalid("/expires_at", "A key cannot expire in the past.")
    key, secret = ApiKey.made(name=name, role=role, scopes=scopes, expires_at=expires_at)
    history.created(session, actor, key)
    return key, secret


def rotate(
    session: Session,
    actor: Actor,
    key: ApiKey,
    overlap: timedelta,
    *,
    expires_at: datetime | None = None,
    reason: str | None = None,
) -> str:
    """Give a key a new secret and return it; the old one is taken for as long as `overlap` says.

    `expires_at` takes the place of the day on which the key expires. Raise 409 for a key that is
    revoked, 422 for one that would be expired.
    """
    _refuse_revoked(key)
    until = expires_at or key.expires_at
    if until is not None and until <= now():
        raise invalid("/expires_at", "The key has expired, or would have; give a later expires_at.")
    with history.changing(session, actor, key, "rotated", reason):
        secret = key.renew(now() + overlap)
        key.expires_at = expires_at or key.expires_at
    return secret


def revoke(session: Session, actor: Actor, key: ApiKey, reason: str | None = None) -> None:
    """Take every secret of a key back at once, for good; its name stays in the history."""
    _refuse_revoked(key)
    with history.changing(session, actor, key, "revoked", reason):
        key.revoked_at = now()


def _refuse_revoked(key: ApiKey) -> None:
    if key.revoked_at is not None:
        raise Problem(409, "conflict", f"The key '{key.name}' is revoked already; make a new one.")


def represent(key: ApiKey) -> State:
    """Return a key as admins see it; its secrets are not to be had."""
    present = now()
    expired = key.expires_at is not None and key.expires_at <= present
    overlaps = not key.revoked_at and (key.previous_until or present) > present
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role.value,
        "scopes": key.scopes,
        "status": "revoked" if key.revoked_at else "expired" if expired else "active",
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "previous_secret_until": key.previous_until if overlaps else None,
        "last_used_at": key.last_used_at,
    }


class Uses:
    """Notes which keys are used, and writes it down a minute later, beside the requests.

    A read must not wait for a write, nor fail where only a standby is left: so a request leaves a
    note in memory, and a thread stores what gathered. Of a process that is killed, at most the last
    minute is lost.
    """

    PAUSE: Final = 60.0

    def __init__(self, database: Database) -> None:
        # What nobody else holds any more, such as the application of a test, is not held by a note.
        self._database = ref(database)
        self._seen: dict[UUID, datetime] = {}
        self._lock = Lock()
        self._waiting: int | None = None

    def note(self, key_id: UUID) -> None:
        """Remember that a key was used just now."""
        self._seen[key_id] = now()
        # Threads do not come along where a server forks after the application is made.
        if self._waiting != os.getpid():
            with self._lock:
                if self._waiting != os.getpid():
                    self._waiting = os.getpid()
                    timer = Timer(self.PAUSE, self._store_in_time)
                    timer.daemon = True
                    timer.start()

    def store(self) -> None:
        """Write down what gathered; what another process has seen later stays."""
        database = self._database()
        with self._lock:
            seen, self._seen = self._seen, {}
        if not seen or database is None or database.disposed:
            return
        try:
            with database.writing() as session:
                for key_id, at in list(seen.items()):
                    earlier = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < at)
                    session.execute(
                        update(ApiKey).where(ApiKey.id == key_id, earlier).values(last_used_at=at)
                    )
                session.commit()
        except Exception:
            with self._lock:
                self._seen = seen | self._seen
            raise

    def _store_in_time(self) -> None:
        self._waiting = None
        try:
            self.store()
        except Exception as error:
            # The primary is away: reads go on, and the next use takes this note along.
            _log.warning("When keys were last used is stored later: %s.", type(error).__name__)
