"""FastAPI, sync, on SQLAlchemy's ORM and pydantic: the usual way. Views here, posts in `orm_posts`."""

from typing import Any
from uuid import UUID

import orm_posts
import shapes
from fastapi import Depends, FastAPI, HTTPException
from orm import Claim, ClaimAbout, Contradiction, Link, Review, reading
from orm_shapes import FLAG_PARTS, WHOLE, contradiction, statement
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

app = FastAPI()
app.include_router(orm_posts.router)


@app.get("/v1/claims/{slug}/view")
def view(slug: str, session: Session = Depends(reading)) -> shapes.View:  # noqa: B008
    about = selectinload(Claim.about_links).joinedload(ClaimAbout.entity)
    claim = session.scalar(
        select(Claim).options(about).where(Claim.slug == slug, Claim.status == "published")
    )
    if claim is None:
        raise HTTPException(404)
    reviews = session.scalars(
        select(Review)
        .where(Review.claim_id == claim.id, Review.status == "published")
        .order_by(Review.published_on.desc(), Review.id.desc())
        .limit(20)
    )
    return shapes.View(
        claim=shapes.Claim.model_validate(claim, from_attributes=True),
        supports=side(session, claim, "supports"),
        disputes=side(session, claim, "disputes"),
        contradictions=contradictions(session, claim),
        retracted=[statement(link) for link in links(session, claim, "retracted", 20)],
        reviews=[review(found) for found in reviews],
        version=claim.version,
        as_of=claim.version_at,
        updated_at=claim.updated_at,
    )


def links(session: Session, claim: Claim, status: str, limit: int, *more: Any) -> list[Link]:
    query = (
        select(Link)
        .options(joinedload(Link.statement).options(*WHOLE))
        .where(Link.claim_id == claim.id, Link.status == "confirmed", Link.statement_status == status, *more)
        .order_by(Link.said_on.desc(), Link.statement_id.desc())
        .limit(limit)
    )
    return list(session.scalars(query))


def side(session: Session, claim: Claim, stance: str) -> shapes.Side:
    count = select(func.count()).where(
        Link.claim_id == claim.id,
        Link.stance == stance,
        Link.status == "confirmed",
        Link.statement_status == "published",
    )
    shown = links(session, claim, "published", 50, Link.stance == stance)
    return shapes.Side(count=session.scalar(count) or 0, statements=[statement(link) for link in shown])


def review(found: Review) -> shapes.Review:
    names = [name for name in shapes.Review.model_fields if name != "published_on"]
    values = {name: getattr(found, name) for name in names}
    return shapes.Review(**values, published_on=found.published_on.isoformat())


def contradictions(session: Session, claim: Claim) -> shapes.Contradictions:
    shown = and_(
        Contradiction.claim_id == claim.id,
        Contradiction.public,
        Contradiction.status.in_(("open", "confirmed")),
    )
    counts = dict(
        session.execute(
            select(Contradiction.status, func.count()).where(shown).group_by(Contradiction.status)
        ).all()
    )
    flags = session.scalars(
        select(Contradiction)
        .options(*FLAG_PARTS)
        .where(shown)
        .order_by(
            Contradiction.rank.desc(), Contradiction.statement_id.desc(), Contradiction.opposing_id.desc()
        )
        .limit(20)
    )
    pairs: dict[tuple[UUID, UUID], shapes.Pair] = {}
    for flag in sorted(flags, key=lambda flag: (flag.rank, flag.id), reverse=True):
        whole = contradiction(flag)
        pair = pairs.setdefault(
            (flag.statement_id, flag.opposing_id),
            shapes.Pair(statements=whole.statements, same_speaker=whole.same_speaker, reasons=[]),
        )
        pair.reasons.append(shapes.Reason.model_validate(whole, from_attributes=True))
    return shapes.Contradictions(
        open=counts.get("open", 0), confirmed=counts.get("confirmed", 0), items=list(pairs.values())
    )
