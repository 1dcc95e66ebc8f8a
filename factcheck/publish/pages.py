"""Public pages: HTML from templates, without any script.

Whoever asks, a page shows what a reader without a key may see. So no page can leak a draft, and a
cache in front may keep one copy for all.
"""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from factcheck import caching, listing, search, views, web
from factcheck.auth import ANYONE, public
from factcheck.claims import Claim, ClaimStatus, stamp
from factcheck.graph import Stance
from factcheck.history import State
from factcheck.paging import page, seal, unseal
from factcheck.problems import Problem
from factcheck.publish import fragments, jsonld, policy, reading, timeline
from factcheck.publish import picture as pictures
from factcheck.statements import Statement
from factcheck.topics import with_topic

blp = Blueprint("pages", __name__)

CLAIMS_PER_PAGE = 20
# With these a page of long statements weighs less than 60 kB, for phones on slow lines; see the tests.
STATEMENTS_PER_SIDE = 10
PAIRS_PER_PAGE = 6
PER_COUNTER_CLAIM = 2
STATEMENTS_PER_PAGE = 20
MAX_ABOUT = 20
CURSOR = {stance: f"{stance.value}_cursor" for stance in Stance}
MAX_HITS = 50


@blp.get("/")
@public
def index() -> ResponseReturnValue:
    """List published claims, newest first, of one `?topic=` where it is given; `?q=` searches, best first."""
    q = request.args.get("q", "").strip()[:500]
    topic = request.args.get("topic", "").strip()[:100]
    query = select(Claim.id, Claim.slug, Claim.text, Claim.version_at)
    query = query.where(Claim.status == ClaimStatus.published)
    if topic:
        query = query.where(Claim.id.in_(with_topic(topic)))
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
    found |= {"q": q, "topic": topic, "trouble": trouble, "older": cursor and _here("cursor", cursor)}
    return render_template("index.html", **found), 422 if trouble else 200


@blp.get("/claims/<key>")
@public
def claim(key: str) -> ResponseReturnValue:
    """Show both sides of a claim; an id, or a claim that was merged, leads to the page that stands."""
    with web.reads() as reads:
        summary = reading.standing(reads, key)
        if summary["slug"] != key:
            return redirect(url_for(".claim", key=summary["slug"]), 308)
        given = [stance for stance in Stance if CURSOR[stance] in request.args]
        after = {s: unseal(request.args[CURSOR[s]], (str, UUID), CURSOR[s]) for s in given}
        # One pair more than are shown tells that there are more.
        few = {"limit": STATEMENTS_PER_SIDE, "pairs": PAIRS_PER_PAGE + 1}
        view, ends = views.claim_view(reads, summary, ANYONE, after=after, **few)
        for counter in view["counter_claims"]:
            del counter["supports"]["statements"][PER_COUNTER_CLAIM:]
        shown = _shown(view)
        pairs = reading.complete(reads, view["contradictions"]["items"][:PAIRS_PER_PAGE], shown[1:])
        caching.shows(summary)
        corrections = reading.corrections(reads, shown)
    turns = {
        "older": {stance: _here(CURSOR[stance], seal(end, CURSOR[stance])) for stance, end in ends.items()},
        "newest": {stance: _here(CURSOR[stance], None) for stance in after},
    }
    corrected = [record for record in shown if record["id"] in corrections]
    corrected.sort(key=lambda record: corrections[record["id"]][0]["at"], reverse=True)
    return render_template(
        "claim.html",
        view=view,
        pairs=pairs,
        corrections=corrections,
        corrected=corrected,
        many_pairs=len(view["contradictions"]["items"]) > PAIRS_PER_PAGE,
        **turns,
        **_timeline(view),
    )


def _shown(view: State) -> list[State]:
    """Return the claim, then every statement that its page lists, each once."""
    lists = [view[stance]["statements"] for stance in Stance] + [view["retracted"]]
    lists += [counter["supports"]["statements"] for counter in view["counter_claims"]]
    records = [view["claim"], *(statement for listed in lists for statement in listed)]
    return list({record["id"]: record for record in records}.values())


def _timeline(view: State) -> State:
    """Return the timeline of the statements on both sides, with what its template needs."""
    found = [
        (statement, stance, place)
        for stance in Stance
        for place, statement in enumerate(view[stance]["statements"], 1)
    ]
    dates = [(statement["said_on"], stance.value) for statement, stance, _ in found]
    return {
        "timeline": timeline.lay_out(dates, above=Stance.supports.value),
        "said": [statement for statement, _, _ in found],
        "places": [place for _, _, place in found],
        "undated": sum(said_on is None for said_on, _ in dates),
    }


@blp.get("/claims/<key>/picture.png")
@public
def picture(key: str) -> ResponseReturnValue:
    """Return the share picture of a claim; `?v=` with its version and moment lets caches keep it."""
    with web.database().reading() as session:
        summary = reading.standing(session, key)
        if summary["slug"] != key:
            return redirect(url_for(".picture", key=summary["slug"]), 308)
        counts = views.side_counts(session, [summary["id"]], ANYONE)
    numbers = (counts.get((summary["id"], stance), 0) for stance in (Stance.supports, Stance.disputes))
    as_of = fragments.day(summary["version_at"])
    site = web.settings().public_url.partition("://")[2]
    response = Response(pictures.draw(summary["text"], *numbers, as_of, site), mimetype="image/png")
    current = request.args.get("v") == stamp(summary["version"], summary["version_at"])
    response.headers["Cache-Control"] = policy.FOREVER if current else policy.CACHE
    return response


@blp.get("/statements/<key>")
@public
def statement(key: str) -> ResponseReturnValue:
    """Show one statement, the claims that it bears on, and what contradicts it."""
    id_ = web.path_id(key, "statement")
    with web.database().reading() as session:
        found = reading.statement(session, id_)
        links = reading.bearing(session, [id_]).get(id_, [])
        pairs, cut = reading.contradicting(session, id_)
        corrections = reading.corrections(session, [found]).get(id_, [])
    shown = {"statement": found, "links": links, "pairs": pairs, "corrections": corrections}
    return render_template("statement.html", **shown, cut=cut)


@blp.get("/contradictions/<key>")
@public
def contradiction(key: str) -> ResponseReturnValue:
    """Show two statements face to face, and why they contradict each other."""
    id_ = web.path_id(key, "contradiction")
    with web.database().reading() as session:
        pair = reading.contradiction(session, id_)
        corrections = reading.corrections(session, [said for said, _ in pair["sides"]])
    return render_template("contradiction.html", pair=pair, corrections=corrections)


@blp.get("/reviews/<key>")
@public
def review(key: str) -> ResponseReturnValue:
    """Show one verdict: whose, on what claim, and why. This page alone carries it for search engines."""
    settings = web.settings()
    markup = None
    with web.database().reading() as session:
        found = reading.review(session, web.path_id(key, "review"))
        if settings.claim_review:
            supporters = reading.supporters(session, found["claim"]["id"])
            markup = jsonld.embedded(jsonld.claim_review(found, supporters, settings.public_url))
    return render_template("review.html", review=found, claim=found["claim"], markup=markup)


@blp.get("/entities/<key>")
@public
def entity(key: str) -> ResponseReturnValue:
    """Show what a person or organisation said, or others on its behalf, and the claims about it."""
    on_behalf = request.args.get("on_behalf") == "1"
    with web.database().reading() as session:
        found = reading.entity(session, key)
        if found.slug != key:
            return redirect(url_for(".entity", key=found.slug), 308)
        whose = Statement.on_behalf_of_id if on_behalf else Statement.speaker_id
        query = listing.statements().where(whose == found.id, listing.PUBLISHED)
        arguments = {"limit": STATEMENTS_PER_PAGE, "cursor": request.args.get("cursor")}
        rows, cursor = page(session, query, (Statement.said_on, Statement.id), arguments)
        statements = [listing.represent(row) for row in rows]
        made, for_it = reading.statement_counts(session, found.id)
        about = reading.claims_about(session, found.id, MAX_ABOUT)
        shown = {
            "statements": statements,
            "links": reading.bearing(session, [statement["id"] for statement in statements]),
            "corrections": reading.corrections(session, statements),
            "pairs": reading.contradicting_themselves(session, found.id, PAIRS_PER_PAGE),
            "about": about,
            "counts": views.side_counts(session, [row.id for row in about], ANYONE),
        }
    older = cursor and _here("cursor", cursor)
    numbers = {"made": made, "for_it": for_it}
    return render_template("entity.html", entity=found, **numbers, **shown, on_behalf=on_behalf, older=older)


def _here(name: str, cursor: str | None) -> str:
    """Return this address with one cursor replaced. The rest must stay: cursors are signed with it."""
    query = [(k, v) for k, v in request.args.items(multi=True) if k != name]
    return f"{request.path}?{urlencode(query + ([(name, cursor)] if cursor else []))}"
