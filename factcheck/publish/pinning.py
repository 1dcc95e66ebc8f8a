"""Records as an earlier revision of them said it, for embeds that pin one.

Names, titles of sources and what became of the record since are today's: only what the revision
itself says is taken from it.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from factcheck.entities import Entity
from factcheck.fields import precision
from factcheck.history import Revision, State
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


def statement(session: Session, current: State, number: int) -> State:
    """Return a statement as its revision `number` said it; raise 404 where readers never saw that one."""
    state = _state(session, "statement", current["id"], number)
    people = _entities(session, [id_ for id_ in (state["speaker"], state["on_behalf_of"]) if id_])
    found = {
        **current,
        **{field: state[field] for field in STATEMENT_FIELDS},
        "speaker": people[state["speaker"]],
        "on_behalf_of": state["on_behalf_of"] and people[state["on_behalf_of"]],
        "said_on_precision": precision(state["said_on"] or ""),
        "source": _source(session, state["source"]),
        "anchor": state["anchor"],
        "revision": number,
    }
    if any(found[field] != current[field] for field in ("text", "kind", "source")):
        found["verification"] = None  # What was found was found of the words that stand now.
    return found


def side(
    session: Session, current: State, spans: list[tuple[int, int]], number: int | None
) -> tuple[State, list[tuple[int, int]]]:
    """Return one side of a contradiction, pinned, with those marks that still fall on the same words."""
    if number is None:
        return current, spans
    found = statement(session, current, number)
    same = [(a, b) for a, b in spans if found["text"][a:b] == current["text"][a:b]]
    return found, same


def claim(session: Session, current: State, number: int) -> State:
    """Return a claim as its revision `number` worded it; raise 404 where readers never saw that one."""
    state = _state(session, "claim", current["id"], number)
    people = _entities(session, state["about"])
    about = [people[id_] for id_ in state["about"]]
    return {**current, "text": state["text"], "kind": state["kind"], "about": about, "revision": number}


def check(session: Session, record_type: str, id_: UUID, number: int) -> None:
    """Raise 404 where readers never saw a revision of a record."""
    _state(session, record_type, id_, number)


def _state(session: Session, record_type: str, id_: UUID, number: int) -> State:
    query = select(Revision.state).where(
        Revision.record_type == record_type, Revision.record_id == id_, Revision.number == number
    )
    state: Any = session.execute(query).scalar_one_or_none()
    if state is None or state["status"] == "draft":
        raise Problem(404, "not-found", f"There is no such version of this {record_type}.")
    return dict(state)


def _entities(session: Session, ids: list[str]) -> dict[str, State]:
    """Return entities by the ids that a revision gave them, each as what it was merged into since."""
    fields = (Entity.id, Entity.slug, Entity.type, Entity.name, Entity.merged_into_id)
    found: dict[UUID, Any] = {}
    asked = {UUID(id_) for id_ in ids}
    while asked:  # Once more for each merge in a row.
        rows = session.execute(select(*fields).where(Entity.id.in_(asked)))
        found |= {row.id: row for row in rows}
        asked = {row.merged_into_id for row in found.values() if row.merged_into_id} - found.keys()
    return {id_: _standing(found, UUID(id_)) for id_ in ids}


def _standing(found: dict[UUID, Any], id_: UUID) -> State:
    row = found[id_]
    while row.merged_into_id:
        row = found[row.merged_into_id]
    return {"id": row.id, "slug": row.slug, "type": row.type.value, "name": row.name}


def _source(session: Session, id_: str) -> State:
    row = session.execute(
        select(
            Source.id,
            Source.url,
            Source.canonical_url,
            Source.type,
            Source.headline,
            Source.publisher,
            Source.published_on,
        ).where(Source.id == UUID(id_))
    ).one()
    return {**row._mapping, "type": row.type.value}
