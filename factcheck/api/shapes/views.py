"""Reviews, both sides of a claim, and what search finds."""

from marshmallow import fields, validate

from factcheck.api.shapes.plain import Dated, Shape, one_of, string
from factcheck.api.shapes.records import ClaimAnswer, ClaimBrief
from factcheck.api.shapes.statements import Pair, StatementBase, StatementOnClaim
from factcheck.claims import ClaimKind, ClaimStatus
from factcheck.reviews import AuthorSchema, RatingSchema, ReviewStatus


class ReviewInView(Dated):
    """A verdict of a person on the claim at hand."""

    id = fields.UUID(required=True)
    author = fields.Nested(AuthorSchema, required=True)
    url = string(allow_none=True)
    title = string(allow_none=True)
    published_on = fields.Date(required=True)
    language = string()
    rating = fields.Nested(RatingSchema, required=True)
    explanation = string(allow_none=True)
    status = one_of(ReviewStatus)


class ReviewAnswer(ReviewInView):
    """A verdict of a person on a claim."""

    claim = fields.Nested(ClaimBrief, required=True)


class Side(Shape):
    """One side of a claim, latest said first."""

    count = fields.Integer(required=True)
    statements = fields.List(fields.Nested(StatementOnClaim), required=True)
    next_cursor = string(allow_none=True)


class CounterSide(Shape):
    """Who supports a counter-claim: the latest few, and how many in all."""

    count = fields.Integer(required=True)
    statements = fields.List(fields.Nested(StatementOnClaim), required=True)


class CounterClaimBrief(ClaimBrief):
    """A counter-claim."""

    kind = one_of(ClaimKind)
    status = one_of(ClaimStatus)


class Step(Shape):
    """One relation on the way from the claim to a counter-claim."""

    start = fields.UUID(required=True)
    relation = string()
    end = fields.UUID(required=True)


class CounterClaim(Shape):
    """A claim that cannot hold together with this one."""

    claim = fields.Nested(CounterClaimBrief, required=True)
    relation = string(validate=validate.OneOf(("contradicts", "exoneration_vs_responsibility")))
    path = fields.List(fields.Nested(Step), required=True)
    supports = fields.Nested(CounterSide, required=True)


class PairsInView(Shape):
    """Contradictions that touch the claim: how many, and the strongest pairs."""

    open = fields.Integer(required=True)
    confirmed = fields.Integer(required=True)
    items = fields.List(fields.Nested(Pair), required=True)


class View(Shape):
    """Both sides of a claim."""

    claim = fields.Nested(ClaimAnswer, required=True)
    supports = fields.Nested(Side, required=True)
    disputes = fields.Nested(Side, required=True)
    counter_claims = fields.List(fields.Nested(CounterClaim), required=True)
    contradictions = fields.Nested(PairsInView, required=True)
    retracted = fields.List(fields.Nested(StatementOnClaim), required=True)
    reviews = fields.List(fields.Nested(ReviewInView), required=True)
    version = fields.Integer(required=True, metadata={"description": "Raised by every change of this view."})
    as_of = fields.DateTime(required=True, metadata={"description": "When anything shown here last changed."})
    updated_at = fields.DateTime(
        required=True, metadata={"description": "When the claim itself last changed."}
    )


class Hit(Shape):
    """A statement or claim that was found."""

    type = string(validate=validate.OneOf(("statement", "claim")))
    statement = fields.Nested(StatementBase, allow_none=True, required=True)
    claim = fields.Nested(ClaimAnswer, allow_none=True, required=True)
