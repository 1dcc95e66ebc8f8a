"""Contradictions between two statements: what is stored, and what an editor decides.

`opposing` finds them, `flags` keeps them in line with the facts, `explanations` shows them. A stored
contradiction holds structure only: who, which claims, which relations. One that was read in the
words alone has no claims; what it rests on is a finding (`findings`).
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Self
from uuid import UUID

from marshmallow import fields
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    TextClause,
    UniqueConstraint,
    exists,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from factcheck import history, storing
from factcheck.auth import Actor
from factcheck.db import Base, Document, choice, now
from factcheck.fields import StrictSchema, TextField
from factcheck.graph import ContradictionKind, Stance
from factcheck.history import Recorded, Revision, State
from factcheck.problems import Problem
from factcheck.statements import Statement


class FlagStatus(StrEnum):
    """Open until an editor decides; resolved when the facts that made it are gone."""

    open = "open"
    confirmed = "confirmed"
    dismissed = "dismissed"
    resolved = "resolved"


class Decision(StrEnum):
    """What an editor may decide; `open` takes a decision back."""

    confirmed = "confirmed"
    dismissed = "dismissed"
    open = "open"


# What an editor decided once, and is confirmed no longer: dismissed, resolved, or open again. Written out for
# the index, as in `history`.
_ENDED = "status <> 'confirmed' AND decided_at IS NOT NULL"
# What a view counts and shows.
STANDING = "status IN ('open', 'confirmed')"

# What rests on a guess.
GUESS = sql("NOT asserted")
# What was only suggested and waits for an editor; written out for the index, as in `history`.
WAITING = sql("status = 'open' AND NOT asserted")


def of_status(status: FlagStatus) -> TextClause:
    """Return the condition that a contradiction is of a status, as the index of these has it."""
    return sql(f"status = '{status}'")


class Contradiction(Recorded, Base):
    """One pair of statements and the claims on the path between them.

    `statement_id` is the one stored later; it owns the flag (see `flags`). `claim_id` and
    `opposing_claim_id` are the claims that the two statements are linked to, the ends of `steps`.
    """

    __tablename__ = "contradiction"
    __table_args__ = (
        UniqueConstraint(
            "statement_id", "opposing_id", "claim_id", "opposing_claim_id", name="uq_contradiction_path"
        ),
        # Null differs from null in a unique constraint, so what has no claims needs its own.
        Index(
            "uq_contradiction_words",
            "statement_id",
            "opposing_id",
            unique=True,
            sqlite_where=sql("claim_id IS NULL"),
            postgresql_where=sql("claim_id IS NULL"),
        ),
        CheckConstraint("statement_id <> opposing_id", name="two_statements"),
        Index("ix_contradiction_opposing", "opposing_id"),
        Index("ix_contradiction_claim", "claim_id", "public", "status"),
        Index("ix_contradiction_opposing_claim", "opposing_claim_id", "public", "status"),
        # The strongest pairs of a claim; see `strongest_pairs`.
        *(
            Index(
                f"ix_contradiction_strongest_{end}",
                end,
                "rank",
                "statement_id",
                "opposing_id",
                "public",
                sqlite_where=sql(STANDING),
                postgresql_where=sql(STANDING),
            )
            for end in ("claim_id", "opposing_claim_id")
        ),
        Index("ix_contradiction_subject", "subject_id"),
        Index("ix_contradiction_rank", "rank", "id"),
        # The strongest of a kind, of a status and of the guesses, where most are of another.
        Index("ix_contradiction_kind", "kind", "rank", "id"),
        *(
            Index(f"ix_contradiction_rank_{name}", "rank", "id", sqlite_where=where, postgresql_where=where)
            for name, where in (*((status, of_status(status)) for status in FlagStatus), ("guess", GUESS))
        ),
        # What editors confirmed last, for the feed.
        Index(
            "ix_contradiction_confirmed",
            "decided_at",
            "id",
            sqlite_where=sql("status = 'confirmed'"),
            postgresql_where=sql("status = 'confirmed'"),
        ),
        # How many wait for an editor, for the metrics.
        Index("ix_contradiction_waiting", "id", sqlite_where=WAITING, postgresql_where=WAITING),
        # What stands no longer, for the feed; see `no_longer_standing`.
        Index(
            "ix_contradiction_ended",
            "updated_at",
            "id",
            sqlite_where=sql(_ENDED),
            postgresql_where=sql(_ENDED),
        ),
    )
    record_type: ClassVar[str] = "contradiction"

    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statement.id"))
    opposing_id: Mapped[UUID] = mapped_column(ForeignKey("statement.id"))
    claim_id: Mapped[UUID | None] = mapped_column(ForeignKey("claim.id"))
    opposing_claim_id: Mapped[UUID | None] = mapped_column(ForeignKey("claim.id"))
    kind: Mapped[ContradictionKind] = mapped_column(choice(ContradictionKind))
    same_speaker: Mapped[bool]
    # The stance of the later stored statement; the other's follows from the kind.
    stance: Mapped[Stance | None] = mapped_column(choice(Stance))
    subject_id: Mapped[UUID | None] = mapped_column(ForeignKey("entity.id"))
    steps: Mapped[list[Any]] = mapped_column(Document)
    score: Mapped[float]
    asserted: Mapped[bool]
    # Same speaker first, then asserted, then by score: one number to order and to page by.
    rank: Mapped[float]
    # A digest of all that an editor judges by: words, stances, relations. See `flags`.
    facts: Mapped[str] = mapped_column(String(64))
    status: Mapped[FlagStatus] = mapped_column(choice(FlagStatus))
    resolution: Mapped[str | None] = mapped_column(Text)
    # Whether readers see it; for a resolved one, whether they did.
    public: Mapped[bool]
    decision: Mapped[Decision | None] = mapped_column(choice(Decision))
    decision_reason: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[str | None] = mapped_column(String(200))
    decided_at: Mapped[datetime | None]
    decided_facts: Mapped[str | None] = mapped_column(String(64))
    # Whether statements and claims on the path are all published; `public` follows from it.
    published: Mapped[bool]

    statement: Mapped[Statement] = relationship(foreign_keys=[statement_id])
    opposing: Mapped[Statement] = relationship(foreign_keys=[opposing_id])

    def state(self) -> State:
        return {
            "status": self.status.value,
            "decision": self.decision and self.decision.value,
            "decision_reason": self.decision_reason,
            "decided_at": self.decided_at and self.decided_at.isoformat(),
            "kind": self.kind.value,
            "stance": self.stance and self.stance.value,
            "same_speaker": self.same_speaker,
            "subject": self.subject_id and str(self.subject_id),
            "steps": self.steps,
            "certainty": certainty(self),
            "score": self.score,
            "resolution": self.resolution,
            "public": self.public,
        }

    @classmethod
    def raised(cls, owner: UUID, values: dict[str, Any]) -> Self:
        """Return a flag on which nobody has decided yet, for `history.created`."""
        status = FlagStatus.open
        shown = _is_public(values["published"], values["asserted"], status)
        return storing.made(cls, statement_id=owner, status=status, resolution=None, public=shown, **values)

    def settle_status(self) -> None:
        """Derive status and visibility of a flag that holds from its facts and the last decision.

        A decision counts for the facts that it was taken on: a dismissed flag is not raised again by
        the same facts, and a corrected quotation puts a decided flag back before an editor.
        """
        self.resolution = None
        decided = self.decision if self.decided_facts == self.facts else None
        self.status = FlagStatus(decided.value if decided else "open")
        self.public = _is_public(self.published, self.asserted, self.status)

    def decide(self, session: Session, actor: Actor, decision: Decision, reason: str) -> None:
        """Confirm, dismiss or reopen; raise 409 for a flag whose facts are gone."""
        if self.status is FlagStatus.resolved:
            raise Problem(409, "resolved", f"This contradiction is resolved already: {self.resolution}")
        with history.changing(session, actor, self, "decided", reason):
            self.decision = None if decision is Decision.open else decision
            self.decision_reason = reason
            self.decided_by = actor.name
            self.decided_at = now()
            self.decided_facts = self.facts
            self.settle_status()


def _is_public(published: bool, asserted: bool, status: FlagStatus) -> bool:
    """Tell whether readers see a flag between published statements: an open one only where it is no guess."""
    return published and (status is FlagStatus.confirmed or (status is FlagStatus.open and asserted))


def certainty(flag: Any) -> str:
    """Return `asserted` for what follows from confirmed links, `suggested` for a guess."""
    return "asserted" if flag.asserted else "suggested"


def opposing_stance(flag: Any) -> Stance | None:
    """Return the stance of the statement that was stored first; it follows from kind and the other's.

    None for what was read in the words alone.
    """
    if flag.stance is None:
        return None
    if flag.kind != ContradictionKind.opposite_stance:
        return Stance(flag.stance)
    return Stance.disputes if flag.stance == Stance.supports else Stance.supports


class DecisionSchema(StrictSchema):
    """An editor's decision on a contradiction."""

    status = fields.Enum(Decision, by_value=True, required=True)
    reason = TextField(limit=5000, required=True)


def visible(actor: Actor) -> Iterable[Any]:
    """Return the conditions that keep from a query what the actor may not see."""
    return () if actor.is_editor else (Contradiction.public, Contradiction.status != FlagStatus.resolved)


def no_longer_standing() -> Iterable[Any]:
    """Return the conditions on what readers saw confirmed, and is not any more."""
    yield sql(_ENDED)
    yield exists().where(
        Revision.record_type == Contradiction.record_type,
        Revision.record_id == Contradiction.id,
        Revision.state["status"].as_string() == FlagStatus.confirmed.value,
        Revision.state["public"].as_boolean(),
    )


def strongest_first() -> tuple[Any, ...]:
    """Return the order of every list of contradictions."""
    return (Contradiction.rank.desc(), Contradiction.id.desc())
