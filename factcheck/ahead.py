"""What an engine says of a statement's candidates, read before the write that stores the statement.

A reading takes tens of milliseconds, and a write transaction keeps every other writer waiting. So the
words of a post are read on a snapshot first (`read`), those of a correction too (`read_anew`), and the
write takes over what was said: as it is where nothing was written in between, else candidates are
gathered again and the new ones judged (`judge`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from factcheck import entities, lookups, sources
from factcheck.analysis import Comparison, Engine, Hearing, Proposition, Stance, Utterance
from factcheck.analysis.language import is_english, language_of
from factcheck.auth import Actor, ApiKey
from factcheck.candidates import Candidates, ClaimCandidate, Said, StatementCandidate, gather, is_english_tag
from factcheck.entities import Entity
from factcheck.links import StatementStatus
from factcheck.statements import Statement
from factcheck.text import digest


class Given(NamedTuple):
    """A statement that has no row yet, as far as its words are read."""

    text: str
    speaker_id: UUID | None
    speaker_role: str | None
    on_behalf_of_id: UUID | None
    source_id: UUID | None
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """Candidates with what an engine says of them, best first.

    `latest` is what had been written when they were gathered; `current` tells whether that is all still.
    """

    said: Utterance
    latest: lookups.Latest
    claims: list[tuple[ClaimCandidate, Stance]]
    statements: list[tuple[StatementCandidate, Comparison]]
    current: bool = False

    def held_against(self, session: Session) -> Self:
        """Note whether anything was written since: to be asked before this transaction writes itself."""
        return replace(self, current=self.latest == lookups.latest(session))


def read(session: Session, engine: Engine, actor: Actor, data: dict[str, Any]) -> Judged | None:
    """Judge what a loaded `StatementSchema` would be held against; nothing is written.

    None where its words would not be read: they are not English, or stand already.
    """
    speaker = entities.look_up(session, actor, data["speaker"])
    client = entities.look_up(session, actor, data["on_behalf_of"]) if data.get("on_behalf_of") else None
    source = sources.look_up(session, data["source"])
    if why_unread(data["language"], data["text"])[1]:
        return None
    if speaker and source:
        same = select(Statement.id).where(
            Statement.speaker_id == speaker.id,
            Statement.source_id == source.id,
            Statement.text_key == digest(data["text"]),
            Statement.status != StatementStatus.retracted,
        )
        if session.scalar(same.limit(1)):
            return None
    role = data.get("speaker_role")
    names = [_name(speaker, data["speaker"]), _name(client, data.get("on_behalf_of"))]
    said = Utterance(data["text"], names[0], role, names[1], data.get("said_on") or None)
    ids = [entity.id if entity else None for entity in (speaker, client, source)]
    given = Given(data["text"], ids[0], role, ids[1], ids[2])
    return judge(session, engine, given, said, reader=None if actor.is_editor else actor.key_id)


def read_anew(
    session: Session, engine: Engine, actor: Actor, statement: Statement, data: dict[str, Any]
) -> Judged | None:
    """Judge what a statement would be held against once these fields are changed; nothing is written."""
    text = data.get("text", statement.text)
    if why_unread(data.get("language", statement.language), text)[1]:
        return None
    ends: dict[str, tuple[UUID | None, str | None]] = {}
    for field in ("speaker", "on_behalf_of"):
        standing: Entity | None = getattr(statement, field)
        given = data.get(field, standing and standing.id)
        entity = entities.look_up(session, actor, given) if field in data and given else standing
        ends[field] = (entity.id if entity and given else None, _name(entity, given) if given else None)
    source = sources.look_up(session, data["source"]) if "source" in data else statement.source
    role = data.get("speaker_role", statement.speaker_role)
    said_on = data.get("said_on", statement.said_on) or None
    (speaker_id, speaker), (client_id, client) = ends["speaker"], ends["on_behalf_of"]
    published = statement.published_at is not None or data.get("status") == StatementStatus.published
    return judge(
        session,
        engine,
        Given(text, speaker_id, role, client_id, source.id if source else None, statement.id),
        Utterance(text, speaker, role, client, said_on),
        reader=None if published else contributor(session, statement.created_by),
    )


def _name(entity: Entity | None, given: Any) -> str | None:
    if entity:
        return entity.name
    return given["name"] if isinstance(given, dict) else None


def contributor(session: Session, created_by: UUID | None) -> UUID | None:
    """Return the key that a draft was made with, where it is a contributor's: who reads what is suggested."""
    maker = session.get_one(ApiKey, created_by).actor if created_by else None
    return maker.key_id if maker and not maker.is_editor else None


def judge(
    session: Session,
    engine: Engine,
    statement: Said,
    said: Utterance,
    *,
    before: UUID | None = None,
    reader: UUID | None = None,
    earlier: Judged | None = None,
) -> Judged:
    """Gather candidates and let the engine judge them, but for what it said of them `earlier`.

    For `before` and `reader` see `candidates.gather`.
    """
    if earlier and earlier.said != said:
        earlier = None
    if earlier and earlier.current:
        return earlier
    judged = Judged(said, lookups.latest(session), [], [])
    known = (dict(earlier.claims), dict(earlier.statements)) if earlier else ({}, {})
    with engine.hearing(said) as hearing:

        def expect(claims: Sequence[ClaimCandidate]) -> None:
            hearing.expect([_proposition(claim) for claim in claims if is_english(claim.text)])

        # Of what was judged before, hardly anything is to be judged again.
        found: Candidates | None = gather(
            session, statement, before=before, reader=reader, expect=None if earlier else expect
        )
        # What is hidden from the reader is judged by itself: which pairs an engine reads, and how it weighs
        # them, depends on all that it is given.
        while found:
            _judge(hearing, found, known, judged)
            found = found.hidden
    return judged


def _judge(
    hearing: Hearing,
    found: Candidates,
    known: tuple[dict[ClaimCandidate, Stance], dict[StatementCandidate, Comparison]],
    judged: Judged,
) -> None:
    """Add what the engine makes of these candidates, or has made of them before."""
    claims = [claim for claim in found.claims if is_english(claim.text)]
    others = [other for other in found.statements if is_english(other.text)]
    stances, comparisons = known
    new_claims = [claim for claim in claims if claim not in stances]
    new_others = [other for other in others if other not in comparisons]
    made = hearing.judge([*map(_proposition, new_claims)], [*map(_utterance, new_others)])
    stances |= zip(new_claims, made[0], strict=True)
    comparisons |= zip(new_others, made[1], strict=True)
    judged.claims.extend((claim, stances[claim]) for claim in claims)
    judged.statements.extend((other, comparisons[other]) for other in others)


def _proposition(claim: ClaimCandidate) -> Proposition:
    return Proposition(claim.text, claim.kind, claim.about)


def _utterance(other: StatementCandidate) -> Utterance:
    return Utterance(other.text, other.speaker, other.speaker_role, other.on_behalf_of, other.said_on)


def why_unread(language: str, text: str) -> tuple[str, str | None]:
    """Return the language of the words, and why they are not analysed, if they are not."""
    if not is_english_tag(language):
        return language, f"The statement is marked as '{language}'; the analysis reads English only."
    found = language_of(text)
    if found != "en":
        return found, f"The words read as '{found}', not as English; the analysis reads English only."
    return found, None
