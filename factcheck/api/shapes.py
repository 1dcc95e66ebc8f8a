"""The shapes of answers, for the OpenAPI document and for the test that holds answers against it."""

from typing import Any

from marshmallow import Schema, fields, validate

from factcheck.claims import ClaimKind, ClaimSchema, ClaimStatus
from factcheck.contradictions import Decision, FlagStatus
from factcheck.entities import EntitySchema, EntityType
from factcheck.fields import StrictSchema, TextField
from factcheck.graph import ContradictionKind, Stance
from factcheck.links import LinkStatus, StatementStatus
from factcheck.relations import RelationType
from factcheck.reviews import AuthorSchema, RatingSchema, ReviewStatus
from factcheck.snapshots import Result
from factcheck.sources import SourceType
from factcheck.statements import AnchorSchema, StatementKind


def one_of(enum: Any, **kwargs: Any) -> fields.String:
    """Return the field of an enum's value."""
    return fields.String(required=True, validate=validate.OneOf([member.value for member in enum]), **kwargs)


def string(**kwargs: Any) -> fields.String:
    """Return a text that is always there, or null where allowed."""
    return fields.String(required=True, **kwargs)


class Shape(Schema):
    """An answer; every field is always there."""

    class Meta:
        unknown = "raise"


class ReasonSchema(StrictSchema):
    """Why something is taken back; readers of the history see it."""

    reason = TextField(limit=5000, required=True)


class MergeSchema(StrictSchema):
    """What a record is merged into."""

    into = TextField(limit=200, required=True, metadata={"description": "Id or slug of what stands."})
    reason = TextField(limit=5000, required=True)


class EntityBrief(Shape):
    """An entity where it is mentioned."""

    id = fields.UUID(required=True)
    slug = string()
    type = one_of(EntityType)
    name = string()


class NamedBrief(Shape):
    """An entity where only its name matters."""

    id = fields.UUID(required=True)
    slug = string()
    name = string()


class ClaimBrief(Shape):
    """A claim where it is mentioned."""

    id = fields.UUID(required=True)
    slug = string()
    text = string()


class Dated(Shape):
    """What every stored record tells of itself."""

    revision = fields.Integer(required=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)


class EntityAnswer(EntityBrief, Dated):
    """An entity."""

    alternate_names = fields.List(fields.String(), required=True)
    job_title = string(allow_none=True)
    same_as = fields.List(fields.Url(), required=True)


class SourceAnswer(Dated):
    """A source."""

    id = fields.UUID(required=True)
    url = string(allow_none=True)
    canonical_url = string(allow_none=True)
    type = one_of(SourceType)
    headline = string(allow_none=True)
    publisher = string(allow_none=True)
    author = fields.List(fields.String(), required=True)
    published_on = string(allow_none=True)
    language = string(allow_none=True)
    archived_at = string(allow_none=True)


class SnapshotAnswer(Dated):
    """What a source says."""

    source = fields.UUID(required=True)
    text = string()
    sha256 = string()
    length = fields.Integer(required=True, metadata={"description": "Code points."})
    captured_at = fields.DateTime(required=True)


class SourceBrief(Shape):
    """A source where it is mentioned."""

    id = fields.UUID(required=True)
    url = string(allow_none=True)
    canonical_url = string(allow_none=True)
    type = one_of(SourceType)
    headline = string(allow_none=True)
    publisher = string(allow_none=True)
    published_on = string(allow_none=True)


class ClaimAnswer(ClaimBrief, Dated):
    """A claim."""

    kind = one_of(ClaimKind)
    about = fields.List(fields.Nested(EntityBrief), required=True)
    topics = fields.List(fields.String(), required=True)
    status = one_of(ClaimStatus)


class RelationAnswer(Shape):
    """A relation between two claims."""

    id = fields.UUID(required=True)
    type = one_of(RelationType)
    rationale = string(allow_none=True)
    created_by = string(allow_none=True, metadata={"description": "For editors; null for readers."})
    created_at = fields.DateTime(required=True)
    to = fields.Nested(ClaimBrief, required=True)


# `from` is a keyword of Python, so the field cannot be declared in the class body.
RelationAnswer._declared_fields["from"] = fields.Nested(ClaimBrief, required=True)


class SpanAnswer(Shape):
    """Words of a statement, by code points, end exclusive."""

    start = fields.Integer(required=True)
    end = fields.Integer(required=True)
    text = string()


class LinkShape(Shape):
    """How a statement bears on the claim at hand."""

    stance = one_of(Stance)
    status = one_of(LinkStatus)
    basis = string()
    confidence = fields.Float(required=True)
    span = fields.Nested(SpanAnswer, required=True, allow_none=True)
    rationale = string(allow_none=True)


class LinkAnswer(LinkShape):
    """A link with its claim."""

    claim = fields.Nested(ClaimBrief, required=True)


class Retraction(Shape):
    """When and why a statement was retracted."""

    at = fields.DateTime(required=True)
    reason = string()


class SelectorAnswer(Shape):
    """Where in a source words stand: a selector of the W3C Web Annotation model."""

    type = string(validate=validate.OneOf(("TextQuoteSelector", "TextPositionSelector")))
    exact = fields.String()
    prefix = fields.String()
    suffix = fields.String()
    start = fields.Integer()
    end = fields.Integer()


class DifferenceAnswer(Shape):
    """A step from the source's words to the statement's."""

    op = string(validate=validate.OneOf(("equal", "insert", "delete", "replace")))
    quotation = string()
    source = string()


class VerificationAnswer(Shape):
    """Whether the source holds the words; found by text analysis, and null without a snapshot."""

    result = fields.String(
        required=True,
        allow_none=True,
        validate=validate.OneOf([*(result.value for result in Result), None]),
        metadata={"description": "Null for indirect speech in other words than the source's."},
    )
    occurrences = fields.Integer(
        required=True, metadata={"description": "In how many places they stand; 100: or more."}
    )
    selectors = fields.List(
        fields.Nested(SelectorAnswer),
        required=True,
        allow_none=True,
        metadata={"description": "Of the one place that is meant; null where it is none, or not certain."},
    )
    diff = fields.List(fields.Nested(DifferenceAnswer), required=True)
    reason = string()
    verified_at = fields.DateTime(required=True)
    snapshot = string(metadata={"description": "SHA-256 of the text that it was found in."})


class StatementBase(Dated):
    """A statement as every list shows it."""

    id = fields.UUID(required=True)
    text = string()
    kind = one_of(StatementKind)
    language = string()
    speaker = fields.Nested(EntityBrief, required=True)
    speaker_role = string(allow_none=True)
    on_behalf_of = fields.Nested(EntityBrief, required=True, allow_none=True)
    said_on = string(allow_none=True)
    said_on_precision = string(allow_none=True)
    said_to = string(allow_none=True)
    source = fields.Nested(SourceBrief, required=True)
    anchor = fields.Nested(AnchorSchema, required=True, allow_none=True)
    verification = fields.Nested(VerificationAnswer, required=True, allow_none=True)
    status = one_of(StatementStatus)
    retraction = fields.Nested(Retraction, required=True, allow_none=True)


class StatementOnClaim(StatementBase):
    """A statement on one side of a claim."""

    link = fields.Nested(LinkShape, required=True)


class StatementInContradiction(Shape):
    """A statement as a contradiction shows it."""

    id = fields.UUID(required=True)
    text = string()
    speaker = fields.Nested(NamedBrief, required=True)
    speaker_role = string(allow_none=True)
    said_on = string(allow_none=True)
    status = one_of(StatementStatus)


class PathPart(Shape):
    """A part of a path: statement, stance, claim, relation, claim, stance, statement.

    Where the words alone contradict each other: statement, comparison, statement.
    """

    type = string(validate=validate.OneOf(("statement", "stance", "claim", "relation", "comparison")))
    id = fields.UUID()
    value = fields.String()
    slug = fields.String()
    text = fields.String()


class Evidence(Shape):
    """The words of one statement that carry the contradiction."""

    statement = fields.UUID(required=True)
    span = fields.Nested(SpanAnswer, required=True)
    marked = fields.Boolean(
        required=True,
        metadata={"description": "False: nobody marked words, so the span is the whole statement."},
    )
    rationale = string(allow_none=True)


class DecisionAnswer(Shape):
    """What an editor decided."""

    status = one_of(Decision)
    by = string(allow_none=True, metadata={"description": "For editors; null for readers."})
    at = fields.DateTime(required=True)
    reason = string()


class ContradictionReason(Dated):
    """Why two statements contradict each other."""

    id = fields.UUID(required=True)
    kind = one_of(ContradictionKind)
    subject = fields.Nested(NamedBrief, required=True, allow_none=True)
    path = fields.List(fields.Nested(PathPart), required=True)
    evidence = fields.List(fields.Nested(Evidence), required=True)
    explanation = string()
    engine = string(
        allow_none=True,
        metadata={"description": "Which analysis read it in the words; null for what links say."},
    )
    score = fields.Float(required=True)
    certainty = string(validate=validate.OneOf(("asserted", "suggested")))
    status = one_of(FlagStatus)
    resolution = string(allow_none=True)
    decision = fields.Nested(DecisionAnswer, required=True, allow_none=True)


class ContradictionAnswer(ContradictionReason):
    """A contradiction: two statements, the earlier first, and why."""

    same_speaker = fields.Boolean(required=True)
    statements = fields.List(
        fields.Nested(StatementInContradiction), required=True, validate=validate.Length(equal=2)
    )


class Pair(Shape):
    """Two statements that contradict each other, once, with every reason."""

    statements = fields.List(fields.Nested(StatementInContradiction), required=True)
    same_speaker = fields.Boolean(required=True)
    reasons = fields.List(fields.Nested(ContradictionReason), required=True)


class SuggestionAnswer(LinkAnswer):
    """A link that nobody has confirmed; `basis` names who or which engine suggests it."""

    reason = string(allow_none=True, metadata={"description": "Why, as the engine says: the rationale."})


class AnalysisAnswer(Shape):
    """Which engine has read the words."""

    engine = string(allow_none=True)
    language = string(metadata={"description": "What the words read as, or are marked as."})
    skipped = string(allow_none=True, metadata={"description": "Why nothing was analysed; null if it was."})


class StatementAnswer(StatementBase):
    """A statement with its links and what it runs into."""

    links = fields.List(fields.Nested(LinkAnswer), required=True)
    suggestions = fields.List(fields.Nested(SuggestionAnswer), required=True)
    contradictions = fields.List(fields.Nested(ContradictionAnswer), required=True)
    opposing_total = fields.Integer(
        required=True, metadata={"description": "How many statements oppose this one; flags are bounded."}
    )
    analysis = fields.Nested(
        AnalysisAnswer,
        required=True,
        allow_none=True,
        metadata={"description": "Null where it was not analysed, and for readers."},
    )


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


class RevisionAnswer(Shape):
    """One change of a record."""

    record_type = string()
    record_id = fields.UUID(required=True)
    revision = fields.Integer(required=True)
    at = fields.DateTime(required=True)
    by = string(allow_none=True, metadata={"description": "For editors; null for readers."})
    action = string()
    reason = string(allow_none=True)
    changes = fields.Dict(
        required=True, metadata={"description": "For each changed field what was there before and after."}
    )


class History(Shape):
    """All changes of a record, oldest first."""

    items = fields.List(fields.Nested(RevisionAnswer), required=True)


def page_of(item: type[Schema]) -> type[Schema]:
    """Return the shape of a list of these items."""
    name = f"{item.__name__.removesuffix('Answer')}Page"
    return type(
        name,
        (Shape,),
        {
            "__doc__": "A page of a list.",
            "items": fields.List(fields.Nested(item), required=True),
            "next_cursor": string(allow_none=True),
        },
    )


class Hit(Shape):
    """A statement or claim that was found."""

    type = string(validate=validate.OneOf(("statement", "claim")))
    statement = fields.Nested(StatementBase, allow_none=True, required=True)
    claim = fields.Nested(ClaimAnswer, allow_none=True, required=True)


class EntityPatch(EntitySchema):
    """What to change in an entity."""

    reason = TextField(limit=5000)


class ClaimPatch(ClaimSchema):
    """What to change in a claim; a published one is changed with a reason."""

    reason = TextField(limit=5000)
