"""The claim / counter-claim view: both sides of a claim in one answer.

The number of queries is bounded, however many statements there are, and none loads an ORM object.
Readers see published statements, confirmed links and contradictions that an editor would stand
behind; editors see drafts and suggestions too, each marked by its status.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, exists, or_, select, union_all
from sqlalchemy import text as sql
from sqlalchemy.orm import Session, aliased

from factcheck import explanations, flagged, listing, reviews, sides
from factcheck.auth import Actor
from factcheck.claims import Claim, ClaimAbout
from factcheck.entities import Entity
from factcheck.explanations import Known
from factcheck.graph import OPPOSITE, ClaimGraph, Opposition, Stance
from factcheck.history import State
from factcheck.links import RETRACTED, Link
from factcheck.prepared import Prepared, Reads
from factcheck.relations import Relation
from factcheck.reviews import Review, ReviewStatus
from factcheck.shown import Shown
from factcheck.statements import Statement
from factcheck.tallies import Tally

# What one view shows; the lists under /v1 have the rest.
MAX_COUNTER_CLAIMS = 20
COUNTER_STATEMENTS = 5
MAX_PAIRS = 20
MAX_RETRACTED = 20
MAX_REVIEWS = 20


def claim_view(
    source: Session | Reads,
    claim: State,
    actor: Actor,
    *,
    limit: int = 50,
    after: dict[Stance, sides.Position] | None = None,
    pairs: int = MAX_PAIRS,
) -> tuple[State, dict[Stance, sides.Position]]:
    """Return the view of a claim (a `claim_summary`) and where the next page of each side begins.

    `limit` statements a side and `pairs` at most; what is not wanted is not read.
    """
    reads = Reads.of(source)
    known = Known(
        claims={claim["id"]: claim["has"]},
        subjects={e["id"]: {k: e[k] for k in ("id", "slug", "name")} for e in claim["about"]},
    )
    counters = _counter_claims(reads, claim, actor)[:MAX_COUNTER_CLAIMS]
    here = claim["has"]
    numbers = _numbers(here)
    strongest = flagged.Strongest(claim["id"], actor, sum(numbers.values()), pairs)
    # One statement more of each side tells whether others follow.
    asked = sides.asked(reads, claim["id"], actor, limit + 1, after or {})
    read = reads.together(*asked, *strongest.asked)
    parted, ends = sides.parted(read[: len(asked)], limit)
    for found in parted.values():
        _remember(known, claim["id"], found)
    flags = strongest.flags(reads, *read[len(asked) :])
    view: State = {
        "claim": {k: v for k, v in claim.items() if k not in _BESIDE},
        **_counted(here, parted),
        "counter_claims": _represent_counters(reads, counters, actor, known),
        "contradictions": {**numbers, "items": _pairs(reads, flags, actor, known) if flags else []},
        **_retracted_and_reviews(reads, claim),
        "version": claim["version"],
        "as_of": claim["version_at"],
        "updated_at": claim["updated_at"],
    }
    return view, ends


def glance(reads: Reads, claim: State, actor: Actor, limit: int) -> State:
    """Return what an embed shows of the view of a claim: `limit` statements a side, each as it is cited.

    Of contradictions there are the numbers, and no counter-claims.
    """
    here = claim["has"]
    read = reads.together(*sides.asked(reads, claim["id"], actor, limit, {}, sides.cited))
    parted, _ = sides.parted(read, limit)
    return {
        **_counted(here, parted),
        "contradictions": _numbers(here),
        **_retracted_and_reviews(reads, claim),
        "as_of": claim["version_at"],
    }


def _numbers(here: Any) -> dict[str, int]:
    """Return how many contradictions on a claim are open, and how many an editor confirmed."""
    return {"open": here.open or 0, "confirmed": here.confirmed or 0}


def _counted(here: Any, parted: dict[str, list[State]]) -> State:
    return {side: {"count": getattr(here, side) or 0, "statements": found} for side, found in parted.items()}


def _retracted_and_reviews(reads: Reads, claim: State) -> State:
    found: State = {"retracted": [], "reviews": []}
    if claim["has"].retracted:
        found["retracted"] = reads.all(_RETRACTED, claim=claim["id"])
    if claim["has"].reviewed:
        found["reviews"] = [reviews.represent(row) for row in reads.all(_REVIEWS, claim=claim["id"])]
    return found


# What a summary says that a view shows elsewhere, or not.
_BESIDE = ("version", "version_at", "has")


@cache
def _summary_query(by_id: bool) -> Prepared:
    into = aliased(Claim)
    return Prepared(
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
            ClaimAbout.position,
            Entity.id.label("entity_id"),
            Entity.slug.label("entity_slug"),
            Entity.type.label("entity_type"),
            Entity.name.label("entity_name"),
            # So that a view asks for what there is only: most claims have none of these.
            or_(
                exists().where(Relation.from_claim_id == Claim.id),
                exists().where(Relation.to_claim_id == Claim.id),
            ).label("related"),
            exists().where(Link.claim_id == Claim.id, sql(RETRACTED)).label("retracted"),
            exists().where(Review.claim_id == Claim.id).label("reviewed"),
            Tally.supports,
            Tally.disputes,
            Tally.open,
            Tally.confirmed,
        )
        .outerjoin(into, into.id == Claim.merged_into_id)
        .outerjoin(ClaimAbout, ClaimAbout.claim_id == Claim.id)
        .outerjoin(Entity, Entity.id == ClaimAbout.entity_id)
        .outerjoin(Tally, (Tally.claim_id == Claim.id) & (Tally.public == bindparam("public")))
        .where((Claim.id if by_id else Claim.slug) == bindparam("key"))
    )


def claim_summary(source: Session | Reads, key: str | UUID, actor: Actor) -> State | None:
    """Return a claim's own fields with whom it is about, whatever its status, in one query.

    `has` is its row: what a view of it has to ask for, and its numbers as the actor sees them (None for 0).
    """
    query = _summary_query(isinstance(key, UUID))
    rows = Reads.of(source).all(query, key=key, public=not actor.is_editor)
    if not rows:
        return None
    if len(rows) > 1:  # To sort one row takes a server a tenth of the query.
        rows.sort(key=lambda row: row.position)
    first = rows[0]
    return {
        "id": first.id,
        "slug": first.slug,
        "text": first.text,
        "kind": first.kind,
        "about": [
            {
                "id": row.entity_id,
                "slug": row.entity_slug,
                "type": row.entity_type,
                "name": row.entity_name,
            }
            for row in rows
            if row.entity_id
        ],
        "topics": first.topics,
        "status": first.status,
        "revision": first.revision,
        "version": first.version,
        "version_at": first.version_at,
        "created_at": first.created_at,
        "updated_at": first.updated_at,
        "created_by": first.created_by,
        "published_at": first.published_at,
        "merged_into": first.merged_into,
        "has": first,
    }


def side_counts(
    source: Session | Reads, claim_ids: Iterable[UUID], actor: Actor
) -> dict[tuple[UUID, Stance], int]:
    """Return how many statements the actor sees on each side of each claim."""
    found = _tallies(Reads.of(source), list(claim_ids), actor)
    return {(id_, stance): getattr(row, stance) for id_, row in found.items() for stance in Stance}


def _tallies(reads: Reads, claim_ids: list[UUID], actor: Actor) -> dict[UUID, Any]:
    rows = reads.all(_TALLIES, claims=claim_ids, public=not actor.is_editor)
    return {row.claim_id: row for row in rows}


_TALLIES = Prepared(
    select(Tally.__table__).where(
        Tally.claim_id.in_(bindparam("claims")), Tally.public == bindparam("public")
    )
)


def _remember(known: Known, claim_id: UUID, statements: Iterable[State]) -> None:
    """Keep the statements of a claim for the contradictions between them."""
    for said in statements:
        known.statements[said["id"]] = said
        known.links[said["id"], claim_id] = said["link"]


def _counter_claims(reads: Reads, claim: State, actor: Actor) -> list[Opposition]:
    """Return the claims that cannot hold together with this one, drawn or derived, most direct first."""
    if not claim["has"].related and not (claim["kind"] in OPPOSITE and claim["about"]):
        return []
    graph = ClaimGraph(reads)
    opposed = graph.opposed(claim["id"], Stance.supports, only_published=not actor.is_editor)
    counters = [o for o in opposed if o.stance == Stance.supports]
    return sorted(counters, key=lambda o: (-o.score, o.claim_id))


# With the claim that it supports, of several.
_SUPPORTER = Shown({**sides.LINKED.fields, "claim": Link.claim_id})


@cache
def _supporters_query(editor: bool, claims: int) -> Prepared:
    """Select the newest supporters of some claims: a bounded read of one index for each, in one query."""
    newest = union_all(
        *(
            select(
                select(Link.id)
                .where(Link.claim_id == bindparam(f"claim_{i}", type_=Uuid), *sides.seen(editor))
                .where(Link.stance == Stance.supports)
                .order_by(Link.said_on.desc(), Link.statement_id.desc())
                .limit(COUNTER_STATEMENTS)
                .subquery()
            )
            for i in range(claims)
        )
    )
    return Prepared(
        listing.statements(shown=_SUPPORTER)
        .join(Link, Link.statement_id == Statement.id)
        .where(Link.id.in_(newest))
        .order_by(Link.said_on.desc(), Link.statement_id.desc()),
        _SUPPORTER,
    )


def _represent_counters(reads: Reads, counters: list[Opposition], actor: Actor, known: Known) -> list[State]:
    if not counters:
        return []
    ids = [o.claim_id for o in counters]
    tallies = _tallies(reads, ids, actor)
    claims = {row.id: row for row in reads.all(_COUNTER_CLAIMS, claims=list(ids))}
    statements: dict[UUID, list[State]] = {id_: [] for id_ in ids}
    named = {f"claim_{i}": id_ for i, id_ in enumerate(ids)}
    for said in reads.all(_supporters_query(actor.is_editor, len(ids)), **named):
        claim_id = said.pop("claim")
        statements[claim_id].append(said)
        _remember(known, claim_id, [said])
    known.claims |= claims
    return [
        {
            "claim": claims[o.claim_id]._asdict(),
            "relation": next(
                step.relation
                for step in o.steps
                if step.relation in ("contradicts", "exoneration_vs_responsibility")
            ),
            "path": [{"start": s.start, "relation": s.relation, "end": s.end} for s in o.steps],
            "supports": {
                "count": getattr(tallies.get(o.claim_id), Stance.supports, 0),
                "statements": statements[o.claim_id],
            },
        }
        for o in counters
    ]


_COUNTER_CLAIMS = Prepared(
    select(Claim.id, Claim.slug, Claim.text, Claim.kind, Claim.status).where(
        Claim.id.in_(bindparam("claims"))
    )
)


def _pairs(reads: Reads, flags: list[Any], actor: Actor, known: Known) -> list[State]:
    """Return each pair of statements with all its reasons."""
    items: dict[tuple[UUID, UUID], State] = {}
    for flag, shown in zip(flags, explanations.represent(reads, flags, actor, known), strict=True):
        statements, same_speaker = shown.pop("statements"), shown.pop("same_speaker")
        pair = items.setdefault(
            (flag.statement_id, flag.opposing_id),
            {"statements": statements, "same_speaker": same_speaker, "reasons": []},
        )
        pair["reasons"].append(shown)
    return list(items.values())


_RETRACTED = Prepared(
    listing.statements(shown=sides.LINKED)
    .join(Link, Link.statement_id == Statement.id)
    .where(Link.claim_id == bindparam("claim"), sql(RETRACTED), Statement.published_at.is_not(None))
    .order_by(Link.said_on.desc(), Link.statement_id.desc())
    .limit(MAX_RETRACTED),
    sides.LINKED,
)
_REVIEWS = Prepared(
    select(Review.__table__)
    .where(Review.claim_id == bindparam("claim"), Review.status == ReviewStatus.published)
    .order_by(Review.published_on.desc(), Review.id.desc())
    .limit(MAX_REVIEWS)
)
