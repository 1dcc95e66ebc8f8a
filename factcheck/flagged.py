"""What is flagged, as rows: the contradictions of a statement, and the strongest on a claim."""

from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, literal, or_, select, union_all
from sqlalchemy import text as sql

from factcheck.auth import Actor
from factcheck.claims import Claim, ClaimStatus
from factcheck.contradictions import STANDING, Contradiction, FlagStatus, strongest_first
from factcheck.links import Link, LinkStatus, StatementStatus
from factcheck.prepared import Prepared, Reads
from factcheck.statements import Statement

# What is shown of a statement's contradictions.
_SHOWN = 200
_ALL = 2**31 - 1


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


def strongest_pairs(
    reads: Reads, claim_id: UUID, actor: Actor, standing: int, limit: int
) -> list[tuple[UUID, UUID]]:
    """Return the pairs of statements with the strongest contradictions that touch a claim, at most `limit`.

    `standing` of its contradictions are open or confirmed. They are read in the order of an index for
    each end, as few as will do: most pairs have one reason, and where they have many more are read.
    """
    reach = limit + limit // 4
    while True:
        rows = reads.all(_nearest(actor.is_editor), claim=claim_id, reach=reach)
        pairs = list(dict.fromkeys((row.statement_id, row.opposing_id) for row in rows))
        # What was not reached at an end is weaker than all that was: so many pairs there are enough.
        at_end = [[row for row in rows if row.end == end] for end in ("claim_id", "opposing_claim_id")]
        enough = all(
            len({(row.statement_id, row.opposing_id) for row in found}) >= limit
            for found in at_end
            if len(found) == reach
        )
        if enough or reach >= standing:
            return pairs[:limit]
        reach *= 8


@cache
def _nearest(editor: bool) -> Prepared:
    """Select the strongest contradictions of a claim at each of their ends, strongest first."""
    order = (Contradiction.rank, Contradiction.statement_id, Contradiction.opposing_id)
    ends = union_all(
        *(
            select(
                select(literal(end.key).label("end"), *order)
                .where(
                    end == bindparam("claim", type_=Uuid),
                    sql(STANDING),
                    *(() if editor else (Contradiction.public,)),
                )
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


def of_pairs(reads: Reads, pairs: list[tuple[UUID, UUID]], actor: Actor) -> list[Any]:
    """Return the standing contradictions of pairs of statements, strongest first."""
    wanted = set(pairs)
    ends = {"later": list({later for later, _ in pairs}), "earlier": list({earlier for _, earlier in pairs})}
    found = reads.all(_between(actor.is_editor), **ends)
    flags = [flag for flag in found if (flag.statement_id, flag.opposing_id) in wanted]
    # Sorted here: an ORDER BY would lead SQLite to the index of all ranks.
    return sorted(flags, key=lambda flag: (flag.rank, flag.id), reverse=True)


@cache
def _between(editor: bool) -> Prepared:
    return Prepared(
        select(
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
        ).where(
            Contradiction.statement_id.in_(bindparam("later")),
            Contradiction.opposing_id.in_(bindparam("earlier")),
            sql(f"contradiction.{STANDING}"),
            *(() if editor else (Contradiction.public,)),
        )
    )
