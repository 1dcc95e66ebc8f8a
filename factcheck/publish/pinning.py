"""Records as an earlier revision of them said it, for embeds that pin one.

Names, titles of sources and what became of the record since are today's: only what the revision
itself says is taken from it.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from factcheck import listing
from factcheck.entities import Entity
from factcheck.fields import precision
from factcheck.history import Revision, State
from factcheck.prepared import Prepared, Reads
from factcheck.problems import Problem
from factcheck.sources import Source

STATEMENT_FIELDS = (
    "text",
    "kind",
    "language",
    "speaker",
    "speaker_role",
    "on_behalf_of",
    "said_on",
    "said_to",
    "source",
)


def statement(source: Session | Reads, current: State, number: int) -> State:
    """Return a statement as its revision `number` said it; raise 404 where readers never saw that one."""
    state = _state(source, "statement", current["id"], number)
    people = _entities(source, [id_ for id_ in (state["speaker"], state["on_behalf_of"]) if id_])
    found = {
        **current,
        **{field: state[field] for field in STATEMENT_FIELDS},
        "speaker": people[state["speaker"]],
        "on_behalf_of": state["on_behalf_of"] and people[state["on_behalf_of"]],
        "said_on_precision": precision(state["said_on"] or ""),
        "source": _source(source, state["source"]),
        "anchor": state["anchor"],
        "revision": number,
    }
    if any(found[field] != current[field] for field in ("text", "kind", "source")):
        found["verification"] = None  # What was found was found of the words that stand now.
    return found


def side(
    source: Session | Reads, current: State, spans: list[tuple[int, int]], number: int | None
) -> tuple[State, list[tuple[int, int]]]:
    """Return one side of a contradiction, pinned, with those marks that still fall on the same words."""
    if number is None:
        return current, spans
    found = statement(source, current, number)
    same = [(a, b) for a, b in spans if found["text"][a:b] == current["text"][a:b]]
    return found, same


def claim(source: Session | Reads, current: State, number: int) -> State:
    """Return a claim as its revision `number` worded it; raise 404 where readers never saw that one."""
    state = _state(source, "claim", current["id"], number)
    people = _entities(source, state["about"])
    about = [people[id_] for id_ in state["about"]]
    return {**current, "text": state["text"], "kind": state["kind"], "about": about, "revision": number}


def check(source: Session | Reads, record_type: str, id_: UUID, number: int) -> None:
    """Raise 404 where readers never saw a revision of a record."""
    _state(source, record_type, id_, number)


def _state(source: Session | Reads, record_type: str, id_: UUID, number: int) -> State:
    row = Reads.of(source).first(_REVISION, type=record_type, id=id_, number=number)
    if row is None or row.state["status"] == "draft":
        raise Problem(404, "not-found", f"There is no such version of this {record_type}.")
    return dict(row.state)


_REVISION = Prepared(
    select(Revision.state).where(
        Revision.record_type == bindparam("type"),
        Revision.record_id == bindparam("id"),
        Revision.number == bindparam("number"),
    )
)


def _entities(source: Session | Reads, ids: list[str]) -> dict[str, State]:
    """Return entities by the ids that a revision gave them, each as what it was merged into since."""
    found: dict[str, Any] = {}
    asked = set(ids)
    while asked:  # Once more for each merge in a row.
        found |= {str(row.id): row for row in Reads.of(source).all(_ENTITIES, ids=list(asked))}
        asked = {str(row.merged_into_id) for row in found.values() if row.merged_into_id} - found.keys()
    return {id_: _standing(found, id_) for id_ in ids}


_ENTITIES = Prepared(
    select(Entity.id, Entity.slug, Entity.type, Entity.name, Entity.merged_into_id).where(
        Entity.id.in_(bindparam("ids"))
    )
)


def _standing(found: dict[str, Any], id_: str) -> State:
    row = found[id_]
    while row.merged_into_id:
        row = found[str(row.merged_into_id)]
    return {"id": row.id, "slug": row.slug, "type": row.type, "name": row.name}


def _source(source: Session | Reads, id_: str) -> State:
    found: State = Reads.of(source).first(_SOURCE, id=id_)
    return found


_SOURCE = Prepared(
    select(*listing.SOURCE.columns).where(Source.id == bindparam("id")),
    listing.SOURCE,
)
