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
from storage.tables.connections import Block, Channel, Connection, ConnectionRequest, Mute
from storage.tables.events import Event, Lease, VersionCount
from storage.tables.files import File
from storage.tables.forum import Participant, Post, Tag, Thread, ThreadRead, ThreadTag
from storage.tables.members import Entry, ListPerson, Member, OwnList
from storage.tables.moderation import Act, Appeal, Ban, Case, CaseNote, CaseOpening, Report
from storage.tables.notices import Mention, Notice, NoticeChoice
from storage.tables.publicity import Exposure, FeedToken, Receipt, ReceiptLine
from storage.tables.reference import ReferenceTerm
from storage.tables.scraps import Scrap
from storage.tables.search import Document
from storage.tables.sigs import Community, Invitation, Membership, OwnershipOffer, Sig
from storage.tables.sources import PostLink, SourceAuthor, SourcePerson, SourcePost, SourceSite
from storage.tables.start_page import DeletedKeepsake, Keepsake, StartPage
from storage.tables.visibility import KeySet, KeySetKey

__all__ = [
    "Acceptance",
    "Account",
    "Act",
    "Appeal",
    "AttemptCount",
    "Ban",
    "Block",
    "Case",
    "CaseNote",
    "CaseOpening",
    "Channel",
    "Community",
    "Connection",
    "ConnectionRequest",
    "DeletedKeepsake",
    "Document",
    "Entry",
    "Event",
    "Exposure",
    "FeedToken",
    "File",
    "Id",
    "Invitation",
    "Keepsake",
    "KeySet",
    "KeySetKey",
    "KnownBrowser",
    "Lease",
    "ListPerson",
    "MailToken",
    "Member",
    "Membership",
    "Mention",
    "Moment",
    "Mute",
    "Notice",
    "NoticeChoice",
    "OwnList",
    "OwnershipOffer",
    "Participant",
    "PendingAddress",
    "Post",
    "PostLink",
    "Receipt",
    "ReceiptLine",
    "ReferenceTerm",
    "Registration",
    "RememberedBrowser",
    "Report",
    "Row",
    "Scrap",
    "Session",
    "Sig",
    "SourceAuthor",
    "SourcePerson",
    "SourcePost",
    "SourceSite",
    "StartPage",
    "Tag",
    "Thread",
    "ThreadRead",
    "ThreadTag",
    "VersionCount",
]
