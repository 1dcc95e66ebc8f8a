"""What follows from a write, in order: flags, tallies, search, versions of the public views.

The verbs change records and note it (`history`); `settle` reads the list of changes and computes
what follows, in the same transaction, before the answer is written. Every writer calls it: the
API before it commits, the seed, imports. There is no other place that does.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import bindparam, or_, select, union, update
from sqlalchemy.orm import Session

from factcheck import flags, history, search, storing, tallies
from factcheck.claims import STANDING, Claim, ClaimAbout, ClaimKind, ClaimStatus
from factcheck.contradictions import Contradiction
from factcheck.db import chunks, now
from factcheck.entities import Entity
from factcheck.findings import Finding
from factcheck.graph import OPPOSITE, ClaimGraph, Stance
from factcheck.history import Change, State
from factcheck.links import Link, LinkStatus, StatementStatus
from factcheck.markup import MarkupPage, MarkupStatus
from factcheck.prepared import Prepared, Reads, Writes
from factcheck.relations import Relation
from factcheck.reviews import Review
from factcheck.snapshots import Snapshot
from factcheck.sources import Source
from factcheck.statements import Statement


def settle(session: Session, max_flags: int) -> ClaimGraph:
    """Bring flags, search and versions in line with the changes of this transaction.

    Return the claims as they then are, for what else is asked of them.
    """
    session.flush()
    changed = list(history.changes(session))
    graph = ClaimGraph(session)
    if not changed:
        return graph
    reflagged = _reflag(session, graph, changed, max_flags)
    tallies.keep(session)
    _reindex(session, changed)
    _raise_versions(session, graph, changed, reflagged)
    history.changes(session).clear()
    session.flush()
    return graph


def foresee(session: Session, max_flags: int) -> ClaimGraph:
    """Compute the flags that the changes of this transaction make, for a check that stores nothing."""
    session.flush()
    graph = ClaimGraph(session)
    _reflag(session, graph, list(history.changes(session)), max_flags)
    return graph


def recheck(session: Session, max_flags: int) -> int:
    """Recompute every flag and tally from the facts; return how many were wrong, 0 when all was in line."""
    session.flush()
    graph = ClaimGraph(session)
    owners = set(session.scalars(select(Link.statement_id).distinct()))
    owners |= set(session.scalars(select(Contradiction.statement_id).distinct()))
    owners |= set(session.scalars(select(Finding.statement_id).distinct()))
    reflagged = flags.refresh(session, graph, owners, max_flags)
    corrected = tallies.correct(session)
    for chunk in chunks(corrected):
        _raise(session, chunk)
    _raise_versions(session, graph, [], reflagged)
    history.changes(session).clear()
    session.flush()
    return len(reflagged) + len(corrected)


def _reflag(
    session: Session, graph: ClaimGraph, changed: list[Change], max_flags: int
) -> list[Contradiction]:
    statements = {c.record.id for c in changed if isinstance(c.record, Statement)}
    statements |= {c.record.statement_id for c in changed if isinstance(c.record, Link)}
    # A decision too: what an editor confirmed in the words stays where a guess would take its place.
    read = {c.record.statement_id for c in changed if isinstance(c.record, Finding | Contradiction)}
    new = {c.record.id for c in changed if isinstance(c.record, Statement) and c.before is None}
    owners = read | flags.owners_of_statements(session, graph, statements, new)
    owners |= flags.owners_in_zone(session, _zone(session, graph, changed))
    return flags.refresh(session, graph, owners, max_flags, new - read)


def _zone(
    session: Session, graph: ClaimGraph, changed: Iterable[Change], *, public: bool = False
) -> set[UUID]:
    """Return the claims whose paths or counter-claims a change of claims or relations can touch."""
    seeds: set[UUID] = set()
    for change in changed:
        record, before = change.record, change.before
        if isinstance(record, Relation):
            ends = {record.from_claim_id, record.to_claim_id}
            if before:
                ends |= {UUID(before["from"]), UUID(before["to"])}
            if not public or _all_published(session, ends):
                seeds |= ends
        elif isinstance(record, Claim) and (not public or record.published_at):
            seeds.add(record.id)
            if before and before["about"] and (kind := ClaimKind(before["kind"])) in OPPOSITE:
                seeds |= _claims_of_kind(session, OPPOSITE[kind], UUID(before["about"][0]))
    return graph.zone(seeds)


def _all_published(session: Session, ids: set[UUID]) -> bool:
    drafts = select(Claim.id).where(Claim.id.in_(ids), Claim.status == ClaimStatus.draft)
    return session.scalar(drafts.limit(1)) is None


def _claims_of_kind(session: Session, kind: ClaimKind, subject: UUID) -> set[UUID]:
    return set(
        session.scalars(
            select(Claim.id)
            .join(ClaimAbout, (ClaimAbout.claim_id == Claim.id) & (ClaimAbout.position == 0))
            .where(Claim.kind == kind, ClaimAbout.entity_id == subject)
        )
    )


def _reindex(session: Session, changed: list[Change]) -> None:
    """Keep search right; a statement is found by its words and by its speaker's names."""
    statements = {c.record.id: c.record for c in changed if isinstance(c.record, Statement)}
    new = {c.record.id for c in changed if c.before is None}
    for change in changed:
        if isinstance(change.record, Entity) and change.before and _renamed(change.record, change.before):
            said = session.scalars(select(Statement).where(Statement.speaker_id == change.record.id))
            statements |= {statement.id: statement for statement in said}
    for statement in statements.values():
        names = (statement.speaker.name, *statement.speaker.alternate_names)
        search.index(
            session,
            "statement",
            statement.id,
            "\n".join((statement.text, *names)),
            public=statement.status is StatementStatus.published,
            new=statement.id in new,
        )
    for change in changed:
        if isinstance(change.record, MarkupPage):
            _reindex_markups(session, change.record, change.before)
    for claim in {c.record for c in changed if isinstance(c.record, Claim)}:
        text = claim.text if claim.status in STANDING else None
        search.index(session, "claim", claim.id, text, public=claim.status is ClaimStatus.published)


def _reindex_markups(session: Session, page: MarkupPage, before: State | None) -> None:
    """Bring the fact checks of a page into the index, and those that it no longer has out of it."""
    standing = page.markups if page.status is MarkupStatus.published else []
    gone = {UUID(markup["id"]) for markup in (before or {"markups": []})["markups"]}
    for id_ in gone - {markup.id for markup in standing}:
        search.index(session, "markup", id_, None, public=False)
    for markup in standing:
        search.index(session, "markup", markup.id, markup.words, public=True)


def _renamed(entity: Entity, before: State) -> bool:
    return any(entity.state()[field] != before[field] for field in ("name", "alternate_names"))


_RAISE = Prepared(
    update(Claim)
    .where(Claim.id.in_(bindparam("ids")))
    .values(version=Claim.version + 1, version_at=bindparam("at"))
)
# The claims that readers see statements under: on a side, or in a contradiction. An editor may confirm a
# contradiction of a statement whose link is only suggested: then the claim shows the statement there alone.
_SHOWN_WITH = Prepared(
    union(
        select(Link.claim_id).where(
            Link.statement_id.in_(bindparam("ids")),
            Link.status == LinkStatus.confirmed,
            Link.statement_status != StatementStatus.draft,
        ),
        *(
            select(end).where(mine.in_(bindparam("ids")), Contradiction.public, end.is_not(None))
            for mine in (Contradiction.statement_id, Contradiction.opposing_id)
            for end in (Contradiction.claim_id, Contradiction.opposing_claim_id)
        ),
    )
)


def _raise_versions(
    session: Session, graph: ClaimGraph, changed: list[Change], reflagged: list[Contradiction]
) -> None:
    """Raise the version of each claim whose public view these changes can have changed.

    Drafts, suggestions and flags that readers do not see raise nothing: a version tells nothing
    of them.
    """
    statements: set[UUID] = set()
    claims: set[UUID] = set()
    # Of a statement that is new, all links and flags are changes of their own.
    new = {c.record.id for c in changed if isinstance(c.record, Statement) and c.before is None}
    for change in changed:
        statements |= _statements_shown_by(session, change) - new
        claims |= _claims_shown_by(session, graph, change)
    for flag in _flags_shown(session, reflagged):
        pair = {flag.statement_id, flag.opposing_id}
        # A view shows a pair with all its reasons, those by other claims too.
        statements |= pair if new.isdisjoint(pair) else set()
        claims |= {id_ for id_ in (flag.claim_id, flag.opposing_claim_id) if id_}
    redrawn = _zone(session, graph, changed, public=True)
    if redrawn:
        statements |= set(session.scalars(select(Link.statement_id).where(Link.claim_id.in_(redrawn))))
    for chunk in chunks(statements, 5_000):  # Each id stands in the text five times.
        claims |= {claim_id for (claim_id,) in Reads.within(session).all(_SHOWN_WITH, ids=chunk)}
    claims |= redrawn
    # A view shows its counter-claims with their supporters, and flags at both ends of a path.
    for claim_id in list(claims):
        for stance in Stance:
            opposed = graph.opposed(claim_id, stance, only_published=True)
            claims |= {opposition.claim_id for opposition in opposed}
    for chunk in chunks(claims):
        _raise(session, chunk)


def _raise(session: Session, claim_ids: list[UUID]) -> None:
    Writes.within(session).update(_RAISE, ids=claim_ids, at=now())


def _statements_shown_by(session: Session, change: Change) -> set[UUID]:
    """Return the statements that readers see changed by this change."""
    record = change.record
    if isinstance(record, Statement) and record.published_at:
        return {record.id}
    if change.before is None and isinstance(record, Source | Entity):
        return set()  # What this transaction says of it is a change of its own.
    if isinstance(record, Source) and record.public:
        return set(session.scalars(select(Statement.id).where(Statement.source_id == record.id)))
    if isinstance(record, Snapshot):
        # Each statement from the source is shown with what was found of it in the snapshot.
        return set(session.scalars(select(Statement.id).where(Statement.source_id == record.source_id)))
    if isinstance(record, Entity) and record.public:
        named = or_(Statement.speaker_id == record.id, Statement.on_behalf_of_id == record.id)
        return set(session.scalars(select(Statement.id).where(named)))
    return set()


def _claims_shown_by(session: Session, graph: ClaimGraph, change: Change) -> set[UUID]:
    """Return the claims that readers see changed by this change, but for those of `_zone`."""
    record = change.record
    # By its id: a suggestion that was withdrawn is gone, and can no longer lead to its statement.
    if isinstance(record, Link) and storing.get(session, Statement, record.statement_id).published_at:
        states = [state for state in (change.before, record.state()) if state]
        if any(state["status"] == LinkStatus.confirmed for state in states):
            return {UUID(state["claim"]) for state in states}
    if isinstance(record, Review):
        # Nobody is shown the verdict on a draft.
        return {record.claim_id} if record.claim.published_at else set()
    if isinstance(record, Entity) and record.public and change.before is not None:
        about = select(ClaimAbout.claim_id).where(ClaimAbout.entity_id == record.id)
        return graph.zone(session.scalars(about))
    return set()


def _flags_shown(session: Session, reflagged: list[Contradiction]) -> list[Contradiction]:
    """Return the changed flags that readers see, or saw before."""
    shown = [flag for flag in reflagged if flag.public]
    for change in history.changes(session):
        flag = change.record
        if isinstance(flag, Contradiction) and (flag.public or (change.before and change.before["public"])):
            shown.append(flag)
    return shown
