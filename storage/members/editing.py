"""The owner's forms: all entries, one record, a step of the check-up; and the one way to save any of them.

A form is saved whole or not at all. What would let somebody see who could not is asked first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import update

from domain.members import (
    ENTRY_RULES,
    MOST_RECORDS,
    SHOWN,
    WORKED_OUT,
    WRITTEN_SHAPES,
    Entry,
    EntryKind,
    Shape,
    Slot,
    problem_with_audience,
    problem_with_value,
    tidy_value,
)
from domain.refusals import Problem
from domain.visibility import ONLY_ME, Audience, Owner, Ring, hides_membership, member_ring, reveal, widens
from storage.database import Database
from storage.events import note
from storage.members.keys import find_owner, hold_owner, is_filled, rewrite_keys, write_entry
from storage.members.page import find_stored
from storage.members.receipts import make_receipt
from storage.secrets import Seal
from storage.tables import Member

Typed = Mapping[Slot, tuple[str | None, str | None]]
"""Value and audience of each entry that a form has; None where it has none, and then it stays as it is.

A record at position 0 is a new one.
"""


Confirmed = Mapping[Slot, str]
"""The entries that the owner has agreed to open further, each with the audience that they agreed to."""

NOTHING_CONFIRMED: Confirmed = {}


@dataclass(frozen=True, slots=True)
class EntryChange:
    """What the owner typed and chose for one entry."""

    value: str
    audience: str


@dataclass(frozen=True, slots=True)
class Unsaved:
    """A form that was not saved: what was typed, what is wrong with it, and the entries that would open further, with
    the `owner` as they would be then."""

    typed: Mapping[Slot, EntryChange] = field(default_factory=dict)
    problems: Mapping[Slot, Problem] = field(default_factory=dict)
    widening: Mapping[Slot, Audience] = field(default_factory=dict)
    owner: Owner | None = None


async def save_entries(
    database: Database,
    seal: Seal,
    member_id: int,
    form: Typed,
    now: datetime,
    *,
    public_page: bool | None = None,
    confirmed: Confirmed = NOTHING_CONFIRMED,
) -> Unsaved | None:
    """Save a form, all of it or nothing; `public_page` switches the public page. None when saved.

    What would open an entry further waits until `confirmed` names this entry with this audience: a yes is to what was
    asked, and to nothing else.
    """
    async with database.writing() as connection:
        owner = await hold_owner(connection, member_id)
        ring = member_ring(member_id, in_good_standing=False)
        stored = {entry.slot: entry for entry in (await find_stored(connection, seal, member_id, ring)).entries}
        typed = _complete(form, stored, ring)
        if problems := _problems(typed, stored, owner):
            return Unsaved(typed, problems)
        becoming = _become(owner, typed, public_page)
        widening = _widening(typed, stored, owner, becoming)
        if not is_confirmed(widening, confirmed):
            return Unsaved(typed, {}, widening, becoming)
        is_on, is_switched = becoming.has_public_page, becoming.has_public_page != owner.has_public_page
        if is_switched:
            switching = update(Member).where(Member.c.member_id == member_id).values(has_public_page=is_on)
            await connection.execute(switching)
            owner = await find_owner(connection, member_id)
        for slot, change in typed.items():
            value = "" if slot.kind is EntryKind.EMAIL else tidy_value(slot.kind, change.value)
            audience = Audience.parse(change.audience)
            await write_entry(connection, owner, _placed(slot, stored, ring, change), value, audience, now)
        await rewrite_keys(connection, member_id, now)
        if is_switched and not is_on:
            await make_receipt(connection, seal, member_id, now)
        await note(connection, "member.changed", now, member_id=member_id)
    return None


def is_confirmed(widening: Mapping[Slot, Audience], confirmed: Confirmed) -> bool:
    """Whether the owner has said yes to each of these entries with just this audience."""
    return all(confirmed.get(slot) == str(audience) for slot, audience in widening.items())


def _become(owner: Owner, typed: Mapping[Slot, EntryChange], public_page: bool | None) -> Owner:
    """The owner after this change: with the switch of the public page, and with the SIGs that they hide then. What is
    for My SIGs opens to the people of one that is shown again, so that is asked about with the membership itself."""
    hidden = set(owner.hidden_sig_ids)
    for slot, change in typed.items():
        if slot.kind is not EntryKind.MEMBERSHIP:
            continue
        if hides_membership(Audience.parse(change.audience), slot.position):
            hidden.add(slot.position)
        else:
            hidden.discard(slot.position)
    is_on = owner.has_public_page if public_page is None else public_page
    return replace(owner, has_public_page=is_on, hidden_sig_ids=frozenset(hidden))


def _placed(slot: Slot, stored: Mapping[Slot, Entry], ring: Ring, change: EntryChange) -> Slot:
    """Where an entry goes: a new record behind all that ever were, so that its history is its own. Who sends the same
    one twice has it once."""
    if slot.position or ENTRY_RULES[slot.kind].shape is not Shape.RECORD:
        return slot
    for other, entry in stored.items():
        if other.kind is slot.kind and change == EntryChange(reveal(entry.value, ring) or "", str(entry.audience)):
            return other
    return Slot(slot.kind, 1 + max((other.position for other in stored if other.kind is slot.kind), default=0))


def _complete(form: Typed, stored: Mapping[Slot, Entry], ring: Ring) -> dict[Slot, EntryChange]:
    """The changes with what the form left out taken from what is stored: nothing is emptied or opened by a gap."""
    found = {}
    for slot, (value, audience) in form.items():
        entry = stored.get(slot)
        if entry is None and not value and ENTRY_RULES[slot.kind].shape is Shape.RECORD:
            continue
        kept_value = _given(slot) if entry is None else reveal(entry.value, ring) or ""
        kept_audience = str(entry.audience if entry else audience_unless_chosen(slot))
        is_kept = value is None or ENTRY_RULES[slot.kind].shape not in WRITTEN_SHAPES
        found[slot] = EntryChange(kept_value if is_kept else value or "", audience or kept_audience)
    return found


def _given(slot: Slot) -> str:
    """The value of an entry that nobody writes."""
    if slot.kind is EntryKind.MEMBERSHIP:
        return str(slot.position)
    return SHOWN if slot.kind in WORKED_OUT else ""


def audience_unless_chosen(slot: Slot) -> Audience:
    """The audience of an entry that was never saved. What fills itself is for its owner alone until they say more."""
    rule = ENTRY_RULES[slot.kind]
    return ONLY_ME if rule.shape in _FILLING else rule.default


_FILLING = frozenset({Shape.SIG, Shape.PEOPLE, Shape.THREADS, Shape.SCRAPS, Shape.DAY})


def _problems(typed: Mapping[Slot, EntryChange], stored: Mapping[Slot, Entry], owner: Owner) -> dict[Slot, Problem]:
    found = {}
    for slot, change in typed.items():
        try:
            audience = Audience.parse(change.audience)
        except ValueError:
            found[slot] = Problem.NOT_OFFERED
            continue
        value = tidy_value(slot.kind, change.value)
        problem = None if slot.kind is EntryKind.EMAIL else problem_with_value(slot.kind, value)
        problem = (
            problem or _problem_with_place(slot, stored, owner) or _problem_with_audience(slot, audience, stored, owner)
        )
        if problem:
            found[slot] = problem
    return found


def _problem_with_audience(
    slot: Slot, audience: Audience, stored: Mapping[Slot, Entry], owner: Owner
) -> Problem | None:
    """A stored choice may stay: what of it is not on offer any more, such as a SIG that was left, opens nothing."""
    is_kept = slot in stored and stored[slot].audience == audience
    return None if is_kept else problem_with_audience(slot.kind, audience, owner)


def _problem_with_place(slot: Slot, stored: Mapping[Slot, Entry], owner: Owner) -> Problem | None:
    if slot in stored:
        return None
    shape = ENTRY_RULES[slot.kind].shape
    if shape is Shape.RECORD and slot.position == 0:
        ring = member_ring(owner.member_id, in_good_standing=False)
        values = [reveal(entry.value, ring) for other, entry in stored.items() if other.kind is slot.kind]
        return Problem.TOO_MANY if len(values) - values.count("") >= MOST_RECORDS else None
    if shape is Shape.SIG:
        return None if slot.position in owner.sig_ids else Problem.NOT_OFFERED
    return Problem.NOT_OFFERED if slot.position else None


def _widening(
    typed: Mapping[Slot, EntryChange], stored: Mapping[Slot, Entry], owner: Owner, becoming: Owner
) -> dict[Slot, Audience]:
    """The entries that somebody could see after this change who cannot now, with their new audience, be it only once
    the owner is confirmed or no longer suspended. What is new, or was empty, is held against its default."""
    before, after = replace(owner, in_good_standing=True), replace(becoming, in_good_standing=True)
    ring = member_ring(owner.member_id, in_good_standing=False)
    filled = {slot for slot, entry in stored.items() if is_filled(slot, reveal(entry.value, ring) or "")}
    found = {}
    for slot in dict.fromkeys((*stored, *typed)):
        held = stored[slot].audience if slot in filled else audience_unless_chosen(slot)
        chosen = Audience.parse(typed[slot].audience) if slot in typed else held
        is_there = slot in filled or (slot in typed and _will_be_there(slot, typed[slot].value))
        if is_there and widens(held, chosen, before, after):
            found[slot] = chosen
    return found


def _will_be_there(slot: Slot, value: str) -> bool:
    """Whether there is something to see after the change; a photo comes with the next upload."""
    return is_filled(slot, value) or slot.kind is EntryKind.PHOTO
