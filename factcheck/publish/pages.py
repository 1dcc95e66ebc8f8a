"""Public pages: HTML from templates, without any script.

Whoever asks, a page shows what a reader without a key may see. So no page can leak a draft, and a
cache in front may keep one copy for all.
"""

import hashlib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape
from sqlalchemy import or_, select

from factcheck import contradictions, explanations, listing, search, views, web
from factcheck.auth import ANYONE
from factcheck.claims import Claim, ClaimStatus
from factcheck.contradictions import Contradiction
from factcheck.fields import as_id
from factcheck.graph import Stance
from factcheck.links import Link, LinkStatus
from factcheck.paging import page, seal, unseal
from factcheck.problems import Problem, not_found
from factcheck.publish import reading
from factcheck.statements import Statement

blp = Blueprint("pages", __name__)

CLAIMS_PER_PAGE = 20
STATEMENTS_PER_SIDE = 50
CURSOR = {stance: f"{stance.value}_cursor" for stance in Stance}
MAX_HITS = 50
MAX_REASONS = 100
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'self'"
    ),
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
# Changes with the style sheet, so that a browser may keep the sheet for as long as it likes.
STYLE_VERSION = hashlib.sha256((Path(__file__).parents[1] / "static/style.css").read_bytes()).hexdigest()[:12]


@blp.get("/")
def index() -> ResponseReturnValue:
    """List published claims, newest first; with `?q=` those that a search finds, best first."""
    q = request.args.get("q", "").strip()[:500]
    query = select(Claim.id, Claim.slug, Claim.text, Claim.version_at)
    query = query.where(Claim.status == ClaimStatus.published)
    rows: list[Any] = []
    cursor = trouble = None
    with web.database().reading() as session:
        try:
            if q:
                hits = search.search(session, q, record_types=("claim",), limit=MAX_HITS)
                rank = {hit.record_id: i for i, hit in enumerate(hits)}
                rows = list(session.execute(query.where(Claim.id.in_(rank))))
                rows.sort(key=lambda row: rank[row.id])
            else:
                arguments = {"limit": CLAIMS_PER_PAGE, "cursor": request.args.get("cursor")}
                rows, cursor = page(session, query, (Claim.id,), arguments)
        except Problem as problem:
            if not q:
                raise
            trouble = problem.detail  # Said beside the search box, where it can be put right.
        counts = views.side_counts(session, [row.id for row in rows], ANYONE)
    found = {"claims": rows, "counts": counts, "cut": len(rows) == MAX_HITS}
    older = cursor and _here("cursor", cursor)
    return render_template("index.html", **found, q=q, trouble=trouble, older=older), 422 if trouble else 200


@blp.get("/claims/<key>")
def claim(key: str) -> ResponseReturnValue:
    """Show both sides of a claim; an id, or a claim that was merged, leads to the page that stands."""
    with web.database().reading() as session:
        summary = reading.standing(session, as_id(key) or key)
        if summary["slug"] != key:
            return redirect(url_for(".claim", key=summary["slug"]), 308)
        given = [stance for stance in Stance if CURSOR[stance] in request.args]
        after = {s: unseal(request.args[CURSOR[s]], (str, UUID), CURSOR[s]) for s in given}
        view, ends = views.claim_view(session, summary, ANYONE, limit=STATEMENTS_PER_SIDE, after=after)
        pairs = reading.complete(session, view["contradictions"]["items"])
    turns = {
        "older": {stance: _here(CURSOR[stance], seal(end, CURSOR[stance])) for stance, end in ends.items()},
        "newest": {stance: _here(CURSOR[stance], None) for stance in after},
    }
    return render_template("claim.html", view=view, pairs=pairs, **turns, max_pairs=views.MAX_PAIRS)


@blp.get("/statements/<key>")
def statement(key: str) -> ResponseReturnValue:
    """Show one statement, the claims that it bears on, and what contradicts it."""
    id_ = web.path_id(key, "statement")
    with web.database().reading() as session:
        query = listing.statements().where(Statement.id == id_, *listing.readable(ANYONE))
        row = session.execute(query).one_or_none()
        if row is None:
            raise not_found("statement")
        links = session.execute(
            select(Link.stance, Link.span, Link.rationale, Claim.slug, Claim.text)
            .join(Claim, Claim.id == Link.claim_id)
            .where(Link.statement_id == id_, Link.status == LinkStatus.confirmed)
            .where(Claim.status == ClaimStatus.published)
            .order_by(Link.id)
        ).all()
        flags = session.execute(
            select(Contradiction.__table__)
            .where(or_(Contradiction.statement_id == id_, Contradiction.opposing_id == id_))
            .where(*contradictions.visible(ANYONE))
            .order_by(*contradictions.strongest_first())
            .limit(MAX_REASONS)
        ).all()
        pairs = reading.complete(session, reading.paired(explanations.represent(session, flags, ANYONE)))
    found = {"statement": listing.represent(row), "links": links, "pairs": pairs}
    return render_template("statement.html", **found, cut=len(flags) == MAX_REASONS)


def _here(name: str, cursor: str | None) -> str:
    """Return this address with one cursor replaced. The rest must stay: cursors are signed with it."""
    query = [(k, v) for k, v in request.args.items(multi=True) if k != name]
    return f"{request.path}?{urlencode(query + ([(name, cursor)] if cursor else []))}"


@blp.app_template_filter()
def marked(text: str, spans: Iterable[tuple[int, int]]) -> Markup:
    """Return the text escaped, the words from start to end (in code points) of each span in `<mark>`."""
    shown, at = Markup(), 0
    for start, end in sorted(spans):
        if end > at:  # Spans may overlap: what is marked already is not said again.
            start = max(start, at)
            shown += escape(text[at:start]) + Markup("<mark>{}</mark>").format(text[start:end])
            at = end
    return shown + escape(text[at:])


@blp.app_template_filter()
def day(value: str) -> str:
    """Return "20 April 2022", "April 2022" or "2022": never more than is known."""
    first = date.fromisoformat((value + "-01-01")[:10])
    return {4: value, 7: f"{first:%B %Y}"}.get(len(value), f"{first.day} {first:%B %Y}")


@blp.app_context_processor
def shared() -> dict[str, Any]:
    """Give every page what the base template needs."""
    return {"style_version": STYLE_VERSION, "public_url": web.settings().public_url}


@blp.after_app_request
def secure(response: Response) -> Response:
    """Allow pages, problem pages too, nothing but our own style sheet; keep that sheet in the browser."""
    if response.mimetype == "text/html" and request.blueprint != "swagger_ui":
        for name, value in SECURITY.items():
            response.headers.setdefault(name, value)
    if request.endpoint == "static" and request.args.get("v") == STYLE_VERSION:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
