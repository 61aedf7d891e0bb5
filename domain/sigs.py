"""Communities and the Special Interest Groups in them: who may join, who may read, what a viewer sees of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.members import KeyChip, MemberLine
from domain.refusals import Problem, Problems, Reason, Refused
from domain.views import PageView, View
from domain.visibility import MEMBERS, PUBLIC, Key, Keys, Scope, Viewer, may_see, own_key, sig_key

LONGEST_SIG_NAME = 80
LONGEST_DESCRIPTION = 400
LONGEST_QUESTION = 300
LONGEST_RULE = 300
MOST_RULES = 20


class Circle(StrEnum):
    """How far something about a SIG goes: its existence, its description, the list of its people, its threads."""

    EVERYONE = "everyone"
    MEMBERS = "members"
    SIG = "sig"


_WIDEST_LAST = (Circle.SIG, Circle.MEMBERS, Circle.EVERYONE)


def is_wider(circle: Circle, other: Circle) -> bool:
    """Whether one circle holds people whom the other does not."""
    return _WIDEST_LAST.index(circle) > _WIDEST_LAST.index(other)


def circle_key(circle: Circle, sig_id: int) -> Key:
    """The key that opens what goes this far."""
    match circle:
        case Circle.EVERYONE:
            return PUBLIC
        case Circle.MEMBERS:
            return MEMBERS
        case Circle.SIG:
            return sig_key(sig_id)


class Joining(StrEnum):
    """How one becomes a member of a SIG."""

    OPEN = "open"
    REQUEST = "request"
    INVITATION = "invitation"


@dataclass(frozen=True, slots=True)
class SigSettings:
    """What the owners of a SIG decide about it: four circles, none of which is wider than the existence, and how one
    joins. `question` is asked of those who wish to join; `rules` are what acts of moderators refer to, one a line."""

    reading: Circle = Circle.EVERYONE
    existence: Circle = Circle.EVERYONE
    describing: Circle = Circle.EVERYONE
    listing: Circle = Circle.SIG
    joining: Joining = Joining.OPEN
    question: str = ""
    rules: tuple[str, ...] = ()
    holds_first_posts: bool = False

    @property
    def circles(self) -> Mapping[str, Circle]:
        """The four circles by their names, the existence first."""
        return {name: getattr(self, name) for name in CIRCLES}

    @classmethod
    def read_by(cls, reading: Circle) -> "SigSettings":
        """The settings of a SIG of which everyone may know, with these readers."""
        return cls(reading=reading)


CIRCLES = ("existence", "describing", "listing", "reading")
"""The four circles: who may know of a SIG, read what it is for, see its people, read what is said in it."""


def problems_with_circles(settings: SigSettings) -> Problems:
    """No circle may be wider than the existence: who may not know of a SIG can read nothing of it."""
    return {name: Problem.WRONG for name, circle in settings.circles.items() if is_wider(circle, settings.existence)}


def widening_circles(before: SigSettings, after: SigSettings) -> tuple[str, ...]:
    """The circles that let somebody in who was outside: asked first. To open a description is asked like the rest."""
    return tuple(name for name, circle in after.circles.items() if is_wider(circle, before.circles[name]))


def problems_with_settings(name: str, description: str, settings: SigSettings) -> Problems:
    """What is wrong with the settings form, by field."""
    problems = problems_with_circles(settings)
    if not name:
        problems["name"] = Problem.EMPTY
    elif len(name) > LONGEST_SIG_NAME:
        problems["name"] = Problem.TOO_LONG
    if len(description) > LONGEST_DESCRIPTION:
        problems["description"] = Problem.TOO_LONG
    if len(settings.question) > LONGEST_QUESTION:
        problems["question"] = Problem.TOO_LONG
    if len(settings.rules) > MOST_RULES:
        problems["rules"] = Problem.TOO_MANY
    elif any(len(rule) > LONGEST_RULE for rule in settings.rules):
        problems["rules"] = Problem.TOO_LONG
    return problems


def opens_to_people(keys: Keys, sig_id: int) -> bool:
    """Whether all people of a SIG see what carries these keys: a membership that they do not see counts for nobody."""
    return not keys.isdisjoint({PUBLIC, MEMBERS, sig_key(sig_id)})


def post_keys(reading: Circle, sig_id: int, author_id: int | None) -> Keys:
    """A post opens to the SIG's readers and, for good, to its author."""
    keys = {circle_key(reading, sig_id)}
    if author_id is not None:
        keys.add(own_key(author_id))
    return frozenset(keys)


def thread_keys(reading: Circle, sig_id: int) -> Keys:
    """A thread opens to the SIG's readers only: its counts and dates tell of other people's posts."""
    return frozenset({circle_key(reading, sig_id)})


class Role(StrEnum):
    """What a member may do in a SIG."""

    OWNER = "owner"
    MODERATOR = "moderator"
    MEMBER = "member"


MODERATING = frozenset({Role.OWNER, Role.MODERATOR})
"""The roles that hold the `mod` key of a SIG."""


@dataclass(frozen=True, slots=True)
class Sig:
    """A SIG as the rules need it."""

    sig_id: int
    reading: Circle
    is_importing: bool = False


def refuse_to_join(viewer: Viewer) -> Refused | None:
    """Open SIGs take every confirmed member."""
    return None if viewer.is_member else Refused(Reason.NOT_CONFIRMED)


def refuse_to_post(viewer: Viewer, sig_id: int) -> Refused | None:
    """Those who belong to a SIG may start threads and reply in it."""
    if viewer.member_id is None:
        return Refused(Reason.SIGN_IN)
    if not viewer.is_member:
        return Refused(Reason.NOT_CONFIRMED)
    if not may_see(frozenset({sig_key(sig_id)}), viewer.ring):
        return Refused(Reason.NOT_A_MEMBER)
    return None


def chip_for_sig(reading: Circle, name: str) -> KeyChip:
    """The key chip of everything that is said in a SIG."""
    match reading:
        case Circle.EVERYONE:
            return KeyChip(scope=Scope.EVERYONE)
        case Circle.MEMBERS:
            return KeyChip(scope=Scope.MEMBERS)
        case Circle.SIG:
            return KeyChip(scope=Scope.SIG, name=name)


class SigLine(View):
    """A SIG in a list. The counts and the date of what is said in it are None for those who may not read it, the
    description for those to whom it does not open, and the number of its people for whoever is not one of them."""

    slug: str
    name: str
    description: str | None
    member_count: int | None
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
    is_pinned: bool = False
    is_held: bool = False
    is_hidden: bool = False


class Newcomer(View):
    """Somebody who joined one of the viewer's SIGs of late."""

    person: MemberLine
    sig_slug: str
    sig_name: str
    joined_at: datetime


class HomePage(PageView, template="home/home.html"):
    """The front of the colonnade: communities with their SIGs, and the newest threads that this viewer may read; for
    members also who is new in their SIGs, and what is said of their interests."""

    communities: tuple[CommunityLine, ...]
    threads: tuple[ThreadLine, ...]
    newcomers: tuple[Newcomer, ...] = ()
    interests: tuple[ThreadLine, ...] = ()


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
    `place` is the query that leads to this page again. `may_join` says that the door is open to this viewer, by
    request or at once; `has_asked` that their request waits; `is_public` that visitors know of the SIG.
    """

    sig: SigLine
    community_slug: str
    community_name: str
    may_read: bool
    joining: Joining
    may_join: bool
    has_asked: bool
    may_leave: bool
    may_see_people: bool
    may_invite: bool
    may_change: bool
    is_public: bool
    rules: tuple[str, ...]
    may_post: bool
    threads: tuple[ThreadLine, ...]
    pinned: tuple[ThreadLine, ...]
    may_log: bool
    may_queue: bool
    tags: tuple[TagLine, ...]
    tag: str | None
    newer: str | None
    older: str | None
    place: str = ""
    source_name: str | None = None
    source_url: str | None = None


class CircleInput(View):
    """One of the four circles in the settings form: what is chosen, and what is wrong with it."""

    name: str
    chosen: str
    problem: Problem | None = None


class SigSettingsPage(PageView, template="sigs/settings.html"):
    """The settings of a SIG for its owners, with what was typed. `widening` are the circles that would open further,
    by name and by what they would become: that is asked first. `version` says which settings the form has seen."""

    slug: str
    title: str
    name: str
    description: str
    circles: tuple[CircleInput, ...]
    joining: str
    question: str
    rules: str
    holds_first_posts: bool
    problems: tuple[tuple[str, Problem], ...] = ()
    widening: tuple[tuple[str, Circle], ...] = ()
    version: str = ""
    refused: Reason | None = None
    saved: bool = False
