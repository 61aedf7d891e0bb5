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
    "accounts": {
        OWNER: "email_sealed created_at confirmed_at",
        NOBODY: "account_id member_id email_hash password_hash",
    },
    "acceptances": {OWNER: "document version accepted_at", NOBODY: "acceptance_id account_id"},
    "attempt_counts": {NOBODY: "bucket window_start tries"},
    "communities": {THING: "slug name description position", NOBODY: "community_id"},
    "connections": {THING: "member_id other_id", NOBODY: "since"},
    "entries": {THING: "kind position value", OWNER: "audience", NOBODY: "entry_id member_id key_set_id changed_at"},
    "events": {NOBODY: "event_id name ids happened_at attempts next_try_at done_at"},
    "exposures": {
        OWNER: "kind audience started_at ended_at",
        NOBODY: "exposure_id member_id entry_id key_set_id",
    },
    "feed_tokens": {OWNER: "feed_token_id label made_at", NOBODY: "token_hash member_id"},
    "files": {THING: "name media_type size", NOBODY: "file_id member_id made_at"},
    "key_set_keys": {NOBODY: "key_set_id key"},
    "key_sets": {NOBODY: "key_set_id text"},
    "known_browsers": {NOBODY: "token_hash account_id created_at"},
    "leases": {NOBODY: "name holder expires_at"},
    "list_people": {OWNER: "list_id member_id added_at"},
    "lists": {OWNER: "list_id name made_at", NOBODY: "member_id"},
    "mail_tokens": {NOBODY: "token_hash purpose subject_id expires_at"},
    "members": {
        THING: "public_id has_public_page seen_at",
        OWNER: "in_good_standing is_staff refuses_ai_since checked_up_at",
        NOBODY: "member_id joined_at",
    },
    "memberships": {OWNER: "sig_id member_id role joined_at"},
    "participants": {THING: "number", NOBODY: "thread_id member_id"},
    "pending_addresses": {
        OWNER: "email_sealed created_at expires_at replaced_at",
        NOBODY: "pending_id account_id email_hash",
    },
    "post_links": {THING: "from_post_id to_post_id kind"},
    "posts": {
        THING: "post_id thread_id number kind reply_to_id html score written_at edited_at deleted_at",
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
    "sessions": {
        OWNER: "session_id browser created_at seen_at expires_at remembered_id",
        NOBODY: "account_id token_hash password_at",
    },
    "sigs": {
        THING: "slug name description reading site_id created_at member_count thread_count post_count last_post_at",
        NOBODY: "sig_id community_id key_set_id content_key_set_id",
    },
    "source_authors": {THING: "name source_url", NOBODY: "author_id site_id user_key person_id"},
    "source_people": {NOBODY: "person_id network_id"},
    "source_posts": {THING: "source_kind source_id licence", NOBODY: "site_id post_id digest"},
    "source_sites": {THING: "name", NOBODY: "site_id digest step rows_done counts started_at finished_at"},
    "tags": {THING: "name thread_count", NOBODY: "tag_id sig_id"},
    "thread_tags": {THING: "tag_id thread_id"},
    "threads": {
        THING: "thread_id kind title tag_names started_at last_post_at post_count score accepted_post_id closed_at",
        NOBODY: "sig_id member_id author_id key_set_id last_member_id last_author_id deleted_at version",
    },
}

WITHOUT_CANARY = {
    "acceptances.document": "one of two words",
    "entries.audience": "one of few words; the twin worlds differ in it",
    "entries.kind": "one of few words",
    "events.name": "one of few words",
    "exposures.audience": "one of few words",
    "exposures.kind": "one of few words",
    "files.media_type": "one of two words",
    "files.name": "repeats the entry of the photo, which has its own",
    "key_set_keys.key": "made of ids",
    "key_sets.text": "made of ids",
    "mail_tokens.purpose": "one of few words",
    "memberships.role": "one of three words",
    "post_links.kind": "one of two words",
    "posts.kind": "one of three words",
    "sigs.reading": "one of two words",
    "source_posts.source_kind": "one of two words",
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
