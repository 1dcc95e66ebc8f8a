"""What is flagged, as rows: the contradictions of a statement, and the strongest on a claim."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import Integer, Uuid, and_, bindparam, literal, or_, select, union, union_all
from sqlalchemy import text as sql

from factcheck.auth import Actor
from factcheck.claims import Claim, ClaimStatus
from factcheck.contradictions import STANDING, Contradiction, FlagStatus, strongest_first
from factcheck.links import Link, LinkStatus, StatementStatus
from factcheck.prepared import Asked, Prepared, Reads
from factcheck.statements import Statement

# What is shown of a statement's contradictions.
_SHOWN = 200
_ALL = 2**31 - 1
Pairs = list[tuple[Any, Any]]
"""The ids of two statements each: the later one and the earlier."""


def for_statement(reads: Reads, actor: Actor, statement: Any) -> list[Any]:
    """Return the contradictions of a statement that the actor may see, strongest first, at most 200.

    `statement` is a row or an object, `reads` are plain. Contributors learn at once what their own draft
    runs into, as far as the other side is public.
    """
    return list(islice(_seen(reads, actor, statement, _SHOWN), _SHOWN))


def opposing_in_words(reads: Reads, actor: Actor, statement: Any, found: list[Any]) -> set[Any]:
    """Return the statements whose words oppose this one's, by flags that the actor may see.

    `found` is what `for_statement` gave.
    """
    own = str(statement.id)
    return {
        flag.opposing_id if flag.statement_id == own else flag.statement_id
        for flag in (found if len(found) < _SHOWN else _seen(reads, actor, statement, _ALL))
        if flag.claim_id is None and flag.status in (FlagStatus.open, FlagStatus.confirmed)
    }


def _seen(reads: Reads, actor: Actor, statement: Any, limit: int) -> Iterator[Any]:
    """Return those of a statement's contradictions that the actor may see; others take no place."""
    if actor.is_editor:
        return iter(reads.all(_OF_STATEMENT, statement=statement.id, limit=limit))
    if statement.published_at or not actor.owns(statement.created_by):
        return iter(reads.all(_PUBLIC_OF_STATEMENT, statement=statement.id, limit=limit))
    rows = reads.all(_OF_STATEMENT, statement=statement.id, limit=_ALL)
    return (flag for flag in rows if _other_side_is_public(reads, flag, str(statement.id)))


_ON_STATEMENT = (
    select(Contradiction.__table__)
    .where(
        Contradiction.status != FlagStatus.resolved,
        or_(
            Contradiction.statement_id == bindparam("statement"),
            Contradiction.opposing_id == bindparam("statement"),
        ),
    )
    .order_by(*strongest_first())
    .limit(bindparam("limit", type_=Integer))
)
_OF_STATEMENT = Prepared(_ON_STATEMENT)
_PUBLIC_OF_STATEMENT = Prepared(_ON_STATEMENT.where(Contradiction.public))


def _other_side_is_public(reads: Reads, flag: Any, statement_id: str) -> bool:
    ends = [(flag.statement_id, flag.claim_id), (flag.opposing_id, flag.opposing_claim_id)]
    other_id, claim_id = ends[0] if statement_id == flag.opposing_id else ends[1]
    if claim_id is None:
        return reads.first(_PUBLISHED, id=other_id) is not None
    on_path = {flag.claim_id, flag.opposing_claim_id, *(end for _, _, end in flag.steps)}
    return (
        reads.first(_CONFIRMED, statement=other_id, claim=claim_id) is not None
        and reads.first(_HIDDEN, claims=list(on_path)) is None
    )


_PUBLISHED = Prepared(
    select(Statement.id).where(Statement.id == bindparam("id"), Statement.status == StatementStatus.published)
)
_CONFIRMED = Prepared(
    select(Link.id).where(
        Link.statement_id == bindparam("statement"),
        Link.claim_id == bindparam("claim"),
        Link.status == LinkStatus.confirmed,
        Link.statement_status == StatementStatus.published,
    )
)
_HIDDEN = Prepared(
    select(Claim.id).where(Claim.id.in_(bindparam("claims")), Claim.status != ClaimStatus.published).limit(1)
)


class Strongest:
    """The pairs of statements with the strongest contradictions that touch a claim, at most `limit`.

    `standing` of its contradictions are open or confirmed. What is `asked` first can go along with other
    reads; from its rows `flags` makes what is shown.
    """

    def __init__(self, claim_id: Any, actor: Actor, standing: int, limit: int) -> None:
        self._claim_id = claim_id
        self._editor = actor.is_editor
        self._standing = standing
        self._limit = limit
        # As few as will do: most pairs have one reason.
        self._reach = limit + limit // 4
        self._are_few = standing <= self._reach
        self.asked: list[Asked] = []
        if standing and limit:
            self.asked = [self._all_of_few() if self._are_few else self._nearest_of_many(self._reach)]

    def flags(self, reads: Reads, rows: Sequence[Any] = ()) -> list[Any]:
        """Return the standing contradictions of these pairs, strongest first; none if none was asked for."""
        if not self.asked:
            return []
        if self._are_few:
            own = [row for row in rows if self._claim_id in (row.claim_id, row.opposing_claim_id)]
            own.sort(key=lambda row: (row.rank, row.statement_id, row.opposing_id), reverse=True)
            pairs = _pairs(own)[: self._limit]
        else:
            pairs = self._pairs_of_many(reads, rows)[: self._limit]
            rows = _read_between(reads, pairs, self._editor)
        wanted = set(pairs)
        flags = [row for row in rows if (row.statement_id, row.opposing_id) in wanted]
        # Sorted here: an ORDER BY would lead SQLite to the index of all ranks.
        return sorted(flags, key=lambda flag: (flag.rank, flag.id), reverse=True)

    def _all_of_few(self) -> Asked:
        return _of_touching(self._editor), {"claim": self._claim_id}

    def _nearest_of_many(self, reach: int) -> Asked:
        return _nearest(self._editor), {"claim": self._claim_id, "reach": reach}

    def _pairs_of_many(self, reads: Reads, rows: Sequence[Any]) -> Pairs:
        """Return enough pairs, strongest first; where few have many reasons, more is read."""
        reach = self._reach
        while reach < self._standing and not self._is_enough(rows, reach):
            reach *= 8
            [rows] = reads.together(self._nearest_of_many(reach))
        return _pairs(rows)

    def _is_enough(self, rows: Sequence[Any], reach: int) -> bool:
        """Tell whether nothing is missed: what was not reached at an end is weaker than all that was."""
        at_end = [[row for row in rows if row.end == end] for end in ("claim_id", "opposing_claim_id")]
        return all(len(_pairs(found)) >= self._limit for found in at_end if len(found) == reach)


def _pairs(rows: Sequence[Any]) -> Pairs:
    return list(dict.fromkeys((row.statement_id, row.opposing_id) for row in rows))


@cache
def _nearest(editor: bool) -> Prepared:
    """Select the strongest contradictions of a claim, strongest first: by an index for each of their ends."""
    order = (Contradiction.rank, Contradiction.statement_id, Contradiction.opposing_id)
    ends = union_all(
        *(
            select(
                select(literal(end.key).label("end"), *order)
                .where(end == bindparam("claim", type_=Uuid), *_standing(editor))
                .order_by(*(column.desc() for column in order))
                .limit(bindparam("reach", type_=Integer))
                .subquery()
            )
            for end in (Contradiction.claim_id, Contradiction.opposing_claim_id)
        )
    ).subquery()
    return Prepared(
        select(ends).order_by(ends.c.rank.desc(), ends.c.statement_id.desc(), ends.c.opposing_id.desc())
    )


_FLAG = select(
    Contradiction.id,
    Contradiction.statement_id,
    Contradiction.opposing_id,
    Contradiction.claim_id,
    Contradiction.opposing_claim_id,
    Contradiction.kind,
    Contradiction.same_speaker,
    Contradiction.stance,
    Contradiction.subject_id,
    Contradiction.steps,
    Contradiction.score,
    Contradiction.asserted,
    Contradiction.rank,
    Contradiction.status,
    Contradiction.resolution,
    Contradiction.decision,
    Contradiction.decision_reason,
    Contradiction.decided_by,
    Contradiction.decided_at,
    Contradiction.revision,
    Contradiction.created_at,
    Contradiction.updated_at,
)


def _standing(editor: bool) -> tuple[Any, ...]:
    return (sql(f"contradiction.{STANDING}"), *(() if editor else (Contradiction.public,)))


@cache
def _of_touching(editor: bool) -> Prepared:
    """Select all standing contradictions of the pairs that have one that touches a claim."""
    touching = union(
        *(
            select(Contradiction.statement_id, Contradiction.opposing_id).where(
                end == bindparam("claim", type_=Uuid), *_standing(editor)
            )
            for end in (Contradiction.claim_id, Contradiction.opposing_claim_id)
        )
    ).subquery()
    # As a join: for `IN (SELECT …)` SQLite would look through all contradictions.
    return Prepared(
        _FLAG.join(
            touching,
            and_(
                touching.c.statement_id == Contradiction.statement_id,
                touching.c.opposing_id == Contradiction.opposing_id,
            ),
        ).where(*_standing(editor))
    )


def _read_between(reads: Reads, pairs: Pairs, editor: bool) -> list[Any]:
    """Return the standing contradictions of pairs of statements, and some of others."""
    ends = {"later": list({later for later, _ in pairs}), "earlier": list({earlier for _, earlier in pairs})}
    return reads.all(_between(editor), **ends)


@cache
def _between(editor: bool) -> Prepared:
    return Prepared(
        _FLAG.where(
            Contradiction.statement_id.in_(bindparam("later")),
            Contradiction.opposing_id.in_(bindparam("earlier")),
            *_standing(editor),
        )
    )
