"""Statements: who said what, word for word; and their links to the claims they bear on.

`Statement.record` is the main write of the service. What follows from it (flags, search, versions)
is computed by `consequences.settle` in the same transaction.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Self
from uuid import UUID

from marshmallow import ValidationError, fields, post_load, validate, validates_schema
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    bindparam,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from factcheck import claims, entities, history, snapshots, sources, storing
from factcheck.auth import Actor
from factcheck.db import Base, Document, SaidOn, choice, now
from factcheck.entities import Entity, EntitySchema
from factcheck.fields import (
    LanguageField,
    PartialDate,
    PrintedText,
    Reference,
    StrictSchema,
    TextField,
    TrueOrFalse,
    precision,
)
from factcheck.history import Recorded, State
from factcheck.links import Link, LinkInputSchema, StatementStatus
from factcheck.prepared import Prepared
from factcheck.problems import Problem, invalid
from factcheck.sources import Source, SourceSchema
from factcheck.text import digest


class StatementKind(StrEnum):
    """Whether the words are the speaker's own or a report of what the speaker said."""

    direct = "direct"
    indirect = "indirect"


class Statement(Recorded, Base):
    """Words attributed to a speaker, in a source, exactly as given."""

    __tablename__ = "statement"
    __table_args__ = (
        CheckConstraint("length(said_on) IN (0, 4, 7, 10)", name="said_on"),
        # What links copy from here; see Link.
        UniqueConstraint("id", "status", "speaker_id", "said_on"),
        # The same words of the same speaker in the same source stand once.
        Index(
            "uq_statement_words",
            "speaker_id",
            "source_id",
            "text_key",
            unique=True,
            sqlite_where=sql("status <> 'retracted'"),
            postgresql_where=sql("status <> 'retracted'"),
        ),
        Index("ix_statement_status", "status", "id"),
        Index("ix_statement_published_at", "published_at", "id"),
        # What was said in a few days of many years; see the list of statements.
        Index("ix_statement_said_on", "said_on", "id"),
        Index("ix_statement_speaker", "speaker_id", "id"),
        Index("ix_statement_on_behalf_of", "on_behalf_of_id", "id"),
        # What somebody said, or others on somebody's behalf, in the order of saying; for the page of both.
        Index("ix_statement_speaker_said_on", "speaker_id", "said_on", "id"),
        Index("ix_statement_on_behalf_of_said_on", "on_behalf_of_id", "said_on", "id"),
        Index("ix_statement_source", "source_id", "id"),
        Index(
            "ix_statement_verification",
            "verification_result",
            "id",
            sqlite_where=sql("verification_result IS NOT NULL"),
            postgresql_where=sql("verification_result IS NOT NULL"),
        ),
    )
    record_type: ClassVar[str] = "statement"

    text: Mapped[str] = mapped_column(Text)
    text_key: Mapped[str] = mapped_column(String(64))
    kind: Mapped[StatementKind] = mapped_column(choice(StatementKind))
    language: Mapped[str] = mapped_column(String(35))
    speaker_id: Mapped[UUID] = mapped_column(ForeignKey("entity.id"))
    speaker_role: Mapped[str | None] = mapped_column(Text)
    on_behalf_of_id: Mapped[UUID | None] = mapped_column(ForeignKey("entity.id"))
    said_on: Mapped[SaidOn]
    said_to: Mapped[str | None] = mapped_column(Text)
    source_id: Mapped[UUID] = mapped_column(ForeignKey("source.id"))
    anchor: Mapped[dict[str, Any] | None] = mapped_column(Document)
    # What text analysis found, so no part of `state`: it follows from the words and the snapshot.
    verification: Mapped[dict[str, Any] | None] = mapped_column(Document)
    verification_result: Mapped[str | None] = mapped_column(String(10))
    status: Mapped[StatementStatus] = mapped_column(choice(StatementStatus))
    published_at: Mapped[datetime | None]
    retracted_at: Mapped[datetime | None]
    retraction_reason: Mapped[str | None] = mapped_column(Text)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("api_key.id"))
    # Which engine has read the words, or why none did: {engine, language, skipped}; see `suggestions`.
    # It is no part of what was said, so it makes no revision.
    analysis: Mapped[dict[str, Any] | None] = mapped_column(Document)

    speaker: Mapped[Entity] = relationship(foreign_keys=[speaker_id])
    on_behalf_of: Mapped[Entity | None] = relationship(foreign_keys=[on_behalf_of_id])
    source: Mapped[Source] = relationship()
    links: Mapped[list[Link]] = relationship(
        back_populates="statement",
        order_by="Link.id",
        # The id is enough to find them: with the copies too, SQLite would go by the speaker.
        primaryjoin="Statement.id == foreign(Link.statement_id)",
    )

    def state(self) -> State:
        return {
            "text": self.text,
            "kind": self.kind.value,
            "language": self.language,
            "speaker": str(self.speaker_id),
            "speaker_role": self.speaker_role,
            "on_behalf_of": self.on_behalf_of_id and str(self.on_behalf_of_id),
            "said_on": self.said_on or None,
            "said_to": self.said_to,
            "source": str(self.source_id),
            "anchor": self.anchor,
            "status": self.status.value,
        }

    @classmethod
    def record(cls, session: Session, actor: Actor, data: dict[str, Any]) -> Self:
        """Store a statement with its speaker, source and links, all in the caller's transaction.

        `data` is a loaded `StatementSchema`. Raise a `Problem` that names the field: 422 for what
        cannot be resolved, 403 for a status that the role may not give, 409 for words that stand.
        """
        status = data.get("status") or (
            StatementStatus.published if actor.is_editor else StatementStatus.draft
        )
        if status == StatementStatus.published and not actor.is_editor:
            raise claims.cannot_publish("", "statement")
        public = status == StatementStatus.published
        speaker = entities.resolve(session, actor, data["speaker"], "/speaker", public=public)
        client = data.get("on_behalf_of")
        if client is not None:
            client = entities.resolve(session, actor, client, "/on_behalf_of", public=public)
        source = sources.resolve(session, actor, data["source"], "/source", public=public)
        statement = storing.made(
            cls,
            text=data["text"],
            text_key=digest(data["text"]),
            kind=data["kind"],
            language=data["language"],
            speaker_id=speaker.id,
            speaker_role=data.get("speaker_role"),
            on_behalf_of_id=client and client.id,
            said_on=data.get("said_on") or "",
            said_to=data.get("said_to"),
            source_id=source.id,
            anchor=data.get("anchor"),
            status=status,
            published_at=now() if public else None,
            created_by=actor.key_id,
        )
        # A source that is new has no snapshot, and no statement with the same words.
        if not history.is_new(session, source):
            statement._refuse_duplicate(session, actor)
            statement.verify(session)
        history.created(session, actor, statement)
        for name, value in (("speaker", speaker), ("on_behalf_of", client), ("source", source)):
            set_committed_value(statement, name, value)
        if public:
            statement._reveal()
        linked: set[UUID] = set()
        for i, given in enumerate(data.get("links", [])):
            claim = claims.resolve(session, actor, given["claim"], f"/links/{i}/claim")
            if claim.id in linked:
                raise invalid(
                    f"/links/{i}/claim", f"The claim '{claim.slug}' is linked twice; keep one link."
                )
            linked.add(claim.id)
            Link.make(session, actor, statement, claim, given, f"/links/{i}")
        return statement

    def edit(self, session: Session, actor: Actor, data: dict[str, Any], reason: str | None) -> None:
        """Correct fields or publish a draft. A published statement changes only with a reason."""
        if self.status == StatementStatus.retracted:
            raise Problem(409, "retracted", "This statement is retracted and can no longer be changed.")
        if self.published_at and not reason:
            raise invalid("/reason", "A published statement changes only with a reason; readers will see it.")
        data = dict(data)
        target = data.pop("status", self.status)
        if target != self.status and target != StatementStatus.published:
            raise invalid("/status", "A published statement cannot be a draft again; retract it by DELETE.")
        if target != self.status and not actor.is_editor:
            raise claims.cannot_publish("", "statement")
        for field in ("speaker", "on_behalf_of"):
            if data.get(field) is not None:
                data[field] = entities.resolve(session, actor, data[field], f"/{field}")
        if "source" in data:
            data["source"] = sources.resolve(session, actor, data["source"], "/source")
        if "said_on" in data:
            data["said_on"] = data["said_on"] or ""
        with history.changing(session, actor, self, "edited", reason), session.no_autoflush:
            for field, value in data.items():
                setattr(self, field, value)
            self.speaker_id, self.source_id = self.speaker.id, self.source.id
            self.text_key = digest(self.text)
            self._refuse_duplicate(session, actor)
            self.verify(session)
            if target == StatementStatus.published:
                self._publish()
            session.flush()
            for link in self.links:
                link.drop_lost_span(session, actor)
        session.expire(self, ["links"])

    def retract(self, session: Session, actor: Actor, reason: str) -> None:
        """Retract the statement: it stays readable, marked, with the reason."""
        if self.status == StatementStatus.retracted:
            raise Problem(409, "retracted", "This statement is retracted already.")
        with history.changing(session, actor, self, "retracted", reason):
            self.status = StatementStatus.retracted
            self.retracted_at = now()
            self.retraction_reason = reason
        session.expire(self, ["links"])

    def repoint(self, session: Session, actor: Actor, entity: Entity, into: Entity, reason: str) -> None:
        """Give the statement to the entity that its speaker or client was merged into."""
        with history.changing(session, actor, self, "moved", reason):
            if self.on_behalf_of_id == entity.id:
                self.on_behalf_of = into
            if self.speaker_id == entity.id:
                self.speaker, self.speaker_id = into, into.id
                self._refuse_duplicate(session, actor)
        session.expire(self, ["links"])

    def verify(self, session: Session) -> None:
        """Look the words up in the snapshot of the source, where there is one; they never change."""
        with session.no_autoflush:
            snapshot = snapshots.find(session, self.source_id)
            finding = None
            if snapshot:
                finding = snapshots.check(
                    snapshot,
                    snapshots.read(session, snapshot),
                    self.text,
                    verbatim=self.kind is StatementKind.direct,
                    anchor=self.anchor,
                )
        if not snapshots.same(finding, self.verification):
            self.verification = finding
            self.verification_result = finding["result"] if finding else None

    def _publish(self) -> None:
        self.status = StatementStatus.published
        self.published_at = self.published_at or now()
        self._reveal()

    def _reveal(self) -> None:
        """Make public what readers now see with the statement."""
        entities.reveal([entity for entity in (self.speaker, self.on_behalf_of) if entity])
        if not self.source.public:
            self.source.public = True

    def _refuse_duplicate(self, session: Session, actor: Actor) -> None:
        same = {"speaker": self.speaker_id, "source": self.source_id, "key": self.text_key}
        with session.no_autoflush:
            standing = storing.find(session, Statement, _SAME_WORDS, **same)
        if standing is None or standing is self:
            return
        if not actor.may_know(standing.published_at, standing.created_by):
            detail = "A colleague's draft holds the same words of this speaker in this source; ask an editor."
            raise Problem(409, "duplicate", detail)
        raise Problem(
            409,
            "duplicate",
            f"The same words of this speaker in this source stand already as statement {standing.id}.",
            statement={"id": str(standing.id)},
        )


_SAME_WORDS = Prepared(
    storing.whole(Statement).where(
        Statement.speaker_id == bindparam("speaker"),
        Statement.source_id == bindparam("source"),
        Statement.text_key == bindparam("key"),
        Statement.status != StatementStatus.retracted,
    )
)


def find(session: Session, actor: Actor, statement_id: UUID) -> Statement | None:
    """Return a statement that the actor may see: published once, or a draft of their own or an editor's."""
    statement = session.get(Statement, statement_id)
    if statement is None or not actor.may_know(statement.published_at, statement.created_by):
        return None
    return statement


class AnchorSchema(StrictSchema):
    """Where in the source the words stand: a selector of the W3C Web Annotation model."""

    type = fields.String(
        required=True,
        validate=validate.OneOf(("TextQuoteSelector", "TextPositionSelector", "FragmentSelector")),
    )
    exact = PrintedText()
    prefix = PrintedText(limit=1000)
    suffix = PrintedText(limit=1000)
    start = fields.Integer(strict=True, validate=validate.Range(min=0, max=2**31 - 1))
    end = fields.Integer(strict=True, validate=validate.Range(min=0, max=2**31 - 1))
    value = TextField(limit=1000)

    @validates_schema
    def fit(self, data: dict[str, Any], **_: Any) -> None:
        """Require the members that the type of selector has."""
        needed = {
            "TextQuoteSelector": ("exact",),
            "TextPositionSelector": ("start", "end"),
            "FragmentSelector": ("value",),
        }.get(data.get("type", ""), ())
        for member in needed:
            if member not in data:
                raise ValidationError(f"A {data['type']} needs {member}.", member)


class StatementSchema(StrictSchema):
    """A statement as sent."""

    text = TextField(required=True, metadata={"description": "The words, exactly as given."})
    kind = fields.Enum(StatementKind, by_value=True, load_default=StatementKind.direct)
    language = LanguageField(load_default="en")
    speaker = Reference(EntitySchema, required=True)
    speaker_role = TextField(limit=500, allow_none=True)
    on_behalf_of = Reference(EntitySchema, allow_none=True)
    said_on = PartialDate(allow_none=True)
    said_on_precision = fields.String(
        allow_none=True, validate=validate.OneOf(("day", "month", "year")), load_only=True
    )
    said_to = TextField(limit=500, allow_none=True)
    source = Reference(SourceSchema, required=True)
    anchor = fields.Nested(AnchorSchema, allow_none=True)
    status = fields.Enum(
        StatementStatus,
        by_value=True,
        validate=validate.OneOf((StatementStatus.draft, StatementStatus.published)),
    )
    links = fields.List(fields.Nested(LinkInputSchema), validate=validate.Length(max=50))
    analysis = TrueOrFalse(
        metadata={
            "description": "Whether the words are analysed. Left out: a new statement without links is, "
            "and a correction of one that was."
        },
    )

    @post_load
    def settle_precision(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hold said_on to its precision: 2022-04-01 with precision month is 2022-04."""
        wanted = data.pop("said_on_precision", None)
        said_on = data.get("said_on")
        if wanted is None:
            return data
        if said_on is None:
            raise ValidationError("A precision needs a date in said_on.", "said_on_precision")
        cut = said_on[: {"year": 4, "month": 7, "day": 10}[wanted]]
        if precision(cut) != wanted or said_on[len(cut) :].replace("-01", ""):
            raise ValidationError(f"'{said_on}' is not a {wanted}; write {cut}.", "said_on_precision")
        data["said_on"] = cut
        return data
