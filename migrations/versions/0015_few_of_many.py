"""Find the few among many: contradictions of a kind, of a status, guesses; what was said on a day."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

PARTS = {
    **{status: f"status = '{status}'" for status in ("open", "confirmed", "dismissed", "resolved")},
    "guess": "NOT asserted",
}


def upgrade() -> None:
    op.create_index("ix_statement_said_on", "statement", ["said_on", "id"], if_not_exists=True)
    op.create_index(
        "ix_contradiction_kind", "contradiction", ["kind", "rank", "id"], if_not_exists=True
    )
    for name, part in PARTS.items():
        op.create_index(
            f"ix_contradiction_rank_{name}",
            "contradiction",
            ["rank", "id"],
            sqlite_where=sa.text(part),
            postgresql_where=sa.text(part),
            if_not_exists=True,
        )


def downgrade() -> None:
    for name in PARTS:
        op.drop_index(f"ix_contradiction_rank_{name}", "contradiction")
    op.drop_index("ix_contradiction_kind", "contradiction")
    op.drop_index("ix_statement_said_on", "statement")
