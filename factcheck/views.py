"""The claim / counter-claim view: both sides of a claim in one answer.

The number of queries is fixed, however many statements there are, and none loads an ORM object.
Readers see published statements, confirmed links and contradictions that an editor would stand
behind; editors see drafts and suggestions too, each marked by its status.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, String, Uuid, bindparam, func, or_, select, tuple_, union_all
from sqlalchemy.orm import Session, aliased

from factcheck import contradictions, explanations, listing, reviews
from factcheck.auth import Actor
from factcheck.claims import Claim, ClaimAbout
from factcheck.contradictions import Contradiction, FlagStatus
from factcheck.entities import Entity
from factcheck.graph import ClaimGraph, Opposition, Stance
from factcheck.history import State
from factcheck.links import Link, LinkStatus, StatementStatus
from factcheck.reviews import Review, ReviewStatus
from factcheck.statements import Statement

# What one view shows; the lists under /v1 have the rest.
MAX_COUNTER_CLAIMS = 20
COUNTER_STATEMENTS = 5
MAX_PAIRS = 20
MAX_RETRACTED = 20
MAX_REVIEWS = 20

# What a view shows of the link that puts a statement on a side; `_linked` reads it.
_LINK = (
    Link.stance,
    Link.status.label("link_status"),
    Link.basis,
    Link.confidence,
    Link.span,
    Link.rationale,
)
Position = tuple[str, UUID]
"""Where a page of a side ended: the day of its last statement (or "") and that statement's id."""


def claim_view(
    session: Session,
    claim: State,
    actor: Actor,
    *,
    limit: int = 50,
    after: dict[Stance, Position] | None = None,
) -> tuple[State, dict[Stance, Position]]:
    """Return the view of a claim (a `claim_summary`) and where the next page of each side begins."""
    claim_id = claim["id"]
    after = after or {}
    counters = _counter_claims(session, claim_id, actor)
    counts = side_counts(session, [claim_id, *(c.claim_id for c in counters)], actor)
    sides: dict[Stance, State] = {}
    ends: dict[Stance, Position] = {}
    for stance in Stance:
        said_on, last = after.get(stance, (None, None))
        values = {"claim": claim_id, "stance": stance, "limit": limit + 1, "said_on": said_on, "after": last}
        rows = session.execute(_side_query(actor.is_editor, last is not None), values).all()
        if len(rows) > limit:
            ends[stance] = (rows[limit - 1].said_on, rows[limit - 1].id)
        sides[stance] = {
            "count": counts.get((claim_id, stance), 0),
            "statements": [_linked(row) for row in rows[:limit]],
        }
    view = {
        "claim": claim,
        "supports": sides[Stance.supports],
        "disputes": sides[Stance.disputes],
        "counter_claims": _represent_counters(session, counters, counts, actor),
        "contradictions": _contradictions(session, claim_id, actor),
        "retracted": _retracted(session, claim_id),
        "reviews": _reviews(session, claim_id),
        "version": claim["version"],
        "as_of": claim["version_at"],
        "updated_at": claim["updated_at"],
    }
    view["claim"] = {k: v for k, v in claim.items() if k not in ("version", "version_at")}
    return view, ends


# Building a statement costs SQLAlchemy many times what SQLite takes to run it, so the statements that
# every view needs are built once, with parameters for what differs.
@cache
def _summary_query(by_id: bool) -> Select[*tuple[Any, ...]]:
    into = aliased(Claim)
    return (
        select(
            Claim.id,
            Claim.slug,
            Claim.text,
            Claim.kind,
            Claim.topics,
            Claim.status,
            Claim.revision,
            Claim.version,
            Claim.version_at,
            Claim.created_at,
            Claim.updated_at,
            Claim.created_by,
            Claim.published_at,
            into.slug.label("merged_into"),
            Entity.id.label("entity_id"),
            Entity.slug.label("entity_slug"),
            Entity.type.label("entity_type"),
            Entity.name.label("entity_name"),
        )
        .outerjoin(into, into.id == Claim.merged_into_id)
        .outerjoin(ClaimAbout, ClaimAbout.claim_id == Claim.id)
        .outerjoin(Entity, Entity.id == ClaimAbout.entity_id)
        .where((Claim.id if by_id else Claim.slug) == bindparam("key"))
        .order_by(ClaimAbout.position)
    )


def claim_summary(session: Session, key: str | UUID) -> State | None:
    """Return a claim's own fields with whom it is about, whatever its status, in one query."""
    rows = session.execute(_summary_query(isinstance(key, UUID)), {"key": key}).all()
    if not rows:
        return None
    first = rows[0]
    return {
        "id": first.id,
        "slug": first.slug,
        "text": first.text,
        "kind": first.kind.value,
        "about": [
            {
                "id": row.entity_id,
                "slug": row.entity_slug,
                "type": row.entity_type.value,
                "name": row.entity_name,
            }
            for row in rows
            if row.entity_id
        ],
        "topics": first.topics,
        "status": first.status.value,
        "revision": first.revision,
        "version": first.version,
        "version_at": first.version_at,
        "created_at": first.created_at,
        "updated_at": first.updated_at,
        "created_by": first.created_by,
        "published_at": first.published_at,
        "merged_into": first.merged_into,
    }


def _shown(editor: bool) -> tuple[Any, ...]:
    """Return the conditions on a link for editors or readers to see it in a view."""
    if editor:
        return (
            Link.status != LinkStatus.rejected,
            Link.statement_status.in_((StatementStatus.draft, StatementStatus.published)),
        )
    return (Link.status == LinkStatus.confirmed, Link.statement_status == StatementStatus.published)


def side_counts(session: Session, claim_ids: Iterable[UUID], actor: Actor) -> dict[tuple[UUID, Stance], int]:
    """Return how many statements the actor sees on each side of each claim."""
    rows = session.execute(
        select(Link.claim_id, Link.stance, func.count())
        .where(Link.claim_id.in_(list(claim_ids)), *_shown(actor.is_editor))
        .group_by(Link.claim_id, Link.stance)
    )
    return {(claim_id, stance): number for claim_id, stance, number in rows}


@cache
def _side_query(editor: bool, paged: bool) -> Select[*tuple[Any, ...]]:
    """Select one side of a claim, latest said first; the position of a page is its last row."""
    query = (
        listing.statements(*_LINK)
        .join(Link, Link.statement_id == Statement.id)
        .where(Link.claim_id == bindparam("claim"), Link.stance == bindparam("stance"), *_shown(editor))
        .order_by(Link.said_on.desc(), Link.statement_id.desc())
        .limit(bindparam("limit"))
    )
    if not paged:
        return query
    position = tuple_(bindparam("said_on", type_=String), bindparam("after", type_=Uuid))
    return query.where(tuple_(Link.said_on, Link.statement_id) < position)


def _linked(row: Any) -> State:
    """Return a statement with the link that puts it on its side."""
    return {
        **listing.represent(row),
        "link": {
            "stance": row.stance.value,
            "status": row.link_status.value,
            "basis": row.basis,
            "confidence": row.confidence,
            "span": row.span,
            "rationale": row.rationale,
        },
    }


def _counter_claims(session: Session, claim_id: UUID, actor: Actor) -> list[Opposition]:
    """Return the claims that cannot hold together with this one, drawn or derived, most direct first."""
    graph = ClaimGraph(session)
    opposed = graph.opposed(claim_id, Stance.supports, only_published=not actor.is_editor)
    counters = [o for o in opposed if o.stance is Stance.supports]
    return sorted(counters, key=lambda o: (-o.score, o.claim_id))[:MAX_COUNTER_CLAIMS]


def _represent_counters(
    session: Session, counters: list[Opposition], counts: dict[tuple[UUID, Stance], int], actor: Actor
) -> list[State]:
    claims = {
        row.id: row
        for row in session.execute(
            select(Claim.id, Claim.slug, Claim.text, Claim.kind, Claim.status).where(
                Claim.id.in_([o.claim_id for o in counters])
            )
        )
    }
    statements: dict[UUID, list[State]] = {o.claim_id: [] for o in counters}
    if counters:
        # A bounded read of one index for each counter-claim, joined into one query.
        newest = union_all(
            *(
                select(
                    select(Link.id)
                    .where(
                        Link.claim_id == o.claim_id, Link.stance == Stance.supports, *_shown(actor.is_editor)
                    )
                    .order_by(Link.said_on.desc(), Link.statement_id.desc())
                    .limit(COUNTER_STATEMENTS)
                    .subquery()
                )
                for o in counters
            )
        )
        query = (
            listing.statements(Link.claim_id, *_LINK)
            .join(Link, Link.statement_id == Statement.id)
            .where(Link.id.in_(newest))
            .order_by(Link.said_on.desc(), Link.statement_id.desc())
        )
        for row in session.execute(query):
            statements[row.claim_id].append(_linked(row))
    return [
        {
            "claim": {
                "id": o.claim_id,
                "slug": claims[o.claim_id].slug,
                "text": claims[o.claim_id].text,
                "kind": claims[o.claim_id].kind.value,
                "status": claims[o.claim_id].status.value,
            },
            "relation": next(
                step.relation
                for step in o.steps
                if step.relation in ("contradicts", "exoneration_vs_responsibility")
            ),
            "path": [{"start": s.start, "relation": s.relation, "end": s.end} for s in o.steps],
            "supports": {
                "count": counts.get((o.claim_id, Stance.supports), 0),
                "statements": statements[o.claim_id],
            },
        }
        for o in counters
    ]


def _contradictions(session: Session, claim_id: UUID, actor: Actor) -> State:
    """Return how many contradictions touch the claim, and its strongest pairs with all their reasons."""
    here = or_(Contradiction.claim_id == claim_id, Contradiction.opposing_claim_id == claim_id)
    visible = (
        *contradictions.visible(actor),
        Contradiction.status.in_((FlagStatus.open, FlagStatus.confirmed)),
    )
    by_status = select(Contradiction.status, func.count()).where(here, *visible)
    counts = dict(session.execute(by_status.group_by(Contradiction.status)).all())
    pairs = (
        select(Contradiction.statement_id, Contradiction.opposing_id)
        .where(here, *visible)
        .group_by(Contradiction.statement_id, Contradiction.opposing_id)
        .order_by(
            func.max(Contradiction.rank).desc(),
            Contradiction.statement_id.desc(),
            Contradiction.opposing_id.desc(),
        )
        .limit(MAX_PAIRS)
        .subquery()
    )
    flags = session.execute(
        select(Contradiction.__table__)
        .join(
            pairs,
            (pairs.c.statement_id == Contradiction.statement_id)
            & (pairs.c.opposing_id == Contradiction.opposing_id),
        )
        .where(*visible)
        .order_by(*contradictions.strongest_first())
    ).all()
    items: dict[tuple[UUID, UUID], State] = {}
    for flag, shown in zip(flags, explanations.represent(session, flags, actor), strict=True):
        pair = items.setdefault(
            (flag.statement_id, flag.opposing_id),
            {"statements": shown["statements"], "same_speaker": flag.same_speaker, "reasons": []},
        )
        pair["reasons"].append({k: v for k, v in shown.items() if k not in ("statements", "same_speaker")})
    return {
        "open": counts.get(FlagStatus.open, 0),
        "confirmed": counts.get(FlagStatus.confirmed, 0),
        "items": list(items.values()),
    }


@cache
def _retracted_query() -> Select[*tuple[Any, ...]]:
    return (
        listing.statements(*_LINK)
        .join(Link, Link.statement_id == Statement.id)
        .where(
            Link.claim_id == bindparam("claim"),
            Link.status == LinkStatus.confirmed,
            Link.statement_status == StatementStatus.retracted,
            Statement.published_at.is_not(None),
        )
        .order_by(Link.said_on.desc(), Link.statement_id.desc())
        .limit(MAX_RETRACTED)
    )


def _retracted(session: Session, claim_id: UUID) -> list[State]:
    """Return what was said to bear on the claim and was retracted, latest first: a retraction shows."""
    return [_linked(row) for row in session.execute(_retracted_query(), {"claim": claim_id})]


def _reviews(session: Session, claim_id: UUID) -> list[State]:
    found = session.execute(
        select(Review.__table__)
        .where(Review.claim_id == claim_id, Review.status == ReviewStatus.published)
        .order_by(Review.published_on.desc(), Review.id.desc())
        .limit(MAX_REVIEWS)
    )
    return [reviews.represent(row) for row in found]
