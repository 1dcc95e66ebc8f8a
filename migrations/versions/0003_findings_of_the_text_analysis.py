"""Findings of the text analysis, the contradictions without claims that follow from them, and two indexes."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON()
ON_CLAIMS = ("opposite_stance", "counter_claim", "exoneration_vs_responsibility")
IN_WORDS = ("figure_mismatch", "text")
KIND = "ck_contradiction_contradictionkind"


def _choice(*values: str, name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.add_column("statement", sa.Column("analysis", DOCUMENT, nullable=True))
    op.create_table(
        "finding",
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("opposing_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _choice(*ON_CLAIMS, *IN_WORDS, name="contradictionkind"), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("engine", sa.String(length=100), nullable=False),
        sa.Column("spans", DOCUMENT, nullable=False),
        sa.Column("opposing_spans", DOCUMENT, nullable=False),
        sa.Column("text_key", sa.String(length=64), nullable=False),
        sa.Column("opposing_text_key", sa.String(length=64), nullable=False),
        sa.Column("stands", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("score BETWEEN 0 AND 1", name=op.f("ck_finding_score")),
        sa.CheckConstraint("statement_id <> opposing_id", name=op.f("ck_finding_two_statements")),
        sa.ForeignKeyConstraint(
            ["opposing_id"], ["statement.id"], name=op.f("fk_finding_opposing_id_statement")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statement.id"], name=op.f("fk_finding_statement_id_statement")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        sa.UniqueConstraint(
            "statement_id", "opposing_id", name=op.f("uq_finding_statement_id_opposing_id")
        ),
    )
    op.create_index("ix_finding_opposing_id", "finding", ["opposing_id"], unique=False)
    # The newest claims about an entity, without reading all of them.
    op.create_index("ix_claim_about_entity_id_claim_id", "claim_about", ["entity_id", "claim_id"])
    _reshape(kinds=(*ON_CLAIMS, *IN_WORDS), nullable=True)
    op.create_index(
        "uq_contradiction_words",
        "contradiction",
        ["statement_id", "opposing_id"],
        unique=True,
        sqlite_where=sa.text("claim_id IS NULL"),
        postgresql_where=sa.text("claim_id IS NULL"),
    )


def downgrade() -> None:
    op.execute("DELETE FROM contradiction WHERE claim_id IS NULL")
    op.drop_index("uq_contradiction_words", "contradiction")
    _reshape(kinds=ON_CLAIMS, nullable=False)
    op.drop_index("ix_claim_about_entity_id_claim_id", "claim_about")
    op.drop_table("finding")
    op.drop_column("statement", "analysis")


def _reshape(kinds: tuple[str, ...], *, nullable: bool) -> None:
    """Let contradictions be of these kinds, and have claims and a stance always or not."""
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(kinds, nullable=nullable)
        return
    for column in ("claim_id", "opposing_claim_id", "stance"):
        op.alter_column("contradiction", column, nullable=nullable)
    op.drop_constraint(op.f(KIND), "contradiction", type_="check")
    op.create_check_constraint(op.f(KIND), "contradiction", sa.column("kind").in_(kinds))


def _rebuild(kinds: tuple[str, ...], *, nullable: bool) -> None:
    """Write the table anew: SQLite changes no constraint of one that stands."""
    columns = (
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("opposing_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=nullable),
        sa.Column("opposing_claim_id", sa.Uuid(), nullable=nullable),
        sa.Column("kind", _choice(*kinds, name="contradictionkind"), nullable=False),
        sa.Column("same_speaker", sa.Boolean(), nullable=False),
        sa.Column("stance", _choice("supports", "disputes", name="stance"), nullable=nullable),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("steps", DOCUMENT, nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("asserted", sa.Boolean(), nullable=False),
        sa.Column("rank", sa.Double(), nullable=False),
        sa.Column("facts", sa.String(length=64), nullable=False),
        sa.Column(
            "status",
            _choice("open", "confirmed", "dismissed", "resolved", name="flagstatus"),
            nullable=False,
        ),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("decision", _choice("confirmed", "dismissed", "open", name="decision"), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_facts", sa.String(length=64), nullable=True),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )
    names = ", ".join(column.name for column in columns)
    op.execute("ALTER TABLE contradiction RENAME TO contradiction_before")
    for index, _ in INDEXES:
        op.drop_index(index, "contradiction_before")
    op.create_table(
        "contradiction",
        *columns,
        sa.CheckConstraint("statement_id <> opposing_id", name=op.f("ck_contradiction_two_statements")),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_contradiction_{column}_{table}")
            )
            for column, table in (
                ("claim_id", "claim"),
                ("opposing_claim_id", "claim"),
                ("opposing_id", "statement"),
                ("statement_id", "statement"),
                ("subject_id", "entity"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contradiction")),
        sa.UniqueConstraint(
            "statement_id", "opposing_id", "claim_id", "opposing_claim_id", name="uq_contradiction_path"
        ),
    )
    # The words are those of the table itself.
    op.execute(f"INSERT INTO contradiction ({names}) SELECT {names} FROM contradiction_before")  # noqa: S608
    op.drop_table("contradiction_before")
    for index, on in INDEXES:
        op.create_index(index, "contradiction", list(on), unique=False)


INDEXES = (
    ("ix_contradiction_claim", ("claim_id", "public", "status")),
    ("ix_contradiction_opposing", ("opposing_id",)),
    ("ix_contradiction_opposing_claim", ("opposing_claim_id", "public", "status")),
    ("ix_contradiction_rank", ("rank", "id")),
    ("ix_contradiction_subject", ("subject_id",)),
)
