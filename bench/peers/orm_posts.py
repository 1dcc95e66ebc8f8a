"""`POST /v1/statements` of the peer on the ORM: the same rows as the service stores, and its answer.

It matches or creates speaker and source, links the statement, flags what it contradicts, and
writes search document, revisions and the claim's version, in one transaction that locks first.
"""

import hashlib
import re
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import shapes
import Stemmer
from fastapi import APIRouter, Depends, Header, HTTPException, Response
from orm import (
    ApiKey,
    Claim,
    ClaimAbout,
    Contradiction,
    Entity,
    EntityKey,
    Link,
    Revision,
    SearchDocument,
    Source,
    Statement,
    now,
    writing,
)
from orm_shapes import FLAG_PARTS, OTHER, contradiction, whole
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

router = APIRouter()
MAX_FLAGS = 50
_STEMMER = Stemmer.Stemmer("english", 0)
_WORD = re.compile(r"[^\W_]+")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EntityIn(Strict):
    name: str = Field(min_length=1, max_length=300)
    type: str = Field("Person", pattern="^(Person|Organization)$")


class SourceIn(Strict):
    url: str = Field(max_length=2000, pattern="^https?://")
    type: str = "Other"
    headline: str | None = None
    publisher: str | None = None
    author: list[str] = []
    published_on: str | None = None
    language: str | None = None


class LinkIn(Strict):
    claim: str
    stance: str = Field(pattern="^(supports|disputes)$")


class StatementIn(Strict):
    text: str = Field(min_length=1, max_length=20_000)
    speaker: EntityIn
    speaker_role: str | None = None
    said_on: str | None = Field(None, pattern=r"^\d{4}(-\d\d(-\d\d)?)?$")
    said_to: str | None = None
    source: SourceIn
    links: list[LinkIn] = []


class LinkOut(shapes.Link):
    claim: dict[str, Any]


class StatementOut(shapes.Words):
    links: list[LinkOut]
    suggestions: list[LinkOut] = Field(default_factory=list)
    contradictions: list[shapes.Contradiction]
    opposing_total: int
    analysis: dict[str, Any] | None = None


@router.post("/v1/statements", status_code=201)
def create(
    body: StatementIn,
    response: Response,
    authorization: str = Header(),
    session: Session = Depends(writing),  # noqa: B008
) -> StatementOut:
    key = session.scalar(
        select(ApiKey).where(ApiKey.digest == _sha256(authorization.removeprefix("Bearer ")))
    )
    if key is None or key.revoked_at or key.role not in ("editor", "admin"):
        raise HTTPException(401)
    speaker, source = _speaker(session, key, body.speaker), _source(session, key, body.source)
    _refuse_duplicate(session, speaker, source, body.text)
    said = Statement(
        text=body.text,
        text_key=_digest(body.text),
        kind="direct",
        language="en",
        speaker=speaker,
        speaker_role=body.speaker_role,
        said_on=body.said_on or "",
        said_to=body.said_to,
        source=source,
        status="published",
        published_at=now(),
        created_by=key.id,
    )
    session.add(said)
    session.flush()
    _keep(session, key, "statement", said)
    flags = [flag for given in body.links for flag in _link(session, key, said, given)]
    words = _WORD.findall(f"{said.text}\n{speaker.name}".lower())
    session.add(
        SearchDocument(
            record_type="statement",
            record_id=said.id,
            public=True,
            words=" ".join(words),
            stems=" ".join(map(_stem, words)),
        )
    )
    session.flush()
    answer = _answer(session, said, flags)
    session.commit()
    response.headers["Location"] = f"/v1/statements/{said.id}"
    return answer


def _speaker(session: Session, key: ApiKey, given: EntityIn) -> Entity:
    digest = _digest(f"name {given.name}")
    found = session.scalars(select(Entity).join(Entity.keys).where(EntityKey.key == digest)).all()
    if len(found) > 1:
        raise HTTPException(422, "The name is ambiguous.")
    if found:
        return found[0]
    slug = re.sub(r"[^a-z0-9]+", "-", given.name.lower()).strip("-")
    taken = session.scalar(select(func.count()).where(Entity.slug == slug))
    entity = Entity(
        slug=f"{slug}-{taken + 1}" if taken else slug, type=given.type, name=given.name, public=True
    )
    entity.keys.append(EntityKey(key=digest))
    session.add(entity)
    session.flush()
    _keep(session, key, "entity", entity)
    return entity


def _source(session: Session, key: ApiKey, given: SourceIn) -> Source:
    source = session.scalar(select(Source).where(Source.natural_key == given.url))
    if source is None:
        source = Source(natural_key=given.url, canonical_url=given.url, public=True, **given.model_dump())
        session.add(source)
        session.flush()
        _keep(session, key, "source", source)
    return source


def _refuse_duplicate(session: Session, speaker: Entity, source: Source, text: str) -> None:
    same = select(Statement.id).where(
        Statement.speaker_id == speaker.id,
        Statement.source_id == source.id,
        Statement.text_key == _digest(text),
        Statement.status != "retracted",
    )
    if session.scalar(same):
        raise HTTPException(409, "The same words of this speaker in this source stand already.")


def _link(session: Session, key: ApiKey, said: Statement, given: LinkIn) -> list[Contradiction]:
    about = selectinload(Claim.about_links).joinedload(ClaimAbout.entity)
    claim = session.scalar(select(Claim).options(about).where(Claim.slug == given.claim))
    if claim is None:
        raise HTTPException(422, f"There is no claim '{given.claim}'.")
    link = Link(
        statement=said,
        statement_status="published",
        speaker_id=said.speaker_id,
        said_on=said.said_on,
        claim=claim,
        stance=given.stance,
        status="confirmed",
        basis="editor",
        confidence=1.0,
    )
    session.add(link)
    claim.version += 1
    claim.version_at = now()
    session.flush()
    _keep(session, key, "link", link)
    flags = [
        _flag(said, claim, given.stance, opposing) for opposing in _opposing(session, said, claim, given)
    ]
    session.add_all(flags)
    session.flush()
    for flag in flags:
        _keep(session, None, "contradiction", flag)
    return flags


def _opposing(session: Session, said: Statement, claim: Claim, given: LinkIn) -> list[Statement]:
    """Return the statements on the other side: the same speaker's first, then the latest said."""
    query = (
        select(Link)
        .options(joinedload(Link.statement))
        .where(
            Link.claim_id == claim.id,
            Link.stance == OTHER[given.stance],
            Link.status == "confirmed",
            Link.statement_status == "published",
            Link.statement_id != said.id,
        )
        .order_by((Link.speaker_id == said.speaker_id).desc(), Link.said_on.desc(), Link.statement_id.desc())
        .limit(MAX_FLAGS)
    )
    return [link.statement for link in session.scalars(query)]


def _flag(said: Statement, claim: Claim, stance: str, opposing: Statement) -> Contradiction:
    same_speaker = said.speaker_id == opposing.speaker_id
    facts = ("opposite_stance", stance, str(same_speaker), said.text_key, opposing.text_key, claim.text_key)
    return Contradiction(
        statement=said,
        opposing=opposing,
        claim=claim,
        opposing_claim_id=claim.id,
        kind="opposite_stance",
        same_speaker=same_speaker,
        stance=stance,
        subject_id=claim.about_links[0].entity_id if claim.about_links else None,
        score=1.0,
        asserted=True,
        rank=4.0 * same_speaker + 3.0,
        facts=_sha256("\n".join(facts)),
        status="open",
        public=True,
        published=True,
    )


def _keep(session: Session, key: ApiKey | None, record_type: str, record: Any) -> None:
    """Write the first revision of a record: who, and what it was."""
    state = {column.key: _plain(getattr(record, column.key)) for column in record.__mapper__.columns}
    session.add(
        Revision(
            record_type=record_type,
            record_id=record.id,
            actor_id=key and key.id,
            actor=key.name if key else "factcheck",
            state=state,
        )
    )


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, datetime) else value


def _answer(session: Session, said: Statement, flags: list[Contradiction]) -> StatementOut:
    query = select(Contradiction).options(*FLAG_PARTS).where(Contradiction.statement_id == said.id)
    shown = session.scalars(query.order_by(Contradiction.rank.desc(), Contradiction.id.desc()))
    opposing = 0
    for link in said.links:
        opposing += session.scalar(
            select(func.count()).where(
                Link.claim_id == link.claim_id,
                Link.stance == OTHER[link.stance],
                Link.status != "rejected",
                Link.statement_status != "retracted",
            )
        )
    return StatementOut(
        **whole(said),
        links=[
            LinkOut(
                claim={"id": link.claim.id, "slug": link.claim.slug, "text": link.claim.text},
                **{name: getattr(link, name) for name in shapes.Link.model_fields},
            )
            for link in said.links
        ],
        contradictions=[contradiction(flag) for flag in shown] if flags else [],
        opposing_total=opposing,
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _digest(text: str) -> str:
    """Return the digest of a text folded for case and spacing, as the service's keys are."""
    return _sha256(" ".join(text.lower().split()))


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    return str(_STEMMER.stemWord(word))
