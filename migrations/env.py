"""Runs the migrations on SQLite and PostgreSQL."""

from alembic import context

from factcheck import app  # noqa: F401  Every model is imported with the application.
from factcheck.config import Settings
from factcheck.db import Base, UtcDateTime, migrator

# The FTS5 tables and the GIN indexes are written by hand: no model describes them.
_BY_HAND = (
    "search_index",
    "ix_search_document_stems",
    "ix_search_document_words",
    "ix_search_document_claim",
)


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
    # Of two processes that start at once, the second waits and then finds nothing to do: the revision is
    # read in the transaction that changes the tables, and that holds the write lock of the service.
    engine = migrator(url)
    try:
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
    finally:
        engine.dispose()


run()
