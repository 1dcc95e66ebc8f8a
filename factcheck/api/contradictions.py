"""`/v1/contradictions` and the decisions on them."""

from typing import Any

from marshmallow import fields, validate
from sqlalchemy import false, or_, select

from factcheck import contradictions, entities, explanations, history
from factcheck.api.shapes.plain import History, page_of
from factcheck.api.shapes.statements import ContradictionAnswer
from factcheck.auth import Access
from factcheck.claims import Claim
from factcheck.contradictions import Contradiction, DecisionSchema, FlagStatus
from factcheck.db import first_id, unindexed
from factcheck.fields import Moment, TextField, as_id
from factcheck.graph import ContradictionKind
from factcheck.paging import FEW, PageArguments, listed, page
from factcheck.problems import gone, not_found
from factcheck.statements import Statement
from factcheck.web import Blueprint, actor, path_id, session, settle

blp = Blueprint(
    "contradictions",
    __name__,
    url_prefix="/v1/contradictions",
    description="Statements that cannot both hold.",
)


class ContradictionFilters(PageArguments):
    """What contradictions to list."""

    status = fields.Enum(FlagStatus, by_value=True)
    kind = fields.Enum(ContradictionKind, by_value=True)
    certainty = fields.String(validate=validate.OneOf(("asserted", "suggested")))
    claim = TextField(limit=200, metadata={"description": "Id or slug of a claim at either end of the path."})
    speaker = TextField(limit=200, metadata={"description": "Id or slug of either speaker."})
    subject = TextField(limit=200, metadata={"description": "Id or slug of whom it is about."})
    since = Moment(metadata={"description": "Flagged at this time or later (RFC 3339)."})


@blp.route("", operation="listContradictions", access=Access.public)
@blp.arguments(ContradictionFilters, location="query")
@blp.returns(200, page_of(ContradictionAnswer))
def index(arguments: dict[str, Any]) -> Any:
    """List contradictions, strongest first: same speaker, then asserted, then by score."""
    table = Contradiction
    few = False
    query = select(Contradiction.__table__).where(*contradictions.visible(actor()))
    if "status" in arguments:
        query = query.where(contradictions.of_status(arguments["status"]))
        if arguments["status"] in (FlagStatus.dismissed, FlagStatus.resolved) and not actor().is_editor:
            query = query.where(false())  # Readers see none of these.
    if arguments.get("certainty") == "asserted":
        query = query.where(table.asserted)
    elif "certainty" in arguments:
        query = query.where(contradictions.GUESS)
        if not actor().is_editor:  # Readers see no other guesses.
            query = query.where(contradictions.of_status(FlagStatus.confirmed))
    if "claim" in arguments:
        id_ = as_id(arguments["claim"])
        claim = select(Claim.id).where(Claim.id == id_ if id_ else Claim.slug == arguments["claim"])
        query = query.where(or_(table.claim_id.in_(claim), table.opposing_claim_id.in_(claim)))
    if "speaker" in arguments:
        speaker = entities.meant(session(), actor(), arguments["speaker"])
        said = select(Statement.id).where(Statement.speaker_id.in_(speaker))
        query = query.where(or_(table.statement_id.in_(said), table.opposing_id.in_(said)))
    if "subject" in arguments:
        query = query.where(table.subject_id.in_(entities.meant(session(), actor(), arguments["subject"])))
    if "since" in arguments:
        since = table.created_at >= arguments["since"]
        newest = select(table.id).where(table.id >= first_id(arguments["since"]), since).limit(FEW + 1)
        recent = list(session().scalars(newest))
        few = len(recent) <= FEW
        query = query.where(table.id.in_(recent) if few else since)
    if "kind" in arguments:
        # Most are of one kind: where anything else says which, that is the way to begin.
        narrow = few or not arguments.keys().isdisjoint(("claim", "speaker", "subject"))
        query = query.where((unindexed(table.kind) if narrow else table.kind) == arguments["kind"])
    rows, cursor = page(session(), query, (table.rank, table.id), arguments)
    return listed(explanations.represent(session(), rows, actor()), cursor)


def _find(key: str) -> Contradiction:
    flag = session().get(Contradiction, path_id(key, "contradiction"))
    if flag is None or not (flag.public or actor().is_editor):
        raise not_found("contradiction")
    if flag.status is FlagStatus.resolved and not actor().is_editor:
        raise gone("contradiction", f"is resolved: {flag.resolution}")
    return flag


def _represent(flag: Contradiction) -> dict[str, Any]:
    return explanations.represent(session(), [flag], actor())[0]


@blp.route("/<key>", operation="readContradiction", access=Access.public)
@blp.returns(200, ContradictionAnswer)
def read(key: str) -> Any:
    """Read a contradiction with its path, evidence and explanation."""
    return _represent(_find(key))


@blp.route("/<key>/decision", method="POST", operation="decideContradiction", access=Access.editor)
@blp.arguments(DecisionSchema, example={"status": "confirmed", "reason": "Both speak of the same report."})
@blp.returns(200, ContradictionAnswer)
def decide(data: dict[str, Any], key: str) -> Any:
    """Confirm or dismiss a contradiction, or reopen it; the last decision counts while its facts stand."""
    flag = _find(key)
    flag.decide(session(), actor(), data["status"], data["reason"])
    settle()
    return _represent(flag)


@blp.route("/<key>/history", operation="readContradictionHistory", access=Access.editor)
@blp.returns(200, History)
def read_history(key: str) -> Any:
    """Read when it was raised, decided and resolved, by whom and why."""
    return {"items": history.read(session(), ["contradiction"], [_find(key).id])}
