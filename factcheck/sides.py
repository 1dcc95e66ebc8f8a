"""Both sides of a claim: its statements, each with the link that puts it there, latest said first."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, String, Uuid, bindparam, select, tuple_, union_all

from factcheck import listing
from factcheck.auth import Actor
from factcheck.graph import Stance
from factcheck.history import State
from factcheck.links import Link, LinkStatus, StatementStatus
from factcheck.prepared import Asked, Prepared, Reads
from factcheck.shown import Fields, Shown
from factcheck.statements import Statement

Position = tuple[str, UUID | str]
"""Where a page of a side ended: the day of its last statement (or "") and that statement's id."""
ShownOf = Callable[[Any], Fields]
"""What is shown of a statement, by whose columns are the link's: `fields` or `cited`."""
# More of a side than anybody asks for. PostgreSQL, which plans for any number of them, would else read all
# statements there are to find those of a claim that may have thousands.
MOST = 256
_SIDES = tuple(stance.value for stance in Stance)
_OF_LINK = ("stance", "status", "basis", "confidence", "span", "rationale")


def fields(link: Any = Link) -> Fields:
    """Return what is shown of a statement with the link that puts it on its side."""
    return {**listing.FIELDS, "link": {name: getattr(link, name) for name in _OF_LINK}}


def cited(link: Any = Link) -> Fields:
    """Return what is shown of a statement where only its words are cited, with its side."""
    return {**listing.CITED, "link": {"stance": link.stance}}


LINKED = Shown(fields())


def seen(editor: bool) -> tuple[Any, ...]:
    """Return the conditions on a link for editors or readers to see it in a view."""
    if editor:
        return (
            Link.status != LinkStatus.rejected,
            Link.statement_status.in_((StatementStatus.draft, StatementStatus.published)),
        )
    return (Link.status == LinkStatus.confirmed, Link.statement_status == StatementStatus.published)


def asked(
    reads: Reads,
    claim_id: UUID,
    actor: Actor,
    limit: int,
    after: Mapping[Stance, Position],
    shown: ShownOf = fields,
) -> list[Asked]:
    """Return what to ask for `limit` statements of each side.

    What PostgreSQL does before the first row costs as much as ten rows, so both are asked for at once. SQLite
    has nothing to prepare, but what it reads from a subquery it writes down first.
    """
    values = {"claim": claim_id, "limit": limit}
    for side, (said_on, last) in after.items():
        values |= {f"{side}_said_on": said_on, f"{side}_after": last}
    if reads.dialect.name == "sqlite":
        return [(_one(side, actor.is_editor, side in after, shown), values) for side in _SIDES]
    return [(_both(actor.is_editor, frozenset(after), shown), values)]


def parted(read: list[list[State]], limit: int) -> tuple[dict[str, list[State]], dict[Stance, Position]]:
    """Return `limit` statements of each side, of what was read as `asked`, and where its next page begins.

    There is a next page where one more was read.
    """
    sides = dict(zip(_SIDES, read, strict=True)) if len(read) == len(_SIDES) else _sorted(*read)
    ends: dict[Stance, Position] = {}
    for side, found in sides.items():
        if len(found) > limit:
            ends[Stance(side)] = (found[limit - 1]["said_on"] or "", found[limit - 1]["id"])
            del found[limit:]
    return sides, ends


def _sorted(rows: list[State]) -> dict[str, list[State]]:
    sides: dict[str, list[State]] = {side: [] for side in _SIDES}
    # They come in this order, but nothing holds a database to it.
    for said in sorted(rows, key=lambda said: (said["said_on"] or "", said["id"]), reverse=True):
        sides[said["link"]["stance"]].append(said)
    return sides


_LIMIT = bindparam("limit", type_=Integer)
_LATEST_FIRST = (Link.said_on.desc(), Link.statement_id.desc())


def _on(side: str, editor: bool, paged: bool) -> tuple[Any, ...]:
    """Return the conditions on a link to stand on a side; on a page, after the position of the one before."""
    found = (Link.claim_id == bindparam("claim", type_=Uuid), Link.stance == Stance(side), *seen(editor))
    if not paged:
        return found
    said_on, last = bindparam(f"{side}_said_on", type_=String), bindparam(f"{side}_after", type_=Uuid)
    return (*found, tuple_(Link.said_on, Link.statement_id) < tuple_(said_on, last))


@cache
def _one(side: str, editor: bool, paged: bool, shown_of: ShownOf) -> Prepared:
    shown = Shown(shown_of(Link))
    query = listing.statements(shown=shown).join(Link, Link.statement_id == Statement.id)
    return Prepared(query.where(*_on(side, editor, paged)).order_by(*_LATEST_FIRST).limit(_LIMIT), shown)


@cache
def _both(editor: bool, paged: frozenset[str], shown_of: ShownOf) -> Prepared:
    columns = [Link.statement_id, Link.said_on, *shown_of(Link)["link"].values()]
    newest = []
    for side in _SIDES:
        most = select(*columns).where(*_on(side, editor, side in paged)).order_by(*_LATEST_FIRST).limit(MOST)
        found = most.subquery()
        latest = select(found).order_by(found.c.said_on.desc(), found.c.statement_id.desc()).limit(_LIMIT)
        newest.append(select(latest.subquery()))
    link = union_all(*newest).subquery("link")
    shown = Shown(shown_of(link.c))
    return Prepared(listing.statements(shown=shown).join(link, link.c.statement_id == Statement.id), shown)
