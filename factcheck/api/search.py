"""`/v1/search`"""

from typing import Any

from marshmallow import fields, validate
from sqlalchemy import select

from factcheck import claims, listing, search
from factcheck.api.shapes.plain import page_of
from factcheck.api.shapes.views import Hit
from factcheck.auth import Access
from factcheck.claims import Claim
from factcheck.fields import TextField
from factcheck.paging import PageArguments, listed, seal, unseal
from factcheck.statements import Statement
from factcheck.web import Blueprint, actor, session

blp = Blueprint(
    "search", __name__, url_prefix="/v1/search", description="Statements and claims by their words."
)


class SearchArguments(PageArguments):
    """What to look for."""

    q = TextField(
        limit=500,
        required=True,
        metadata={
            "description": 'All words must occur. "A phrase" in quotes, a prefix*, and -word to leave out.',
            "example": '"safety report" exonerat* -insurance',
        },
    )
    type = fields.String(validate=validate.OneOf(("statement", "claim")))


class SearchPage(page_of(Hit)):  # type: ignore[misc]
    """A page of what was found."""

    newest_only = fields.Boolean(
        required=True,
        metadata={"description": "Whether so much matches that only the newest of it was ranked."},
    )


# Search ranks, so its pages go by number; nobody reads past the first few hundred.
_DEEPEST = 1000


@blp.route("", operation="search", access=Access.public)
@blp.arguments(SearchArguments, location="query")
@blp.returns(200, SearchPage)
def index(arguments: dict[str, Any]) -> Any:
    """Search statements (by words and speaker) and claims, best first; at most 1,000 are reached.

    Where more than 4,000 match that the caller may read, the best of the newest 4,000 are given.
    """
    cursor = arguments.get("cursor")
    (offset,) = unseal(cursor, (int,)) if cursor else (0,)
    limit = min(arguments["limit"], _DEEPEST - offset)
    hits = search.search(
        session(),
        arguments["q"],
        record_types=(arguments["type"],) if "type" in arguments else ("statement", "claim"),
        only_public=not actor().is_editor,
        limit=limit + 1,
        offset=offset,
    )
    ids = [hit.record_id for hit in hits[:limit]]
    statements = {
        row.id: listing.represent(row)
        for row in session().execute(listing.statements().where(Statement.id.in_(ids)))
    }
    found = {
        claim.id: claims.represent(claim)
        for claim in session().scalars(select(Claim).where(Claim.id.in_(ids)).options(claims.WITH_ABOUT))
    }
    items = [
        {
            "type": hit.record_type,
            "statement": statements.get(hit.record_id),
            "claim": found.get(hit.record_id),
        }
        for hit in hits[:limit]
    ]
    more = len(hits) > limit and offset + limit < _DEEPEST
    page, headers = listed(items, seal((offset + limit,)) if more else None)
    newest = bool(hits) and hits[0].considered == search.RANKED
    return {**page, "newest_only": newest}, headers
