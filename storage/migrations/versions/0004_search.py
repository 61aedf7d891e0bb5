"""The index of search.

The worker is asked to index what there is; nothing opens: a document carries the keys of its
source.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "documents",
        sa.Column("document_id", _ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source_id", _ID, nullable=False),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.Column("key_set_id", _ID, nullable=False),
        sa.Column("body_key_set_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["key_set_id"], ["key_sets.key_set_id"]),
        sa.ForeignKeyConstraint(["body_key_set_id"], ["key_sets.key_set_id"]),
        sa.PrimaryKeyConstraint("document_id"),
        sa.UniqueConstraint("kind", "source_id"),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE document_words"
            " USING fts5(words, content='', contentless_delete=1, tokenize='ascii', prefix='3')"
        )
    else:
        op.execute(
            "CREATE TABLE document_words (document_id BIGINT PRIMARY KEY REFERENCES documents ON DELETE CASCADE,"
            " words TSVECTOR NOT NULL)"
        )
        op.execute("CREATE INDEX ix_document_words ON document_words USING gin (words) WITH (fastupdate = off)")
    op.execute(
        "INSERT INTO events (name, ids, happened_at, attempts, next_try_at)"
        " SELECT 'index.asked', '{}', max(joined_at), 0, max(joined_at) FROM members HAVING count(*) > 0"
    )


def downgrade() -> None:
    """Go back."""
    op.execute("DROP TABLE document_words")
    op.drop_table("documents")
