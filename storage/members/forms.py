"""The owner's forms as they are shown: with what is stored, or with what was typed and could not be saved yet."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import (
    ENTRY_RULES,
    RECORD_PARTS,
    AudiencePage,
    CheckUpPage,
    EditPage,
    Entry,
    EntryInput,
    EntryKind,
    EntryLine,
    PartInput,
    RecordPage,
    Shape,
    Slot,
    Widening,
    problems_with_record,
    read_record,
    record_of,
    visible_entries,
)
from domain.visibility import Audience, Ring, Scope, member_ring, reveal
from storage.database import Database
from storage.members.audiences import Offer, list_offers, names_of, option_of, options_for
from storage.members.editing import Unsaved, audience_unless_chosen
from storage.members.keys import find_owner, is_filled
from storage.members.page import Stored, find_stored
from storage.secrets import Seal

RECORD_KINDS = tuple(RECORD_PARTS)
_NOTHING = Unsaved()

CHECK_UP_STEPS: tuple[tuple[EntryKind, ...], ...] = (
    (EntryKind.NAME, EntryKind.PROFESSION, EntryKind.HEADLINE, EntryKind.PHOTO, EntryKind.ABOUT),
    (EntryKind.EMAIL, EntryKind.PHONE, EntryKind.LINK),
    tuple(kind for kind, rule in ENTRY_RULES.items() if rule.is_sensitive and kind is not EntryKind.PHOTO),
    (EntryKind.MEMBERSHIP, EntryKind.CONNECTIONS, EntryKind.CONTRIBUTIONS, EntryKind.SCRAPS, EntryKind.LAST_SEEN),
)
"""What each step of the check-up goes through: who finds you, who reaches you, what is sensitive, what you do."""


@dataclass(frozen=True, slots=True)
class _Desk:
    """What every form of one owner is made from."""

    stored: Stored
    offers: tuple[Offer, ...]
    ring: Ring
    unsaved: Unsaved

    @property
    def entries(self) -> dict[Slot, Entry]:
        return {entry.slot: entry for entry in self.stored.entries}

    def value_of(self, slot: Slot) -> str:
        if slot in self.unsaved.typed:
            return self.unsaved.typed[slot].value
        entry = self.entries.get(slot)
        return (reveal(entry.value, self.ring) if entry else None) or ""

    def chosen(self, slot: Slot) -> str:
        if slot in self.unsaved.typed:
            return self.unsaved.typed[slot].audience
        entry = self.entries.get(slot)
        return str(entry.audience if entry else audience_unless_chosen(slot))

    def label_of(self, slot: Slot) -> str | None:
        """What tells this entry apart from others of its kind."""
        if slot.kind is EntryKind.MEMBERSHIP:
            return names_of(self.offers).get(Audience(Scope.SIG, slot.position))
        if ENTRY_RULES[slot.kind].shape is not Shape.RECORD:
            return None
        return record_of(self.value_of(slot)).head or None

    def widening(self) -> tuple[Widening, ...]:
        """The entries that wait for a yes."""
        return tuple(
            Widening(
                name=slot.name,
                audience=str(audience),
                kind=slot.kind,
                label=self.label_of(slot),
                is_sensitive=ENTRY_RULES[slot.kind].is_sensitive,
                reach=option_of(audience, self.offers),
            )
            for slot, audience in self.unsaved.widening.items()
        )

    def input(self, slot: Slot) -> EntryInput:
        rule = ENTRY_RULES[slot.kind]
        return EntryInput(
            name=slot.name,
            kind=slot.kind,
            shape=rule.shape,
            value=self.value_of(slot),
            longest=rule.longest,
            is_required=rule.is_required,
            is_sensitive=rule.is_sensitive,
            suggest=rule.suggest,
            options=options_for(slot.kind, self.chosen(slot), self.offers),
            label=self.label_of(slot),
            problem=self.unsaved.problems.get(slot),
        )

    def slots(self, kinds: Iterable[EntryKind], is_wanted: Callable[[Slot], bool]) -> list[Slot]:
        """The entries of these kinds in the order of the page; single ones also where nothing is stored yet."""
        found = []
        for kind in kinds:
            many = sorted({slot for slot in self.entries if slot.kind is kind and slot.position} | self.joined(kind))
            is_single = ENTRY_RULES[kind].shape not in {Shape.RECORD, Shape.SIG}
            found += [slot for slot in ([Slot(kind)] if is_single else many) if is_wanted(slot)]
        return found

    def joined(self, kind: EntryKind) -> set[Slot]:
        """The memberships that last, whether or not anything was ever chosen for them."""
        if kind is not EntryKind.MEMBERSHIP:
            return set()
        return {Slot(kind, offer.audience.of or 0) for offer in self.offers if offer.audience.scope is Scope.SIG}

    def lines(self, shape: Shape) -> tuple[EntryLine, ...]:
        """The stored entries of one shape as their owner sees them."""
        wanted = [entry for entry in self.stored.entries if ENTRY_RULES[entry.kind].shape is shape]
        return visible_entries(wanted, self.ring, {}, names_of(self.offers))


async def _lay_desk(connection: AsyncConnection, seal: Seal, member_id: int, unsaved: Unsaved | None) -> _Desk:
    owner = (unsaved and unsaved.owner) or await find_owner(connection, member_id)
    ring = member_ring(member_id, in_good_standing=True, sig_ids=owner.sig_ids)
    return _Desk(
        await find_stored(connection, seal, member_id, ring),
        await list_offers(connection, owner),
        ring,
        unsaved or _NOTHING,
    )


async def find_edit_page(database: Database, seal: Seal, member_id: int, unsaved: Unsaved | None = None) -> EditPage:
    """The owner's form with every entry that stands in it."""
    async with database.reading() as connection:
        desk = await _lay_desk(connection, seal, member_id, unsaved)
    in_form = [kind for kind, rule in ENTRY_RULES.items() if rule.shape not in {Shape.RECORD, Shape.PHOTO}]
    photo = desk.lines(Shape.PHOTO)
    return EditPage(
        address=desk.stored.public_id,
        inputs=tuple(desk.input(slot) for slot in desk.slots(in_form, lambda slot: _stands(desk, slot))),
        records=desk.lines(Shape.RECORD),
        photo=photo[0] if photo else None,
        photo_options=desk.input(Slot(EntryKind.PHOTO)).options,
        public_page=desk.stored.has_public_page,
        may_add=RECORD_KINDS,
        widening=desk.widening(),
    )


def _stands(desk: _Desk, slot: Slot) -> bool:
    """Whether an entry is there to be edited: of memberships, those that last."""
    return slot.kind is not EntryKind.MEMBERSHIP or slot in desk.joined(slot.kind)


async def find_audience_page(
    database: Database, seal: Seal, member_id: int, slot: Slot, unsaved: Unsaved | None = None
) -> AudiencePage | None:
    """The key of one entry that is there; None when it is not."""
    async with database.reading() as connection:
        desk = await _lay_desk(connection, seal, member_id, unsaved)
    if slot not in desk.entries or not is_filled(slot, desk.value_of(slot)):
        return None
    return AudiencePage(input=desk.input(slot), address=desk.stored.public_id, widening=desk.widening())


async def find_check_up_page(
    database: Database, seal: Seal, member_id: int, step: int, unsaved: Unsaved | None = None
) -> CheckUpPage:
    """One step of the check-up, from 1: the filled entries that it goes through."""
    async with database.reading() as connection:
        desk = await _lay_desk(connection, seal, member_id, unsaved)
    slots = desk.slots(
        CHECK_UP_STEPS[step - 1], lambda slot: bool(desk.value_of(slot)) or slot in desk.joined(slot.kind)
    )
    return CheckUpPage(
        step=step,
        steps=len(CHECK_UP_STEPS),
        inputs=tuple(desk.input(slot) for slot in slots),
        public_page=desk.stored.has_public_page,
        address=desk.stored.public_id,
        widening=desk.widening(),
    )


async def find_record_page(
    database: Database, seal: Seal, member_id: int, kind: EntryKind, position: int, unsaved: Unsaved | None = None
) -> RecordPage | None:
    """The form for a record; position 0 is a new one. None when there is no such record."""
    async with database.reading() as connection:
        desk = await _lay_desk(connection, seal, member_id, unsaved)
    slot = Slot(kind, position)
    if position and not desk.value_of(slot) and slot not in desk.unsaved.typed:
        return None
    record = read_record(desk.value_of(slot))
    problems = problems_with_record(kind, record) if slot in desk.unsaved.problems else {}
    return RecordPage(
        kind=kind,
        position=position or None,
        parts=tuple(
            PartInput(
                name=part.name,
                value=record.get(part.name, ""),
                longest=part.longest,
                lines=part.lines,
                is_required=part.is_required,
                is_month=part.is_month,
                suggest=part.suggest,
                problem=problems.get(part.name),
            )
            for part in RECORD_PARTS[kind]
        ),
        options=options_for(kind, desk.chosen(slot), desk.offers),
        problem=None if problems else desk.unsaved.problems.get(slot),
        widening=desk.widening(),
    )


async def widening_of(
    connection: AsyncConnection, seal: Seal, member_id: int, unsaved: Unsaved
) -> tuple[Widening, ...]:
    """The entries of a form that wait for a yes, as a page names them."""
    return (await _lay_desk(connection, seal, member_id, unsaved)).widening()
