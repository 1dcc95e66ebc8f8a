"""Numbers of statements and contradictions beside each claim, and its strongest pairs by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

STANDING = sa.text("status IN ('open', 'confirmed')")
RETRACTED = sa.text("status = 'confirmed' AND statement_status = 'retracted'")
# What editors see of the links and contradictions of a claim, and of that what readers see.
ENDS = """
    SELECT claim_id, stance AS number,
        status = 'confirmed' AND statement_status = 'published' AS public
    FROM link WHERE status <> 'rejected' AND statement_status <> 'retracted'
    UNION ALL
    SELECT claim_id, status, public FROM contradiction
    WHERE status IN ('open', 'confirmed') AND claim_id IS NOT NULL
    UNION ALL
    SELECT opposing_claim_id, status, public FROM contradiction
    WHERE status IN ('open', 'confirmed') AND opposing_claim_id <> claim_id
"""
FILL = """
    INSERT INTO tally (claim_id, public, supports, disputes, open, confirmed)
    SELECT claim_id, {public},
        sum(CASE number WHEN 'supports' THEN 1 ELSE 0 END),
        sum(CASE number WHEN 'disputes' THEN 1 ELSE 0 END),
        sum(CASE number WHEN 'open' THEN 1 ELSE 0 END),
        sum(CASE number WHEN 'confirmed' THEN 1 ELSE 0 END)
    FROM ({ends}) AS ends {where} GROUP BY claim_id
"""


def upgrade() -> None:
    op.create_table(
        "tally",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("supports", sa.Integer(), nullable=False),
        sa.Column("disputes", sa.Integer(), nullable=False),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("confirmed", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_tally_claim_id_claim")),
        sa.PrimaryKeyConstraint("claim_id", "public", name=op.f("pk_tally")),
    )
    op.execute(FILL.format(public="true", ends=ENDS, where="WHERE public"))
    op.execute(FILL.format(public="false", ends=ENDS, where=""))
    for end in ("claim_id", "opposing_claim_id"):
        op.create_index(
            f"ix_contradiction_strongest_{end}",
            "contradiction",
            [end, "rank", "statement_id", "opposing_id", "public"],
            sqlite_where=STANDING,
            postgresql_where=STANDING,
        )
    op.create_index(
        "ix_link_retracted",
        "link",
        ["claim_id", "said_on", "statement_id"],
        sqlite_where=RETRACTED,
        postgresql_where=RETRACTED,
    )


def downgrade() -> None:
    op.drop_index("ix_link_retracted", table_name="link")
    for end in ("claim_id", "opposing_claim_id"):
        op.drop_index(f"ix_contradiction_strongest_{end}", table_name="contradiction")
    op.drop_table("tally")
