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
from sqlalchemy.orm import Session

from factcheck import contradictions, explanations, listing, search, views, web
from factcheck.auth import ANYONE
from factcheck.claims import Claim, ClaimStatus
from factcheck.contradictions import Contradiction
from factcheck.fields import as_id
from factcheck.graph import Stance
from factcheck.history import State
from factcheck.links import Link, LinkStatus
from factcheck.paging import page, seal, unseal
from factcheck.problems import Problem, gone, not_found
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
        summary = _standing(session, as_id(key) or key)
        if summary["slug"] != key:
            return redirect(url_for(".claim", key=summary["slug"]), 308)
        given = [stance for stance in Stance if CURSOR[stance] in request.args]
        after = {s: unseal(request.args[CURSOR[s]], (str, UUID), CURSOR[s]) for s in given}
        view, ends = views.claim_view(session, summary, ANYONE, limit=STATEMENTS_PER_SIDE, after=after)
        pairs = _complete(session, view["contradictions"]["items"])
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
        pairs = _complete(session, _paired(explanations.represent(session, flags, ANYONE)))
    found = {"statement": listing.represent(row), "links": links, "pairs": pairs}
    return render_template("statement.html", **found, cut=len(flags) == MAX_REASONS)


def _standing(session: Session, key: str | UUID) -> State:
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


def _paired(flags: Iterable[State]) -> list[State]:
    """Gather contradictions into pairs of statements, each with all its reasons, as a view does."""
    pairs: dict[tuple[UUID, ...], State] = {}
    for flag in flags:
        ids = tuple(statement["id"] for statement in flag["statements"])
        pairs.setdefault(ids, {**flag, "reasons": []})["reasons"].append(flag)
    return list(pairs.values())


def _complete(session: Session, pairs: list[State]) -> list[State]:
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
