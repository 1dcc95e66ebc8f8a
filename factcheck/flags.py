"""Finding contradictions, and keeping the stored ones in line with the facts.

The set of flags is a pure function of what is stored, whatever the order of the writes: each
statement owns at most `max_flags` flags against statements stored before it, the strongest first
(same speaker, then confirmed links, then score, then most recent). `refresh` recomputes the owners
that a write can have touched; `factcheck recheck` recomputes them all and changes nothing. What was
read in the words of two statements (`findings`) makes a flag where no path over links opposes them.
Where an editor dismissed that, a path raises it again only if people made both links.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from factcheck import contradictions, findings, history
from factcheck.auth import MACHINE, Actor
from factcheck.claims import STANDING, Claim, ClaimStatus
from factcheck.contradictions import Contradiction, Decision, FlagStatus, opposing_stance
from factcheck.db import chunks
from factcheck.findings import TextFlag
from factcheck.graph import OPPOSITE, ClaimGraph, Opposition, Stance
from factcheck.links import PEOPLE, Link, LinkStatus, StatementStatus, is_guess
from factcheck.relations import RelationType, between
from factcheck.statements import Statement

# SQLite joins at most 500 selects into one; a bind limit comes later than that.
_SELECTS_AT_ONCE = 90
_LIVE_LINK = (
    Link.status != LinkStatus.rejected,
    Link.statement_status != StatementStatus.retracted,
)


@dataclass(frozen=True, slots=True)
class Flag:
    """A contradiction that the facts make: `link` is the owner's, `opposing` the other's."""

    link: Any
    opposing: Any
    opposition: Opposition

    @property
    def key(self) -> tuple[UUID, UUID, UUID]:
        return (self.opposing.statement_id, self.link.claim_id, self.opposing.claim_id)

    @property
    def same_speaker(self) -> bool:
        return bool(self.link.speaker_id == self.opposing.speaker_id)

    @property
    def asserted(self) -> bool:
        return self.link.status is LinkStatus.confirmed and self.opposing.status is LinkStatus.confirmed

    @property
    def score(self) -> float:
        return float(round(self.opposition.score * self.link.confidence * self.opposing.confidence, 4))

    @property
    def rank(self) -> tuple[Any, ...]:
        """Sort key; the greatest is the strongest. The claims break ties between paths of one pair."""
        return (
            # A draft never takes the place of what readers see.
            self.opposing.statement_status is StatementStatus.published,
            self.same_speaker,
            self.asserted,
            self.score,
            self.opposing.said_on,
            self.opposing.statement_id,
            self.link.claim_id,
            self.opposing.claim_id,
        )


def _links_of(session: Session, statement_ids: Iterable[UUID]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {id_: [] for id_ in statement_ids}
    for row in session.execute(
        _link_columns().where(Link.statement_id.in_(found), *_LIVE_LINK).order_by(Link.claim_id)
    ):
        found[row.statement_id].append(row)
    return found


def _link_columns() -> Select[*tuple[Any, ...]]:
    return select(
        Link.statement_id,
        Link.statement_status,
        Link.claim_id,
        Link.stance,
        Link.status,
        Link.basis,
        Link.confidence,
        Link.speaker_id,
        Link.said_on,
    )


def find(
    session: Session,
    graph: ClaimGraph,
    links: list[Any],
    read: list[TextFlag],
    confirmed: set[tuple[UUID, str]],
    dismissed: set[UUID],
    max_flags: int,
) -> list[Flag | TextFlag]:
    """Return the flags that a statement with these links and findings owns, strongest first.

    `confirmed` are the opposing statements and facts of what an editor has confirmed in the words,
    `dismissed` the opposing statements of which an editor has dismissed it.
    """
    found: list[Flag | TextFlag] = [*_on_paths(session, graph, links, dismissed, max_flags)]
    found += _off_paths(session, graph, links, read, confirmed, dismissed)
    return sorted(found, key=lambda flag: flag.rank, reverse=True)[:max_flags]


def _off_paths(
    session: Session,
    graph: ClaimGraph,
    links: list[Any],
    read: list[TextFlag],
    confirmed: set[tuple[UUID, str]],
    dismissed: set[UUID],
) -> Iterable[TextFlag]:
    """Return what was read in the words of pairs that no path opposes: a path says more.

    What an editor has confirmed gives way only to a path that readers see: else a guess, or a draft
    claim, would take from them what the editor stands behind. What an editor has dismissed gives way
    only to a path that people made.
    """
    if not read or not links:
        return read
    by_anyone = _positions_against(graph, links)
    by_people = _positions_against(graph, (link for link in links if not is_guess(link)))
    shown = {
        (o.claim_id, o.stance)
        for link in links
        if link.status is LinkStatus.confirmed
        for o in graph.opposed(link.claim_id, link.stance, only_published=True)
    }
    theirs = _links_of(session, [flag.opposing_id for flag in read])

    def gives_way(flag: TextFlag) -> bool:
        others = theirs[flag.opposing_id]
        if flag.opposing_id in dismissed:
            made = (link for link in others if not is_guess(link))
            return any((link.claim_id, link.stance) in by_people for link in made)
        if (flag.opposing_id, flag.facts) not in confirmed:
            return any((link.claim_id, link.stance) in by_anyone for link in others)
        sure = (link for link in others if link.status is LinkStatus.confirmed)
        return any((link.claim_id, link.stance) in shown for link in sure)

    return [flag for flag in read if not gives_way(flag)]


def _positions_against(graph: ClaimGraph, links: Iterable[Any]) -> set[tuple[UUID, Stance]]:
    return {(o.claim_id, o.stance) for link in links for o in graph.opposed(link.claim_id, link.stance)}


def _on_paths(
    session: Session, graph: ClaimGraph, links: list[Any], dismissed: set[UUID], max_flags: int
) -> Iterable[Flag]:
    wanted: list[tuple[Any, Opposition]] = [
        (link, opposition) for link in links for opposition in graph.opposed(link.claim_id, link.stance)
    ]
    found: list[Flag] = []
    selects = [
        part.add_columns(literal(i).label("wanted"))
        for i, (link, opposition) in enumerate(wanted)
        for part in _strongest(link, opposition, dismissed, max_flags)
    ]
    for start in range(0, len(selects), _SELECTS_AT_ONCE):
        parts = (select(part.subquery()) for part in selects[start : start + _SELECTS_AT_ONCE])
        for row in session.execute(union_all(*parts)):
            found.append(Flag(wanted[row.wanted][0], row, wanted[row.wanted][1]))
    return {flag.key: flag for flag in found}.values()


def _strongest(
    link: Any, opposition: Opposition, dismissed: set[UUID], limit: int
) -> Iterable[Select[*tuple[Any, ...]]]:
    """Return bounded selects that together hold the strongest links on an opposed position.

    Each reads a range of one index: the cost does not grow with the number of links on the claim.
    """
    on_position = _link_columns().where(
        Link.claim_id == opposition.claim_id,
        Link.stance == opposition.stance,
        Link.statement_status != StatementStatus.retracted,
        Link.statement_id < link.statement_id,
    )
    if dismissed:
        # Guesses raise nothing again that an editor has dismissed.
        others = Link.statement_id.not_in(dismissed)
        by_people = or_(Link.status == LinkStatus.confirmed, Link.basis.in_(PEOPLE))
        on_position = on_position.where(others if is_guess(link) else or_(others, by_people))
    published_first = case((Link.statement_status == StatementStatus.published, 0), else_=1)
    recent = (Link.said_on.desc(), Link.statement_id.desc())
    confirmed_first = case((Link.status == LinkStatus.confirmed, 0), else_=1)
    yield (
        on_position.where(Link.speaker_id == link.speaker_id, Link.status != LinkStatus.rejected)
        .order_by(published_first, confirmed_first, Link.confidence.desc(), *recent)
        .limit(limit)
    )
    for status in (StatementStatus.published, StatementStatus.draft):
        theirs = on_position.where(Link.statement_status == status)
        yield theirs.where(Link.status == LinkStatus.confirmed).order_by(*recent).limit(limit)
        suggested = theirs.where(Link.status == LinkStatus.suggested)
        yield suggested.order_by(Link.confidence.desc(), *recent).limit(limit)


def opposing_total(session: Session, statement_id: UUID, actor: Actor) -> int:
    """Return the exact number of statements that the actor may see and that oppose this one.

    By links, decided or not; by their words, those whose flag nobody has dismissed.
    """
    graph = ClaimGraph(session)
    links = _links_of(session, [statement_id])[statement_id]
    if not actor.is_editor:
        links = [link for link in links if link.status is LinkStatus.confirmed]
    positions = {
        (o.claim_id, o.stance)
        for link in links
        for o in graph.opposed(link.claim_id, link.stance, only_published=not actor.is_editor)
    }
    in_words = contradictions.opposing_in_words(session, actor, statement_id)
    if not positions:
        return len(in_words)
    query = select(func.count(Link.statement_id.distinct())).where(
        _on(positions), *_LIVE_LINK, Link.statement_id != statement_id, Link.statement_id.not_in(in_words)
    )
    if not actor.is_editor:
        query = query.where(
            Link.status == LinkStatus.confirmed, Link.statement_status == StatementStatus.published
        )
    return (session.scalar(query) or 0) + len(in_words)


def _on(positions: Iterable[tuple[UUID, Stance]]) -> Any:
    by_stance: dict[Stance, set[UUID]] = {}
    for claim_id, stance in positions:
        by_stance.setdefault(stance, set()).add(claim_id)
    return or_(*(and_(Link.stance == stance, Link.claim_id.in_(ids)) for stance, ids in by_stance.items()))


def owners_of_statements(session: Session, graph: ClaimGraph, statement_ids: set[UUID]) -> set[UUID]:
    """Return the statements whose flags a change of these statements or their links can touch."""
    owners = set(statement_ids)
    if not owners:
        return owners
    for chunk in chunks(statement_ids):
        against = select(Contradiction.statement_id).where(Contradiction.opposing_id.in_(chunk))
        owners |= set(session.scalars(against)) | findings.owners_of(session, chunk)
    newest = session.scalar(select(Statement.id).order_by(Statement.id.desc()).limit(1))
    if newest in statement_ids and len(statement_ids) == 1:
        return owners  # Nothing was stored after it: the usual case of a new statement.
    linked = [item for chunk in chunks(statement_ids) for item in _links_of(session, chunk).items()]
    for id_, links in linked:
        if positions := _positions_against(graph, links):
            owners |= set(
                session.scalars(
                    select(Link.statement_id).where(_on(positions), *_LIVE_LINK, Link.statement_id > id_)
                )
            )
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


def refresh(session: Session, graph: ClaimGraph, owners: set[UUID], max_flags: int) -> list[Contradiction]:
    """Recompute the flags of these owners and return those that changed in any way."""
    changed: list[Contradiction] = []
    for chunk in chunks(owners, 200):
        links = _links_of(session, chunk)
        read = findings.flags_of(session, chunk)
        dismissed = findings.dismissed_by(session, chunk)
        stored: dict[UUID, list[Contradiction]] = {}
        for flag in session.scalars(select(Contradiction).where(Contradiction.statement_id.in_(chunk))):
            stored.setdefault(flag.statement_id, []).append(flag)
        for owner in chunk:
            found = []
            if links[owner] or owner in read:
                confirmed = {
                    (flag.opposing_id, flag.decided_facts)
                    for flag in stored.get(owner, [])
                    if flag.claim_id is None and flag.decision is Decision.confirmed and flag.decided_facts
                }
                found = find(
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
    facts = _Facts(session, owner, [flag for flag in found if isinstance(flag, Flag)])
    changed, new = [], []
    for flag in found:
        values = flag.values() if isinstance(flag, TextFlag) else facts.values(flag)
        row = known.pop(flag.key, None)
        if row is None:
            row = Contradiction(statement_id=owner, **values)
            row.settle_status()
            new.append(row)
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


class _Facts:
    """What is stored of each flag, with the words that it rests on, read once for all."""

    def __init__(self, session: Session, owner: UUID, found: list[Flag]) -> None:
        statements = {owner, *(flag.opposing.statement_id for flag in found)}
        claims = {
            id_
            for flag in found
            for id_ in (
                flag.link.claim_id,
                *(step.end for step in flag.opposition.steps),
            )
        }
        self._owner = owner
        self._statements = {
            row.id: row
            for row in session.execute(
                select(Statement.id, Statement.text_key, Statement.status).where(Statement.id.in_(statements))
            )
        }
        self._claims = {
            row.id: row
            for row in session.execute(
                select(Claim.id, Claim.text_key, Claim.status).where(Claim.id.in_(claims))
            )
        }

    def values(self, flag: Flag) -> dict[str, Any]:
        """Return the columns of the contradiction that stands for the flag."""
        path = flag.opposition
        statements = [self._statements[self._owner], self._statements[flag.opposing.statement_id]]
        claims = [self._claims[flag.link.claim_id], *(self._claims[step.end] for step in path.steps)]
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
            "stance": flag.link.stance,
            "subject_id": path.subject_id,
            "steps": [[str(step.start), step.relation, str(step.end)] for step in path.steps],
            "score": flag.score,
            "asserted": flag.asserted,
            "rank": round(4 * flag.same_speaker + 2 * flag.asserted + flag.score, 4),
            "facts": hashlib.sha256("\n".join(judged).encode()).hexdigest(),
            "published": all(row.status is StatementStatus.published for row in statements)
            and all(row.status is ClaimStatus.published for row in claims),
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
