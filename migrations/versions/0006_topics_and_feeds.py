"""Topics of claims, and indexes by which the feeds find what was published, decided and corrected last."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CORRECTIONS = sa.text("action IN ('edited', 'retracted', 'withdrawn', 'merged')")
CONFIRMED = sa.text("status = 'confirmed'")


def upgrade() -> None:
    # Added in place: a table that others refer to cannot be copied on SQLite while they do.
    op.add_column("claim", sa.Column("topics", sa.JSON(), nullable=False, server_default="[]"))
    op.create_table(
        "claim_topic",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_claim_topic_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("claim_id", "key", name=op.f("pk_claim_topic")),
    )
    op.create_index(op.f("ix_claim_topic_key"), "claim_topic", ["key"])
    op.create_index("ix_statement_published_at", "statement", ["published_at", "id"])
    op.create_index(
        "ix_contradiction_confirmed",
        "contradiction",
        ["decided_at", "id"],
        sqlite_where=CONFIRMED,
        postgresql_where=CONFIRMED,
    )
    op.create_index("ix_review_status", "review", ["status", "id"])
    op.create_index(
        "ix_revision_corrections", "revision", ["id"], sqlite_where=CORRECTIONS, postgresql_where=CORRECTIONS
    )


def downgrade() -> None:
    op.drop_index("ix_revision_corrections", table_name="revision")
    op.drop_index("ix_review_status", table_name="review")
    op.drop_index("ix_contradiction_confirmed", table_name="contradiction")
    op.drop_index("ix_statement_published_at", table_name="statement")
    op.drop_table("claim_topic")
    op.drop_column("claim", "topics")
