"""Contradictions between two statements: what is stored, what an editor decides, how it is explained.

`flags` finds them and keeps them in line with the facts. A stored contradiction holds structure
only (who, which claims, which relations); its sentence is written when it is read, so that it
always uses today's names and words.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from marshmallow import fields
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from factcheck import history
from factcheck.auth import Actor
from factcheck.claims import Claim, ClaimKind, ClaimStatus
from factcheck.db import Base, Document, choice, now
from factcheck.entities import Entity
from factcheck.fields import StrictSchema, TextField
from factcheck.graph import ContradictionKind, Stance
from factcheck.history import Recorded, State
from factcheck.links import Link, LinkStatus, StatementStatus
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
        CheckConstraint("statement_id <> opposing_id", name="two_statements"),
        Index("ix_contradiction_opposing", "opposing_id"),
        Index("ix_contradiction_claim", "claim_id", "public", "status"),
        Index("ix_contradiction_opposing_claim", "opposing_claim_id", "public", "status"),
        Index("ix_contradiction_subject", "subject_id"),
        Index("ix_contradiction_rank", "rank", "id"),
    )
    record_type: ClassVar[str] = "contradiction"

    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statement.id"))
    opposing_id: Mapped[UUID] = mapped_column(ForeignKey("statement.id"))
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id"))
    opposing_claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id"))
    kind: Mapped[ContradictionKind] = mapped_column(choice(ContradictionKind))
    same_speaker: Mapped[bool]
    # The stance of the later stored statement; the other's follows from the kind.
    stance: Mapped[Stance] = mapped_column(choice(Stance))
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
            "stance": self.stance.value,
            "same_speaker": self.same_speaker,
            "subject": self.subject_id and str(self.subject_id),
            "steps": self.steps,
            "certainty": certainty(self),
            "score": self.score,
            "resolution": self.resolution,
            "public": self.public,
        }

    def settle_status(self) -> None:
        """Derive status and visibility of a flag that holds from its facts and the last decision.

        A decision counts for the facts that it was taken on: a dismissed flag is not raised again by
        the same facts, and a corrected quotation puts a decided flag back before an editor.
        """
        self.resolution = None
        decided = self.decision if self.decided_facts == self.facts else None
        self.status = FlagStatus(decided.value if decided else "open")
        self.public = self.published and (
            self.status is FlagStatus.confirmed or (self.status is FlagStatus.open and self.asserted)
        )

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


def certainty(flag: Any) -> str:
    """Return `asserted` for what follows from confirmed links, `suggested` for a guess."""
    return "asserted" if flag.asserted else "suggested"


def opposing_stance(flag: Any) -> Stance:
    """Return the stance of the statement that was stored first; it follows from kind and the other's."""
    if flag.kind is not ContradictionKind.opposite_stance:
        return Stance(flag.stance)
    return Stance.disputes if flag.stance is Stance.supports else Stance.supports


class DecisionSchema(StrictSchema):
    """An editor's decision on a contradiction."""

    status = fields.Enum(Decision, by_value=True, required=True)
    reason = TextField(limit=5000, required=True)


def visible(actor: Actor) -> Iterable[Any]:
    """Return the conditions that keep from a query what the actor may not see."""
    return () if actor.is_editor else (Contradiction.public, Contradiction.status != FlagStatus.resolved)


def for_statement(session: Session, actor: Actor, statement_id: UUID) -> list[Contradiction]:
    """Return the contradictions of a statement that the actor may see, strongest first.

    Contributors learn at once what their own draft runs into, as far as the other side is public.
    """
    query = select(Contradiction).where(
        or_(Contradiction.statement_id == statement_id, Contradiction.opposing_id == statement_id),
        Contradiction.status != FlagStatus.resolved,
    )
    found = session.scalars(query.order_by(*strongest_first()).limit(200)).all()
    if actor.is_editor:
        return list(found)
    statement = session.get_one(Statement, statement_id)
    drafting = actor.key_id is not None and statement.created_by == actor.key_id
    if statement.published_at or not drafting:
        return [flag for flag in found if flag.public]
    return [flag for flag in found if _other_side_is_public(session, flag, statement_id)]


def _other_side_is_public(session: Session, flag: Contradiction, statement_id: UUID) -> bool:
    ends = [(flag.statement_id, flag.claim_id), (flag.opposing_id, flag.opposing_claim_id)]
    other_id, claim_id = ends[0] if statement_id == flag.opposing_id else ends[1]
    confirmed = session.scalar(
        select(Link.id).where(
            Link.statement_id == other_id,
            Link.claim_id == claim_id,
            Link.status == LinkStatus.confirmed,
            Link.statement_status == StatementStatus.published,
        )
    )
    on_path = {flag.claim_id, flag.opposing_claim_id, *(UUID(end) for _, _, end in flag.steps)}
    hidden = select(Claim.id).where(Claim.id.in_(on_path), Claim.status != ClaimStatus.published)
    return confirmed is not None and session.scalar(hidden.limit(1)) is None


def strongest_first() -> tuple[Any, ...]:
    """Return the order of every list of contradictions."""
    return (Contradiction.rank.desc(), Contradiction.id.desc())


def represent(session: Session, flags: Iterable[Any], actor: Actor) -> list[State]:
    """Return contradictions (objects or rows) as the API shows them, with path, evidence, sentence.

    Four queries, whatever their number: statements with speakers, claims, links, subjects.
    """
    flags = list(flags)
    statement_ids = {id_ for flag in flags for id_ in (flag.statement_id, flag.opposing_id)}
    claim_ids = {UUID(id_) for flag in flags for step in flag.steps for id_ in (step[0], step[2])}
    claim_ids |= {id_ for flag in flags for id_ in (flag.claim_id, flag.opposing_claim_id)}
    statements = {
        row.id: row
        for row in session.execute(
            select(
                Statement.id,
                Statement.text,
                Statement.speaker_role,
                Statement.said_on,
                Statement.status,
                Entity.id.label("speaker_id"),
                Entity.slug,
                Entity.name,
            )
            .join(Entity, Entity.id == Statement.speaker_id)
            .where(Statement.id.in_(statement_ids))
        )
    }
    claims = {
        row.id: row
        for row in session.execute(
            select(Claim.id, Claim.slug, Claim.text, Claim.kind).where(Claim.id.in_(claim_ids))
        )
    }
    links = {
        (row.statement_id, row.claim_id): row
        for row in session.execute(
            select(Link.statement_id, Link.claim_id, Link.span, Link.status, Link.rationale).where(
                Link.statement_id.in_(statement_ids), Link.claim_id.in_(claim_ids)
            )
        )
    }
    subjects = {
        row.id: {"id": row.id, "slug": row.slug, "name": row.name}
        for row in session.execute(
            select(Entity.id, Entity.slug, Entity.name).where(
                Entity.id.in_({flag.subject_id for flag in flags if flag.subject_id})
            )
        )
    }
    return [_represent(flag, statements, claims, links, subjects, actor) for flag in flags]


def _represent(
    flag: Any,
    statements: dict[UUID, Any],
    claims: dict[UUID, Any],
    links: dict[tuple[UUID, UUID], Any],
    subjects: dict[UUID, Any],
    actor: Actor,
) -> State:
    ends = [
        (flag.statement_id, flag.stance, flag.claim_id),
        (flag.opposing_id, opposing_stance(flag), flag.opposing_claim_id),
    ]
    steps = [(UUID(start), relation, UUID(end)) for start, relation, end in flag.steps]
    # The earlier statement comes first: by the day it was said, and as stored where that decides nothing.
    if (statements[ends[0][0]].said_on, ends[0][0]) > (statements[ends[1][0]].said_on, ends[1][0]):
        ends.reverse()
        steps = [(end, _REVERSED.get(relation, relation), start) for start, relation, end in reversed(steps)]
    certain = [_confirmed(links.get((statement, claim))) for statement, _, claim in ends]
    subject = subjects.get(flag.subject_id)
    return {
        "id": flag.id,
        "kind": flag.kind.value,
        "same_speaker": flag.same_speaker,
        "statements": [_brief(statements[statement]) for statement, _, _ in ends],
        "subject": subject,
        "path": _path(ends, steps, claims),
        "evidence": [
            _evidence(statements[statement], links.get((statement, claim)), actor)
            for statement, _, claim in ends
        ],
        "explanation": explain(ends, steps, statements, claims, certain, subject),
        "score": flag.score,
        "certainty": certainty(flag),
        "status": flag.status.value,
        "resolution": flag.resolution,
        "decision": _decision(flag, actor),
        "revision": flag.revision,
        "created_at": flag.created_at,
        "updated_at": flag.updated_at,
    }


_REVERSED = {"implies": "implied_by", "implied_by": "implies"}


def _confirmed(link: Any) -> bool:
    return link is not None and link.status is LinkStatus.confirmed


def _brief(row: Any) -> State:
    return {
        "id": row.id,
        "text": row.text,
        "speaker": {"id": row.speaker_id, "slug": row.slug, "name": row.name},
        "speaker_role": row.speaker_role,
        "said_on": row.said_on or None,
        "status": row.status.value,
    }


def _path(ends: list[Any], steps: list[Any], claims: dict[UUID, Any]) -> list[State]:
    """Return statement, stance, claim, (relation, claim)…, stance, statement."""

    def claim(id_: UUID) -> State:
        return {"type": "claim", "id": id_, "slug": claims[id_].slug, "text": claims[id_].text}

    (first, first_stance, start), (second, second_stance, _) = ends
    return [
        {"type": "statement", "id": first},
        {"type": "stance", "value": first_stance.value},
        claim(start),
        *(
            part
            for _, relation, end in steps
            for part in ({"type": "relation", "value": relation}, claim(end))
        ),
        {"type": "stance", "value": second_stance.value},
        {"type": "statement", "id": second},
    ]


def _evidence(row: Any, link: Any, actor: Actor) -> State:
    """Return the words that carry the stance; the whole statement where no editor marked any."""
    span = link and link.span
    return {
        "statement": row.id,
        "span": span or {"start": 0, "end": len(row.text), "text": row.text},
        "marked": bool(span),
        # A reason for a link that is only suggested is the newsroom's.
        "rationale": link.rationale if link and (_confirmed(link) or actor.is_editor) else None,
    }


def _decision(flag: Any, actor: Actor) -> State | None:
    """Return the last decision. Readers learn of a confirmation only: what was dismissed is not theirs."""
    if flag.decided_at is None or not (actor.is_editor or flag.status is FlagStatus.confirmed):
        return None
    return {
        "status": flag.decision.value if flag.decision else "open",
        "by": flag.decided_by if actor.is_editor else None,
        "at": flag.decided_at,
        "reason": flag.decision_reason,
    }


def explain(
    ends: list[Any],
    steps: list[Any],
    statements: dict[UUID, Any],
    claims: dict[UUID, Any],
    certain: list[bool],
    subject: State | None,
) -> str:
    """Return one plain sentence on why the two statements contradict each other.

    Where a link is only suggested, the sentence says "appears to", so that a guess reads as one.
    """
    (first, first_stance, start), (second, second_stance, end) = ends
    names = [_who(statements[first]), _who(statements[second])]
    if statements[first].speaker_id == statements[second].speaker_id:
        names[1] = f"the same speaker, {statements[second].name},"
    verbs = [
        stance.value if sure else f"appears to {stance.value.removesuffix('s')}"
        for stance, sure in ((first_stance, certain[0]), (second_stance, certain[1]))
    ]
    if not steps:
        return f"{names[0]} {verbs[0]} the claim {_quoted(claims[start])}, which {names[1]} {verbs[1]}."
    crossing = next((step for step in steps if step[1] in _CROSSING), None)
    if crossing is None:
        return f"{names[0]} {verbs[0]} {_chain(start, steps, claims)}, which {names[1]} {verbs[1]}."
    at = steps.index(crossing)
    back = [(stop, _REVERSED.get(relation, relation), go) for go, relation, stop in reversed(steps[at + 1 :])]
    sides = (
        f"{names[0]} {verbs[0]} {_chain(start, steps[:at], claims)}",
        f"{names[1]} {verbs[1]} {_chain(end, back, claims)}",
    )
    return f"{sides[0]}; {sides[1]}: {_cross(crossing, len(steps) == 1, claims, subject)}."


_CROSSING = ("contradicts", "exoneration_vs_responsibility")
_READS = {"implies": "implies", "implied_by": "follows from", "equivalent": "says the same as"}


def _chain(start: UUID, steps: list[Any], claims: dict[UUID, Any]) -> str:
    """Return `“A”, which implies “B”, which says the same as “C”`."""
    following = (f", which {_READS[relation]} {_quoted(claims[end])}" for _, relation, end in steps)
    return _quoted(claims[start]) + "".join(following)


def _cross(step: Any, alone: bool, claims: dict[UUID, Any], subject: State | None) -> str:
    """Say why two claims cannot both hold; by name of the claims where the sentence holds more of them."""
    one, relation, other = step
    if relation == "contradicts":
        pair = "the two claims" if alone else f"{_quoted(claims[one])} and {_quoted(claims[other])}"
        return f"{pair} contradict each other"
    whom = subject["name"] if subject else "the same entity"
    if alone:
        return f"one clears {whom}, the other holds {whom} responsible"
    clears, blames = (one, other) if claims[one].kind is ClaimKind.exoneration else (other, one)
    return f"{_quoted(claims[clears])} clears {whom}, {_quoted(claims[blames])} holds {whom} responsible"


def _quoted(claim: Any) -> str:
    return f"“{claim.text.rstrip('.')}”"


def _who(row: Any) -> str:
    return f"{row.name} ({row.speaker_role})" if row.speaker_role else str(row.name)
