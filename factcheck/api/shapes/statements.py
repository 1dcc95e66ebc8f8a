"""Statements as they are shown: with links, verification, analysis and contradictions."""

from marshmallow import fields, validate

from factcheck.api.shapes.plain import Dated, Shape, one_of, string
from factcheck.api.shapes.records import ClaimBrief, EntityBrief, NamedBrief, SourceBrief
from factcheck.contradictions import Decision, FlagStatus
from factcheck.graph import ContradictionKind, Stance
from factcheck.links import LinkStatus, StatementStatus
from factcheck.snapshots import Result
from factcheck.statements import AnchorSchema, StatementKind


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
