"""Relations that editors draw between claims."""

from enum import StrEnum
from typing import Any, ClassVar, Self
from uuid import UUID

from marshmallow import fields
from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from factcheck import history
from factcheck.auth import Actor
from factcheck.claims import Claim, ClaimSchema, resolve
from factcheck.db import Base, choice
from factcheck.fields import Reference, StrictSchema, TextField
from factcheck.history import Recorded, State
from factcheck.problems import Problem, invalid


class RelationType(StrEnum):
    """How the first claim of a relation bears on the second."""

    contradicts = "contradicts"
    equivalent = "equivalent"
    implies = "implies"


class Relation(Recorded, Base):
    """A relation from one claim to another, drawn by an editor.

    `contradicts` and `equivalent` hold both ways and are stored once, the smaller id first.
    """

    __tablename__ = "relation"
    __table_args__ = (
        UniqueConstraint("from_claim_id", "to_claim_id"),
        CheckConstraint("from_claim_id <> to_claim_id", name="two_claims"),
    )
    record_type: ClassVar[str] = "relation"

    from_claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id"))
    to_claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id"), index=True)
    type: Mapped[RelationType] = mapped_column(choice(RelationType))
    rationale: Mapped[str | None] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(String(200))

    from_claim: Mapped[Claim] = relationship(foreign_keys=[from_claim_id])
    to_claim: Mapped[Claim] = relationship(foreign_keys=[to_claim_id])

    def state(self) -> State:
        return {
            "from": str(self.from_claim_id),
            "to": str(self.to_claim_id),
            "type": self.type.value,
            "rationale": self.rationale,
        }

    @classmethod
    def draw(cls, session: Session, actor: Actor, claim: Claim, data: dict[str, Any]) -> Self:
        """Draw a relation from `claim` to another; raise 409 where one stands between the two.

        Two claims that imply each other are `equivalent`: that is the one relation to draw.
        """
        other = resolve(session, actor, data["to"], "/to")
        if other is claim:
            raise invalid("/to", "A claim cannot be related to itself.")
        standing = between(session, claim.id, other.id)
        if standing:
            raise Problem(
                409,
                "duplicate",
                f"These claims are related already ({standing.type.value}); remove that relation first.",
                relation={"id": str(standing.id), "type": standing.type.value},
            )
        ends = [claim, other]
        if data["type"] != RelationType.implies:
            ends.sort(key=lambda end: end.id)
        relation = cls(
            from_claim=ends[0],
            to_claim=ends[1],
            type=data["type"],
            rationale=data.get("rationale"),
            created_by=actor.name,
        )
        history.created(session, actor, relation)
        return relation

    def remove(self, session: Session, actor: Actor, reason: str) -> None:
        """Delete the relation; its history stays."""
        history.removed(session, actor, self, reason)
        session.delete(self)


def between(session: Session, one: UUID, other: UUID) -> Relation | None:
    """Return the relation between two claims, in either direction."""
    return session.scalar(
        select(Relation).where(
            Relation.from_claim_id.in_((one, other)), Relation.to_claim_id.in_((one, other))
        )
    )


def of_claim(session: Session, claim_id: UUID) -> list[Relation]:
    """Return every relation that touches a claim, oldest first."""
    return list(
        session.scalars(
            select(Relation)
            .options(joinedload(Relation.from_claim), joinedload(Relation.to_claim))
            .where(or_(Relation.from_claim_id == claim_id, Relation.to_claim_id == claim_id))
            .order_by(Relation.id)
        )
    )


def move(session: Session, actor: Actor, claim: Claim, into: Claim, reason: str) -> None:
    """Move the relations of a claim to another; one that `into` already has with the same claim stands."""
    for relation in of_claim(session, claim.id):
        ends = [into.id if end == claim.id else end for end in (relation.from_claim_id, relation.to_claim_id)]
        if ends[0] == ends[1] or between(session, *ends):
            relation.remove(session, actor, reason)
            session.flush()
            continue
        if relation.type != RelationType.implies:
            ends.sort()
        with history.changing(session, actor, relation, "moved", reason):
            relation.from_claim_id, relation.to_claim_id = ends


class RelationSchema(StrictSchema):
    """A relation between two claims, as sent and as answered."""

    id = fields.UUID(dump_only=True)
    to = Reference(ClaimSchema, required=True, load_only=True)
    type = fields.Enum(RelationType, by_value=True, required=True)
    rationale = TextField(limit=5000, allow_none=True)
    created_by = fields.String(dump_only=True)
    created_at = fields.DateTime(dump_only=True)


def represent(relation: Relation, actor: Actor) -> State:
    """Return the relation as the API shows it; who drew it is for editors."""
    return {
        "id": relation.id,
        "from": {
            "id": relation.from_claim.id,
            "slug": relation.from_claim.slug,
            "text": relation.from_claim.text,
        },
        "type": relation.type.value,
        "to": {"id": relation.to_claim.id, "slug": relation.to_claim.slug, "text": relation.to_claim.text},
        "rationale": relation.rationale,
        "created_by": relation.created_by if actor.is_editor else None,
        "created_at": relation.created_at,
    }
