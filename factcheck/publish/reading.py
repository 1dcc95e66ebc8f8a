"""What stands here for a reader without a key: the reads that pages, embeds and documents share.

Whoever asks, what is published shows the same to all. So nothing here can leak a draft, and a cache in
front may keep one copy for everybody.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from factcheck import listing, views
from factcheck.auth import ANYONE
from factcheck.claims import Claim, ClaimStatus
from factcheck.entities import Entity
from factcheck.history import State
from factcheck.links import Link, LinkStatus
from factcheck.problems import gone, not_found
from factcheck.statements import Statement


def standing(session: Session, key: str | UUID) -> State:
    """Return the summary of a published claim, after any merges; raise 404 or 410 where none is left."""
    summary = views.claim_summary(session, key)
    if summary and summary["published_at"] is None:
        raise not_found("claim")
    while summary and summary["status"] == ClaimStatus.merged:
        summary = views.claim_summary(session, summary["merged_into"])
    if summary is None:
        raise not_found("claim")
    if summary["status"] == ClaimStatus.withdrawn:
        raise gone("claim", "was withdrawn.")
    return summary


def statement(session: Session, id_: UUID) -> State:
    """Return a statement that is or was published; raise 404."""
    query = listing.statements().where(Statement.id == id_, *listing.readable(ANYONE))
    row = session.execute(query).one_or_none()
    if row is None:
        raise not_found("statement")
    return listing.represent(row)


def bearing(session: Session, statement_ids: Iterable[UUID]) -> dict[UUID, list[Any]]:
    """Return what statements bear on: rows of stance, span, rationale, slug and text of the claim."""
    rows = session.execute(
        select(Link.statement_id, Link.stance, Link.span, Link.rationale, Claim.slug, Claim.text)
        .join(Claim, Claim.id == Link.claim_id)
        .where(Link.statement_id.in_(list(statement_ids)), Link.status == LinkStatus.confirmed)
        .where(Claim.status == ClaimStatus.published)
        .order_by(Link.id)
    )
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(row.statement_id, []).append(row)
    return found


def paired(flags: Iterable[State]) -> list[State]:
    """Gather contradictions into pairs of statements, each with all its reasons, as a view does."""
    pairs: dict[tuple[UUID, ...], State] = {}
    for flag in flags:
        ids = tuple(statement["id"] for statement in flag["statements"])
        pairs.setdefault(ids, {**flag, "reasons": []})["reasons"].append(flag)
    return list(pairs.values())


def complete(session: Session, pairs: list[State]) -> list[State]:
    """Give each pair its statements in full, with the spans that contradict, in one query."""
    ids = {statement["id"] for pair in pairs for statement in pair["statements"]}
    query = listing.statements().where(Statement.id.in_(ids))
    full = {row.id: listing.represent(row) for row in session.execute(query)}
    for pair in pairs:
        spans: dict[UUID, list[tuple[int, int]]] = {s["id"]: [] for s in pair["statements"]}
        for evidence in (evidence for reason in pair["reasons"] for evidence in reason["evidence"]):
            if evidence["marked"]:  # Else nobody said which words, and marking all says nothing.
                spans[evidence["statement"]].append((evidence["span"]["start"], evidence["span"]["end"]))
        pair["sides"] = [(full[id_], found) for id_, found in spans.items()]
    return pairs


def entity(session: Session, key: str | UUID) -> Any:
    """Return the row of a public entity, after any merges; raise 404."""
    into = aliased(Entity)
    query = select(Entity.__table__, into.slug.label("merged_into")).outerjoin(
        into, into.id == Entity.merged_into_id
    )
    row = None
    while row is None or row.merged_into:
        column = Entity.id if isinstance(key, UUID) else Entity.slug
        row = session.execute(query.where(column == key, Entity.public)).one_or_none()
        if row is None:
            raise not_found("person or organisation")
        key = row.merged_into
    return row
