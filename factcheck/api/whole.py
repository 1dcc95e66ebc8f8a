"""A whole statement, with its links and contradictions as the caller may see them."""

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from factcheck import explanations, flagged, listing, opposing
from factcheck.auth import Actor
from factcheck.claims import STANDING, Claim, ClaimStatus
from factcheck.explanations import Known
from factcheck.graph import ClaimGraph
from factcheck.links import Link, LinkStatus, StatementStatus
from factcheck.prepared import Prepared, Reads
from factcheck.statements import Statement


def represent(session: Session, actor: Actor, statement_id: UUID, graph: ClaimGraph) -> dict[str, Any]:
    """Return the whole statement as the API shows it; `graph` is asked for what opposes it."""
    reads = Reads.within(session, plain=True)
    row = reads.first(_WHOLE, id=statement_id)
    said = listing.represent(row)
    linked = links(reads, statement_id)
    seen = [link for link in linked if is_visible(actor, link, row)]
    live = [
        link._replace(claim_id=UUID(link.claim_id))  # The graph knows claims by their ids, not as text.
        for link in seen
        if link.status != LinkStatus.rejected and row.status != StatementStatus.retracted
    ]
    shown = [link for link in seen if not _moot(link)]
    found = flagged.for_statement(reads, actor, row)
    in_words = flagged.opposing_in_words(reads, actor, row, found)
    return {
        **said,
        "links": [represent_link(link) for link in shown if link.status != LinkStatus.suggested],
        "suggestions": [
            {**represent_link(link), "reason": link.rationale}
            for link in shown
            if link.status == LinkStatus.suggested
        ],
        "contradictions": explanations.represent(reads, found, actor, Known.of_statement(said, linked)),
        "opposing_total": opposing.total(session, graph, statement_id, live, actor, in_words),
        # What a machine read is the newsroom's.
        "analysis": row.analysis if actor.is_editor or actor.owns(row.created_by) else None,
    }


_WHOLE = Prepared(
    listing.statements(Statement.analysis, Statement.created_by, Statement.published_at).where(
        Statement.id == bindparam("id")
    )
)


def links(source: Session | Reads, statement_id: UUID) -> list[Any]:
    """Return the links of a statement with their claims, as rows, whoever may see them."""
    return Reads.of(source).all(_LINKS, id=statement_id)


_LINKS = Prepared(
    select(
        Link.id,
        Link.stance,
        Link.status,
        Link.basis,
        Link.confidence,
        Link.span,
        Link.rationale,
        Claim.id.label("claim_id"),
        Claim.slug.label("claim_slug"),
        Claim.text.label("claim_text"),
        Claim.kind.label("claim_kind"),
        Claim.status.label("claim_status"),
        Claim.published_at.label("claim_published_at"),
        Claim.created_by.label("claim_created_by"),
    )
    .join(Claim, Claim.id == Link.claim_id)
    .where(Link.statement_id == bindparam("id"))
    .order_by(Link.id)
)


def is_visible(actor: Actor, link: Any, statement: Any) -> bool:
    """Readers see confirmed links to published claims; whoever may change a draft sees all its links.

    But not to a colleague's draft claim, which an editor or the analysis may have linked.
    """
    if actor.is_editor:
        return True
    if link.status == LinkStatus.confirmed and link.claim_status == ClaimStatus.published:
        return True
    own_draft = actor.owns(statement.created_by) and statement.published_at is None
    return own_draft and actor.may_know(link.claim_published_at, link.claim_created_by)


def _moot(link: Any) -> bool:
    """Tell whether nobody can decide on a suggestion any more, because its claim is gone."""
    return link.status == LinkStatus.suggested and link.claim_status not in STANDING


def represent_link(link: Any) -> dict[str, Any]:
    """Return a link as the API shows it, from a row of `links`."""
    return {
        "claim": {"id": link.claim_id, "slug": link.claim_slug, "text": link.claim_text},
        "stance": link.stance,
        "status": link.status,
        "basis": link.basis,
        "confidence": link.confidence,
        "span": link.span,
        "rationale": link.rationale,
    }
