"""Statements a page are pinned, and stay the same whatever there is to show."""

import pytest

from storage.database import statements_of_request
from storage.forum.commands import Draft, write_reply
from storage.seeding import together
from tests.cast import NOON
from tests.conftest import Stoa

MOST = {
    # path: (as visitor, as member); a member's two are the session and the SIGs of the rail
    "/": (3, 5),
    "/communities/strategy": (3, 5),
    "/sigs/turnaround": (4, 6),
    "/people/amara-page": (2, 5),
    "/threads/1": (3, 5),
    "/threads/1/feed": (3, 5),
    "/sigs/turnaround/feed": (3, 5),
    "/robots.txt": (1, 3),
}


async def _count(stoa: Stoa, part: str, path: str) -> int:
    browser = await stoa.browser(part)
    noted: list[str] = []
    token = statements_of_request.set(noted)
    try:
        answer = await browser.get(path)
    finally:
        statements_of_request.reset(token)
    assert answer.status_code == 200
    return len(noted)


async def _counts(stoa: Stoa) -> dict[str, tuple[int, int]]:
    return {path: (await _count(stoa, "visitor", path), await _count(stoa, "joost", path)) for path in MOST}


async def _fill(stoa: Stoa, replies: int) -> None:
    """So many more replies in the public thread, by three voices."""
    people = [stoa.world[part].viewer for part in ("amara", "joost", "lin")]
    async with together(stoa.database) as stage:
        for number in range(replies):
            viewer = people[number % 3]
            await write_reply(stage, viewer, stoa.world.public_thread.thread_id, Draft(f"Reply {number}."), NOON)


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
