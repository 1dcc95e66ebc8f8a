"""All tables of the first version, and the search indexes, which no model describes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON()
TOKENS = sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql")
# The words arrive folded and stemmed (factcheck/search.py), so that the tokenizer only splits at spaces.
FTS5 = (
    """CREATE VIRTUAL TABLE search_index USING fts5(
        stems, words, content='search_document', content_rowid='id',
        tokenize="unicode61 remove_diacritics 0"
    )""",
    """CREATE TRIGGER search_document_insert AFTER INSERT ON search_document BEGIN
        INSERT INTO search_index (rowid, stems, words) VALUES (new.id, new.stems, new.words);
    END""",
    """CREATE TRIGGER search_document_delete AFTER DELETE ON search_document BEGIN
        INSERT INTO search_index (search_index, rowid, stems, words)
        VALUES ('delete', old.id, old.stems, old.words);
    END""",
    """CREATE TRIGGER search_document_update AFTER UPDATE OF stems, words ON search_document BEGIN
        INSERT INTO search_index (search_index, rowid, stems, words)
        VALUES ('delete', old.id, old.stems, old.words);
        INSERT INTO search_index (rowid, stems, words) VALUES (new.id, new.stems, new.words);
    END""",
)


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "reader",
                "contributor",
                "editor",
                "admin",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_key_digest")),
        sa.UniqueConstraint("name", name=op.f("uq_api_key_name")),
    )
    op.create_table(
        "entity",
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "Person",
                "Organization",
                name="entitytype",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("alternate_names", DOCUMENT, nullable=False),
        sa.Column("job_title", sa.Text(), nullable=True),
        sa.Column("same_as", DOCUMENT, nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["entity.id"], name=op.f("fk_entity_merged_into_id_entity")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entity")),
        sa.UniqueConstraint("slug", name=op.f("uq_entity_slug")),
    )
    op.create_index("ix_entity_public", "entity", ["public", "id"], unique=False)
    op.create_table(
        "search_document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("record_type", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("stems", TOKENS, nullable=False),
        sa.Column("words", TOKENS, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_document")),
        sa.UniqueConstraint("record_id", name=op.f("uq_search_document_record_id")),
    )
    op.create_index("ix_search_document_type", "search_document", ["record_type"], unique=False)
    op.create_table(
        "source",
        sa.Column("natural_key", sa.String(length=2100), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=True),
        sa.Column("canonical_url", sa.String(length=2000), nullable=True),
        sa.Column(
            "type",
            sa.Enum(
                "NewsArticle",
                "PressRelease",
                "Broadcast",
                "SocialMediaPosting",
                "Report",
                "LegalFiling",
                "Transcript",
                "Other",
                name="sourcetype",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("headline", sa.Text(), nullable=True),
        sa.Column("publisher", sa.Text(), nullable=True),
        sa.Column("author", DOCUMENT, nullable=False),
        sa.Column("published_on", sa.String(length=10), nullable=True),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("archived_at", sa.String(length=2000), nullable=True),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(published_on) IN (4, 7, 10)", name=op.f("ck_source_published_on")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("natural_key", name=op.f("uq_source_natural_key")),
    )
    op.create_index("ix_source_public", "source", ["public", "id"], unique=False)
    op.create_table(
        "claim",
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_key", sa.String(length=64), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "exoneration",
                "responsibility",
                "event",
                "figure",
                "other",
                name="claimkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "published",
                "withdrawn",
                "merged",
                name="claimstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("version_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["api_key.id"], name=op.f("fk_claim_created_by_api_key")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["claim.id"], name=op.f("fk_claim_merged_into_id_claim")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.UniqueConstraint("slug", name=op.f("uq_claim_slug")),
    )
    op.create_index("ix_claim_status", "claim", ["status", "id"], unique=False)
    op.create_index(
        "uq_claim_text_key",
        "claim",
        ["text_key"],
        unique=True,
        sqlite_where=sa.text("status IN ('draft', 'published')"),
        postgresql_where=sa.text("status IN ('draft', 'published')"),
    )
    op.create_table(
        "entity_key",
        sa.Column("entity_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id"], ["entity.id"], name=op.f("fk_entity_key_entity_id_entity"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("entity_id", "key", name=op.f("pk_entity_key")),
    )
    op.create_index("ix_entity_key_key", "entity_key", ["key"], unique=False)
    op.create_table(
        "revision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_type", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("state", DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["api_key.id"], name=op.f("fk_revision_actor_id_api_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
        sa.UniqueConstraint(
            "record_type", "record_id", "number", name=op.f("uq_revision_record_type_record_id_number")
        ),
    )
    op.create_table(
        "statement",
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_key", sa.String(length=64), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "direct",
                "indirect",
                name="statementkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("speaker_id", sa.Uuid(), nullable=False),
        sa.Column("speaker_role", sa.Text(), nullable=True),
        sa.Column("on_behalf_of_id", sa.Uuid(), nullable=True),
        sa.Column("said_on", sa.String(length=10), nullable=False),
        sa.Column("said_to", sa.Text(), nullable=True),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("anchor", DOCUMENT, nullable=True),
        sa.Column("verification", DOCUMENT, nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "published",
                "retracted",
                name="statementstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retracted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retraction_reason", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["api_key.id"], name=op.f("fk_statement_created_by_api_key")),
        sa.ForeignKeyConstraint(
            ["on_behalf_of_id"], ["entity.id"], name=op.f("fk_statement_on_behalf_of_id_entity")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_statement_source_id_source")),
        sa.ForeignKeyConstraint(["speaker_id"], ["entity.id"], name=op.f("fk_statement_speaker_id_entity")),
        sa.CheckConstraint("length(said_on) IN (0, 4, 7, 10)", name=op.f("ck_statement_said_on")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement")),
        sa.UniqueConstraint(
            "id", "status", "speaker_id", "said_on", name=op.f("uq_statement_id_status_speaker_id_said_on")
        ),
    )
    op.create_index("ix_statement_on_behalf_of", "statement", ["on_behalf_of_id", "id"], unique=False)
    op.create_index("ix_statement_source", "statement", ["source_id", "id"], unique=False)
    op.create_index("ix_statement_speaker", "statement", ["speaker_id", "id"], unique=False)
    op.create_index("ix_statement_status", "statement", ["status", "id"], unique=False)
    op.create_index(
        "uq_statement_words",
        "statement",
        ["speaker_id", "source_id", "text_key"],
        unique=True,
        sqlite_where=sa.text("status <> 'retracted'"),
        postgresql_where=sa.text("status <> 'retracted'"),
    )
    op.create_table(
        "stored_answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("request_digest", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", DOCUMENT, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["api_key.id"], name=op.f("fk_stored_answer_key_id_api_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_answer")),
        sa.UniqueConstraint("key_id", "name", name=op.f("uq_stored_answer_key_id_name")),
    )
    op.create_index("ix_stored_answer_created_at", "stored_answer", ["created_at"], unique=False)
    op.create_table(
        "claim_about",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_claim_about_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["entity_id"], ["entity.id"], name=op.f("fk_claim_about_entity_id_entity")),
        sa.PrimaryKeyConstraint("claim_id", "position", name=op.f("pk_claim_about")),
        sa.UniqueConstraint("claim_id", "entity_id", name=op.f("uq_claim_about_claim_id_entity_id")),
    )
    op.create_index(
        "ix_claim_about_entity_id_position", "claim_about", ["entity_id", "position"], unique=False
    )
    op.create_table(
        "contradiction",
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("opposing_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("opposing_claim_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "opposite_stance",
                "counter_claim",
                "exoneration_vs_responsibility",
                name="contradictionkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("same_speaker", sa.Boolean(), nullable=False),
        sa.Column(
            "stance",
            sa.Enum(
                "supports", "disputes", name="stance", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("steps", DOCUMENT, nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("asserted", sa.Boolean(), nullable=False),
        sa.Column("rank", sa.Double(), nullable=False),
        sa.Column("facts", sa.String(length=64), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "open",
                "confirmed",
                "dismissed",
                "resolved",
                name="flagstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column(
            "decision",
            sa.Enum(
                "confirmed",
                "dismissed",
                "open",
                name="decision",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_facts", sa.String(length=64), nullable=True),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("statement_id <> opposing_id", name=op.f("ck_contradiction_two_statements")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_contradiction_claim_id_claim")),
        sa.ForeignKeyConstraint(
            ["opposing_claim_id"], ["claim.id"], name=op.f("fk_contradiction_opposing_claim_id_claim")
        ),
        sa.ForeignKeyConstraint(
            ["opposing_id"], ["statement.id"], name=op.f("fk_contradiction_opposing_id_statement")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statement.id"], name=op.f("fk_contradiction_statement_id_statement")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["entity.id"], name=op.f("fk_contradiction_subject_id_entity")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contradiction")),
        sa.UniqueConstraint(
            "statement_id", "opposing_id", "claim_id", "opposing_claim_id", name="uq_contradiction_path"
        ),
    )
    op.create_index("ix_contradiction_claim", "contradiction", ["claim_id", "public", "status"], unique=False)
    op.create_index("ix_contradiction_opposing", "contradiction", ["opposing_id"], unique=False)
    op.create_index(
        "ix_contradiction_opposing_claim",
        "contradiction",
        ["opposing_claim_id", "public", "status"],
        unique=False,
    )
    op.create_index("ix_contradiction_rank", "contradiction", ["rank", "id"], unique=False)
    op.create_index("ix_contradiction_subject", "contradiction", ["subject_id"], unique=False)
    op.create_table(
        "link",
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column(
            "statement_status",
            sa.Enum(
                "draft",
                "published",
                "retracted",
                name="statementstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("speaker_id", sa.Uuid(), nullable=False),
        sa.Column("said_on", sa.String(length=10), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column(
            "stance",
            sa.Enum(
                "supports", "disputes", name="stance", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "suggested",
                "confirmed",
                "rejected",
                name="linkstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("basis", sa.String(length=100), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("span", DOCUMENT, nullable=True),
        sa.Column("rationale", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("confidence BETWEEN 0 AND 1", name=op.f("ck_link_confidence")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_link_claim_id_claim")),
        sa.ForeignKeyConstraint(
            ["statement_id", "statement_status", "speaker_id", "said_on"],
            ["statement.id", "statement.status", "statement.speaker_id", "statement.said_on"],
            name="fk_link_statement",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
        sa.UniqueConstraint("statement_id", "claim_id", name=op.f("uq_link_statement_id_claim_id")),
    )
    op.create_index(
        "ix_link_side",
        "link",
        ["claim_id", "stance", "status", "said_on", "statement_id", "statement_status"],
        unique=False,
    )
    op.create_index("ix_link_speaker", "link", ["speaker_id", "claim_id", "stance"], unique=False)
    op.create_table(
        "relation",
        sa.Column("from_claim_id", sa.Uuid(), nullable=False),
        sa.Column("to_claim_id", sa.Uuid(), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "contradicts",
                "equivalent",
                "implies",
                name="relationtype",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("rationale", sa.Text(), nullable=True),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("from_claim_id <> to_claim_id", name=op.f("ck_relation_two_claims")),
        sa.ForeignKeyConstraint(
            ["from_claim_id"], ["claim.id"], name=op.f("fk_relation_from_claim_id_claim")
        ),
        sa.ForeignKeyConstraint(["to_claim_id"], ["claim.id"], name=op.f("fk_relation_to_claim_id_claim")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relation")),
        sa.UniqueConstraint(
            "from_claim_id", "to_claim_id", name=op.f("uq_relation_from_claim_id_to_claim_id")
        ),
    )
    op.create_index("ix_relation_to_claim_id", "relation", ["to_claim_id"], unique=False)
    op.create_table(
        "review",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("author", DOCUMENT, nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("rating", DOCUMENT, nullable=False),
        sa.Column("explanation", sa.Text(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "published",
                "withdrawn",
                name="reviewstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_review_claim_id_claim")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
    )
    op.create_index("ix_review_claim_id_status", "review", ["claim_id", "status"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        for statement in FTS5:
            op.execute(statement)
    else:
        for column in ("stems", "words"):
            op.execute(f"CREATE INDEX ix_search_document_{column} ON search_document USING gin ({column})")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for event in ("insert", "delete", "update"):
            op.execute(f"DROP TRIGGER search_document_{event}")
        op.execute("DROP TABLE search_index")
    op.drop_table("review")
    op.drop_table("relation")
    op.drop_table("link")
    op.drop_table("contradiction")
    op.drop_table("claim_about")
    op.drop_table("stored_answer")
    op.drop_table("statement")
    op.drop_table("revision")
    op.drop_table("entity_key")
    op.drop_table("claim")
    op.drop_table("source")
    op.drop_table("search_document")
    op.drop_table("entity")
    op.drop_table("api_key")
