"""The pages of a member: their personal page as one viewer gets it, and the owner's forms."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from domain.members.chips import KeyChip, chip_for_owner, chip_for_reader
from domain.members.kinds import ENTRY_RULES, EntryKind, Shape
from domain.members.people import Entry, MemberLine
from domain.members.relations import RelationView
from domain.members.values import Slot, read_record
from domain.refusals import Problem
from domain.views import PageView, View
from domain.visibility import Audience, Keys, Ring, Scope, effective_audience, reveal


class RecordLine(View):
    """A job, a school or a link: what it is, what stands under it, from when to when, and the member's words by line.

    `start` and `end` are years, or years and months, `2019-04`; `address` is that of a link.
    """

    head: str
    under: tuple[str, ...] = ()
    start: str = ""
    end: str = ""
    text: tuple[str, ...] = ()
    address: str | None = None


class ContributionLine(View):
    """Something that a member wrote, in a thread that the viewer may read."""

    post_id: int
    title: str
    sig_name: str
    sig_slug: str
    written_at: datetime
    is_opening: bool


class ScrapLine(View):
    """A scrap on the page of its owner, in brief: `text` is its beginning without its markup. A scrap of Stoa's has no
    author and a `topic`, which names the words; `is_shut` says that only its owner and its writer see it."""

    scrap_id: int
    author: MemberLine | None
    topic: str | None
    text: str
    written_at: datetime
    is_shut: bool


class EntryLine(View):
    """One visible entry.

    `items` are its lines, for a list one an item; a membership has the `address` of its SIG, what is worked out has
    `people`, `threads`, a `day`, or `scraps` with the `address` of their board. For its owner, `edit` is where they
    change it, and `slot` is what forms call it.
    """

    kind: EntryKind
    shape: Shape
    key: KeyChip
    items: tuple[str, ...] = ()
    record: RecordLine | None = None
    address: str | None = None
    people: tuple[MemberLine, ...] = ()
    threads: tuple[ContributionLine, ...] = ()
    scraps: tuple[ScrapLine, ...] = ()
    day: date | None = None
    edit: str | None = None
    slot: str | None = None


class MemberPage(PageView, template="members/show.html"):
    """A personal page as one viewer gets it. Who may see no entry gets no page at all.

    `public_page` says whether the switch is on, and is told to the owner alone. `refuses_ai` is told to programs that
    read the page for a model. `has_board` says that the viewer may read the scraps here, be there any or not.
    `relation` is how the viewer stands to the person, for the acts beside the page.
    """

    line: MemberLine
    address: str
    headline: str | None
    entries: tuple[EntryLine, ...]
    has_board: bool = False
    refuses_ai: bool = False
    is_own: bool = False
    public_page: bool = False
    relation: RelationView | None = None


class AudienceOption(View):
    """One choice of audience for an entry; `people` counts who will see it, the owner included, None for everyone."""

    value: str
    scope: Scope
    name: str | None
    people: int | None
    chosen: bool


class EntryInput(View):
    """One entry on a form of its owner's: value, who sees it now, and what may be chosen. `name` is its slot's."""

    name: str
    kind: EntryKind
    shape: Shape
    value: str
    longest: int
    is_required: bool
    is_sensitive: bool
    suggest: str | None
    options: tuple[AudienceOption, ...]
    label: str | None = None
    problem: Problem | None = None


class Widening(View):
    """An entry that more people would see than before; `audience` is the one that is asked about, as forms post it,
    and `reach` who that is, in numbers, where its owner may know them."""

    name: str
    audience: str
    kind: EntryKind
    label: str | None
    is_sensitive: bool
    reach: AudienceOption | None = None


class EditPage(PageView, template="members/edit.html"):
    """The owner's form for all entries, each with its audience. Records have a form each."""

    address: str
    inputs: tuple[EntryInput, ...]
    records: tuple[EntryLine, ...]
    photo: EntryLine | None
    photo_options: tuple[AudienceOption, ...]
    public_page: bool
    may_add: tuple[EntryKind, ...] = ()
    widening: tuple[Widening, ...] = ()


class PartInput(View):
    """One part of a record to fill in."""

    name: str
    value: str
    longest: int
    lines: int
    is_required: bool
    is_month: bool
    suggest: str | None
    problem: Problem | None = None


class RecordPage(PageView, template="members/record.html"):
    """The form for one record: a job, a school, a link. `position` is None for a new one."""

    kind: EntryKind
    position: int | None
    parts: tuple[PartInput, ...]
    options: tuple[AudienceOption, ...]
    problem: Problem | None = None
    widening: tuple[Widening, ...] = ()


class AudiencePage(PageView, template="members/audience.html"):
    """The key of one entry, to be changed where one reads it: the control in the chip, and a page of its own."""

    input: EntryInput
    address: str
    widening: tuple[Widening, ...] = ()


class CheckUpPage(PageView, template="members/check_up.html"):
    """One step of the privacy check-up: some entries, each with who sees it."""

    step: int
    steps: int
    inputs: tuple[EntryInput, ...]
    public_page: bool
    address: str
    widening: tuple[Widening, ...] = ()


class DefaultLine(View):
    """One row of the visible table of defaults."""

    kind: EntryKind
    key: KeyChip
    may_be_public: bool
    is_required: bool
    is_sensitive: bool


class DefaultsPage(PageView, template="members/defaults.html"):
    """The table of defaults, as everyone may read it."""

    lines: tuple[DefaultLine, ...]


def defaults_page() -> DefaultsPage:
    """`ENTRY_RULES` as a page."""
    return DefaultsPage(
        lines=tuple(
            DefaultLine(
                kind=kind,
                key=chip_for_owner(rule.default, {}),
                may_be_public=rule.may_be_public,
                is_required=rule.is_required,
                is_sensitive=rule.is_sensitive,
            )
            for kind, rule in ENTRY_RULES.items()
        )
    )


def visible_entries(
    entries: Iterable[Entry], ring: Ring, sig_names: Mapping[int, str], own_names: Mapping[Audience, str] | None = None
) -> tuple[EntryLine, ...]:
    """The entries that the holder of this ring may see, in the order of the page, each with its reason.

    `own_names` are the names of the owner's SIGs and lists, given when it is the owner who looks. Entries that are
    worked out are empty here: storage fills them, for this ring.
    """
    lines = []
    chips: dict[Keys, KeyChip | None] = {}  # entries of one audience share their reason
    for entry in entries:
        value, keys = reveal(entry.value, ring), entry.value.keys
        if keys not in chips:
            chips[keys] = chip_for_reader(keys, ring, sig_names)
        key = chips[keys]
        if not value or key is None:
            continue
        if own_names is not None:
            key = chip_for_owner(effective_audience(entry.audience, keys), own_names)
        lines.append(_line_of(entry, value, key, is_own=own_names is not None))
    return tuple(sorted((line for line in lines if line is not None), key=_place))


_ORDER = {kind: place for place, kind in enumerate(EntryKind)}


def _place(line: EntryLine) -> tuple[int, int, int]:
    """The order of the page; of records the newest first, and what goes on before what has ended."""
    if line.record is None or not (line.record.start or line.record.end):
        return _ORDER[line.kind], 0, 0
    ended = _month(line.record.end) if line.record.end else _GOING_ON
    return _ORDER[line.kind], -ended, -_month(line.record.start or line.record.end)


_GOING_ON = 12 * 10_000


def _month(text: str) -> int:
    """The number of a month, `2019-04`; a year counts as its first."""
    year, _dash, month = text.partition("-")
    return int(year) * 12 + int(month or 1)


def _line_of(entry: Entry, value: str, key: KeyChip, *, is_own: bool) -> EntryLine | None:
    shape, address, record = ENTRY_RULES[entry.kind].shape, None, None
    match shape:
        case Shape.RECORD:
            record = record_of(value)
            items: tuple[str, ...] = (record.head,)
        case Shape.SIG:
            if entry.sig is None:
                return None
            items, address = (entry.sig[0],), f"/sigs/{entry.sig[1]}"
        case Shape.PEOPLE | Shape.THREADS | Shape.SCRAPS:
            items = ()
        case _:
            items = tuple(value.split("\n"))
    return EntryLine(
        kind=entry.kind,
        shape=shape,
        key=key,
        items=items,
        record=record,
        address=address,
        edit=_edit_address(entry.slot) if is_own else None,
        slot=entry.slot.name if is_own else None,
    )


def record_of(value: str) -> RecordLine:
    """A record as stored, as it is shown."""
    parts = read_record(value)
    address = parts.get("address")
    head = parts.get("role") or parts.get("school") or parts.get("label") or address or ""
    under = tuple([parts[name] for name in _UNDER if parts.get(name)])
    lines = tuple([line for line in parts["text"].split("\n") if line]) if "text" in parts else ()
    return RecordLine(
        head=head, under=under, start=parts.get("start", ""), end=parts.get("end", ""), text=lines, address=address
    )


_UNDER = ("company", "degree", "field", "industry")


def _edit_address(slot: Slot) -> str:
    if ENTRY_RULES[slot.kind].shape is Shape.RECORD:
        return f"/profile/{slot.kind}/{slot.position}"
    if slot.kind is EntryKind.PHOTO:
        return "/profile/photo"
    return f"/profile/edit#{slot.name}"
