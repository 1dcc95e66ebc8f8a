"""Claims: what statements support or dispute."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Self
from uuid import UUID

from marshmallow import fields, validate
from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, bindparam
from sqlalchemy import text as sql
from sqlalchemy.ext.orderinglist import ordering_list
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from factcheck import entities, history, storing
from factcheck.auth import Actor
from factcheck.db import Base, choice, now, rfc3339
from factcheck.entities import Entity, EntitySchema
from factcheck.fields import Reference, SlugField, StrictSchema, TextField
from factcheck.history import Recorded, State
from factcheck.prepared import Prepared
from factcheck.problems import Problem, gone, invalid
from factcheck.text import digest, slug
from factcheck.topics import ClaimTopic, TopicsField, keyed


class ClaimKind(StrEnum):
    """What a claim asserts about the first entity that it is about."""

    exoneration = "exoneration"
    responsibility = "responsibility"
    event = "event"
    figure = "figure"
    other = "other"


class ClaimStatus(StrEnum):
    """Draft until an editor publishes it; withdrawn and merged claims answer 410."""

    draft = "draft"
    published = "published"
    withdrawn = "withdrawn"
    merged = "merged"


STANDING = (ClaimStatus.draft, ClaimStatus.published)


class ClaimAbout(Base):
    """An entity that a claim is about. The one at position 0 is who is cleared or held responsible."""

    __tablename__ = "claim_about"
    __table_args__ = (
        Index(None, "entity_id", "position"),
        # The newest claims about an entity; see `candidates`.
        Index("ix_claim_about_entity_id_claim_id", "entity_id", "claim_id"),
        UniqueConstraint("claim_id", "entity_id"),
    )

    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    entity_id: Mapped[UUID] = mapped_column(ForeignKey("entity.id"))

    entity: Mapped[Entity] = relationship()


class Claim(Recorded, Base):
    """One checkable sentence that statements support or dispute."""

    __tablename__ = "claim"
    __table_args__ = (
        Index("ix_claim_status", "status", "id"),
        # A merged or withdrawn claim frees its words for another.
        Index(
            "uq_claim_text_key",
            "text_key",
            unique=True,
            sqlite_where=sql("status IN ('draft', 'published')"),
            postgresql_where=sql("status IN ('draft', 'published')"),
        ),
    )
    record_type: ClassVar[str] = "claim"

    slug: Mapped[str] = mapped_column(String(120), unique=True)
    text: Mapped[str] = mapped_column(Text)
    text_key: Mapped[str] = mapped_column(String(64))
    topics: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    kind: Mapped[ClaimKind] = mapped_column(choice(ClaimKind))
    status: Mapped[ClaimStatus] = mapped_column(choice(ClaimStatus))
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("claim.id"))
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("api_key.id"))
    # None for what was never more than a draft: readers are not told that it is gone.
    published_at: Mapped[datetime | None]
    # Counts the changes of the public view: its ETag and its cache key. `consequences` raises it.
    version: Mapped[int] = mapped_column(default=1)
    version_at: Mapped[datetime] = mapped_column(default=now)

    about_links: Mapped[list[ClaimAbout]] = relationship(
        cascade="all, delete-orphan",
        order_by=ClaimAbout.position,
        collection_class=ordering_list("position"),
    )
    topic_keys: Mapped[list[ClaimTopic]] = relationship(cascade="all, delete-orphan")

    @property
    def about(self) -> list[Entity]:
        return [link.entity for link in self.about_links]

    def state(self) -> State:
        return {
            "slug": self.slug,
            "text": self.text,
            "kind": self.kind.value,
            "status": self.status.value,
            "about": [str(link.entity.id) for link in self.about_links],
            # None for no topics, as in the history of claims that are older than topics.
            "topics": list(self.topics) or None,
            "merged_into": self.merged_into_id and str(self.merged_into_id),
        }

    @classmethod
    def record(cls, session: Session, actor: Actor, data: dict[str, Any], at: str = "") -> Self:
        """Store a new claim; `at` is the JSON pointer of `data` in the body.

        Raise 409 where the slug or the words are taken, 403 where the role may not publish.
        """
        status = data.get("status") or (ClaimStatus.published if actor.is_editor else ClaimStatus.draft)
        if status == ClaimStatus.published and not actor.is_editor:
            raise cannot_publish(at, "claim")
        given = data.get("slug")
        standing = _by_words(session, data["text"]) or (given and _by_slug(session, given)) or None
        if standing:
            raise _duplicate(standing, actor)
        claim = cls(
            slug=given or storing.free_slug(session, cls.slug, slug(data["text"])),
            text=data["text"],
            text_key=digest(data["text"]),
            kind=data["kind"],
            status=status,
            created_by=actor.key_id,
        )
        claim.set_about(session, _resolve_about(session, actor, data.get("about", []), at))
        claim.set_topics(data.get("topics", []))
        claim._reveal()
        history.created(session, actor, claim)
        return claim

    def edit(self, session: Session, actor: Actor, data: dict[str, Any], reason: str | None) -> None:
        """Change words, kind, about, topics, slug, or publish a draft."""
        data = dict(data)
        about = data.pop("about", None)
        topics = data.pop("topics", None)
        if about is not None:
            about = _resolve_about(session, actor, about, "")
        if "text" in data:
            data["text_key"] = digest(data["text"])
            standing = _by_words(session, data["text"])
            if standing and standing.id != self.id:
                raise _duplicate(standing, actor)
        if data.get("slug", self.slug) != self.slug:
            self._refuse_slug(session, data["slug"])
        if data.get("status", self.status) != self.status:
            if data["status"] != ClaimStatus.published:
                raise invalid("/status", "A published claim cannot be a draft again; withdraw it by DELETE.")
            if not actor.is_editor:
                raise cannot_publish("", "claim")
        with history.changing(session, actor, self, "edited", reason):
            for field, value in data.items():
                setattr(self, field, value)
            if about is not None:
                self.set_about(session, about)
            if topics is not None:
                self.set_topics(topics)
            self._reveal()

    def _reveal(self) -> None:
        """Note the publication, and make whom a published claim is about public."""
        if self.status == ClaimStatus.published:
            self.published_at = self.published_at or now()
            entities.reveal(self.about)

    def _refuse_slug(self, session: Session, given: str) -> None:
        if self.status == ClaimStatus.published:
            raise invalid("/slug", "A published claim keeps its slug: its address is out there.")
        if _by_slug(session, given):
            raise Problem(409, "duplicate", f"The slug '{given}' is taken; choose another.")

    def withdraw(self, session: Session, actor: Actor, reason: str) -> None:
        """Take the claim out of every view; it answers 410 and its history stays."""
        with history.changing(session, actor, self, "withdrawn", reason):
            self.status = ClaimStatus.withdrawn

    def set_about(self, session: Session, found: Iterable[Entity]) -> None:
        """Say whom the claim is about, in order, each once."""
        unique = list(dict.fromkeys(found))
        if [link.entity for link in self.about_links] != unique:
            self.about_links.clear()
            if self.id:
                session.flush()  # The old positions must be free before the new ones are taken.
            self.about_links.extend(ClaimAbout(entity=entity) for entity in unique)

    def set_topics(self, topics: list[str]) -> None:
        """Say what the claim is about in plain words, in order."""
        self.topics = topics
        self.topic_keys = keyed(topics, self.topic_keys)


def stamp(version: int, at: datetime | str) -> str:
    """Return what names a version of a claim for ever, given with its moment.

    A database that was restored counts the same versions again, at other moments.
    """
    moment = at if isinstance(at, str) else rfc3339(at)
    return f"{version}.{moment[2:23]}"


# Loads whom claims are about with the claims of a list, in one query for all of them.
WITH_ABOUT = selectinload(Claim.about_links).joinedload(ClaimAbout.entity, innerjoin=True)


def _resolve_about(session: Session, actor: Actor, references: Iterable[Any], at: str) -> list[Entity]:
    return [
        entities.resolve(session, actor, reference, f"{at}/about/{i}")
        for i, reference in enumerate(references)
    ]


def find(session: Session, actor: Actor, key: str | UUID) -> Claim | None:
    """Return the claim with this id or slug that the actor may see, else None; raise 410 if it is gone."""
    claim = session.get(Claim, key) if isinstance(key, UUID) else _by_slug(session, key)
    if claim is None or not actor.may_know(claim.published_at, claim.created_by):
        return None
    if claim.status == ClaimStatus.merged:
        into = session.get_one(Claim, claim.merged_into_id)
        raise gone("claim", f"was merged into '{into.slug}'.", merged_into=into.slug)
    if claim.status == ClaimStatus.withdrawn:
        raise gone("claim", "was withdrawn.")
    return claim


def resolve(session: Session, actor: Actor, reference: Any, at: str) -> Claim:
    """Return the claim that an id, a slug or an object means, creating it from an object at need.

    An object is matched by slug, else by its folded words. What stands is never changed by a match.
    """
    if isinstance(reference, dict):
        if "slug" in reference:
            standing = _by_slug(session, reference["slug"])
        else:
            standing = _by_words(session, reference["text"])
        if standing is None:
            return Claim.record(session, actor, reference, at)
        if not actor.may_know(standing.published_at, standing.created_by):
            raise invalid(at, _duplicate(standing, actor).detail)
        reference = standing.id
    try:
        claim = find(session, actor, reference)
    except Problem as problem:
        raise invalid(at, problem.detail, **problem.members) from None
    if claim is None:
        raise invalid(at, f"There is no claim '{reference}'; give an id, a slug or an object with text.")
    return claim


def cannot_publish(at: str, what: str) -> Problem:
    """Return the 403 for a contributor who asks for what only an editor may do."""
    detail = f"Only an editor may publish a {what}; leave status out and it is stored as a draft."
    return Problem(403, "forbidden", detail, errors=[{"pointer": f"#{at}/status", "detail": detail}])


_BY_WORDS = Prepared(
    storing.whole(Claim).where(Claim.text_key == bindparam("key"), Claim.status.in_(STANDING))
)
_BY_SLUG = Prepared(storing.whole(Claim).where(Claim.slug == bindparam("slug")))


def _by_words(session: Session, text: str) -> Claim | None:
    return storing.find(session, Claim, _BY_WORDS, key=digest(text))


def _by_slug(session: Session, slug_: str) -> Claim | None:
    return storing.find(session, Claim, _BY_SLUG, slug=slug_)


def _duplicate(standing: Claim, actor: Actor) -> Problem:
    if not actor.may_know(standing.published_at, standing.created_by):
        return Problem(409, "duplicate", "A colleague's draft has this slug or these words; ask an editor.")
    return Problem(
        409,
        "duplicate",
        f"The claim '{standing.slug}' has this slug or these words already; use it, or change it.",
        claim={"id": str(standing.id), "slug": standing.slug},
    )


class ClaimSchema(StrictSchema):
    """A claim, as sent and as answered."""

    id = fields.UUID(dump_only=True)
    slug = SlugField(metadata={"description": "Natural key; made from the text where it is left out."})
    text = TextField(limit=2000, required=True)
    kind = fields.Enum(ClaimKind, by_value=True, load_default=ClaimKind.other)
    about = fields.List(
        Reference(EntitySchema),
        validate=validate.Length(max=20),
        metadata={"description": "Entities; the first is the one that is cleared or held responsible."},
    )
    topics = TopicsField(metadata={"description": "Plain words, each once (schema.org keywords)."})
    status = fields.Enum(ClaimStatus, by_value=True, validate=validate.OneOf(STANDING))
    revision = fields.Integer(dump_only=True)
    created_at = fields.DateTime(dump_only=True)
    updated_at = fields.DateTime(dump_only=True)


def represent(claim: Claim) -> State:
    """Return the claim as the API shows it."""
    return {
        "id": claim.id,
        "slug": claim.slug,
        "text": claim.text,
        "kind": claim.kind.value,
        "about": [{"id": e.id, "slug": e.slug, "type": e.type.value, "name": e.name} for e in claim.about],
        "topics": claim.topics,
        "status": claim.status.value,
        "revision": claim.revision,
        "created_at": claim.created_at,
        "updated_at": claim.updated_at,
    }
