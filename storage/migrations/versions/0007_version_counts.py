"""Numbers that say how often what is stored has changed.

They tell of nothing but that.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go forward."""
    counts = op.create_table(
        "version_counts",
        sa.Column("version_count_id", _ID, autoincrement=False, nullable=False),
        sa.Column("people", sa.BigInteger(), nullable=False),
        sa.Column("talk", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("version_count_id"),
    )
    op.bulk_insert(counts, [{"version_count_id": 1, "people": 0, "talk": 0}])


def downgrade() -> None:
    """Go back."""
    op.drop_table("version_counts")
