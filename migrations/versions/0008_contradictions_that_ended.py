"""An index by which the feed finds what was decided once and stands no longer."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ENDED = sa.text("status IN ('dismissed', 'resolved') AND decided_at IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_contradiction_ended",
        "contradiction",
        ["updated_at", "id"],
        sqlite_where=ENDED,
        postgresql_where=ENDED,
    )


def downgrade() -> None:
    op.drop_index("ix_contradiction_ended", table_name="contradiction")
