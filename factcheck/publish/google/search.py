"""`claims:search`: claims that somebody reviewed, here or on a page of markup."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Response, url_for
from sqlalchemy import ColumnElement, Select, String, cast, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from factcheck import lookups, search, web
from factcheck.auth import public
from factcheck.claimreview import moment_of
from factcheck.claims import Claim, ClaimStatus
from factcheck.db import now
from factcheck.entities import Entity
from factcheck.graph import Stance
from factcheck.history import State
from factcheck.links import Link, LinkStatus, StatementStatus
from factcheck.markup import Markup, MarkupPage, MarkupStatus
from factcheck.problems import Problem, wrong
from factcheck.publish.google import masks
from factcheck.publish.google.calls import (
    PAGE,
    Arguments,
    answer,
    arguments,
    blueprint,
    next_page,
    page,
    reading,
)
from factcheck.publish.google.pages import on_site
from factcheck.reviews import Review, ReviewStatus
from factcheck.text import site

blp = blueprint("search")
SHAPE = masks.parse(
    """claims(text,claimant,claimDate,
        claimReview(publisher(name,site),url,title,reviewDate,textualRating,languageCode)),nextPageToken"""
)
# What is searched of a query as long as an article.
_LONGEST = 20_000
# Of that, the words that are counted; of those, the ones that are looked up.
_COUNTED, _RARE, _COMMON = 200, 40, 6
_FIRST = aliased(Link)


@blp.get("/claims:search")
@public
def claims_search() -> Response:
    """Search the claims that somebody reviewed; without a query, list those of a publisher, newest first."""
    known = {"query": str, "languageCode": str, "reviewPublisherSiteFilter": str, "maxAgeDays": int}
    given = arguments({**known, **PAGE})
    if not given.keys() & {"query", "reviewPublisherSiteFilter"}:
        raise wrong("query", "Give a query, or a reviewPublisherSiteFilter.")
    size, offset = page(given)
    with reading() as session:
        found = _hits(session, given, offset, size + 1) if "query" in given else None
        if found is None:
            listed = _reviewed(given)
            newest = listed.order_by(listed.selected_columns.newest.desc(), listed.selected_columns.id.desc())
            found = list(session.scalars(newest.offset(offset).limit(size + 1)))
        claims = _represent(session, given, found[:size])
    return answer(
        {
            **({"claims": claims} if claims else {}),
            **({"nextPageToken": next_page(given, offset + size)} if len(found) > size else {}),
        },
        SHAPE,
    )


@blp.get("/claims:imageSearch")
@public
def image_search() -> Response:
    """Refuse to search by picture: what is stored here is words."""
    raise Problem(501, "not-implemented", "Claims are searched by words here, not by pictures.")


def _hits(session: Session, given: Arguments, offset: int, limit: int) -> list[UUID]:
    """Return what has all words of the query, else what shares its rarest words, best first."""
    where: dict[str, Any] = {"record_types": ("claim", "markup"), "among": _passing(given)}
    query = given["query"][:_LONGEST]
    try:
        found = search.search(session, query, **where, offset=offset, limit=limit)
        # Beyond the last page nothing is found, which is no reason to look for less.
        if found or (offset and search.search(session, query, **where, limit=1)):
            return [hit.record_id for hit in found]
    except Problem:  # No word, or more than a person would type.
        pass
    weights = lookups.weigh(session, lookups.telling(query, limit=_COUNTED))
    rarest = sorted((n, stem) for stem, (n, _) in weights.items() if n)
    # Words of thousands of documents take long and tell little; where there are no others, a few of them.
    rare = [each for each in rarest if each[0] < lookups.COUNTED][:_RARE] or rarest[:_COMMON]
    if not rare:
        return []
    stems = [stem for _, stem in rare]
    found = search.resembling(session, stems, **where, offset=offset, limit=limit)
    return [hit.record_id for hit in found]


def _passing(given: Arguments) -> ColumnElement[bool]:
    """Return the condition for a document to be something that was reviewed and passes the filters."""
    ours = select(Review.id).join(Claim, Claim.id == Review.claim_id)
    ours = ours.where(Claim.status == ClaimStatus.published)
    ours = ours.where(Review.claim_id == search.FOUND.record_id, *_ours(given))
    if since := _since(given):
        fresh = cast(Review.published_on, String) >= since
        ours = ours.where(or_(fresh, _first_said(Review.claim_id, _FIRST.said_on) >= since))
    theirs = select(Markup.id).join(MarkupPage, MarkupPage.id == Markup.page_id)
    theirs = theirs.where(Markup.id == search.FOUND.record_id, *_theirs(given))
    return or_(ours.exists(), theirs.exists())


def _reviewed(given: Arguments) -> Select[*tuple[Any, ...]]:
    """Select what was reviewed and passes the filters: claims of ours, and fact checks on pages."""
    newest = cast(func.max(Review.published_on), String)
    ours = select(Review.claim_id.label("id"), newest.label("newest")).where(*_ours(given))
    ours = ours.join(Claim, Claim.id == Review.claim_id).where(Claim.status == ClaimStatus.published)
    ours = ours.group_by(Review.claim_id)
    theirs = select(Markup.id, Markup.newest).join(MarkupPage, MarkupPage.id == Markup.page_id)
    theirs = theirs.where(*_theirs(given))
    if since := _since(given):
        ours = ours.having(or_(newest >= since, _first_said(Review.claim_id, _FIRST.said_on) >= since))
    found = union_all(ours, theirs).subquery()
    return select(found.c.id, found.c.newest)


def _since(given: Arguments) -> str | None:
    """Return the day from which on a claim or its review must be: Google takes the newer of both."""
    days = given.get("maxAgeDays")
    return (now() - timedelta(days=min(days, 365_000))).date().isoformat() if days else None


def _theirs(given: Arguments) -> list[Any]:
    """Return the conditions on fact checks on pages of markup."""
    conditions = [MarkupPage.status == MarkupStatus.published]
    if code := given.get("languageCode"):
        conditions.append(_in_language(Markup.language, code))
    if publisher := given.get("reviewPublisherSiteFilter"):
        conditions.append(on_site(MarkupPage.site, publisher))
    if since := _since(given):
        conditions.append(Markup.newest >= since)
    return conditions


def _ours(given: Arguments) -> list[Any]:
    """Return the conditions on our own reviews. One without an address stands on the page of its claim."""
    conditions = [Review.status == ReviewStatus.published]
    if code := given.get("languageCode"):
        conditions.append(_in_language(Review.language, code))
    if publisher := given.get("reviewPublisherSiteFilter"):
        home = site(web.settings().public_url)
        conditions.append(on_site(func.coalesce(Review.site, home), publisher))
    return conditions


def _in_language(column: Any, code: str) -> Any:
    """Return the condition for a language; like Google, it looks at no region."""
    language, tag = code.partition("-")[0].lower(), func.lower(column)
    return or_(tag == language, tag.startswith(f"{language}-", autoescape=True))


def _first_said(claim_id: Any, column: Any) -> Any:
    """Return a column of the link of the earliest dated statement that supports a claim."""
    said = select(column).where(
        _FIRST.claim_id == claim_id,
        _FIRST.stance == Stance.supports,
        _FIRST.status == LinkStatus.confirmed,
        _FIRST.statement_status == StatementStatus.published,
        _FIRST.said_on != "",
    )
    return said.order_by(_FIRST.said_on, _FIRST.statement_id).limit(1).scalar_subquery()


def _represent(session: Session, given: Arguments, ids: list[UUID]) -> list[State]:
    """Return claims and fact checks as Google's Claim, in the order of these ids, in three queries."""
    by_id: dict[UUID, State] = {}
    claims = (
        select(Claim.id, Claim.slug, Claim.text, Link.said_on, Entity.name.label("claimant"))
        .select_from(Claim)
        .outerjoin(Link, Link.id == _first_said(Claim.id, _FIRST.id))
        .outerjoin(Entity, Entity.id == Link.speaker_id)
        .where(Claim.id.in_(ids))
    )
    slugs: dict[UUID, str] = {}
    for row in session.execute(claims):
        slugs[row.id] = row.slug
        by_id[row.id] = _set(
            text=row.text, claimant=row.claimant, claimDate=_moment(row.said_on), claimReview=[]
        )
    reviews = select(Review.__table__).where(Review.claim_id.in_(ids), *_ours(given))
    for review in session.execute(reviews.order_by(Review.published_on.desc(), Review.id.desc())):
        by_id[review.claim_id]["claimReview"].append(_review(review, slugs[review.claim_id]))
    markups = select(
        Markup.id,
        Markup.content,
        Markup.language,
        MarkupPage.page_url,
        MarkupPage.site,
        MarkupPage.publish_date,
        MarkupPage.author,
    ).join(MarkupPage, MarkupPage.id == Markup.page_id)
    for row in session.execute(markups.where(Markup.id.in_(ids))):
        by_id[row.id] = _checked(row)
    return [by_id[id_] for id_ in ids]


def _review(review: Any, slug: str) -> State:
    url = review.url or web.settings().public_url + url_for("pages.claim", key=slug)
    return _set(
        publisher=_set(name=review.author["name"], site=site(url)),
        url=url,
        title=review.title,
        reviewDate=_moment(review.published_on.isoformat()),
        textualRating=review.rating["name"],
        languageCode=review.language,
    )


def _checked(row: Any) -> State:
    """Return a fact check on a page of markup as a Claim with its one review."""
    content = row.content
    review = _set(
        publisher=_set(name=row.author.get("name"), site=row.site),
        url=content.get("url", row.page_url),
        reviewDate=_moment(row.publish_date),
        textualRating=_verdict(content["rating"]),
        languageCode=row.language,
    )
    return _set(
        text=content["claimReviewed"],
        claimant=content.get("claimAuthor", {}).get("name"),
        claimDate=_moment(content.get("claimDate")),
        claimReview=[review],
    )


def _verdict(rating: State) -> str:
    """Return the verdict in words; of one that is only a value, the value and the best there is."""
    best = f" of {rating['bestRating']}" if "bestRating" in rating else ""
    return rating.get("textualRating") or f"{rating['ratingValue']}{best}"


def _set(**fields: Any) -> State:
    """Return the fields that are set, as protocol buffers do in JSON."""
    return {name: value for name, value in fields.items() if value is not None}


def _moment(day: str | None) -> str | None:
    """Return the moment that Google's shape asks for: the beginning of a day, never more than is known."""
    moment = moment_of(day) if day else None
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z") if moment else None
