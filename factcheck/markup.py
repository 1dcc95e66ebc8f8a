"""Markup pages: fact checks that stand elsewhere, as Google's Fact Check Tools API describes them.

A page holds ClaimReview markup for one address: who reviewed which claims there, with what verdict.
An editor's key stores it; a verdict is a person's, so whose it is stands in the page. A page is
replaced as a whole; what was there before, and a page that was deleted, stay in the history.
"""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar, Self
from urllib.parse import urldefrag
from uuid import UUID

from marshmallow import ValidationError, fields, pre_load, validate, validates_schema
from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship
from uuid_utils.compat import uuid7

from factcheck import history
from factcheck.analysis.language import UNDETERMINED, language_of
from factcheck.auth import Actor
from factcheck.db import Base, Document, Id, choice
from factcheck.fields import StrictSchema, TextField, UrlField, as_id, precision
from factcheck.history import Recorded, State
from factcheck.problems import Problem
from factcheck.sources import canonical
from factcheck.text import site

MAX_MARKUPS = 200
_INT32 = 2**31


class MarkupStatus(StrEnum):
    """Published, or deleted: then it is as if it were not there, but for its history."""

    published = "published"
    deleted = "deleted"


class MarkupPage(Recorded, Base):
    """The fact checks at one address."""

    __tablename__ = "markup_page"
    __table_args__ = (
        Index("ix_markup_page_site", "site", "id"),
        # A page that was deleted frees its address for another.
        Index(
            "uq_markup_page_canonical_url",
            "canonical_url",
            unique=True,
            sqlite_where=sql("status = 'published'"),
            postgresql_where=sql("status = 'published'"),
        ),
    )
    record_type: ClassVar[str] = "markup_page"

    page_url: Mapped[str] = mapped_column(String(2000))
    canonical_url: Mapped[str] = mapped_column(String(2000))
    site: Mapped[str] = mapped_column(String(255))
    publish_date: Mapped[str | None] = mapped_column(String(40))
    author: Mapped[dict[str, Any]] = mapped_column(Document)
    status: Mapped[MarkupStatus] = mapped_column(choice(MarkupStatus), default=MarkupStatus.published)

    markups: Mapped[list["Markup"]] = relationship(
        back_populates="page", order_by="Markup.position", cascade="all, delete-orphan"
    )

    def state(self) -> State:
        return {
            "pageUrl": self.page_url,
            "publishDate": self.publish_date,
            "claimReviewAuthor": self.author,
            "markups": [{"id": str(markup.id), **markup.content} for markup in self.markups],
            "status": self.status.value,
        }

    @classmethod
    def record(cls, session: Session, actor: Actor, data: dict[str, Any]) -> Self:
        """Store a page (a loaded `MarkupPageSchema`); raise 409 where its address has one."""
        page = cls()
        page._fill(session, data)
        history.created(session, actor, page)
        return page

    def replace(self, session: Session, actor: Actor, data: dict[str, Any]) -> None:
        """Put other fact checks in the place of all that stand; raise 409 where they changed meanwhile."""
        given = data.get("versionId")
        if given and given != self.version_id:
            detail = "This page has changed since you read it; get it again and repeat the update."
            raise Problem(409, "conflict", detail)
        with history.changing(session, actor, self, "replaced"):
            self._fill(session, data)

    def delete(self, session: Session, actor: Actor) -> None:
        """Take the page out of every answer; its history stays."""
        with history.changing(session, actor, self, "deleted"):
            self.status = MarkupStatus.deleted

    def _fill(self, session: Session, data: dict[str, Any]) -> None:
        standing = at(session, data["pageUrl"])
        if standing and standing is not self:
            detail = f"The markup of this address is stored already as {standing.name}; update that page."
            raise Problem(409, "duplicate", detail)
        self.page_url = data["pageUrl"]
        self.canonical_url = canonical(self.page_url)
        self.site = site(self.page_url)
        self.publish_date = data.get("publishDate")
        self.author = data.get("claimReviewAuthor", {})
        given = data["claimReviewMarkups"]
        # What is the same stays the same row, so that an update without a change leaves no trace.
        if [markup.content for markup in self.markups] != given:
            self.markups = [Markup.of(content, i) for i, content in enumerate(given)]
        for markup in self.markups:
            markup.newest = max(day_of(self.publish_date), day_of(markup.content.get("claimDate")))

    @classmethod
    def find(cls, session: Session, key: str) -> Self | None:
        """Return the page with this id, with or without hyphens, a deleted one too."""
        id_ = UUID(key) if re.fullmatch("[0-9a-f]{32}", key) else as_id(key)
        return session.get(cls, id_) if id_ else None

    @property
    def name(self) -> str:
        """The name of the resource, as Google's API forms it."""
        return f"pages/{self.id.hex}"

    @property
    def version_id(self) -> str:
        return str(self.revision)


class Markup(Base):
    """One fact check: a claim, who made it, and the verdict. `content` is a ClaimReviewMarkup as given."""

    __tablename__ = "markup"
    __table_args__ = (Index(None, "page_id", "position"),)

    id: Mapped[Id]
    page_id: Mapped[UUID] = mapped_column(ForeignKey("markup_page.id"))
    position: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(Document)
    # Guessed from the words: Google's shape has no field for it. None where there is nothing to go by.
    language: Mapped[str | None] = mapped_column(String(35))
    # The later of the days of claim and review, or "" where neither is known.
    newest: Mapped[str] = mapped_column(String(10))

    page: Mapped[MarkupPage] = relationship(back_populates="markups")

    @classmethod
    def of(cls, content: State, position: int) -> Self:
        """Make a fact check from a loaded `MarkupSchema`."""
        language = language_of(f"{content['claimReviewed']} {content['rating'].get('ratingExplanation', '')}")
        known = None if language == UNDETERMINED else language
        return cls(id=uuid7(), position=position, content=content, language=known)

    @property
    def words(self) -> str:
        """What a search finds it by: the claim and who made it."""
        return f"{self.content['claimReviewed']}\n{self.content.get('claimAuthor', {}).get('name', '')}"


def at(session: Session, url: str) -> MarkupPage | None:
    """Return the page whose markup stands for this address."""
    return session.scalar(
        select(MarkupPage).where(
            MarkupPage.canonical_url == canonical(url), MarkupPage.status == MarkupStatus.published
        )
    )


def moment_of(date: str) -> datetime | None:
    """Return the moment that a date means, with the day's beginning for a day; None for less than a day."""
    if precision(date) in ("month", "year"):
        return None
    moment = datetime.fromisoformat(date)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def day_of(date: str | None) -> str:
    """Return the day of a date as 2022-04-20, or "" where it is not known."""
    moment = moment_of(date) if date else None
    return moment.date().isoformat() if moment else ""


class DateText(fields.String):
    """A day, month or year in ISO 8601, or a moment in RFC 3339; kept as given."""

    _MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            if precision(text) or (self._MOMENT.fullmatch(text) and moment_of(text)):
                return text
        except (ValueError, OverflowError):
            pass
        raise ValidationError("This must be a date such as 2022-04-20, or a moment in RFC 3339.")


class Int32(fields.Field[int]):
    """A whole number as JSON or, as protocol buffers allow, in quotes."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        text = "" if isinstance(value, bool) else str(value)
        if not re.fullmatch(r"-?[0-9]{1,10}(\.0)?", text) or not -_INT32 <= int(float(text)) < _INT32:
            raise ValidationError("This must be a whole number of 32 bits.")
        return int(float(text))


class ProtoSchema(StrictSchema):
    """A message of protocol buffers in JSON: null and "" mean that a field is not set."""

    @pre_load
    def drop_unset(self, data: Any, **_: Any) -> Any:
        """Drop what is not set."""
        if not isinstance(data, dict):
            return data
        return {name: value for name, value in data.items() if value not in (None, "")}


class ReviewAuthorSchema(ProtoSchema):
    """Who publishes the fact checks of a page."""

    name = TextField(limit=300)
    imageUrl = UrlField()  # noqa: N815  Google's names.


class ClaimAuthorSchema(ProtoSchema):
    """Who made a claim."""

    name = TextField(limit=300)
    imageUrl = UrlField()  # noqa: N815
    jobTitle = TextField(limit=300)  # noqa: N815
    sameAs = UrlField()  # noqa: N815


class ClaimRatingSchema(ProtoSchema):
    """The verdict, in words or on a scale."""

    ratingValue = Int32()  # noqa: N815
    worstRating = Int32()  # noqa: N815
    bestRating = Int32()  # noqa: N815
    textualRating = TextField(limit=300)  # noqa: N815
    ratingExplanation = TextField()  # noqa: N815
    imageUrl = UrlField()  # noqa: N815

    @validates_schema
    def sound(self, data: dict[str, Any], **_: Any) -> None:
        """Require a verdict, and hold its value between worst and best where all are given."""
        if not data.keys() & {"textualRating", "ratingValue"}:
            raise ValidationError("A verdict needs words, or a value on a scale.", "textualRating")
        scale: list[Any] = [data.get(name) for name in ("worstRating", "ratingValue", "bestRating")]
        if None not in scale and scale != sorted(scale):
            raise ValidationError("The value must lie between worst and best.", "ratingValue")


class MarkupSchema(ProtoSchema):
    """ClaimReviewMarkup."""

    url = UrlField()
    claimReviewed = TextField(limit=2000, required=True)  # noqa: N815
    claimDate = DateText()  # noqa: N815
    claimLocation = TextField(limit=1000)  # noqa: N815
    claimFirstAppearance = UrlField()  # noqa: N815
    claimAppearances = fields.List(UrlField(), validate=validate.Length(max=200))  # noqa: N815
    claimAuthor = fields.Nested(ClaimAuthorSchema)  # noqa: N815
    rating = fields.Nested(ClaimRatingSchema, required=True)


class MarkupPageSchema(ProtoSchema):
    """ClaimReviewMarkupPage. The name and the version are the service's; an update may send them back."""

    name = fields.String(validate=validate.Length(max=200))
    versionId = fields.String(validate=validate.Length(max=200))  # noqa: N815
    pageUrl = UrlField(required=True)  # noqa: N815
    publishDate = DateText()  # noqa: N815
    claimReviewAuthor = fields.Nested(ReviewAuthorSchema)  # noqa: N815
    claimReviewMarkups = fields.List(  # noqa: N815
        fields.Nested(MarkupSchema), required=True, validate=validate.Length(1, MAX_MARKUPS)
    )

    @validates_schema
    def on_the_page(self, data: dict[str, Any], **_: Any) -> None:
        """Allow a fact check no other address than that of the page, with an anchor if need be."""
        for i, markup in enumerate(data["claimReviewMarkups"]):
            if urldefrag(markup.get("url", data["pageUrl"])).url != urldefrag(data["pageUrl"]).url:
                detail = "This may only be the pageUrl, with an anchor where the fact check has one."
                raise ValidationError({"claimReviewMarkups": {str(i): {"url": [detail]}}})


def represent(page: MarkupPage) -> State:
    """Return the page as a ClaimReviewMarkupPage."""
    return {
        "name": page.name,
        "pageUrl": page.page_url,
        **({"publishDate": page.publish_date} if page.publish_date else {}),
        **({"claimReviewAuthor": page.author} if page.author else {}),
        "claimReviewMarkups": [markup.content for markup in page.markups],
        "versionId": page.version_id,
    }
