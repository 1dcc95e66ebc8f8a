"""From the ORM's objects to the models of `shapes`, and what to load with them."""

from typing import Any

import shapes
from orm import Claim, Contradiction, Link, Statement
from sqlalchemy.orm import joinedload, selectinload

WHOLE = (joinedload(Statement.speaker), joinedload(Statement.on_behalf_of), joinedload(Statement.source))
OTHER = {"supports": "disputes", "disputes": "supports"}


def statement(link: Link) -> shapes.Statement:
    return shapes.Statement(
        **whole(link.statement), link=shapes.Link.model_validate(link, from_attributes=True)
    )


def whole(said: Statement) -> dict[str, Any]:
    retraction = {"at": said.retracted_at, "reason": said.retraction_reason} if said.retracted_at else None
    return {name: getattr(said, name) for name in PLAIN} | {
        "speaker": shapes.Entity.model_validate(said.speaker, from_attributes=True),
        "on_behalf_of": said.on_behalf_of
        and shapes.Entity.model_validate(said.on_behalf_of, from_attributes=True),
        "said_on": said.said_on or None,
        "said_on_precision": shapes.PRECISION[len(said.said_on)],
        "source": shapes.Source.model_validate(said.source, from_attributes=True),
        "retraction": retraction,
    }


PLAIN = (
    "id", "text", "kind", "language", "speaker_role", "said_to", "anchor", "verification", "status",
    "revision", "created_at", "updated_at",
)  # fmt: skip


def _end(attribute: Any) -> Any:
    return selectinload(attribute).options(joinedload(Statement.speaker), selectinload(Statement.links))


FLAG_PARTS = (
    _end(Contradiction.statement),
    _end(Contradiction.opposing),
    selectinload(Contradiction.claim),
    selectinload(Contradiction.subject),
)


def contradiction(flag: Contradiction) -> shapes.Contradiction:
    ends = [(flag.statement, flag.stance), (flag.opposing, OTHER[flag.stance])]
    ends.sort(key=lambda end: (end[0].said_on, end[0].id))
    claim = flag.claim
    said = [(end.speaker.name, end.speaker_role, stance) for end, stance in ends]
    decided = flag.status == "confirmed" and flag.decided_at
    return shapes.Contradiction(
        statements=[brief(end) for end, _ in ends],
        same_speaker=flag.same_speaker,
        id=flag.id,
        kind=flag.kind,
        subject=flag.subject and shapes.Named.model_validate(flag.subject, from_attributes=True),
        path=[
            shapes.StatementNode(id=ends[0][0].id),
            shapes.StanceNode(value=ends[0][1]),
            shapes.ClaimNode(id=claim.id, slug=claim.slug, text=claim.text),
            shapes.StanceNode(value=ends[1][1]),
            shapes.StatementNode(id=ends[1][0].id),
        ],
        evidence=[evidence(end, claim) for end, _ in ends],
        explanation=shapes.explain(said[0], said[1], claim.text),
        engine=None,
        score=flag.score,
        certainty="asserted" if flag.asserted else "suggested",
        status=flag.status,
        resolution=flag.resolution,
        decision=shapes.Decision(
            status=flag.decision, by=None, at=flag.decided_at, reason=flag.decision_reason
        )
        if decided
        else None,
        revision=flag.revision,
        created_at=flag.created_at,
        updated_at=flag.updated_at,
    )


def brief(said: Statement) -> shapes.Brief:
    return shapes.Brief(
        id=said.id,
        text=said.text,
        speaker=shapes.Named.model_validate(said.speaker, from_attributes=True),
        speaker_role=said.speaker_role,
        said_on=said.said_on or None,
        status=said.status,
    )


def evidence(said: Statement, claim: Claim) -> shapes.Evidence:
    link = next(link for link in said.links if link.claim_id == claim.id)
    return shapes.Evidence(
        statement=said.id,
        span=link.span or {"start": 0, "end": len(said.text), "text": said.text},
        marked=bool(link.span),
        rationale=link.rationale,
    )
