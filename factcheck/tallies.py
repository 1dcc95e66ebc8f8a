"""How many statements and contradictions a claim has: kept beside it, so that a view need not count.

Two rows a claim: what readers see (`public`) and what editors see. `keep` follows the changes of a
transaction; `correct` counts all anew, for `recheck`.
"""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, func, inspect, select, union_all
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from factcheck import history, storing
from factcheck.contradictions import Contradiction, FlagStatus
from factcheck.db import Base, chunks
from factcheck.history import Change, State
from factcheck.links import Link, LinkStatus, StatementStatus
from factcheck.prepared import PreparedInsert, Writes
from factcheck.statements import Statement

_NUMBERS = ("supports", "disputes", "open", "confirmed")
_Moves = Counter[tuple[UUID, bool, str]]
"""How much a number of a claim changes: by claim, whether of what readers see, and which number."""


class Tally(Base):
    """The numbers of one claim, for readers or for editors. None is stored where all are zero yet."""

    __tablename__ = "tally"

    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id"), primary_key=True)
    public: Mapped[bool] = mapped_column(primary_key=True)
    supports: Mapped[int]
    disputes: Mapped[int]
    open: Mapped[int]
    confirmed: Mapped[int]


def keep(session: Session) -> None:
    """Bring the tallies in line with the changes of this transaction, flags among them."""
    first: dict[Any, Change] = {}
    for change in history.changes(session):
        # A record that changed twice counts from what it was at first to what it is now.
        first.setdefault(change.record, change)
    moves: _Moves = Counter()
    for change in first.values():
        if isinstance(change.record, Contradiction):
            flag = change.record
            _count_flag(moves, flag, change.before, -1)
            _count_flag(moves, flag, {"status": flag.status.value, "public": flag.public}, 1)
    _count_links(session, moves, first)
    _add(session, moves)


def _count_flag(moves: _Moves, flag: Contradiction, state: State | None, sign: int) -> None:
    if state and state["status"] in (FlagStatus.open, FlagStatus.confirmed):
        for claim_id in {id_ for id_ in (flag.claim_id, flag.opposing_claim_id) if id_}:
            for public in {False, state["public"]}:
                moves[claim_id, public, state["status"]] += sign


def _count_links(session: Session, moves: _Moves, first: dict[Any, Change]) -> None:
    """Count links that changed, and those of statements that were published or retracted."""
    was: dict[UUID, str] = {}
    for change in first.values():
        statement, before = change.record, change.before
        if isinstance(statement, Statement) and before and before["status"] != statement.status:
            was[statement.id] = before["status"]
    changed: set[UUID] = set()
    for change in first.values():
        link = change.record
        if isinstance(link, Link):
            changed.add(link.id)
            status = storing.get(session, Statement, link.statement_id).status
            _count_link(moves, change.before, was.get(link.statement_id, status), -1)
            _count_link(moves, None if inspect(link).deleted else link.state(), status, 1)
    for chunk in chunks(was):
        for row in session.execute(
            select(
                Link.id, Link.statement_id, Link.claim_id, Link.stance, Link.status, Link.statement_status
            ).where(Link.statement_id.in_(chunk))
        ):
            if row.id not in changed:
                state = {"claim": row.claim_id, "stance": row.stance, "status": row.status}
                _count_link(moves, state, was[row.statement_id], -1)
                _count_link(moves, state, row.statement_status, 1)


def _count_link(moves: _Moves, state: State | None, statement_status: str, sign: int) -> None:
    if state is None or state["status"] == LinkStatus.rejected:
        return
    if statement_status == StatementStatus.retracted:
        return
    public = state["status"] == LinkStatus.confirmed and statement_status == StatementStatus.published
    claim_id = state["claim"] if isinstance(state["claim"], UUID) else UUID(state["claim"])
    for audience in {False, public}:
        moves[claim_id, audience, str(state["stance"])] += sign


def _add(session: Session, moves: _Moves) -> None:
    rows: dict[tuple[UUID, bool], dict[str, Any]] = {}
    for (claim_id, public, number), by in moves.items():
        if by:
            empty = {"claim_id": claim_id, "public": public, **dict.fromkeys(_NUMBERS, 0)}
            rows.setdefault((claim_id, public), empty)[number] = by
    writes = Writes.within(session)
    writes.insert(_adding(writes.dialect.name), list(rows.values()))


@cache
def _adding(dialect: str) -> PreparedInsert:
    """Insert rows of numbers; where a claim has numbers already, they are added."""
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(Tally)
    return PreparedInsert(
        insert.on_conflict_do_update(
            index_elements=[Tally.claim_id, Tally.public],
            set_={name: getattr(Tally, name) + insert.excluded[name] for name in _NUMBERS},
        )
    )


def correct(session: Session) -> set[UUID]:
    """Count everything anew, put right what differs, and return the claims whose numbers were wrong."""
    session.flush()
    stored = {
        (row.claim_id, row.public, name): getattr(row, name)
        for row in session.execute(select(Tally.__table__))
        for name in _NUMBERS
        if getattr(row, name)
    }
    counted = dict(_counted(session))
    moves: _Moves = Counter()
    for key in stored.keys() | counted.keys():
        moves[key] = counted.get(key, 0) - stored.get(key, 0)
    _add(session, moves)
    return {claim_id for (claim_id, _, _), by in moves.items() if by}


def _counted(session: Session) -> Iterator[tuple[tuple[UUID, bool, str], int]]:
    """Return every number that is not zero, from the links and contradictions themselves."""
    seen = (Link.status == LinkStatus.confirmed) & (Link.statement_status == StatementStatus.published)
    standing = (Link.status != LinkStatus.rejected) & (Link.statement_status != StatementStatus.retracted)
    for public, where in ((True, seen), (False, standing)):
        query = select(Link.claim_id, Link.stance, func.count()).where(where)
        for claim_id, stance, number in session.execute(query.group_by(Link.claim_id, Link.stance)):
            yield (claim_id, public, stance.value), number
    flags = Contradiction.status.in_((FlagStatus.open, FlagStatus.confirmed))
    other = Contradiction.opposing_claim_id
    for public, audience in ((True, (Contradiction.public,)), (False, ())):
        ends = union_all(
            select(Contradiction.claim_id.label("claim_id"), Contradiction.status).where(flags, *audience),
            select(other, Contradiction.status).where(flags, other != Contradiction.claim_id, *audience),
        ).subquery()
        query = select(ends.c.claim_id, ends.c.status, func.count()).where(ends.c.claim_id.is_not(None))
        for claim_id, status, number in session.execute(query.group_by(ends.c.claim_id, ends.c.status)):
            yield (claim_id, public, status.value), number
