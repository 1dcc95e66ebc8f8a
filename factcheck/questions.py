"""Questions that wait for the operator's judge: one statement beside a claim or another statement.

They are stored in the transaction of the post that raises them, and taken one at a time by whoever
asks (`asking`). What was asked stays as the record of what has left the machine, and when. How many
may be asked in a day is counted in the database, so that all servers share the number.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, delete, func, or_, select
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from factcheck.claims import Claim
from factcheck.db import Base, Id, choice, now
from factcheck.statements import Statement

# So long is the answer to the post given to go out first.
GRACE = timedelta(seconds=1)
# Whoever takes a question has it for this long; then it counts as lost with its process.
LEASE = timedelta(minutes=15)
# After each try that failed the next one waits longer; after the last there is none.
DISTANCES = (timedelta(minutes=1), timedelta(minutes=20))
TRIES = len(DISTANCES) + 1
# What the budget had no room for in this time is given up, so that the queue has an end.
KEPT = timedelta(days=30)
# Written out, because SQLite sees no partial index behind a parameter.
_WAITING = sql("question.state = 'waiting'")


# Which statement, none for a claim, and the digest of the words.
_Side = tuple[UUID | None, str]


class QuestionState(StrEnum):
    """Waiting until answered; dropped when it has no point any more; failed after the last try."""

    waiting = "waiting"
    answered = "answered"
    dropped = "dropped"
    failed = "failed"


@dataclass(frozen=True, slots=True)
class Doubt:
    """What an engine of this machine left open about a statement: a claim, or another statement."""

    claim_id: UUID | None
    opposing_id: UUID | None
    text_key: str


class Question(Base):
    """A question to the judge; of two statements, `statement_id` was stored later, as in a finding."""

    __tablename__ = "question"
    __table_args__ = (
        UniqueConstraint("statement_id", "claim_id"),
        UniqueConstraint("statement_id", "opposing_id"),
        CheckConstraint("(claim_id IS NULL) <> (opposing_id IS NULL)", name="one_other"),
        CheckConstraint("statement_id <> opposing_id", name="two_statements"),
        Index("ix_question_opposing_id", "opposing_id"),
        Index(
            "ix_question_waiting",
            "queued_at",
            "rank",
            sqlite_where=sql("state = 'waiting'"),
            postgresql_where=sql("state = 'waiting'"),
        ),
    )

    id: Mapped[Id]
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statement.id"))
    claim_id: Mapped[UUID | None] = mapped_column(ForeignKey("claim.id"))
    opposing_id: Mapped[UUID | None] = mapped_column(ForeignKey("statement.id"))
    # The folded words that are asked about; of other words nothing is asked.
    text_key: Mapped[str] = mapped_column(String(64))
    other_text_key: Mapped[str] = mapped_column(String(64))
    # The place among the questions of one post, the best candidate first.
    rank: Mapped[int]
    state: Mapped[QuestionState] = mapped_column(choice(QuestionState))
    queued_at: Mapped[datetime]
    # Not to be taken before: after a failure, or while somebody has it.
    due_at: Mapped[datetime]
    # When it was last put to the judge.
    asked_at: Mapped[datetime | None]
    tries: Mapped[int]

    statement: Mapped[Statement] = relationship(foreign_keys=[statement_id])
    claim: Mapped[Claim | None] = relationship()
    opposing: Mapped[Statement | None] = relationship(foreign_keys=[opposing_id])

    def queue(self, text_key: str, other_text_key: str, rank: int, at: datetime) -> None:
        """Let the question wait, with all its tries before it."""
        self.text_key, self.other_text_key, self.rank = text_key, other_text_key, rank
        self.state, self.tries = QuestionState.waiting, 0
        self.queued_at, self.due_at = at, at + GRACE

    def take(self, at: datetime) -> None:
        """Keep the question from others for as long as one try can last."""
        self.tries += 1
        self.asked_at = at
        self.due_at = at + LEASE

    def fail(self, at: datetime) -> None:
        """Put the question off after a try that brought nothing, or give it up."""
        if self.tries >= TRIES:
            self.state = QuestionState.failed
        else:
            self.due_at = at + DISTANCES[self.tries - 1]


class QuestionDay(Base):
    """How many questions were put to the judge on a day (UTC), whatever came of them."""

    __tablename__ = "question_day"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    asked: Mapped[int]


def queue(session: Session, statement: Statement, doubts: Iterable[Doubt]) -> None:
    """Store what is to be asked about a statement, the most telling first.

    A pair that was asked about before waits anew: something about the statement has changed.
    """
    touching = or_(Question.statement_id == statement.id, Question.opposing_id == statement.id)
    known: dict[tuple[UUID | None, UUID | None, UUID | None], Question] = {
        (q.statement_id, q.claim_id, q.opposing_id): q
        for q in session.scalars(select(Question).where(touching))
    }
    at = now()
    for rank, doubt in enumerate(doubts):
        one: _Side = (statement.id, statement.text_key)
        other: _Side = (doubt.opposing_id, doubt.text_key)
        if doubt.opposing_id and doubt.opposing_id > statement.id:
            one, other = other, one
        ids = (one[0], doubt.claim_id, other[0])
        question = known.get(ids)
        if question is None:
            question = Question(statement_id=ids[0], claim_id=ids[1], opposing_id=ids[2])
            session.add(question)
        question.queue(one[1], other[1], rank, at)


def have_room(session: Session, daily: int) -> bool:
    """Tell whether what waits can still be asked, at so many a day, before it is given up."""
    waiting = session.scalar(select(func.count()).select_from(Question).where(_WAITING))
    return (waiting or 0) < daily * KEPT.days


def due(session: Session, at: datetime) -> Question | None:
    """Return the question that is to be asked now: of the latest post, and of these the first."""
    return session.scalar(
        select(Question)
        .where(_WAITING, Question.due_at <= at)
        .order_by(Question.queued_at.desc(), Question.rank, Question.id)
        .limit(1)
    )


def left(session: Session, daily: int, at: datetime) -> int:
    """Return how many questions the budget has left for the day."""
    asked = session.scalar(select(QuestionDay.asked).where(QuestionDay.day == _day(at)))
    return max(daily - (asked or 0), 0)


def spend(session: Session, at: datetime) -> None:
    """Count a question that is about to leave; only one transaction writes at a time."""
    today = session.get(QuestionDay, _day(at))
    if today is None:
        session.add(QuestionDay(day=_day(at), asked=1))
    else:
        today.asked += 1
    session.flush()


def forget(session: Session, at: datetime) -> None:
    """Delete what was never asked because the budget had no room for it in a long time."""
    session.execute(
        delete(Question)
        .where(_WAITING, Question.queued_at < at - KEPT, Question.asked_at.is_(None))
        .execution_options(synchronize_session=False)
    )


def claims_asked_about(session: Session, statement: Statement) -> set[UUID]:
    """Return the claims that a judge was asked about beside a statement, all words being the same now."""
    return set(
        session.scalars(
            select(Question.claim_id)
            .join(Claim, (Claim.id == Question.claim_id) & (Claim.text_key == Question.other_text_key))
            .where(Question.statement_id == statement.id, Question.text_key == statement.text_key)
        )
    )


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()
