"""Whether the process runs (`/healthz`), whether it can serve (`/readyz`), and how it does (`/metrics`)."""

from flask import Blueprint, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from factcheck import callers, metrics, schema, web
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
    """Answer 200 when the database answers and has the schema of this code, else 503 and why."""
    try:
        with web.database().reader.connect() as connection:
            found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError:
        return web.answer({"status": "unready", "database": "unreachable or without tables"}, 503)
    if found != schema.head():
        return web.answer({"status": "unready", "database": "run: factcheck db upgrade"}, 503)
    return web.answer({"status": "ok", "database": "ok"})


@blp.get("/metrics")
@open_to(Access.editor)
def read_metrics() -> Response:
    """Answer with what is measured, for Prometheus; an editor's key, for it counts what is only suggested."""
    web.admit(callers.asked())
    response = Response(web.metrics().text(), content_type=metrics.MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response
