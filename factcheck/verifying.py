"""Verifying statements against the snapshots of their sources, many at a time.

One statement is verified where it is written (`Statement.verify`). What a source says concerns all
statements from it, and `factcheck verify` goes through every source.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from factcheck import history, snapshots
from factcheck.auth import Actor
from factcheck.history import Change
from factcheck.snapshots import Result, Snapshot
from factcheck.sources import Source
from factcheck.statements import Statement, StatementKind

# Statements read and written at a time.
_CHUNK = 500


def take_snapshot(session: Session, actor: Actor, source: Source, data: dict[str, Any]) -> Snapshot:
    """Keep what a source says now and verify every statement from it; see `Snapshot.take`."""
    snapshot = Snapshot.take(session, actor, source, data["text"], data.get("reason"))
    recheck(session, snapshot)
    return snapshot


def recheck(session: Session, snapshot: Snapshot) -> int:
    """Verify the statements of a source, store what changed in the findings, and return how many did."""
    session.flush()
    changed = 0
    source = snapshots.read(session, snapshot)
    for rows in _statements(session, snapshot.source_id):
        found = []
        for row in rows:
            verbatim = row.kind is StatementKind.direct
            finding = snapshots.check(snapshot, source, row.text, verbatim=verbatim, anchor=row.anchor)
            if not snapshots.same(finding, row.verification):
                found.append(
                    {"id": row.id, "verification": finding, "verification_result": finding["result"]}
                )
        if found:
            session.execute(update(Statement), found)
        changed += len(found)
    if changed:
        # Views show what was found, even where the snapshot itself is as it was.
        history.changes(session).append(Change(snapshot, snapshot.state()))
    return changed


def _statements(session: Session, source_id: UUID) -> Iterator[list[Any]]:
    query = (
        select(Statement.id, Statement.text, Statement.kind, Statement.anchor, Statement.verification)
        .where(Statement.source_id == source_id)
        .order_by(Statement.id)
        .limit(_CHUNK)
    )
    rows = list(session.execute(query))
    while rows:
        yield rows
        rows = list(session.execute(query.where(Statement.id > rows[-1].id)))


@dataclass(frozen=True, slots=True)
class Tally:
    """How many statements stand how in their sources, and the ones that an editor should look at."""

    counts: dict[str, int]
    doubtful: list[dict[str, Any]]


def tally(session: Session) -> Tally:
    """Return what is known of all statements; `doubtful` are those whose words were not found."""
    found = dict(
        session.execute(
            select(Statement.verification_result, func.count())
            .where(Statement.verification_result.is_not(None))
            .group_by(Statement.verification_result)
        ).all()
    )
    checked = select(func.count()).where(Statement.source_id.in_(select(Snapshot.source_id)))
    every = session.scalar(select(func.count()).select_from(Statement)) or 0
    with_snapshot = session.scalar(checked) or 0
    counts = {result.value: found.get(result.value, 0) for result in Result}
    counts["indirect"] = with_snapshot - sum(counts.values())
    counts["without snapshot"] = every - with_snapshot
    rows = session.execute(
        select(Statement.id, Statement.verification_result, Statement.verification)
        .where(Statement.verification_result.in_((Result.partial.value, Result.missing.value)))
        .order_by(Statement.verification_result, Statement.id)
    )
    doubtful = [
        {"id": str(row.id), "result": row.verification_result, "reason": row.verification["reason"]}
        for row in rows
    ]
    return Tally(counts, doubtful)
