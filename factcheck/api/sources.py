"""`/v1/sources`"""

from typing import Any

from sqlalchemy import select

from factcheck import history, snapshots, sources, verifying
from factcheck.api.shapes.plain import History, page_of
from factcheck.api.shapes.records import SnapshotAnswer, SourceAnswer
from factcheck.auth import Access
from factcheck.fields import TextField, UrlField
from factcheck.paging import PageArguments, listed, page
from factcheck.problems import not_found
from factcheck.snapshots import Snapshot, SnapshotQuery, SnapshotSchema
from factcheck.sources import Source, SourceSchema
from factcheck.statements import Statement
from factcheck.web import Blueprint, actor, path_id, session, settle

blp = Blueprint("sources", __name__, url_prefix="/v1/sources", description="Where statements appeared.")

EXAMPLE = {
    "url": "https://herald.example/2026/05/crane?utm_source=feed",
    "type": "NewsArticle",
    "headline": "What failed on pier four",
    "publisher": "Harbour Herald",
    "published_on": "2026-05-11",
}


class SourceFilters(PageArguments):
    """What sources to list."""

    url = UrlField(metadata={"description": "Any address of the source; compared in canonical form."})


class SourcePatch(SourceSchema):
    """What to change in a source."""

    reason = TextField(limit=5000)


def _find(key: str) -> Source:
    source = session().get(Source, path_id(key, "source"))
    if source is None or not (_knows(source) or _quotes(source)):
        raise not_found("source")
    return source


def _knows(source: Source) -> bool:
    return source.public or actor().is_editor or actor().owns(source.created_by)


def _quotes(source: Source) -> bool:
    """Tell whether the caller has a statement from a source that a colleague brought: it is a document."""
    if actor().key_id is None:
        return False
    own = select(Statement.id).where(Statement.source_id == source.id, Statement.created_by == actor().key_id)
    return session().scalar(own.limit(1)) is not None


@blp.route("", operation="listSources", access=Access.public)
@blp.arguments(SourceFilters, location="query")
@blp.returns(200, page_of(SourceAnswer))
def index(arguments: dict[str, Any]) -> Any:
    """List sources, newest first."""
    query = select(Source.id, Source).where(*sources.known(actor()))
    if "url" in arguments:
        query = query.where(Source.natural_key == sources.canonical(arguments["url"]))
    rows, cursor = page(session(), query, (Source.id,), arguments)
    return listed([sources.represent(row.Source) for row in rows], cursor)


@blp.route("", method="POST", operation="createSource", access=Access.contributor)
@blp.arguments(SourceSchema, example=EXAMPLE)
@blp.returns(201, SourceAnswer)
def create(data: dict[str, Any]) -> Any:
    """Store a source; the same document under another address is a duplicate."""
    source = Source.record(session(), actor(), data, public=actor().is_editor)
    settle()
    return sources.represent(source), {"Location": f"/v1/sources/{source.id}"}


@blp.route("/<key>", operation="readSource", access=Access.public)
@blp.returns(200, SourceAnswer)
def read(key: str) -> Any:
    """Read a source."""
    return sources.represent(_find(key))


@blp.route("/<key>", method="PATCH", operation="updateSource", access=Access.editor)
@blp.arguments(
    SourcePatch(partial=True), example={"published_on": "2026-05-12", "reason": "Date of the print edition."}
)
@blp.returns(200, SourceAnswer)
def update(data: dict[str, Any], key: str) -> Any:
    """Change a source; every view that shows it shows the change."""
    source = _find(key)
    reason = data.pop("reason", None)
    source.edit(session(), actor(), data, reason)
    settle()
    return sources.represent(source)


@blp.route("/<key>/history", operation="readSourceHistory", access=Access.editor)
@blp.returns(200, History)
def read_history(key: str) -> Any:
    """Read what was changed in a source and its snapshot, by whom and why."""
    source = _find(key)
    snapshot = snapshots.find(session(), source.id)
    ids = [source.id, *([snapshot.id] if snapshot else [])]
    return {"items": history.read(session(), ["source", "snapshot"], ids)}


@blp.route("/<key>/snapshot", operation="readSnapshot", access=Access.reader)
@blp.arguments(SnapshotQuery, location="query")
@blp.returns(200, SnapshotAnswer)
def read_snapshot(arguments: dict[str, Any], key: str) -> Any:
    """Read the text of a source; with a key only, because the text belongs to who published it."""
    return _snapshot(snapshots.find(session(), _find(key).id), arguments.get("sha256"))


@blp.route("/<key>/snapshot", method="PUT", operation="putSnapshot", access=Access.contributor, created=True)
@blp.arguments(SnapshotSchema, example={"text": "“We knew nothing of it,” said Ilse Brandt."})
@blp.returns(200, SnapshotAnswer)
def put_snapshot(data: dict[str, Any], key: str) -> Any:
    """Keep the text of a source, at most 1,000,000 characters, and verify every statement from it.

    The text of a source that readers see is an editor's to change. Earlier texts are kept.
    """
    snapshot = verifying.take_snapshot(session(), actor(), _find(key), data)
    settle()
    return _snapshot(snapshot)


def _snapshot(snapshot: Snapshot | None, sha256: str | None = None) -> Any:
    shown = snapshot and snapshots.represent(session(), snapshot, sha256)
    if shown is None:
        raise not_found("snapshot")
    return shown
