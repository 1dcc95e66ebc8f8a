"""The page of one review, and what stands in it for search engines."""

from uuid import UUID

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from factcheck import listing, reviews, web
from factcheck.claims import Claim, ClaimStatus
from factcheck.graph import Stance
from factcheck.history import State
from factcheck.links import Link, LinkStatus, StatementStatus
from factcheck.problems import gone, not_found
from factcheck.publish import jsonld
from factcheck.reviews import Review, ReviewStatus
from factcheck.statements import Statement

blp = Blueprint("verdicts", __name__)

# Where a claim appeared: more than this tells nobody anything.
MAX_APPEARANCES = 10


@blp.get("/reviews/<key>")
def page(key: str) -> ResponseReturnValue:
    """Show one verdict: whose, on what claim, and why."""
    with web.database().reading() as session:
        review = read(session, web.path_id(key, "review"))
        markup = None
        if web.settings().claim_review:
            markup = jsonld.embedded(claim_review(session, review))
    return render_template("review.html", review=review, claim=review["claim"], markup=markup)


def claim_review(session: Session, review: State) -> jsonld.Node:
    """Return a review (`read`) as ClaimReview, with who made the claim, and where."""
    claim = review["claim"]
    supporters = _supporters(session, claim["id"])
    return jsonld.claim_review(review, claim, supporters, web.settings().public_url)


def read(session: Session, id_: UUID) -> State:
    """Return a published review with its claim; raise 404, or 410 where it or its claim was withdrawn."""
    row = session.execute(
        select(
            Review.__table__,
            Claim.slug,
            Claim.text.label("claim_text"),
            Claim.topics,
            Claim.status.label("claim_status"),
            Claim.published_at,
        )
        .join(Claim, Claim.id == Review.claim_id)
        .where(Review.id == id_)
    ).one_or_none()
    if row is None or row.published_at is None:
        raise not_found("review")
    if row.status is ReviewStatus.withdrawn:
        raise gone("review", "was withdrawn.")
    if row.claim_status is not ClaimStatus.published:
        raise gone("review", "is of a claim that was withdrawn.")
    claim = {"id": row.claim_id, "slug": row.slug, "text": row.claim_text, "topics": row.topics}
    return {**reviews.represent(row), "claim": claim}


def _supporters(session: Session, claim_id: UUID) -> list[State]:
    """Return the published statements that support a claim, the earliest said first, undated ones last."""
    query = (
        listing.statements()
        .join(Link, Link.statement_id == Statement.id)
        .where(
            Link.claim_id == claim_id,
            Link.stance == Stance.supports,
            Link.status == LinkStatus.confirmed,
            Link.statement_status == StatementStatus.published,
        )
        .order_by(Link.said_on == "", Link.said_on, Link.statement_id)
        .limit(MAX_APPEARANCES)
    )
    return [listing.represent(row) for row in session.execute(query)]
