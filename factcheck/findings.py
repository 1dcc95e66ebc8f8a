"""What an engine read in the words of two statements, stored as a fact that flags follow.

A finding holds while it stands, both statements do, and their words are those that were judged.
The flag that follows from it is always `suggested`; docs/decisions/0007 says why it is stored so.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Self
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from factcheck import history, storing
from factcheck.auth import MACHINE
from factcheck.contradictions import Contradiction, Decision
from factcheck.db import Base, Document, choice
from factcheck.graph import ContradictionKind
from factcheck.history import Recorded, State
from factcheck.links import StatementStatus
from factcheck.prepared import Prepared, Reads
from factcheck.statements import Statement

NOBODY = UUID(int=0)


class Finding(Recorded, Base):
    """Two statements that an engine takes to contradict each other; `statement_id` was stored later."""

    __tablename__ = "finding"
    __table_args__ = (
        UniqueConstraint("statement_id", "opposing_id"),
        CheckConstraint("statement_id <> opposing_id", name="two_statements"),
        CheckConstraint("score BETWEEN 0 AND 1", name="score"),
        Index("ix_finding_opposing_id", "opposing_id"),
    )
    record_type: ClassVar[str] = "finding"

    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statement.id"))
    opposing_id: Mapped[UUID] = mapped_column(ForeignKey("statement.id"))
    kind: Mapped[ContradictionKind] = mapped_column(choice(ContradictionKind))
    score: Mapped[float]
    reason: Mapped[str] = mapped_column(Text)
    engine: Mapped[str] = mapped_column(String(100))
    # The words that carry it: lists of {start, end, text} in each statement.
    spans: Mapped[list[Any]] = mapped_column(Document)
    opposing_spans: Mapped[list[Any]] = mapped_column(Document)
    # The folded words that were judged: a finding says nothing of other words.
    text_key: Mapped[str] = mapped_column(String(64))
    opposing_text_key: Mapped[str] = mapped_column(String(64))
    # False where a later reading no longer makes it.
    stands: Mapped[bool]

    def state(self) -> State:
        return {
            "statement": str(self.statement_id),
            "opposing": str(self.opposing_id),
            "kind": self.kind.value,
            "score": self.score,
            "reason": self.reason,
            "engine": self.engine,
            "spans": self.spans,
            "opposing_spans": self.opposing_spans,
            "text_keys": [self.text_key, self.opposing_text_key],
            "stands": self.stands,
        }

    @classmethod
    def keep(cls, session: Session, standing: Self | None, values: dict[str, Any]) -> None:
        """Store what an engine found, over what it found before; the same again changes nothing."""
        values = {**values, "stands": True}
        if standing is None:
            history.created(session, MACHINE, storing.made(cls, **values))
            return
        with history.changing(session, MACHINE, standing, "read anew"):
            for field, value in values.items():
                setattr(standing, field, value)

    def withdraw(self, session: Session) -> None:
        """Note that a later reading does not find it any more."""
        with history.changing(session, MACHINE, self, "not found any more"):
            self.stands = False


def facts_of(row: Any) -> str:
    """Return the digest of the words of both and of who said them.

    A decision on them holds whatever an engine calls the kind.
    """
    speakers = (row.speaker_id.hex, row.opposing_speaker_id.hex)
    judged = ("text", row.text_key, row.opposing_text_key, *speakers)
    return hashlib.sha256("\n".join(judged).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class TextFlag:
    """A contradiction that a finding makes; it has what `opposing.Flag` has."""

    row: Any

    @property
    def opposing_id(self) -> UUID:
        return self.row.opposing_id  # type: ignore[no-any-return]

    @property
    def key(self) -> tuple[UUID, None, None]:
        return (self.row.opposing_id, None, None)

    @property
    def rank(self) -> tuple[Any, ...]:
        """Sort key beside those of `opposing.Flag`: a guess, so never before what is asserted."""
        row = self.row
        shown = row.opposing_status == StatementStatus.published
        ends = (row.opposing_said_on, row.opposing_id, NOBODY, NOBODY)
        return (shown, self.same_speaker, False, round(row.score, 4), *ends)

    @property
    def same_speaker(self) -> bool:
        return bool(self.row.speaker_id == self.row.opposing_speaker_id)

    @property
    def facts(self) -> str:
        """What a decision on it holds for; see `facts_of`."""
        return facts_of(self.row)

    def values(self) -> dict[str, Any]:
        """Return the columns of the contradiction that stands for the flag."""
        row = self.row
        score = round(row.score, 4)
        return {
            "opposing_id": row.opposing_id,
            "claim_id": None,
            "opposing_claim_id": None,
            "kind": ContradictionKind(row.kind),
            "same_speaker": self.same_speaker,
            "stance": None,
            "subject_id": None,
            "steps": [],
            "score": score,
            "asserted": False,
            "rank": round(4 * self.same_speaker + score, 4),
            "facts": self.facts,
            "published": row.status == row.opposing_status == StatementStatus.published,
        }


def flags_of(session: Session, owners: Iterable[UUID]) -> dict[UUID, list[TextFlag]]:
    """Return the flags that the findings of these owners make, those on a path over links included."""
    found: dict[UUID, list[TextFlag]] = {}
    for row in Reads.within(session).all(_FLAGS, owners=list(owners)):
        found.setdefault(row.statement_id, []).append(TextFlag(row))
    return found


_MINE, _THEIRS = aliased(Statement), aliased(Statement)
_FLAGS = Prepared(
    select(
        Finding.statement_id,
        Finding.opposing_id,
        Finding.kind,
        Finding.score,
        Finding.text_key,
        Finding.opposing_text_key,
        _MINE.speaker_id,
        _MINE.status,
        _THEIRS.speaker_id.label("opposing_speaker_id"),
        _THEIRS.status.label("opposing_status"),
        _THEIRS.said_on.label("opposing_said_on"),
    )
    .join(_MINE, (_MINE.id == Finding.statement_id) & (_MINE.text_key == Finding.text_key))
    .join(_THEIRS, (_THEIRS.id == Finding.opposing_id) & (_THEIRS.text_key == Finding.opposing_text_key))
    .where(
        Finding.statement_id.in_(bindparam("owners")),
        Finding.stands,
        _MINE.status != StatementStatus.retracted,
        _THEIRS.status != StatementStatus.retracted,
    )
)


def dismissed_by(session: Session, owners: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """Return for each owner the statements of which an editor said: their words do not contradict.

    That holds for the words of both, and who said them, as they were when the editor said it.
    """
    found: dict[UUID, set[UUID]] = {}
    for row in Reads.within(session).all(_DISMISSED, owners=list(owners)):
        if row.decided_facts == facts_of(row):
            found.setdefault(row.statement_id, set()).add(row.opposing_id)
    return found


_DISMISSED = Prepared(
    select(
        Contradiction.statement_id,
        Contradiction.opposing_id,
        Contradiction.decided_facts,
        _MINE.text_key,
        _MINE.speaker_id,
        _THEIRS.text_key.label("opposing_text_key"),
        _THEIRS.speaker_id.label("opposing_speaker_id"),
    )
    .join(_MINE, _MINE.id == Contradiction.statement_id)
    .join(_THEIRS, _THEIRS.id == Contradiction.opposing_id)
    .where(
        Contradiction.statement_id.in_(bindparam("owners")),
        Contradiction.claim_id.is_(None),
        Contradiction.decision == Decision.dismissed,
    )
)


def owners_of(session: Session, statement_ids: Iterable[UUID]) -> set[UUID]:
    """Return the statements that own a finding against one of these."""
    ids = list(statement_ids)
    return set(session.scalars(select(Finding.statement_id).where(Finding.opposing_id.in_(ids))))


def between(session: Session, statement_id: UUID, opposing_id: UUID) -> Finding | None:
    """Return what was found between two statements; the first is the one stored later."""
    return session.scalar(
        select(Finding).where(Finding.statement_id == statement_id, Finding.opposing_id == opposing_id)
    )


def touching(session: Session, statement_id: UUID) -> list[Finding]:
    """Return what was found between a statement and any other."""
    return storing.find_all(session, Finding, _TOUCHING, id=statement_id)


_TOUCHING = Prepared(
    storing.whole(Finding)
    .where(or_(Finding.statement_id == bindparam("id"), Finding.opposing_id == bindparam("id")))
    .order_by(Finding.id)
)


def why_gone(session: Session, statement_id: UUID, opposing_id: UUID) -> str:
    """Say from the present state why a finding no longer makes a flag."""
    finding = between(session, statement_id, opposing_id)
    ends = [session.get_one(Statement, id_) for id_ in (statement_id, opposing_id)]
    for statement in ends:
        if statement.status is StatementStatus.retracted:
            return f"The statement of {statement.speaker.name} was retracted."
    if finding is not None:
        for statement, judged in zip(ends, (finding.text_key, finding.opposing_text_key), strict=True):
            if statement.text_key != judged:
                return f"The words of {statement.speaker.name} were corrected."
    if finding is None or not finding.stands:
        return "The text analysis no longer finds it."
    return "Links to claims say why the two contradict each other, or stronger contradictions took its place."
