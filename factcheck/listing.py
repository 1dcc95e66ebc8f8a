"""Reads of statements as JSON-ready rows: one Core select, never an ORM object.

The view, the lists and the pages all show statements through `statements()` and `represent()`.
"""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from factcheck.auth import Actor
from factcheck.entities import Entity
from factcheck.history import State
from factcheck.sources import Source
from factcheck.statements import Statement

_PRECISION = {4: "year", 7: "month", 10: "day"}
_SPEAKER = aliased(Entity, name="speaker")
_CLIENT = aliased(Entity, name="client")


def statements(*extra: Any) -> Select[*tuple[Any, ...]]:
    """Select statements with speaker, client and source; `extra` columns come first in each row."""
    return (
        select(
            *extra,
            Statement.id,
            Statement.text,
            Statement.kind,
            Statement.language,
            Statement.speaker_role,
            Statement.said_on,
            Statement.said_to,
            Statement.anchor,
            Statement.verification,
            Statement.status,
            Statement.retracted_at,
            Statement.retraction_reason,
            Statement.revision,
            Statement.created_at,
            Statement.updated_at,
            _SPEAKER.id.label("speaker_id"),
            _SPEAKER.slug.label("speaker_slug"),
            _SPEAKER.type.label("speaker_type"),
            _SPEAKER.name.label("speaker_name"),
            _CLIENT.id.label("client_id"),
            _CLIENT.slug.label("client_slug"),
            _CLIENT.type.label("client_type"),
            _CLIENT.name.label("client_name"),
            Source.id.label("source_id"),
            Source.url.label("source_url"),
            Source.canonical_url.label("source_canonical_url"),
            Source.type.label("source_type"),
            Source.headline.label("source_headline"),
            Source.publisher.label("source_publisher"),
            Source.published_on.label("source_published_on"),
        )
        .join(_SPEAKER, _SPEAKER.id == Statement.speaker_id)
        .outerjoin(_CLIENT, _CLIENT.id == Statement.on_behalf_of_id)
        .join(Source, Source.id == Statement.source_id)
    )


def represent(row: Any) -> State:
    """Return a row of `statements()` as the API shows it; ids and moments in the form they have there."""
    return {
        "id": row.id,
        "text": row.text,
        "kind": row.kind,
        "language": row.language,
        "speaker": {
            "id": row.speaker_id,
            "slug": row.speaker_slug,
            "type": row.speaker_type,
            "name": row.speaker_name,
        },
        "speaker_role": row.speaker_role,
        "on_behalf_of": row.client_id
        and {
            "id": row.client_id,
            "slug": row.client_slug,
            "type": row.client_type,
            "name": row.client_name,
        },
        "said_on": row.said_on or None,
        "said_on_precision": _PRECISION.get(len(row.said_on)),
        "said_to": row.said_to,
        "source": {
            "id": row.source_id,
            "url": row.source_url,
            "canonical_url": row.source_canonical_url,
            "type": row.source_type,
            "headline": row.source_headline,
            "publisher": row.source_publisher,
            "published_on": row.source_published_on,
        },
        "anchor": row.anchor,
        "verification": row.verification,
        "status": row.status,
        "retraction": row.retracted_at and {"at": row.retracted_at, "reason": row.retraction_reason},
        "revision": row.revision,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def readable(actor: Actor) -> tuple[Any, ...]:
    """Return the conditions that keep other people's drafts out of a query on statements."""
    if actor.is_editor:
        return ()
    seen = Statement.published_at.is_not(None)
    return (seen | (Statement.created_by == actor.key_id) if actor.key_id else seen,)
