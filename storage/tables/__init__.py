"""Every table, one module a capability. Nothing outside `storage` imports them; a test demands that the migrations end
here."""

from storage.tables.accounts import (
    Acceptance,
    Account,
    AttemptCount,
    KnownBrowser,
    MailToken,
    PendingAddress,
    Registration,
    RememberedBrowser,
    Session,
)
from storage.tables.base import Id, Moment, Row
from storage.tables.events import Event, Lease
from storage.tables.forum import Participant, Post, Tag, Thread, ThreadTag
from storage.tables.members import Entry, Member
from storage.tables.sigs import Community, Membership, Sig
from storage.tables.sources import PostLink, SourceAuthor, SourcePerson, SourcePost, SourceSite
from storage.tables.visibility import KeySet, KeySetKey

__all__ = [
    "Acceptance",
    "Account",
    "AttemptCount",
    "Community",
    "Entry",
    "Event",
    "Id",
    "KeySet",
    "KeySetKey",
    "KnownBrowser",
    "Lease",
    "MailToken",
    "Member",
    "Membership",
    "Moment",
    "Participant",
    "PendingAddress",
    "Post",
    "PostLink",
    "Registration",
    "RememberedBrowser",
    "Row",
    "Session",
    "Sig",
    "SourceAuthor",
    "SourcePerson",
    "SourcePost",
    "SourceSite",
    "Tag",
    "Thread",
    "ThreadTag",
]
