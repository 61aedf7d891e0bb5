"""What was open to whom: the history of each entry, the public page and its switch, and receipts of opting out."""

from datetime import datetime, timedelta
from enum import StrEnum

from domain.members import EntryKind, EntryLine, KeyChip, MemberPage, Widening
from domain.views import PageView, View

CHECK_UP_EVERY = timedelta(days=365)


def is_check_up_due(checked_up_at: datetime | None, now: datetime) -> bool:
    """Whether it is time for the privacy check-up: after registration, and once a year."""
    return checked_up_at is None or now - checked_up_at > CHECK_UP_EVERY


class ExposureLine(View):
    """From when to when an entry was open to one audience; `ended_at` is None while it is. `label` tells records and
    memberships of one kind apart, while they stand."""

    kind: EntryKind
    label: str | None
    key: KeyChip
    started_at: datetime
    ended_at: datetime | None


class ExposurePage(PageView, template="members/exposure.html"):
    """The history of exposure of one's own page, the newest first."""

    lines: tuple[ExposureLine, ...]
    address: str
    has_more: bool = False


class ReceiptLink(View):
    """A receipt in a list."""

    receipt_id: int
    made_at: datetime


class PublicPage(PageView, template="members/public.html"):
    """The switch of the public page: what of it a visitor sees, or would."""

    address: str
    is_on: bool
    refuses_ai: bool
    entries: tuple[EntryLine, ...]
    receipts: tuple[ReceiptLink, ...]
    widening: tuple[Widening, ...] = ()


class AddressCheck(View):
    """What an address answered to a visitor, from the first look to the last that found the same."""

    path: str
    status: int
    first_checked_at: datetime
    last_checked_at: datetime
    checks: int


class ReceiptPage(PageView, template="members/receipt.html"):
    """The receipt of one opting out. `site_url` stands before each path, as search engines know it."""

    made_at: datetime
    site_url: str
    checks: tuple[AddressCheck, ...]


class Looker(StrEnum):
    """Through whose eyes one's own page can be looked at."""

    VISITOR = "visitor"
    SEARCH_ENGINE = "search-engine"
    MEMBER = "member"
    CONNECTION = "connection"
    SIG = "sig"
    LIST = "list"
    PERSON = "person"
    MAIL = "mail"


class LookerOption(View):
    """One pair of eyes on offer; `name` is the SIG's or the list's."""

    value: str
    looker: Looker
    name: str | None
    chosen: bool


class ViewAsPage(PageView, template="members/view_as.html"):
    """One's own page through other eyes. `person` is that page, and None where they get none: because it is gone, or
    there is nothing in it for them. `asked` is the page address of a named person, unknown when it is nobody's."""

    options: tuple[LookerOption, ...]
    looker: LookerOption
    address: str
    asked: str
    person: MemberPage | None
    is_gone: bool = False
    is_unknown: bool = False
