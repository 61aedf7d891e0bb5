"""Boards: the scraps of one member, as far as a viewer may read them at all.

Who does not see the entry, or not whose page it is, finds no board there, and nobody can tell it from an unknown one.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import (
    LINE_KINDS,
    EntryKind,
    KeyChip,
    MemberLine,
    Person,
    chip_for_owner,
    chip_for_reader,
    line_of_member,
)
from domain.visibility import ONLY_ME, Audience, Guarded, Keys, Ring, Viewer, effective_audience, own_key, ring_towards
from storage.database import fetch_all
from storage.key_sets import parse_keys
from storage.tables import Entry, KeySet, Member


@dataclass(frozen=True, slots=True)
class Board:
    """A board that the viewer may read: whose it is, the keys it carries, and the chip that says so."""

    owner_id: int
    address: str
    line: MemberLine
    keys: Keys
    chip: KeyChip


def _entries_of(address: str) -> Select[Any]:
    return (
        select(Member.c.member_id, Entry.c.kind, Entry.c.value, Entry.c.audience, KeySet.c.text.label("keys"))
        .join(Entry, Entry.c.member_id == Member.c.member_id)
        .join(KeySet, KeySet.c.key_set_id == Entry.c.key_set_id)
        .where(Member.c.public_id == address, Entry.c.kind.in_((*LINE_KINDS, EntryKind.SCRAPS)))
    )


async def find_board(connection: AsyncConnection, viewer: Viewer, address: str) -> Board | None:
    """The board at the page with this address; None when it is not for this viewer."""
    rows = await fetch_all(connection, _entries_of(address))
    if not rows:
        return None
    owner_id: int = rows[0].member_id
    stored = {EntryKind(row.kind): row for row in rows}
    entry = stored.pop(EntryKind.SCRAPS, None)
    guarded = {kind: Guarded[str](row.value, parse_keys(row.keys)) for kind, row in stored.items()}
    line = line_of_member(Person(owner_id, address, guarded), viewer.ring)
    keys = parse_keys(entry.keys) if entry else frozenset({own_key(owner_id)})
    audience = Audience.parse(entry.audience) if entry else ONLY_ME
    chip = chip_of_board(viewer, owner_id, keys, audience)
    return Board(owner_id, address, line, keys, chip) if chip and line.name is not None else None


def chip_of_board(viewer: Viewer, owner_id: int, keys: Keys, audience: Audience) -> KeyChip | None:
    """The chip of a board: for its owner the audience, for others why they see it, None where they do not."""
    ring: Ring = ring_towards(viewer.ring, owner_id)
    if viewer.member_id != owner_id:
        return chip_for_reader(keys, ring, viewer.sig_names)
    names = {Audience.parse(f"sig:{sig_id}"): name for sig_id, name in viewer.sig_names.items()}
    return chip_for_owner(effective_audience(audience, keys), names)
