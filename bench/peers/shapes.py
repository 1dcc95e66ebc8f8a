"""The claim view as pydantic models, for the peers on FastAPI, and the sentence that says why."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, PlainSerializer


def _moment(value: datetime) -> str:
    if value.tzinfo is not None:
        value = value.astimezone(UTC).replace(tzinfo=None)
    return value.isoformat(timespec="milliseconds") + "Z"


Moment = Annotated[datetime, PlainSerializer(_moment, return_type=str)]


class Named(BaseModel):
    id: UUID
    slug: str
    name: str


class Entity(BaseModel):
    id: UUID
    slug: str
    type: str
    name: str


class Source(BaseModel):
    id: UUID
    url: str | None
    canonical_url: str | None
    type: str
    headline: str | None
    publisher: str | None
    published_on: str | None


class Link(BaseModel):
    stance: str
    status: str
    basis: str
    confidence: float
    span: dict[str, Any] | None
    rationale: str | None


class Retraction(BaseModel):
    at: Moment
    reason: str | None


class Words(BaseModel):
    """A statement, without its links."""

    id: UUID
    text: str
    kind: str
    language: str
    speaker: Entity
    speaker_role: str | None
    on_behalf_of: Entity | None
    said_on: str | None
    said_on_precision: str | None
    said_to: str | None
    source: Source
    anchor: dict[str, Any] | None
    verification: dict[str, Any] | None
    status: str
    retraction: Retraction | None
    revision: int
    created_at: Moment
    updated_at: Moment


class Statement(Words):
    """A statement with the link that puts it on a side."""

    link: Link


class Side(BaseModel):
    count: int
    statements: list[Statement]
    next_cursor: str | None = None


class Claim(BaseModel):
    id: UUID
    slug: str
    text: str
    kind: str
    about: list[Entity]
    topics: list[str]
    status: str
    revision: int
    created_at: Moment
    updated_at: Moment


class Brief(BaseModel):
    id: UUID
    text: str
    speaker: Named
    speaker_role: str | None
    said_on: str | None
    status: str


class StatementNode(BaseModel):
    type: Literal["statement"] = "statement"
    id: UUID


class StanceNode(BaseModel):
    type: Literal["stance"] = "stance"
    value: str


class ClaimNode(BaseModel):
    type: Literal["claim"] = "claim"
    id: UUID
    slug: str
    text: str


class Span(BaseModel):
    start: int
    end: int
    text: str


class Evidence(BaseModel):
    statement: UUID
    span: Span
    marked: bool
    rationale: str | None


class Decision(BaseModel):
    status: str
    by: str | None
    at: Moment
    reason: str | None


class Reason(BaseModel):
    id: UUID
    kind: str
    subject: Named | None
    path: list[StatementNode | StanceNode | ClaimNode]
    evidence: list[Evidence]
    explanation: str
    engine: str | None
    score: float
    certainty: str
    status: str
    resolution: str | None
    decision: Decision | None
    revision: int
    created_at: Moment
    updated_at: Moment


class Contradiction(Reason):
    """A contradiction on its own, as the answer to a post lists it."""

    statements: list[Brief]
    same_speaker: bool


class Pair(BaseModel):
    statements: list[Brief]
    same_speaker: bool
    reasons: list[Reason]


class Contradictions(BaseModel):
    open: int
    confirmed: int
    items: list[Pair]


class Review(BaseModel):
    id: UUID
    author: dict[str, Any]
    url: str | None
    title: str | None
    published_on: str
    language: str
    rating: dict[str, Any]
    explanation: str | None
    status: str
    revision: int
    created_at: Moment
    updated_at: Moment


class View(BaseModel):
    claim: Claim
    supports: Side
    disputes: Side
    # The data set has none, and no peer looks for them.
    counter_claims: list[dict[str, Any]] = []
    contradictions: Contradictions
    retracted: list[Statement]
    reviews: list[Review]
    version: int
    as_of: Moment
    updated_at: Moment


PRECISION = {0: None, 4: "year", 7: "month", 10: "day"}
"""What a date of so many characters is precise to."""


def explain(first: tuple[str, str | None, str], second: tuple[str, str | None, str], claim: str) -> str:
    """Return the sentence on two statements, each (name, role, stance), of different speakers or one."""
    names = [f"{name} ({role})" if role else name for name, role, _ in (first, second)]
    if first[0] == second[0]:
        names[1] = f"the same speaker, {second[0]},"
    quoted = f"“{claim.rstrip('.')}”"
    return f"{names[0]} {first[2]} the claim {quoted}, which {names[1]} {second[2]}."
