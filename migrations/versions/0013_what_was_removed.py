"""An index by which the history of a statement finds the suggestions that were withdrawn."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_REMOVED = sa.text("action = 'removed'")


def upgrade() -> None:
    op.create_index(
        "ix_revision_removed",
        "revision",
        ["record_type", "record_id"],
        sqlite_where=_REMOVED,
        postgresql_where=_REMOVED,
    )


def downgrade() -> None:
    op.drop_index("ix_revision_removed", table_name="revision")
