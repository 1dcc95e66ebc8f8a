"""Which statements oppose a statement, strongest first: over links to claims, and in the words.

A contradiction in the words of two statements (`findings`) counts where no path over links opposes
them. Where an editor dismissed that, a path counts only if people made both links.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, and_, bindparam, case, func, or_, select, union_all
from sqlalchemy.orm import Session

from factcheck.auth import Actor
from factcheck.findings import TextFlag
from factcheck.graph import ClaimGraph, Opposition, Stance
from factcheck.links import PEOPLE, Link, LinkStatus, StatementStatus, is_guess
from factcheck.prepared import Prepared, Reads

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
        return bool(self.link.status == LinkStatus.confirmed == self.opposing.status)

    @property
    def score(self) -> float:
        return float(round(self.opposition.score * self.link.confidence * self.opposing.confidence, 4))

    @property
    def rank(self) -> tuple[Any, ...]:
        """Sort key; the greatest is the strongest. The claims break ties between paths of one pair."""
        return (
            # A draft never takes the place of what readers see.
            self.opposing.statement_status == StatementStatus.published,
            self.same_speaker,
            self.asserted,
            self.score,
            self.opposing.said_on,
            self.opposing.statement_id,
            self.link.claim_id,
            self.opposing.claim_id,
        )


_LINK: Select[*tuple[Any, ...]] = select(
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
_LINKS = Prepared(_LINK.where(Link.statement_id.in_(bindparam("ids")), *_LIVE_LINK).order_by(Link.claim_id))


def links_of(session: Session, statement_ids: Iterable[UUID]) -> dict[UUID, list[Any]]:
    """Return the links of each statement that count, as rows."""
    found: dict[UUID, list[Any]] = {id_: [] for id_ in statement_ids}
    for row in Reads.within(session).all(_LINKS, ids=list(found)):
        found[row.statement_id].append(row)
    return found


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
    by_anyone = positions_against(graph, links)
    by_people = positions_against(graph, (link for link in links if not is_guess(link)))
    shown = {
        (o.claim_id, o.stance)
        for link in links
        if link.status == LinkStatus.confirmed
        for o in graph.opposed(link.claim_id, link.stance, only_published=True)
    }
    theirs = links_of(session, [flag.opposing_id for flag in read])

    def gives_way(flag: TextFlag) -> bool:
        others = theirs[flag.opposing_id]
        if flag.opposing_id in dismissed:
            made = (link for link in others if not is_guess(link))
            return any((link.claim_id, link.stance) in by_people for link in made)
        if (flag.opposing_id, flag.facts) not in confirmed:
            return any((link.claim_id, link.stance) in by_anyone for link in others)
        sure = (link for link in others if link.status == LinkStatus.confirmed)
        return any((link.claim_id, link.stance) in shown for link in sure)

    return [flag for flag in read if not gives_way(flag)]


def positions_against(graph: ClaimGraph, links: Iterable[Any]) -> set[tuple[UUID, Stance]]:
    """Return the positions that are opposed to these links."""
    return {(o.claim_id, o.stance) for link in links for o in graph.opposed(link.claim_id, link.stance)}


def _on_paths(
    session: Session, graph: ClaimGraph, links: list[Any], dismissed: set[UUID], max_flags: int
) -> Iterable[Flag]:
    reads = Reads.within(session)
    found: dict[tuple[UUID, UUID, UUID], Flag] = {}
    for link in links:
        strongest, without = _STRONGEST, {}
        if dismissed:
            strongest, without = _NOT_DISMISSED[is_guess(link)], {"dismissed": list(dismissed)}
        for opposition in graph.opposed(link.claim_id, link.stance):
            rows = reads.all(
                strongest,
                claim=opposition.claim_id,
                stance=opposition.stance,
                before=link.statement_id,
                speaker=link.speaker_id,
                limit=max_flags,
                **without,
            )
            for row in rows:
                flag = Flag(link, row, opposition)
                found[flag.key] = flag
    return found.values()


def _strongest(*conditions: Any) -> Any:
    """Return a select of the strongest links on an opposed position, made of bounded ones.

    Each reads a range of one index: the cost does not grow with the number of links on the claim.
    """
    on_position = _LINK.where(
        Link.claim_id == bindparam("claim"),
        Link.stance == bindparam("stance"),
        Link.statement_status != StatementStatus.retracted,
        Link.statement_id < bindparam("before"),
        *conditions,
    )
    limit = bindparam("limit", type_=Integer)
    published_first = case((Link.statement_status == StatementStatus.published, 0), else_=1)
    recent = (Link.said_on.desc(), Link.statement_id.desc())
    confirmed_first = case((Link.status == LinkStatus.confirmed, 0), else_=1)
    parts = [
        on_position.where(Link.speaker_id == bindparam("speaker"), Link.status != LinkStatus.rejected)
        .order_by(published_first, confirmed_first, Link.confidence.desc(), *recent)
        .limit(limit)
    ]
    for status in (StatementStatus.published, StatementStatus.draft):
        theirs = on_position.where(Link.statement_status == status)
        parts.append(theirs.where(Link.status == LinkStatus.confirmed).order_by(*recent).limit(limit))
        suggested = theirs.where(Link.status == LinkStatus.suggested)
        parts.append(suggested.order_by(Link.confidence.desc(), *recent).limit(limit))
    return union_all(*(select(part.subquery()) for part in parts))


_STRONGEST = Prepared(_strongest())
# Guesses raise nothing again that an editor has dismissed: by whether the statement's own link is one.
_OTHERS = Link.statement_id.not_in(bindparam("dismissed"))
_BY_PEOPLE = or_(Link.status == LinkStatus.confirmed, Link.basis.in_(PEOPLE))
_NOT_DISMISSED = {
    True: Prepared(_strongest(_OTHERS)),
    False: Prepared(_strongest(or_(_OTHERS, _BY_PEOPLE))),
}


def total(
    session: Session,
    graph: ClaimGraph,
    statement_id: UUID,
    links: Iterable[Any],
    actor: Actor,
    in_words: set[UUID],
) -> int:
    """Return the exact number of statements that the actor may see and that oppose this one.

    By those of its links that count and that the actor may see, decided or not; by their words
    (`in_words`), those whose flag nobody has dismissed.
    """
    positions = {
        (o.claim_id, o.stance)
        for link in links
        for o in graph.opposed(link.claim_id, link.stance, only_published=not actor.is_editor)
    }
    if not positions:
        return len(in_words)
    by_stance = _by_stance(positions)
    counted = _counted(frozenset(by_stance), len(positions) == 1, actor.is_editor, bool(in_words))
    values: dict[str, Any] = {"own": statement_id, **by_stance}
    if in_words:
        values["in_words"] = list(in_words)
    return int(Reads.within(session).first(counted, **values)[0]) + len(in_words)


def _by_stance(positions: Iterable[tuple[UUID, Stance]]) -> dict[str, list[UUID]]:
    found: dict[str, list[UUID]] = {}
    for claim_id, stance in positions:
        found.setdefault(stance.value, []).append(claim_id)
    return found


def _on(stances: Iterable[str]) -> Any:
    """Return the condition on links that hold a position; the claims are given under the stance."""
    return or_(
        *(
            and_(Link.stance == stance, Link.claim_id.in_(bindparam(str(stance))))
            for stance in sorted(stances)
        )
    )


@cache
def _counted(stances: frozenset[str], one: bool, editor: bool, in_words: bool) -> Prepared:
    # A statement stands on one claim once, so that only several positions can meet the same again.
    number = func.count() if one else func.count(Link.statement_id.distinct())
    query = select(number).where(_on(stances), *_LIVE_LINK, Link.statement_id != bindparam("own"))
    if in_words:
        query = query.where(Link.statement_id.not_in(bindparam("in_words")))
    if not editor:
        query = query.where(
            Link.status == LinkStatus.confirmed, Link.statement_status == StatementStatus.published
        )
    return Prepared(query)


def stored_later(session: Session, statement_id: UUID, positions: set[tuple[UUID, Stance]]) -> set[UUID]:
    """Return the statements that hold one of these positions and were stored after this one."""
    if not positions:
        return set()
    by_stance = _by_stance(positions)
    rows = Reads.within(session).all(_later(frozenset(by_stance)), own=statement_id, **by_stance)
    return {id_ for (id_,) in rows}


@cache
def _later(stances: frozenset[str]) -> Prepared:
    later = Link.statement_id > bindparam("own")
    return Prepared(select(Link.statement_id).where(_on(stances), *_LIVE_LINK, later))
