"""Search over statements and claims: FTS5 on SQLite, tsvector on PostgreSQL, one function.

Words are folded and stemmed here, not in the database, so that both find the same. What a person
types can only ever be words, "a phrase", a prefix* or an -exclusion; there is no other operator.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Float,
    Index,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    cast,
    column,
    delete,
    func,
    insert,
    literal,
    literal_column,
    select,
    table,
    true,
    update,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from factcheck.db import Base
from factcheck.prepared import Prepared, PreparedInsert, Writes
from factcheck.problems import Problem, wrong
from factcheck.text import MAX_WORD, stem, words

_TERM = re.compile(r'(-?)(?:"([^"]*)"?|([^\s"]+))')
RANKED = 4_000
"""At most so many documents are ranked in a search: the newest that match."""
_MAX_TERMS = 20
# Positions beyond this are all the same to PostgreSQL.
_MAX_POSITION = 16_383
_TOKENS = Text().with_variant(TSVECTOR(), "postgresql")


class SearchDocument(Base):
    """The words of a statement or claim. FTS5 and GIN indexes over it stand in the migrations."""

    __tablename__ = "search_document"
    __table_args__ = (
        UniqueConstraint("record_id"),
        Index("ix_search_document_type", "record_type"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    record_type: Mapped[str] = mapped_column(String(20))
    record_id: Mapped[UUID]
    public: Mapped[bool]
    stems: Mapped[str] = mapped_column(_TOKENS)
    words: Mapped[str] = mapped_column(_TOKENS)


FOUND = aliased(SearchDocument, name="d")
"""A document that a search finds, for the conditions of `among`."""

# Claims are few among statements, and have an index of their own: on PostgreSQL the same columns, partially.
CLAIMS: Final = ("claim",)
_EVERYTHING: Final = table("search_index", column("rowid"))
_OF_CLAIMS: Final = table("search_index_claim", column("rowid"))


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase that must occur, or must not; a prefix stands for all words it begins."""

    words: tuple[str, ...]
    prefix: bool = False
    excluded: bool = False


def parse(query: str) -> list[Term]:
    """Read what a person typed; raise 422 where nothing is left to look for."""
    terms = []
    for minus, phrase, word in _TERM.findall(query):
        found = tuple(w[:MAX_WORD] for w in words(phrase or word))
        if found:
            terms.append(Term(found, prefix=word.endswith("*"), excluded=bool(minus)))
    if len(terms) > _MAX_TERMS:
        raise _unusable(f"A query has at most {_MAX_TERMS} words or phrases.")
    if not any(not term.excluded for term in terms):
        raise _unusable("Give at least one word to look for.")
    return terms


def _unusable(detail: str) -> Problem:
    return wrong("q", detail)


_ADD = PreparedInsert(
    insert(SearchDocument).inline(), ("record_type", "record_id", "public", "stems", "words")
)
_REPLACE = Prepared(
    update(SearchDocument)
    .where(SearchDocument.record_id == bindparam("record"))
    .values(public=bindparam("shown"), stems=bindparam("stemmed"), words=bindparam("said"))
)


def index(
    session: Session,
    record_type: str,
    record_id: UUID,
    text: str | None,
    *,
    public: bool,
    new: bool = False,
) -> None:
    """Bring the index in line with a record's words; `None` takes the record out."""
    if text is None:
        session.execute(delete(SearchDocument).where(SearchDocument.record_id == record_id))
        return
    found = [word[:MAX_WORD] for word in words(text)]
    writes = Writes.within(session)
    tokens = " ".join if writes.dialect.name == "sqlite" else _vector
    said, stemmed = tokens(found), tokens([stem(word) for word in found])
    if new or not writes.update(_REPLACE, record=record_id, shown=public, stemmed=stemmed, said=said):
        document = {"record_type": record_type, "record_id": record_id, "public": public}
        writes.insert(_ADD, [{**document, "stems": stemmed, "words": said}])


def _vector(tokens: list[str]) -> str:
    return " ".join(f"'{token}':{min(i, _MAX_POSITION)}" for i, token in enumerate(tokens, 1))


def search(
    session: Session,
    query: str,
    *,
    record_types: tuple[str, ...] = ("statement", "claim"),
    only_public: bool = True,
    limit: int = 50,
    offset: int = 0,
    among: ColumnElement[bool] | None = None,
) -> list[Any]:
    """Return `(record_type, record_id, rank, considered)` rows, best first; a lower rank is a better one.

    `among` is a condition on `FOUND` that says which documents count. Of those that count and match, the
    newest `RANKED` are considered.
    """
    terms = parse(query)
    if _on_sqlite(session):
        matching = {"match": _fts5(terms)}
    else:
        stems, whole = _tsqueries(terms)
        matching = {"stems": stems, "words": whole}
    public = true() if not only_public else FOUND.public
    wanted = (public, true() if among is None else among)
    return _ranked(session, matching, record_types, wanted, limit, offset)


def resembling(
    session: Session,
    stems: Iterable[str],
    *,
    record_types: tuple[str, ...],
    limit: int,
    offset: int = 0,
    among: ColumnElement[bool] | None = None,
) -> list[Any]:
    """Return the public documents that have any of these stems, as `search` does."""
    if _on_sqlite(session):
        matching = {"match": " OR ".join(f'stems : "{stem}"' for stem in stems)}
    else:
        matching = {"stems": " | ".join(f"'{stem}'" for stem in stems), "words": ""}
    wanted = (FOUND.public, true() if among is None else among)
    return _ranked(session, matching, record_types, wanted, limit, offset)


def _on_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _ranked(
    session: Session,
    matching: dict[str, str],
    record_types: tuple[str, ...],
    wanted: tuple[Any, ...],
    limit: int,
    offset: int,
) -> list[Any]:
    """Run a full-text query: FTS5's as `match`, or tsqueries on `stems` and `words` ("" for none).

    To rank all that a common word matches would take seconds at a million documents. Both databases give
    the newest first without reading the rest, so these are what is ranked.
    """
    rank: ColumnElement[float]
    newest = select(FOUND.id, FOUND.record_type, FOUND.record_id).where(_of(record_types), *wanted)
    if "match" in matching:
        index_ = _OF_CLAIMS if record_types == CLAIMS else _EVERYTHING
        rank = func.bm25(literal_column(index_.name), type_=Float)
        newest = newest.select_from(index_).where(
            sql(f"{index_.name} MATCH :match").bindparams(match=matching["match"]),
            index_.c.rowid == FOUND.id,
        )
        found = (
            newest.add_columns(rank.label("rank")).order_by(index_.c.rowid.desc()).limit(RANKED).subquery()
        )
        rank = found.c.rank
    else:
        of = {name: cast(one, TSQUERY) for name, one in matching.items() if one}
        newest = newest.where(*(getattr(FOUND, name).op("@@")(tsquery) for name, tsquery in of.items()))
        found = newest.add_columns(FOUND.stems).order_by(FOUND.id.desc()).limit(RANKED).subquery()
        rank = -func.ts_rank_cd(found.c.stems, of["stems"], type_=Float) if "stems" in of else literal(0.0)
    ranked = select(
        found.c.record_type, found.c.record_id, rank.label("rank"), func.count().over().label("considered")
    )
    return list(
        session.execute(ranked.order_by(sql("rank"), found.c.id.desc()).limit(limit).offset(offset)).all()
    )


def _of(record_types: tuple[str, ...]) -> ColumnElement[bool]:
    """Return the condition on the type; for claims written out, for only so a partial index can answer."""
    if record_types == CLAIMS:
        return FOUND.record_type == literal_column("'claim'")
    return FOUND.record_type.in_(record_types)


def _fts5(terms: list[Term]) -> str:
    """Return the FTS5 expression. Words hold letters and digits only, so quoting them is enough."""
    wanted = " AND ".join(_fts5_term(term) for term in terms if not term.excluded)
    excluded = " OR ".join(_fts5_term(term) for term in terms if term.excluded)
    return f"({wanted}) NOT ({excluded})" if excluded else wanted


def _fts5_term(term: Term) -> str:
    if term.prefix:
        return f'words : "{" ".join(term.words)}" *'
    return f'stems : "{" ".join(stem(word) for word in term.words)}"'


def _tsqueries(terms: list[Term]) -> tuple[str, str]:
    """Return the queries on stems and on whole words; "" where there is none."""
    by_column: dict[bool, list[str]] = {False: [], True: []}
    for term in terms:
        tokens = term.words if term.prefix else tuple(stem(word) for word in term.words)
        lexemes = [f"'{token}'" for token in tokens]
        if term.prefix:
            lexemes[-1] += ":*"
        phrase = f"({' <-> '.join(lexemes)})"
        by_column[term.prefix].append(f"!{phrase}" if term.excluded else phrase)
    return " & ".join(by_column[False]), " & ".join(by_column[True])
