"""Links: what a statement does with a claim."""

from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Self
from uuid import UUID

from marshmallow import ValidationError, fields, validate, validates_schema
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from factcheck import history, storing
from factcheck.auth import MACHINE, Actor
from factcheck.claims import Claim, ClaimSchema
from factcheck.db import Base, Document, SaidOn, choice
from factcheck.fields import Reference, StrictSchema, TextField
from factcheck.graph import Stance
from factcheck.history import Recorded, State
from factcheck.problems import Problem, invalid

if TYPE_CHECKING:
    from factcheck.statements import Statement


# Written out, because a query finds the index only by the words that it was made with.
RETRACTED = "link.status = 'confirmed' AND link.statement_status = 'retracted'"
# What `basis` says where a person made the link; else it names an engine.
PEOPLE = ("editor", "contributor")


class StatementStatus(StrEnum):
    """Draft until an editor publishes it; a retraction stays visible."""

    draft = "draft"
    published = "published"
    retracted = "retracted"


class LinkStatus(StrEnum):
    """Suggested until an editor confirms or rejects it."""

    suggested = "suggested"
    confirmed = "confirmed"
    rejected = "rejected"


class Link(Recorded, Base):
    """What a statement does with a claim: supports or disputes it.

    `statement_status`, `speaker_id` and `said_on` are copies of the statement's, so that one index
    answers "who is on this side, newest first" for a view and for the flags. The foreign key
    carries them along (ON UPDATE CASCADE), so that they cannot differ.
    """

    __tablename__ = "link"
    __table_args__ = (
        UniqueConstraint("statement_id", "claim_id"),
        ForeignKeyConstraint(
            ["statement_id", "statement_status", "speaker_id", "said_on"],
            ["statement.id", "statement.status", "statement.speaker_id", "statement.said_on"],
            onupdate="CASCADE",
            name="fk_link_statement",
        ),
        CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence"),
        Index("ix_link_side", "claim_id", "stance", "status", "said_on", "statement_id", "statement_status"),
        Index("ix_link_speaker", "speaker_id", "claim_id", "stance"),
        # What was retracted of a claim, for its view.
        Index(
            "ix_link_retracted",
            "claim_id",
            "said_on",
            "statement_id",
            sqlite_where=sql(RETRACTED.replace("link.", "")),
            postgresql_where=sql(RETRACTED.replace("link.", "")),
        ),
    )
    record_type: ClassVar[str] = "link"

    statement_id: Mapped[UUID]
    statement_status: Mapped[StatementStatus] = mapped_column(choice(StatementStatus))
    speaker_id: Mapped[UUID]
    said_on: Mapped[SaidOn]
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id"))
    stance: Mapped[Stance] = mapped_column(choice(Stance))
    status: Mapped[LinkStatus] = mapped_column(choice(LinkStatus))
    basis: Mapped[str] = mapped_column(String(100))
    confidence: Mapped[float]
    span: Mapped[dict[str, Any] | None] = mapped_column(Document)
    rationale: Mapped[str | None] = mapped_column(Text)

    statement: Mapped["Statement"] = relationship(
        back_populates="links", primaryjoin="Statement.id == foreign(Link.statement_id)"
    )
    claim: Mapped[Claim] = relationship()

    @property
    def part_of(self) -> UUID:
        return self.statement_id

    def state(self) -> State:
        return {
            "claim": str(self.claim_id),
            "stance": self.stance.value,
            "status": self.status.value,
            "basis": self.basis,
            "confidence": self.confidence,
            "span": self.span,
            "rationale": self.rationale,
        }

    @classmethod
    def make(
        cls,
        session: Session,
        actor: Actor,
        statement: "Statement",
        claim: Claim,
        data: dict[str, Any],
        at: str = "",
    ) -> Self:
        """Link a statement to a claim: confirmed by an editor, suggested by a contributor."""
        _refuse_retracted(statement)
        link = storing.made(
            cls,
            statement_id=statement.id,
            statement_status=statement.status,
            speaker_id=statement.speaker_id,
            said_on=statement.said_on,
            claim_id=claim.id,
            stance=data["stance"],
            rationale=data.get("rationale"),
            span=locate(statement.text, data.get("span"), f"{at}/span"),
            **_standing_of(actor, data.get("status"), at),
        )
        return link._store(session, actor, statement, claim)

    @classmethod
    def suggest(cls, session: Session, statement: "Statement", claim: Claim, found: dict[str, Any]) -> Self:
        """Store what an engine suggests: `found` is stance, basis, confidence, span and rationale."""
        link = storing.made(
            cls,
            statement_id=statement.id,
            statement_status=statement.status,
            speaker_id=statement.speaker_id,
            said_on=statement.said_on,
            claim_id=claim.id,
            status=LinkStatus.suggested,
            **found,
        )
        return link._store(session, MACHINE, statement, claim)

    def _store(self, session: Session, actor: Actor, statement: "Statement", claim: Claim) -> Self:
        history.created(session, actor, self)
        set_committed_value(self, "statement", statement)
        set_committed_value(self, "claim", claim)
        session.expire(statement, ["links"])
        return self

    @property
    def is_guess(self) -> bool:
        """Tell whether an engine suggested the link and nobody has touched it since."""
        return is_guess(self)

    def suggest_anew(self, session: Session, found: dict[str, Any]) -> None:
        """Replace a guess by what an engine finds now."""
        with history.changing(session, MACHINE, self, "read anew"):
            for field, value in found.items():
                setattr(self, field, value)

    def withdraw(self, session: Session) -> None:
        """Delete a guess that an engine no longer makes; its history stays, in that of the statement."""
        history.removed(session, MACHINE, self, "The text analysis no longer finds it.")
        session.delete(self)
        session.flush()

    def change(self, session: Session, actor: Actor, data: dict[str, Any]) -> None:
        """Confirm, change or reject the link; what an editor decided, only an editor changes."""
        _refuse_retracted(self.statement)
        self._refuse_decided(actor)
        with history.changing(session, actor, self, "edited", data.get("reason")):
            self.stance = data["stance"]
            if self.is_guess:
                # The words of a machine never become a person's; the history keeps them.
                self.rationale = None
            if "rationale" in data:
                self.rationale = data["rationale"]
            if "span" in data:
                self.span = locate(self.statement.text, data["span"], "/span")
            for field, value in _standing_of(actor, data.get("status"), "").items():
                setattr(self, field, value)

    def reject(self, session: Session, actor: Actor, reason: str) -> None:
        """Reject the link; it stays, marked, so that it is not suggested again."""
        self._refuse_decided(actor)
        with history.changing(session, actor, self, "rejected", reason):
            self.status = LinkStatus.rejected

    def _refuse_decided(self, actor: Actor) -> None:
        if self.status is not LinkStatus.suggested and not actor.is_editor:
            detail = f"An editor has {self.status.value} this link; only an editor may change it."
            raise Problem(403, "forbidden", detail)

    def drop_lost_span(self, session: Session, actor: Actor) -> None:
        """Drop a span whose words no longer stand where it points; it is never moved silently."""
        if self.span and self.statement.text[self.span["start"] : self.span["end"]] != self.span["text"]:
            with history.changing(
                session, actor, self, "span dropped", "The words it marked were corrected."
            ):
                self.span = None


def is_guess(link: Any) -> bool:
    """Tell as `Link.is_guess` does, of a row too."""
    return bool(link.status == LinkStatus.suggested and link.basis not in PEOPLE)


def _refuse_retracted(statement: "Statement") -> None:
    if statement.status is StatementStatus.retracted:
        raise Problem(409, "retracted", "This statement is retracted; it can no longer be linked.")


def _standing_of(actor: Actor, wanted: LinkStatus | None, at: str) -> dict[str, Any]:
    """Return status, basis and confidence of a link that this actor sets."""
    if actor.is_editor:
        return {"status": wanted or LinkStatus.confirmed, "basis": "editor", "confidence": 1.0}
    if wanted not in (None, LinkStatus.suggested):
        raise Problem(
            403,
            "forbidden",
            "Only an editor may confirm or reject a link; leave status out and it is suggested.",
            errors=[{"pointer": f"#{at}/status", "detail": "Only an editor may set this."}],
        )
    return {"status": LinkStatus.suggested, "basis": "contributor", "confidence": 1.0}


def locate(text: str, span: dict[str, Any] | None, at: str) -> dict[str, Any] | None:
    """Return the span as `{start, end, text}`, offsets in code points, end exclusive.

    The words alone are enough where they occur once. Raise 422 where span and text disagree.
    """
    if span is None:
        return None
    words: str = span.get("text", "")
    if "start" not in span:
        first = text.find(words)
        if first < 0 or text.find(words, first + 1) >= 0:
            how = "do not occur" if first < 0 else "occur more than once"
            raise invalid(f"{at}/text", f"These words {how} in the statement; give start and end.")
        return {"start": first, "end": first + len(words), "text": words}
    start, end = span["start"], span["end"]
    if not start < end <= len(text):
        raise invalid(f"{at}/end", f"A span runs from start to a later end, at most {len(text)} here.")
    if words and text[start:end] != words:
        raise invalid(f"{at}/text", "These are not the words of the statement from start to end.")
    return {"start": start, "end": end, "text": text[start:end]}


class SpanSchema(StrictSchema):
    """Words of a statement: `start` and `end` in code points, end exclusive, or the words alone."""

    start = fields.Integer(strict=True, validate=validate.Range(min=0, max=20_000))
    end = fields.Integer(strict=True, validate=validate.Range(min=1, max=20_000))
    text = TextField()

    @validates_schema
    def complete(self, data: dict[str, Any], **_: Any) -> None:
        """Require both offsets, or the words."""
        if ("start" in data) != ("end" in data):
            raise ValidationError("Give start and end together, or the words as text.", "start")
        if not data:
            raise ValidationError("Give start and end, or the words as text.", "text")


class LinkInputSchema(StrictSchema):
    """A link given with a statement."""

    claim = Reference(ClaimSchema, required=True)
    stance = fields.Enum(Stance, by_value=True, required=True)
    status = fields.Enum(LinkStatus, by_value=True)
    span = fields.Nested(SpanSchema, allow_none=True)
    rationale = TextField(limit=5000, allow_none=True)
