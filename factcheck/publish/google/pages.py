"""`pages`: ClaimReview markup of pages elsewhere, stored by editors."""

from typing import Any
from uuid import UUID

from flask import Response, request
from sqlalchemy import false, or_, select
from sqlalchemy.orm import Session, selectinload

from factcheck import idempotency, markup
from factcheck.auth import Access, Scope, open_to, public
from factcheck.claimreview import MarkupPageSchema
from factcheck.fields import storable
from factcheck.markup import MarkupPage, MarkupStatus
from factcheck.parsing import Parser
from factcheck.problems import not_found, wrong
from factcheck.publish.google import masks
from factcheck.publish.google.calls import (
    PAGE,
    answer,
    arguments,
    blueprint,
    next_page,
    page,
    reading,
    writing,
)
from factcheck.sources import canonical
from factcheck.text import site

_PAGE_FIELDS = """
    name,pageUrl,publishDate,versionId,claimReviewAuthor(name,imageUrl),
    claimReviewMarkups(
        url,claimReviewed,claimDate,claimLocation,claimFirstAppearance,claimAppearances,
        claimAuthor(name,imageUrl,jobTitle,sameAs),
        rating(ratingValue,worstRating,bestRating,textualRating,ratingExplanation,imageUrl)
    )
"""
blp = blueprint("pages")
PAGE_SHAPE = masks.parse(_PAGE_FIELDS)
LIST_SHAPE = masks.parse(f"claimReviewMarkupPages({_PAGE_FIELDS}),nextPageToken")
_PARSER = Parser()


@blp.get("/pages")
@public
def index() -> Response:
    """List the markup of an address, or of a site, newest first."""
    given = arguments({"url": str, "organization": str, **PAGE})
    if ("url" in given) == ("organization" in given):
        raise wrong("url", "Give either a url or an organization.")
    size, start = page(given)
    query = select(MarkupPage).where(MarkupPage.status == MarkupStatus.published)
    if "url" in given:
        size, start = 1, 0
        query = query.where(MarkupPage.canonical_url == _canonical(given["url"]))
    else:
        query = query.where(on_site(MarkupPage.site, given["organization"]))
    # A token names the last page that was listed, so that one made meanwhile moves nothing.
    query = query.offset(start) if isinstance(start, int) else query.where(MarkupPage.id < UUID(start))
    query = query.order_by(MarkupPage.id.desc()).limit(size + 1)
    with reading() as session:
        found = session.scalars(query.options(selectinload(MarkupPage.markups))).all()
        pages = [markup.represent(each) for each in found[:size]]
    return answer(
        {
            **({"claimReviewMarkupPages": pages} if pages else {}),
            **({"nextPageToken": next_page(given, found[size - 1].id.hex)} if len(found) > size else {}),
        },
        LIST_SHAPE,
    )


def _canonical(url: str) -> str:
    try:
        return canonical(url)
    except ValueError:
        raise wrong("url", "This is not an address.") from None


def on_site(column: Any, given: str) -> Any:
    """Return the condition for a host to be this site or beneath it; the site may come as an address."""
    try:
        wanted = site(given if "//" in given else f"//{given}")
    except ValueError:
        wanted = ""
    if not (wanted and storable(wanted)):
        return false()  # No host is called that; PostgreSQL would refuse to be asked.
    return or_(column == wanted, column.endswith(f".{wanted}", autoescape=True))


@blp.post("/pages")
@open_to(Access.editor, Scope.post)
def create() -> Response:
    """Store the markup of a page."""
    arguments({})
    with writing() as (session, actor):

        def make() -> Response:
            made = MarkupPage.record(session, actor, _body())
            response = answer(markup.represent(made), PAGE_SHAPE)
            idempotency.keep(session, actor, request, response)
            return response

        return idempotency.once(session, actor, request, make)


@blp.get("/pages/<key>")
@public
def read(key: str) -> Response:
    """Read the markup of a page."""
    arguments({})
    with reading() as session:
        return answer(markup.represent(_find(session, key)), PAGE_SHAPE)


@blp.put("/pages/<key>")
@open_to(Access.editor, Scope.edit)
def update(key: str) -> Response:
    """Replace the whole markup of a page, unless it changed since the version that is given."""
    arguments({})
    with writing() as (session, actor):
        found = _find(session, key)
        data = _body()
        if data.get("name", found.name) != found.name:
            raise wrong("name", f"The body names another page than {found.name}.")
        found.replace(session, actor, data)
        return answer(markup.represent(found), PAGE_SHAPE)


@blp.delete("/pages/<key>")
@open_to(Access.editor, Scope.edit)
def remove(key: str) -> Response:
    """Delete the markup of a page; its history stays."""
    arguments({})
    with writing() as (session, actor):
        _find(session, key).delete(session, actor)
        return answer({}, {})


def _body() -> Any:
    return _PARSER.parse(MarkupPageSchema(), request, location="json")


def _find(session: Session, key: str) -> MarkupPage:
    found = MarkupPage.find(session, key)
    if found is None or found.status is MarkupStatus.deleted:
        raise not_found("page of markup")
    return found
