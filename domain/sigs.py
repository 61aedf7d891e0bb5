"""Communities and the Special Interest Groups in them: who may join, who may read, what a viewer sees of each."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.members import KeyChip, MemberLine
from domain.refusals import Reason, Refused
from domain.views import PageView, View
from domain.visibility import PUBLIC, Key, Keys, Scope, Viewer, may_see, own_key, sig_key

LONGEST_SIG_NAME = 80


class Reading(StrEnum):
    """Who may read what is said in a SIG."""

    EVERYONE = "everyone"
    MEMBERS_OF_SIG = "sig"


def reading_key(reading: Reading, sig_id: int) -> Key:
    """The key that a SIG's threads and posts carry."""
    return PUBLIC if reading is Reading.EVERYONE else sig_key(sig_id)


def post_keys(reading: Reading, sig_id: int, author_id: int | None) -> Keys:
    """A post opens to the SIG's readers and, for good, to its author."""
    keys = {reading_key(reading, sig_id)}
    if author_id is not None:
        keys.add(own_key(author_id))
    return frozenset(keys)


def thread_keys(reading: Reading, sig_id: int) -> Keys:
    """A thread opens to the SIG's readers only: its counts and dates tell of other people's posts."""
    return frozenset({reading_key(reading, sig_id)})


class Role(StrEnum):
    """What a member may do in a SIG."""

    OWNER = "owner"
    MODERATOR = "moderator"
    MEMBER = "member"


@dataclass(frozen=True, slots=True)
class Sig:
    """A SIG as the rules need it."""

    sig_id: int
    reading: Reading
    is_importing: bool = False


def refuse_to_join(viewer: Viewer) -> Refused | None:
    """Open SIGs take every confirmed member."""
    return None if viewer.is_member else Refused(Reason.NOT_CONFIRMED)


def refuse_to_leave(role: Role | None, other_owners: int) -> Refused | None:
    """Anyone may leave, but a SIG keeps an owner."""
    if role is None:
        return Refused(Reason.NOT_A_MEMBER)
    if role is Role.OWNER and other_owners == 0:
        return Refused(Reason.LAST_ONE)
    return None


def refuse_to_post(viewer: Viewer, sig_id: int) -> Refused | None:
    """Those who belong to a SIG may start threads and reply in it."""
    if viewer.member_id is None:
        return Refused(Reason.SIGN_IN)
    if not viewer.is_member:
        return Refused(Reason.NOT_CONFIRMED)
    if not may_see(frozenset({sig_key(sig_id)}), viewer.ring):
        return Refused(Reason.NOT_A_MEMBER)
    return None


def chip_for_sig(reading: Reading, name: str) -> KeyChip:
    """The key chip of everything that is said in a SIG."""
    if reading is Reading.EVERYONE:
        return KeyChip(scope=Scope.EVERYONE)
    return KeyChip(scope=Scope.SIG, name=name)


class SigLine(View):
    """A SIG in a list. The counts and the date of what is said in it are None for those who may not read it."""

    slug: str
    name: str
    description: str
    member_count: int
    key: KeyChip
    is_joined: bool
    thread_count: int | None = None
    last_post_at: datetime | None = None


class CommunityLine(View):
    """A community with its SIGs."""

    slug: str
    name: str
    description: str
    sigs: tuple[SigLine, ...]


class ThreadLine(View):
    """A thread in a list."""

    thread_id: int
    title: str
    sig_slug: str
    sig_name: str
    author: MemberLine
    last_author: MemberLine | None
    started_at: datetime
    last_post_at: datetime
    reply_count: int
    score: int | None
    tags: tuple[str, ...]
    is_question: bool
    is_answered: bool
    is_closed: bool
    key: KeyChip


class HomePage(PageView, template="home/home.html"):
    """The front of the colonnade: communities with their SIGs, and the newest threads that this viewer may read."""

    communities: tuple[CommunityLine, ...]
    threads: tuple[ThreadLine, ...]


class CommunityPage(PageView, template="sigs/community.html"):
    """One community with its SIGs and its newest threads."""

    community: CommunityLine
    threads: tuple[ThreadLine, ...]


class TagLine(View):
    """A tag of a SIG and how many threads carry it."""

    name: str
    thread_count: int


class SigPage(PageView, template="sigs/show.html"):
    """A SIG: what it is for, and its threads for those who may read them.

    `newer` and `older` are the cursors of the neighbouring pages, in the form that `?before=` and `?after=` take;
    `place` is the query that leads to this page again.
    """

    sig: SigLine
    community_slug: str
    community_name: str
    may_read: bool
    may_join: bool
    may_leave: bool
    may_post: bool
    threads: tuple[ThreadLine, ...]
    tags: tuple[TagLine, ...]
    tag: str | None
    newer: str | None
    older: str | None
    place: str = ""
    source_name: str | None = None
    source_url: str | None = None
