"""What search finds is what Python finds by hand among all that the viewer can reach: results, counts and order, on
both engines, in random worlds; and while the index is behind, nothing more than that."""

from collections.abc import AsyncIterator
from random import Random

import pytest
from sqlalchemy import insert, select, update

from domain.forum import keys_when_kept_back
from domain.search import RESULTS_A_PAGE, SearchKind, parse_query
from domain.sigs import Circle
from domain.visibility import Viewer
from storage.database import Database, fetch_all
from storage.forum.commands import Draft, edit_post, start_thread, write_reply
from storage.forum.removal import delete_post, restore_post
from storage.key_sets import intern_key_set
from storage.search.cursors import Cursor
from storage.search.index import index_everything
from storage.search.page import find_search_page
from storage.secrets import Seal
from storage.tables import Block, Post, Sig, Thread
from tests.storage.finding import ByHand, Everything
from tests.storage.worlds import PEOPLE, SIGS, SmallWorld, lived_worlds

WORDS = ("amber", "Amberjack", "beryl", "Köln", "koln", "早く", "person", "anew", "e-mail", "ﬁne")
QUERIES = (
    "amber", "AMBER beryl", '"amber beryl"', '"beryl amber', "koln", "早く", "く", "e-mail", "mail", "fine amber",
    "person", "person anew", "about", "anew", "other job", "sig", "sig 0", "+31 10", "zzz", "",
    "amber author:person", "author:0", 'author:"person 1" beryl', "sig:sig-0-1 amber", "sig:nowhere amber",
    "in:1 amber", "in:1", "a", "sig:sig-0-0",
)  # fmt: skip


async def _talk(world: SmallWorld, number: int) -> None:
    """Some talk in every SIG, each read by others, and what became of it."""
    chance = Random(number)  # noqa: S311 -- chance that must be the same every time
    async with world.stage.writing() as connection:
        for sig, reading in zip(world.sigs, (Circle.EVERYONE, Circle.MEMBERS, Circle.SIG), strict=True):
            words = f"{chance.choice(WORDS)} {chance.choice(WORDS)}"
            await connection.execute(
                update(Sig).where(Sig.c.sig_id == sig).values(reading=reading.value, description=words)
            )
    for _ in range(14):
        await _say(world, chance)


def _words(chance: Random) -> str:
    return " ".join(chance.choice(WORDS) for _ in range(chance.randint(1, 5)))


async def _say(world: SmallWorld, chance: Random) -> None:
    """Somebody who may starts a thread or replies in one."""
    who, sig = world.people[chance.randrange(PEOPLE)], world.sigs[chance.randrange(SIGS)]
    viewer = await world.viewer(who)
    sigs = select(Sig.c.slug).where(Sig.c.sig_id == sig)
    threads = select(Thread.c.thread_id).where(Thread.c.sig_id == sig, Thread.c.deleted_at.is_(None))
    async with world.stage.reading() as connection:
        slug = (await connection.execute(sigs)).scalar_one()
        known = [row.thread_id for row in await fetch_all(connection, threads)]
    draft = Draft(_words(chance), title=f"{_words(chance)} talk", tags=chance.choice(("", "amber")))
    if known and chance.random() < 0.6:
        await write_reply(world.stage, viewer, chance.choice(known), draft, world.now)
    else:
        await start_thread(world.stage, viewer, slug, draft, world.now)


async def _change(world: SmallWorld, number: int) -> None:
    """Edits, deletions and what moderators do, of posts by chance; and a block."""
    chance = Random(number + 1000)  # noqa: S311 -- as above
    statement = select(Post.c.post_id, Post.c.member_id, Post.c.version, Thread.c.sig_id).join(
        Thread, Thread.c.thread_id == Post.c.thread_id
    )
    async with world.stage.reading() as connection:
        posts = await fetch_all(connection, statement.where(Post.c.member_id.in_(world.people)))
    for row in posts:
        viewer = await world.viewer(row.member_id)
        match chance.randrange(6):
            case 0:
                draft = Draft(_words(chance), title=f"{_words(chance)} anew")
                await edit_post(world.stage, viewer, row.post_id, draft, row.version, world.now)
            case 1:
                await delete_post(world.stage, viewer, row.post_id, world.now)
            case 2:
                await delete_post(world.stage, viewer, row.post_id, world.now)
                await restore_post(world.stage, viewer, row.post_id, world.now)
            case 3:
                async with world.stage.writing() as connection:
                    keys = await intern_key_set(connection, keys_when_kept_back(row.member_id, row.sig_id))
                    hiding = update(Post).where(Post.c.post_id == row.post_id)
                    await connection.execute(hiding.values(key_set_id=keys, hidden_at=world.now))
            case _:
                pass
    async with world.stage.writing() as connection:
        one, other = chance.sample(world.people, 2)
        await connection.execute(insert(Block).values(member_id=one, other_id=other, since=world.now))


async def _worlds(database: Database, seal: Seal) -> AsyncIterator[tuple[int, SmallWorld]]:
    number = 0
    async for world in lived_worlds(database, seal, 6, 3):
        await _talk(world, number)
        yield number, world
        number += 1


async def _pages(
    database: Database, viewer: Viewer, text: str, kind: SearchKind, *, typing: bool
) -> tuple[list[str], dict[SearchKind, int]]:
    """Every page of one search, and the counts on the tabs, which are the same on all of them."""
    found: list[str] = []
    counts: list[dict[SearchKind, int]] = []
    before: Cursor | None = None
    while True:
        page = await find_search_page(database, viewer, text, kind, before, typing=typing)
        found += [line.address for line in page.found]
        counts.append({tab.kind: tab.count for tab in page.tabs})
        if page.older is None:
            assert all(one == counts[0] for one in counts), (text, kind, counts)
            return found, counts[0]
        assert len(page.found) == RESULTS_A_PAGE
        before = Cursor.parse(page.older)


async def _compare(world: SmallWorld, *, is_behind: bool) -> int:
    """Hold searches of every viewer against the search by hand; gives how much was found."""
    everything, total = await Everything.read(world.stage), 0
    chance = Random(len(everything.posts))  # noqa: S311 -- as above
    for viewer in await world.viewers():
        for text in chance.sample(QUERIES, 7):
            typing = chance.random() < 0.5
            by_hand = ByHand(everything, viewer, parse_query(text, typing=typing))
            every: list[dict[SearchKind, int]] = []
            for kind in SearchKind:
                found, counts = await _pages(world.stage, viewer, text, kind, typing=typing)
                wanted = by_hand.found(kind)
                if is_behind:
                    assert set(found) <= set(wanted), (text, kind, viewer)
                    wanted = [address for address in wanted if address in found]
                assert (found, counts[kind]) == (wanted, len(wanted)), (text, kind, viewer)
                every.append(counts)
                total += len(found)
            assert all(counts == every[0] for counts in every), (text, every, "each tab counts what it opens on")
    return total


@pytest.mark.slow
async def test_search_finds_what_is_found_by_hand(database: Database, seal: Seal) -> None:
    found = behind = 0
    async for number, world in _worlds(database, seal):
        await index_everything(world.stage)
        found += await _compare(world, is_behind=False)
        await _change(world, number)
        behind += await _compare(world, is_behind=True)
        await index_everything(world.stage)
        found += await _compare(world, is_behind=False)
    assert found > behind > 30
