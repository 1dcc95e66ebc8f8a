"""What a removed record was part of, so that the history of a statement tells which suggestions were withdrawn."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_REMOVED = sa.text("action = 'removed'")


def upgrade() -> None:
    op.add_column("revision", sa.Column("part_of", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_revision_removed",
        "revision",
        ["part_of"],
        sqlite_where=_REMOVED,
        postgresql_where=_REMOVED,
    )


def downgrade() -> None:
    op.drop_index("ix_revision_removed", table_name="revision")
    op.drop_column("revision", "part_of")
