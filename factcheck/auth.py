"""API keys, roles, and who is acting."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Self
from uuid import UUID

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from factcheck.db import Base, Id, choice, now
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


class Access(IntEnum):
    """The least role that a route asks for, comparable with an actor's rank."""

    public = 0
    reader = Role.reader.rank
    contributor = Role.contributor.rank
    editor = Role.editor.rank
    admin = Role.admin.rank


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is acting: a key, or a reader without one (`key_id` None, rank 0)."""

    key_id: UUID | None
    name: str
    rank: int

    @property
    def is_editor(self) -> bool:
        return self.rank >= Access.editor

    def owns(self, created_by: UUID | None) -> bool:
        """Tell whether the actor's key made a record."""
        return self.key_id is not None and created_by == self.key_id

    def may_know(self, published_at: datetime | None, created_by: UUID | None) -> bool:
        """Tell whether a record may be named to the actor: published once, their own, or to an editor."""
        return published_at is not None or self.is_editor or self.owns(created_by)


ANYONE = Actor(None, "reader without a key", 0)
MACHINE = Actor(None, "factcheck", 0)


class ApiKey(Base):
    """A key. Only its SHA-256 is kept: it is 256 random bits, so a slow hash would add nothing."""

    __tablename__ = "api_key"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(200), unique=True)
    role: Mapped[Role] = mapped_column(choice(Role))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    revoked_at: Mapped[datetime | None]

    @classmethod
    def issue(cls, session: Session, *, name: str, role: Role) -> tuple[Self, str]:
        """Store a new key and return it with its secret, which is shown this once."""
        secret = PREFIX + secrets.token_urlsafe(32)
        key = cls(name=name, role=role, digest=_digest(secret))
        session.add(key)
        session.flush()
        return key, secret

    @property
    def actor(self) -> Actor:
        return Actor(self.id, self.name, self.role.rank)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def identify(session: Session, authorization: str | None) -> Actor:
    """Return who sends this `Authorization` header; raise 401 where it holds no valid key."""
    if authorization is None:
        return ANYONE
    scheme, _, secret = authorization.partition(" ")
    secret = secret.strip()
    if scheme.lower() == "bearer" and secret.startswith(PREFIX):
        digest = _digest(secret)
        key = session.scalar(select(ApiKey).where(ApiKey.digest == digest))
        if key and hmac.compare_digest(key.digest, digest) and key.revoked_at is None:
            return key.actor
    raise unauthorized("The Authorization header holds no valid key: send 'Bearer fck_…'.")


def unauthorized(detail: str) -> Problem:
    """Return the 401 with the challenge that RFC 9110 asks for."""
    return Problem(401, "unauthorized", detail, headers={"WWW-Authenticate": 'Bearer realm="factcheck"'})


def require(actor: Actor, access: Access) -> None:
    """Raise 401 or 403 where the actor's role is below what the route asks for."""
    if actor.rank >= access:
        return
    if actor.key_id is None:
        raise unauthorized(f"This call needs a key with the role {access.name}.")
    raise Problem(
        403, "forbidden", f"This call needs the role {access.name}; the key '{actor.name}' has less."
    )
