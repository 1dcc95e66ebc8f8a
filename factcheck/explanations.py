"""Contradictions as they are shown: path, evidence, and one plain sentence on why.

What is stored holds structure only; the sentence is written when it is read, so that it always
uses today's names and words. What a machine read in the words says that it did.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from factcheck.auth import Actor
from factcheck.claims import Claim, ClaimKind
from factcheck.contradictions import FlagStatus, certainty, opposing_stance
from factcheck.entities import Entity
from factcheck.findings import Finding
from factcheck.history import State
from factcheck.links import Link, LinkStatus
from factcheck.statements import Statement

_IDS: Any = bindparam("ids", expanding=True)
_STATEMENTS = (
    select(
        Statement.id,
        Statement.text,
        Statement.speaker_role,
        Statement.said_on,
        Statement.status,
        Entity.id.label("speaker_id"),
        Entity.slug,
        Entity.name,
    )
    .join(Entity, Entity.id == Statement.speaker_id)
    .where(Statement.id.in_(_IDS))
)
_CLAIMS = select(Claim.id, Claim.slug, Claim.text, Claim.kind).where(Claim.id.in_(_IDS))
_LINKS = select(Link.statement_id, Link.claim_id, Link.span, Link.status, Link.rationale).where(
    Link.statement_id.in_(_IDS), Link.claim_id.in_(bindparam("claims", expanding=True))
)
_SUBJECTS = select(Entity.id, Entity.slug, Entity.name).where(Entity.id.in_(_IDS))


def represent(session: Session, flags: Iterable[Any], actor: Actor) -> list[State]:
    """Return contradictions (objects or rows) as the API shows them, with path, evidence, sentence.

    Four queries, whatever their number: statements with speakers, claims, links, subjects; a fifth
    where some were read in the words alone.
    """
    flags = list(flags)
    if not flags:
        return []
    statement_ids = {id_ for flag in flags for id_ in (flag.statement_id, flag.opposing_id)}
    claim_ids = {UUID(id_) for flag in flags for step in flag.steps for id_ in (step[0], step[2])}
    claim_ids |= {id_ for flag in flags for id_ in (flag.claim_id, flag.opposing_claim_id) if id_}
    subject_ids = {flag.subject_id for flag in flags if flag.subject_id}
    connection = session.connection()
    statements = {row.id: row for row in connection.execute(_STATEMENTS, {"ids": list(statement_ids)})}
    claims = {row.id: row for row in connection.execute(_CLAIMS, {"ids": list(claim_ids)})}
    links = {
        (row.statement_id, row.claim_id): row
        for row in connection.execute(_LINKS, {"ids": list(statement_ids), "claims": list(claim_ids)})
    }
    subjects = {
        row.id: {"id": row.id, "slug": row.slug, "name": row.name}
        for row in connection.execute(_SUBJECTS, {"ids": list(subject_ids)})
    }
    read = _read_in_words(session, [flag for flag in flags if flag.claim_id is None])
    return [
        _represent(flag, statements, claims, links, subjects, actor)
        if flag.claim_id
        else _represent_read(flag, statements, read.get((flag.statement_id, flag.opposing_id)), actor)
        for flag in flags
    ]


def _read_in_words(session: Session, flags: list[Any]) -> dict[tuple[UUID, UUID], Any]:
    """Return what an engine found between the statements of each flag."""
    if not flags:
        return {}
    rows = session.execute(
        select(
            Finding.statement_id,
            Finding.opposing_id,
            Finding.reason,
            Finding.engine,
            Finding.spans,
            Finding.opposing_spans,
        ).where(Finding.statement_id.in_({flag.statement_id for flag in flags}))
    )
    return {(row.statement_id, row.opposing_id): row for row in rows}


def _represent_read(flag: Any, statements: dict[UUID, Any], finding: Any, actor: Actor) -> State:
    """Return a contradiction that was read in the words alone: no claims, and a machine's reason."""
    ends = [
        (statements[flag.statement_id], finding.spans if finding else []),
        (statements[flag.opposing_id], finding.opposing_spans if finding else []),
    ]
    ends.sort(key=lambda end: (end[0].said_on, end[0].id))
    return {
        "id": flag.id,
        "kind": flag.kind.value,
        "same_speaker": flag.same_speaker,
        "statements": [_brief(row) for row, _ in ends],
        "subject": None,
        "path": [
            {"type": "statement", "id": ends[0][0].id},
            {"type": "comparison", "value": flag.kind.value},
            {"type": "statement", "id": ends[1][0].id},
        ],
        "evidence": [_marked(row, spans, finding) for row, spans in ends],
        "explanation": _explain_read(flag, ends[0][0], ends[1][0], finding),
        "engine": finding.engine if finding else None,
        **_standing(flag, actor),
    }


def _marked(row: Any, spans: list[Any], finding: Any) -> State:
    """Return the first words that carry it and still stand there; else the whole statement."""
    standing = [span for span in spans if row.text[span["start"] : span["end"]] == span["text"]]
    return {
        "statement": row.id,
        "span": standing[0] if standing else {"start": 0, "end": len(row.text), "text": row.text},
        "marked": bool(standing),
        "rationale": finding.reason if finding else None,
    }


def _explain_read(flag: Any, first: Any, second: Any, finding: Any) -> str:
    """Return a sentence that reads as the guess of a machine, until an editor has confirmed it."""
    if flag.same_speaker:
        who = f"{_who(first)} appears to contradict an earlier statement of the same speaker"
    else:
        who = f"{_who(first)} and {_who(second)} appear to contradict each other"
    engine = f"the text analysis ({finding.engine})" if finding else "the text analysis"
    confirmed = flag.status is FlagStatus.confirmed
    whose = f"found by {engine}, " + ("confirmed by an editor" if confirmed else "confirmed by nobody")
    reason = finding.reason.strip().rstrip(".") if finding else ""
    return f"{who}: {reason} ({whose})." if reason else f"{who} ({whose})."


def _represent(
    flag: Any,
    statements: dict[UUID, Any],
    claims: dict[UUID, Any],
    links: dict[tuple[UUID, UUID], Any],
    subjects: dict[UUID, Any],
    actor: Actor,
) -> State:
    ends = [
        (flag.statement_id, flag.stance, flag.claim_id),
        (flag.opposing_id, opposing_stance(flag), flag.opposing_claim_id),
    ]
    steps = [(UUID(start), relation, UUID(end)) for start, relation, end in flag.steps]
    # The earlier statement comes first: by the day it was said, and as stored where that decides nothing.
    if (statements[ends[0][0]].said_on, ends[0][0]) > (statements[ends[1][0]].said_on, ends[1][0]):
        ends.reverse()
        steps = [(end, _REVERSED.get(relation, relation), start) for start, relation, end in reversed(steps)]
    certain = [_confirmed(links.get((statement, claim))) for statement, _, claim in ends]
    subject = subjects.get(flag.subject_id)
    return {
        "id": flag.id,
        "kind": flag.kind.value,
        "same_speaker": flag.same_speaker,
        "statements": [_brief(statements[statement]) for statement, _, _ in ends],
        "subject": subject,
        "path": _path(ends, steps, claims),
        "evidence": [
            _evidence(statements[statement], links.get((statement, claim)), actor)
            for statement, _, claim in ends
        ],
        "explanation": explain(ends, steps, statements, claims, certain, subject),
        "engine": None,
        **_standing(flag, actor),
    }


def _standing(flag: Any, actor: Actor) -> State:
    """Return how sure and how decided a contradiction is."""
    return {
        "score": flag.score,
        "certainty": certainty(flag),
        "status": flag.status.value,
        "resolution": flag.resolution,
        "decision": _decision(flag, actor),
        "revision": flag.revision,
        "created_at": flag.created_at,
        "updated_at": flag.updated_at,
    }


_REVERSED = {"implies": "implied_by", "implied_by": "implies"}


def _confirmed(link: Any) -> bool:
    return link is not None and link.status is LinkStatus.confirmed


def _brief(row: Any) -> State:
    return {
        "id": row.id,
        "text": row.text,
        "speaker": {"id": row.speaker_id, "slug": row.slug, "name": row.name},
        "speaker_role": row.speaker_role,
        "said_on": row.said_on or None,
        "status": row.status.value,
    }


def _path(ends: list[Any], steps: list[Any], claims: dict[UUID, Any]) -> list[State]:
    """Return statement, stance, claim, (relation, claim)…, stance, statement."""

    def claim(id_: UUID) -> State:
        return {"type": "claim", "id": id_, "slug": claims[id_].slug, "text": claims[id_].text}

    (first, first_stance, start), (second, second_stance, _) = ends
    return [
        {"type": "statement", "id": first},
        {"type": "stance", "value": first_stance.value},
        claim(start),
        *(
            part
            for _, relation, end in steps
            for part in ({"type": "relation", "value": relation}, claim(end))
        ),
        {"type": "stance", "value": second_stance.value},
        {"type": "statement", "id": second},
    ]


def _evidence(row: Any, link: Any, actor: Actor) -> State:
    """Return the words that carry the stance; the whole statement where no editor marked any."""
    span = link and link.span
    return {
        "statement": row.id,
        "span": span or {"start": 0, "end": len(row.text), "text": row.text},
        "marked": bool(span),
        # A reason for a link that is only suggested is the newsroom's.
        "rationale": link.rationale if link and (_confirmed(link) or actor.is_editor) else None,
    }


def _decision(flag: Any, actor: Actor) -> State | None:
    """Return the last decision. Readers learn of a confirmation only: what was dismissed is not theirs."""
    if flag.decided_at is None or not (actor.is_editor or flag.status is FlagStatus.confirmed):
        return None
    return {
        "status": flag.decision.value if flag.decision else "open",
        "by": flag.decided_by if actor.is_editor else None,
        "at": flag.decided_at,
        "reason": flag.decision_reason,
    }


def explain(
    ends: list[Any],
    steps: list[Any],
    statements: dict[UUID, Any],
    claims: dict[UUID, Any],
    certain: list[bool],
    subject: State | None,
) -> str:
    """Return one plain sentence on why the two statements contradict each other.

    Where a link is only suggested, the sentence says "appears to", so that a guess reads as one.
    """
    (first, first_stance, start), (second, second_stance, end) = ends
    names = [_who(statements[first]), _who(statements[second])]
    if statements[first].speaker_id == statements[second].speaker_id:
        names[1] = f"the same speaker, {statements[second].name},"
    verbs = [
        stance.value if sure else f"appears to {stance.value.removesuffix('s')}"
        for stance, sure in ((first_stance, certain[0]), (second_stance, certain[1]))
    ]
    if not steps:
        return f"{names[0]} {verbs[0]} the claim {_quoted(claims[start])}, which {names[1]} {verbs[1]}."
    crossing = next((step for step in steps if step[1] in _CROSSING), None)
    if crossing is None:
        return f"{names[0]} {verbs[0]} {_chain(start, steps, claims)}, which {names[1]} {verbs[1]}."
    at = steps.index(crossing)
    back = [(stop, _REVERSED.get(relation, relation), go) for go, relation, stop in reversed(steps[at + 1 :])]
    sides = (
        f"{names[0]} {verbs[0]} {_chain(start, steps[:at], claims)}",
        f"{names[1]} {verbs[1]} {_chain(end, back, claims)}",
    )
    return f"{sides[0]}; {sides[1]}: {_cross(crossing, len(steps) == 1, claims, subject)}."


_CROSSING = ("contradicts", "exoneration_vs_responsibility")
_READS = {"implies": "implies", "implied_by": "follows from", "equivalent": "says the same as"}


def _chain(start: UUID, steps: list[Any], claims: dict[UUID, Any]) -> str:
    """Return `“A”, which implies “B”, which says the same as “C”`."""
    following = (f", which {_READS[relation]} {_quoted(claims[end])}" for _, relation, end in steps)
    return _quoted(claims[start]) + "".join(following)


def _cross(step: Any, alone: bool, claims: dict[UUID, Any], subject: State | None) -> str:
    """Say why two claims cannot both hold; by name of the claims where the sentence holds more of them."""
    one, relation, other = step
    if relation == "contradicts":
        pair = "the two claims" if alone else f"{_quoted(claims[one])} and {_quoted(claims[other])}"
        return f"{pair} contradict each other"
    whom = subject["name"] if subject else "the same entity"
    if alone:
        return f"one clears {whom}, the other holds {whom} responsible"
    clears, blames = (one, other) if claims[one].kind is ClaimKind.exoneration else (other, one)
    return f"{_quoted(claims[clears])} clears {whom}, {_quoted(claims[blames])} holds {whom} responsible"


def _quoted(claim: Any) -> str:
    return f"“{claim.text.rstrip('.')}”"


def _who(row: Any) -> str:
    return f"{row.name} ({row.speaker_role})" if row.speaker_role else str(row.name)
