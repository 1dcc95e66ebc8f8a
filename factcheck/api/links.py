"""`/v1/statements/…/links`: what a statement does with a claim."""

from typing import Any

from marshmallow import fields
from sqlalchemy import select

from factcheck.api import statements, whole
from factcheck.api.claims import find as find_claim
from factcheck.api.shapes.plain import ReasonSchema
from factcheck.api.shapes.statements import LinkAnswer
from factcheck.auth import Access
from factcheck.claims import Claim
from factcheck.fields import StrictSchema, TextField
from factcheck.graph import Stance
from factcheck.links import Link, LinkStatus, SpanSchema
from factcheck.problems import not_found
from factcheck.statements import Statement
from factcheck.web import Blueprint, actor, session, settle

blp = Blueprint(
    "links", __name__, url_prefix="/v1/statements", description="What a statement does with a claim."
)


class LinkSchema(StrictSchema):
    """What a statement does with a claim, as an editor sets it."""

    stance = fields.Enum(Stance, by_value=True, required=True)
    status = fields.Enum(
        LinkStatus, by_value=True, metadata={"description": "Confirmed where it is left out."}
    )
    span = fields.Nested(SpanSchema, allow_none=True)
    rationale = TextField(limit=5000, allow_none=True)
    reason = TextField(limit=5000, metadata={"description": "Why; kept in the history."})


def _find_link(key: str, claim_key: str) -> tuple[Statement, Claim, Link | None]:
    statement, claim = statements.find(key), find_claim(claim_key)
    link = session().scalar(select(Link).where(Link.statement_id == statement.id, Link.claim_id == claim.id))
    return statement, claim, link


def _read_link(statement: Statement, claim: Claim) -> Any:
    found = whole.links(session(), statement.id)
    return next((link for link in found if link.claim_id == claim.id), None)


@blp.route("/<key>/links/<claim_key>", operation="readLink", access=Access.public)
@blp.returns(200, LinkAnswer)
def read_link(key: str, claim_key: str) -> Any:
    """Read what a statement does with a claim."""
    statement, claim, _ = _find_link(key, claim_key)
    link = _read_link(statement, claim)
    if link is None or not whole.is_visible(actor(), link, statement):
        raise not_found("link")
    return whole.represent_link(link)


@blp.route(
    "/<key>/links/<claim_key>", method="PUT", operation="putLink", access=Access.contributor, created=True
)
@blp.arguments(LinkSchema, example={"stance": "supports", "span": {"text": "found nothing wrong with it"}})
@blp.returns(200, LinkAnswer)
def put_link(data: dict[str, Any], key: str, claim_key: str) -> Any:
    """Link a statement to a claim, confirm what was suggested, or change it; flags follow at once."""
    statements.changeable(key)
    statement, claim, link = _find_link(key, claim_key)
    if link is None:
        link = Link.make(session(), actor(), statement, claim, data)
    else:
        link.change(session(), actor(), data)
    settle()
    return whole.represent_link(_read_link(statement, claim))


@blp.route("/<key>/links/<claim_key>", method="DELETE", operation="rejectLink", access=Access.contributor)
@blp.arguments(ReasonSchema, example={"reason": "The words are about another crane."})
@blp.returns(200, LinkAnswer)
def remove_link(data: dict[str, Any], key: str, claim_key: str) -> Any:
    """Reject a link: it stays, marked, so that it is not suggested again, and counts nowhere."""
    statements.changeable(key)
    statement, claim, link = _find_link(key, claim_key)
    if link is None:
        raise not_found("link")
    link.reject(session(), actor(), data["reason"])
    settle()
    return whole.represent_link(_read_link(statement, claim))
