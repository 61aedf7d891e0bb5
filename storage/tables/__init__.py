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
from storage.tables.files import File
from storage.tables.forum import Participant, Post, Tag, Thread, ThreadTag
from storage.tables.members import Connection, Entry, ListPerson, Member, OwnList
from storage.tables.publicity import Exposure, FeedToken, Receipt, ReceiptLine
from storage.tables.reference import ReferenceTerm
from storage.tables.sigs import Community, Membership, Sig
from storage.tables.sources import PostLink, SourceAuthor, SourcePerson, SourcePost, SourceSite
from storage.tables.visibility import KeySet, KeySetKey

__all__ = [
    "Acceptance",
    "Account",
    "AttemptCount",
    "Community",
    "Connection",
    "Entry",
    "Event",
    "Exposure",
    "FeedToken",
    "File",
    "Id",
    "KeySet",
    "KeySetKey",
    "KnownBrowser",
    "Lease",
    "ListPerson",
    "MailToken",
    "Member",
    "Membership",
    "Moment",
    "OwnList",
    "Participant",
    "PendingAddress",
    "Post",
    "PostLink",
    "Receipt",
    "ReceiptLine",
    "ReferenceTerm",
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
