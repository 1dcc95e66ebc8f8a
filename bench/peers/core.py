"""From the rows of `tables` to the models of `shapes`, for both peers on SQLAlchemy Core."""

from typing import Any

import shapes
from tables import flag_ends


def view(claim_rows: list[Any], read: dict[str, list[Any]]) -> shapes.View:
    """Return the view from the claim's rows, and the rows of each other statement by its name."""
    first = claim_rows[0]
    counts = {row.stance: row.number for row in read["counts"]}
    flag_counts = {row.status: row.number for row in read["flag_counts"]}
    claim = {
        "id": first.id, "slug": first.slug, "text": first.text, "kind": first.kind, "topics": first.topics,
        "status": first.status, "revision": first.revision, "created_at": first.created_at,
        "updated_at": first.updated_at,
        "about": [
            {"id": row.entity_id, "slug": row.entity_slug, "type": row.entity_type, "name": row.entity_name}
            for row in claim_rows
            if row.entity_id
        ],
    }  # fmt: skip
    return shapes.View.model_validate(
        {
            "claim": claim,
            **{
                side: {"count": counts.get(side, 0), "statements": [statement(row) for row in read[side]]}
                for side in ("supports", "disputes")
            },
            "contradictions": {
                "open": flag_counts.get("open", 0),
                "confirmed": flag_counts.get("confirmed", 0),
                "items": pairs(read["flags"], first),
            },
            "retracted": [statement(row) for row in read["retracted"]],
            "reviews": [
                {**row._mapping, "published_on": row.published_on.isoformat()} for row in read["reviews"]
            ],
            "version": first.version,
            "as_of": first.version_at,
            "updated_at": first.updated_at,
        }
    )


def statement(row: Any) -> dict[str, Any]:
    """Return a statement of a side."""
    return {
        "id": row.id, "text": row.text, "kind": row.kind, "language": row.language,
        "speaker": {
            "id": row.speaker_id, "slug": row.speaker_slug, "type": row.speaker_type,
            "name": row.speaker_name,
        },
        "speaker_role": row.speaker_role,
        "on_behalf_of": row.on_behalf_of_id and {
            "id": row.on_behalf_of_id, "slug": row.client_slug, "type": row.client_type,
            "name": row.client_name,
        },
        "said_on": row.said_on or None, "said_on_precision": shapes.PRECISION[len(row.said_on)],
        "said_to": row.said_to,
        "source": {
            "id": row.source_id, "url": row.source_url, "canonical_url": row.source_canonical_url,
            "type": row.source_type, "headline": row.source_headline, "publisher": row.source_publisher,
            "published_on": row.source_published_on,
        },
        "anchor": row.anchor, "verification": row.verification, "status": row.status,
        "retraction": row.retracted_at and {"at": row.retracted_at, "reason": row.retraction_reason},
        "revision": row.revision, "created_at": row.created_at, "updated_at": row.updated_at,
        "link": {
            "stance": row.stance, "status": row.link_status, "basis": row.basis,
            "confidence": row.confidence, "span": row.span, "rationale": row.rationale,
        },
    }  # fmt: skip


def pairs(rows: list[Any], claim: Any) -> list[dict[str, Any]]:
    """Return the pairs of statements, each with its reasons."""
    found: dict[Any, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: (row.rank, row.id), reverse=True):
        ends = flag_ends(row)
        pair = found.setdefault(
            (row.statement_id, row.opposing_id),
            {
                "statements": [_brief(row, *end) for end in ends],
                "same_speaker": row.same_speaker,
                "reasons": [],
            },
        )
        pair["reasons"].append(_reason(row, ends, claim))
    return list(found.values())


def _brief(row: Any, id_: Any, _stance: str, end: str) -> dict[str, Any]:
    return {
        "id": id_,
        "text": getattr(row, f"{end}_text"),
        "speaker": {
            "id": getattr(row, f"{end}_speaker_id"),
            "slug": getattr(row, f"{end}_slug"),
            "name": getattr(row, f"{end}_name"),
        },
        "speaker_role": getattr(row, f"{end}_speaker_role"),
        "said_on": getattr(row, f"{end}_said_on") or None,
        "status": getattr(row, f"{end}_status"),
    }


def _evidence(row: Any, id_: Any, _stance: str, end: str) -> dict[str, Any]:
    text, span = getattr(row, f"{end}_text"), getattr(row, f"{end}_span")
    return {
        "statement": id_,
        "span": span or {"start": 0, "end": len(text), "text": text},
        "marked": bool(span),
        "rationale": getattr(row, f"{end}_rationale"),
    }


def _reason(row: Any, ends: list[Any], claim: Any) -> dict[str, Any]:
    said = [(getattr(row, f"{end}_name"), getattr(row, f"{end}_speaker_role"), s) for _, s, end in ends]
    subject = {"id": row.subject_id, "slug": row.subject_slug, "name": row.subject_name}
    confirmed = row.status == "confirmed" and row.decided_at
    return {
        "id": row.id, "kind": row.kind, "subject": subject if row.subject_id else None,
        "path": [
            {"type": "statement", "id": ends[0][0]},
            {"type": "stance", "value": ends[0][1]},
            {"type": "claim", "id": claim.id, "slug": claim.slug, "text": claim.text},
            {"type": "stance", "value": ends[1][1]},
            {"type": "statement", "id": ends[1][0]},
        ],
        "evidence": [_evidence(row, *end) for end in ends],
        "explanation": shapes.explain(*said, claim.text),
        "engine": None, "score": row.score, "certainty": "asserted" if row.asserted else "suggested",
        "status": row.status, "resolution": row.resolution,
        "decision": {"status": row.decision, "by": None, "at": row.decided_at, "reason": row.decision_reason}
        if confirmed else None,
        "revision": row.revision, "created_at": row.created_at, "updated_at": row.updated_at,
    }  # fmt: skip
