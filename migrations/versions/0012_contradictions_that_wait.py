"""Count the contradictions that wait for an editor without reading all."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0008"
branch_labels = None
depends_on = None

_WAITING = sa.text("status = 'open' AND NOT asserted")


def upgrade() -> None:
    op.create_index(
        "ix_contradiction_waiting",
        "contradiction",
        ["id"],
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )


def downgrade() -> None:
    op.drop_index("ix_contradiction_waiting", "contradiction")
