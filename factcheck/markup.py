"""Markup pages: fact checks that stand elsewhere, as Google's Fact Check Tools API describes them.

A page holds ClaimReview markup for one address: who reviewed which claims there, with what verdict.
An editor's key stores it; it shows where Google's API is answered, and changes no claim of ours. A page
is replaced as a whole; what was there before, and a page that was deleted, stay in the history.
"""

import re
from enum import StrEnum
from typing import Any, ClassVar, Self
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship
from uuid_utils.compat import uuid7

from factcheck import history
from factcheck.analysis.language import UNDETERMINED, language_of
from factcheck.auth import Actor
from factcheck.claimreview import day_of
from factcheck.db import Base, Document, Id, choice
from factcheck.fields import as_id
from factcheck.history import Recorded, State
from factcheck.problems import Problem
from factcheck.sources import canonical
from factcheck.text import site


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
