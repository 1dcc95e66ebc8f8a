"""Scopes, expiry, rotation and last use of keys; who made an entity or source; flags that were reopened."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ENDED = sa.text("status <> 'confirmed' AND decided_at IS NOT NULL")
ENDED_BEFORE = sa.text("status IN ('dismissed', 'resolved') AND decided_at IS NOT NULL")
MOMENTS = ("previous_until", "expires_at", "last_used_at")


def upgrade() -> None:
    # Added in place: a table that others refer to cannot be copied on SQLite while they do.
    op.add_column("api_key", sa.Column("scopes", sa.JSON(), nullable=True))
    op.add_column("api_key", sa.Column("previous_digest", sa.String(length=64), nullable=True))
    for name in MOMENTS:
        op.add_column("api_key", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("api_key", sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
    op.add_column(
        "api_key",
        sa.Column(
            "updated_at", sa.DateTime(timezone=True), nullable=False, server_default="1970-01-01 00:00:00"
        ),
    )
    op.execute("UPDATE api_key SET updated_at = created_at")
    op.create_index("uq_api_key_previous_digest", "api_key", ["previous_digest"], unique=True)
    for table in ("entity", "source"):
        op.add_column(table, sa.Column("created_by", sa.Uuid(), nullable=True))
        op.execute(
            f"UPDATE {table} SET created_by = (SELECT actor_id FROM revision "
            f"WHERE record_type = '{table}' AND record_id = {table}.id AND number = 1)"
        )
    _index_ended(ENDED)


def downgrade() -> None:
    _index_ended(ENDED_BEFORE)
    for table in ("entity", "source"):
        op.drop_column(table, "created_by")
    op.drop_index("uq_api_key_previous_digest", table_name="api_key")
    for name in ("updated_at", "revision", *reversed(MOMENTS), "previous_digest", "scopes"):
        op.drop_column("api_key", name)


def _index_ended(condition: sa.TextClause) -> None:
    op.drop_index("ix_contradiction_ended", table_name="contradiction")
    op.create_index(
        "ix_contradiction_ended",
        "contradiction",
        ["updated_at", "id"],
        sqlite_where=condition,
        postgresql_where=condition,
    )
