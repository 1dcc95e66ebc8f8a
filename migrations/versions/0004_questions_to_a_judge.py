"""Questions that wait for the operator's judge, and how many were put to it on each day."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "question",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=True),
        sa.Column("opposing_id", sa.Uuid(), nullable=True),
        sa.Column("text_key", sa.String(length=64), nullable=False),
        sa.Column("other_text_key", sa.String(length=64), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "answered",
                "dropped",
                "failed",
                name="questionstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.CheckConstraint("(claim_id IS NULL) <> (opposing_id IS NULL)", name=op.f("ck_question_one_other")),
        sa.CheckConstraint("statement_id <> opposing_id", name=op.f("ck_question_two_statements")),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_question_{column}_{table}"))
            for column, table in (
                ("statement_id", "statement"),
                ("claim_id", "claim"),
                ("opposing_id", "statement"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
        sa.UniqueConstraint("statement_id", "claim_id", name=op.f("uq_question_statement_id_claim_id")),
        sa.UniqueConstraint("statement_id", "opposing_id", name=op.f("uq_question_statement_id_opposing_id")),
    )
    op.create_index("ix_question_opposing_id", "question", ["opposing_id"])
    op.create_index(
        "ix_question_waiting",
        "question",
        ["queued_at", "rank"],
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "question_day",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_question_day")),
    )


def downgrade() -> None:
    op.drop_table("question_day")
    op.drop_table("question")
