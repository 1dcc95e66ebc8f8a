"""Merging two records that stand for the same thing: what hung on one hangs on the other."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from factcheck import history, relations
from factcheck.auth import Actor
from factcheck.claims import Claim, ClaimAbout, ClaimStatus
from factcheck.entities import Entity
from factcheck.links import Link
from factcheck.problems import invalid
from factcheck.reviews import Review
from factcheck.statements import Statement


def merge_entity(session: Session, actor: Actor, entity: Entity, into: Entity, reason: str) -> None:
    """Make `entity` answer 410 in favour of `into`, which takes its names, statements and claims.

    Raise 409 where both said the same words in the same source: retract one of the two first.
    """
    if entity is into:
        raise invalid("/into", "An entity cannot be merged into itself.")
    said = select(Statement).where(
        (Statement.speaker_id == entity.id) | (Statement.on_behalf_of_id == entity.id)
    )
    for statement in session.scalars(said.order_by(Statement.id)).all():
        statement.repoint(session, actor, entity, into, reason)
    about = select(Claim).where(
        Claim.id.in_(select(ClaimAbout.claim_id).where(ClaimAbout.entity_id == entity.id))
    )
    for claim in session.scalars(about.order_by(Claim.id)).all():
        with history.changing(session, actor, claim, "moved", reason):
            claim.set_about(session, [into if e is entity else e for e in claim.about])
    with history.changing(session, actor, into, "absorbed", reason):
        names = [*into.alternate_names, entity.name, *entity.alternate_names]
        into.alternate_names = [name for name in dict.fromkeys(names) if name != into.name]
        into.same_as = list(dict.fromkeys([*into.same_as, *entity.same_as]))
        into.public = into.public or entity.public
        into.rekey()
    with history.changing(session, actor, entity, "merged", reason):
        entity.merged_into_id = into.id


def merge_claim(session: Session, actor: Actor, claim: Claim, into: Claim, reason: str) -> None:
    """Make `claim` answer 410 in favour of `into`, which takes its links, relations and reviews.

    A statement linked to both keeps its link to `into`.
    """
    if claim is into:
        raise invalid("/into", "A claim cannot be merged into itself.")
    if claim.status is ClaimStatus.published and into.status is not ClaimStatus.published:
        raise invalid("/into", f"'{into.slug}' is a draft; publish it first: readers will be sent there.")
    linked = set(session.scalars(select(Link.statement_id).where(Link.claim_id == into.id)))
    for link in session.scalars(select(Link).where(Link.claim_id == claim.id).order_by(Link.id)).all():
        if link.statement_id not in linked:
            with history.changing(session, actor, link, "moved", reason):
                link.claim = into
    for review in session.scalars(select(Review).where(Review.claim_id == claim.id)).all():
        with history.changing(session, actor, review, "moved", reason):
            review.claim = into
    relations.move(session, actor, claim, into, reason)
    with history.changing(session, actor, claim, "merged", reason):
        claim.status = ClaimStatus.merged
        claim.merged_into_id = into.id
