"""Topics: plain words that claims are filed under, kept as given and found in any case and accents."""

from typing import Any
from uuid import UUID

from marshmallow import ValidationError, fields, validate
from sqlalchemy import ForeignKey, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column

from factcheck.db import Base
from factcheck.fields import TextField
from factcheck.text import digest


class ClaimTopic(Base):
    """The folded form of a topic, by which the claims that have it are found."""

    __tablename__ = "claim_topic"

    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)


def keyed(topics: list[str], standing: list[ClaimTopic]) -> list[ClaimTopic]:
    """Return the rows of these topics, those that stand already among them."""
    wanted = {digest(topic) for topic in topics}
    kept = [row for row in standing if row.key in wanted]
    return kept + [ClaimTopic(key=key) for key in sorted(wanted - {row.key for row in kept})]


def with_topic(topic: str) -> Select[UUID]:
    """Select the ids of the claims that have a topic, in whatever case, accents and spacing."""
    return select(ClaimTopic.claim_id).where(ClaimTopic.key == digest(topic))


class TopicsField(fields.List[str]):
    """Short plain words for what a claim is about, such as "harbour" (schema.org keywords)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(TextField(limit=100), validate=validate.Length(max=20), **kwargs)

    def _deserialize(self, *args: Any, **kwargs: Any) -> list[str | None]:
        topics = super()._deserialize(*args, **kwargs)
        seen: set[str] = set()
        for i, topic in enumerate(topics):
            words = str(topic)
            if len(words.splitlines()) > 1 or words != words.strip():
                raise ValidationError({i: ["A topic is one line without spaces around it."]})
            if digest(words) in seen:
                raise ValidationError({i: [f"The topic '{words}' stands here twice; remove one."]})
            seen.add(digest(words))
        return topics
