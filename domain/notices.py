"""Notices: what members are told of, by which rules, and how each may go by mail as well.

A notice names what it is about by ids and holds no words. What it says is worked out at each reading, with the ring of
its member; what no longer opens to them is neither shown nor counted nor sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from domain.members import MemberLine
from domain.sigs import Role
from domain.views import PageView, View

NOTICES_A_PAGE = 30
MOST_COUNTED = 99
"""The bell counts so far; beyond it says that there are more."""

MOST_IN_A_DIGEST = 50
DIGEST_HOUR = 6
"""The hour of the day, in UTC, at which digests are due."""

MAIL_WITHIN = timedelta(days=2)
"""What happened longer ago, while nobody consumed events, is told on the site alone."""

KEEP_NOTICES_FOR = timedelta(days=180)
MOST_ATTEMPTS = 40
LONGEST_DELAY = timedelta(hours=2)
SHORTEST_DELAY = timedelta(seconds=5)

LONGEST_EXCERPT = 400
"""Characters of what was written that a mail repeats."""


class NoticeKind(StrEnum):
    """What happened."""

    REPLY = "reply"
    MENTION = "mention"
    SCRAP = "scrap"
    REQUEST = "request"
    ACCEPTED = "accepted"
    INVITATION = "invitation"
    ADMITTED = "admitted"
    TURNED_DOWN = "turned-down"
    ROLE = "role"
    OFFER = "offer"
    QUEUE = "queue"
    ACT = "act"
    APPEAL = "appeal"


class MailChoice(StrEnum):
    """How a member wants the notices of a kind by mail."""

    NOW = "now"
    DAILY = "daily"
    OFF = "off"


class MailState(StrEnum):
    """What became of a notice's mail. `dropped`: it was due, and then there was no reason left to send it."""

    OFF = "off"
    DUE = "due"
    SENT = "sent"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """The rules of a kind: its mail until the member chooses, whether they may refuse it (a service is about their own
    rights here, and may not be refused), and whether a block or a mute between the two people stops it."""

    mail: MailChoice
    is_service: bool = False
    is_personal: bool = True


NOTICE_RULES: Mapping[NoticeKind, NoticeRule] = {
    NoticeKind.REPLY: NoticeRule(MailChoice.NOW),
    NoticeKind.MENTION: NoticeRule(MailChoice.NOW),
    NoticeKind.SCRAP: NoticeRule(MailChoice.NOW),
    NoticeKind.REQUEST: NoticeRule(MailChoice.NOW),
    NoticeKind.ACCEPTED: NoticeRule(MailChoice.DAILY),
    NoticeKind.INVITATION: NoticeRule(MailChoice.NOW),
    NoticeKind.ADMITTED: NoticeRule(MailChoice.NOW, is_personal=False),
    NoticeKind.TURNED_DOWN: NoticeRule(MailChoice.NOW, is_personal=False),
    NoticeKind.ROLE: NoticeRule(MailChoice.NOW, is_personal=False),
    NoticeKind.OFFER: NoticeRule(MailChoice.NOW),
    NoticeKind.QUEUE: NoticeRule(MailChoice.DAILY, is_personal=False),
    NoticeKind.ACT: NoticeRule(MailChoice.NOW, is_service=True, is_personal=False),
    NoticeKind.APPEAL: NoticeRule(MailChoice.NOW, is_service=True, is_personal=False),
}

PERSONAL = frozenset(kind for kind, rule in NOTICE_RULES.items() if rule.is_personal)
REFUSABLE = tuple(kind for kind, rule in NOTICE_RULES.items() if not rule.is_service)


def mail_choice(kind: NoticeKind, chosen: MailChoice | None) -> MailChoice:
    """How the notices of this kind go by mail: what the member chose, unless it is a service, or else the default."""
    rule = NOTICE_RULES[kind]
    return rule.mail if rule.is_service or chosen is None else chosen


def mail_moment(choice: MailChoice, happened_at: datetime, now: datetime) -> datetime | None:
    """When the mail of a notice that is made now is due; None when there is none. All that goes into one digest is due
    at the same moment."""
    if now - happened_at > MAIL_WITHIN:
        return None
    match choice:
        case MailChoice.OFF:
            return None
        case MailChoice.NOW:
            return now
        case MailChoice.DAILY:
            today = datetime.combine(now.astimezone(UTC).date(), time(DIGEST_HOUR), UTC)
            return today if now < today else today + timedelta(days=1)


def delay_after(attempts: int) -> timedelta:
    """How long a mail waits after so many failures: twice as long each time."""
    return min(SHORTEST_DELAY * float(2 ** min(attempts, 20)), LONGEST_DELAY)


class NoticeLine(View):
    """A notice as its member may read it now. What they may not see of it is None: `actor` without a name stands for
    somebody. `words` is what was written, for mails only. `is_mine`: a scrap is on the member's own page.
    `is_of_house`: it belongs to no SIG."""

    notice_id: int
    kind: NoticeKind
    made_at: datetime
    is_seen: bool
    actor: MemberLine | None = None
    title: str | None = None
    sig_name: str | None = None
    sig_slug: str | None = None
    post_id: int | None = None
    scrap_id: int | None = None
    act_id: int | None = None
    case_id: int | None = None
    is_mine: bool = False
    is_of_house: bool = False
    role: Role | None = None
    act_kind: str | None = None
    is_undone: bool = False
    is_granted: bool = False
    words: str | None = None


class NoticeDay(View):
    """The notices of one day, the newest first."""

    day: datetime
    notices: tuple[NoticeLine, ...]


class NoticesPage(PageView, template="notices/list.html"):
    """What the viewer is told of. `older` is the cursor of the next page, in the form that `?before=` takes; `newest`
    is the newest notice on the page, up to which all can be marked as seen."""

    days: tuple[NoticeDay, ...]
    unseen: int
    newest: int | None
    older: int | None
    is_first: bool


class UnseenPage(PageView, template="notices/unseen.html"):
    """How many notices wait: the bell asks for its own block of this page."""


class ChoiceLine(View):
    """One kind of notice on the form of choices."""

    kind: NoticeKind
    is_service: bool
    chosen: MailChoice


class NoticeChoicesPage(PageView, template="notices/choices.html"):
    """How the viewer wants each kind of notice by mail."""

    choices: tuple[ChoiceLine, ...]
    saved: bool = False


class UnsubscribePage(PageView, template="notices/unsubscribe.html"):
    """Ending the mails of one kind, or the digest where `kind` is None, by the link in one of them. It names nobody."""

    kind: NoticeKind | None
    is_done: bool
