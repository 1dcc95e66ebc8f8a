"""Whether the process runs (`/healthz`), whether it can serve (`/readyz`), and how it does (`/metrics`)."""

from flask import Blueprint, Response
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from factcheck import callers, metrics, migrated, standbys, web
from factcheck.auth import Access, open_to, public

blp = Blueprint("health", __name__)


@blp.get("/healthz")
@public
def healthz() -> Response:
    """Answer 200 while the process can answer at all."""
    return web.answer({"status": "ok"})


@blp.get("/readyz")
@public
def readyz() -> Response:
    """Answer 200 while reads can be answered, also where writes cannot ("read-only"), else 503 and why.

    No other server could take the writes either: they share their primary.
    """
    found = {"writer": _writer(), "reader": _reader()}
    database = web.database()
    if isinstance(database, standbys.Replicated):
        found["standbys"] = "ok" if database.has_standby() else "unreachable"
    if found["reader"] != "ok":
        return web.answer({"status": "unready", **found}, 503)
    return web.answer({"status": "ok" if found["writer"] == "ok" else "read-only", **found})


@blp.get("/metrics")
@open_to(Access.editor)
def read_metrics() -> Response:
    """Answer with what is measured, for Prometheus; an editor's key, for it counts what is only suggested."""
    web.admit(callers.asked())
    response = Response(web.metrics().text(), content_type=metrics.MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


def _writer() -> str:
    """Tell whether the primary takes writes; without asking for the write lock, which may be taken."""
    reader = web.database().reader
    if reader.dialect.name == "sqlite":
        return "ok"  # The same file; `_reader` looks.
    try:
        with reader.connect() as connection:
            if connection.scalar(text("SELECT pg_is_in_recovery()")):
                return "a standby, which takes no writes"
    except SQLAlchemyError:
        return "unreachable"
    return "ok"


def _reader() -> str:
    """Tell whether reads find the tables of this version, or those of a later one."""
    try:
        with web.database().reading() as session:
            found = session.scalar(text("SELECT version_num FROM alembic_version"))
    except OperationalError as error:
        # SQLite counts a missing table among the operational errors.
        return "run: factcheck db upgrade" if "no such table" in str(error) else "unreachable"
    except SQLAlchemyError:
        return "run: factcheck db upgrade"
    # The tables are upgraded before the servers, and serve both (docs/operations.md): what this version
    # does not know is later.
    is_older = found is None or (found in migrated.known() and found != migrated.head())
    return "run: factcheck db upgrade" if is_older else "ok"
