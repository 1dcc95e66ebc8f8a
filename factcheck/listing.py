"""Reads of statements as JSON-ready rows: one Core select, never an ORM object.

The view, the lists and the pages all show statements through `statements()` and `represent()`.
"""

from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Integer, Select, and_, bindparam, exists, select
from sqlalchemy.orm import aliased

from factcheck.claims import Claim, ClaimStatus
from factcheck.db import unindexed
from factcheck.entities import Entity
from factcheck.links import Link, LinkStatus
from factcheck.prepared import Prepared
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


# Beside one of these a status is no way to begin.
_NARROW = ("speaker", "on_behalf_of", "source")
# What a list can be narrowed by, under the names that `matching` takes.
_CONDITIONS: dict[str, Any] = {
    "published": PUBLISHED,
    "own": PUBLISHED | (Statement.created_by == bindparam("own")),
    "speaker": Statement.speaker_id.in_(bindparam("speaker")),
    "on_behalf_of": Statement.on_behalf_of_id.in_(bindparam("on_behalf_of")),
    "source": Statement.source_id == bindparam("source"),
    "said_after": unindexed(Statement.said_on) >= bindparam("said_after"),
    "said_before": and_(unindexed(Statement.said_on) < bindparam("said_before"), Statement.said_on != ""),
    "status": Statement.status == bindparam("status"),
    "verification": Statement.verification_result == bindparam("verification"),
    "ids": Statement.id.in_(bindparam("ids")),
    "after": Statement.id < bindparam("after"),
}
# Those that one link of the statement must meet, together.
_ON_A_LINK: dict[str, Any] = {
    "linked": Link.status != LinkStatus.rejected,
    "confirmed": and_(
        Link.status == LinkStatus.confirmed,
        exists().where(Claim.id == Link.claim_id, unindexed(Claim.status) == ClaimStatus.published),
    ),
    "claim": Link.claim_id == select(Claim.id).where(Claim.slug == bindparam("claim")).scalar_subquery(),
    "claim_id": Link.claim_id == bindparam("claim_id"),
    "stance": Link.stance == bindparam("stance"),
}


@lru_cache(64)
def matching(names: frozenset[str]) -> Prepared:
    """Select the newest statements that meet the conditions of these names; a `limit` of them."""
    conditions = dict(_CONDITIONS)
    if not names.isdisjoint(_NARROW):
        conditions["status"] = unindexed(Statement.status) == bindparam("status")
    wanted = [condition for name, condition in conditions.items() if name in names]
    if on_a_link := [condition for name, condition in _ON_A_LINK.items() if name in names]:
        if names.isdisjoint(("claim", "claim_id")):  # Most statements have such a link: each is looked at.
            wanted.append(exists().where(Link.statement_id == Statement.id, *on_a_link))
        else:
            wanted.append(Statement.id.in_(select(Link.statement_id).where(*on_a_link)))
    newest = statements().where(*wanted).order_by(Statement.id.desc())
    return Prepared(newest.limit(bindparam("limit", type_=Integer)), STATEMENT)


@cache
def said(span: frozenset[str]) -> Prepared:
    """Select ids of statements of a time, `said_after` or `said_before` or both; a `limit` in any order."""
    ends = {
        "said_after": Statement.said_on >= bindparam("said_after"),
        "said_before": and_(Statement.said_on < bindparam("said_before"), Statement.said_on != ""),
    }
    found = select(Statement.id).where(*(ends[name] for name in sorted(span)))
    return Prepared(found.limit(bindparam("limit", type_=Integer)))
