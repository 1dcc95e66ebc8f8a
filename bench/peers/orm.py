"""The models of the peer on SQLAlchemy's ORM, and its sessions: one for reads, one that locks for writes."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from uuid_utils.compat import uuid7

engine = create_engine(f"sqlite:///{os.environ['PEER_DATABASE']}", pool_size=16, max_overflow=32)


@event.listens_for(engine, "connect")
def configure(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        "busy_timeout = 30000",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


@event.listens_for(engine, "begin")
def begin(connection: Any) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


class Base(DeclarativeBase):
    type_annotation_map = {dict[str, Any]: JSON(none_as_null=True), list[Any]: JSON}  # noqa: RUF012


class Kept:
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)


class ApiKey(Base):
    __tablename__ = "api_key"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    role: Mapped[str]
    digest: Mapped[str]
    revoked_at: Mapped[datetime | None]


class EntityKey(Base):
    __tablename__ = "entity_key"
    entity_id: Mapped[UUID] = mapped_column(ForeignKey("entity.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)


class Entity(Kept, Base):
    __tablename__ = "entity"
    slug: Mapped[str]
    type: Mapped[str]
    name: Mapped[str]
    alternate_names: Mapped[list[Any]] = mapped_column(default=list)
    same_as: Mapped[list[Any]] = mapped_column(default=list)
    public: Mapped[bool]
    keys: Mapped[list[EntityKey]] = relationship()


class Source(Kept, Base):
    __tablename__ = "source"
    natural_key: Mapped[str]
    url: Mapped[str | None]
    canonical_url: Mapped[str | None]
    type: Mapped[str]
    headline: Mapped[str | None]
    publisher: Mapped[str | None]
    author: Mapped[list[Any]] = mapped_column(default=list)
    published_on: Mapped[str | None]
    language: Mapped[str | None]
    public: Mapped[bool]


class Statement(Kept, Base):
    __tablename__ = "statement"
    text: Mapped[str]
    text_key: Mapped[str]
    kind: Mapped[str]
    language: Mapped[str]
    speaker_id: Mapped[UUID] = mapped_column(ForeignKey("entity.id"))
    speaker_role: Mapped[str | None]
    on_behalf_of_id: Mapped[UUID | None] = mapped_column(ForeignKey("entity.id"))
    said_on: Mapped[str]
    said_to: Mapped[str | None]
    source_id: Mapped[UUID] = mapped_column(ForeignKey("source.id"))
    anchor: Mapped[dict[str, Any] | None]
    verification: Mapped[dict[str, Any] | None]
    status: Mapped[str]
    published_at: Mapped[datetime | None]
    retracted_at: Mapped[datetime | None]
    retraction_reason: Mapped[str | None]
    created_by: Mapped[UUID | None]
    speaker: Mapped[Entity] = relationship(foreign_keys=[speaker_id])
    on_behalf_of: Mapped[Entity | None] = relationship(foreign_keys=[on_behalf_of_id])
    source: Mapped[Source] = relationship()
    links: Mapped[list["Link"]] = relationship(back_populates="statement")


class ClaimAbout(Base):
    __tablename__ = "claim_about"
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    entity_id: Mapped[UUID] = mapped_column(ForeignKey("entity.id"))
    entity: Mapped[Entity] = relationship()


class Claim(Kept, Base):
    __tablename__ = "claim"
    slug: Mapped[str]
    text: Mapped[str]
    text_key: Mapped[str]
    kind: Mapped[str]
    topics: Mapped[list[Any]]
    status: Mapped[str]
    version: Mapped[int]
    version_at: Mapped[datetime]
    about_links: Mapped[list[ClaimAbout]] = relationship(order_by=ClaimAbout.position)

    @property
    def about(self) -> list[Entity]:
        return [about.entity for about in self.about_links]


class Link(Kept, Base):
    __tablename__ = "link"
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statement.id"))
    statement_status: Mapped[str]
    speaker_id: Mapped[UUID]
    said_on: Mapped[str]
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id"))
    stance: Mapped[str]
    status: Mapped[str]
    basis: Mapped[str]
    confidence: Mapped[float]
    span: Mapped[dict[str, Any] | None]
    rationale: Mapped[str | None]
    statement: Mapped[Statement] = relationship(back_populates="links")
    claim: Mapped[Claim] = relationship()


class Contradiction(Kept, Base):
    __tablename__ = "contradiction"
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statement.id"))
    opposing_id: Mapped[UUID] = mapped_column(ForeignKey("statement.id"))
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id"))
    opposing_claim_id: Mapped[UUID]
    kind: Mapped[str]
    same_speaker: Mapped[bool]
    stance: Mapped[str]
    subject_id: Mapped[UUID | None] = mapped_column(ForeignKey("entity.id"))
    steps: Mapped[list[Any]] = mapped_column(default=list)
    score: Mapped[float]
    asserted: Mapped[bool]
    rank: Mapped[float]
    facts: Mapped[str]
    status: Mapped[str]
    resolution: Mapped[str | None]
    public: Mapped[bool]
    decision: Mapped[str | None]
    decision_reason: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    published: Mapped[bool]
    statement: Mapped[Statement] = relationship(foreign_keys=[statement_id])
    opposing: Mapped[Statement] = relationship(foreign_keys=[opposing_id])
    claim: Mapped[Claim] = relationship()
    subject: Mapped[Entity | None] = relationship()


class Review(Kept, Base):
    __tablename__ = "review"
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id"))
    author: Mapped[dict[str, Any]]
    url: Mapped[str | None]
    title: Mapped[str | None]
    published_on: Mapped[date]
    language: Mapped[str]
    rating: Mapped[dict[str, Any]]
    explanation: Mapped[str | None]
    status: Mapped[str]


class SearchDocument(Base):
    __tablename__ = "search_document"
    id: Mapped[int] = mapped_column(primary_key=True)
    record_type: Mapped[str]
    record_id: Mapped[UUID]
    public: Mapped[bool]
    stems: Mapped[str]
    words: Mapped[str]


class Revision(Base):
    __tablename__ = "revision"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    record_type: Mapped[str]
    record_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(default=1)
    at: Mapped[datetime] = mapped_column(default=now)
    actor_id: Mapped[UUID | None]
    actor: Mapped[str]
    action: Mapped[str] = mapped_column(default="created")
    state: Mapped[dict[str, Any]]


def reading() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


def writing() -> Iterator[Session]:
    with Session(engine.execution_options(begin="BEGIN IMMEDIATE")) as session:
        yield session
