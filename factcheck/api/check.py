"""`POST /v1/check`: what a statement would be linked to and run into, without storing it.

It is what `POST /v1/statements` does, in a transaction that is rolled back: the two can never say
different things. What was only made for the check has no id in the answer.
"""

from typing import Any
from uuid import UUID

from marshmallow import fields, validate

from factcheck import consequences, history
from factcheck.api.shapes.plain import Shape, one_of, string
from factcheck.api.shapes.records import NamedBrief
from factcheck.api.shapes.statements import (
    AnalysisAnswer,
    Evidence,
    LinkAnswer,
    PathPart,
    SpanAnswer,
    StatementInContradiction,
    SuggestionAnswer,
)
from factcheck.api.statements import EXAMPLE, read_ahead, record, represent
from factcheck.auth import Access
from factcheck.graph import ContradictionKind
from factcheck.statements import StatementSchema
from factcheck.web import Blueprint, session, settings

blp = Blueprint("check", __name__, url_prefix="/v1/check", description="What a statement would run into.")


def _unstored() -> fields.UUID:
    return fields.UUID(
        required=True, allow_none=True, metadata={"description": "Null for what is not stored."}
    )


class CheckedName(NamedBrief):
    """An entity where only its name matters."""

    id = _unstored()


class CheckedClaim(Shape):
    """A claim where it is mentioned."""

    id = _unstored()
    slug = string()
    text = string()


class CheckedLink(LinkAnswer):
    """A link that the statement would have."""

    claim = fields.Nested(CheckedClaim, required=True)


class CheckedSuggestion(SuggestionAnswer):
    """A link that would be suggested."""

    claim = fields.Nested(CheckedClaim, required=True)


class CheckedStatement(StatementInContradiction):
    """A statement of a contradiction; the one that is checked has no id."""

    id = _unstored()
    speaker = fields.Nested(CheckedName, required=True)


class CheckedPathPart(PathPart):
    """A part of a path."""

    id = fields.UUID(allow_none=True)


class CheckedEvidence(Evidence):
    """The words of one statement that carry the contradiction."""

    statement = _unstored()
    span = fields.Nested(SpanAnswer, required=True)


class CheckedContradiction(Shape):
    """A contradiction that would be flagged: two statements, the earlier first, and why."""

    kind = one_of(ContradictionKind)
    same_speaker = fields.Boolean(required=True)
    statements = fields.List(
        fields.Nested(CheckedStatement), required=True, validate=validate.Length(equal=2)
    )
    subject = fields.Nested(CheckedName, required=True, allow_none=True)
    path = fields.List(fields.Nested(CheckedPathPart), required=True)
    evidence = fields.List(fields.Nested(CheckedEvidence), required=True)
    explanation = string()
    engine = string(allow_none=True)
    score = fields.Float(required=True)
    certainty = string(validate=validate.OneOf(("asserted", "suggested")))


class CheckAnswer(AnalysisAnswer):
    """What a statement would be linked to and run into."""

    links = fields.List(fields.Nested(CheckedLink), required=True)
    suggestions = fields.List(fields.Nested(CheckedSuggestion), required=True)
    contradictions = fields.List(fields.Nested(CheckedContradiction), required=True)
    opposing_total = fields.Integer(required=True)


@blp.route(
    "",
    method="POST",
    operation="checkStatement",
    access=Access.contributor,
    stores=False,
    prepare=read_ahead,
)
@blp.arguments(StatementSchema, example={k: v for k, v in EXAMPLE.items() if k != "links"})
@blp.returns(200, CheckAnswer)
def create(data: dict[str, Any]) -> Any:
    """Say what would be linked, suggested and flagged; store nothing.

    The body is that of a new statement, and what is wrong with it is answered as there: a
    statement that stands already is a duplicate here too.
    """
    linked = bool(data.get("links"))
    statement = record(data)
    graph = consequences.foresee(session(), settings().max_flags)
    made = {str(change.record.id) for change in history.changes(session()) if change.before is None}
    shown = represent(statement, graph)
    why = "It has links; send analysis: true to have its words read too." if linked else "As you asked."
    answer = {
        **(statement.analysis or {"engine": None, "language": statement.language, "skipped": why}),
        "links": shown["links"],
        "suggestions": shown["suggestions"],
        "contradictions": [
            {name: flag[name] for name in CheckedContradiction._declared_fields}
            for flag in shown["contradictions"]
        ],
        "opposing_total": shown["opposing_total"],
    }
    return _without(made, answer)


def _without(made: set[str], value: Any) -> Any:
    """Return JSON-ready data with null for each id of a record that is rolled back."""
    if isinstance(value, dict):
        return {name: _without(made, part) for name, part in value.items()}
    if isinstance(value, list):
        return [_without(made, part) for part in value]
    return None if isinstance(value, UUID | str) and str(value) in made else value
