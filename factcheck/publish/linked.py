"""Linked data: what the pages show, at addresses of its own, and where statements stand in sources."""

from math import ceil
from typing import Any

from flask import Blueprint, Response, redirect, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate
from sqlalchemy import func, or_, select

from factcheck import listing, views, web
from factcheck.auth import ANYONE, Access, public
from factcheck.fields import StrictSchema
from factcheck.problems import Problem, not_found
from factcheck.publish import annotations, jsonld, reading
from factcheck.publish.serving import document
from factcheck.sources import Source
from factcheck.statements import Statement, StatementKind

blp = Blueprint("linked", __name__)
# Under /v1, and so in the OpenAPI document.
annotated = web.Blueprint(
    "annotations",
    __name__,
    url_prefix="/v1",
    description="Statements as W3C Web Annotations on their sources.",
)

STATEMENTS_PER_SIDE = 50
PER_PAGE = 100
# What has words that stand in its source; see `annotations.selectors`.
_ANCHORED = or_(
    Statement.kind == StatementKind.direct,
    Statement.anchor.is_not(None),
    Statement.verification_result.is_not(None),
)


@blp.get("/claims/<key>.jsonld")
@public
def claim(key: str) -> ResponseReturnValue:
    """Describe a claim and both its sides; an id, or a claim that was merged, leads to what stands."""
    with web.database().reading() as session:
        summary = reading.standing(session, key)
        if summary["slug"] != key:
            return redirect(url_for("linked.claim", key=summary["slug"]), 308)
        view, _ = views.claim_view(session, summary, ANYONE, limit=STATEMENTS_PER_SIDE)
        said = (*view["supports"]["statements"], *view["disputes"]["statements"], *view["retracted"])
        corrections = reading.corrections(session, [view["claim"], *said])
    return _linked(jsonld.claim(view, corrections, _base()))


@blp.get("/statements/<key>.jsonld")
@public
def statement(key: str) -> ResponseReturnValue:
    """Describe a statement and what it bears on."""
    with web.database().reading() as session:
        shown = reading.statement(session, web.path_id(key, "statement"))
        bearing = reading.bearing(session, [shown["id"]]).get(shown["id"], [])
        corrections = reading.corrections(session, [shown])
    return _linked(jsonld.statement(shown, bearing, corrections, _base()))


@blp.get("/entities/<key>.jsonld")
@public
def entity(key: str) -> ResponseReturnValue:
    """Describe a person or an organisation; an id, or one that was merged, leads to what stands."""
    with web.database().reading() as session:
        row = reading.entity(session, key)
    if row.slug != key:
        return redirect(url_for("linked.entity", key=row.slug), 308)
    return _linked(jsonld.entity(row, _base()))


@blp.get("/reviews/<key>.jsonld")
@public
def review(key: str) -> ResponseReturnValue:
    """Describe a verdict as ClaimReview, in the context of schema.org alone."""
    with web.database().reading() as session:
        found = reading.review(session, web.path_id(key, "review"))
        supporters = reading.supporters(session, found["claim"]["id"])
    return _linked(jsonld.claim_review(found, supporters, _base()))


@blp.get("/ns/factcheck.jsonld")
@public
def vocabulary() -> ResponseReturnValue:
    """Give our terms: a context to read our documents with, and what each term means."""
    return _linked(jsonld.vocabulary())


def _base() -> str:
    return web.settings().public_url


def _linked(body: jsonld.Node) -> Response:
    return document(body, jsonld.MEDIA_TYPE)


class PageNumber(StrictSchema):
    """Which page of a collection; without it, the collection itself."""

    page = fields.Integer(strict=False, validate=validate.Range(0, 1_000_000))


AnnotationAnswer = Schema.from_dict(
    {
        "@context": fields.String(required=True),
        "id": fields.Url(required=True),
        "type": fields.Constant("Annotation"),
        "motivation": fields.List(fields.String(), required=True),
        "created": fields.DateTime(required=True),
        "modified": fields.DateTime(required=True),
        "body": fields.List(fields.Dict(), required=True),
        "target": fields.Dict(required=True),
    },
    name="Annotation",
)
AnnotationsAnswer = Schema.from_dict(
    {
        "@context": fields.String(required=True),
        "id": fields.Url(required=True),
        "type": fields.String(
            required=True, validate=validate.OneOf(("AnnotationCollection", "AnnotationPage"))
        ),
        "label": fields.String(),
        "total": fields.Integer(),
        "first": fields.Url(),
        "last": fields.Url(),
        "partOf": fields.Dict(),
        "startIndex": fields.Integer(),
        "prev": fields.Url(),
        "next": fields.Url(),
        "items": fields.List(fields.Dict()),
    },
    name="Annotations",
)


@annotated.route("/statements/<key>/annotation", operation="readAnnotation", access=Access.public)
@annotated.returns(200, AnnotationAnswer, content_type=jsonld.MEDIA_TYPE)
def annotation(key: str) -> Any:
    """Read a published statement as a Web Annotation on its source."""
    shown = reading.statement(web.session(), web.path_id(key, "statement"))
    bearing = reading.bearing(web.session(), [shown["id"]]).get(shown["id"], [])
    found = annotations.annotation(shown, bearing, _base())
    if found is None:
        detail = "This statement is told in other words than its source's, so there is no place to point at."
        raise Problem(404, "not-found", detail)
    return document(found, annotations.MEDIA_TYPE)


@annotated.route("/sources/<key>/annotations", operation="listAnnotations", access=Access.public)
@annotated.arguments(PageNumber, location="query")
@annotated.returns(200, AnnotationsAnswer, content_type=jsonld.MEDIA_TYPE)
def collection(arguments: dict[str, Any], key: str) -> Any:
    """Read what is annotated in a source: the collection, or one page of it, oldest first."""
    session = web.session()
    id_ = web.path_id(key, "source")
    source = session.execute(
        select(Source.id, Source.url, Source.headline, Source.publisher).where(
            Source.id == id_, Source.public
        )
    ).one_or_none()
    if source is None:
        raise not_found("source")
    where = (Statement.source_id == id_, listing.PUBLISHED, _ANCHORED)
    total = session.scalar(select(func.count()).select_from(Statement).where(*where)) or 0
    pages = ceil(total / PER_PAGE)
    node = annotations.collection(source._asdict(), total, pages, _base())
    number = arguments.get("page")
    if number is None:
        return document(node, annotations.MEDIA_TYPE)
    if number >= pages:
        raise not_found("page")
    query = (
        listing.statements().where(*where).order_by(Statement.id).limit(PER_PAGE).offset(number * PER_PAGE)
    )
    shown = [listing.represent(row) for row in session.execute(query)]
    bearing = reading.bearing(session, [s["id"] for s in shown])
    items = [found for s in shown if (found := annotations.annotation(s, bearing.get(s["id"], []), _base()))]
    body = annotations.collection_page(node, number, number * PER_PAGE, items)
    return document(body, annotations.MEDIA_TYPE)
