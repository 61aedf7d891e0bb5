"""Memberships as others may know of them: by the entry that says so, and by nothing else."""

from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, exists, literal, select

from domain.members import EntryKind
from domain.visibility import MEMBERS, PUBLIC, Ring, sig_key
from storage.key_sets import opens_towards
from storage.tables import Entry, KeySetKey

_SIG = str(sig_key(0))[:-1]


def _entry_of(member_id: Any, sig_id: Any) -> ColumnElement[bool]:
    is_theirs = (Entry.c.member_id == member_id) & (Entry.c.position == sig_id)
    return and_(is_theirs, Entry.c.kind == EntryKind.MEMBERSHIP, Entry.c.value != "")


def membership_opens(member_id: Any, sig_id: Any, ring: Ring) -> ColumnElement[bool]:
    """SQL: the holder of this ring may know that the member in this column belongs to the SIG in that one."""
    shown = opens_towards(member_id, Entry.c.key_set_id, ring)
    return exists(select(1).where(_entry_of(member_id, sig_id), shown).correlate_except(Entry.table))


def opens_to_all_people(member_id: Any, sig_id: Any) -> ColumnElement[bool]:
    """SQL: all people of the SIG may know it, as `domain.sigs.opens_to_people` has it."""
    theirs = literal(_SIG).concat(cast(sig_id, Text))
    known = KeySetKey.c.key.in_([PUBLIC, MEMBERS]) | (KeySetKey.c.key == theirs)
    of_set = KeySetKey.c.key_set_id == Entry.c.key_set_id
    return exists(
        select(1).where(_entry_of(member_id, sig_id), of_set, known).correlate_except(Entry.table, KeySetKey.table)
    )
