"""Scraps: messages on a member's page, who sees each, and what its owner and its writer may do with it.

Rules kept here: the audience of the board, which is an entry like any other, says who reads; what waits, is hidden or
is meant for two opens to these two alone; a reply goes no further than what it answers; what is deleted, to nobody.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.members import KeyChip, MemberLine
from domain.refusals import Problem, Reason, Refused
from domain.views import PageView, SafeHtml, View
from domain.visibility import Keys, Ring, Viewer, may_see, own_key, ring_towards

SCRAPS_A_PAGE = 20
MOST_REPLIES = 50
"""Replies under one scrap, so that a page of them stays a page."""
LONGEST_BRIEF = 280
"""Characters of a scrap on the personal page."""


class ScrapKind(StrEnum):
    """Whose words a scrap holds: a member's, those of somebody who has left, or Stoa's own."""

    MEMBER = "member"
    FORMER = "former"
    SYSTEM = "system"


class ScrapState(StrEnum):
    """Whether a scrap stands on the board, waits for its owner's yes, was hidden by them, or by the staff."""

    STANDING = "standing"
    WAITING = "waiting"
    HIDDEN = "hidden"
    WITHHELD = "withheld"


class Topic(StrEnum):
    """What Stoa leaves a scrap about; the words are the page's."""

    WELCOME = "welcome"
    CHECK_UP = "check-up"
    SIG_HANDED_OVER = "sig-handed-over"


@dataclass(frozen=True, slots=True)
class Scrap:
    """A scrap as the rules need it. `above` is the scrap that a reply answers."""

    owner_id: int
    writer_id: int | None
    kind: ScrapKind = ScrapKind.MEMBER
    state: ScrapState = ScrapState.STANDING
    is_private: bool = False
    is_deleted: bool = False
    above: "Scrap | None" = None

    @property
    def is_open(self) -> bool:
        """Whether it is for all who read the board."""
        return self.state is ScrapState.STANDING and not self.is_private and self.kind is not ScrapKind.SYSTEM


def scrap_keys(board_keys: Keys, scrap: Scrap) -> Keys:
    """The keys of a scrap on a board that carries these.

    A writer who may no longer read the board still sees their own words. Beneath what is private, both of the two see
    each other's replies; beneath what was hidden, who replied sees no more than that.
    """
    owner = frozenset({own_key(scrap.owner_id)})
    if scrap.is_deleted or scrap.kind is ScrapKind.SYSTEM:
        return owner
    two = owner | _own(scrap.writer_id)
    above = scrap.above
    if scrap.state is ScrapState.STANDING and above is not None and above.is_private:
        return two | _own(above.writer_id)
    if not scrap.is_open or (above is not None and not above.is_open):
        return two
    return two | board_keys


def _own(member_id: int | None) -> Keys:
    return frozenset() if member_id is None else frozenset({own_key(member_id)})


def may_see_scrap(scrap: Scrap, keys: Keys, ring: Ring) -> bool:
    """Whether the holder of this ring sees a scrap that carries these keys: a block with its owner shuts it."""
    return not scrap.is_deleted and may_see(keys, ring_towards(ring, scrap.owner_id))


def _owns(viewer: Viewer, scrap: Scrap) -> bool:
    return viewer.member_id == scrap.owner_id


def refuse_to_reply_to(scrap: Scrap, replies: int) -> Refused | None:
    """Replies stand one level deep, under what stands, and are not endless. Stoa takes none."""
    if scrap.above is not None or scrap.kind is ScrapKind.SYSTEM or scrap.state is not ScrapState.STANDING:
        return Refused(Reason.INVALID)
    return Refused(Reason.CLOSED) if replies >= MOST_REPLIES else None


def refuse_to_release(viewer: Viewer, scrap: Scrap) -> Refused | None:
    """The owner lets stand what waited or was hidden, while in good standing: it opens something. What the staff hid
    is not theirs to open."""
    if not _owns(viewer, scrap):
        return Refused(Reason.NOT_YOURS)
    if scrap.state is ScrapState.WITHHELD:
        return Refused(Reason.INVALID)
    return None if viewer.is_member else Refused(Reason.NOT_CONFIRMED)


def refuse_to_hide(viewer: Viewer, scrap: Scrap) -> Refused | None:
    """The owner hides what somebody wrote; what Stoa left is for the owner alone already."""
    if not _owns(viewer, scrap):
        return Refused(Reason.NOT_YOURS)
    is_shut = scrap.kind is ScrapKind.SYSTEM or scrap.state is ScrapState.WITHHELD
    return Refused(Reason.INVALID) if is_shut else None


def refuse_to_delete(viewer: Viewer, scrap: Scrap) -> Refused | None:
    """The owner deletes whatever stands on their board."""
    return None if _owns(viewer, scrap) else Refused(Reason.NOT_YOURS)


def refuse_to_take_back(viewer: Viewer, scrap: Scrap) -> Refused | None:
    """The writer takes back what they wrote, wherever it stands and whatever became of them since."""
    is_own = scrap.writer_id is not None and scrap.writer_id == viewer.member_id
    return None if is_own else Refused(Reason.NOT_YOURS)


class ScrapView(View):
    """One scrap. `author` is None for Stoa's own, which has a `topic`, and where only the place of a scrap is left,
    which has neither. `key` is None where only its owner and its writer see it. `owner` says on whose page it stands,
    in lists of several."""

    scrap_id: int
    author: MemberLine | None
    topic: Topic | None
    html: SafeHtml | None
    written_at: datetime
    state: ScrapState
    is_private: bool
    is_deleted: bool
    key: KeyChip | None
    owner: MemberLine | None = None
    may_release: bool = False
    may_hide: bool = False
    may_delete: bool = False
    may_take_back: bool = False


class ConversationView(View):
    """A scrap with its replies, the oldest first."""

    scrap: ScrapView
    replies: tuple[ScrapView, ...]
    may_reply: bool


class ScrapForm(View):
    """The composer of a board with what was typed; `submission` makes a doubled click one scrap.

    `reply_to` is whose scrap a reply answers, as far as the viewer knows. `is_for_two` says that the answer goes no
    further than the scrap, which is private."""

    submission: str
    body: str = ""
    is_private: bool = False
    reply_to_id: int | None = None
    reply_to: MemberLine | None = None
    is_for_two: bool = False
    preview: SafeHtml | None = None
    problem: Problem | None = None
    refused: Reason | None = None


class BoardPage(PageView, template="scraps/board.html"):
    """The scraps on a member's page. `newer` and `older` are the cursors of the neighbouring pages; `may_write` speaks
    of the form that is shown, and `waits` of what becomes of it."""

    address: str
    owner: MemberLine
    is_own: bool
    key: KeyChip
    conversations: tuple[ConversationView, ...]
    newer: int | None
    older: int | None
    may_write: bool
    waits: bool
    form: ScrapForm


class MyScrapsPage(PageView, template="scraps/mine.html"):
    """What waits for the viewer's yes, the oldest first, and what they left on other pages, the newest first."""

    address: str
    waiting: tuple[ScrapView, ...]
    has_more_waiting: bool
    left: tuple[ScrapView, ...]
    older: int | None
