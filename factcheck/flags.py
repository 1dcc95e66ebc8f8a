"""Keeping the stored contradictions in line with the facts.

The set of flags is a pure function of what is stored, whatever the order of the writes: each
statement owns at most `max_flags` flags against statements stored before it, the strongest first
(same speaker, then confirmed links, then score, then most recent), as `opposing` finds them.
`refresh` recomputes the owners that a write can have touched; `factcheck recheck` recomputes them
all and changes nothing.
"""

import hashlib
from collections.abc import Set
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from factcheck import findings, history, opposing, storing
from factcheck.auth import MACHINE
from factcheck.claims import STANDING, Claim, ClaimStatus
from factcheck.contradictions import Contradiction, Decision, FlagStatus, opposing_stance
from factcheck.db import chunks
from factcheck.findings import TextFlag
from factcheck.graph import OPPOSITE, ClaimGraph, Stance
from factcheck.links import Link, LinkStatus, StatementStatus
from factcheck.opposing import Flag
from factcheck.prepared import Prepared, Reads
from factcheck.relations import RelationType, between
from factcheck.statements import Statement

_NEWEST = Prepared(select(Statement.id).order_by(Statement.id.desc()).limit(1))


def owners_of_statements(
    session: Session, graph: ClaimGraph, statement_ids: set[UUID], new: set[UUID]
) -> set[UUID]:
    """Return the statements whose flags a change of these statements or their links can touch.

    `new` are those of which nothing is flagged yet.
    """
    owners = set(statement_ids)
    if not owners:
        return owners
    for chunk in chunks(statement_ids - new):
        against = select(Contradiction.statement_id).where(Contradiction.opposing_id.in_(chunk))
        owners |= set(session.scalars(against)) | findings.owners_of(session, chunk)
    # After the newest nothing was stored: the usual case of a new statement.
    newest = Reads.within(session).first(_NEWEST)
    earlier = [id_ for id_ in statement_ids if newest is None or id_ < newest.id]
    linked = [item for chunk in chunks(earlier) for item in opposing.links_of(session, chunk).items()]
    for id_, links in linked:
        owners |= opposing.stored_later(session, id_, opposing.positions_against(graph, links))
    return owners


def owners_in_zone(session: Session, zone: set[UUID]) -> set[UUID]:
    """Return the statements whose flags a change of relations between these claims can touch."""
    if not zone:
        return set()
    linked = select(Link.statement_id).where(Link.claim_id.in_(zone))
    flagged = select(Contradiction.statement_id).where(
        or_(Contradiction.claim_id.in_(zone), Contradiction.opposing_claim_id.in_(zone))
    )
    return set(session.scalars(linked)) | set(session.scalars(flagged))


def refresh(
    session: Session, graph: ClaimGraph, owners: set[UUID], max_flags: int, new: Set[UUID] = frozenset()
) -> list[Contradiction]:
    """Recompute the flags of these owners and return those that changed in any way.

    `new` are statements that own no flag yet, and in whose words nothing was read.
    """
    changed: list[Contradiction] = []
    for chunk in chunks(owners, 200):
        links = opposing.links_of(session, chunk)
        read: dict[UUID, list[TextFlag]] = {}
        dismissed: dict[UUID, set[UUID]] = {}
        stored: dict[UUID, list[Contradiction]] = {}
        if known := [id_ for id_ in chunk if id_ not in new]:
            read = findings.flags_of(session, known)
            dismissed = findings.dismissed_by(session, known)
            for flag in storing.find_all(session, Contradiction, _OWNED, owners=known):
                stored.setdefault(flag.statement_id, []).append(flag)
        for owner in chunk:
            found = []
            if links[owner] or owner in read:
                confirmed = {
                    (flag.opposing_id, flag.decided_facts)
                    for flag in stored.get(owner, [])
                    if flag.claim_id is None and flag.decision is Decision.confirmed and flag.decided_facts
                }
                found = opposing.find(
                    session,
                    graph,
                    links[owner],
                    read.get(owner, []),
                    confirmed,
                    dismissed.get(owner, set()),
                    max_flags,
                )
            changed += _reconcile(session, graph, owner, found, stored.get(owner, []))
    session.flush()
    return changed


_OWNED = Prepared(storing.whole(Contradiction).where(Contradiction.statement_id.in_(bindparam("owners"))))


def _reconcile(
    session: Session,
    graph: ClaimGraph,
    owner: UUID,
    found: list[Flag | TextFlag],
    stored: list[Contradiction],
) -> list[Contradiction]:
    """Bring the stored flags of one owner in line with those found."""
    if not found and not any(flag.status is not FlagStatus.resolved for flag in stored):
        return []
    known = {(flag.opposing_id, flag.claim_id, flag.opposing_claim_id): flag for flag in stored}
    facts = _Facts(session, graph, owner, [flag for flag in found if isinstance(flag, Flag)])
    changed, new = [], []
    for flag in found:
        values = flag.values() if isinstance(flag, TextFlag) else facts.values(flag)
        row = known.pop(flag.key, None)
        if row is None:
            new.append(Contradiction.raised(owner, values))
        elif row.status is FlagStatus.resolved or any(getattr(row, f) != v for f, v in values.items()):
            action = "raised again" if row.status is FlagStatus.resolved else "recomputed"
            with history.changing(session, MACHINE, row, action):
                for field, value in values.items():
                    setattr(row, field, value)
                row.settle_status()
            changed.append(row)
    history.created(session, MACHINE, *new)
    for row in known.values():
        if row.status is not FlagStatus.resolved:
            with history.changing(session, MACHINE, row, "resolved"):
                row.status = FlagStatus.resolved
                row.resolution = _why_gone(session, graph, row)
            changed.append(row)
    return changed + new


_STATEMENTS = Prepared(
    select(Statement.id, Statement.text_key, Statement.status).where(Statement.id.in_(bindparam("ids")))
)


class _Facts:
    """What is stored of each flag, with the words that it rests on, read once for all."""

    def __init__(self, session: Session, graph: ClaimGraph, owner: UUID, found: list[Flag]) -> None:
        statements = {owner, *(flag.opposing.statement_id for flag in found)}
        self._owner = owner
        self._claims = graph.nodes
        rows = Reads.within(session).all(_STATEMENTS, ids=list(statements))
        self._statements = {row.id: row for row in rows}

    def values(self, flag: Flag) -> dict[str, Any]:
        """Return the columns of the contradiction that stands for the flag."""
        path = flag.opposition
        statements = [self._statements[self._owner], self._statements[flag.opposing.statement_id]]
        claims: list[Any] = [
            self._claims[flag.link.claim_id],
            *(self._claims[step.end] for step in path.steps),
        ]
        judged = (
            path.kind,
            flag.link.stance,
            str(flag.same_speaker),
            *(step.relation for step in path.steps),
            *(row.text_key for row in (*statements, *claims)),
        )
        return {
            "opposing_id": flag.opposing.statement_id,
            "claim_id": flag.link.claim_id,
            "opposing_claim_id": flag.opposing.claim_id,
            "kind": path.kind,
            "same_speaker": flag.same_speaker,
            "stance": Stance(flag.link.stance),
            "subject_id": path.subject_id,
            "steps": [[str(step.start), step.relation, str(step.end)] for step in path.steps],
            "score": flag.score,
            "asserted": flag.asserted,
            "rank": round(4 * flag.same_speaker + 2 * flag.asserted + flag.score, 4),
            "facts": hashlib.sha256("\n".join(judged).encode()).hexdigest(),
            "published": all(row.status == StatementStatus.published for row in statements)
            and all(row.status == ClaimStatus.published for row in claims),
        }


def _why_gone(session: Session, graph: ClaimGraph, row: Contradiction) -> str:
    """Say from the present state why the facts no longer make this flag."""
    if row.claim_id is None or row.opposing_claim_id is None or row.stance is None:
        return findings.why_gone(session, row.statement_id, row.opposing_id)
    ends = (
        (row.statement_id, row.claim_id, row.stance),
        (row.opposing_id, row.opposing_claim_id, opposing_stance(row)),
    )
    for statement_id, claim_id, stance in ends:
        statement, claim = session.get_one(Statement, statement_id), session.get_one(Claim, claim_id)
        link = session.scalar(
            select(Link).where(Link.statement_id == statement_id, Link.claim_id == claim_id)
        )
        if statement.status is StatementStatus.retracted:
            return f"The statement of {statement.speaker.name} was retracted."
        if claim.status not in STANDING:
            return f"The claim “{claim.text}” was {claim.status.value}."
        named = f"from the statement of {statement.speaker.name} to “{claim.text}”"
        if link is None:
            return f"The text analysis no longer suggests a link {named}."
        if link.status is LinkStatus.rejected:
            return f"The link {named} was rejected."
        if link.stance is not stance:
            return f"The statement of {statement.speaker.name} now {link.stance.value} “{claim.text}”."
    opposed = {(o.claim_id, o.stance) for o in graph.opposed(row.claim_id, row.stance)}
    if ends[1][1:] in opposed:
        if row.opposing_id in findings.dismissed_by(session, [row.statement_id]).get(row.statement_id, ()):
            return "An editor dismissed it in the words, and a guess does not raise it again."
        return "Stronger contradictions of the same statement took its place."
    return _broken_step(session, row) or "The positions of the two statements are no longer opposed."


def _broken_step(session: Session, row: Contradiction) -> str | None:
    """Name the first relation on the stored path that no longer holds."""
    for start_id, relation, end_id in row.steps:
        start, end = session.get_one(Claim, UUID(start_id)), session.get_one(Claim, UUID(end_id))
        for claim in (start, end):
            if claim.status not in STANDING:
                return f"The claim “{claim.text}” was {claim.status.value}."
        if relation == "exoneration_vs_responsibility":
            subjects = start.about[:1] == end.about[:1] != []
            if not subjects or OPPOSITE.get(start.kind) is not end.kind:
                return f"“{start.text}” and “{end.text}” no longer clear and blame the same entity."
        elif not (standing := between(session, start.id, end.id)) or relation not in (
            standing.type.value,
            "implied_by" if standing.type is RelationType.implies else None,
        ):
            return f"The relation between “{start.text}” and “{end.text}” was removed."
    return None
