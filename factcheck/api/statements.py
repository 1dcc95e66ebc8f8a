"""`/v1/statements`."""

from typing import Any
from uuid import UUID

from flask import g, request
from marshmallow import fields

from factcheck import (
    ahead,
    entities,
    history,
    idempotency,
    listing,
    search,
    suggestions,
)
from factcheck.ahead import Judged
from factcheck.api import whole
from factcheck.api.shapes.plain import History, ReasonSchema, page_of
from factcheck.api.shapes.statements import StatementAnswer, StatementBase
from factcheck.auth import ANYONE, Access
from factcheck.fields import PartialDate, TextField, as_id
from factcheck.graph import ClaimGraph, Stance
from factcheck.links import StatementStatus
from factcheck.paging import FEW, PageArguments, listed, seal, unseal
from factcheck.prepared import Reads
from factcheck.problems import Problem, not_found
from factcheck.snapshots import Result
from factcheck.statements import Statement, StatementSchema
from factcheck.statements import find as find_statement
from factcheck.web import (
    Blueprint,
    actor,
    aside,
    database,
    engine,
    metrics,
    path_id,
    session,
    settings,
    settle,
)

blp = Blueprint(
    "statements", __name__, url_prefix="/v1/statements", description="Who said what, word for word."
)

EXAMPLE = {
    "text": "The crane was inspected in March, and the inspectors found nothing wrong with it.",
    "speaker": {"name": "Ilse Brandt", "type": "Person"},
    "speaker_role": "attorney for Northgate Cranes",
    "on_behalf_of": {"name": "Northgate Cranes", "type": "Organization"},
    "said_on": "2026-05-11",
    "said_to": "Harbour Herald",
    "source": {"url": "https://herald.example/2026/05/crane", "type": "NewsArticle"},
    "links": [
        {
            "claim": {
                "text": "The inspection clears Northgate Cranes.",
                "kind": "exoneration",
                "about": [{"name": "Northgate Cranes", "type": "Organization"}],
            },
            "stance": "supports",
            "span": {"text": "the inspectors found nothing wrong with it"},
        }
    ],
}


class StatementFilters(PageArguments):
    """What statements to list."""

    speaker = TextField(limit=200, metadata={"description": "Id or slug of an entity."})
    on_behalf_of = TextField(limit=200, metadata={"description": "Id or slug of an entity."})
    claim = TextField(limit=200, metadata={"description": "Id or slug of a claim."})
    stance = fields.Enum(Stance, by_value=True, metadata={"description": "With claim: on which side."})
    source = fields.UUID(metadata={"description": "Id of a source."})
    said_after = PartialDate(metadata={"description": "Said on this date or later."})
    said_before = PartialDate(metadata={"description": "Said before this date."})
    status = fields.Enum(StatementStatus, by_value=True)
    verification = fields.Enum(
        Result, by_value=True, metadata={"description": "How the words stand in the snapshot of the source."}
    )
    q = TextField(limit=500, metadata={"description": "Words to look for; see search."})


class StatementPatch(StatementSchema):
    """What to change in a statement; a published one is changed with a reason."""

    class Meta(StatementSchema.Meta):
        exclude = ("links",)

    reason = TextField(limit=5000)


def find(key: str) -> Statement:
    """Return a statement that the caller may see, by the id in a path; raise 404."""
    statement = find_statement(session(), actor(), path_id(key, "statement"))
    if statement is None:
        raise not_found("statement")
    return statement


def changeable(key: str) -> Statement:
    """Return a statement that the caller may change; raise 404 or 403."""
    statement = find(key)
    if not _may_change(statement):
        raise Problem(403, "forbidden", "A contributor may change drafts of their own only; ask an editor.")
    return statement


def _may_change(statement: Statement) -> bool:
    own_draft = statement.published_at is None and actor().owns(statement.created_by)
    return actor().is_editor or own_draft


def represent(statement: Statement, graph: ClaimGraph) -> dict[str, Any]:
    """Return the whole statement, with links and contradictions as the caller may see them."""
    return whole.represent(session(), actor(), statement.id, graph)


@blp.route("", operation="listStatements", access=Access.public)
@blp.arguments(StatementFilters, location="query")
@blp.returns(200, page_of(StatementBase))
def index(arguments: dict[str, Any]) -> Any:
    """List statements, newest first."""
    values, limit = _asked_for(arguments), arguments["limit"]
    matching = listing.matching(frozenset(values))
    found = Reads.of(session(), plain=True).all(matching, **values, limit=limit + 1)
    more = len(found) > limit
    return listed(found[:limit], seal((UUID(found[limit - 1]["id"]),)) if more else None)


def _asked_for(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return what is compared, by the name of each condition that the statements must meet."""
    own = actor().key_id
    found: dict[str, Any] = {} if actor().is_editor else {"own": own} if own else {"published": None}
    for name in ("source", "said_after", "said_before", "status", "stance"):
        if name in arguments:
            found[name] = arguments[name]
    for name in ("speaker", "on_behalf_of"):
        if name in arguments:
            found[name] = entities.meant(session(), actor(), arguments[name])
    if "claim" in arguments:
        id_ = as_id(arguments["claim"])
        found |= {"claim_id": id_} if id_ else {"claim": arguments["claim"]}
    if "claim" in arguments or "stance" in arguments:
        found["linked" if actor().is_editor else "confirmed"] = None
    if "verification" in arguments:
        found["verification"] = arguments["verification"].value
    if (ids := _looked_up(arguments)) is not None:
        # A text of its own is kept for every length of a list, so there are two.
        found["ids"] = [*ids, *ids[-1:] * ((16 if len(ids) <= 16 else 1024) - len(ids))]
    if cursor := arguments.get("cursor"):
        [found["after"]] = unseal(cursor, (UUID,))
    return found


def _looked_up(arguments: dict[str, Any]) -> list[UUID] | None:
    """Return the statements with certain words, or of a time of which there are few; None for any."""
    if arguments.get("status") is StatementStatus.draft and actor() is ANYONE:
        return []
    ids: list[UUID] | None = None
    if span := {name: arguments[name] for name in ("said_after", "said_before") if name in arguments}:
        said = Reads.of(session()).all(listing.said(frozenset(span)), **span, limit=FEW + 1)
        ids = [row.id for row in said] if len(said) <= FEW else None
    if "q" in arguments:
        only_public = not actor().is_editor
        hits = search.search(
            session(), arguments["q"], record_types=("statement",), only_public=only_public, limit=1000
        )
        matching = [hit.record_id for hit in hits]
        ids = matching if ids is None else list(set(ids) & set(matching))
    return ids


_POSTED = StatementSchema()


def read_ahead() -> None:
    """Read the words of the body before the write begins; `record` takes over what was found."""
    data = blp.ARGUMENTS_PARSER.ahead(_POSTED, request)
    if not data.get("analysis", not data.get("links")):
        return
    with database().reading() as snapshot:
        if not idempotency.answered(snapshot, actor(), request):
            with metrics().analysis.time(), aside():
                g.judged = ahead.read(snapshot, engine(), actor(), data)


def _judged() -> Judged | None:
    """Return what was read ahead, held against what was written since."""
    judged: Judged | None = g.pop("judged", None)
    return judged and judged.held_against(session())


@blp.route("", method="POST", operation="createStatement", access=Access.contributor, prepare=read_ahead)
@blp.arguments(_POSTED, example=EXAMPLE)
@blp.returns(201, StatementAnswer)
def create(data: dict[str, Any]) -> Any:
    """Store a statement with speaker, source, claims and links, and flag what it contradicts.

    Speaker, source, on_behalf_of and claims are an id, a slug, or an object that is matched by its
    natural key or created. All of it is stored, or none.
    """
    statement = record(data)
    return represent(statement, settle()), {"Location": f"/v1/statements/{statement.id}"}


def record(data: dict[str, Any]) -> Statement:
    """Store a statement, and analyse it where nobody has linked it or the caller asks for it."""
    wanted = data.pop("analysis", not data.get("links"))
    earlier = _judged()
    statement = Statement.record(session(), actor(), data)
    if wanted:
        suggestions.analyse(session(), engine(), statement, ask=settings().asks_judge, earlier=earlier)
    return statement


@blp.route("/<key>", operation="readStatement", access=Access.public)
@blp.returns(200, StatementAnswer)
def read(key: str) -> Any:
    """Read a statement; a retracted one is there, marked."""
    return represent(find(key), ClaimGraph(session()))


# By name: `partial=True` would also make the members of an anchor optional.
_CHANGED = StatementPatch(partial=tuple(StatementPatch._declared_fields))


def read_anew_ahead() -> None:
    """Read the corrected words before the write begins, where the write will ask for it."""
    data = blp.ARGUMENTS_PARSER.ahead(_CHANGED, request)
    key = as_id((request.view_args or {})["key"])
    if key is None or not request.if_match:
        return  # It is going to be refused.
    with database().reading() as snapshot:
        statement = find_statement(snapshot, actor(), key)
        if statement and _may_change(statement) and _reads_anew(statement, data):
            with metrics().analysis.time(), aside():
                g.judged = ahead.read_anew(snapshot, engine(), actor(), statement, data)


def _reads_anew(statement: Statement, data: dict[str, Any]) -> bool:
    """Tell whether a correction has the words read anew: as asked, else where they were read and change."""
    read = statement.analysis is not None and not data.keys().isdisjoint(suggestions.READ_FIELDS)
    return bool(data.get("analysis", read))


@blp.route(
    "/<key>",
    method="PATCH",
    operation="updateStatement",
    access=Access.contributor,
    prepare=read_anew_ahead,
)
@blp.arguments(
    _CHANGED,
    example={"said_to": "Pier Radio", "reason": "It was first said to Pier Radio."},
)
@blp.returns(200, StatementAnswer)
def update(data: dict[str, Any], key: str) -> Any:
    """Correct a statement or publish a draft; flags follow, and the history keeps what was there."""
    statement = changeable(key)
    reason = data.pop("reason", None)
    wanted = _reads_anew(statement, data)
    outdated = statement.analysis is not None and not data.keys().isdisjoint(suggestions.READ_FIELDS)
    data.pop("analysis", None)
    earlier = _judged()
    statement.edit(session(), actor(), data, reason)
    if wanted:
        ask = settings().asks_judge
        suggestions.analyse(session(), engine(), statement, changed=True, ask=ask, earlier=earlier)
    elif outdated:
        suggestions.forget(session(), statement)
    return represent(statement, settle())


@blp.route("/<key>", method="DELETE", operation="retractStatement", access=Access.contributor)
@blp.arguments(ReasonSchema, example={"reason": "The recording shows that somebody else said it."})
@blp.returns(200, StatementAnswer)
def remove(data: dict[str, Any], key: str) -> Any:
    """Retract a statement: it stays readable, marked with the reason, and counts nowhere."""
    statement = changeable(key)
    statement.retract(session(), actor(), data["reason"])
    return represent(statement, settle())


@blp.route("/<key>/history", operation="readStatementHistory", access=Access.public)
@blp.returns(200, History)
def read_history(key: str) -> Any:
    """Read what was changed since publication and why; with an editor's key everything, by whom.

    To an editor it also tells the suggestions that the analysis has withdrawn: what it had found, why, and
    when and why it took that back.
    """
    statement = find(key)
    own_draft = statement.published_at is None  # Else it would not have been found.
    if not (actor().is_editor or own_draft):
        return {"items": history.read(session(), ["statement"], [statement.id], public_from="published")}
    links = whole.links(session(), statement.id)
    shown = [link.id for link in links if whole.is_visible(actor(), link, statement)]
    if actor().is_editor:
        shown += history.removed_of(session(), "link", statement.id)
    return {"items": history.read(session(), ["statement", "link"], [statement.id, *shown])}
