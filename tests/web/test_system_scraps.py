"""Scraps that Stoa leaves of itself: each once, whatever runs twice, and for whom it is meant alone."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from domain.exposure import CHECK_UP_EVERY
from domain.scraps import Topic
from domain.sigs import Role
from storage.database import fetch_all
from storage.members.publishing import note_check_up
from storage.members.standing import depart, suspend
from storage.scraps.acts import delete_scrap
from storage.scraps.system import remind_of_check_ups
from storage.sigs import leave_sig
from storage.sigs.succession import OWNER_AWAY_AFTER, relieve_absent_owners, set_role
from storage.tables import Event, Member, Scrap
from tests.cast import NOON
from tests.conftest import Stoa
from web import worker
from web.worker import work_once

A_YEAR = CHECK_UP_EVERY + timedelta(hours=1)


async def _left(stoa: Stoa, topic: Topic) -> Mapping[str, int]:
    """How many scraps about this each of the cast was left."""
    parts = {person.member_id: part for part, person in stoa.world.people.items()}
    async with stoa.database.reading() as connection:
        rows = await fetch_all(connection, select(Scrap.c.owner_id).where(Scrap.c.topic == topic.value))
    found = [parts[row.owner_id] for row in rows]
    return {part: found.count(part) for part in set(found)}


async def test_a_check_up_that_is_due_leaves_one_scrap(stoa: Stoa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.scraps.system._AT_ONCE", 2)
    later, joost = NOON + timedelta(days=100), stoa.world["joost"].member_id
    await note_check_up(stoa.database, joost, later)
    await remind_of_check_ups(stoa.database, NOON + CHECK_UP_EVERY - timedelta(hours=1))
    assert await _left(stoa, Topic.CHECK_UP) == {}
    for _twice in range(2):
        await remind_of_check_ups(stoa.database, NOON + A_YEAR)
        assert await _left(stoa, Topic.CHECK_UP) == {"amara": 1, "lin": 1, "tariq": 1}, "nor who cannot act here"
    for hours in (0, 1, 2):
        await remind_of_check_ups(stoa.database, later + A_YEAR + timedelta(hours=hours))
    assert await _left(stoa, Topic.CHECK_UP) == {"amara": 1, "lin": 1, "tariq": 1, "joost": 1}


async def test_a_reminder_that_was_dismissed_comes_again_with_the_next_year_only(stoa: Stoa) -> None:
    joost, due = stoa.world["joost"], NOON + A_YEAR
    await remind_of_check_ups(stoa.database, due)
    async with stoa.database.reading() as connection:
        mine = select(Scrap.c.scrap_id).where(Scrap.c.owner_id == joost.member_id, Scrap.c.topic == Topic.CHECK_UP)
        scrap_id = (await connection.execute(mine)).scalar_one()
    assert await delete_scrap(stoa.database, joost.viewer, scrap_id, due) == scrap_id
    await remind_of_check_ups(stoa.database, due + timedelta(days=1))
    assert (await _left(stoa, Topic.CHECK_UP))["joost"] == 1
    await note_check_up(stoa.database, joost.member_id, due + timedelta(days=2))
    await remind_of_check_ups(stoa.database, due + timedelta(days=3))
    assert (await _left(stoa, Topic.CHECK_UP))["joost"] == 1
    await remind_of_check_ups(stoa.database, due + timedelta(days=2) + A_YEAR)
    assert (await _left(stoa, Topic.CHECK_UP))["joost"] == 2


async def test_the_worker_reminds_every_hour(stoa: Stoa) -> None:
    house = stoa.app.state.house
    await worker._tidy_up(house, "test", NOON + A_YEAR)
    assert (await _left(stoa, Topic.CHECK_UP))["amara"] == 1
    text = (await (await stoa.browser("amara")).get("/people/amara-page/scraps")).text
    assert "time to look through who sees what" in text


async def _work(stoa: Stoa) -> None:
    while await work_once(stoa.app.state.house, "test"):
        pass


@pytest.mark.parametrize("how", ["leaves", "is suspended", "departs", "is away"])
async def test_a_sig_that_is_handed_over_leaves_a_scrap_to_the_new_owner_and_the_former(stoa: Stoa, how: str) -> None:
    amara, lin, boardroom = stoa.world["amara"], stoa.world["lin"], stoa.world.sigs["boardroom"]
    async with stoa.database.writing() as connection:
        await connection.execute(update(Event).values(done_at=NOON))
        await set_role(connection, lin.member_id, boardroom, Role.MODERATOR)
        await set_role(
            connection, lin.member_id, stoa.world.sigs["turnaround"], Role.OWNER
        )  # so that one changes hands
        if how in {"is suspended", "departs"}:
            await suspend(connection, amara.member_id, NOON)
        if how == "departs":
            await depart(connection, amara.member_id, NOON)
        long_ago = NOON - OWNER_AWAY_AFTER - timedelta(days=1)
        seen = update(Member).where(Member.c.member_id == amara.member_id).values(seen_at=long_ago)
        await connection.execute(seen)
    if how == "leaves":
        assert await leave_sig(stoa.database, amara.viewer, "boardroom", NOON) is None
    if how == "is away":
        await relieve_absent_owners(stoa.database, NOON)
    await _work(stoa)
    told = {"lin": 1} if how == "departs" else {"lin": 1, "amara": 1}
    both = await _left(stoa, Topic.SIG_HANDED_OVER)
    async with stoa.database.writing() as connection:  # events come at least once
        await connection.execute(update(Event).where(Event.c.name == "sig.succeeded").values(done_at=None))
    await _work(stoa)
    assert (both, await _left(stoa, Topic.SIG_HANDED_OVER)) == (told, told)


async def test_who_only_leaves_a_sig_that_keeps_its_owner_is_left_nothing(stoa: Stoa) -> None:
    assert await leave_sig(stoa.database, stoa.world["lin"].viewer, "boardroom", NOON) is None
    await _work(stoa)
    assert await _left(stoa, Topic.SIG_HANDED_OVER) == {}
