"""What is new around a member: by their ring, never who keeps something back, and never more statements than pinned."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Never

import pytest
from sqlalchemy import select, update

from domain.members import EntryKind, Slot
from domain.sigs import Role
from domain.start_page import interests_of, is_of_interest
from domain.visibility import EVERYONE, ONLY_ME, VISITOR, Audience, Viewer, block_mark
from storage.database import Busy, Database, fetch_all, statements_of_request
from storage.forum.commands import Draft, Written, start_thread, write_reply
from storage.forum.reading import note_read
from storage.forum.removal import delete_post
from storage.members.keys import hold_owner, write_entry
from storage.sigs import add_membership
from storage.start_page.blocks import Blocks, find_blocks
from storage.tables import Post, Thread, ThreadRead
from tests.cast import NOON, World

LATER = NOON + timedelta(hours=1)


async def _blocks(database: Database, viewer: Viewer, now: datetime = LATER) -> Blocks:
    async with database.reading() as connection:
        return await find_blocks(connection, viewer, now, with_unread=True)


async def _choose(database: Database, world: World, part: str, slot: Slot, value: str, audience: Audience) -> None:
    async with database.writing() as connection:
        owner = await hold_owner(connection, world[part].member_id)
        await write_entry(connection, owner, slot, value, audience, LATER)


def _met(blocks: Blocks) -> set[tuple[str, str]]:
    return {(line.person.name or "", line.sig_slug) for line in blocks.newcomers}


async def test_newcomers_are_seen_by_ring(database: Database, world: World) -> None:
    """Everybody of the cast joined at noon."""
    assert _met(await _blocks(database, world["joost"].viewer)) == {
        ("Amara Okafor", "turnaround"),
        ("Lin Meiling", "turnaround"),
    }
    assert _met(await _blocks(database, world["lin"].viewer)) == {
        ("Amara Okafor", "turnaround"),
        ("Amara Okafor", "boardroom"),
        ("Joost van Dijk", "turnaround"),
    }
    for viewer in (world["tariq"].viewer, VISITOR):
        assert _met(await _blocks(database, viewer)) == set()
    assert _met(await _blocks(database, world["joost"].viewer, NOON + timedelta(days=15))) == set()


async def test_who_keeps_something_back_is_no_newcomer(database: Database, world: World) -> None:
    joost, turnaround = world["joost"].viewer, world.sigs["turnaround"]
    membership = Slot(EntryKind.MEMBERSHIP, turnaround)
    await _choose(database, world, "lin", membership, str(turnaround), ONLY_ME)
    assert _met(await _blocks(database, joost)) == {("Amara Okafor", "turnaround")}
    await _choose(database, world, "amara", Slot(EntryKind.NAME), "Amara Okafor", ONLY_ME)
    assert _met(await _blocks(database, joost)) == set()


async def test_between_two_with_a_block_nobody_is_new(database: Database, world: World) -> None:
    turnaround = world.sigs["turnaround"]
    await _choose(database, world, "lin", Slot(EntryKind.MEMBERSHIP, turnaround), str(turnaround), EVERYONE)
    joost = world["joost"].viewer
    blocked = replace(joost, ring=joost.ring | {block_mark(world["lin"].member_id)})
    assert _met(await _blocks(database, blocked)) == {("Amara Okafor", "turnaround")}


INTERESTS = [
    ("law", "Anything", "law", True),
    ("Law\nsteel", "x", "steel", True),
    ("works council", "How early do you tell the Works Council?", "", True),
    ("works council", "The council works", "", False),
    ("Überblick", "Ein uberblick", "", True),
    ("audit", "Auditors", "", False),
    ("due diligence", "x", "due-diligence", True),
    ("C++", "C or C++?", "", True),
    ("", "Anything", "law", False),
    (" \n ", "Anything", "law", False),
]


@pytest.mark.parametrize(("wanted", "title", "tags", "expected"), INTERESTS)
def test_what_is_of_interest(wanted: str, title: str, tags: str, expected: bool) -> None:
    assert is_of_interest(title, tuple(tags.split()), interests_of((wanted,))) is expected


async def test_threads_of_interest_are_seen_by_ring(database: Database, world: World) -> None:
    """Both threads of the cast are tagged with law; one of them stands behind doors."""

    async def titles(part: str) -> set[str]:
        return {line.title for line in (await _blocks(database, world[part].viewer)).interests}

    for part in ("joost", "lin", "tariq"):
        assert await titles(part) == set()
        await _choose(database, world, part, Slot(EntryKind.INTERESTS), "Gardens\nLaw", ONLY_ME)
    public, closed = "How early do you tell the works council?", "Who sits on the audit committee?"
    assert await titles("joost") == await titles("tariq") == {public}
    assert await titles("lin") == {public, closed}
    await _choose(database, world, "tariq", Slot(EntryKind.INTERESTS), "", ONLY_ME)
    await _choose(database, world, "tariq", Slot(EntryKind.SKILLS), "works council", ONLY_ME)
    assert await titles("tariq") == {public}
    for column in (Thread.c.held_at, Thread.c.hidden_at):
        async with database.writing() as connection:
            await connection.execute(update(Thread).values({column: LATER}))
        assert await titles("tariq") == set()
        async with database.writing() as connection:
            await connection.execute(update(Thread).values({column: None}))


async def _unread(database: Database, viewer: Viewer, now: datetime = LATER) -> dict[int, int]:
    return {line.thread.thread_id: line.count for line in (await _blocks(database, viewer, now)).unread}


async def test_unread_is_what_others_said_beyond_what_was_read(database: Database, world: World) -> None:
    public, closed = world.public_thread.thread_id, world.closed_thread.thread_id
    joost, lin, amara = (world[part] for part in ("joost", "lin", "amara"))
    assert await _unread(database, joost.viewer) == {public: 1}, "Lin's reply; the opening came as he joined"
    assert await _unread(database, lin.viewer) == {public: 1}, "and Joost has no say in the Boardroom"
    assert await _unread(database, amara.viewer) == {public: 2, closed: 1}
    assert await _unread(database, world["tariq"].viewer) == {}
    await note_read(database, amara.member_id, public, 2, LATER)
    assert await _unread(database, amara.viewer) == {public: 1, closed: 1}
    await note_read(database, amara.member_id, public, 3, LATER)
    assert await _unread(database, amara.viewer) == {closed: 1}
    await note_read(database, amara.member_id, public, 1, LATER)
    assert await _unread(database, amara.viewer) == {closed: 1}, "what was read stays read"
    own = await write_reply(database, amara.viewer, public, Draft("My own"), LATER)
    assert isinstance(own, Written)
    assert await _unread(database, amara.viewer) == {closed: 1}
    assert await _unread(database, joost.viewer) == {public: 2}
    assert isinstance(await delete_post(database, amara.viewer, own.post_id, LATER), Written)
    assert await _unread(database, joost.viewer) == {public: 1}
    assert await _unread(database, joost.viewer, NOON + timedelta(days=61)) == {}


async def test_what_one_may_not_see_is_not_unread(database: Database, world: World) -> None:
    """A thread of a SIG of mine that opens to others only, a post in it that does, and what a moderator hid."""
    joost, public = world["joost"].viewer, world.public_thread.thread_id
    closed = select(Post.c.key_set_id).where(Post.c.thread_id == world.closed_thread.thread_id)
    async with database.reading() as connection:
        posts = await fetch_all(connection, closed)
    for change in ({"key_set_id": posts[0].key_set_id}, {"hidden_at": LATER}, {"deleted_at": LATER}):
        async with database.reading() as connection:
            before = select(Post.c.key_set_id).where(Post.c.thread_id == public, Post.c.number == 3)
            key_set_id = (await connection.execute(before)).scalar_one()
        is_last = (Post.c.thread_id == public) & (Post.c.number == 3)
        async with database.writing() as connection:
            await connection.execute(update(Post).where(is_last).values(change))
        assert await _unread(database, joost) == {}, change
        async with database.writing() as connection:
            undo = {"key_set_id": key_set_id, "hidden_at": None, "deleted_at": None}
            await connection.execute(update(Post).where(is_last).values(undo))
        assert await _unread(database, joost) == {public: 1}


async def test_what_was_said_before_one_joined_is_not_unread(database: Database, world: World) -> None:
    tariq, turnaround = world["tariq"], world.sigs["turnaround"]
    async with database.writing() as connection:
        await add_membership(connection, tariq.member_id, turnaround, Role.MEMBER, LATER)
    assert await _unread(database, tariq.viewer) == {}
    said = await write_reply(
        database, world["amara"].viewer, world.public_thread.thread_id, Draft("Welcome"), LATER + timedelta(minutes=1)
    )
    assert isinstance(said, Written)
    assert await _unread(database, tariq.viewer, LATER + timedelta(minutes=2)) == {said.thread_id: 1}


async def test_only_the_last_hundred_are_counted(database: Database, world: World) -> None:
    """Numbers far beyond what is there: only the thread's count was changed, so the older posts are out of reach."""
    async with database.writing() as connection:
        await connection.execute(update(Thread).values(post_count=5000))
    assert await _unread(database, world["amara"].viewer) == {}


async def test_statements_do_not_grow(database: Database, world: World) -> None:
    joost = world["joost"]
    await _choose(database, world, "joost", Slot(EntryKind.INTERESTS), "law", ONLY_ME)

    async def count() -> int:
        noted: list[str] = []
        token = statements_of_request.set(noted)
        try:
            await _blocks(database, joost.viewer)
        finally:
            statements_of_request.reset(token)
        return len(noted)

    assert await count() == 4
    for number in range(15):
        draft = Draft("Text", title=f"Law number {number}", tags="law", submission=f"s{number}")
        assert isinstance(await start_thread(database, world["amara"].viewer, "turnaround", draft, LATER), Written)
    assert await count() == 4
    assert len((await _blocks(database, joost.viewer)).interests) == 6


async def test_a_position_that_cannot_be_noted_is_let_go(
    database: Database, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_database: Database, **_: object) -> Never:
        raise Busy("no room")

    with monkeypatch.context() as patch:
        patch.setattr(Database, "writing", busy)
        await note_read(database, world["joost"].member_id, 1, 4, LATER)
    async with database.reading() as connection:
        assert await fetch_all(connection, select(ThreadRead.c.number)) == []
