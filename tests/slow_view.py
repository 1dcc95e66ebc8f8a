"""The view of a claim read the slow and literal way: objects, one at a time, counted and sorted in Python."""

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from factcheck import explanations, views
from factcheck.auth import Actor
from factcheck.claims import Claim, represent
from factcheck.contradictions import Contradiction
from factcheck.entities import Entity
from factcheck.fields import precision
from factcheck.graph import ClaimGraph, Stance
from factcheck.links import Link
from factcheck.reviews import Review
from factcheck.statements import Statement


def slow_view(session: Session, claim: Claim, actor: Actor, limit: int = 50) -> dict[str, Any]:
    """Return what `views.claim_view` should."""
    links = _links(session, claim)
    graph = ClaimGraph(session)
    opposed = graph.opposed(claim.id, Stance.supports, only_published=not actor.is_editor)
    counters = sorted((o for o in opposed if o.stance == "supports"), key=lambda o: (-o.score, o.claim_id))
    retracted = [
        link for link in links
        if link.status == "confirmed" and link.statement.status == "retracted" and link.statement.published_at
    ]  # fmt: skip
    reviews = session.scalars(select(Review).where(Review.claim_id == claim.id, Review.status == "published"))
    return {
        "claim": represent(claim),
        **{stance.value: _side(links, stance, actor, limit) for stance in Stance},
        "counter_claims": [
            {
                "claim": {name: getattr(other, name) for name in ("id", "slug", "text", "kind", "status")},
                "relation": next(
                    step.relation
                    for step in counter.steps
                    if step.relation in ("contradicts", "exoneration_vs_responsibility")
                ),
                "path": [{"start": s.start, "relation": s.relation, "end": s.end} for s in counter.steps],
                "supports": _side(_links(session, other), Stance.supports, actor, views.COUNTER_STATEMENTS),
            }
            for counter in counters[: views.MAX_COUNTER_CLAIMS]
            if (other := session.get_one(Claim, counter.claim_id))
        ],
        "contradictions": _contradictions(session, claim, actor),
        "retracted": [_linked(link) for link in retracted[: views.MAX_RETRACTED]],
        "reviews": [
            {
                "id": r.id, "author": {"url": None, **r.author}, "url": r.url, "title": r.title,
                "published_on": r.published_on.isoformat(), "language": r.language,
                "rating": {"value": None, "worst": None, "best": None, **r.rating},
                "explanation": r.explanation, "status": r.status, "revision": r.revision,
                "created_at": r.created_at, "updated_at": r.updated_at,
            }
            for r in sorted(reviews, key=lambda r: (r.published_on, r.id), reverse=True)
        ],
        "version": claim.version,
        "as_of": claim.version_at,
        "updated_at": claim.updated_at,
    }  # fmt: skip


def _links(session: Session, claim: Claim) -> list[Link]:
    found = session.scalars(select(Link).where(Link.claim_id == claim.id)).all()
    return sorted(found, key=lambda link: (link.statement.said_on, link.statement_id), reverse=True)


def _side(links: list[Link], stance: Stance, actor: Actor, limit: int) -> dict[str, Any]:
    def shown(link: Link) -> bool:
        if actor.is_editor:
            return link.status != "rejected" and link.statement.status != "retracted"
        return link.status == "confirmed" and link.statement.status == "published"

    side = [link for link in links if link.stance == stance and shown(link)]
    return {"count": len(side), "statements": [_linked(link) for link in side[:limit]]}


def _linked(link: Link) -> dict[str, Any]:
    fields = ("stance", "status", "basis", "confidence", "span", "rationale")
    return {**_statement(link.statement), "link": {name: getattr(link, name) for name in fields}}


def _statement(s: Statement) -> dict[str, Any]:
    def brief(entity: Entity) -> dict[str, Any]:
        return {"id": entity.id, "slug": entity.slug, "type": entity.type, "name": entity.name}

    source = ("id", "url", "canonical_url", "type", "headline", "publisher", "published_on")
    return {
        "id": s.id, "text": s.text, "kind": s.kind, "language": s.language, "speaker": brief(s.speaker),
        "speaker_role": s.speaker_role, "on_behalf_of": s.on_behalf_of and brief(s.on_behalf_of),
        "said_on": s.said_on or None, "said_on_precision": precision(s.said_on), "said_to": s.said_to,
        "source": {name: getattr(s.source, name) for name in source}, "anchor": s.anchor,
        "verification": s.verification, "status": s.status,
        "retraction": s.retracted_at and {"at": s.retracted_at, "reason": s.retraction_reason},
        "revision": s.revision, "created_at": s.created_at, "updated_at": s.updated_at,
    }  # fmt: skip


def _contradictions(session: Session, claim: Claim, actor: Actor) -> dict[str, Any]:
    def shown(flag: Contradiction) -> bool:
        return flag.status in ("open", "confirmed") and (flag.public or actor.is_editor)

    touching = or_(Contradiction.claim_id == claim.id, Contradiction.opposing_claim_id == claim.id)
    here = [flag for flag in session.scalars(select(Contradiction).where(touching)) if shown(flag)]
    strongest: dict[Any, float] = {}
    for flag in here:
        pair = (flag.statement_id, flag.opposing_id)
        strongest[pair] = max(flag.rank, strongest.get(pair, flag.rank))
    pairs = sorted(strongest, key=lambda pair: (strongest[pair], *pair), reverse=True)[: views.MAX_PAIRS]
    flags = [
        flag
        for flag in session.scalars(select(Contradiction))
        if (flag.statement_id, flag.opposing_id) in pairs and shown(flag)
    ]
    items: dict[Any, dict[str, Any]] = {}
    for flag in sorted(flags, key=lambda flag: (flag.rank, flag.id), reverse=True):
        [reason] = explanations.represent(session, [flag], actor)
        statements, same = reason.pop("statements"), reason.pop("same_speaker")
        item = {"statements": statements, "same_speaker": same, "reasons": []}
        items.setdefault((flag.statement_id, flag.opposing_id), item)["reasons"].append(reason)
    return {
        **{status: sum(flag.status == status for flag in here) for status in ("open", "confirmed")},
        "items": list(items.values()),
    }
