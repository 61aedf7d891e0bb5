"""When a SIG is known to others than before, the memberships of all its people are rewritten at once: as if one by one,
and in as many statements for a thousand as for ten. On both engines."""

import time
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from domain.members import EntryKind, Slot
from domain.sigs import Circle, Role, SigSettings
from domain.visibility import ALL_MEMBERS, EVERYONE, MY_SIGS, ONLY_ME, Audience, Scope
from storage.database import Database, fetch_all, statements_of_request
from storage.members.keys import add_member, find_owner, rewrite_keys, write_entry
from storage.members.lists import make_list
from storage.members.standing import suspend
from storage.sigs import add_membership
from storage.sigs.settings import TypedSettings, save_settings
from storage.tables import Entry, Event, Exposure, KeySet, Membership, Sig
from tests.cast import NOON, World
from tests.conftest import Figure
from tests.storage.test_sigs import viewer_of


def _known_to(circle: Circle) -> TypedSettings:
    settings = SigSettings(Circle.SIG, circle, Circle.SIG, Circle.SIG)
    circles = {one: reach.value for one, reach in settings.circles.items()}
    return TypedSettings("Turnaround", "Anew", circles, settings.joining, "", "", holds_first_posts=False)


async def _change(database: Database, world: World, circle: Circle, minutes: int) -> list[str]:
    """Change who may know of Turnaround. Returns the statements that it took."""
    noted: list[str] = []
    amara, yes = await viewer_of(database, world, "amara"), {"existence": circle.value}
    token = statements_of_request.set(noted)
    try:
        now = NOON + timedelta(minutes=minutes)
        assert await save_settings(database, amara, "turnaround", _known_to(circle), yes, now) is None
    finally:
        statements_of_request.reset(token)
    return noted


async def _add_people(database: Database, sig: int, count: int) -> list[int]:
    added = []
    async with database.writing() as connection:
        for number in range(count):
            names = {EntryKind.NAME: f"Person {number}"}
            one = await add_member(connection, names, NOON, has_public_page=number % 3 != 1, in_good_standing=True)
            await add_membership(connection, one, sig, Role.MEMBER, NOON)
            added.append(one)
    return added


async def _choose(database: Database, member_id: int, sig: int, audience: Audience) -> None:
    async with database.writing() as connection:
        owner = await find_owner(connection, member_id)
        await write_entry(connection, owner, Slot(EntryKind.MEMBERSHIP, sig), str(sig), audience, NOON)
        await rewrite_keys(connection, member_id, NOON)


async def _keys_and_counts(database: Database) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]], int]:
    """What every entry carries, how many people each SIG tells of, and how many members have changed."""
    carried = select(Entry.c.entry_id, KeySet.c.text).join(KeySet, KeySet.c.key_set_id == Entry.c.key_set_id)
    async with database.reading() as connection:
        entries = [tuple(row) for row in await fetch_all(connection, carried.order_by(Entry.c.entry_id))]
        sigs = [tuple(row) for row in await fetch_all(connection, select(Sig.c.sig_id, Sig.c.member_count))]
        changed = select(func.count()).select_from(Event).where(Event.c.name == "member.changed")
        return entries, sorted(sigs), int(await connection.scalar(changed) or 0)


async def _demand_true_exposures(database: Database, sig: int) -> None:
    """What is noted of who could see each membership is what it carries, from one moment to the next."""
    of_sig = (Entry.c.kind == EntryKind.MEMBERSHIP) & (Entry.c.position == sig) & (Entry.c.value != "")
    lasting = (Exposure.c.entry_id == Entry.c.entry_id) & Exposure.c.ended_at.is_(None)
    statement = select(Entry.c.entry_id, Entry.c.key_set_id, Exposure.c.key_set_id.label("noted"), Exposure.c.audience)
    async with database.reading() as connection:
        rows = await fetch_all(connection, statement.outerjoin(Exposure, lasting).where(of_sig))
        assert len({row.entry_id for row in rows}) == len(rows), "one lasts at a time"
        assert [row.key_set_id for row in rows] == [row.noted for row in rows]
        spans = await fetch_all(
            connection,
            select(Exposure.c.entry_id, Exposure.c.started_at, Exposure.c.ended_at)
            .where(Exposure.c.entry_id.in_([row.entry_id for row in rows]))
            .order_by(Exposure.c.entry_id, Exposure.c.exposure_id),
        )
    for one, following in pairwise(spans):
        if one.entry_id == following.entry_id:
            assert one.ended_at == following.started_at


async def test_all_memberships_are_rewritten_as_one_by_one(database: Database, world: World) -> None:
    sig, boardroom = world.sigs["turnaround"], world.sigs["boardroom"]
    people = await _add_people(database, sig, 9)
    chosen = (EVERYONE, ALL_MEMBERS, MY_SIGS, ONLY_ME, Audience(Scope.SIG, sig), Audience(Scope.SIG, boardroom))
    async with database.writing() as connection:
        await add_membership(connection, people[5], boardroom, Role.MEMBER, NOON)
        await suspend(connection, people[7], NOON)
    for member_id, audience in zip(people, (*chosen, Audience(Scope.CONNECTIONS)), strict=False):
        await _choose(database, member_id, sig, audience)
    list_id = await make_list(database, people[8], "Mine", NOON)
    assert isinstance(list_id, int)
    await _choose(database, people[8], sig, Audience(Scope.LIST, list_id))
    for minutes, circle in enumerate((Circle.MEMBERS, Circle.SIG, Circle.MEMBERS, Circle.EVERYONE), start=1):
        before = await _keys_and_counts(database)
        await _change(database, world, circle, minutes)
        after = await _keys_and_counts(database)
        different = [one for one, two in zip(before[0], after[0], strict=True) if one != two]
        assert different, "there is something to rewrite"
        assert after[2] - before[2] == len(different), "each of them tells that they changed, once"
        async with database.writing() as connection:
            for member_id in (await connection.execute(select(Membership.c.member_id))).scalars().all():
                await rewrite_keys(connection, member_id, NOON)
        assert await _keys_and_counts(database) == after, "nothing is left to rewrite one by one"
        await _demand_true_exposures(database, sig)


async def test_two_changes_of_one_moment_leave_the_last(database: Database, world: World) -> None:
    for circle in (Circle.MEMBERS, Circle.SIG):
        await _change(database, world, circle, 1)
    await _demand_true_exposures(database, world.sigs["turnaround"])
    async with database.reading() as connection:
        empty = select(func.count()).select_from(Exposure).where(Exposure.c.started_at == Exposure.c.ended_at)
        assert await connection.scalar(empty) == 0


@pytest.mark.parametrize("more", [40])
async def test_statements_do_not_grow_with_the_people(database: Database, world: World, more: int) -> None:
    await _change(database, world, Circle.MEMBERS, 1)
    few = await _change(database, world, Circle.SIG, 2)
    await _change(database, world, Circle.MEMBERS, 3)
    await _add_people(database, world.sigs["turnaround"], more)
    many = await _change(database, world, Circle.SIG, 4)
    assert len(many) <= len(few), many  # fewer, where the connection has met the sets of keys before


@pytest.mark.thorough
async def test_a_thousand_people_take_less_than_a_writer_waits(
    database: Database, world: World, figure: Figure
) -> None:
    await _add_people(database, world.sigs["turnaround"], 1_000)
    begun = time.perf_counter()
    statements = await _change(database, world, Circle.MEMBERS, 1)
    taken = time.perf_counter() - begun
    figure(f"existence of a SIG of 1,000: {taken:.2f} s, {len(statements)} statements")
    assert taken < 3
