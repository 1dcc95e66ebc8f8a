"""Embeds: what stands here, small, in a frame on other sites.

They are whole without their one script, which only tells the page around them how high they are. They
need no cookie and no storage, so they work in a sandbox of an opaque origin. `?version=` pins the
words of a revision; what became of them since, a correction or a retraction, shows all the same.
"""

import re

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from factcheck import caching, views, web
from factcheck.auth import ANYONE, public
from factcheck.fields import as_id
from factcheck.graph import Stance
from factcheck.history import State
from factcheck.problems import wrong
from factcheck.publish import pinning, reading
from factcheck.publish.rendering import THEMES

blp = Blueprint("embeds", __name__)

STATEMENTS_PER_SIDE = 2
SCRIPT_CACHE = "public, max-age=3600, stale-while-revalidate=86400"


@blp.get("/embed.js")
@public
def script() -> Response:
    """Return the script that defines `<factcheck-embed>` for the pages of others."""
    response = current_app.send_static_file("embed.js")
    response.headers["Cache-Control"] = SCRIPT_CACHE
    return response


@blp.get("/embed/claims/<key>")
@public
def claim(key: str) -> ResponseReturnValue:
    """Show a claim with the latest statements of both sides; a pinned version keeps its wording."""
    [number] = _versions(1)
    with web.reads() as reads:
        summary = reading.standing(reads, key)
        if summary["slug"] != key:
            # Another claim has revisions of its own: what was pinned before a merge says nothing there.
            version = request.args.get("version") if str(as_id(key)) == summary["id"] else None
            theme = request.args.get("theme")
            return redirect(url_for(".claim", key=summary["slug"], theme=theme, version=version), 308)
        view = views.glance(reads, summary, ANYONE, STATEMENTS_PER_SIDE)
        shown = [statement for stance in Stance for statement in view[stance]["statements"]]
        corrections = reading.corrections(reads, [summary, *shown])
        found = pinning.claim(reads, summary, number) if number else summary
        caching.shows(summary)
    pinned = found["text"] != summary["text"]
    return render_template("embed_claim.html", claim=found, view=view, corrections=corrections, pinned=pinned)


@blp.get("/embed/statements/<key>")
@public
def statement(key: str) -> ResponseReturnValue:
    """Show a statement word for word; a pinned version keeps its words."""
    [number] = _versions(1)
    id_ = web.path_id(key, "statement")
    with web.database().reading() as session:
        current = reading.statement(session, id_)
        links = reading.bearing(session, [id_]).get(id_, [])
        corrections = reading.corrections(session, [current]).get(id_, [])
        found = pinning.statement(session, current, number) if number else current
    return render_template(
        "embed_statement.html",
        statement=found,
        links=links,
        corrections=corrections,
        pinned=_differs(found, current),
        as_of=current["updated_at"],
    )


@blp.get("/embed/contradictions/<key>")
@public
def contradiction(key: str) -> ResponseReturnValue:
    """Show two statements face to face; a version pins both, as `3.1`, in the order of their ids."""
    numbers = _versions(2)
    id_ = web.path_id(key, "contradiction")
    with web.database().reading() as session:
        pair = reading.contradiction(session, id_)
        corrections = reading.corrections(session, [said for said, _ in pair["sides"]])
        current = {said["id"]: said for said, _ in pair["sides"]}
        revisions = dict(zip(sorted(current), numbers, strict=True))
        pair["sides"] = [
            pinning.side(session, said, spans, revisions[said["id"]]) for said, spans in pair["sides"]
        ]
    return render_template(
        "embed_contradiction.html",
        pair=pair,
        corrections=corrections,
        pinned=any(_differs(said, current[said["id"]]) for said, _ in pair["sides"]),
        as_of=max(pair["updated_at"], *(said["updated_at"] for said in current.values())),
    )


def _differs(found: State, current: State) -> bool:
    return any(found[field] != current[field] for field in pinning.STATEMENT_FIELDS)


def _versions(parts: int) -> list[int | None]:
    """Return the numbers of `?version=`, joined by dots, None each where none is given; refuse odd themes."""
    query = request.args
    if query and query.get("theme", "auto") not in THEMES:
        raise wrong("theme", f"The theme is one of {', '.join(THEMES)}.")
    # An empty query is not asked: to find nothing in it takes an error that is raised and caught.
    given = query.get("version") if query else None
    if given is None:
        return [None] * parts
    numbers = given.split(".")
    if len(numbers) != parts or not all(re.fullmatch(r"[1-9][0-9]{0,8}", number) for number in numbers):
        what = "a revision, such as 2" if parts == 1 else "the revisions of both statements, such as 2.1"
        raise wrong("version", f"The version is {what}.")
    return [int(number) for number in numbers]
