"""Statements a page are pinned, and stay the same whatever there is to show."""

from datetime import timedelta

import pytest

from domain.members import EntryKind, Slot, write_record
from storage.connections import connect
from storage.database import statements_of_request
from storage.forum.commands import Draft, write_reply
from storage.members.editing import Typed
from storage.seeding import together
from tests.agreeing import save_agreed
from tests.cast import NOON
from tests.conftest import Stoa
from tests.counting import count_statements, forget_pages, statements_of

MOST = {
    # path: (as visitor, as member), whose session is in mind
    "/": (3, 5),
    "/communities/strategy": (3, 3),
    "/sigs/turnaround": (5, 5),
    "/people/amara-page": (1, 4),
    "/threads/1": (3, 3),
    "/threads/1/feed": (3, 3),
    "/sigs/turnaround/feed": (3, 3),
    "/robots.txt": (1, 1),
}

FULL_PAGE = (3, 5)
"""A personal page with all that is worked out for it: entries, connections, contributions; for a member also scraps,
and how they stand to the person."""

OWN = {
    # path: as its owner, whatever stands on the page
    "/people/joost-page": 4,
    "/profile/edit": 9,
    "/profile/check-up/2": 9,
    "/profile/audience/name": 9,
    "/profile/experience/1": 9,
    "/profile/public": 5,
    "/profile/exposure": 10,
    "/profile/view-as": 12,
    "/profile/view-as/exactly": 4,
    "/lists": 1,
    "/people/amara-page/lists": 3,
}


async def _count(stoa: Stoa, part: str, path: str) -> int:
    return await count_statements(await stoa.browser(part), path)


async def _counts(stoa: Stoa) -> dict[str, tuple[int, int]]:
    return {path: (await _count(stoa, "visitor", path), await _count(stoa, "joost", path)) for path in MOST}


async def _fill(stoa: Stoa, replies: int) -> None:
    """So many more replies in the public thread, by three voices."""
    people = [stoa.world[part].viewer for part in ("amara", "joost", "lin")]
    async with together(stoa.database) as stage:
        for number in range(replies):
            viewer = people[number % 3]
            moment = NOON + timedelta(minutes=number)  # nobody writes sixty posts within the hour
            await write_reply(stage, viewer, stoa.world.public_thread.thread_id, Draft(f"Reply {number}."), moment)


async def test_who_comes_for_the_first_time_costs_three_more(stoa: Stoa) -> None:
    """Session, circles and bell, which are in mind from then on."""
    browser = await stoa.browser("joost")
    first = await statements_of(browser, "/threads/1")
    forget_pages(browser)
    assert len(first) - len(await statements_of(browser, "/threads/1")) == 3


async def test_who_reads_a_page_again_costs_nothing_until_something_changes(stoa: Stoa) -> None:
    browser = await stoa.browser("joost")
    for path in ("/threads/1", "/sigs/turnaround", "/people/amara-page"):
        fresh = await count_statements(browser, path)
        assert fresh > 0
        again = [one for one in await statements_of(browser, path) if "FROM version_counts" not in one]
        assert again == [], path
        await _fill(stoa, 1)
        assert len(await statements_of(browser, path)) >= fresh, path


async def test_statements_are_pinned(stoa: Stoa) -> None:
    assert stoa.world.public_thread.thread_id == 1
    await _fill(stoa, 17)
    found = await _counts(stoa)
    assert found == MOST
    await _fill(stoa, 20)
    assert await _counts(stoa) == found


@pytest.mark.slow
async def test_a_long_thread_costs_what_a_short_one_does(stoa: Stoa) -> None:
    await _fill(stoa, 17)
    short = [await _count(stoa, part, "/threads/1") for part in ("visitor", "joost")]
    assert short == list(MOST["/threads/1"])
    await _fill(stoa, 480)
    for path in ("/threads/1", "/threads/1?page=13", "/threads/1?page=25"):
        assert [await _count(stoa, part, path) for part in ("visitor", "joost")] == short


REPLY = {"sqlite": 7, "postgresql": 8}
"""Of a member whose session is in mind. SQLite holds no rows, and counts what was touched once for all who write
together. The answer is the address of what was written, which is known."""


async def test_a_reply_costs_few_statements(stoa: Stoa, engine: str) -> None:
    browser, path, noted = await stoa.browser("joost"), "/threads/1/replies", list[str]()
    for number in range(10):  # so that the process has met the keys of the post
        sent = await browser.post(path, data={"body": f"Reply {number}.", "submission": f"r{number}"})
        assert sent.status_code == 303
    token = statements_of_request.set(noted)
    await browser.post(path, data={"body": "Counted.", "submission": "counted"})
    statements_of_request.reset(token)
    assert len([one for one in noted if "SELECT people" not in one]) == REPLY[engine], noted


async def _furnish(stoa: Stoa, part: str, records: int) -> None:
    """Open what is worked out, with a connection to show, and so many records."""
    house, member_id = stoa.app.state.house, stoa.world[part].member_id
    shown = {Slot(kind): (None, "everyone") for kind in (EntryKind.CONNECTIONS, EntryKind.CONTRIBUTIONS)}
    async with together(stoa.database) as stage:
        for number in range(records):
            kind = (EntryKind.EXPERIENCE, EntryKind.EDUCATION)[number % 2]
            record = write_record(kind, {"role": f"Role {number}", "school": f"School {number}"})
            form: Typed = {**shown, Slot(kind): (record, "everyone")}
            assert await save_agreed(stage, house.seal, member_id, form, NOON) is None


async def _be_connected(stoa: Stoa) -> None:
    everyone: Typed = {Slot(EntryKind.CONNECTIONS): (None, "everyone")}
    house = stoa.app.state.house
    async with together(stoa.database) as stage:
        for other in ("amara", "joost", "tariq"):
            member_id = stoa.world[other].member_id
            assert await save_agreed(stage, house.seal, member_id, everyone, NOON) is None
        async with stage.writing() as connection:
            await connect(connection, stoa.world["amara"].member_id, stoa.world["joost"].member_id, NOON)
            await connect(connection, stoa.world["amara"].member_id, stoa.world["tariq"].member_id, NOON)


@pytest.mark.slow
async def test_a_personal_page_costs_the_same_with_sixty_entries(stoa: Stoa) -> None:
    await _be_connected(stoa)
    await _furnish(stoa, "amara", 2)
    path = "/people/amara-page"
    assert (await _count(stoa, "visitor", path), await _count(stoa, "joost", path)) == FULL_PAGE
    await _furnish(stoa, "amara", 60)
    assert (await _count(stoa, "visitor", path), await _count(stoa, "joost", path)) == FULL_PAGE
    text = (await (await stoa.browser()).get(path)).text
    assert text.count("Role ") + text.count("School ") > 50, "they are all there"
    assert "Joost van Dijk" in text


@pytest.mark.slow
async def test_ones_own_pages_cost_the_same_with_sixty_entries(stoa: Stoa) -> None:
    await _be_connected(stoa)
    await _furnish(stoa, "joost", 2)
    found = {path: await _count(stoa, "joost", path) for path in OWN}
    assert found == OWN
    await _furnish(stoa, "joost", 60)
    assert {path: await _count(stoa, "joost", path) for path in OWN} == found
