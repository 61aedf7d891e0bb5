"""Every column there is, by how far its values may travel. A column without a class fails the leak test.

What is guarded and holds text or bytes must be planted with canaries; what cannot hold one says why not, and is what
the twin worlds differ in.
"""

from enum import StrEnum


class Reach(StrEnum):
    """How far the values of a column may travel."""

    OPEN = "open"  # to whoever asks, wherever the row itself may be known
    THING = "thing"  # to the readers of the thing: the keys on it decide
    OWNER = "owner"  # to the one whose row it is
    NOBODY = "nobody"  # to no answer at all


OPEN, THING, OWNER, NOBODY = Reach.OPEN, Reach.THING, Reach.OWNER, Reach.NOBODY

COLUMNS: dict[str, dict[Reach, str]] = {
    "acceptances": {OWNER: "document version accepted_at", NOBODY: "acceptance_id account_id"},
    "accounts": {
        OWNER: "email_sealed created_at confirmed_at",
        NOBODY: "account_id member_id email_hash password_hash",
    },
    "acts": {
        THING: "act_id kind rule made_at until undone_at",
        OWNER: "reason",
        NOBODY: "sig_id case_id actor_id member_id thread_id post_id scrap_id to_sig_id undone_by_id",
    },
    "appeals": {OWNER: "words made_at decided_at is_granted answer", NOBODY: "appeal_id act_id decider_id"},
    "attempt_counts": {NOBODY: "bucket window_start tries"},
    "bans": {OWNER: "until", NOBODY: "sig_id member_id act_id"},
    "blocks": {OWNER: "other_id since", NOBODY: "member_id"},
    "case_notes": {THING: "words made_at", NOBODY: "case_note_id case_id member_id"},
    "case_openings": {OWNER: "opened_at", NOBODY: "case_opening_id case_id member_id concerned_id"},
    "cases": {
        THING: "case_id kind state words made_at closed_at version",
        NOBODY: "sig_id key_set_id member_id post_id scrap_id entry_id assignee_id closed_by_id",
    },
    "channels": {OWNER: "channel audience waits", NOBODY: "member_id"},
    "communities": {THING: "slug name description position", NOBODY: "community_id"},
    "connection_requests": {OWNER: "request_id note made_at", NOBODY: "from_id to_id declined_at withdrawn_at"},
    "connections": {THING: "member_id other_id", OWNER: "since"},
    "deleted_keepsakes": {
        OWNER: "keepsake_id kind sealed size deleted_at",
        NOBODY: "member_id folder_id file_name made_at changed_at version",
    },
    "documents": {NOBODY: "document_id kind source_id stamp key_set_id body_key_set_id"},
    "entries": {THING: "kind position value", OWNER: "audience", NOBODY: "entry_id member_id key_set_id changed_at"},
    "events": {NOBODY: "event_id name ids happened_at attempts next_try_at done_at"},
    "exposures": {
        OWNER: "kind audience started_at ended_at",
        NOBODY: "exposure_id member_id entry_id key_set_id",
    },
    "feed_tokens": {OWNER: "feed_token_id label made_at", NOBODY: "token_hash member_id"},
    "files": {THING: "name media_type size", NOBODY: "file_id member_id made_at"},
    "invitations": {OWNER: "invitation_id note made_at expires_at", NOBODY: "sig_id member_id from_id"},
    "keepsakes": {
        OWNER: "keepsake_id kind folder_id position sealed size made_at changed_at version",
        NOBODY: "member_id file_name submission",
    },
    "key_set_keys": {NOBODY: "key_set_id key"},
    "key_sets": {NOBODY: "key_set_id text"},
    "known_browsers": {NOBODY: "token_hash account_id created_at"},
    "leases": {NOBODY: "name holder expires_at"},
    "list_people": {OWNER: "list_id member_id added_at"},
    "lists": {OWNER: "list_id name made_at", NOBODY: "member_id"},
    "mail_tokens": {NOBODY: "token_hash purpose subject_id expires_at"},
    "members": {
        THING: "public_id has_public_page seen_at",
        OWNER: "in_good_standing is_staff refuses_ai_since unsearched_since checked_up_at",
        NOBODY: "member_id joined_at",
    },
    "memberships": {OWNER: "sig_id member_id role joined_at"},
    "mentions": {NOBODY: "post_id member_id event_id"},
    "mutes": {OWNER: "other_id since", NOBODY: "member_id"},
    "notice_choices": {OWNER: "kind mail", NOBODY: "member_id"},
    "notices": {
        OWNER: "notice_id kind made_at seen_at",
        NOBODY: "member_id event_id actor_id post_id scrap_id sig_id act_id case_id mail mail_at attempts",
    },
    "ownership_offers": {OWNER: "made_at", NOBODY: "sig_id from_id to_id"},
    "participants": {THING: "number", NOBODY: "thread_id member_id"},
    "pending_addresses": {
        OWNER: "email_sealed created_at expires_at replaced_at",
        NOBODY: "pending_id account_id email_hash",
    },
    "post_links": {THING: "from_post_id to_post_id kind"},
    "posts": {
        THING: "post_id thread_id number kind reply_to_id html score written_at edited_at held_at hidden_at deleted_at",
        OWNER: "body version",
        NOBODY: "member_id author_id key_set_id submission",
    },
    "receipt_lines": {
        OWNER: "path status first_checked_at last_checked_at checks",
        NOBODY: "line_id receipt_id",
    },
    "receipts": {OWNER: "receipt_id made_at", NOBODY: "member_id next_check_at"},
    "reference_terms": {OPEN: "vocabulary code label"},
    "registrations": {NOBODY: "registration_id email_hash sealed created_at expires_at"},
    "remembered_browsers": {
        OWNER: "remembered_id browser created_at used_at expires_at",
        NOBODY: "account_id series_hash token_hash previous_hash",
    },
    "reports": {THING: "reason words made_at", NOBODY: "report_id case_id member_id"},
    "scraps": {
        THING: "scrap_id kind topic reply_to_id html is_private state written_at deleted_at",
        NOBODY: "owner_id member_id body key_set_id submission",
    },
    "sessions": {
        OWNER: "session_id browser created_at seen_at expires_at remembered_id",
        NOBODY: "account_id token_hash password_at",
    },
    "sigs": {
        THING: "slug name description joining existence describing listing reading question rules holds_first_posts"
        " site_id created_at member_count thread_count post_count last_post_at",
        NOBODY: "sig_id community_id key_set_id description_key_set_id listing_key_set_id content_key_set_id",
    },
    "source_authors": {THING: "name source_url", NOBODY: "author_id site_id user_key person_id"},
    "source_people": {NOBODY: "person_id network_id"},
    "source_posts": {THING: "source_kind source_id licence", NOBODY: "site_id post_id digest"},
    "source_sites": {THING: "name", NOBODY: "site_id digest step rows_done counts started_at finished_at"},
    "start_pages": {OWNER: "widgets", NOBODY: "member_id wrapped_key made_at"},
    "tags": {THING: "name thread_count", NOBODY: "tag_id sig_id"},
    "thread_reads": {OWNER: "number", NOBODY: "member_id thread_id read_at"},
    "thread_tags": {THING: "tag_id thread_id"},
    "threads": {
        THING: "thread_id kind title tag_names started_at last_post_at post_count score accepted_post_id"
        " closed_at pinned_at held_at hidden_at",
        NOBODY: "sig_id member_id author_id key_set_id last_member_id last_author_id deleted_at version",
    },
    "version_counts": {NOBODY: "version_count_id people talk"},
}

WITHOUT_CANARY = {
    "acceptances.document": "one of two words",
    "acts.kind": "one of few words",
    "cases.kind": "one of three words",
    "cases.state": "one of three words",
    "channels.audience": "one of few words; the twin worlds differ in it",
    "channels.channel": "one of few words",
    "deleted_keepsakes.file_name": "a random name of ours, in no answer",
    "deleted_keepsakes.kind": "one of four words",
    "documents.kind": "one of few words",
    "entries.audience": "one of few words; the twin worlds differ in it",
    "entries.kind": "one of few words",
    "events.name": "one of few words",
    "exposures.audience": "one of few words",
    "exposures.kind": "one of few words",
    "files.media_type": "one of two words",
    "files.name": "repeats the entry of the photo, which has its own",
    "keepsakes.file_name": "a random name of ours, in no answer",
    "keepsakes.kind": "one of four words",
    "key_set_keys.key": "made of ids",
    "key_sets.text": "made of ids",
    "mail_tokens.purpose": "one of few words",
    "memberships.role": "one of three words",
    "notice_choices.kind": "one of few words",
    "notice_choices.mail": "one of three words",
    "notices.kind": "one of few words",
    "notices.mail": "one of four words",
    "post_links.kind": "one of two words",
    "posts.kind": "one of three words",
    "reports.reason": "one of few words",
    "scraps.kind": "one of three words",
    "scraps.state": "one of three words",
    "scraps.topic": "one of few words",
    "sigs.describing": "one of three words",
    "sigs.existence": "one of three words",
    "sigs.joining": "one of three words",
    "sigs.listing": "one of three words",
    "sigs.reading": "one of three words",
    "source_posts.source_kind": "one of two words",
    "start_pages.widgets": "names of widgets",
    "threads.kind": "one of two words",
    "threads.tag_names": "repeats tags.name, which has its own",
}
"""Guarded text that can hold no canary, and why."""


def reach_of(column: str) -> Reach | None:
    """The class of `table.column`, None where it has none."""
    table, _, name = column.partition(".")
    return next((reach for reach, names in COLUMNS.get(table, {}).items() if name in names.split()), None)


def classified() -> list[str]:
    """Every `table.column` that stands in the table above; twice where it has two classes."""
    return [f"{table}.{name}" for table, reaches in COLUMNS.items() for row in reaches.values() for name in row.split()]
