"""An index of the words of claims alone: among a million statements, claims are found without reading those."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

FTS5 = (
    # What the index is of: SQLite's own check and repair of it read this.
    """CREATE VIEW search_document_claim AS
        SELECT id, stems, words FROM search_document WHERE record_type = 'claim'
    """,
    """CREATE VIRTUAL TABLE search_index_claim USING fts5(
        stems, words, content='search_document_claim', content_rowid='id',
        tokenize="unicode61 remove_diacritics 0"
    )""",
    """INSERT INTO search_index_claim (rowid, stems, words)
        SELECT id, stems, words FROM search_document_claim
    """,
    """CREATE TRIGGER search_document_claim_insert AFTER INSERT ON search_document
    WHEN new.record_type = 'claim' BEGIN
        INSERT INTO search_index_claim (rowid, stems, words) VALUES (new.id, new.stems, new.words);
    END""",
    """CREATE TRIGGER search_document_claim_delete AFTER DELETE ON search_document
    WHEN old.record_type = 'claim' BEGIN
        INSERT INTO search_index_claim (search_index_claim, rowid, stems, words)
        VALUES ('delete', old.id, old.stems, old.words);
    END""",
    """CREATE TRIGGER search_document_claim_update AFTER UPDATE OF stems, words ON search_document
    WHEN old.record_type = 'claim' BEGIN
        INSERT INTO search_index_claim (search_index_claim, rowid, stems, words)
        VALUES ('delete', old.id, old.stems, old.words);
        INSERT INTO search_index_claim (rowid, stems, words) VALUES (new.id, new.stems, new.words);
    END""",
)
CLAIMS = sa.text("record_type = 'claim'")
COLUMNS = ("stems", "words")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for statement in FTS5:
            op.execute(statement)
        return
    for column in COLUMNS:
        op.create_index(
            f"ix_search_document_claim_{column}",
            "search_document",
            [column],
            postgresql_using="gin",
            postgresql_where=CLAIMS,
            if_not_exists=True,
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for event in ("insert", "delete", "update"):
            op.execute(f"DROP TRIGGER search_document_claim_{event}")
        op.execute("DROP TABLE search_index_claim")
        op.execute("DROP VIEW search_document_claim")
        return
    for column in reversed(COLUMNS):
        op.drop_index(f"ix_search_document_claim_{column}", "search_document")
