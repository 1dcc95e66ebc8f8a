"""`/feeds/…`: what was published, confirmed, corrected and judged last, as Atom and JSON Feed.

Readers get what the pages show. An editor's key opens the feed of all contradictions, what is only
suggested too; feed readers that know no tokens send it as the password of a user of any name.
"""

import base64
import binascii
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from itertools import islice
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE
from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from factcheck import callers, contradictions, explanations, history, listing, web
from factcheck.auth import ANYONE, Actor, public, require
from factcheck.claims import Claim, ClaimAbout, ClaimStatus
from factcheck.contradictions import Contradiction, FlagStatus
from factcheck.db import now, unindexed
from factcheck.fields import StrictSchema, TextField
from factcheck.history import Revision, State
from factcheck.links import Link, LinkStatus
from factcheck.parsing import Parser
from factcheck.problems import not_found
from factcheck.publish import entries, reading, syndication
from factcheck.publish.serving import document
from factcheck.publish.syndication import Entry, Feed
from factcheck.reviews import Review, ReviewStatus
from factcheck.statements import Statement
from factcheck.topics import with_topic

blp = Blueprint("feeds", __name__, url_prefix="/feeds")

ENTRIES = 50


class FeedFilters(StrictSchema):
    """What a feed is about; what else the address carries says where a reader came from."""

    class Meta:
        unknown = EXCLUDE

    claim = TextField(limit=200)
    entity = TextField(limit=200)
    topic = TextField(limit=100)


@dataclass(frozen=True, slots=True)
class Scope:
    """What the entries of a feed must be about: published things only, however the feed is narrowed."""

    actor: Actor
    claim: State | None = None
    entity: Any = None
    topic: str | None = None

    @property
    def claims(self) -> Any:
        """The ids of the claims within, or None where every claim is."""
        if self.claim is None and self.topic is None:
            return None
        query = select(Claim.id).where(Claim.status == ClaimStatus.published)
        if self.claim is not None:
            query = query.where(Claim.id == self.claim["id"])
        return query.where(Claim.id.in_(with_topic(self.topic))) if self.topic is not None else query

    @property
    def about_entity(self) -> Any:
        """The ids of the claims about the entity."""
        return select(ClaimAbout.claim_id).where(ClaimAbout.entity_id == self.entity.id)

    def statements(self) -> Iterable[Any]:
        """Return the conditions on a statement: what it bears on; who said it, or for whom."""
        if (claims := self.claims) is not None:
            confirmed = select(Link.statement_id).where(
                Link.claim_id.in_(claims), Link.status == LinkStatus.confirmed
            )
            yield Statement.id.in_(confirmed)
        if self.entity:
            yield or_(Statement.speaker_id == self.entity.id, Statement.on_behalf_of_id == self.entity.id)

    def contradictions(self) -> Iterable[Any]:
        """Return the conditions on a contradiction: at either end; who spoke, or whom it is about."""
        flag = Contradiction
        if (claims := self.claims) is not None:
            yield or_(flag.claim_id.in_(claims), flag.opposing_claim_id.in_(claims))
        if self.entity:
            said = select(Statement.id).where(Statement.speaker_id == self.entity.id)
            yield or_(
                flag.subject_id == self.entity.id, flag.statement_id.in_(said), flag.opposing_id.in_(said)
            )

    def reviews(self) -> Iterable[Any]:
        """Return the conditions on a review: of which claim; about whom its claim is."""
        if (claims := self.claims) is not None:
            yield Review.claim_id.in_(claims)
        if self.entity:
            yield Review.claim_id.in_(self.about_entity)

    def claims_themselves(self) -> Iterable[Any]:
        """Return the conditions on a claim that was changed."""
        if self.claim is not None:
            yield Claim.id == self.claim["id"]
        if self.topic is not None:
            yield Claim.id.in_(with_topic(self.topic))
        if self.entity:
            yield Claim.id.in_(self.about_entity)


@blp.get("/<name>.<any(atom, json):form>")
@public
def feed(name: str, form: str) -> ResponseReturnValue:
    """Serve a feed, newest first; `claim`, `entity` and `topic` narrow it."""
    if name not in FEEDS:
        raise not_found("feed")
    filters = Parser().parse(FeedFilters, request, location="query", unknown=EXCLUDE)
    actor = _actor()
    with web.database().reading() as session:
        scope = _scope(session, actor, filters)
        found = FEEDS[name](session, scope)
    base = web.settings().public_url
    query = f"?{urlencode(filters)}" if filters else ""
    shown = Feed(
        id=syndication.tag(base, f"feeds/{name}{query}"),
        title=_title(name, scope),
        page=_page(scope, base),
        address=f"{base}/feeds/{name}.{form}{query}",
        entries=found,
    )
    shared = scope.actor is ANYONE
    if form == "atom":
        response = document(
            syndication.atom(shown, base), "application/atom+xml; charset=utf-8", shared=shared
        )
    else:
        response = document(syndication.json_feed(shown, base), "application/feed+json", shared=shared)
    # What changes within the second of this date would never be seen by who asks by the date alone.
    if found and now() - shown.updated > timedelta(seconds=1):
        response.last_modified = shown.updated
    return response


@blp.after_request
def challenge(response: Response) -> Response:
    """Say to who was refused that a user and a password do too: feed readers ask for them then."""
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        response.headers.add("WWW-Authenticate", 'Basic realm="factcheck", charset="UTF-8"')
    return response


def _scope(session: Session, actor: Actor, filters: dict[str, str]) -> Scope:
    """Return what the filters name; raise 404 or 410 for what is not there for readers."""
    claim, entity = filters.get("claim"), filters.get("entity")
    return Scope(
        actor=actor,
        claim=reading.standing(session, claim) if claim else None,
        entity=reading.entity(session, entity) if entity else None,
        topic=filters.get("topic"),
    )


def _actor() -> Actor:
    """Return who asks. A feed reader's password is a key: https://www.rfc-editor.org/rfc/rfc7617."""
    header = request.headers.get("Authorization")
    if header is None:
        return ANYONE
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() == "basic":
        try:
            secret = base64.b64decode(credentials, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            secret = ""  # What was sent is no password at all.  # nosec B105
        header = f"Bearer {secret}"
    actor = callers.recognise(header)
    require(actor, callers.asked())
    return actor


def _title(name: str, scope: Scope) -> str:
    every = scope.actor.is_editor and name == "contradictions"
    parts = [f"{'All ' if every else ''}{name}".capitalize()]
    if scope.claim:
        parts.append(f"on the claim “{scope.claim['text']}”")
    if scope.entity:
        parts.append(f"with {scope.entity.name}")
    if scope.topic is not None:
        parts.append(f"on {scope.topic}")
    return f"{' '.join(parts)} – factcheck"


def _page(scope: Scope, base: str) -> str:
    if scope.claim:
        return f"{base}/claims/{scope.claim['slug']}"
    return f"{base}/entities/{scope.entity.slug}" if scope.entity else f"{base}/"


def _statements(session: Session, scope: Scope) -> list[Entry]:
    """Return what was published last; what was retracted since stays, and says so."""
    rows = session.execute(
        listing.statements(Statement.published_at)
        .where(Statement.published_at.is_not(None), *scope.statements())
        .order_by(Statement.published_at.desc(), Statement.id.desc())
        .limit(ENTRIES)
    ).all()
    bearing = reading.bearing(session, [row.id for row in rows])
    topics = _topics(session, {link.slug for links in bearing.values() for link in links})
    base = web.settings().public_url
    return [
        entries.statement(
            listing.represent(row),
            row.published_at,
            bearing.get(row.id, []),
            _together(topics.get(link.slug, []) for link in bearing.get(row.id, [])),
            base,
        )
        for row in rows
    ]


def _contradictions(session: Session, scope: Scope) -> list[Entry]:
    """Return what editors confirmed last, and what of that stands no longer.

    For an editor everything that was flagged, newest first.
    """
    query = select(Contradiction.__table__).where(*scope.contradictions()).limit(ENTRIES)
    if scope.actor.is_editor:
        flags = list(session.execute(query.order_by(Contradiction.id.desc())))
    else:
        confirmed = query.where(Contradiction.public, Contradiction.status == FlagStatus.confirmed)
        ended = query.where(*contradictions.no_longer_standing())
        flags = [
            *session.execute(confirmed.order_by(Contradiction.decided_at.desc(), Contradiction.id.desc())),
            *session.execute(ended.order_by(Contradiction.updated_at.desc(), Contradiction.id.desc())),
        ]
        flags = sorted(flags, key=_since, reverse=True)[:ENTRIES]
    shown = explanations.represent(session, flags, scope.actor)
    on_path = [[part["slug"] for part in flag["path"] if part["type"] == "claim"] for flag in shown]
    topics = _topics(session, {slug for slugs in on_path for slug in slugs})
    base = web.settings().public_url
    return [
        entries.no_longer_standing(flag, base)
        if not scope.actor.is_editor and flag["status"] != FlagStatus.confirmed
        else entries.contradiction(flag, _together(topics.get(slug, []) for slug in slugs), base)
        for flag, slugs in zip(shown, on_path, strict=True)
    ]


def _since(flag: Any) -> Any:
    """Return since when a contradiction is confirmed, or stands no longer."""
    return flag.decided_at if flag.status is FlagStatus.confirmed else flag.updated_at


def _reviews(session: Session, scope: Scope) -> list[Entry]:
    """Return the verdicts that were stored last."""
    rows = session.execute(
        reading.reviewed()
        .where(Review.status == ReviewStatus.published, Claim.status == ClaimStatus.published)
        .where(*scope.reviews())
        .order_by(Review.id.desc())
        .limit(ENTRIES)
    )
    base = web.settings().public_url
    return [entries.review(reading.with_claim(row), base) for row in rows]


def _corrections(session: Session, scope: Scope) -> list[Entry]:
    """Return what was changed last in what readers had seen: statements, claims, verdicts."""
    # Looked up for each change: from the lists of all that could be meant, nothing would be found sooner.
    seen = (Claim.id == Review.claim_id, Revision.at >= Claim.published_at)
    within = {
        "statement": exists().where(Statement.id == Revision.record_id, *scope.statements()),
        "claim": exists().where(Claim.id == Revision.record_id, *scope.claims_themselves()),
        # A review has no drafts: readers see it once its claim is published.
        "review": exists().where(Review.id == Revision.record_id, *seen, *scope.reviews()),
    }
    if scope.claim is None and scope.entity is None and scope.topic is None:
        matching = or_(Revision.record_type != "review", within["review"])
    else:
        kinds = ((unindexed(Revision.record_type) == kind) & found for kind, found in within.items())
        matching = or_(*kinds)
    # Read on until there are enough: what corrects nothing shows only in the states themselves.
    with session.execute(history.corrections().where(matching).execution_options(yield_per=ENTRIES)) as found:
        rows = list(islice(filter(entries.is_correction, found), ENTRIES))
    ids = {kind: [row.record_id for row in rows if row.record_type == kind] for kind in within}
    base = web.settings().public_url
    named: dict[UUID, tuple[str, str]] = {}
    for row in session.execute(listing.statements().where(Statement.id.in_(ids["statement"]))):
        subject = entries.statement_subject(listing.represent(row))
        named[row.id] = (subject, f"{base}/statements/{row.id}")
    for row in session.execute(select(Claim.id, Claim.slug, Claim.text).where(Claim.id.in_(ids["claim"]))):
        named[row.id] = (f"the claim “{row.text}”", f"{base}/claims/{row.slug}")
    judged = select(Review.id, Claim.text).join(Claim, Claim.id == Review.claim_id)
    for row in session.execute(judged.where(Review.id.in_(ids["review"]))):
        named[row.id] = (f"the verdict on “{row.text}”", f"{base}/reviews/{row.id}")
    return [entries.correction(row, *named[row.record_id]) for row in rows]


FEEDS: dict[str, Callable[[Session, Scope], list[Entry]]] = {
    "statements": _statements,
    "contradictions": _contradictions,
    "corrections": _corrections,
    "reviews": _reviews,
}


def _topics(session: Session, slugs: set[str]) -> dict[str, list[str]]:
    """Return the topics of published claims by their slugs."""
    query = select(Claim.slug, Claim.topics).where(
        Claim.slug.in_(slugs), unindexed(Claim.status) == ClaimStatus.published
    )
    return {row.slug: row.topics for row in session.execute(query)}


def _together(lists: Iterable[list[str]]) -> list[str]:
    """Return what stands in any of the lists, each once."""
    return list(dict.fromkeys(topic for topics in lists for topic in topics))
