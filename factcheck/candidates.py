"""Which claims and statements are worth comparing with a statement: at most 20 of each.

For a contributor's draft these are of what the contributor may read, and up to 20 of what only
editors may read stand apart from them: what is hidden from somebody neither takes a place from what
is not, nor changes which of it is found.

First the entities (who speaks, for whom, who is named), then the topic (the rarest stems, by the
full-text index), then what hangs on the best of these. Every read is a bounded range of an index,
so that the cost is the same at a thousand statements and at a million. docs/analysis.md states
which part of what matters is found.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from heapq import nlargest
from typing import Any, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, aliased

from factcheck import lookups
from factcheck.analysis.nearness import similarity, stems
from factcheck.claims import STANDING, Claim, ClaimAbout
from factcheck.entities import Entity
from factcheck.links import StatementStatus
from factcheck.lookups import Hit, Part
from factcheck.prepared import Prepared, Reads
from factcheck.statements import Statement
from factcheck.text import MAX_WORD, stem, words

LIMIT = 20
# What each kind of evidence weighs against a shared stem (see `lookups`: `Weights`, `ENTITY`, `NEAR`), and
# the least that a candidate needs: an entity, or some shared words. Set on the even lines of
# training/data/groups.jsonl; `python -m training.candidates` measures them on the odd ones.
_NAME_PART = 4.0
_SAME_SOURCE = 6.0
_HANGS_ON = 0.4
_GATE = 5.0
# So many claims are told to whoever waits for them: of those that entities and source lead to, and once the
# topic is looked up.
_TOLD_FIRST, _TOLD = 1, 3


class Said(Protocol):
    """A statement, stored or not; `id` is None for one that has no row."""

    @property
    def id(self) -> UUID | None: ...
    @property
    def text(self) -> str: ...
    @property
    def speaker_id(self) -> UUID | None: ...
    @property
    def speaker_role(self) -> str | None: ...
    @property
    def on_behalf_of_id(self) -> UUID | None: ...
    @property
    def source_id(self) -> UUID | None: ...


@dataclass(frozen=True, slots=True)
class ClaimCandidate:
    """A claim worth holding a statement against; `about` names its entities, the subject first.

    Two are equal where there is the same to read.
    """

    id: UUID
    text: str
    kind: str
    about: tuple[str, ...]
    score: float = field(compare=False)


@dataclass(frozen=True, slots=True)
class StatementCandidate:
    """A statement worth comparing with another."""

    id: UUID
    text: str
    text_key: str
    speaker: str
    speaker_role: str | None
    on_behalf_of: str | None
    said_on: str | None
    score: float = field(compare=False)


@dataclass(frozen=True, slots=True)
class Candidates:
    """The best first; at most `LIMIT` of each, and of what is hidden from a reader as many."""

    claims: list[ClaimCandidate]
    statements: list[StatementCandidate]
    hidden: "Candidates | None" = None


Expect = Callable[[Sequence[ClaimCandidate]], None]
_Shown = TypeVar("_Shown", ClaimCandidate, StatementCandidate)


@dataclass(slots=True)
class _Entry:
    """What speaks for a candidate so far: its row, its entities, and the rest as numbers."""

    row: Any
    entities: set[str]
    # Words of its names that the statement says, and what the stems weigh that both have.
    names: frozenset[str]
    topic: float
    bonus: float = 0.0
    score: float = 0.0


@dataclass(slots=True)
class _Pool:
    claims: dict[str, _Entry] = field(default_factory=dict)
    statements: dict[str, _Entry] = field(default_factory=dict)


def gather(
    session: Session,
    said: Said,
    *,
    before: UUID | None = None,
    limit: int = LIMIT,
    reader: UUID | None = None,
    expect: Expect | None = None,
) -> Candidates:
    """Return the claims and the other statements worth comparing with this one, best first.

    With `before`, only statements with a smaller id count: those that were stored earlier. With
    `reader`, the key of a contributor, they are what the contributor may read, and `hidden` what only
    editors may. `expect` is told which claims come first as far as can be told halfway.
    """
    if reader is None:
        return _Search(session, said, before, None).best(limit, expect)
    known = _Search(session, said, before, lookups.known_to(reader)).best(limit, expect)
    hidden = _Search(session, said, before, lookups.hidden_from(reader)).best(limit, expect)
    return replace(known, hidden=hidden)


class _Search:
    """One gathering: its entities and stems, and the pool that it fills.

    All ids within are text: hundreds are compared, and 40 come out.
    """

    def __init__(self, session: Session, said: Said, before: UUID | None, part: Part | None) -> None:
        self._session = session
        # Rows, not objects: what loads objects takes twice as long.
        self._reads = Reads.within(session, plain=True)
        self._said = said
        self._source_id = said.source_id and str(said.source_id)
        self._part = part
        self._before = before or lookups.LAST
        own = {id_ for id_ in (said.speaker_id, said.on_behalf_of_id) if id_}
        self._own = set(map(str, own))
        role = said.speaker_role or ""
        self._entities = self._own | set(map(str, lookups.named(session, f"{said.text}\n{role}")))
        names = sorted(name for (name,) in self._reads.all(_NAMES, ids=own)) if own else []
        self._names = [frozenset(stem(word[:MAX_WORD]) for word in words(name)) for name in names]
        stems_wanted = lookups.telling(said.text, " ".join((*names, role)))
        # Documents hold no roles: in how many a stem is says nothing of how many speak in that role.
        self._of_role = stems(role) - stems(f"{said.text} {' '.join(names)}")
        self._weights = lookups.weigh(session, stems_wanted)
        self._weight = {found: weight for found, (_, weight) in self._weights.items()}
        self._weighed = frozenset(self._weight)
        self._weighed_of_role = self._weighed - self._of_role
        self._spoken = lookups.spoken(said.text)
        self._pool = _Pool()

    def _met(self) -> list[Hit]:
        """Return what is met by entity and source."""
        wanted = [(lookups.CLAIMS_LINKED_BY, id_) for id_ in sorted(self._own)]
        for id_ in sorted(self._entities):
            wanted += [(lookups.CLAIMS_ABOUT, id_), (lookups.SAID_BY, id_), (lookups.SAID_FOR, id_)]
        if self._source_id:
            wanted.append((lookups.SAID_IN, self._source_id))
        return lookups.ranges(self._session, wanted, self._before, part=self._part)

    def _on_topic(self) -> list[Hit]:
        own = [(query, id_) for id_ in sorted(self._own) for query in (lookups.SAID_BY, lookups.SAID_FOR)]
        return lookups.on_topic(self._session, self._weights, self._before, self._part, self._names, own)

    def _follow(self) -> None:
        """Add what hangs on the best so far: claims about the same, and both ends of links."""
        claims = nlargest(5, self._pool.claims.values(), key=_score)
        statements = nlargest(8, self._pool.statements.values(), key=_score)
        subjects = {id_: entry.score for entry in reversed(claims) for id_ in entry.entities}
        wanted = [(lookups.CLAIMS_ABOUT, id_) for id_ in subjects]
        wanted += [(lookups.CLAIMS_OF, entry.row.id) for entry in statements]
        wanted += [(lookups.SAID_FOR_CLAIM, entry.row.id) for entry in claims]
        parents = {**subjects, **{entry.row.id: entry.score for entry in (*claims, *statements)}}
        found = lookups.ranges(self._session, wanted, self._before, each=8, part=self._part)
        self._load_claims(found)
        self._load_statements(found)
        for hit in found:
            pool = self._pool.claims if hit.record_type == "claim" else self._pool.statements
            if entry := pool.get(hit.id):
                entry.bonus = max(entry.bonus, _HANGS_ON * parents[hit.origin])

    def best(self, limit: int, expect: Expect | None = None) -> Candidates:
        """Look, follow, and return the best of the pool, those that pass the gate only."""
        claims, statements = self._pool.claims, self._pool.statements
        found = self._met()
        self._load_claims(found)
        if expect:
            self._rank(claims)
            expect(_passing(claims, _TOLD_FIRST, _claim))
        found += self._on_topic()
        self._load_claims(found)
        self._rank(claims)
        if expect:
            expect(_passing(claims, _TOLD, _claim))
        self._load_statements(found)
        self._rank(statements)
        self._follow()
        self._rank(claims)
        self._rank(statements)
        return Candidates(_passing(claims, limit, _claim), _passing(statements, limit, _statement))

    def _load_claims(self, found: Iterable[Hit]) -> None:
        """Load the claims among what was found that are not in the pool yet."""
        ids = {hit.id for hit in found if hit.record_type == "claim"} - self._pool.claims.keys()
        for row in self._reads.all(_CLAIMS, ids=ids) if ids else ():
            if row.status not in STANDING:
                continue
            entry = self._pool.claims.get(row.id)
            if entry is None:
                entry = _Entry(
                    _ClaimRow(row), set(), frozenset(), self._worth(self._weighed & stems(row.text))
                )
                self._pool.claims[row.id] = entry
            if row.entity_id:
                entry.entities.add(row.entity_id)
                entry.names |= _spoken(row.name) & self._spoken
                entry.row.about += (row.name,)

    def _load_statements(self, found: Iterable[Hit]) -> None:
        """Load the statements among what was found that are not in the pool yet."""
        ids = {hit.id for hit in found if hit.record_type == "statement"} - self._pool.statements.keys()
        ids.discard(str(self._said.id))
        for row in self._reads.all(_STATEMENTS, ids=ids) if ids else ():
            if row.status == StatementStatus.retracted or not is_english_tag(row.language):
                continue
            theirs, called = {row.speaker_id}, _spoken(row.speaker)
            if row.on_behalf_of_id:
                theirs.add(row.on_behalf_of_id)
                called |= _spoken(row.on_behalf_of)
            shared = self._weighed & stems(row.text)
            # Who speaks and as what counts too: "the inspector" is met by what the inspector said.
            for who, counted in ((row.speaker, self._weighed), (row.speaker_role, self._weighed_of_role)):
                if who and not counted.isdisjoint(theirs_too := stems(who)):
                    shared |= counted & theirs_too
            entry = _Entry(row, theirs, called & self._spoken, self._worth(shared))
            self._pool.statements[row.id] = entry
            if row.source_id == self._source_id:
                entry.bonus = _SAME_SOURCE

    def _worth(self, shared: frozenset[str]) -> float:
        return math.fsum(map(self._weight.__getitem__, shared))

    def _rank(self, pool: dict[str, _Entry]) -> None:
        """Score claims or statements: shared entities, shared stems, and what the candidates hang on."""
        entries = pool.values()
        # Part of a name counts where it can mean one entity only among those gathered.
        owners: dict[str, set[frozenset[str]]] = {}
        for entry in entries:
            for part in entry.names:
                owners.setdefault(part, set()).add(frozenset(entry.entities))
        near = similarity(self._said.text, [entry.row.text for entry in entries])
        for entry, nearness in zip(entries, near, strict=True):
            shared = len(entry.entities & self._entities)
            partly = sum(len(owners[part]) == 1 for part in entry.names)
            entry.score = (
                lookups.ENTITY * min(shared, 2)
                + _NAME_PART * min(partly, 2) * (not shared)
                + entry.topic
                + lookups.NEAR * nearness
                + entry.bonus
            )


_CLAIMS = Prepared(
    select(Claim.id, Claim.text, Claim.kind, Claim.status, ClaimAbout.entity_id, Entity.name)
    .outerjoin(ClaimAbout, ClaimAbout.claim_id == Claim.id)
    .outerjoin(Entity, Entity.id == ClaimAbout.entity_id)
    .where(Claim.id.in_(bindparam("ids")))
    .order_by(Claim.id, ClaimAbout.position)
)
_NAMES = Prepared(select(Entity.name).where(Entity.id.in_(bindparam("ids"))))
_Speaker, _Client = aliased(Entity), aliased(Entity)
_STATEMENTS = Prepared(
    select(
        Statement.id,
        Statement.text,
        Statement.text_key,
        Statement.language,
        Statement.status,
        Statement.speaker_id,
        Statement.speaker_role,
        Statement.on_behalf_of_id,
        Statement.said_on,
        Statement.source_id,
        _Speaker.name.label("speaker"),
        _Client.name.label("on_behalf_of"),
    )
    .join(_Speaker, _Speaker.id == Statement.speaker_id)
    .outerjoin(_Client, _Client.id == Statement.on_behalf_of_id)
    .where(Statement.id.in_(bindparam("ids")))
)


@lru_cache(maxsize=4096)
def _spoken(name: str) -> frozenset[str]:
    return frozenset(lookups.spoken(name))


class _ClaimRow:
    """A claim as loaded; its `about` grows row by row."""

    def __init__(self, row: Any) -> None:
        self.id, self.text, self.kind = row.id, row.text, row.kind
        self.about: tuple[str, ...] = ()


def _score(entry: _Entry) -> tuple[float, str]:
    """Return what entries are ordered by: of those that score the same the newest is the greatest."""
    return (entry.score, entry.row.id)


def _passing(pool: dict[str, _Entry], limit: int, shown: Callable[[_Entry], _Shown]) -> list[_Shown]:
    """Return the best that pass the gate, as they are shown."""
    best = nlargest(limit, pool.values(), key=_score)
    return [shown(entry) for entry in best if entry.score >= _GATE]


def _claim(entry: _Entry) -> ClaimCandidate:
    row = entry.row
    return ClaimCandidate(UUID(row.id), row.text, row.kind, row.about, round(entry.score, 4))


def _statement(entry: _Entry) -> StatementCandidate:
    row = entry.row
    return StatementCandidate(
        id=UUID(row.id),
        text=row.text,
        text_key=row.text_key,
        speaker=row.speaker,
        speaker_role=row.speaker_role,
        on_behalf_of=row.on_behalf_of,
        said_on=row.said_on or None,
        score=round(entry.score, 4),
    )


def is_english_tag(language: str) -> bool:
    """Tell whether a language tag (BCP 47) names English."""
    return language.split("-")[0].lower() == "en"
