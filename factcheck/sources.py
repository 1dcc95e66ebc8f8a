"""Where a statement appeared."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from marshmallow import ValidationError, fields, validate, validates_schema
from sqlalchemy import CheckConstraint, Index, String, Text, bindparam, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from factcheck import history, storing
from factcheck.auth import Actor
from factcheck.db import Base, choice
from factcheck.fields import LanguageField, PartialDate, StrictSchema, TextField, UrlField
from factcheck.history import Recorded, State
from factcheck.prepared import Prepared
from factcheck.problems import Problem, invalid
from factcheck.text import digest, normal_url

# Parameters that tell where a click came from and never what it shows.
_TRACKING = ("utm_", "fbclid", "gclid", "dclid", "msclkid", "mc_cid", "mc_eid", "igshid")


class SourceType(StrEnum):
    """What kind of thing the statement appeared in."""

    news_article = "NewsArticle"
    press_release = "PressRelease"
    broadcast = "Broadcast"
    social_media_posting = "SocialMediaPosting"
    report = "Report"
    legal_filing = "LegalFiling"
    transcript = "Transcript"
    other = "Other"


class Source(Recorded, Base):
    """An article, broadcast, filing …; found again by canonical URL, or by its details without one."""

    __tablename__ = "source"
    __table_args__ = (
        CheckConstraint("length(published_on) IN (4, 7, 10)", name="published_on"),
        Index("ix_source_public", "public", "id"),
    )
    record_type: ClassVar[str] = "source"

    natural_key: Mapped[str] = mapped_column(String(2100), unique=True)
    url: Mapped[str | None] = mapped_column(String(2000))
    canonical_url: Mapped[str | None] = mapped_column(String(2000))
    type: Mapped[SourceType] = mapped_column(choice(SourceType))
    headline: Mapped[str | None] = mapped_column(Text)
    publisher: Mapped[str | None] = mapped_column(Text)
    author: Mapped[list[str]] = mapped_column(default=list)
    published_on: Mapped[str | None] = mapped_column(String(10))
    language: Mapped[str | None] = mapped_column(String(35))
    archived_at: Mapped[str | None] = mapped_column(String(2000))
    public: Mapped[bool] = mapped_column(default=False)
    # The key that brought it; see `known`.
    created_by: Mapped[UUID | None]

    def state(self) -> State:
        return {
            "url": self.url,
            "canonical_url": self.canonical_url,
            "type": self.type.value,
            "headline": self.headline,
            "publisher": self.publisher,
            "author": list(self.author),
            "published_on": self.published_on,
            "language": self.language,
            "archived_at": self.archived_at,
        }

    @classmethod
    def record(cls, session: Session, actor: Actor, data: dict[str, Any], *, public: bool = False) -> Self:
        """Store a new source, hidden until something published shows it; raise 409 where it stands."""
        key = natural_key(data)
        if standing := _standing(session, key):
            raise _duplicate(standing, actor)
        return cls._store(session, actor, data, key, public=public)

    @classmethod
    def _store(cls, session: Session, actor: Actor, data: dict[str, Any], key: str, *, public: bool) -> Self:
        source = storing.made(
            cls,
            **{"type": SourceType.other, "author": [], **data},
            canonical_url=canonical(data["url"]) if data.get("url") else None,
            natural_key=key,
            public=public,
            created_by=actor.key_id,
        )
        history.created(session, actor, source)
        return source

    def edit(self, session: Session, actor: Actor, data: dict[str, Any], reason: str | None) -> None:
        """Change fields; raise 409 where the source would then be another that is stored."""
        merged = {**self.state(), **data}
        merged["type"] = SourceType(merged["type"])
        if not (merged["url"] or merged["headline"]):
            raise invalid("/headline", "A source without url needs a headline.")
        key = natural_key(merged)
        standing = _standing(session, key)
        if standing and standing.id != self.id:
            raise _duplicate(standing, actor)
        with history.changing(session, actor, self, "edited", reason):
            for field, value in data.items():
                setattr(self, field, value)
            self.canonical_url = canonical(self.url) if self.url else None
            self.natural_key = key


def canonical(url: str) -> str:
    """Return the address that names the document: normalised, without fragment and click trackers."""
    parts = urlsplit(normal_url(url))
    query = "&".join(p for p in parts.query.split("&") if p and not p.lower().startswith(_TRACKING))
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def natural_key(data: dict[str, Any]) -> str:
    """Return the canonical URL, or a digest of type, publisher, headline and date without one."""
    if data.get("url"):
        return canonical(data["url"])
    described = (str(data.get(field) or "") for field in ("publisher", "headline", "published_on"))
    return digest("\n".join((SourceType(data["type"]).value, *described)))


def known(actor: Actor) -> Iterable[Any]:
    """Return the conditions that keep from a query the sources that the actor may not know.

    Everybody knows those that something published is from, a contributor also those that were
    brought with the same key, editors all.
    """
    if not actor.is_editor:
        yield or_(Source.public, Source.created_by == actor.key_id) if actor.key_id else Source.public


_BY_KEY = Prepared(storing.whole(Source).where(Source.natural_key == bindparam("key")))


def _standing(session: Session, key: str) -> Source | None:
    return storing.find(session, Source, _BY_KEY, key=key)


def _duplicate(standing: Source, actor: Actor) -> Problem:
    if not (standing.public or actor.is_editor or actor.owns(standing.created_by)):
        detail = "A colleague's draft has this source; refer to it by what you sent, or ask an editor."
        return Problem(409, "duplicate", detail)
    return Problem(
        409,
        "duplicate",
        f"This source is stored already as {standing.id}; use that id, or change that source.",
        source={"id": str(standing.id)},
    )


def resolve(session: Session, actor: Actor, reference: Any, at: str, *, public: bool = False) -> Source:
    """Return the source that an id or an object means, creating it from an object at need.

    `public` tells whether a new one is shown to readers at once.
    """
    if isinstance(reference, dict):
        key = natural_key(reference)
        standing = _standing(session, key)
        return standing or Source._store(session, actor, reference, key, public=public)
    named = select(Source).where(Source.id == reference, *known(actor))
    source = session.scalar(named) if isinstance(reference, UUID) else None
    if source is None:
        raise invalid(at, f"There is no source '{reference}'; give an id or an object with its url.")
    return source


def look_up(session: Session, reference: Any) -> Source | None:
    """Return the source that `resolve` would find; None where it would create one, or refuse."""
    if isinstance(reference, dict):
        return _standing(session, natural_key(reference))
    return session.get(Source, reference) if isinstance(reference, UUID) else None


class SourceSchema(StrictSchema):
    """A source, as sent and as answered."""

    id = fields.UUID(dump_only=True)
    url = UrlField(allow_none=True)
    canonical_url = fields.String(dump_only=True, allow_none=True)
    type = fields.Enum(SourceType, by_value=True, load_default=SourceType.other)
    headline = TextField(limit=1000, allow_none=True)
    publisher = TextField(limit=300, allow_none=True)
    author = fields.List(TextField(limit=300), validate=validate.Length(max=50))
    published_on = PartialDate(allow_none=True)
    language = LanguageField(allow_none=True)
    archived_at = UrlField(
        allow_none=True, metadata={"description": "Address of an archived copy (schema.org archivedAt)."}
    )
    revision = fields.Integer(dump_only=True)
    created_at = fields.DateTime(dump_only=True)
    updated_at = fields.DateTime(dump_only=True)

    @validates_schema
    def identify(self, data: dict[str, Any], partial: Any = False, **_: Any) -> None:
        """Require what the source can be found again by."""
        if not partial and not data.get("url") and not data.get("headline"):
            raise ValidationError("A source needs a url, or a headline where it has none.", "url")


def represent(source: Source) -> State:
    """Return the source as the API shows it."""
    return {
        "id": source.id,
        **source.state(),
        "revision": source.revision,
        "created_at": source.created_at,
        "updated_at": source.updated_at,
    }
