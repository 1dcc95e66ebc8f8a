"""The tables that a view reads, and the view's statements, for the peers on SQLAlchemy Core."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import JSON, Boolean, Column, DateTime, Float, Integer, String, Table, Uuid, bindparam

METADATA = sa.MetaData()
WORDS, NUMBER, ID, MOMENT = String(), Integer(), Uuid(), DateTime()


def _table(name: str, /, **columns: Any) -> Table:
    return Table(name, METADATA, *(Column(key, type_) for key, type_ in columns.items()))


_KEPT = {"revision": NUMBER, "created_at": MOMENT, "updated_at": MOMENT}
entity = _table("entity", id=ID, slug=WORDS, type=WORDS, name=WORDS)
source = _table(
    "source", id=ID, url=WORDS, canonical_url=WORDS, type=WORDS, headline=WORDS, publisher=WORDS,
    published_on=WORDS,
)  # fmt: skip
statement = _table(
    "statement", id=ID, text=WORDS, kind=WORDS, language=WORDS, speaker_id=ID, speaker_role=WORDS,
    on_behalf_of_id=ID, said_on=WORDS, said_to=WORDS, source_id=ID, anchor=JSON(), verification=JSON(),
    status=WORDS, published_at=MOMENT, retracted_at=MOMENT, retraction_reason=WORDS, **_KEPT,
)  # fmt: skip
claim = _table(
    "claim", id=ID, slug=WORDS, text=WORDS, kind=WORDS, topics=JSON(), status=WORDS, version=NUMBER,
    version_at=MOMENT, **_KEPT,
)  # fmt: skip
claim_about = _table("claim_about", claim_id=ID, position=NUMBER, entity_id=ID)
link = _table(
    "link", statement_id=ID, statement_status=WORDS, claim_id=ID, stance=WORDS, status=WORDS, basis=WORDS,
    confidence=Float(), said_on=WORDS, span=JSON(), rationale=WORDS,
)  # fmt: skip
contradiction = _table(
    "contradiction", id=ID, statement_id=ID, opposing_id=ID, claim_id=ID, kind=WORDS,
    same_speaker=Boolean(), stance=WORDS, subject_id=ID, score=Float(), asserted=Boolean(), rank=Float(),
    status=WORDS, resolution=WORDS, public=Boolean(), decision=WORDS, decision_reason=WORDS,
    decided_at=MOMENT, **_KEPT,
)  # fmt: skip
review = _table(
    "review", id=ID, claim_id=ID, author=JSON(), url=WORDS, title=WORDS, published_on=sa.Date(),
    language=WORDS, rating=JSON(), explanation=WORDS, status=WORDS, **_KEPT,
)  # fmt: skip

_speaker, _client = entity.alias("speaker"), entity.alias("client")

CLAIM = (
    sa.select(
        *claim.c,
        entity.c.id.label("entity_id"),
        entity.c.slug.label("entity_slug"),
        entity.c.type.label("entity_type"),
        entity.c.name.label("entity_name"),
    )
    .outerjoin(claim_about, claim_about.c.claim_id == claim.c.id)
    .outerjoin(entity, entity.c.id == claim_about.c.entity_id)
    .where(claim.c.slug == bindparam("slug"), claim.c.status == "published")
    .order_by(claim_about.c.position)
)

_LINKED = (
    sa.select(
        statement,
        _speaker.c.slug.label("speaker_slug"),
        _speaker.c.type.label("speaker_type"),
        _speaker.c.name.label("speaker_name"),
        _client.c.slug.label("client_slug"),
        _client.c.type.label("client_type"),
        _client.c.name.label("client_name"),
        source.c.url.label("source_url"),
        source.c.canonical_url.label("source_canonical_url"),
        source.c.type.label("source_type"),
        source.c.headline.label("source_headline"),
        source.c.publisher.label("source_publisher"),
        source.c.published_on.label("source_published_on"),
        link.c.stance,
        link.c.status.label("link_status"),
        link.c.basis,
        link.c.confidence,
        link.c.span,
        link.c.rationale,
    )
    .join(link, link.c.statement_id == statement.c.id)
    .join(_speaker, _speaker.c.id == statement.c.speaker_id)
    .outerjoin(_client, _client.c.id == statement.c.on_behalf_of_id)
    .join(source, source.c.id == statement.c.source_id)
    .where(link.c.claim_id == bindparam("claim"), link.c.status == "confirmed")
    .order_by(link.c.said_on.desc(), link.c.statement_id.desc())
)
SIDE = _LINKED.where(link.c.stance == bindparam("stance"), link.c.statement_status == "published").limit(50)
RETRACTED = _LINKED.where(
    link.c.statement_status == "retracted", statement.c.published_at.is_not(None)
).limit(20)

COUNTS = (
    sa.select(link.c.stance, sa.func.count().label("number"))
    .where(
        link.c.claim_id == bindparam("claim"),
        link.c.status == "confirmed",
        link.c.statement_status == "published",
    )
    .group_by(link.c.stance)
)

_SHOWN = (
    contradiction.c.claim_id == bindparam("claim"),
    contradiction.c.public,
    contradiction.c.status.in_(("open", "confirmed")),
)
FLAG_COUNTS = (
    sa.select(contradiction.c.status, sa.func.count().label("number"))
    .where(*_SHOWN)
    .group_by(contradiction.c.status)
)


def _end(name: str, id_: Any) -> tuple[list[Any], tuple[Any, ...]]:
    """Return the columns of one statement of a contradiction, and what they are joined from."""
    said, who, bears = statement.alias(name), entity.alias(f"{name}_by"), link.alias(f"{name}_link")
    columns = (
        said.c.text, said.c.speaker_role, said.c.said_on, said.c.status, said.c.speaker_id,
        who.c.slug, who.c.name, bears.c.span, bears.c.rationale,
    )  # fmt: skip
    joins = (
        (said, said.c.id == id_),
        (who, who.c.id == said.c.speaker_id),
        (bears, (bears.c.statement_id == id_) & (bears.c.claim_id == contradiction.c.claim_id)),
    )
    return [column.label(f"{name}_{column.key}") for column in columns], joins


_later, _later_joins = _end("later", contradiction.c.statement_id)
_earlier, _earlier_joins = _end("earlier", contradiction.c.opposing_id)
_subject = entity.alias("subject")
FLAGS = (
    sa.select(
        contradiction,
        *_later,
        *_earlier,
        _subject.c.slug.label("subject_slug"),
        _subject.c.name.label("subject_name"),
    )
    .select_from(contradiction)
    .where(*_SHOWN)
    .order_by(
        contradiction.c.rank.desc(), contradiction.c.statement_id.desc(), contradiction.c.opposing_id.desc()
    )
    .limit(20)
)
for _target, _on in (*_later_joins, *_earlier_joins):
    FLAGS = FLAGS.join(_target, _on)
FLAGS = FLAGS.outerjoin(_subject, _subject.c.id == contradiction.c.subject_id)

REVIEWS = (
    sa.select(review)
    .where(review.c.claim_id == bindparam("claim"), review.c.status == "published")
    .order_by(review.c.published_on.desc(), review.c.id.desc())
    .limit(20)
)

OTHER = {"supports": "disputes", "disputes": "supports"}


def flag_ends(row: Any) -> list[tuple[UUID, str, str]]:
    """Return both ends of a contradiction, (statement, stance, prefix of its columns), earlier said first."""
    ends = [
        (row.statement_id, row.stance, "later"),
        (row.opposing_id, OTHER[row.stance], "earlier"),
    ]
    return sorted(ends, key=lambda end: (getattr(row, f"{end[2]}_said_on"), end[0]))
