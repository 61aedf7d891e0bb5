"""What members deleted from their start pages of late.

Nothing that was deleted before comes back.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "deleted_keepsakes",
        sa.Column("keepsake_id", _ID, autoincrement=False, nullable=False),
        sa.Column("member_id", _ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("folder_id", _ID, nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.member_id"]),
        sa.PrimaryKeyConstraint("keepsake_id"),
        sa.UniqueConstraint("file_name"),
    )
    op.create_index("ix_deleted_keepsakes_of_member", "deleted_keepsakes", ["member_id", "deleted_at"])
    op.create_index("ix_deleted_keepsakes_deleted_at", "deleted_keepsakes", ["deleted_at"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("deleted_keepsakes")
