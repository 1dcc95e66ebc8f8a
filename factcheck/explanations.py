"""Contradictions as they are shown: path, evidence, and one plain sentence on why.

What is stored holds structure only; all else is put together when it is read (`reasons` writes the sentence).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from factcheck import reasons
from factcheck.auth import Actor
from factcheck.claims import Claim
from factcheck.contradictions import FlagStatus, certainty, opposing_stance
from factcheck.entities import Entity
from factcheck.findings import Finding
from factcheck.history import State
from factcheck.links import Link, LinkStatus
from factcheck.prepared import Prepared, Reads
from factcheck.shown import Made, Shown
from factcheck.statements import Statement


class _ClaimRow(NamedTuple):
    """A claim as contradictions mention it: what `_CLAIMS` reads."""

    id: Any
    slug: str
    text: str
    kind: str


@dataclass(slots=True)
class Known:
    """What contradictions mention, by id: statements as shown, rows of claims, links by both ids, subjects.

    A caller gives what it has read already, and what is missing is read.
    """

    statements: dict[Any, Any] = field(default_factory=dict)
    claims: dict[Any, Any] = field(default_factory=dict)
    links: dict[tuple[Any, Any], Any] = field(default_factory=dict)
    subjects: dict[Any, State] = field(default_factory=dict)

    @classmethod
    def of_statement(cls, said: dict[str, Any], linked: Iterable[Any]) -> Self:
        """Return what is known of a statement that was read with its links and their claims."""
        known = cls(statements={said["id"]: said})
        for link in linked:
            known.links[said["id"], link.claim_id] = link._asdict()
            claim = _ClaimRow(link.claim_id, link.claim_slug, link.claim_text, link.claim_kind)
            known.claims[link.claim_id] = claim
        return known


def represent(
    source: Session | Reads, flags: Iterable[Any], actor: Actor, known: Known | None = None
) -> list[State]:
    """Return contradictions (objects or rows) as the API shows them, with path, evidence, sentence.

    Four queries at most, whatever their number: statements with speakers, claims, links, subjects; a
    fifth where some were read in the words alone.
    """
    reads = Reads.of(source)
    flags = list(flags)
    known = known or Known()
    by_claims = [flag for flag in flags if flag.claim_id]
    # Ids stand as text within the steps, and come out of the database so in the plain form.
    steps = {
        flag.id: flag.steps
        if reads.plain
        else [(UUID(start), relation, UUID(end)) for start, relation, end in flag.steps]
        for flag in by_claims
    }
    ends = {
        end
        for flag in by_claims
        for end in ((flag.statement_id, flag.claim_id), (flag.opposing_id, flag.opposing_claim_id))
    }
    claims = {claim for _, claim in ends}
    claims |= {claim for way in steps.values() for start, _, end in way for claim in (start, end)}
    statements = {id_ for flag in flags for id_ in (flag.statement_id, flag.opposing_id)}
    if unread := statements - known.statements.keys():
        known.statements |= {said["id"]: said for said in reads.all(_STATEMENTS, ids=list(unread))}
    if unread := claims - known.claims.keys():
        known.claims |= {row.id: row for row in reads.all(_CLAIMS, ids=list(unread))}
    if unknown := {flag.subject_id for flag in by_claims if flag.subject_id} - known.subjects.keys():
        known.subjects |= {row.id: row._asdict() for row in reads.all(_SUBJECTS, ids=list(unknown))}
    if unlinked := ends - known.links.keys():
        linked = {
            "statements": [statement for statement, _ in unlinked],
            "claims": [claim for _, claim in unlinked],
        }
        known.links |= {(row["statement"], row["claim"]): row for row in reads.all(_LINKS, **linked)}
    read = _read_in_words(reads, [flag for flag in flags if not flag.claim_id])
    return [
        _represent(flag, steps[flag.id], known, actor)
        if flag.claim_id
        else _represent_read(flag, known.statements, read.get((flag.statement_id, flag.opposing_id)), actor)
        for flag in flags
    ]


# A statement that was read in full, as `listing` shows it, has all of this too.
_STATEMENT = Shown(
    {
        "id": Statement.id,
        "text": Statement.text,
        "speaker": {"id": Entity.id, "slug": Entity.slug, "name": Entity.name},
        "speaker_role": Statement.speaker_role,
        "said_on": Made(Statement.said_on, lambda on: on or None),
        "status": Statement.status,
    }
)
_STATEMENTS = Prepared(
    select(*_STATEMENT.columns)
    .join(Entity, Entity.id == Statement.speaker_id)
    .where(Statement.id.in_(bindparam("ids"))),
    _STATEMENT,
)
_CLAIMS = Prepared(select(Claim.id, Claim.slug, Claim.text, Claim.kind).where(Claim.id.in_(bindparam("ids"))))
_LINK = Shown(
    {
        "statement": Link.statement_id,
        "claim": Link.claim_id,
        "status": Link.status,
        "span": Link.span,
        "rationale": Link.rationale,
    }
)
_LINKS = Prepared(
    select(*_LINK.columns).where(
        Link.statement_id.in_(bindparam("statements")), Link.claim_id.in_(bindparam("claims"))
    ),
    _LINK,
)
_SUBJECTS = Prepared(select(Entity.id, Entity.slug, Entity.name).where(Entity.id.in_(bindparam("ids"))))
_FINDINGS = Prepared(
    select(
        Finding.statement_id,
        Finding.opposing_id,
        Finding.reason,
        Finding.engine,
        Finding.spans,
        Finding.opposing_spans,
    ).where(Finding.statement_id.in_(bindparam("ids")))
)


def _read_in_words(reads: Reads, flags: list[Any]) -> dict[tuple[Any, Any], Any]:
    """Return what an engine found between the statements of each flag."""
    if not flags:
        return {}
    rows = reads.all(_FINDINGS, ids=list({flag.statement_id for flag in flags}))
    return {(row.statement_id, row.opposing_id): row for row in rows}


def _represent_read(flag: Any, statements: dict[Any, Any], finding: Any, actor: Actor) -> State:
    """Return a contradiction that was read in the words alone: no claims, and a machine's reason."""
    ends = [
        (statements[flag.statement_id], finding.spans if finding else []),
        (statements[flag.opposing_id], finding.opposing_spans if finding else []),
    ]
    ends.sort(key=lambda end: _order(end[0]))
    return {
        "id": flag.id,
        "kind": flag.kind,
        "same_speaker": flag.same_speaker,
        "statements": [_brief(said) for said, _ in ends],
        "subject": None,
        "path": [
            {"type": "statement", "id": ends[0][0]["id"]},
            {"type": "comparison", "value": flag.kind},
            {"type": "statement", "id": ends[1][0]["id"]},
        ],
        "evidence": [_marked(said, spans, finding) for said, spans in ends],
        "explanation": reasons.of_words(flag, ends[0][0], ends[1][0], finding),
        "engine": finding.engine if finding else None,
        **_standing(flag, actor),
    }


def _marked(said: State, spans: list[Any], finding: Any) -> State:
    """Return the first words that carry it and still stand there; else the whole statement."""
    standing = [span for span in spans if said["text"][span["start"] : span["end"]] == span["text"]]
    return {
        "statement": said["id"],
        "span": standing[0] if standing else _whole(said),
        "marked": bool(standing),
        "rationale": finding.reason if finding else None,
    }


def _represent(flag: Any, steps: list[Any], known: Known, actor: Actor) -> State:
    statements, links = known.statements, known.links
    ends = [
        (flag.statement_id, flag.stance, flag.claim_id),
        (flag.opposing_id, opposing_stance(flag), flag.opposing_claim_id),
    ]
    # The earlier statement comes first: by the day it was said, and as stored where that decides nothing.
    if _order(statements[ends[0][0]]) > _order(statements[ends[1][0]]):
        ends.reverse()
        steps = reasons.backwards(steps)
    certain = [_confirmed(links.get((statement, claim))) for statement, _, claim in ends]
    subject = known.subjects.get(flag.subject_id)
    return {
        "id": flag.id,
        "kind": flag.kind,
        "same_speaker": flag.same_speaker,
        "statements": [_brief(statements[statement]) for statement, _, _ in ends],
        "subject": subject,
        "path": _path(ends, steps, known.claims),
        "evidence": [
            _evidence(statements[statement], links.get((statement, claim)), actor)
            for statement, _, claim in ends
        ],
        "explanation": reasons.of_path(ends, steps, statements, known.claims, certain, subject),
        "engine": None,
        **_standing(flag, actor),
    }


def _standing(flag: Any, actor: Actor) -> State:
    """Return how sure and how decided a contradiction is."""
    return {
        "score": flag.score,
        "certainty": certainty(flag),
        "status": flag.status,
        "resolution": flag.resolution,
        "decision": _decision(flag, actor),
        "revision": flag.revision,
        "created_at": flag.created_at,
        "updated_at": flag.updated_at,
    }


def _order(said: State) -> tuple[str, Any]:
    """Sort key of the two statements: by the day, as far as it is known, then as they were stored."""
    return (said["said_on"] or "", said["id"])


def _confirmed(link: State | None) -> bool:
    return link is not None and link["status"] == LinkStatus.confirmed


def _brief(said: State) -> State:
    speaker = said["speaker"]
    return {
        "id": said["id"],
        "text": said["text"],
        "speaker": {"id": speaker["id"], "slug": speaker["slug"], "name": speaker["name"]},
        "speaker_role": said["speaker_role"],
        "said_on": said["said_on"],
        "status": said["status"],
    }


def _whole(said: State) -> State:
    return {"start": 0, "end": len(said["text"]), "text": said["text"]}


def _path(ends: list[Any], steps: list[Any], claims: dict[Any, Any]) -> list[State]:
    """Return statement, stance, claim, (relation, claim)…, stance, statement."""

    def claim(id_: Any) -> State:
        return {"type": "claim", "id": id_, "slug": claims[id_].slug, "text": claims[id_].text}

    (first, first_stance, start), (second, second_stance, _) = ends
    return [
        {"type": "statement", "id": first},
        {"type": "stance", "value": first_stance},
        claim(start),
        *(
            part
            for _, relation, end in steps
            for part in ({"type": "relation", "value": relation}, claim(end))
        ),
        {"type": "stance", "value": second_stance},
        {"type": "statement", "id": second},
    ]


def _evidence(said: State, link: State | None, actor: Actor) -> State:
    """Return the words that carry the stance; the whole statement where no editor marked any."""
    span = link and link["span"]
    return {
        "statement": said["id"],
        "span": span or _whole(said),
        "marked": bool(span),
        # A reason for a link that is only suggested is the newsroom's.
        "rationale": link["rationale"] if link and (_confirmed(link) or actor.is_editor) else None,
    }


def _decision(flag: Any, actor: Actor) -> State | None:
    """Return the last decision. Readers learn of a confirmation only: what was dismissed is not theirs."""
    if flag.decided_at is None or not (actor.is_editor or flag.status == FlagStatus.confirmed):
        return None
    return {
        "status": flag.decision or "open",
        "by": flag.decided_by if actor.is_editor else None,
        "at": flag.decided_at,
        "reason": flag.decision_reason,
    }
