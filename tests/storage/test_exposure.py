"""The history of exposure: replayed for any moment it says what the rule decided then, and it never holds a value."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from domain.exposure import ExposurePage
from domain.members import EntryKind, Slot, write_record
from domain.visibility import PUBLIC, Keys, Scope, may_see
from storage.database import Database, fetch_all
from storage.key_sets import parse_keys
from storage.members.exposures import page_was_public, was_public
from storage.members.history import find_exposure_page
from storage.members.lists import delete_list, make_list
from storage.secrets import Seal
from storage.sigs import leave_sig
from storage.tables import Exposure, KeySet
from tests.agreeing import save_agreed
from tests.cast import NOON, World
from tests.storage.worlds import Held, SmallWorld, drawn_lives, small_world

SQLITE, POSTGRESQL = 14, 4
"""Worlds on each engine."""

Open = dict[int, tuple[str, Keys]]
"""The entries with something in them by id: audience and keys."""


def _decided(entries: dict[int, Held]) -> Open:
    return {entry_id: (held.audience, held.keys) for entry_id, held in entries.items() if held.is_filled}


async def _replayed(world: SmallWorld, moments: list[datetime]) -> dict[datetime, Open]:
    columns = (Exposure.c.entry_id, Exposure.c.audience, Exposure.c.started_at, Exposure.c.ended_at)
    statement = (
        select(*columns, KeySet.c.text)
        .join(KeySet, KeySet.c.key_set_id == Exposure.c.key_set_id)
        .where(Exposure.c.member_id.in_(world.people))
    )
    async with world.stage.reading() as connection:
        rows = await fetch_all(connection, statement)
    found: dict[datetime, Open] = {}
    for moment in moments:
        lasting = [row for row in rows if row.started_at <= moment and (row.ended_at is None or moment < row.ended_at)]
        found[moment] = {row.entry_id: (row.audience, parse_keys(row.text)) for row in lasting}
        assert len(found[moment]) == len(lasting), "one line an entry at any moment"
    return found


async def test_the_history_replayed_is_what_the_rule_decided_at_every_moment(database: Database, seal: Seal) -> None:
    changes = 0
    for number, steps in enumerate(drawn_lives(SQLITE if database.is_sqlite else POSTGRESQL)):
        async with small_world(database, seal, number) as world:
            decided, ever = {world.now: _decided(await world.entries())}, set[int]()
            for step in steps:
                await world.play(step)
                decided[world.now] = _decided(now := await world.entries())
                ever |= {held.member_id for held in now.values() if held.is_filled and PUBLIC in held.keys}
                ever |= {world.people[0], world.people[1]}  # they began with a public name
            assert await _replayed(world, list(decided)) == decided
            between = {moment + timedelta(microseconds=1): held for moment, held in decided.items()}
            replayed = await _replayed(world, list(between))
            assert replayed == between
            for viewer in await world.viewers():  # so that each viewer's page can be told for any moment
                seen = [
                    {one for one, (_, keys) in held.items() if may_see(keys, viewer.ring)} for held in between.values()
                ]
                again = [
                    {one for one, (_, keys) in held.items() if may_see(keys, viewer.ring)} for held in replayed.values()
                ]
                assert seen == again
            await _demand_what_was_public(world, decided, ever)
            changes += sum(
                one != other for one, other in zip(list(decided.values())[1:], decided.values(), strict=False)
            )
    assert changes > 3 * (SQLITE if database.is_sqlite else POSTGRESQL), "much changed"


async def _demand_what_was_public(world: SmallWorld, decided: dict[datetime, Open], ever: set[int]) -> None:
    entries = await world.entries()
    lasted = {
        (entries[entry_id].member_id, entry_id)
        for held in decided.values()
        for entry_id, (_, keys) in held.items()
        if PUBLIC in keys
    }
    async with world.stage.reading() as connection:
        for member_id in world.people:
            was = await page_was_public(connection, world.addresses[member_id])
            assert was or member_id not in {one for one, _ in lasted}
            assert not was or member_id in ever
        for entry_id, held in entries.items():
            was = await was_public(connection, held.member_id, entry_id)
            assert was or (held.member_id, entry_id) not in lasted
            assert not was or held.member_id in ever


class History:
    """Joost's history, as he reads it."""

    def __init__(self, database: Database, seal: Seal, world: World) -> None:
        self.database, self.seal, self.world, self.now = database, seal, world, NOON
        self.joost = world["joost"]

    async def save(self, slot: Slot, value: str | None, audience: str | None, **switch: bool) -> None:
        self.now += timedelta(hours=1)
        form = {slot: (value, audience)}
        done = await save_agreed(self.database, self.seal, self.joost.member_id, form, self.now, **switch)
        assert done is None

    async def page(self, limit: int | None = None) -> ExposurePage:
        return await find_exposure_page(self.database, self.seal, self.joost.member_id, limit)

    async def told(self, kind: EntryKind) -> list[tuple[Scope, str | None, int, int | None]]:
        """Scope, name and hours since noon of each line of a kind, the oldest first."""
        return [
            (line.key.scope, line.key.name, _hours(line.started_at) or 0, _hours(line.ended_at))
            for line in reversed((await self.page()).lines)
            if line.kind is kind
        ]


def _hours(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - NOON) // timedelta(hours=1)


@pytest.fixture
def history(database: Database, seal: Seal, world: World) -> History:
    return History(database, seal, world)


async def test_the_owner_reads_who_could_see_what_and_when(history: History) -> None:
    about = Slot(EntryKind.ABOUT)
    sig = history.world.sigs["turnaround"]
    await history.save(about, "About me", "only-me")  # 1
    await history.save(about, "About me", f"sig:{sig}")  # 2
    await history.save(about, "About me, better", f"sig:{sig}")  # 3: nobody more, nobody less
    await history.save(about, None, "everyone", public_page=False)  # 4: and so for members
    await history.save(about, None, None, public_page=True)  # 5
    await history.save(about, "", None)  # 6
    await history.save(about, "Again", "connections")  # 7
    assert await history.told(EntryKind.ABOUT) == [
        (Scope.ONLY_ME, None, 1, 2),
        (Scope.SIG, "Turnaround", 2, 4),
        (Scope.MEMBERS, None, 4, 5),
        (Scope.EVERYONE, None, 5, 6),
        (Scope.CONNECTIONS, None, 7, None),
    ]
    assert await history.told(EntryKind.NAME) == [
        (Scope.EVERYONE, None, 0, 4),
        (Scope.MEMBERS, None, 4, 5),
        (Scope.EVERYONE, None, 5, None),
    ]


async def test_leaving_a_sig_and_deleting_a_list_are_told_too(history: History) -> None:
    made = await make_list(history.database, history.joost.member_id, "Old hands", NOON)
    await history.save(Slot(EntryKind.ABOUT), "About me", f"list:{made}")  # 1
    await history.save(Slot(EntryKind.LOCATION), "Rotterdam", "my-sigs")  # 2
    assert isinstance(made, int)
    await delete_list(history.database, history.joost.member_id, made, NOON + timedelta(hours=3))
    await leave_sig(history.database, history.joost.viewer, "turnaround", NOON + timedelta(hours=4))
    assert await history.told(EntryKind.ABOUT) == [(Scope.LIST, None, 1, 3), (Scope.ONLY_ME, None, 3, None)]
    assert await history.told(EntryKind.LOCATION) == [(Scope.MY_SIGS, None, 2, 4), (Scope.ONLY_ME, None, 4, None)]
    assert await history.told(EntryKind.MEMBERSHIP) == [(Scope.MY_SIGS, None, 0, 4)]


async def test_records_are_told_apart_and_a_removed_one_by_its_kind_alone(history: History) -> None:
    for role in ("First", "Second"):
        value = write_record(EntryKind.EXPERIENCE, {"role": role})
        await history.save(Slot(EntryKind.EXPERIENCE), value, "members")
    await history.save(Slot(EntryKind.EXPERIENCE, 1), "", None)
    lines = [line for line in (await history.page()).lines if line.kind is EntryKind.EXPERIENCE]
    assert [(line.label, line.ended_at is None) for line in lines] == [("Second", True), (None, False)]
    async with history.database.reading() as connection:
        kinds = (await connection.execute(select(Exposure.c.kind).where(Exposure.c.kind.like("experience%")))).scalars()
        assert sorted(kinds) == ["experience-1", "experience-2"]


async def test_a_long_history_is_cut_on_the_page_and_whole_in_the_download(history: History) -> None:
    for number in range(6):
        await history.save(Slot(EntryKind.ABOUT), "About me", ("members", "only-me")[number % 2])
    whole = await history.page()
    some = await history.page(4)
    assert (len(some.lines), some.has_more, whole.has_more) == (4, True, False)
    assert some.lines == whole.lines[:4]
    assert [line.started_at for line in whole.lines] == sorted((line.started_at for line in whole.lines), reverse=True)


async def test_the_history_is_its_owners_alone(history: History) -> None:
    before = await find_exposure_page(history.database, history.seal, history.world["amara"].member_id)
    await history.save(Slot(EntryKind.ABOUT), "About me", "members")
    assert await find_exposure_page(history.database, history.seal, history.world["amara"].member_id) == before
