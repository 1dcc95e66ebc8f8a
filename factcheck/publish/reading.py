"""What stands here for a reader without a key: the reads that pages, embeds and documents share.

Whoever asks, what is published shows the same to all. So nothing here can leak a draft, and a cache in
front may keep one copy for everybody.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from factcheck import contradictions, explanations, history, listing, reviews, views
from factcheck.auth import ANYONE
from factcheck.claims import Claim, ClaimAbout, ClaimStatus
from factcheck.contradictions import Contradiction, FlagStatus
from factcheck.db import unindexed
from factcheck.entities import Entity
from factcheck.fields import as_id
from factcheck.graph import Stance
from factcheck.history import Revision, State
from factcheck.links import Link, LinkStatus, StatementStatus
from factcheck.prepared import Prepared, Reads
from factcheck.problems import Problem, gone, not_found
from factcheck.reviews import Review, ReviewStatus
from factcheck.statements import Statement

# Reasons that the page of a statement gives; each shows two statements.
MAX_REASONS = 40
# Where a claim appeared: more than this tells nobody anything.
MAX_APPEARANCES = 10


def standing(source: Session | Reads, key: str) -> State:
    """Return the summary of a published claim, by id or slug, after any merges; raise 404 or 410."""
    summary = views.claim_summary(source, as_id(key) or key, ANYONE)
    if summary and summary["published_at"] is None:
        raise not_found("claim")
    while summary and summary["status"] == ClaimStatus.merged:
        summary = views.claim_summary(source, summary["merged_into"], ANYONE)
    if summary is None:
        raise not_found("claim")
    if summary["status"] == ClaimStatus.withdrawn:
        last = history.read(source, ["claim"], [summary["id"]], public_from="published")[-1]
        raise gone("claim", f"was withdrawn. The reason given: {last['reason']}")
    return summary


def statement(session: Session, id_: UUID) -> State:
    """Return a statement that is or was published; raise 404."""
    query = listing.statements().where(Statement.id == id_, listing.PUBLISHED)
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
        .where(unindexed(Claim.status) == ClaimStatus.published)
        .order_by(Link.id)
    )
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(row.statement_id, []).append(row)
    return found


def contradicting(session: Session, statement_id: UUID) -> tuple[list[State], bool]:
    """Return the pairs that a statement is one side of, strongest first, and whether some were cut off."""
    here = or_(Contradiction.statement_id == statement_id, Contradiction.opposing_id == statement_id)
    flags = _flags(session, here, limit=MAX_REASONS)
    return pairs(session, flags), len(flags) == MAX_REASONS


def contradicting_themselves(session: Session, speaker_id: UUID, limit: int) -> list[State]:
    """Return the pairs in which a speaker contradicts him- or herself, strongest first."""
    said = select(Statement.id).where(Statement.speaker_id == speaker_id)
    own = (Contradiction.same_speaker, Contradiction.statement_id.in_(said))
    return pairs(session, _flags(session, *own, limit=limit))


def _flags(session: Session, *where: Any, limit: int) -> list[Any]:
    query = select(Contradiction.__table__).where(*where, *contradictions.visible(ANYONE))
    return list(session.execute(query.order_by(*contradictions.strongest_first()).limit(limit)))


def contradiction(session: Session, id_: UUID) -> State:
    """Return a contradiction as a pair with one reason; raise 404, or 410 for one that stands no longer.

    Where it is resolved because a statement was retracted, the pair stands, without its reason and
    with the `resolution`: who saw the contradiction shall see the retraction.
    """
    query = select(Contradiction.__table__).where(Contradiction.id == id_, Contradiction.public)
    flag = session.execute(query).one_or_none()
    if flag is None:
        if _once_confirmed(session, id_):
            raise Problem(410, "gone", "The desk no longer holds these statements to contradict each other.")
        raise not_found("contradiction")
    [pair] = pairs(session, [flag])
    pair["resolution"] = None
    if flag.status is FlagStatus.resolved:
        if not any(said["retraction"] for said, _ in pair["sides"]):
            raise gone("contradiction", f"is resolved: {flag.resolution}")
        pair |= {"reasons": [], "resolution": flag.resolution}
    return pair


def _once_confirmed(session: Session, id_: UUID) -> bool:
    """Tell whether readers may have seen it confirmed: both statements are, or were, published."""
    ends = (Contradiction.statement_id, Contradiction.opposing_id)
    public = select(Statement.id).where(listing.PUBLISHED)
    states = session.scalars(
        select(Revision.state)
        .join(Contradiction, Contradiction.id == Revision.record_id)
        .where(Revision.record_type == "contradiction", Revision.record_id == id_)
        .where(*(end.in_(public) for end in ends))
    )
    return any(state["status"] == FlagStatus.confirmed for state in states)


def pairs(session: Session, flags: Iterable[Any]) -> list[State]:
    """Return rows of contradictions as complete pairs of statements, each with all its reasons."""
    return complete(session, paired(explanations.represent(session, flags, ANYONE)))


def paired(flags: Iterable[State]) -> list[State]:
    """Gather contradictions into pairs of statements, each with all its reasons, as a view does."""
    found: dict[tuple[UUID, ...], State] = {}
    for flag in flags:
        ids = tuple(statement["id"] for statement in flag["statements"])
        found.setdefault(ids, {**flag, "reasons": []})["reasons"].append(flag)
    return list(found.values())


def complete(source: Session | Reads, pairs: list[State], known: Iterable[State] = ()) -> list[State]:
    """Give each pair its statements in full, with the spans that contradict, in one query.

    `known` are statements that were read in full already.
    """
    full = {said["id"]: said for said in known}
    unread = {statement["id"] for pair in pairs for statement in pair["statements"]} - full.keys()
    if unread:
        full |= {said["id"]: said for said in Reads.of(source).all(_STATEMENTS, ids=list(unread))}
    for pair in pairs:
        spans: dict[UUID, list[tuple[int, int]]] = {s["id"]: [] for s in pair["statements"]}
        for evidence in (evidence for reason in pair["reasons"] for evidence in reason["evidence"]):
            if evidence["marked"]:  # Else nobody said which words, and marking all says nothing.
                spans[evidence["statement"]].append((evidence["span"]["start"], evidence["span"]["end"]))
        pair["sides"] = [(full[id_], found) for id_, found in spans.items()]
    return pairs


_STATEMENTS = Prepared(listing.statements().where(Statement.id.in_(bindparam("ids"))), listing.STATEMENT)


def entity(session: Session, key: str) -> Any:
    """Return the row of a public entity, by id or slug, after any merges; raise 404."""
    into = aliased(Entity)
    query = select(Entity.__table__, into.slug.label("merged_into")).outerjoin(
        into, into.id == Entity.merged_into_id
    )
    row = None
    while row is None or row.merged_into:
        id_ = as_id(key)
        named = Entity.id == id_ if id_ else Entity.slug == key
        row = session.execute(query.where(named, Entity.public)).one_or_none()
        if row is None:
            raise not_found("person or organisation")
        key = row.merged_into
    return row


def claims_about(session: Session, entity_id: UUID, limit: int) -> list[Any]:
    """Return the newest published claims about an entity: rows of id, slug, text, version_at."""
    rows = session.execute(
        select(Claim.id, Claim.slug, Claim.text, Claim.version_at)
        .join(ClaimAbout, ClaimAbout.claim_id == Claim.id)
        .where(ClaimAbout.entity_id == entity_id, unindexed(Claim.status) == ClaimStatus.published)
        .order_by(ClaimAbout.claim_id.desc())
        .limit(limit)
    )
    return list(rows)


def statement_counts(session: Session, entity_id: UUID) -> tuple[int, int]:
    """Return how many published statements an entity made, and how many were made on its behalf."""
    numbers = [
        select(func.count())
        .where(column == entity_id, Statement.status == StatementStatus.published)
        .scalar_subquery()
        for column in (Statement.speaker_id, Statement.on_behalf_of_id)
    ]
    made, for_it = session.execute(select(*numbers)).one()
    return made, for_it


def review(session: Session, id_: UUID) -> State:
    """Return a published review with its claim; raise 404, or 410 where it or its claim was withdrawn."""
    row = session.execute(
        reviewed(Claim.status.label("claim_status"), Claim.published_at).where(Review.id == id_)
    ).one_or_none()
    if row is None or row.published_at is None:
        raise not_found("review")
    if row.status is ReviewStatus.withdrawn:
        raise gone("review", "was withdrawn.")
    if row.claim_status is not ClaimStatus.published:
        raise gone("review", "is of a claim that was withdrawn.")
    return with_claim(row)


def reviewed(*extra: Any) -> Select[Any]:
    """Select reviews with their claims, for `with_claim`."""
    claim = (Claim.slug, Claim.text.label("claim_text"), Claim.topics, Claim.version, Claim.version_at)
    return select(Review.__table__, *claim, *extra).join(Claim, Claim.id == Review.claim_id)


def with_claim(row: Any) -> State:
    """Return a row of `reviewed()` as a review with its claim."""
    claim = {
        "id": row.claim_id,
        "slug": row.slug,
        "text": row.claim_text,
        "topics": row.topics,
        "version": row.version,
        "version_at": row.version_at,
    }
    return {**reviews.represent(row), "claim": claim}


def supporters(session: Session, claim_id: UUID) -> list[State]:
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


def corrections(source: Session | Reads, shown: Iterable[State]) -> dict[UUID, list[State]]:
    """Return what was corrected since publication in claims and statements as shown, newest first, by id.

    Each item is one of `history.read`. Retractions are no corrections; a statement carries its own.
    """
    changed = [record["id"] for record in shown if record["revision"] > 1]
    found: dict[UUID, list[State]] = {}
    if not changed:
        return found
    published: set[UUID] = set()
    for item in history.read(source, ["claim", "statement"], changed, public_from="published"):
        id_ = item["record_id"]
        # Filing a claim under other topics corrects nothing that it says.
        if id_ in published and item["action"] == "edited" and item["changes"].keys() - {"topics"}:
            found.setdefault(id_, []).insert(0, item)
        published.add(id_)  # The first item is the publication itself.
    return found
