"""API keys, roles, scopes, what a route asks for, and who is acting."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, ClassVar, Self, TypeVar
from uuid import UUID

from sqlalchemy import Index, String, bindparam, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from factcheck.db import Base, Database, Document, Recorded, State, choice, now
from factcheck.prepared import Prepared, latest
from factcheck.problems import Problem

PREFIX = "fck_"


class Role(StrEnum):
    """What a key may do; each role may do all that the ones before it may."""

    reader = "reader"
    contributor = "contributor"
    editor = "editor"
    admin = "admin"

    @property
    def rank(self) -> int:
        return list(Role).index(self) + 1


class Scope(StrEnum):
    """What a key is for. A key with scopes does of what its role may only what these name."""

    read = "read"  # every GET
    post = "post"  # what adds: statements, claims, entities, sources, relations, reviews
    edit = "edit"  # what changes what stands: corrections, links, decisions, merges
    analyse = "analyse"  # what reads words and stores nothing: check, extract
    keys = "keys"  # the keys themselves


class Access(IntEnum):
    """The least role that a route asks for, comparable with an actor's rank."""

    public = 0
    reader = Role.reader.rank
    contributor = Role.contributor.rank
    editor = Role.editor.rank
    admin = Role.admin.rank


@dataclass(frozen=True, slots=True)
class Asked:
    """What a route asks of who calls it: the least role, and the scope that a key with scopes must have."""

    access: Access
    scope: Scope = Scope.read


_View = TypeVar("_View", bound=Callable[..., Any])


def open_to(access: Access, scope: Scope = Scope.read) -> Callable[[_View], _View]:
    """Declare who may call a plain Flask route; `create_app` refuses one that says nothing."""

    def declare(view: _View) -> _View:
        view.asked = Asked(access, scope)  # type: ignore[attr-defined]
        return view

    return declare


public = open_to(Access.public)
"""Declares a route that anybody may call."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is acting: a key, or a reader without one (`key_id` None, rank 0)."""

    key_id: UUID | None
    name: str
    rank: int
    # None for all that the role allows.
    scopes: frozenset[Scope] | None = None

    @property
    def is_editor(self) -> bool:
        return self.rank >= Access.editor

    def owns(self, created_by: UUID | str | None) -> bool:
        """Tell whether the actor's key made a record; a plain read gives ids as text."""
        return self.key_id is not None and str(created_by) == str(self.key_id)

    def may_know(self, published_at: datetime | str | None, created_by: UUID | str | None) -> bool:
        """Tell whether a record may be named to the actor: published once, their own, or to an editor."""
        return published_at is not None or self.is_editor or self.owns(created_by)


ANYONE = Actor(None, "reader without a key", 0)
MACHINE = Actor(None, "factcheck", 0)


class ApiKey(Recorded, Base):
    """A key. Only its SHA-256 is kept: it is 256 random bits, so a slow hash would add nothing."""

    __tablename__ = "api_key"
    __table_args__ = (Index("uq_api_key_previous_digest", "previous_digest", unique=True),)
    record_type: ClassVar[str] = "key"

    name: Mapped[str] = mapped_column(String(200), unique=True)
    role: Mapped[Role] = mapped_column(choice(Role))
    # None for all that the role allows.
    scopes: Mapped[list[str] | None] = mapped_column(Document)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    # The secret before the last rotation, and until when it is still taken.
    previous_digest: Mapped[str | None] = mapped_column(String(64))
    previous_until: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    # To the minute; see `keys.Uses`. No part of `state`: being used changes nothing.
    last_used_at: Mapped[datetime | None]

    def state(self) -> State:
        return {
            "name": self.name,
            "role": self.role.value,
            "scopes": self.scopes,
            "expires_at": _written(self.expires_at),
            "previous_until": _written(self.previous_until),
            "revoked_at": _written(self.revoked_at),
            # Says that a secret is another one, and nothing of it.
            "secret": hashlib.sha256(self.digest.encode()).hexdigest()[:8],
        }

    @classmethod
    def issue(cls, session: Session, **given: Any) -> tuple[Self, str]:
        """Store a new key (see `made`) and return it with its secret, which is shown this once."""
        key, secret = cls.made(**given)
        session.add(key)
        session.flush()
        return key, secret

    @classmethod
    def made(
        cls,
        *,
        name: str,
        role: Role,
        scopes: Iterable[Scope] | None = None,
        expires_at: datetime | None = None,
    ) -> tuple[Self, str]:
        """Return a new key, not stored yet, and its secret."""
        secret = _secret()
        key = cls(
            name=name,
            role=role,
            scopes=None if scopes is None else sorted(set(scopes)),
            digest=_digest(secret),
            expires_at=expires_at,
            revision=1,
        )
        return key, secret

    def renew(self, until: datetime) -> str:
        """Give the key a new secret and return it; the one before is taken until then, none older."""
        secret = _secret()
        self.previous_digest, self.previous_until = self.digest, until
        self.digest = _digest(secret)
        return secret

    @property
    def actor(self) -> Actor:
        return _actor(self)


def _actor(key: Any) -> Actor:
    """Return who acts with a key, an object or a row."""
    scopes = None if key.scopes is None else frozenset(map(Scope, key.scopes))
    return Actor(key.id, key.name, Role(key.role).rank, scopes)


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _secret() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class Keyring:
    """The keys of one database, found by the digests of their secrets.

    A key that was found is kept for as long as nothing at all is written, whoever would write it: so what is
    revoked is refused from the next request on. Where only a query could tell (`walindex`), none is kept.
    """

    _MOST: ClassVar = 1000

    def __init__(self, database: Database) -> None:
        self._database = database
        # The state of the database with what was found in it: one thing, so that nothing is ever kept as
        # found in a later state than it was.
        self._kept: tuple[bytes | None, dict[str, Any]] = (None, {})

    def find(self, digest: str) -> Any:
        """Return the row of the key with this digest, or None."""
        index = self._database.wal_index
        # First the state and then the key: what is written in between makes the state another.
        state = index.state() if index else None
        if self._kept[0] != state:
            self._kept = (state, {})
        at, rows = self._kept
        key = rows.get(digest)
        if key is None:
            with latest(self._database) as reads:
                key = reads.first(_BY_DIGEST, digest=digest)
            # What was found after the state was taken is no older than the state with which it is kept.
            if key is not None and at is not None and len(rows) < self._MOST:
                rows[digest] = key
        return key


def identify(keys: Keyring, authorization: str) -> Actor:
    """Return who sends this `Authorization` header; raise 401 where it holds no valid key.

    Rows are found by a digest of 256 random bits, so what an index takes to compare tells nothing
    about a secret; the last word is a comparison in constant time all the same.
    """
    scheme, _, secret = authorization.partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret.startswith(PREFIX):
        raise unauthorized("The Authorization header holds no valid key: send 'Bearer fck_…'.")
    digest = _digest(secret)
    key = keys.find(digest)
    if key is None:
        raise unauthorized("The Authorization header holds no valid key: send 'Bearer fck_…'.")
    # Only who has the secret learns what became of its key.
    if key.revoked_at is not None:
        raise unauthorized(f"The key '{key.name}' is revoked; ask an admin for another.")
    if key.expires_at is not None and key.expires_at <= now():
        raise unauthorized(f"The key '{key.name}' has expired; ask an admin for another.")
    rotated = not hmac.compare_digest(key.digest, digest)
    if rotated and (key.previous_until is None or key.previous_until <= now()):
        raise unauthorized(f"The key '{key.name}' was rotated; use its new secret.")
    return _actor(key)


_BY_DIGEST = Prepared(
    select(
        ApiKey.id,
        ApiKey.name,
        ApiKey.role,
        ApiKey.scopes,
        ApiKey.digest,
        ApiKey.previous_until,
        ApiKey.expires_at,
        ApiKey.revoked_at,
    ).where(or_(ApiKey.digest == bindparam("digest"), ApiKey.previous_digest == bindparam("digest")))
)


def unauthorized(detail: str) -> Problem:
    """Return the 401 with the challenge that RFC 9110 asks for."""
    return Problem(401, "unauthorized", detail, headers={"WWW-Authenticate": 'Bearer realm="factcheck"'})


def require(actor: Actor, asked: Asked) -> None:
    """Raise 401 or 403 where the actor's role or scopes are below what the route asks for."""
    if actor.rank < asked.access:
        if actor.key_id is None:
            raise unauthorized(f"This call needs a key with the role {asked.access.name}.")
        detail = f"This call needs the role {asked.access.name}; the key '{actor.name}' has less."
        raise Problem(403, "forbidden", detail)
    if actor.scopes is not None and asked.scope not in actor.scopes:
        has = ", ".join(sorted(actor.scopes)) or "none"
        detail = f"This call needs the scope {asked.scope}; the key '{actor.name}' has: {has}."
        raise Problem(403, "forbidden", detail)
