"""Which claims and statements are worth comparing with a statement: at most 20 of each.

First the entities (who speaks, for whom, who is named), then the topic (the rarest stems, by the
full-text index), then what hangs on the best of these. Every read is a bounded range of an index,
so that the cost is the same at a thousand statements and at a million. docs/analysis.md states
which part of what matters is found.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Select, String, Uuid, bindparam, select
from sqlalchemy import text as sql
from sqlalchemy.orm import Session, aliased

from factcheck.analysis.vectors import similarity, stems
from factcheck.claims import STANDING, Claim, ClaimAbout
from factcheck.entities import Entity, EntityKey, name_key
from factcheck.links import StatementStatus
from factcheck.statements import Statement
from factcheck.text import stem, words

LIMIT = 20
# How many rows one entity, source or claim contributes, and how many of a type are looked at closely.
_EACH = 40
_POOL = 80
_ENTITIES = 12
_STEMS = 20
# A stem in more documents than this is looked up only together with another one.
_RARE = 200
_COUNTED = 2000
_PAIRED = 5
_NAME_KEYS = 150

_STOP = frozenset(
    stem(word)
    for word in [
        "a",
        "about",
        "after",
        "again",
        "all",
        "also",
        "am",
        "an",
        "and",
        "any",
        "anyone",
        "anything",
        "are",
        "as",
        "ask",
        "at",
        "away",
        "back",
        "be",
        "because",
        "been",
        "before",
        "being",
        "but",
        "by",
        "call",
        "came",
        "can",
        "cannot",
        "come",
        "could",
        "day",
        "did",
        "do",
        "does",
        "don",
        "done",
        "down",
        "each",
        "even",
        "ever",
        "every",
        "everyone",
        "everything",
        "first",
        "for",
        "from",
        "get",
        "give",
        "go",
        "going",
        "gone",
        "got",
        "had",
        "has",
        "have",
        "he",
        "her",
        "here",
        "him",
        "his",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "just",
        "keep",
        "knew",
        "know",
        "last",
        "let",
        "like",
        "ll",
        "long",
        "look",
        "made",
        "make",
        "man",
        "many",
        "may",
        "me",
        "mean",
        "might",
        "more",
        "most",
        "much",
        "must",
        "my",
        "never",
        "new",
        "no",
        "nobody",
        "none",
        "nor",
        "not",
        "nothing",
        "now",
        "of",
        "off",
        "on",
        "once",
        "one",
        "only",
        "or",
        "other",
        "our",
        "out",
        "over",
        "own",
        "people",
        "put",
        "re",
        "right",
        "s",
        "said",
        "same",
        "saw",
        "say",
        "see",
        "seen",
        "she",
        "should",
        "since",
        "so",
        "some",
        "somebody",
        "someone",
        "something",
        "still",
        "such",
        "take",
        "tell",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "thing",
        "think",
        "this",
        "those",
        "though",
        "through",
        "time",
        "to",
        "told",
        "too",
        "took",
        "two",
        "up",
        "us",
        "use",
        "ve",
        "very",
        "want",
        "was",
        "way",
        "we",
        "well",
        "went",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "whole",
        "whom",
        "whose",
        "why",
        "will",
        "with",
        "word",
        "would",
        "year",
        "yes",
        "yet",
        "you",
        "your",
    ]
)
_TOKEN = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_JOINING = frozenset(("of", "the", "and", "for", "de", "da", "van", "von", "der", "la", "al", "bin"))


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
    """A claim worth holding a statement against; `about` names its entities, the subject first."""

    id: UUID
    text: str
    kind: str
    about: tuple[str, ...]
    score: float


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
    score: float


@dataclass(frozen=True, slots=True)
class Candidates:
    """The best first; at most `LIMIT` of each."""

    claims: list[ClaimCandidate]
    statements: list[StatementCandidate]


@dataclass(slots=True)
class _Entry:
    """What speaks for a candidate so far: its row, its entities, and the rest as one number."""

    row: Any
    entities: set[UUID]
    names: set[str]
    # Stems of who speaks and as what: "the inspector" is met by what the inspector said.
    context: frozenset[str] = frozenset()
    bonus: float = 0.0
    score: float = 0.0


@dataclass(slots=True)
class _Pool:
    claims: dict[UUID, _Entry] = field(default_factory=dict)
    statements: dict[UUID, _Entry] = field(default_factory=dict)


def gather(session: Session, said: Said, *, before: UUID | None = None, limit: int = LIMIT) -> Candidates:
    """Return the claims and the other statements worth comparing with this one, best first.

    With `before`, only statements with a smaller id count: those that were stored earlier.
    """
    search = _Search(session, said, before)
    search.look()
    search.follow()
    return search.best(limit)


class _Search:
    """One gathering: its entities and stems, and the pool that it fills."""

    def __init__(self, session: Session, said: Said, before: UUID | None) -> None:
        self._session = session
        self._said = said
        self._before = before
        self._own = {id_ for id_ in (said.speaker_id, said.on_behalf_of_id) if id_}
        self._names = self._names_of(self._own)
        self._named = self._entities_named()
        context = f"{' '.join(self._names)} {said.speaker_role or ''}"
        self._weights = self._weigh(_telling(said.text, context))
        self._spoken = {word for word in words(said.text) if stem(word) not in _STOP}
        self._pool = _Pool()

    def look(self) -> None:
        """Fill the pool by entity, source and topic."""
        near = _bounded(
            self._session,
            [("claim", _CLAIM_ABOUT, id_) for id_ in self._entities]
            + [("claim", _CLAIM_LINKED, id_) for id_ in self._own]
            + [("statement", _SPOKEN_BY, id_) for id_ in self._entities]
            + [("statement", _SPOKEN_FOR, id_) for id_ in self._entities]
            + [("statement", _IN_SOURCE, self._said.source_id)] * bool(self._said.source_id),
        )
        self._add(near + self._on_topic())

    def follow(self) -> None:
        """Add what hangs on the best so far: claims about the same, and both ends of links."""
        self._rank()
        claims = sorted(self._pool.claims.values(), key=_by_score)[:5]
        statements = sorted(self._pool.statements.values(), key=_by_score)[:8]
        subjects = {id_: entry.score for entry in reversed(claims) for id_ in entry.entities}
        wanted = [("claim", _CLAIM_ABOUT, id_) for id_ in subjects]
        wanted += [("claim", _CLAIM_OF, entry.row.id) for entry in statements]
        wanted += [("statement", _SAID_ON, entry.row.id) for entry in claims]
        parents = {**subjects, **{entry.row.id: entry.score for entry in (*claims, *statements)}}
        found = _bounded(self._session, wanted, each=8)
        self._add(found)
        for type_, id_, _, origin in found:
            entry = (self._pool.claims if type_ == "claim" else self._pool.statements).get(id_)
            if entry:
                entry.bonus = max(entry.bonus, 0.4 * parents[origin])

    def best(self, limit: int) -> Candidates:
        """Return the best of the pool, those that pass the gate only."""
        self._rank()
        claims = sorted(self._pool.claims.values(), key=_by_score)
        statements = sorted(self._pool.statements.values(), key=_by_score)
        return Candidates(
            [
                ClaimCandidate(
                    id=entry.row.id,
                    text=entry.row.text,
                    kind=entry.row.kind.value,
                    about=entry.row.about,
                    score=round(entry.score, 4),
                )
                for entry in claims[:limit]
                if entry.score >= _GATE
            ],
            [
                StatementCandidate(
                    id=entry.row.id,
                    text=entry.row.text,
                    text_key=entry.row.text_key,
                    speaker=entry.row.speaker,
                    speaker_role=entry.row.speaker_role,
                    on_behalf_of=entry.row.on_behalf_of,
                    said_on=entry.row.said_on or None,
                    score=round(entry.score, 4),
                )
                for entry in statements[:limit]
                if entry.score >= _GATE
            ],
        )

    @property
    def _entities(self) -> list[UUID]:
        return [*self._own, *(self._named - self._own)]

    def _names_of(self, ids: set[UUID]) -> list[str]:
        return list(self._session.scalars(select(Entity.name).where(Entity.id.in_(ids))))

    def _entities_named(self) -> set[UUID]:
        """Return the entities whose name, or another name of theirs, stands in the words or the role."""
        keys = {
            name_key(name) for name in _possible_names(f"{self._said.text}\n{self._said.speaker_role or ''}")
        }
        if not keys:
            return set()
        found = select(EntityKey.entity_id).where(EntityKey.key.in_(keys)).limit(_ENTITIES)
        return set(self._session.scalars(found))

    def _weigh(self, wanted: list[str]) -> dict[str, tuple[int, float]]:
        """Return for each stem in how many documents it is (counted up to a bound), and its weight."""
        if not wanted:
            return {}
        counted = " UNION ALL ".join(
            f"SELECT {i} AS stem, (SELECT count(*) FROM ({_matching(self._session, f's{i}')} LIMIT :most) AS x) AS n"
            for i in range(len(wanted))
        )
        parameters = {f"s{i}": _query(self._session, (found,)) for i, found in enumerate(wanted)}
        rows = self._session.execute(sql(counted), {**parameters, "most": _COUNTED}).all()
        return {wanted[row.stem]: (row.n, math.log1p(_COUNTED / (row.n + 0.5))) for row in rows}

    def _on_topic(self) -> list[tuple[str, UUID, float, UUID]]:
        """Return the documents that share the rarest stems, or pairs of less rare ones."""
        lookups = [((found,), weight) for found, (n, weight) in self._weights.items() if 0 < n <= _RARE]
        frequent = sorted((n, found) for found, (n, _) in self._weights.items() if n > _RARE)[:_PAIRED]
        for (_, one), (_, other) in combinations(frequent, 2):
            lookups.append(((one, other), self._weights[one][1] + self._weights[other][1]))
        if not lookups:
            return []
        hits = " UNION ALL ".join(
            f"SELECT id, {weight:.4f} AS weight FROM ({_matching(self._session, f'q{i}')} LIMIT {_RARE}) AS x"
            for i, (_, weight) in enumerate(lookups)
        )
        statement = sql(
            # The words are numbers and our own.
            "SELECT record_type, record_id, weight FROM ("
            "SELECT record_type, record_id, weight, row_number() OVER ("
            "PARTITION BY record_type ORDER BY weight DESC, id DESC) AS place FROM ("
            "SELECT d.id, d.record_type, d.record_id, sum(h.weight) AS weight "
            f"FROM ({hits}) AS h JOIN search_document AS d ON d.id = h.id "
            "GROUP BY d.id, d.record_type, d.record_id) AS summed) AS placed WHERE place <= :pool"
        ).columns(record_type=String, record_id=Uuid)
        parameters = {f"q{i}": _query(self._session, found) for i, (found, _) in enumerate(lookups)}
        rows = self._session.execute(statement, {**parameters, "pool": _POOL})
        return [(row.record_type, row.record_id, row.weight, row.record_id) for row in rows]

    def _add(self, found: Iterable[tuple[str, UUID, float, UUID]]) -> None:
        """Load what was found and is not in the pool yet."""
        found = list(found)
        claims = {id_ for type_, id_, _, _ in found if type_ == "claim"} - self._pool.claims.keys()
        said = {id_ for type_, id_, _, _ in found if type_ == "statement"} - self._pool.statements.keys()
        said.discard(self._said.id)  # type: ignore[arg-type]
        if self._before:
            said = {id_ for id_ in said if id_ < self._before}
        self._load_claims(claims)
        self._load_statements(said)

    def _load_claims(self, ids: set[UUID]) -> None:
        for row in self._session.execute(_claims(), {"ids": list(ids)}) if ids else ():
            if row.status not in STANDING:
                continue
            entry = self._pool.claims.setdefault(row.id, _Entry(_ClaimRow(row), set(), set()))
            if row.entity_id:
                entry.entities.add(row.entity_id)
                entry.names |= _parts(row.name)
                entry.row.about += (row.name,)

    def _load_statements(self, ids: set[UUID]) -> None:
        for row in self._session.execute(_statements(), {"ids": list(ids)}) if ids else ():
            if row.status is StatementStatus.retracted or not is_english_tag(row.language):
                continue
            theirs = {id_ for id_ in (row.speaker_id, row.on_behalf_of_id) if id_}
            names = _parts(row.speaker) | _parts(row.on_behalf_of or "")
            entry = self._pool.statements[row.id] = _Entry(row, theirs, names)
            entry.context = stems(f"{row.speaker} {row.speaker_role or ''}")
            if row.source_id == self._said.source_id:
                entry.bonus = _SAME_SOURCE

    def _rank(self) -> None:
        """Score the pool: shared entities, shared stems, and what the candidates hang on."""
        for entries in (list(self._pool.claims.values()), list(self._pool.statements.values())):
            # Part of a name counts where it can mean one entity only among those gathered.
            owners: dict[str, set[frozenset[UUID]]] = {}
            for entry in entries:
                for part in entry.names & self._spoken:
                    owners.setdefault(part, set()).add(frozenset(entry.entities))
            near = similarity(self._said.text, [entry.row.text for entry in entries])
            entities = set(self._entities)
            for entry, nearness in zip(entries, near, strict=True):
                shared = len(entry.entities & entities)
                partly = sum(len(owners[part]) == 1 for part in entry.names & self._spoken)
                shared_stems = (stems(entry.row.text) | entry.context) & self._weights.keys()
                topic = sum(sorted(self._weights[found][1] for found in shared_stems))
                entry.score = (
                    _ENTITY * min(shared, 2)
                    + _NAME_PART * min(partly, 2) * (not shared)
                    + topic
                    + _NEAR * nearness
                    + entry.bonus
                )


# What each kind of evidence weighs against a shared stem (7.6 for one in no other document, 0.7 for one in
# thousands), and the least that a candidate needs: an entity, or some shared words. Set on half of the
# stories of training/data/groups.jsonl; `training/candidates.py` measures them.
_ENTITY = 6.0
_NAME_PART = 4.0
_NEAR = 10.0
_SAME_SOURCE = 6.0
_GATE = 5.0


# Built once: building a select costs more than running it.
@cache
def _claims() -> Select[*tuple[Any, ...]]:
    return (
        select(Claim.id, Claim.text, Claim.kind, Claim.status, ClaimAbout.entity_id, Entity.name)
        .outerjoin(ClaimAbout, ClaimAbout.claim_id == Claim.id)
        .outerjoin(Entity, Entity.id == ClaimAbout.entity_id)
        .where(Claim.id.in_(bindparam("ids", expanding=True)))
        .order_by(Claim.id, ClaimAbout.position)
    )


@cache
def _statements() -> Select[*tuple[Any, ...]]:
    speaker, client = aliased(Entity), aliased(Entity)
    return (
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
            speaker.name.label("speaker"),
            client.name.label("on_behalf_of"),
        )
        .join(speaker, speaker.id == Statement.speaker_id)
        .outerjoin(client, client.id == Statement.on_behalf_of_id)
        .where(Statement.id.in_(bindparam("ids", expanding=True)))
    )


class _ClaimRow:
    """A claim as loaded; its `about` grows row by row."""

    def __init__(self, row: Any) -> None:
        self.id, self.text, self.kind = row.id, row.text, row.kind
        self.about: tuple[str, ...] = ()


def _by_score(entry: _Entry) -> tuple[float, int]:
    return (-entry.score, -entry.row.id.int)


def is_english_tag(language: str) -> bool:
    """Tell whether a language tag (BCP 47) names English."""
    return language.split("-")[0].lower() == "en"


def _telling(text: str, context: str = "") -> list[str]:
    """Return the distinct stems worth looking up: names and figures first, then the longest words.

    `context` is what else is known, such as who speaks; its words come last.
    """
    found: dict[str, tuple[bool, int]] = {}
    for token in (*_TOKEN.findall(text), *(token.lower() for token in _TOKEN.findall(context))):
        for word in words(token):
            stemmed = stem(word[:60])
            if stemmed in _STOP or (len(word) < 3 and not word.isdigit()):
                continue
            telling = token[0].isupper() or token[0].isdigit()
            found[stemmed] = max(found.get(stemmed, (False, 0)), (telling, len(word)))
    if len(found) <= _STEMS:
        return list(found)
    return sorted(found, key=lambda s: found[s], reverse=True)[:_STEMS]


def _parts(name: str) -> set[str]:
    """Return the folded words of a name that may stand for it: a surname, a short form."""
    return {word for word in words(name) if len(word) > 2 and stem(word) not in _STOP}


def _possible_names(text: str) -> list[str]:
    """Return what may be a name in the text: runs of capitalised words, and pairs of plain words."""
    tokens = [token.removesuffix("'s").removesuffix("’s") for token in _TOKEN.findall(text[:20_000])]
    names: dict[str, None] = {}
    for size in (3, 2, 4, 1, 5):
        for start in range(len(tokens) - size + 1):
            part = tokens[start : start + size]
            ends_well = part[0].lower() not in _JOINING and part[-1].lower() not in _JOINING
            capital = all(t[0].isupper() or t.lower() in _JOINING for t in part)
            plain = size == 2 and not any(stem(t.lower()) in _STOP for t in part)
            if ends_well and (capital or plain):
                names.setdefault(" ".join(part))
            if len(names) >= _NAME_KEYS:
                return list(names)
    return list(names)


# Bounded ranges of one index each; `id` is what was found, `origin` what it was found by.
_CLAIM_ABOUT = "SELECT claim_id AS id FROM claim_about WHERE entity_id = {} ORDER BY claim_id DESC"
_CLAIM_LINKED = "SELECT claim_id AS id FROM link WHERE speaker_id = {} ORDER BY claim_id DESC"
_CLAIM_OF = "SELECT claim_id AS id FROM link WHERE statement_id = {} AND status <> 'rejected'"
_SPOKEN_BY = "SELECT id FROM statement WHERE speaker_id = {} ORDER BY id DESC"
_SPOKEN_FOR = "SELECT id FROM statement WHERE on_behalf_of_id = {} ORDER BY id DESC"
_IN_SOURCE = "SELECT id FROM statement WHERE source_id = {} ORDER BY id DESC"
_SAID_ON = (
    "SELECT statement_id AS id FROM link WHERE claim_id = {} AND stance = 'supports' AND status = 'confirmed' "
    "ORDER BY said_on DESC, statement_id DESC"
)


def _bounded(
    session: Session, wanted: Sequence[tuple[str, str, Any]], each: int = _EACH
) -> list[tuple[str, UUID, float, UUID]]:
    """Run bounded reads as one query; return (record type, id, 0, origin)."""
    if not wanted:
        return []
    parts = (
        f"SELECT {i} AS part, id FROM ({query.format(f':o{i}')} LIMIT {each}) AS x{i}"
        for i, (_, query, _) in enumerate(wanted)
    )
    statement = sql(" UNION ALL ".join(parts)).bindparams(
        *(bindparam(f"o{i}", origin, Uuid) for i, (_, _, origin) in enumerate(wanted))
    )
    rows = session.execute(statement.columns(id=Uuid))
    return [(wanted[row.part][0], row.id, 0.0, wanted[row.part][2]) for row in rows]


def _matching(session: Session, parameter: str) -> str:
    """Return the select of the documents that match a full-text query."""
    if session.get_bind().dialect.name == "sqlite":
        return f"SELECT rowid AS id FROM search_index WHERE search_index MATCH :{parameter}"  # noqa: S608
    # Materialised, so that the limit around it never tempts the planner to read the whole table.
    return (
        "SELECT id FROM (WITH hit AS MATERIALIZED (SELECT id FROM search_document "  # noqa: S608
        f"WHERE stems @@ CAST(:{parameter} AS tsquery)) SELECT id FROM hit) AS hits"
    )


def _query(session: Session, wanted: tuple[str, ...]) -> str:
    """Return the full-text query for documents that have all these stems; they hold no marks."""
    if session.get_bind().dialect.name == "sqlite":
        return " AND ".join(f'stems : "{found}"' for found in wanted)
    return " & ".join(f"'{found}'" for found in wanted)
