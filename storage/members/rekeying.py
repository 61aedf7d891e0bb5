"""New keys for the memberships of all people of a SIG, when others than before may know of it: in a few statements,
however many they are. What comes out is what `rewrite_keys` makes of each."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import ENTRY_RULES, EntryKind, Slot
from domain.sigs import opens_to_people
from domain.visibility import Audience, Keys, keys_for, narrowed_to
from storage.database import fetch_all
from storage.events import note_each
from storage.key_sets import intern_key_sets, parse_keys
from storage.members.keys import find_owners
from storage.tables import Entry, Exposure, KeySet, Member, Membership, Sig

_AT_ONCE = 5_000
"""Key sets in one statement, which takes so many parameters; there is one for each member."""


def _people_of(sig_id: int) -> Callable[[Any], ColumnElement[bool]]:
    people = select(Membership.c.member_id).where(Membership.c.sig_id == sig_id)
    return lambda member_id: member_id.in_(people)


async def hold_people(connection: AsyncConnection, sig_id: int) -> None:
    """Hold the rows of all people of a SIG until the transaction ends, before the SIG itself."""
    holding = select(Member.c.member_id).where(_people_of(sig_id)(Member.c.member_id)).order_by(Member.c.member_id)
    await connection.execute(holding.with_for_update(key_share=True))


async def rewrite_memberships(connection: AsyncConnection, sig_id: int, now: datetime) -> None:
    """Work out the keys of every membership of a SIG anew. Its people are held."""
    entries = await _list_memberships(connection, sig_id)
    after = await _keys_after(connection, sig_id, entries)
    changed = [row for row in entries if after[row.entry_id] != parse_keys(row.keys)]
    if not changed:
        return
    ids: dict[Keys, int] = {}
    for start in range(0, len(changed), _AT_ONCE):
        ids |= await intern_key_sets(connection, {after[row.entry_id] for row in changed[start : start + _AT_ONCE]})
    sets = {row.entry_id: ids[after[row.entry_id]] for row in changed}
    giving = update(Entry).where(Entry.c.entry_id == bindparam("of")).values(key_set_id=bindparam("carries"))
    await connection.execute(giving, [{"of": entry_id, "carries": keys} for entry_id, keys in sets.items()])
    more = sum(_counts(after[row.entry_id], sig_id) - _counts(parse_keys(row.keys), sig_id) for row in changed)
    counting = update(Sig).where(Sig.c.sig_id == sig_id).values(member_count=Sig.c.member_count + more)
    await connection.execute(counting)
    await _expose_all(connection, sig_id, changed, sets, now)
    await note_each(connection, "member.changed", now, [{"member_id": row.member_id} for row in changed])


def _counts(keys: Keys, sig_id: int) -> int:
    return int(opens_to_people(keys, sig_id))


async def _list_memberships(connection: AsyncConnection, sig_id: int) -> Sequence[Row[Any]]:
    statement = (
        select(Entry.c.entry_id, Entry.c.member_id, Entry.c.audience, KeySet.c.text.label("keys"))
        .join(KeySet, KeySet.c.key_set_id == Entry.c.key_set_id)
        .where(Entry.c.kind == EntryKind.MEMBERSHIP, Entry.c.position == sig_id, Entry.c.value != "")
        .where(_people_of(sig_id)(Entry.c.member_id))
        .order_by(Entry.c.member_id)
    )
    return await fetch_all(connection, statement)


async def _keys_after(connection: AsyncConnection, sig_id: int, entries: Sequence[Row[Any]]) -> dict[int, Keys]:
    of_sig = select(KeySet.c.text).join(Sig, Sig.c.key_set_id == KeySet.c.key_set_id).where(Sig.c.sig_id == sig_id)
    within = parse_keys((await connection.execute(of_sig)).scalar_one())
    owners = await find_owners(connection, _people_of(sig_id))
    may_be_public = ENTRY_RULES[EntryKind.MEMBERSHIP].may_be_public
    return {
        row.entry_id: narrowed_to(
            keys_for(Audience.parse(row.audience), owners[row.member_id], may_be_public=may_be_public), within
        )
        for row in entries
    }


async def _expose_all(
    connection: AsyncConnection, sig_id: int, changed: Sequence[Row[Any]], sets: Mapping[int, int], now: datetime
) -> None:
    """Note that these entries carry these sets from now on, as `expose` does for one."""
    slot = Slot(EntryKind.MEMBERSHIP, sig_id)
    lasting = (Exposure.c.kind == slot.name) & Exposure.c.ended_at.is_(None)
    statement = select(Exposure.c.exposure_id, Exposure.c.entry_id, Exposure.c.started_at).where(lasting)
    found = await fetch_all(connection, statement.where(_people_of(sig_id)(Exposure.c.member_id)))
    begun_now = {row.entry_id: row.exposure_id for row in found if row.started_at == now}
    over = [{"of": row.exposure_id} for row in found if row.entry_id in sets and row.entry_id not in begun_now]
    this = Exposure.c.exposure_id == bindparam("of")
    if over:
        await connection.execute(update(Exposure).where(this).values(ended_at=now), over)
    if again := [{"of": begun_now[one], "carries": keys} for one, keys in sets.items() if one in begun_now]:
        await connection.execute(update(Exposure).where(this).values(key_set_id=bindparam("carries")), again)
    rows = [
        {"member_id": row.member_id, "entry_id": row.entry_id, "kind": slot.name, "started_at": now}
        | {"audience": row.audience, "key_set_id": sets[row.entry_id]}
        for row in changed
        if row.entry_id not in begun_now
    ]
    if rows:
        await connection.execute(insert(Exposure), rows)
