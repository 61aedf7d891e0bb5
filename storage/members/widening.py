"""What coming into a SIG would open of one's page: to be asked first, like every widening.

Entries for My SIGs open to the people of each SIG that one does not hide. How many these are is told to nobody outside.
"""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import ENTRY_RULES, EntryKind, Shape, Slot, Widening, record_of
from domain.visibility import Audience, Owner, hides_membership, widens
from storage.database import fetch_all
from storage.members.editing import Confirmed
from storage.members.keys import find_owner, is_filled
from storage.tables import Entry, Sig


async def list_widened(connection: AsyncConnection, member_id: int, sig_id: int) -> tuple[Widening, ...]:
    """The entries that the people of a SIG would see from then on, in the order of the page."""
    statement = (
        select(Entry.c.kind, Entry.c.position, Entry.c.value, Entry.c.audience, Sig.c.name)
        .outerjoin(Sig, (Entry.c.kind == EntryKind.MEMBERSHIP) & (Sig.c.sig_id == Entry.c.position))
        .where(Entry.c.member_id == member_id)
    )
    rows = await fetch_all(connection, statement)
    entries = {Slot(EntryKind(row.kind), row.position): row for row in rows}
    audiences = {slot: Audience.parse(row.audience) for slot, row in entries.items()}
    before, after = _before_and_after(await find_owner(connection, member_id), audiences, sig_id)
    opened = [
        slot
        for slot, row in entries.items()
        if is_filled(slot, row.value) and widens(audiences[slot], audiences[slot], before, after)
    ]
    return tuple(
        Widening(
            name=slot.name,
            audience=entries[slot].audience,
            kind=slot.kind,
            label=_label(slot, entries[slot].value, entries[slot].name),
            is_sensitive=ENTRY_RULES[slot.kind].is_sensitive,
        )
        for slot in sorted(opened, key=lambda slot: (_ORDER.index(slot.kind), slot.position))
    )


_ORDER = tuple(EntryKind)


def _before_and_after(owner: Owner, audiences: Mapping[Slot, Audience], sig_id: int) -> tuple[Owner, Owner]:
    """The owner outside the SIG and in it. Whoever was there before comes back as hidden as they were."""
    outside = replace(owner, in_good_standing=True, sig_ids=owner.sig_ids - {sig_id})
    chosen = audiences.get(Slot(EntryKind.MEMBERSHIP, sig_id), ENTRY_RULES[EntryKind.MEMBERSHIP].default)
    hidden = outside.hidden_sig_ids - {sig_id} | ({sig_id} if hides_membership(chosen, sig_id) else set())
    return outside, replace(outside, sig_ids=outside.sig_ids | {sig_id}, hidden_sig_ids=hidden)


def _label(slot: Slot, value: str, sig_name: str | None) -> str | None:
    """What tells this entry apart from others of its kind."""
    if slot.kind is EntryKind.MEMBERSHIP:
        return sig_name
    return record_of(value).head or None if ENTRY_RULES[slot.kind].shape is Shape.RECORD else None


def is_agreed(widening: tuple[Widening, ...], confirmed: Confirmed) -> bool:
    """Whether the yes names each of these entries with its audience."""
    return all(confirmed.get(Slot.parse(line.name)) == line.audience for line in widening)
