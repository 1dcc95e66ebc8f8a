"""Every change keeps who, when, why, and what was there before.

A `Recorded` model describes itself as plain JSON in `state()`. Each change appends a `Revision`
with the state after it; what was there before is the revision before. Nothing here is updated or
deleted. The changes of the transaction are also listed in `session.info`, which is how
`consequences.settle` knows what follows from them.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Select, String, Text, UniqueConstraint, bindparam, or_, select
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column
from uuid_utils.compat import uuid7

from factcheck import storing
from factcheck.auth import Actor
from factcheck.db import Base, Id, now
from factcheck.db import Recorded as Recorded
from factcheck.db import State as State
from factcheck.prepared import Prepared, Reads

# What changes a record that readers may have seen already. Written out, because a query finds the index
# only by the words that it was made with.
_CORRECTED = "action IN ('edited', 'retracted', 'withdrawn', 'merged')"
_REMOVED = "action = 'removed'"


class Revision(Base):
    """What a record was from one moment on."""

    __tablename__ = "revision"
    __table_args__ = (
        UniqueConstraint("record_type", "record_id", "number"),
        # What was corrected last, for the feed; see `corrections`.
        Index(
            "ix_revision_corrections", "id", sqlite_where=sql(_CORRECTED), postgresql_where=sql(_CORRECTED)
        ),
        # The few records that are no more; see `removed_of`.
        Index(
            "ix_revision_removed",
            "part_of",
            sqlite_where=sql(_REMOVED),
            postgresql_where=sql(_REMOVED),
        ),
    )

    id: Mapped[Id]
    record_type: Mapped[str] = mapped_column(String(20))
    record_id: Mapped[UUID]
    number: Mapped[int]
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("api_key.id"))
    actor: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(Text)
    state: Mapped[dict[str, Any]]
    # Of a record that was removed; see `Recorded.part_of`.
    part_of: Mapped[UUID | None]


@dataclass(frozen=True, slots=True)
class Change:
    """A change made in this transaction; `before` is None for a record that is new."""

    record: Recorded
    before: State | None


def changes(session: Session) -> list[Change]:
    """Return the transaction's list of changes, to read or to empty."""
    listed: list[Change] = session.info.setdefault("changes", [])
    return listed


def created(session: Session, actor: Actor, *records: Any) -> None:
    """Store records of one model that are new in this transaction, and note them."""
    first = {"revision": 1, "created_at": (at := now()), "updated_at": at}
    if all(map(storing.stands_alone, records)):
        storing.store(session, records, **first)
    else:
        for record in records:
            for field, value in first.items():
                setattr(record, field, value)
        session.add_all(records)
        session.flush()
    _append(session, actor, records, "created", None, None)


def is_new(session: Session, record: Recorded) -> bool:
    """Tell whether a record was stored in this transaction, so that nothing stored before refers to it."""
    return any(change.record is record and change.before is None for change in changes(session))


@contextmanager
def changing(
    session: Session, actor: Actor, record: Recorded, action: str, reason: str | None = None
) -> Iterator[None]:
    """Note what the block changes in the record; a block that changes nothing leaves no trace."""
    before = record.state()
    yield
    session.flush()
    if record.state() != before:
        _note(session, actor, record, action, reason, before)


def removed(session: Session, actor: Actor, record: Recorded, reason: str | None) -> None:
    """Note that a record is about to be deleted; its revisions stay."""
    _note(session, actor, record, "removed", reason, record.state())


def _note(
    session: Session,
    actor: Actor,
    record: Recorded,
    action: str,
    reason: str | None,
    before: State | None,
) -> None:
    session.flush()
    record.revision += 1
    record.updated_at = now()
    _append(session, actor, [record], action, reason, before)


def _append(
    session: Session,
    actor: Actor,
    records: Iterable[Recorded],
    action: str,
    reason: str | None,
    before: State | None,
) -> None:
    rows = [
        {
            "id": uuid7(),
            "record_type": record.record_type,
            "record_id": record.id,
            "number": record.revision,
            "at": record.updated_at,
            "actor_id": actor.key_id,
            "actor": actor.name,
            "action": action,
            "reason": reason,
            "state": record.state(),
            # What stands can be asked itself.
            "part_of": record.part_of if action == "removed" else None,
        }
        for record in records
    ]
    storing.insert_rows(session, Revision, rows)
    changes(session).extend(Change(record, before) for record in records)


def read(
    source: Session | Reads, record_types: list[str], ids: list[UUID], *, public_from: str | None = None
) -> list[State]:
    """Return the revisions of some records, oldest first, as JSON.

    Each item is `{record_type, record_id, revision, at, by, action, reason, changes}`, `changes`
    being `{field: {before, after}}`. With `public_from`, a status such as "published", the list
    starts at the first revision that had it and names nobody: readers learn what was changed and
    why since publication, and nothing of the drafts before.
    """
    rows = Reads.of(source).all(_REVISIONS, types=record_types, ids=ids)
    items: list[tuple[datetime, UUID, State]] = []
    previous: dict[UUID, State] = {}
    latest: dict[UUID, tuple[datetime, UUID]] = {}
    for row in rows:
        before = previous.get(row.record_id)
        hidden = public_from is not None and before is None and row.state["status"] != public_from
        if hidden:
            continue
        previous[row.record_id] = row.state
        # Where the clock was set back, a change stays after the one that it was made on.
        at, id_ = latest.get(row.record_id, (row.at, row.id))
        latest[row.record_id] = max(at, row.at), max(id_, row.id)
        items.append(
            (
                *latest[row.record_id],
                {
                    "record_type": row.record_type,
                    "record_id": row.record_id,
                    "revision": row.number,
                    "at": row.at,
                    "by": row.actor if public_from is None else None,
                    "action": row.action,
                    "reason": row.reason,
                    "changes": _compare(before or {}, row.state),
                },
            )
        )
    return [item for _, _, item in sorted(items, key=lambda item: item[:2])]


_REVISIONS = Prepared(
    select(Revision.__table__)
    .where(Revision.record_type.in_(bindparam("types")), Revision.record_id.in_(bindparam("ids")))
    .order_by(Revision.record_id, Revision.number)
)


def ever_mentioned(session: Session, record_type: str, fields: tuple[str, ...], id_: UUID) -> list[UUID]:
    """Return the records that named `id_` in one of these fields at any time, deleted ones too."""
    named = (Revision.state[field].as_string() == str(id_) for field in fields)
    found = select(Revision.record_id).where(Revision.record_type == record_type, or_(*named))
    return list(session.scalars(found.distinct()))


def removed_of(session: Session, record_type: str, id_: UUID) -> list[UUID]:
    """Return the records of a type that were part of another one, and were removed."""
    return list(
        session.scalars(
            select(Revision.record_id).where(
                Revision.part_of == id_, Revision.record_type == record_type, sql(f"revision.{_REMOVED}")
            )
        )
    )


def corrections() -> Select[*tuple[Any, ...]]:
    """Select the changes of what was published at the time, newest first: id, record, why, before, after.

    That are statements, claims and reviews: nothing else has the status "published".
    """
    earlier = aliased(Revision)
    return (
        select(
            Revision.id,
            Revision.record_type,
            Revision.record_id,
            Revision.at,
            Revision.action,
            Revision.reason,
            Revision.state,
            earlier.state.label("before"),
        )
        .join(
            earlier,
            (earlier.record_type == Revision.record_type)
            & (earlier.record_id == Revision.record_id)
            & (earlier.number == Revision.number - 1),
        )
        .where(sql(f"revision.{_CORRECTED}"), earlier.state["status"].as_string() == "published")
        .order_by(Revision.id.desc())
    )


def _compare(before: State, after: State) -> State:
    return {
        field: {"before": before.get(field), "after": after.get(field)}
        for field in sorted({*before, *after})
        if before.get(field) != after.get(field)
    }
