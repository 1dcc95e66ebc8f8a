"""The text of a source as it was captured, and whether quotations stand in it.

A source has one snapshot at a time. Every text that it ever had is kept under its SHA-256, so that
a verification can always be traced to the words that it was made from.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, ClassVar, Self
from uuid import UUID

from marshmallow import fields, validate
from sqlalchemy import ForeignKey, String, Text, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from factcheck import history, storing
from factcheck.analysis.findings import Occurrence, Selectors
from factcheck.analysis.verification import MAX_CONTEXT, verify
from factcheck.analysis.wording import SourceText
from factcheck.auth import Actor
from factcheck.db import Base, now
from factcheck.fields import PrintedText, StrictSchema, TextField
from factcheck.history import Recorded, Revision, State
from factcheck.prepared import Prepared
from factcheck.problems import Problem
from factcheck.sources import Source

# Code points. A book is no source of a quotation; the chapter is.
MAX_SNAPSHOT = 1_000_000


class Result(StrEnum):
    """How a statement's words stand in its source; see `factcheck.analysis.verification`."""

    exact = "exact"
    normalized = "normalized"
    partial = "partial"
    missing = "missing"


class SnapshotText(Base):
    """A text that a source had at some time, by its SHA-256 in UTF-8."""

    __tablename__ = "snapshot_text"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class Snapshot(Recorded, Base):
    """What a source said when its text was last captured."""

    __tablename__ = "snapshot"
    record_type: ClassVar[str] = "snapshot"

    source_id: Mapped[UUID] = mapped_column(ForeignKey("source.id"), unique=True)
    sha256: Mapped[str] = mapped_column(ForeignKey("snapshot_text.sha256"))
    length: Mapped[int]
    captured_at: Mapped[datetime]

    def state(self) -> State:
        return {
            "source": str(self.source_id),
            "sha256": self.sha256,
            "length": self.length,
            "captured_at": _rfc3339(self.captured_at),
        }

    @classmethod
    def take(cls, session: Session, actor: Actor, source: Source, text: str, reason: str | None) -> Self:
        """Keep a text as what the source says now; the text that it has already changes nothing.

        Raise 413 for a text that is too long, and 403 where readers see statements from the source
        and the actor is no editor: what the source is said to hold tells them whether to believe it.
        """
        if source.public and not actor.is_editor:
            raise Problem(403, "forbidden", "Readers see this source; ask an editor to change its snapshot.")
        if len(text) > MAX_SNAPSHOT:
            raise Problem(
                413,
                "too-large",
                f"A snapshot holds at most {MAX_SNAPSHOT} characters; this text has {len(text)}. "
                "Send the part that the statements are from.",
            )
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        if session.get(SnapshotText, sha256) is None:
            session.add(SnapshotText(sha256=sha256, text=text))
            session.flush()
        standing = session.scalar(select(cls).where(cls.source_id == source.id))
        if standing is None:
            taken = cls(source_id=source.id, sha256=sha256, length=len(text), captured_at=now())
            history.created(session, actor, taken)
            return taken
        if standing.sha256 != sha256:
            with history.changing(session, actor, standing, "replaced", reason):
                standing.sha256, standing.length, standing.captured_at = sha256, len(text), now()
        return standing


def find(session: Session, source_id: UUID) -> Snapshot | None:
    """Return the snapshot of a source."""
    return storing.find(session, Snapshot, _OF_SOURCE, source=source_id)


_OF_SOURCE = Prepared(storing.whole(Snapshot).where(Snapshot.source_id == bindparam("source")))


def represent(session: Session, snapshot: Snapshot, sha256: str | None = None) -> State | None:
    """Return the snapshot with its text as the API shows it; with `sha256` as it was with that text.

    None where the source never had that text.
    """
    state, number, at = snapshot.state(), snapshot.revision, snapshot.updated_at
    if sha256 is not None and sha256 != snapshot.sha256:
        earlier = session.scalar(
            select(Revision)
            .where(
                Revision.record_type == Snapshot.record_type,
                Revision.record_id == snapshot.id,
                Revision.state["sha256"].as_string() == sha256,
            )
            .order_by(Revision.number.desc())
            .limit(1)
        )
        if earlier is None:
            return None
        state, number, at = earlier.state, earlier.number, earlier.at
    kept = session.get_one(SnapshotText, state["sha256"])
    return {
        **state,
        "text": kept.text,
        "revision": number,
        "created_at": snapshot.created_at,
        "updated_at": at,
    }


# Several statements of an article are mostly posted one after another.
@lru_cache(maxsize=4)
def _read(text: str) -> SourceText:
    return SourceText(text)


def read(session: Session, snapshot: Snapshot) -> SourceText:
    """Return the text of a snapshot, ready for quotations to be looked up in it."""
    return _read(session.get_one(SnapshotText, snapshot.sha256).text)


def check(
    snapshot: Snapshot, source: SourceText, words: str, *, verbatim: bool, anchor: Mapping[str, Any] | None
) -> State:
    """Look words up in the text of a snapshot and return the finding as a statement stores it.

    That is `{result, occurrences, selectors, diff, reason, verified_at, snapshot}`. Indirect speech
    (`verbatim` False) need not stand in the source: where it does not, `result` is None.
    """
    found = verify(words, source)
    result: str | None = found.result
    selectors, reason, diff = found.selectors, found.reason, found.diff
    if not verbatim and result in (Result.partial, Result.missing):
        result, selectors, diff = None, None, ()
        reason = "Indirect speech is told in other words than the speaker's; it is not compared word by word."
    elif anchor and found.occurrences and result in (Result.exact, Result.normalized):
        meant = _anchored(source.text, found.occurrences, anchor)
        if found.ambiguous and len(meant) == 1:
            selectors = meant[0].selectors
            reason = f"{reason.partition(':')[0]}; the anchor says which is meant."
        elif not meant:
            reason += " The anchor does not point there."
    return {
        "result": result,
        "occurrences": len(found.occurrences) if result else 0,
        "selectors": selectors and _selectors(selectors),
        "diff": [asdict(step) for step in diff],
        "reason": reason,
        "verified_at": _rfc3339(now()),
        "snapshot": snapshot.sha256,
    }


def same(finding: State | None, other: State | None) -> bool:
    """Tell whether two findings say the same; one that does keeps the time at which it was made."""
    if finding is None or other is None:
        return finding is other
    return {**finding, "verified_at": None} == {**other, "verified_at": None}


def _anchored(text: str, occurrences: tuple[Occurrence, ...], anchor: Mapping[str, Any]) -> list[Occurrence]:
    """Return the places that a W3C selector can mean; one without text or position can mean any."""
    if anchor["type"] == "TextPositionSelector":
        return [o for o in occurrences if o.start < anchor["end"] and anchor["start"] < o.end]
    prefix, suffix = (_letters(anchor.get(member, "")) for member in ("prefix", "suffix"))
    # Spaces and marks are taken off another copy of the text in other ways, so only letters count.
    around = 2 * MAX_CONTEXT
    return [
        o
        for o in occurrences
        if _letters(text[max(0, o.start - around) : o.start]).endswith(prefix)
        and _letters(text[o.end : o.end + around]).startswith(suffix)
    ]


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def _selectors(selectors: Selectors) -> list[dict[str, Any]]:
    """Return the selectors as JSON, each as an anchor is sent: what surrounds the words is never blank."""
    return [
        {k: v for k, v in asdict(selector).items() if k not in ("prefix", "suffix") or v.strip()}
        for selector in selectors
    ]


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class SnapshotSchema(StrictSchema):
    """The text of a source, as sent."""

    # A character can take six bytes of JSON.
    max_body = 8 * 1024 * 1024

    text = PrintedText(
        limit=max_body,
        required=True,
        metadata={"description": "What the source says, as plain text.", "maxLength": MAX_SNAPSHOT},
    )
    reason = TextField(limit=5000, metadata={"description": "Why it is replaced; kept in the history."})


class SnapshotQuery(StrictSchema):
    """Which text of a source to read."""

    sha256 = fields.String(
        validate=validate.Regexp(r"^[0-9a-f]{64}\Z"),
        metadata={"description": "An earlier text, as the history or a verification names it."},
    )
