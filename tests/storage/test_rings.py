"""The rule over random worlds: SQL and Python agree for every viewer and entry, the page shows just that, and the
reason on it is a key that opens."""

from collections.abc import Mapping

import pytest
from sqlalchemy import select, update

from domain.members import EntryKind, EntryLine, MemberPage, Slot, chip_for_owner
from domain.refusals import Reason, Refused
from domain.visibility import (
    MEMBERS,
    PUBLIC,
    STAFF,
    VISITOR,
    Audience,
    Key,
    Scope,
    Viewer,
    connection_key,
    effective_audience,
    list_key,
    may_see,
    own_key,
    reason_to_see,
    sig_key,
)
from storage.connections import connect, disconnect
from storage.database import Database, fetch_all
from storage.key_sets import opens
from storage.members.editing import save_entries
from storage.members.exposures import page_was_public
from storage.members.lists import delete_list, make_list, place_person
from storage.members.page import find_member_page
from storage.rings import find_viewer
from storage.secrets import Seal
from storage.sigs import leave_sig
from storage.tables import Entry, Member
from tests.cast import NOON, World
from tests.storage.worlds import Held, SmallWorld, lived_worlds

SQLITE, POSTGRESQL = 14, 4
"""Worlds on each engine."""

_SCOPE_OF = {
    "public": Scope.EVERYONE,
    "members": Scope.MEMBERS,
    "sig": Scope.SIG,
    "con": Scope.CONNECTIONS,
    "list": Scope.LIST,
    "own": Scope.ONLY_ME,
}


async def _viewer(database: Database, member_id: int) -> Viewer:
    async with database.reading() as connection:
        found = await find_viewer(connection, member_id)
    assert found is not None
    return found


async def _ring(database: Database, member_id: int) -> set[Key]:
    return set((await _viewer(database, member_id)).ring)


async def _sig_names(database: Database, member_id: int) -> Mapping[int, str]:
    return (await _viewer(database, member_id)).sig_names


async def test_a_ring_holds_every_circle_and_loses_each_at_once(database: Database, world: World) -> None:
    amara, joost = world["amara"], world["joost"]
    turnaround = world.sigs["turnaround"]
    plain = {PUBLIC, MEMBERS, own_key(joost.member_id)}
    assert await _ring(database, joost.member_id) == plain | {sig_key(turnaround)}
    async with database.writing() as connection:
        await connect(connection, amara.member_id, joost.member_id, NOON)
        await connect(connection, joost.member_id, amara.member_id, NOON)  # twice is once
    made = await make_list(database, amara.member_id, "Board", NOON)
    assert isinstance(made, int)
    await place_person(database, amara.viewer, joost.public_id, frozenset({made}), NOON)
    full = plain | {sig_key(turnaround), connection_key(amara.member_id), list_key(made)}
    assert await _ring(database, joost.member_id) == full
    assert connection_key(joost.member_id) in await _ring(database, amara.member_id), "in both directions"
    async with database.writing() as connection:
        standing = update(Member).where(Member.c.member_id == joost.member_id)
        await connection.execute(standing.values(is_staff=True))
    assert await _ring(database, joost.member_id) == full | {STAFF}
    async with database.writing() as connection:
        await connection.execute(standing.values(in_good_standing=False))
    assert await _ring(database, joost.member_id) == {PUBLIC, own_key(joost.member_id)}
    assert await _sig_names(database, joost.member_id) == {}
    async with database.writing() as connection:
        await connection.execute(standing.values(in_good_standing=True, is_staff=False))
        await disconnect(connection, joost.member_id, amara.member_id, NOON)
    await delete_list(database, amara.member_id, made, NOON)
    assert await _sig_names(database, joost.member_id) == {turnaround: "Turnaround"}
    await leave_sig(database, joost.viewer, "turnaround", NOON)
    assert await _ring(database, joost.member_id) == plain


async def test_nobody_has_no_ring(database: Database, world: World) -> None:
    async with database.reading() as connection:
        assert await find_viewer(connection, 987_654) is None


async def _demand_that_both_forms_agree(world: SmallWorld, viewer: Viewer, entries: dict[int, Held]) -> None:
    statement = select(Entry.c.entry_id).where(
        Entry.c.member_id.in_(world.people), opens(Entry.c.key_set_id, viewer.ring)
    )
    async with world.stage.reading() as connection:
        opened = {row.entry_id for row in await fetch_all(connection, statement)}
    assert opened == {entry_id for entry_id, held in entries.items() if may_see(held.keys, viewer.ring)}


def _text(world: SmallWorld, held: Held) -> str:
    """What the line of an entry says first."""
    if held.slot.kind is EntryKind.MEMBERSHIP:
        return world.sig_names[held.slot.position]
    if held.slot.kind is EntryKind.EXPERIENCE:
        return "Other job" if "Other" in held.value else held.value[10:-2]
    return held.value


def _shows(world: SmallWorld, viewer: Viewer, held: Held) -> bool:
    """Whether an entry that is opened has anything to show; what is worked out for a viewer is looked at apart."""
    kind = held.slot.kind
    if not held.value or kind in {EntryKind.CONNECTIONS, EntryKind.CONTRIBUTIONS, EntryKind.SCRAPS}:
        return False
    if kind is EntryKind.LAST_SEEN:
        return held.member_id == world.people[0]
    return kind is not EntryKind.MEMBERSHIP or world.knows_of(viewer, held.slot.position)


async def _connections(world: SmallWorld, viewer: Viewer, owner: int, entries: dict[int, Held]) -> set[str]:
    """The people that the owner's page names to this viewer, worked out one by one."""
    seen = {(held.member_id, held.slot.kind) for held in entries.values() if may_see(held.keys, viewer.ring)}
    both = (EntryKind.NAME, EntryKind.CONNECTIONS)
    connected = await world.connected(owner)
    return {
        world.addresses[other]
        for other in world.people
        if other in connected and all((one, kind) in seen for one in (owner, other) for kind in both)
    }


def _demand_a_reason(world: SmallWorld, viewer: Viewer, held: Held, line: EntryLine) -> None:
    """The chip, evaluated again, is the decision."""
    if viewer.member_id == held.member_id:
        audience = effective_audience(Audience.parse(held.audience), held.keys)
        names = {Audience(Scope.SIG, sig): name for sig, name in viewer.sig_names.items()}
        expected = chip_for_owner(audience, names)
        assert (line.key.scope, line.key.own) == (expected.scope, True)
        return
    key = reason_to_see(held.keys, viewer.ring)
    assert key is not None
    assert key in held.keys & viewer.ring
    family, _, number = key.partition(":")
    name = world.sig_names[int(number)] if family == "sig" else None
    assert (line.key.scope, line.key.name, line.key.own) == (_SCOPE_OF[family], name, False)


async def _demand_the_page(world: SmallWorld, viewer: Viewer, owner: int, entries: dict[int, Held]) -> int:
    """What find_member_page shows is what the rule says; returns how many entries were looked at."""
    mine = [held for held in entries.values() if held.member_id == owner]
    opened = [held for held in mine if may_see(held.keys, viewer.ring) and _shows(world, viewer, held)]
    people = await _connections(world, viewer, owner, entries)
    found = await find_member_page(world.stage, world.seal, viewer, world.addresses[owner])
    if not opened and not people:
        async with world.stage.reading() as connection:
            gone = await page_was_public(connection, world.addresses[owner])
        assert found == Refused(Reason.GONE if gone else Reason.MISSING)
        return 0
    assert isinstance(found, MemberPage)
    lines = [line for line in found.entries if line.kind not in {EntryKind.CONNECTIONS, EntryKind.LAST_SEEN}]
    by_text = {(held.slot.kind, _text(world, held)): held for held in opened if held.slot.kind != "last-seen"}
    assert {(line.kind, line.items[0]) for line in lines} == set(by_text)
    assert len(lines) == len(by_text)
    for line in lines:
        _demand_a_reason(world, viewer, by_text[line.kind, line.items[0]], line)
    kinds = {line.kind for line in found.entries}
    assert (EntryKind.LAST_SEEN in kinds) == any(held.slot.kind is EntryKind.LAST_SEEN for held in opened)
    named = [person.address for line in found.entries for person in line.people]
    assert sorted(map(str, named)) == sorted(people)
    names = [held for held in opened if held.slot.kind is EntryKind.NAME]
    assert found.line.name == (names[0].value if names else None)
    return len(found.entries)


async def test_sql_python_and_the_page_agree_for_every_viewer_of_every_entry(database: Database, seal: Seal) -> None:
    looked = 0
    async for world in lived_worlds(database, seal, SQLITE, POSTGRESQL):
        entries = await world.entries()
        for viewer in await world.viewers():
            await _demand_that_both_forms_agree(world, viewer, entries)
            for owner in world.people:
                looked += await _demand_the_page(world, viewer, owner, entries)
    assert looked > 20 * (SQLITE if database.is_sqlite else POSTGRESQL), "there was something to see"


@pytest.mark.parametrize("part", ["visitor", "tariq", "joost"])
async def test_who_may_see_nothing_but_empty_lists_gets_no_page(
    database: Database, seal: Seal, world: World, part: str
) -> None:
    """Contributions stand open to members from the start; where there are none, there is no page for them."""
    async with database.reading() as connection:
        statement = select(Entry.c.kind).where(Entry.c.member_id == world["tariq"].member_id)
        assert (EntryKind.CONTRIBUTIONS,) in await fetch_all(connection, statement)
    viewer = VISITOR if part == "visitor" else world[part].viewer
    for kind in ("name", "profession"):
        await _only_me(database, seal, world["tariq"].member_id, EntryKind(kind))
    found = await find_member_page(database, seal, viewer, "tariq-page")
    assert isinstance(found, MemberPage) == (part == "tariq")


async def _only_me(database: Database, seal: Seal, member_id: int, kind: EntryKind) -> None:
    done = await save_entries(database, seal, member_id, {Slot(kind): (None, "only-me")}, NOON)
    assert done is None
