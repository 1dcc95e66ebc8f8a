"""The bounded reads by which candidates are found: by entity, source, link, and rare words.

Each is a bounded range of one index, on SQLite and PostgreSQL: what it costs does not grow with
what is stored.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import accumulate, chain, combinations
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from factcheck.entities import EntityKey, name_key
from factcheck.prepared import Prepared, Reads
from factcheck.text import MAX_WORD, stem, words
from factcheck.values import dashed

# How many rows one entity, source or claim contributes, and how many of a type the topic does.
EACH = 20
POOL = 120
_ENTITIES = 12
_NAME_KEYS = 150
_STEMS = 20
COUNTED = 2000
# So many documents of the rarest stems are looked at. The next stems are looked up in pairs.
_LOOKED_AT = 1000
_PAIRED = 3
_OF_A_PAIR = 50
_OF_A_SPEAKER = 300
ENTITY = 6.0
NEAR = 10.0
"""What a shared entity, and the nearness of two texts, weigh against a shared stem."""
_COMMON = math.log1p(1)
_LONGEST = 20_000

_STOP = frozenset(
    stem(word)
    for word in """
    a about after again all also am an and any anyone anything are as ask at away back be because been
    before being but by call came can cannot come could day did do does don done down each even ever
    every everyone everything first for from get give go going gone got had has have he her here him his
    how i if in into is it its just keep knew know last let like ll long look made make man many may me
    mean might more most much must my never new no nobody none nor not nothing now of off on once one
    only or other our out over own people put re right s said same saw say see seen she should since so
    some somebody someone something still such take tell than that the their them then there these they
    thing think this those though through time to told too took two up us use ve very want was way we
    well went were what when where which while who whole whom whose why will with word would year yes
    yet you your
    """.split()  # noqa: SIM905
)
_TOKEN = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_JOINING = frozenset(("of", "the", "and", "for", "de", "da", "van", "von", "der", "la", "al", "bin"))

Weights = dict[str, tuple[int, float]]
"""For each stem in how many documents it is (counted up to a bound), and what it weighs: 7.6 for one
in no other document, 0.7 for one in thousands."""


Latest = tuple[Any, ...]
"""What was written last, to be compared with another one."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that was found, and the id of what it was found by; ids are text, which takes no making."""

    record_type: str
    id: str
    origin: str


class Part(NamedTuple):
    """A part of what is stored: a condition on rows `r` of statements or claims, for one reader's key."""

    condition: str
    reader: UUID


def known_to(reader: UUID) -> Part:
    """Return what a contributor may read: all that was ever published, and drafts of their own."""
    return Part("(r.published_at IS NOT NULL OR r.created_by = :reader)", reader)


def hidden_from(reader: UUID) -> Part:
    """Return the rest, which only editors may read."""
    return Part("r.published_at IS NULL AND (r.created_by IS NULL OR r.created_by <> :reader)", reader)


def latest(session: Session) -> Latest:
    """Return what was written last: whatever is new, or is changed, in what candidates come from."""
    return tuple(Reads.within(session).spelled(_LATEST, {})[0])


_LATEST = (
    "SELECT (SELECT id FROM search_document ORDER BY id DESC LIMIT 1), "
    "(SELECT id FROM revision ORDER BY id DESC LIMIT 1)"
)


def telling(text: str, context: str = "", limit: int = _STEMS) -> list[str]:
    """Return the distinct stems worth looking up: names and figures first, then the longest words.

    `context` is what else is known, such as who speaks; its words come last.
    """
    found: dict[str, tuple[bool, int]] = {}
    for token in (*_TOKEN.findall(text[:_LONGEST]), *_TOKEN.findall(context.lower())):
        marked = token[0].isupper() or token[0].isdigit()
        for word in words(token):
            stemmed = stem(word[:MAX_WORD])
            if stemmed not in _STOP and (len(word) > 2 or word.isdigit()):
                found[stemmed] = max(found.get(stemmed, (False, 0)), (marked, len(word)))
    if len(found) <= limit:
        return list(found)
    return sorted(found, key=lambda stemmed: found[stemmed], reverse=True)[:limit]


def spoken(text: str) -> set[str]:
    """Return the folded words of a text or name that may name somebody: a surname, a short form."""
    return {word for word in words(text) if len(word) > 2 and stem(word) not in _STOP}


def named(session: Session, text: str) -> set[UUID]:
    """Return the entities of which a name, or another name, stands in the text."""
    keys = {name_key(name) for name in _possible_names(text)}
    return {id_ for (id_,) in Reads.within(session).all(_NAMED, keys=keys)} if keys else set()


_NAMED = Prepared(
    select(EntityKey.entity_id)
    .where(EntityKey.key.in_(bindparam("keys")))
    .order_by(EntityKey.key)
    .limit(_ENTITIES)
)


def _possible_names(text: str) -> list[str]:
    """Return what may be a name in the text: runs of capitalised words, and pairs of plain words."""
    tokens = [token.removesuffix("'s").removesuffix("’s") for token in _TOKEN.findall(text[:_LONGEST])]
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


# Bounded ranges of one index each: what hangs on an entity, a source, a statement or a claim.
CLAIMS_ABOUT = "SELECT claim_id AS id FROM claim_about WHERE entity_id = {} ORDER BY claim_id DESC"
# Confirmed links only: what a machine once suggested must not decide what it suggests next.
CLAIMS_LINKED_BY = (
    "SELECT id FROM (SELECT claim_id AS id, status FROM link WHERE speaker_id = {} "
    "ORDER BY claim_id DESC LIMIT 200) AS linked WHERE status = 'confirmed'"
)
CLAIMS_OF = "SELECT claim_id AS id FROM link WHERE statement_id = {} AND status = 'confirmed'"
SAID_BY = "SELECT id FROM statement WHERE speaker_id = {} AND id < :before ORDER BY id DESC"
SAID_FOR = "SELECT id FROM statement WHERE on_behalf_of_id = {} AND id < :before ORDER BY id DESC"
SAID_IN = "SELECT id FROM statement WHERE source_id = {} AND id < :before ORDER BY id DESC"
SAID_FOR_CLAIM = (
    "SELECT statement_id AS id FROM link WHERE claim_id = {} AND stance = 'supports' "
    "AND status = 'confirmed' AND statement_id < :before ORDER BY said_on DESC, statement_id DESC"
)
_CLAIMS = frozenset((CLAIMS_ABOUT, CLAIMS_LINKED_BY, CLAIMS_OF))
# Of a range that somebody may not see in full so many rows are looked through, or so many for each wanted.
_WINDOW = 200
_WINDOWS = 4
# Later than every id.
LAST = UUID(int=2**128 - 1)


def ranges(
    session: Session,
    wanted: Sequence[tuple[str, str]],
    before: UUID,
    each: int = EACH,
    part: Part | None = None,
) -> list[Hit]:
    """Read `each` rows of every wanted range, with the id that it hangs on, in one query.

    With `part`, rows of that part only.
    """
    if not wanted:
        return []
    parts = (
        # The words are our own; the ids are bound.
        f"SELECT {i} AS part, id FROM ({_cut(query, part, each).format(f':o{i}')}) AS x{i}"  # noqa: S608
        for i, (query, _) in enumerate(wanted)
    )
    bound = {f"o{i}": UUID(id_) for i, (_, id_) in enumerate(wanted)} | _bounds(before, part)
    rows = Reads.within(session).spelled(" UNION ALL ".join(parts), bound)
    return [
        Hit("claim" if wanted[i][0] in _CLAIMS else "statement", _written(id_), wanted[i][1])
        for i, id_ in rows
    ]


def _bounds(before: UUID, part: Part | None) -> dict[str, UUID]:
    return {"before": before} if part is None else {"before": before, "reader": part.reader}


def _cut(query: str, part: Part | None, each: int) -> str:
    if part is None:
        return f"{query} LIMIT {each}"
    table = "claim" if query in _CLAIMS else "statement"
    window = max(_WINDOW, _WINDOWS * each)
    return (
        f"SELECT r.id FROM ({query} LIMIT {window}) AS near JOIN {table} AS r ON r.id = near.id "  # noqa: S608
        f"WHERE {part.condition} ORDER BY r.id DESC LIMIT {each}"
    )


def weigh(session: Session, stems: list[str]) -> Weights:
    """Count in how many documents each stem is, up to a bound, and weigh it by that.

    One that is in none can be shared all the same, as the role of who speaks, which nobody counts: it weighs
    as little as a common one.
    """
    if not stems:
        return {}
    counted = " UNION ALL ".join(
        f"SELECT {i} AS stem, "  # noqa: S608
        f"(SELECT count(*) FROM ({_matching(session, f's{i}')} LIMIT {COUNTED}) AS x) AS n"
        for i in range(len(stems))
    )
    queries = {f"s{i}": _query(session, (found,)) for i, found in enumerate(stems)}
    rows = Reads.within(session).spelled(counted, queries)
    return {stems[i]: (n, math.log1p(COUNTED / ((n or COUNTED) + 0.5))) for i, n in rows}


def on_topic(
    session: Session,
    weights: Weights,
    before: UUID,
    part: Part | None = None,
    names: Sequence[frozenset[str]] = (),
    own: Sequence[tuple[str, str]] = (),
) -> list[Hit]:
    """Return the documents that share most with these stems, at most `POOL` of each type.

    `names` are the stems of the names of who speaks; a document that has all of one counts as theirs. `own`
    are ranges of statements by them (`SAID_BY`, `SAID_FOR`).

    Of the rarest stems every document is looked at, as long as they are few in all; of the next ones those
    that have two, the newest; and the newest of each range. With `part`, documents of that part only.
    """
    rarest = sorted((n, found) for found, (n, _) in weights.items() if n)
    seen = accumulate(n for n, _ in rarest)
    whole = [found for (_, found), n in zip(rarest, seen, strict=True) if n <= _LOOKED_AT]
    frequent = [found for _, found in rarest[len(whole) :]][:_PAIRED]
    wanted = [(_query(session, (found,)), _LOOKED_AT, False) for found in whole]
    # Of what somebody may not see in full more is looked through, as in `_cut`.
    of_a_pair = _OF_A_PAIR if part is None else _WINDOWS * _OF_A_PAIR
    wanted += [(_query(session, pair), of_a_pair, True) for pair in combinations(frequent, 2)]
    if not wanted and not own:
        return []
    hits = [
        f"SELECT id FROM ({_matching(session, f'q{i}', newest=newest)} LIMIT {limit}) AS x{i}"  # noqa: S608
        for i, (_, limit, newest) in enumerate(wanted)
    ]
    hits += [
        f"SELECT d.id FROM ({_cut(query, part, _OF_A_SPEAKER).format(f':o{i}')}) AS y{i} "  # noqa: S608
        f"JOIN search_document AS d ON d.record_id = y{i}.id"
        for i, (query, _) in enumerate(own)
    ]
    in_part = (
        "TRUE"
        if part is None
        else " OR ".join(
            f"EXISTS (SELECT 1 FROM {table} AS r WHERE r.id = d.record_id AND {part.condition})"  # noqa: S608
            for table in ("statement", "claim")
        )
    )
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    stems = "d.stems" if on_sqlite else "array_to_string(tsvector_to_array(d.stems), ' ')"
    statement = (
        f"SELECT d.record_type, d.record_id, {stems} AS stems "  # noqa: S608
        f"FROM ({' UNION '.join(hits)}) AS h JOIN search_document AS d ON d.id = h.id "
        "WHERE (d.record_type = 'claim' OR d.record_type = 'statement' AND d.record_id < :before) "
        f"AND ({in_part})"
    )
    bound: dict[str, Any] = {f"q{i}": query for i, (query, _, _) in enumerate(wanted)}
    bound |= {f"o{i}": UUID(id_) for i, (_, id_) in enumerate(own)} | _bounds(before, part)
    scored = _scored(Reads.within(session).spelled(statement, bound), weights, names)
    best = ((kind, _written(id_)) for kind, found in scored.items() for _, id_ in nlargest(POOL, found))
    return [Hit(kind, id_, id_) for kind, id_ in best]


def _written(id_: Any) -> Any:
    """Return an id as everybody writes it: SQLite gives it without dashes, PostgreSQL as an object."""
    return dashed(id_) if isinstance(id_, str) else str(id_)


def _scored(
    documents: Iterable[tuple[str, Any, str]], weights: Weights, names: Sequence[frozenset[str]]
) -> dict[str, list[tuple[float, Any]]]:
    """Estimate what `candidates` will say of documents, by their stems alone: of each kind, score and id.

    There are hundreds, so that all is done in one loop.
    """
    # A name's stems that are not looked up are asked for too, and weigh nothing.
    worth = dict.fromkeys(chain.from_iterable(names), 0.0)
    worth |= {found: weight for found, (_, weight) in weights.items()}
    stems, whole = frozenset(worth), math.fsum(worth.values())
    names = [name for name in names if name]
    scored: dict[str, list[tuple[float, Any]]] = {"claim": [], "statement": []}
    for record_type, record_id, text in documents:
        theirs = text.split()
        both = stems.intersection(theirs)
        score = 0.0
        for name in names:
            if name <= both:
                score = ENTITY
        # Exactly, for a set has another order in each process, and so a sum another last bit.
        if shared := math.fsum(map(worth.__getitem__, both)):
            # What is not shared weighs as a common stem.
            near = NEAR * shared / math.sqrt(whole * (shared + _COMMON * len(theirs)))
            score = score + shared + near
        scored[record_type].append((score, record_id))
    return scored


def _matching(session: Session, parameter: str, *, newest: bool = False) -> str:
    """Return the select of the documents that match a full-text query.

    The newest come first on SQLite only: PostgreSQL would have to read all of them before.
    """
    if session.get_bind().dialect.name == "sqlite":
        order = " ORDER BY rowid DESC" if newest else ""
        return f"SELECT rowid AS id FROM search_index WHERE search_index MATCH :{parameter}{order}"  # noqa: S608
    # Materialised, so that the limit around it never tempts the planner to read the whole table.
    return (
        "SELECT id FROM (WITH hit AS MATERIALIZED (SELECT id FROM search_document "  # noqa: S608
        f"WHERE stems @@ CAST(:{parameter} AS tsquery)) SELECT id FROM hit) AS hits"
    )


def _query(session: Session, stems: Iterable[str]) -> str:
    """Return the full-text query for documents that have all these stems; they hold no marks."""
    if session.get_bind().dialect.name == "sqlite":
        return " AND ".join(f'stems : "{found}"' for found in stems)
    return " & ".join(f"'{found}'" for found in stems)
