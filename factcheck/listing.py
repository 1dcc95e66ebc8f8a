"""Reads of statements as JSON-ready rows: one Core select, never an ORM object.

The view, the lists and the pages all show statements through `statements()` and `represent()`.
"""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from factcheck.entities import Entity
from factcheck.shown import Fields, Made, Maybe, Shown
from factcheck.sources import Source
from factcheck.statements import Statement

_PRECISION = {4: "year", 7: "month", 10: "day"}
_SPEAKER = aliased(Entity, name="speaker")
_CLIENT = aliased(Entity, name="client")


def _named(entity: Any) -> Fields:
    return {"slug": entity.slug, "name": entity.name}


def _brief(entity: Any) -> Fields:
    return {"id": entity.id, "slug": entity.slug, "type": entity.type, "name": entity.name}


SOURCE = Shown(
    {
        "id": Source.id,
        "url": Source.url,
        "canonical_url": Source.canonical_url,
        "type": Source.type,
        "headline": Source.headline,
        "publisher": Source.publisher,
        "published_on": Source.published_on,
    }
)
# A statement as the API shows it; ids and moments in the form that they have in a row.
FIELDS: Fields = {
    "id": Statement.id,
    "text": Statement.text,
    "kind": Statement.kind,
    "language": Statement.language,
    "speaker": _brief(_SPEAKER),
    "speaker_role": Statement.speaker_role,
    "on_behalf_of": Maybe(_brief(_CLIENT)),
    "said_on": Made(Statement.said_on, lambda on: on or None),
    "said_on_precision": Made(Statement.said_on, lambda on: _PRECISION.get(len(on))),
    "said_to": Statement.said_to,
    "source": SOURCE.fields,
    "anchor": Statement.anchor,
    "verification": Statement.verification,
    "status": Statement.status,
    "retraction": Maybe({"at": Statement.retracted_at, "reason": Statement.retraction_reason}),
    "revision": Statement.revision,
    "created_at": Statement.created_at,
    "updated_at": Statement.updated_at,
}
# Of these what an embed shows: who said what, as what, for whom, when and where.
CITED: Fields = {
    **{name: FIELDS[name] for name in ("id", "text", "kind", "language", "speaker_role", "said_on")},
    "speaker": _named(_SPEAKER),
    "on_behalf_of": Maybe(_named(_CLIENT)),
    "source": {"url": Source.url, "headline": Source.headline, "publisher": Source.publisher},
    **{name: FIELDS[name] for name in ("retraction", "revision")},
}
# What readers may see: what was published once, retracted or not.
PUBLISHED = Statement.published_at.is_not(None)
STATEMENT = Shown(FIELDS)
represent = STATEMENT.represent


def statements(*extra: Any, shown: Shown = STATEMENT) -> Select[*tuple[Any, ...]]:
    """Select statements with speaker, client and source; `extra` columns come last in each row."""
    return (
        select(*shown.columns, *extra)
        .join(_SPEAKER, _SPEAKER.id == Statement.speaker_id)
        .outerjoin(_CLIENT, _CLIENT.id == Statement.on_behalf_of_id)
        .join(Source, Source.id == Statement.source_id)
    )
