"""Indexes by which the page of an entity finds what was said last, by it or on its behalf."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_statement_speaker_said_on", "statement", ["speaker_id", "said_on", "id"])
    op.create_index("ix_statement_on_behalf_of_said_on", "statement", ["on_behalf_of_id", "said_on", "id"])


def downgrade() -> None:
    op.drop_index("ix_statement_on_behalf_of_said_on", table_name="statement")
    op.drop_index("ix_statement_speaker_said_on", table_name="statement")
