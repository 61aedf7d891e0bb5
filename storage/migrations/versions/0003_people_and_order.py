"""Requests, blocks, scraps, notices, the start page, and a SIG's moderation.

Nothing opens: descriptions keep the keys of their SIG, and lists of people, which no page showed, open to it alone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_NEW_WORDS = ("joining", "existence", "describing", "listing", "question", "rules")
_NEW_KEY_SETS = ("description_key_set_id", "listing_key_set_id")


def _fill_sigs() -> None:
    """What holds for the SIGs there are: open to join, told of as before, their people for each other."""
    op.execute(
        "INSERT INTO key_sets (text) SELECT 'sig:' || sig_id FROM sigs"
        " WHERE NOT EXISTS (SELECT 1 FROM key_sets WHERE key_sets.text = 'sig:' || sigs.sig_id)"
    )
    op.execute(
        "INSERT INTO key_set_keys (key_set_id, key) SELECT key_set_id, text FROM key_sets"
        " WHERE text IN (SELECT 'sig:' || sig_id FROM sigs)"
        " AND NOT EXISTS (SELECT 1 FROM key_set_keys WHERE key_set_keys.key_set_id = key_sets.key_set_id)"
    )
    op.execute(
        "UPDATE sigs SET joining = 'open', existence = 'everyone', describing = 'everyone', listing = 'sig',"
        " question = '', rules = '', holds_first_posts = false, description_key_set_id = key_set_id,"
        " listing_key_set_id = (SELECT key_set_id FROM key_sets WHERE text = 'sig:' || sigs.sig_id)"
    )


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "blocks",
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("other_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.member_id"],
        ),
        sa.ForeignKeyConstraint(
            ["other_id"],
            ["members.member_id"],
        ),
        sa.PrimaryKeyConstraint("member_id", "other_id"),
    )
    with op.batch_alter_table("blocks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_blocks_other_id"), ["other_id"], unique=False)

    op.create_table(
        "channels",
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("waits", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.member_id"],
        ),
        sa.PrimaryKeyConstraint("member_id", "channel"),
    )
    op.create_table(
        "connection_requests",
        sa.Column(
            "request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("from_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("to_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("declined_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["from_id"],
            ["members.member_id"],
        ),
        sa.ForeignKeyConstraint(
            ["to_id"],
            ["members.member_id"],
        ),
        sa.PrimaryKeyConstraint("request_id"),
        sa.UniqueConstraint("from_id", "to_id"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("connection_requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_connection_requests_to_id"), ["to_id"], unique=False)

    op.create_table(
        "keepsakes",
        sa.Column(
            "keepsake_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("folder_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("submission", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["folder_id"],
            ["keepsakes.keepsake_id"],
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.member_id"],
        ),
        sa.PrimaryKeyConstraint("keepsake_id"),
        sa.UniqueConstraint("file_name"),
        sa.UniqueConstraint("submission"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("keepsakes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_keepsakes_folder_id"), ["folder_id"], unique=False)
        batch_op.create_index("ix_keepsakes_of_member", ["member_id", "kind", "folder_id", "position"], unique=False)

    op.create_table(
        "mutes",
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("other_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.member_id"],
        ),
        sa.ForeignKeyConstraint(
            ["other_id"],
            ["members.member_id"],
        ),
        sa.PrimaryKeyConstraint("member_id", "other_id"),
    )
    with op.batch_alter_table("mutes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mutes_other_id"), ["other_id"], unique=False)

    op.create_table(
        "notice_choices",
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.member_id"],
        ),
        sa.PrimaryKeyConstraint("member_id", "kind"),
    )
    op.create_table(
        "scraps",
        sa.Column("scrap_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("reply_to_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("is_private", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("key_set_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("submission", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["key_set_id"],
            ["key_sets.key_set_id"],
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.member_id"],
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["members.member_id"],
        ),
        sa.ForeignKeyConstraint(
            ["reply_to_id"],
            ["scraps.scrap_id"],
        ),
        sa.PrimaryKeyConstraint("scrap_id"),
        sa.UniqueConstraint("submission"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("scraps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_scraps_member_id"), ["member_id"], unique=False)
        batch_op.create_index("ix_scraps_of_owner", ["owner_id", "scrap_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_scraps_reply_to_id"), ["reply_to_id"], unique=False)

    op.create_table(
        "start_pages",
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("widgets", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.member_id"],
        ),
        sa.PrimaryKeyConstraint("member_id"),
    )
    op.create_table(
        "invitations",
        sa.Column(
            "invitation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("sig_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["from_id"],
            ["members.member_id"],
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.member_id"],
        ),
        sa.ForeignKeyConstraint(
            ["sig_id"],
            ["sigs.sig_id"],
        ),
        sa.PrimaryKeyConstraint("invitation_id"),
        sa.UniqueConstraint("sig_id", "member_id"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitations_member_id"), ["member_id"], unique=False)

    op.create_table(
        "ownership_offers",
        sa.Column("sig_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("to_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["from_id"],
            ["members.member_id"],
        ),
        sa.ForeignKeyConstraint(
            ["sig_id"],
            ["sigs.sig_id"],
        ),
        sa.ForeignKeyConstraint(
            ["to_id"],
            ["members.member_id"],
        ),
        sa.PrimaryKeyConstraint("sig_id"),
    )
    with op.batch_alter_table("ownership_offers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ownership_offers_to_id"), ["to_id"], unique=False)

    op.create_table(
        "thread_reads",
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("thread_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.member_id"],
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"],
            ["threads.thread_id"],
        ),
        sa.PrimaryKeyConstraint("member_id", "thread_id"),
    )
    with op.batch_alter_table("thread_reads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_thread_reads_thread_id"), ["thread_id"], unique=False)

    op.create_table(
        "cases",
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("sig_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("key_set_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("scrap_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("assignee_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignee_id"],
            ["members.member_id"],
        ),
        sa.ForeignKeyConstraint(
            ["closed_by_id"],
            ["members.member_id"],
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entries.entry_id"],
        ),
        sa.ForeignKeyConstraint(
            ["key_set_id"],
            ["key_sets.key_set_id"],
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.member_id"],
        ),
        sa.ForeignKeyConstraint(
            ["post_id"],
            ["posts.post_id"],
        ),
        sa.ForeignKeyConstraint(
            ["scrap_id"],
            ["scraps.scrap_id"],
        ),
        sa.ForeignKeyConstraint(
            ["sig_id"],
            ["sigs.sig_id"],
        ),
        sa.PrimaryKeyConstraint("case_id"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cases_entry_id"), ["entry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cases_member_id"), ["member_id"], unique=False)
        batch_op.create_index("ix_cases_of_sig", ["sig_id", "state", "case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cases_post_id"), ["post_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cases_scrap_id"), ["scrap_id"], unique=False)

    op.create_table(
        "acts",
        sa.Column("act_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("sig_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("thread_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("scrap_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("to_sig_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.Column("undone_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["actor_id"],
            ["members.member_id"],
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.case_id"],
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.member_id"],
        ),
        sa.ForeignKeyConstraint(
            ["post_id"],
            ["posts.post_id"],
        ),
        sa.ForeignKeyConstraint(
            ["scrap_id"],
            ["scraps.scrap_id"],
        ),
        sa.ForeignKeyConstraint(
            ["sig_id"],
            ["sigs.sig_id"],
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"],
            ["threads.thread_id"],
        ),
        sa.ForeignKeyConstraint(
            ["to_sig_id"],
            ["sigs.sig_id"],
        ),
        sa.ForeignKeyConstraint(
            ["undone_by_id"],
            ["members.member_id"],
        ),
        sa.PrimaryKeyConstraint("act_id"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("acts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_acts_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_acts_member_id"), ["member_id"], unique=False)
        batch_op.create_index("ix_acts_of_sig", ["sig_id", "act_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_acts_post_id"), ["post_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_acts_thread_id"), ["thread_id"], unique=False)

    op.create_table(
        "case_notes",
        sa.Column(
            "case_note_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.case_id"],
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.member_id"],
        ),
        sa.PrimaryKeyConstraint("case_note_id"),
    )
    with op.batch_alter_table("case_notes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_notes_case_id"), ["case_id"], unique=False)

    op.create_table(
        "case_openings",
        sa.Column(
            "case_opening_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("concerned_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.case_id"],
        ),
        sa.ForeignKeyConstraint(
            ["concerned_id"],
            ["members.member_id"],
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.member_id"],
        ),
        sa.PrimaryKeyConstraint("case_opening_id"),
    )
    with op.batch_alter_table("case_openings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_openings_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_openings_concerned_id"), ["concerned_id"], unique=False)

    op.create_table(
        "reports",
        sa.Column(
            "report_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.case_id"],
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.member_id"],
        ),
        sa.PrimaryKeyConstraint("report_id"),
    )
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reports_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reports_member_id"), ["member_id"], unique=False)

    op.create_table(
        "appeals",
        sa.Column(
            "appeal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("act_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decider_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("is_granted", sa.Boolean(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["act_id"],
            ["acts.act_id"],
        ),
        sa.ForeignKeyConstraint(
            ["decider_id"],
            ["members.member_id"],
        ),
        sa.PrimaryKeyConstraint("appeal_id"),
        sa.UniqueConstraint("act_id"),
    )
    op.create_table(
        "bans",
        sa.Column("sig_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("act_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["act_id"],
            ["acts.act_id"],
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.member_id"],
        ),
        sa.ForeignKeyConstraint(
            ["sig_id"],
            ["sigs.sig_id"],
        ),
        sa.PrimaryKeyConstraint("sig_id", "member_id"),
    )
    with op.batch_alter_table("bans", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bans_member_id"), ["member_id"], unique=False)

    op.create_table(
        "notices",
        sa.Column(
            "notice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("scrap_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sig_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("act_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.Column("mail", sa.Text(), nullable=False),
        sa.Column("mail_at", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["act_id"],
            ["acts.act_id"],
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"],
            ["members.member_id"],
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.case_id"],
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.member_id"],
        ),
        sa.ForeignKeyConstraint(
            ["post_id"],
            ["posts.post_id"],
        ),
        sa.ForeignKeyConstraint(
            ["scrap_id"],
            ["scraps.scrap_id"],
        ),
        sa.ForeignKeyConstraint(
            ["sig_id"],
            ["sigs.sig_id"],
        ),
        sa.PrimaryKeyConstraint("notice_id"),
        sa.UniqueConstraint("member_id", "kind", "event_id"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index(
            "ix_notices_due",
            ["mail_at", "notice_id"],
            unique=False,
            sqlite_where=sa.text("mail = 'due'"),
            postgresql_where=sa.text("mail = 'due'"),
        )
        batch_op.create_index("ix_notices_of_member", ["member_id", "notice_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notices_post_id"), ["post_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notices_scrap_id"), ["scrap_id"], unique=False)
        batch_op.create_index(
            "ix_notices_unseen",
            ["member_id"],
            unique=False,
            sqlite_where=sa.text("seen_at IS NULL"),
            postgresql_where=sa.text("seen_at IS NULL"),
        )

    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.create_index("ix_memberships_joined", ["sig_id", "joined_at"], unique=False)

    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("held_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("hidden_at", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("sigs", schema=None) as batch_op:
        for name in _NEW_WORDS:
            batch_op.add_column(sa.Column(name, sa.Text(), nullable=True))
        for name in _NEW_KEY_SETS:
            batch_op.add_column(sa.Column(name, _ID, nullable=True))
        batch_op.add_column(sa.Column("holds_first_posts", sa.Boolean(), nullable=True))
    _fill_sigs()
    with op.batch_alter_table("sigs", schema=None) as batch_op:
        for name in _NEW_WORDS:
            batch_op.alter_column(name, existing_type=sa.Text(), nullable=False)
        for name in _NEW_KEY_SETS:
            batch_op.alter_column(name, existing_type=_ID, nullable=False)
            batch_op.create_foreign_key(f"fk_sigs_{name}", "key_sets", [name], ["key_set_id"])
        batch_op.alter_column("holds_first_posts", existing_type=sa.Boolean(), nullable=False)

    with op.batch_alter_table("threads", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pinned_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("held_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("hidden_at", sa.BigInteger(), nullable=True))
        batch_op.create_index(
            "ix_threads_pinned",
            ["sig_id", "pinned_at"],
            unique=False,
            sqlite_where=sa.text("pinned_at IS NOT NULL"),
            postgresql_where=sa.text("pinned_at IS NOT NULL"),
        )


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("threads", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_threads_pinned",
            sqlite_where=sa.text("pinned_at IS NOT NULL"),
            postgresql_where=sa.text("pinned_at IS NOT NULL"),
        )
        batch_op.drop_column("hidden_at")
        batch_op.drop_column("held_at")
        batch_op.drop_column("pinned_at")

    with op.batch_alter_table("sigs", schema=None) as batch_op:
        for name in _NEW_KEY_SETS:
            batch_op.drop_constraint(f"fk_sigs_{name}", type_="foreignkey")
            batch_op.drop_column(name)
        batch_op.drop_column("holds_first_posts")
        batch_op.drop_column("rules")
        batch_op.drop_column("question")
        batch_op.drop_column("listing")
        batch_op.drop_column("describing")
        batch_op.drop_column("existence")
        batch_op.drop_column("joining")

    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.drop_index("ix_memberships_joined")

    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.drop_column("hidden_at")
        batch_op.drop_column("held_at")

    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_notices_unseen", sqlite_where=sa.text("seen_at IS NULL"), postgresql_where=sa.text("seen_at IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_notices_scrap_id"))
        batch_op.drop_index(batch_op.f("ix_notices_post_id"))
        batch_op.drop_index("ix_notices_of_member")
        batch_op.drop_index(
            "ix_notices_due", sqlite_where=sa.text("mail = 'due'"), postgresql_where=sa.text("mail = 'due'")
        )

    op.drop_table("notices")
    with op.batch_alter_table("bans", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bans_member_id"))

    op.drop_table("bans")
    op.drop_table("appeals")
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reports_member_id"))
        batch_op.drop_index(batch_op.f("ix_reports_case_id"))

    op.drop_table("reports")
    with op.batch_alter_table("case_openings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_openings_concerned_id"))
        batch_op.drop_index(batch_op.f("ix_case_openings_case_id"))

    op.drop_table("case_openings")
    with op.batch_alter_table("case_notes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_notes_case_id"))

    op.drop_table("case_notes")
    with op.batch_alter_table("acts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_acts_thread_id"))
        batch_op.drop_index(batch_op.f("ix_acts_post_id"))
        batch_op.drop_index("ix_acts_of_sig")
        batch_op.drop_index(batch_op.f("ix_acts_member_id"))
        batch_op.drop_index(batch_op.f("ix_acts_case_id"))

    op.drop_table("acts")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cases_scrap_id"))
        batch_op.drop_index(batch_op.f("ix_cases_post_id"))
        batch_op.drop_index("ix_cases_of_sig")
        batch_op.drop_index(batch_op.f("ix_cases_member_id"))
        batch_op.drop_index(batch_op.f("ix_cases_entry_id"))

    op.drop_table("cases")
    with op.batch_alter_table("thread_reads", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_thread_reads_thread_id"))

    op.drop_table("thread_reads")
    with op.batch_alter_table("ownership_offers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ownership_offers_to_id"))

    op.drop_table("ownership_offers")
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invitations_member_id"))

    op.drop_table("invitations")
    op.drop_table("start_pages")
    with op.batch_alter_table("scraps", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_scraps_reply_to_id"))
        batch_op.drop_index("ix_scraps_of_owner")
        batch_op.drop_index(batch_op.f("ix_scraps_member_id"))

    op.drop_table("scraps")
    op.drop_table("notice_choices")
    with op.batch_alter_table("mutes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mutes_other_id"))

    op.drop_table("mutes")
    with op.batch_alter_table("keepsakes", schema=None) as batch_op:
        batch_op.drop_index("ix_keepsakes_of_member")
        batch_op.drop_index(batch_op.f("ix_keepsakes_folder_id"))

    op.drop_table("keepsakes")
    with op.batch_alter_table("connection_requests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_connection_requests_to_id"))

    op.drop_table("connection_requests")
    op.drop_table("channels")
    with op.batch_alter_table("blocks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_blocks_other_id"))

    op.drop_table("blocks")
