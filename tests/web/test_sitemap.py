"""The sitemap: what visitors may find, all of it and nothing else, at every moment."""

import re
from random import Random
from typing import Any
from xml.etree.ElementTree import Element

import httpx
import pytest
from defusedxml.ElementTree import fromstring

from storage.database import Database
from storage.forum.commands import Draft, Written, write_reply
from storage.forum.removal import delete_post, restore_post
from tests.cast import NOON
from tests.conftest import Stoa
from tests.web.heads import LONG, SITE, get, is_indexable, reply_in, start, write_headline
from web.visitor_pages import KEEP_FOR


def _locations(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/xml"
    root: Element = fromstring(answer.text)
    return [(found.text or "").removeprefix(SITE) for found in root.iter() if found.tag.endswith("}loc")]


async def _sitemap(stoa: Stoa) -> set[str]:
    parts = _locations(await get(stoa, "/sitemap.xml"))
    found = [path for part in parts for path in _locations(await get(stoa, part))]
    assert len(found) == len(set(found))
    return set(found)


async def _everything(stoa: Stoa) -> set[str]:
    """Every page that there could be, as addresses."""
    people = {f"/people/{person.public_id}" for person in stoa.world.people.values()}
    house = {"/", "/about/terms", "/about/privacy", "/about/markdown", "/about/defaults", "/communities/strategy"}
    return (
        people
        | house
        | {f"/sigs/{slug}" for slug in stoa.world.sigs}
        | {f"/threads/{number}" for number in range(1, 12)}
    )


async def _demand_agreement(stoa: Stoa) -> set[str]:
    listed, pages = await _sitemap(stoa), await _everything(stoa)
    assert listed <= pages
    indexable = {path for path in pages if is_indexable(await get(stoa, path))}
    assert listed == indexable
    return listed


async def test_the_sitemap_is_what_may_be_listed_and_follows_at_once(stoa: Stoa) -> None:
    world, database = stoa.world, stoa.database
    long, short = await start(stoa), await start(stoa, body="Too short.")
    closed = await start(stoa, sig="boardroom")
    await write_headline(stoa, "amara")
    await write_headline(stoa, "joost", "members")
    listed = await _demand_agreement(stoa)
    assert {f"/threads/{long.thread_id}", "/people/amara-page", f"/threads/{world.public_thread.thread_id}"} <= listed
    assert not {f"/threads/{short.thread_id}", f"/threads/{closed.thread_id}", "/people/joost-page"} & listed
    await delete_post(database, world["amara"].viewer, long.post_id, NOON)
    assert f"/threads/{long.thread_id}" not in await _demand_agreement(stoa)
    await restore_post(database, world["amara"].viewer, long.post_id, NOON)
    assert f"/threads/{long.thread_id}" in await _demand_agreement(stoa)
    await write_headline(stoa, "amara", "members")
    assert "/people/amara-page" not in await _demand_agreement(stoa)


async def _close(stoa: Stoa, step: tuple[str, Any]) -> None:
    kind, value = step
    if kind == "delete":
        part, post_id = value
        assert isinstance(await delete_post(stoa.database, stoa.world[part].viewer, post_id, NOON), Written)
    else:
        await write_headline(stoa, value, **{kind: "members"})


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_closes_leaves_the_sitemap_at_once(stoa: Stoa, seed: int) -> None:
    """Entries are narrowed and posts deleted in an order drawn by lot; after each step fewer addresses stand there, or
    as many, and each of them is one that visitors may find."""
    threads = [await start(stoa, body=body) for body in (LONG, LONG, "Too short.")]
    replies = [(part, await reply_in(stoa, thread, part)) for thread in threads for part in ("joost", "lin")]
    for part in ("amara", "joost"):
        await write_headline(stoa, part)
    posts = [*replies, *(("amara", thread) for thread in threads)]
    steps: list[tuple[str, Any]] = [("delete", (part, post.post_id)) for part, post in posts]
    steps += [("audience", "amara"), ("name_audience", "joost")]
    Random(seed).shuffle(steps)  # noqa: S311 -- an order that can be drawn again
    before = first = await _demand_agreement(stoa)
    for step in steps:
        await _close(stoa, step)
        after = await _demand_agreement(stoa)
        assert after <= before
        before = after
    assert len(first - before) == len(threads) + 2, "each thread and both pages are gone at last"


async def test_many_parts_hold_what_one_does(stoa: Stoa, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        await start(stoa)
    whole = await _sitemap(stoa)
    monkeypatch.setattr("storage.publicity.IDS_A_PART", 2)
    monkeypatch.setattr("storage.publicity.IDS_A_TIME", 1)
    stoa.clock.now += KEEP_FOR  # nothing was written, so what is kept would hold
    assert len(_locations(await get(stoa, "/sitemap.xml"))) > 5
    assert await _sitemap(stoa) == whole


async def test_parts_that_are_none_are_missing(stoa: Stoa) -> None:
    for name in (
        "threads-2.xml",
        "threads-99999999999999.xml",
        "people-2.xml",
        "pages-2.xml",
        "notes-1.xml",
        "threads-1",
    ):
        assert (await get(stoa, f"/sitemaps/{name}")).status_code == 404


async def test_lastmod_is_what_visitors_saw_change(stoa: Stoa, database: Database) -> None:
    thread = await start(stoa)
    later = NOON.replace(hour=15)
    draft = Draft(body="Later.")
    reply = await write_reply(database, stoa.world["joost"].viewer, thread.thread_id, draft, later)
    assert isinstance(reply, Written)
    assert await _lastmod(stoa, thread) == later.isoformat()
    await delete_post(database, stoa.world["joost"].viewer, reply.post_id, later)
    assert await _lastmod(stoa, thread) == NOON.isoformat()


async def _lastmod(stoa: Stoa, thread: Written) -> str:
    text = (await get(stoa, "/sitemaps/threads-1.xml")).text
    found = re.search(rf"/threads/{thread.thread_id}</loc><lastmod>([^<]+)<", text)
    assert found
    return found[1]
