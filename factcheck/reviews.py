"""Reviews: a person's verdict on a claim, in the terms of schema.org ClaimReview. Never a machine's."""

from datetime import date
from enum import StrEnum
from typing import Any, ClassVar, Self
from uuid import UUID

from marshmallow import ValidationError, fields, validate, validates_schema
from sqlalchemy import Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from factcheck import claims, history
from factcheck.auth import Actor
from factcheck.claims import Claim, ClaimSchema
from factcheck.db import Base, Document, choice
from factcheck.fields import Day, LanguageField, Reference, StrictSchema, TextField, UrlField
from factcheck.history import Recorded, State
from factcheck.text import site


class ReviewStatus(StrEnum):
    """Published, or withdrawn: then it answers 410."""

    published = "published"
    withdrawn = "withdrawn"


class Review(Recorded, Base):
    """A verdict on a claim, by whom, where it is published, and why."""

    __tablename__ = "review"
    __table_args__ = (Index(None, "claim_id", "status"), Index("ix_review_status", "status", "id"))
    record_type: ClassVar[str] = "review"

    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id"))
    author: Mapped[dict[str, Any]] = mapped_column(Document)
    url: Mapped[str | None] = mapped_column(String(2000))
    # The host of `url`, by which the reviews of a publisher are found; None for one that stands here only.
    site: Mapped[str | None] = mapped_column(String(255))
    title: Mapped[str | None] = mapped_column(Text)
    published_on: Mapped[date] = mapped_column(Date)
    language: Mapped[str] = mapped_column(String(35))
    rating: Mapped[dict[str, Any]] = mapped_column(Document)
    explanation: Mapped[str | None] = mapped_column(Text)
    status: Mapped[ReviewStatus] = mapped_column(choice(ReviewStatus), default=ReviewStatus.published)

    claim: Mapped[Claim] = relationship()

    def state(self) -> State:
        return {
            "claim": str(self.claim_id),
            "author": self.author,
            "url": self.url,
            "title": self.title,
            "published_on": self.published_on.isoformat(),
            "language": self.language,
            "rating": self.rating,
            "explanation": self.explanation,
            "status": self.status.value,
        }

    @classmethod
    def record(cls, session: Session, actor: Actor, data: dict[str, Any]) -> Self:
        """Store a review; raise 422 where its claim cannot be resolved."""
        claim = claims.resolve(session, actor, data["claim"], "/claim")
        review = cls(**{**data, "claim": claim}, site=_site(data.get("url")))
        history.created(session, actor, review)
        return review

    def edit(self, session: Session, actor: Actor, data: dict[str, Any], reason: str | None) -> None:
        """Correct fields."""
        with history.changing(session, actor, self, "edited", reason):
            for field, value in data.items():
                setattr(self, field, value)
            self.site = _site(self.url)

    def withdraw(self, session: Session, actor: Actor, reason: str) -> None:
        """Take the verdict back; it answers 410 and its history stays."""
        with history.changing(session, actor, self, "withdrawn", reason):
            self.status = ReviewStatus.withdrawn


def _site(url: str | None) -> str | None:
    return site(url) if url else None


class AuthorSchema(StrictSchema):
    """The organisation or person whose verdict it is."""

    name = TextField(limit=300, required=True)
    url = UrlField(allow_none=True)


class RatingSchema(StrictSchema):
    """schema.org Rating: `name` is the verdict in words (alternateName), `value` its place on a scale."""

    value = fields.Integer(strict=True, allow_none=True, validate=validate.Range(-1_000_000, 1_000_000))
    worst = fields.Integer(strict=True, allow_none=True, validate=validate.Range(-1_000_000, 1_000_000))
    best = fields.Integer(strict=True, allow_none=True, validate=validate.Range(-1_000_000, 1_000_000))
    name = TextField(limit=300, required=True)

    @validates_schema
    def within(self, data: dict[str, Any], **_: Any) -> None:
        """Hold the value between worst and best where they are given."""
        value, worst, best = (data.get(field) for field in ("value", "worst", "best"))
        scale = [number for number in (worst, value, best) if number is not None]
        if value is None and scale:
            raise ValidationError("A scale needs a value.", "value")
        if scale != sorted(scale):
            raise ValidationError("The value must lie between worst and best.", "value")


class ReviewSchema(StrictSchema):
    """A review, as sent and as answered."""

    id = fields.UUID(dump_only=True)
    claim = Reference(ClaimSchema, required=True)
    author = fields.Nested(AuthorSchema, required=True)
    url = UrlField(allow_none=True)
    title = TextField(limit=1000, allow_none=True)
    published_on = Day(required=True)
    language = LanguageField(load_default="en")
    rating = fields.Nested(RatingSchema, required=True)
    explanation = TextField(allow_none=True)
    status = fields.Enum(ReviewStatus, by_value=True, dump_only=True)
    revision = fields.Integer(dump_only=True)
    created_at = fields.DateTime(dump_only=True)
    updated_at = fields.DateTime(dump_only=True)


def represent(review: Any) -> State:
    """Return a review (an object or a row) as a view shows it: without its claim."""
    return {
        "id": review.id,
        "author": {"url": None, **review.author},
        "url": review.url,
        "title": review.title,
        "published_on": review.published_on.isoformat(),
        "language": review.language,
        "rating": {"value": None, "worst": None, "best": None, **review.rating},
        "explanation": review.explanation,
        "status": review.status,
        "revision": review.revision,
        "created_at": review.created_at,
        "updated_at": review.updated_at,
    }


def represent_with_claim(review: Review) -> State:
    """Return the review as the API shows it on its own."""
    claim = {"id": review.claim.id, "slug": review.claim.slug, "text": review.claim.text}
    return {**represent(review), "claim": claim}
