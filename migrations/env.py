"""Runs the migrations on SQLite and PostgreSQL."""

from alembic import context

from factcheck import app  # noqa: F401  Every model is imported with the application.
from factcheck.config import Settings
from factcheck.db import Base, UtcDateTime, writer

# The FTS5 tables and the GIN indexes are written by hand: no model describes them.
_BY_HAND = ("search_index", "ix_search_document_stems", "ix_search_document_words")


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """Leave out what stands in migrations only."""
    return not (kind in ("table", "index") and (name or "").startswith(_BY_HAND))


def render_item(kind: str, value: object, _context: object) -> str | bool:
    """Write our own column types as the plain ones beneath, so that migrations never change."""
    if kind == "type" and isinstance(value, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    """Connect and migrate."""
    url = context.config.attributes.get("url") or Settings.from_environ().database_url
    # The writer of the service: one migration at a time, and tables change in one transaction.
    engine = writer(url)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            transactional_ddl=True,
            include_name=include_name,
            compare_type=True,
            render_item=render_item,
            render_as_batch=connection.dialect.name == "sqlite",
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
