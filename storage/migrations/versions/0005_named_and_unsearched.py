"""Whom a post has named, and who is not to be found by search.

Whom a notice told that a post names them has been named by it; nobody leaves search by themselves.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "mentions",
        sa.Column("post_id", _ID, nullable=False),
        sa.Column("member_id", _ID, nullable=False),
        sa.Column("event_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.post_id"]),
        sa.ForeignKeyConstraint(["member_id"], ["members.member_id"]),
        sa.PrimaryKeyConstraint("post_id", "member_id"),
    )
    op.create_index("ix_mentions_member_id", "mentions", ["member_id"])
    op.execute(
        "INSERT INTO mentions (post_id, member_id, event_id) SELECT post_id, member_id, min(event_id) FROM notices"
        " WHERE kind = 'mention' AND post_id IS NOT NULL GROUP BY post_id, member_id"
    )
    op.add_column("members", sa.Column("unsearched_since", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Go back."""
    op.drop_column("members", "unsearched_since")
    op.drop_table("mentions")
