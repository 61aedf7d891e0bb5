"""Keys of entries: worked out from audience and owner, and anew, in the same transaction, whenever something that they
depend on changes. Each change of keys goes into the history of exposure."""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import ENTRY_RULES, RECORD_PARTS, SHOWN, WORKED_OUT, EntryKind, Slot, tidy_value
from domain.sigs import opens_to_people
from domain.visibility import ONLY_ME, Audience, Keys, Owner, hides_membership, keys_for, narrowed_to, widens
from storage.database import fetch_all, fetch_one
from storage.events import note
from storage.key_sets import intern_key_set, parse_keys
from storage.members.exposures import conceal, expose
from storage.scraps.keys import rekey_scraps
from storage.tables import Entry, KeySet, Member, Membership, OwnList, Sig

_LATER = timedelta(microseconds=1)
"""What was made from an entry knows it by the moment of its last change, so no two are the same."""


async def find_owner(connection: AsyncConnection, member_id: int) -> Owner:
    """What the rule must know of a member."""
    return (await find_owners(connection, lambda column: column == member_id))[member_id]


async def find_owners(connection: AsyncConnection, are_meant: Callable[[Any], ColumnElement[bool]]) -> dict[int, Owner]:
    """The same of many: `are_meant` is SQL about a column of member ids."""
    statement = select(Member.c.member_id, Member.c.in_good_standing, Member.c.has_public_page)
    people = await fetch_all(connection, statement.where(are_meant(Member.c.member_id)))
    audiences = await _audiences_by_sig(connection, are_meant)
    lists: dict[int, set[int]] = {}
    own = select(OwnList.c.member_id, OwnList.c.list_id).where(are_meant(OwnList.c.member_id))
    for member_id, list_id in await fetch_all(connection, own):
        lists.setdefault(member_id, set()).add(list_id)
    owners = {}
    for member_id, standing, public_page in people:
        theirs = audiences.get(member_id, {})
        hidden = {sig for sig, chosen in theirs.items() if chosen and hides_membership(Audience.parse(chosen), sig)}
        sigs, own_lists = frozenset(theirs), frozenset(lists.get(member_id, ()))
        owners[member_id] = Owner(member_id, sigs, own_lists, standing, public_page, frozenset(hidden))
    return owners


async def _audiences_by_sig(
    connection: AsyncConnection, are_meant: Callable[[Any], ColumnElement[bool]]
) -> dict[int, dict[int, str | None]]:
    """The SIGs that members belong to, each with who is to know of it; None where that was never chosen."""
    of_sig = (Entry.c.member_id == Membership.c.member_id) & (Entry.c.position == Membership.c.sig_id)
    statement = (
        select(Membership.c.member_id, Membership.c.sig_id, Entry.c.audience)
        .outerjoin(Entry, of_sig & (Entry.c.kind == EntryKind.MEMBERSHIP))
        .where(are_meant(Membership.c.member_id))
    )
    found: dict[int, dict[int, str | None]] = {}
    for member_id, sig_id, audience in await fetch_all(connection, statement):
        found.setdefault(member_id, {})[sig_id] = audience
    return found


async def hold_owner(connection: AsyncConnection, member_id: int) -> Owner:
    """The same, with the member's row held until the transaction ends: what changes keys goes one after the other."""
    await connection.execute(
        select(Member.c.member_id).where(Member.c.member_id == member_id).with_for_update(key_share=True)
    )
    return await find_owner(connection, member_id)


async def add_member(
    connection: AsyncConnection,
    values: Mapping[EntryKind, str],
    now: datetime,
    *,
    has_public_page: bool,
    in_good_standing: bool = False,
    audiences: Mapping[EntryKind, Audience] | None = None,
) -> int:
    """A new member with these entries, each with its default audience unless another is given."""
    row = {
        "public_id": secrets.token_hex(6),
        "joined_at": now,
        "in_good_standing": in_good_standing,
        "is_staff": False,
        "has_public_page": has_public_page,
    }
    added = await connection.execute(insert(Member).values(row).returning(Member.c.member_id))
    member_id: int = added.scalar_one()
    owner = Owner(member_id, in_good_standing=in_good_standing, has_public_page=has_public_page)
    for kind, value in {**dict.fromkeys(WORKED_OUT, SHOWN), **values}.items():
        audience = (audiences or {}).get(kind, ENTRY_RULES[kind].default)
        position = 1 if kind in RECORD_PARTS else 0
        await write_entry(connection, owner, Slot(kind, position), tidy_value(kind, value), audience, now)
    return member_id


def is_filled(slot: Slot, value: str) -> bool:
    """Whether there is anything to see in an entry; the address of mail is kept with the account."""
    return bool(value) or slot.kind is EntryKind.EMAIL


async def write_entry(
    connection: AsyncConnection, owner: Owner, slot: Slot, value: str, audience: Audience, now: datetime
) -> None:
    """Store an entry with the keys that follow from its audience."""
    keys = _keys_of(owner, slot, audience, await _keys_of_sig(connection, slot))
    key_set_id = await intern_key_set(connection, keys)
    values = {"value": value, "audience": str(audience), "key_set_id": key_set_id}
    stored = await _find_entry(connection, owner.member_id, slot)
    if slot.kind is EntryKind.MEMBERSHIP:
        before = parse_keys(stored.keys) if stored and stored.value else frozenset()
        await _count_people(connection, slot.position, before, keys if value else frozenset())
    if stored is None:
        row = {"member_id": owner.member_id, "kind": slot.kind.value, "position": slot.position, "changed_at": now}
        added = await connection.execute(insert(Entry).values({**row, **values}).returning(Entry.c.entry_id))
        entry_id = added.scalar_one()
    elif (stored.value, stored.audience, stored.key_set_id) == tuple(values.values()):
        return
    else:
        entry_id = stored.entry_id
        change = update(Entry).where(Entry.c.entry_id == entry_id)
        changed_at = max(now, stored.changed_at + _LATER)
        await connection.execute(change.values({**values, "changed_at": changed_at}))
    if slot.kind is EntryKind.SCRAPS:
        await rekey_scraps(connection, owner.member_id)
    if is_filled(slot, value):
        await expose(connection, owner.member_id, entry_id, slot, str(audience), key_set_id, now)
    else:
        await conceal(connection, owner.member_id, entry_id, now)


async def _find_entry(connection: AsyncConnection, member_id: int, slot: Slot) -> Row[Any] | None:
    entry = (Entry.c.entry_id, Entry.c.value, Entry.c.audience, Entry.c.key_set_id, Entry.c.changed_at)
    place = (Entry.c.member_id == member_id, Entry.c.kind == slot.kind, Entry.c.position == slot.position)
    keys = KeySet.c.text.label("keys")
    statement = select(*entry, keys).join(KeySet, KeySet.c.key_set_id == Entry.c.key_set_id)
    found: Row[Any] | None = await fetch_one(connection, statement.where(*place))
    return found


async def _count_people(connection: AsyncConnection, sig_id: int, before: Keys, after: Keys) -> None:
    """Keep the number of a SIG's people: of those whose membership all its people see. The member's row is held before
    that of the SIG, here and wherever somebody joins or leaves."""
    change = opens_to_people(after, sig_id) - opens_to_people(before, sig_id)
    if change:
        counting = update(Sig).where(Sig.c.sig_id == sig_id).values(member_count=Sig.c.member_count + change)
        await connection.execute(counting)


async def close_circle(connection: AsyncConnection, member_id: int, circle: Audience, now: datetime) -> None:
    """A SIG was left, or a list deleted: what was for it alone is for its owner alone, until they choose again."""
    of_circle = (Entry.c.member_id == member_id) & (Entry.c.audience == str(circle))
    await connection.execute(update(Entry).where(of_circle).values(audience=str(ONLY_ME)))
    await rewrite_keys(connection, member_id, now)


def _keys_of(owner: Owner, slot: Slot, audience: Audience, within: Keys | None) -> Keys:
    keys = keys_for(audience, owner, may_be_public=ENTRY_RULES[slot.kind].may_be_public)
    return keys if within is None else narrowed_to(keys, within)


async def _keys_of_sig(connection: AsyncConnection, slot: Slot) -> Keys | None:
    """Who may know of the SIG that a membership speaks of."""
    if slot.kind is not EntryKind.MEMBERSHIP:
        return None
    statement = select(KeySet.c.text).join(Sig, Sig.c.key_set_id == KeySet.c.key_set_id)
    return parse_keys((await connection.execute(statement.where(Sig.c.sig_id == slot.position))).scalar_one())


async def rewrite_keys(connection: AsyncConnection, member_id: int, now: datetime) -> None:
    """Work out the keys of every entry of a member anew: after joining, leaving, confirming or switching the page."""
    owner = await hold_owner(connection, member_id)
    sig_keys = KeySet.table.alias()
    statement = (
        select(
            Entry.c.entry_id,
            Entry.c.kind,
            Entry.c.position,
            Entry.c.value,
            Entry.c.audience,
            KeySet.c.text.label("before"),
            sig_keys.c.text.label("within"),
        )
        .join(KeySet, KeySet.c.key_set_id == Entry.c.key_set_id)
        .outerjoin(Sig, (Entry.c.kind == EntryKind.MEMBERSHIP) & (Sig.c.sig_id == Entry.c.position))
        .outerjoin(sig_keys, sig_keys.c.key_set_id == Sig.c.key_set_id)
        .where(Entry.c.member_id == member_id)
        .order_by(Entry.c.kind, Entry.c.position)
    )
    is_changed = False
    for entry_id, kind, position, value, audience, before, within in await fetch_all(connection, statement):
        slot = Slot(EntryKind(kind), position)
        keys = _keys_of(owner, slot, Audience.parse(audience), parse_keys(within) if within else None)
        if keys == parse_keys(before):
            continue
        is_changed, after = True, await intern_key_set(connection, keys)
        if slot.kind is EntryKind.MEMBERSHIP and value:
            await _count_people(connection, position, parse_keys(before), keys)
        await connection.execute(update(Entry).where(Entry.c.entry_id == entry_id).values(key_set_id=after))
        if slot.kind is EntryKind.SCRAPS:
            await rekey_scraps(connection, member_id)
        if is_filled(slot, value):
            await expose(connection, member_id, entry_id, slot, audience, after, now)
    if is_changed:
        await note(connection, "member.changed", now, member_id=member_id)


async def show_membership(
    connection: AsyncConnection, member_id: int, sig_id: int, now: datetime, *, is_hidden: bool = False
) -> None:
    """Put a membership on the page of who has just joined: under the audience chosen before, or the default; hidden,
    where they are to choose first."""
    slot = Slot(EntryKind.MEMBERSHIP, sig_id)
    await _write_membership(connection, member_id, slot, str(sig_id), now, ONLY_ME if is_hidden else None)


async def hide_membership(connection: AsyncConnection, member_id: int, sig_id: int, now: datetime) -> None:
    """Take it off again when they have left; what they chose for it is kept."""
    await _write_membership(connection, member_id, Slot(EntryKind.MEMBERSHIP, sig_id), "", now)


async def _write_membership(
    connection: AsyncConnection,
    member_id: int,
    slot: Slot,
    value: str,
    now: datetime,
    audience: Audience | None = None,
) -> None:
    owner = await hold_owner(connection, member_id)
    stored = await _find_entry(connection, member_id, slot)
    chosen = Audience.parse(stored.audience) if stored else ENTRY_RULES[slot.kind].default
    await write_entry(connection, owner, slot, value, audience or chosen, now)


async def set_photo(connection: AsyncConnection, member_id: int, name: str, now: datetime) -> str:
    """Make this file the photo of a member, under the audience chosen before, or the default; an empty name removes
    it, and with it an audience wider than the default: the next photo is another one, to be asked about anew.

    Returns the name of the file that was there, empty where there was none.
    """
    owner, slot = await hold_owner(connection, member_id), Slot(EntryKind.PHOTO)
    stored, default = await _find_entry(connection, member_id, slot), ENTRY_RULES[EntryKind.PHOTO].default
    chosen = Audience.parse(stored.audience) if stored else default
    audience = default if not name and widens(default, chosen, owner) else chosen
    await write_entry(connection, owner, slot, name, audience, now)
    return stored.value if stored else ""
