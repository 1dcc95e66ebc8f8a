"""`/v1/reviews`"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from factcheck import history, reviews
from factcheck.api.shapes.plain import History, ReasonSchema, page_of
from factcheck.api.shapes.views import ReviewAnswer
from factcheck.auth import Access
from factcheck.claims import Claim, ClaimStatus
from factcheck.fields import TextField, as_id
from factcheck.paging import PageArguments, listed, page
from factcheck.problems import gone, not_found
from factcheck.reviews import Review, ReviewSchema, ReviewStatus
from factcheck.web import Blueprint, actor, path_id, session, settle

blp = Blueprint("reviews", __name__, url_prefix="/v1/reviews", description="Verdicts of people on claims.")

EXAMPLE = {
    "claim": "the-inspection-clears-northgate-cranes",
    "author": {"name": "Harbour Herald Fact Check", "url": "https://herald.example"},
    "url": "https://herald.example/factcheck/1",
    "title": "What the inspection did not look at",
    "published_on": "2026-05-20",
    "rating": {"value": 2, "worst": 1, "best": 5, "name": "Mostly false"},
    "explanation": "The inspection left out the jib.",
}


class ReviewFilters(PageArguments):
    """What reviews to list."""

    claim = TextField(limit=200, metadata={"description": "Id or slug of a claim."})


class ReviewPatch(ReviewSchema):
    """What to change in a review."""

    class Meta(ReviewSchema.Meta):
        exclude = ("claim",)

    reason = TextField(limit=5000)


def _find(key: str) -> Review:
    review = session().get(Review, path_id(key, "review"))
    if review is None or not (review.claim.published_at or actor().is_editor):
        raise not_found("review")
    if review.status is ReviewStatus.withdrawn:
        raise gone("review", "was withdrawn.")
    return review


@blp.route("", operation="listReviews", access=Access.public)
@blp.arguments(ReviewFilters, location="query")
@blp.returns(200, page_of(ReviewAnswer))
def index(arguments: dict[str, Any]) -> Any:
    """List reviews, newest first."""
    query = (
        select(Review.id, Review)
        .join(Review.claim)
        .options(contains_eager(Review.claim))
        .where(Review.status == ReviewStatus.published)
    )
    if not actor().is_editor:
        query = query.where(Claim.status == ClaimStatus.published)
    if "claim" in arguments:
        key = as_id(arguments["claim"])
        query = query.where(Claim.id == key if key else Claim.slug == arguments["claim"])
    rows, cursor = page(session(), query, (Review.id,), arguments)
    return listed([reviews.represent_with_claim(row.Review) for row in rows], cursor)


@blp.route("", method="POST", operation="createReview", access=Access.editor)
@blp.arguments(ReviewSchema, example=EXAMPLE)
@blp.returns(201, ReviewAnswer)
def create(data: dict[str, Any]) -> Any:
    """Store a person's verdict on a claim."""
    review = Review.record(session(), actor(), data)
    settle()
    return reviews.represent_with_claim(review), {"Location": f"/v1/reviews/{review.id}"}


@blp.route("/<key>", operation="readReview", access=Access.public)
@blp.returns(200, ReviewAnswer)
def read(key: str) -> Any:
    """Read a review."""
    return reviews.represent_with_claim(_find(key))


@blp.route("/<key>", method="PATCH", operation="updateReview", access=Access.editor)
@blp.arguments(
    ReviewPatch(partial=("author", "published_on", "rating")),
    example={"rating": {"name": "False"}, "reason": "The full inspection was published."},
)
@blp.returns(200, ReviewAnswer)
def update(data: dict[str, Any], key: str) -> Any:
    """Correct a review; the history keeps what was there."""
    review = _find(key)
    reason = data.pop("reason", None)
    review.edit(session(), actor(), data, reason)
    settle()
    return reviews.represent_with_claim(review)


@blp.route("/<key>", method="DELETE", operation="withdrawReview", access=Access.editor)
@blp.arguments(ReasonSchema, example={"reason": "It rested on a draft of the inspection."})
@blp.returns(200, ReviewAnswer)
def remove(data: dict[str, Any], key: str) -> Any:
    """Withdraw a review: it answers 410, and its history stays."""
    review = _find(key)
    review.withdraw(session(), actor(), data["reason"])
    settle()
    return reviews.represent_with_claim(review)


@blp.route("/<key>/history", operation="readReviewHistory", access=Access.editor)
@blp.returns(200, History)
def read_history(key: str) -> Any:
    """Read what was changed in a review, by whom and why."""
    id_ = path_id(key, "review")
    if session().get(Review, id_) is None:
        raise not_found("review")
    return {"items": history.read(session(), ["review"], [id_])}
