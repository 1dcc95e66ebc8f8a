"""Pages of ClaimReview markup, their fact checks, and the site that a review stands on."""

from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "markup_page",
        sa.Column("page_url", sa.String(length=2000), nullable=False),
        sa.Column("canonical_url", sa.String(length=2000), nullable=False),
        sa.Column("site", sa.String(length=255), nullable=False),
        sa.Column("publish_date", sa.String(length=40), nullable=True),
        sa.Column("author", sa.JSON(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "published",
                "deleted",
                name="markupstatus",
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
        sa.PrimaryKeyConstraint("id", name=op.f("pk_markup_page")),
    )
    op.create_index("ix_markup_page_site", "markup_page", ["site", "id"])
    op.create_index(
        "uq_markup_page_canonical_url",
        "markup_page",
        ["canonical_url"],
        unique=True,
        sqlite_where=sa.text("status = 'published'"),
        postgresql_where=sa.text("status = 'published'"),
    )
    op.create_table(
        "markup",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("page_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("newest", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["page_id"], ["markup_page.id"], name=op.f("fk_markup_page_id_markup_page")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_markup")),
    )
    op.create_index("ix_markup_page_id_position", "markup", ["page_id", "position"])
    op.add_column("review", sa.Column("site", sa.String(length=255), nullable=True))
    review = sa.table("review", sa.column("id", sa.Uuid()), sa.column("url"), sa.column("site"))
    written = op.get_bind().execute(sa.select(review.c.id, review.c.url).where(review.c.url.is_not(None)))
    for id_, url in written.all():
        site = (urlsplit(url).hostname or "").removeprefix("www.")
        op.execute(review.update().where(review.c.id == id_).values(site=site))


def downgrade() -> None:
    op.drop_column("review", "site")
    op.execute("DELETE FROM search_document WHERE record_type = 'markup'")
    op.drop_table("markup")
    op.drop_table("markup_page")
