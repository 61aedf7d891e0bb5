"""The frame around every page, and the pages that belong to no capability."""

from enum import StrEnum

from domain.members import MemberLine
from domain.refusals import Reason
from domain.views import PageView, View


class RailSig(View):
    """One of my SIGs in the side rail; `may_queue` where I am one of those who decide what waits there."""

    slug: str
    name: str
    may_queue: bool = False


class Frame(View):
    """What surrounds a page: who is signed in, which SIGs are theirs, and how many notices wait that they may see.
    `is_staff`: the queue of the staff is theirs to decide."""

    me: MemberLine | None = None
    sigs: tuple[RailSig, ...] = ()
    is_confirmed: bool = True
    is_check_up_due: bool = False
    unseen: int = 0
    is_staff: bool = False
    is_development: bool = False


class FeedLink(View):
    """A feed of what is on the page."""

    title: str
    url: str


class LinkPreview(View):
    """How a link to the page looks elsewhere (Open Graph)."""

    kind: str
    title: str
    description: str
    url: str
    image: str | None = None


class Head(View):
    """What a page tells programs: addresses are whole ones, `robots` is empty where everything is allowed."""

    robots: str
    canonical: str | None = None
    previous: str | None = None
    following: str | None = None
    feeds: tuple[FeedLink, ...] = ()
    preview: LinkPreview | None = None


class Failure(StrEnum):
    """The kinds of error page."""

    BAD_REQUEST = "bad-request"
    SIGN_IN = "sign-in"
    FORBIDDEN = "forbidden"
    NOT_CONFIRMED = "not-confirmed"
    MISSING = "missing"
    GONE = "gone"
    METHOD = "method"
    TOO_LARGE = "too-large"
    TOO_MANY = "too-many"
    CROSS_SITE = "cross-site"
    BUSY = "busy"
    LOCKED = "locked"
    OURS = "ours"


class ErrorPage(PageView, template="errors/error.html"):
    """An error in the look of the house: what happened, what was kept, what to do."""

    status: int
    failure: Failure
    retry_after: int | None = None
    kept: str | None = None
    reason: Reason | None = None


class AboutPage(PageView, template="about/page.html"):
    """A text of the house: terms, privacy policy, help with Markdown."""

    name: str
    version: str | None = None


class MailLine(View):
    """One mail in the development mailbox."""

    name: str
    recipient: str
    subject: str
    text: str
    links: tuple[str, ...]


class MailboxPage(PageView, template="development/mailbox.html"):
    """The development mailbox: what would have been sent."""

    mails: tuple[MailLine, ...]
