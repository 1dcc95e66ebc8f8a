"""The texts of sources, and how statements stand in them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "snapshot_text",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_snapshot_text")),
    )
    op.create_table(
        "snapshot",
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_snapshot_source_id_source")),
        sa.ForeignKeyConstraint(
            ["sha256"], ["snapshot_text.sha256"], name=op.f("fk_snapshot_sha256_snapshot_text")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshot")),
        sa.UniqueConstraint("source_id", name=op.f("uq_snapshot_source_id")),
    )
    op.add_column("statement", sa.Column("verification_result", sa.String(length=10), nullable=True))
    op.create_index(
        "ix_statement_verification",
        "statement",
        ["verification_result", "id"],
        unique=False,
        sqlite_where=sa.text("verification_result IS NOT NULL"),
        postgresql_where=sa.text("verification_result IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_statement_verification", table_name="statement")
    op.drop_column("statement", "verification_result")
    op.drop_table("snapshot")
    op.drop_table("snapshot_text")
