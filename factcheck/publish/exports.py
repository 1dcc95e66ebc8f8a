"""`/exports/…`: what newsroom systems take in, and whole lists as tables."""

from inspect import unwrap
from typing import Any

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue

from factcheck import callers, views, web
from factcheck.api import claims, contradictions, entities, reviews, search, sources, statements
from factcheck.auth import ANYONE, public
from factcheck.paging import PageArguments
from factcheck.parsing import Parser
from factcheck.problems import not_found
from factcheck.publish import argdown, interchange, reading, tables
from factcheck.publish.serving import document

blp = Blueprint("exports", __name__, url_prefix="/exports")

STATEMENTS_PER_SIDE = 200
# A table ends with the page that reaches one of these: it is held in memory, and a row may be long.
MAX_ROWS = 10_000
MAX_CHARACTERS = 5_000_000
PER_PAGE = 200
# The endpoint that lists, and the schema of its filters.
LISTS: dict[str, tuple[str, type[PageArguments]]] = {
    "statements": ("statements.listStatements", statements.StatementFilters),
    "claims": ("claims.listClaims", claims.ClaimFilters),
    "entities": ("entities.listEntities", entities.EntityFilters),
    "sources": ("sources.listSources", sources.SourceFilters),
    "contradictions": ("contradictions.listContradictions", contradictions.ContradictionFilters),
    "reviews": ("reviews.listReviews", reviews.ReviewFilters),
    "search": ("search.search", search.SearchArguments),
}


@blp.get("/claims/<key>.ninjs.json")
@public
def ninjs(key: str) -> ResponseReturnValue:
    """Export a claim view as ninjs 3.1."""
    return document(interchange.ninjs(_view(key), _base()), "application/json")


@blp.get("/claims/<key>.argdown")
@public
def dossier(key: str) -> ResponseReturnValue:
    """Export a claim, its counter-claims, and what was said for and against, as Argdown."""
    return document(argdown.dossier(_view(key), _base()), "text/plain; charset=utf-8")


@blp.get("/statements/<key>.ans.json")
@public
def ans(key: str) -> ResponseReturnValue:
    """Export a statement as the quote element of a story in ANS."""
    with web.database().reading() as session:
        shown = reading.statement(session, web.path_id(key, "statement"))
    return document(interchange.ans_quote(shown, _base()), "application/json")


@blp.get("/<name>.csv")
@public
def table(name: str) -> ResponseReturnValue:
    """Export a list as a table: the filters and the keys of `/v1/…`, all pages in one up to a bound."""
    if name not in LISTS:
        raise not_found("list")
    endpoint, schema = LISTS[name]
    # The function beneath the route: it gets loaded arguments and returns a page.
    index = unwrap(current_app.view_functions[endpoint])
    arguments = Parser().parse(schema(exclude=("limit",)), request, location="query")
    # Excel takes a file for UTF-8 only when it begins with this mark.
    parts = ["\ufeff", tables.heading(name)]
    rows = 0
    with web.reading(callers.asked()):
        while rows < MAX_ROWS and sum(map(len, parts)) < MAX_CHARACTERS:
            body, headers = index({**arguments, "limit": min(PER_PAGE, MAX_ROWS - rows)})
            parts.append(tables.rows(name, body["items"], _base()))
            rows += len(body["items"])
            if body["next_cursor"] is None:
                break
            arguments["cursor"] = body["next_cursor"]
        shared = web.actor() is ANYONE
    response = document("".join(parts), tables.MEDIA_TYPE, shared=shared)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    if "Link" in headers:
        response.headers["Link"] = headers["Link"]
    return response


def as_table(response: Response, name: str) -> None:
    """Turn the JSON answer of a list into a table of the same page."""
    body = response.get_json()
    response.set_data(tables.heading(name) + tables.rows(name, body["items"], _base()))
    response.content_type = tables.MEDIA_TYPE


def _view(key: str) -> dict[str, Any]:
    with web.database().reading() as session:
        summary = reading.standing(session, key)
        view, _ = views.claim_view(session, summary, ANYONE, limit=STATEMENTS_PER_SIDE)
    return view


def _base() -> str:
    return web.settings().public_url
