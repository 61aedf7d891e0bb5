"""Counters, keys and numbers stay whole through hiding, deleting, moving and undoing, in whatever order."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select, update

from domain.moderation import ActKind, CaseKind, Order
from domain.refusals import Reason, Refused
from domain.visibility import STAFF, VISITOR, Viewer, mod_key, own_key
from storage.database import Database
from storage.forum.commands import Draft, Written, write_reply
from storage.forum.pages import find_thread_page
from storage.forum.removal import delete_post, restore_post
from storage.key_sets import intern_key_set
from storage.moderation.acts import act_on_case, act_on_post, undo_act
from storage.moderation.cases import note_case, open_case
from storage.moderation.filing import file_case
from storage.tables import (
    Act,
    CaseNote,
    CaseOpening,
    Event,
    KeySet,
    Member,
    Membership,
    Post,
    Scrap,
    Sig,
    Tag,
    Thread,
)
from tests.cast import NOON, World

RULE = "house:respect"


def _moderator(world: World) -> Viewer:
    """Amara with the keys that an owner holds."""
    viewer = world["amara"].viewer
    return replace(viewer, ring=viewer.ring | {mod_key(sig_id) for sig_id in world.sigs.values()})


async def _act(database: Database, world: World, post_id: int, kind: ActKind, minute: int = 0, to: str = "") -> object:
    order = Order(kind, RULE, f"Because, {minute}.", to_sig=to)
    return await act_on_post(database, _moderator(world), post_id, order, NOON + timedelta(minutes=minute))


async def _demand_right_counts(database: Database) -> None:
    """What SIGs and tags say they hold is what a count of what stands finds."""
    stands = Thread.c.deleted_at.is_(None) & Thread.c.hidden_at.is_(None) & Thread.c.held_at.is_(None)
    said = Post.c.deleted_at.is_(None) & Post.c.hidden_at.is_(None) & Post.c.number.is_not(None)
    async with database.reading() as connection:
        for sig in (await connection.execute(select(Sig.table))).all():
            here = stands & (Thread.c.sig_id == sig.sig_id)
            threads = await connection.scalar(select(func.count()).select_from(Thread).where(here))
            posts = select(func.count()).select_from(Post).join(Thread, Thread.c.thread_id == Post.c.thread_id)
            assert sig.thread_count == threads, sig.slug
            assert sig.post_count == await connection.scalar(posts.where(here, said)), sig.slug
            tags = (await connection.execute(select(Tag.c.thread_count).where(Tag.c.sig_id == sig.sig_id))).scalars()
            assert sum(tags) == threads, "each thread of the cast has one tag"


async def test_hiding_counts_as_deleting_does(database: Database, world: World) -> None:
    post_id = world.public_thread.post_id + 2
    done = await _act(database, world, post_id, ActKind.HIDE)
    assert isinstance(done, int)
    await _demand_right_counts(database)
    page = await find_thread_page(database, VISITOR, world.public_thread.thread_id, 1)
    assert page is not None
    hidden = next(post for post in page.posts if post.is_hidden)
    assert (hidden.html, hidden.author, hidden.number) == (None, None, 3)
    assert await undo_act(database, _moderator(world), done, NOON) == done
    await _demand_right_counts(database)
    refused = await undo_act(database, _moderator(world), done, NOON)
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.STALE


async def test_what_its_author_deleted_stays_deleted_when_it_is_shown_again(database: Database, world: World) -> None:
    reply_id = world.public_thread.post_id + 1
    done = await _act(database, world, reply_id, ActKind.HIDE)
    assert isinstance(done, int)
    assert isinstance(await delete_post(database, world["joost"].viewer, reply_id, NOON), Written)
    await _demand_right_counts(database)
    refused = await restore_post(database, world["joost"].viewer, reply_id, NOON)
    assert isinstance(refused, Refused)
    assert await undo_act(database, _moderator(world), done, NOON) == done
    await _demand_right_counts(database)
    async with database.reading() as connection:
        keys = select(KeySet.c.text).join(Post, Post.c.key_set_id == KeySet.c.key_set_id)
        assert await connection.scalar(keys.where(Post.c.post_id == reply_id)) == f"own:{world['joost'].member_id}"
    assert isinstance(await restore_post(database, world["joost"].viewer, reply_id, NOON), Written)
    await _demand_right_counts(database)


async def test_a_hidden_thread_takes_no_reply_and_counts_nowhere(database: Database, world: World) -> None:
    viewer = replace(_moderator(world), member_id=world["lin"].member_id)
    order = Order(ActKind.HIDE, RULE, "Because.")
    await _be_owner(database, world)
    done = await act_on_post(database, viewer, world.public_thread.post_id, order, NOON)
    assert isinstance(done, int), done
    await _demand_right_counts(database)
    refused = await write_reply(database, _moderator(world), world.public_thread.thread_id, Draft(body="More."), NOON)
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.CLOSED
    for reply_id, part in ((2, "joost"), (3, "lin")):
        deleted = await delete_post(database, world[part].viewer, world.public_thread.post_id + reply_id - 1, NOON)
        assert isinstance(deleted, Written)
        await _demand_right_counts(database)
    assert await undo_act(database, viewer, done, NOON) == done
    await _demand_right_counts(database)
    assert isinstance(await restore_post(database, world["lin"].viewer, world.public_thread.post_id + 2, NOON), Written)
    await _demand_right_counts(database)


async def _be_owner(database: Database, world: World) -> None:
    """Lin owns the SIG as well."""
    theirs = Membership.c.member_id == world["lin"].member_id
    async with database.writing() as connection:
        await connection.execute(update(Membership).where(theirs).values(role="owner"))


async def test_moving_there_and_back(database: Database, world: World) -> None:
    opening = world.public_thread.post_id
    done = await _act(database, world, opening, ActKind.MOVE, 5, "boardroom")
    assert isinstance(done, int), done
    await _demand_right_counts(database)
    async with database.reading() as connection:
        texts = select(KeySet.c.text).join(Post, Post.c.key_set_id == KeySet.c.key_set_id)
        keys = (await connection.execute(texts.where(Post.c.thread_id == world.public_thread.thread_id))).scalars()
        assert all("public" not in text.split() for text in keys)
    assert await undo_act(database, _moderator(world), done, NOON) == done
    await _demand_right_counts(database)
    page = await find_thread_page(database, VISITOR, world.public_thread.thread_id, 1)
    assert page is not None
    assert len(page.posts) == 3


async def test_what_is_sent_three_times_at_once_is_done_once(database: Database, world: World) -> None:
    """A staff case about a person and one about a scrap: opened, noted and decided by three forms each."""
    staff = replace(world["tariq"].viewer, ring=world["tariq"].viewer.ring | {STAFF})
    lin = world["lin"].member_id
    async with database.writing() as connection:
        keys = await intern_key_set(connection, frozenset({own_key(lin), own_key(world["joost"].member_id)}))
        scrap = {"owner_id": world["joost"].member_id, "member_id": lin, "kind": "member", "state": "standing"}
        scrap |= {"body": "x", "html": "x", "key_set_id": keys, "written_at": NOON}
        scrap_id = await connection.scalar(insert(Scrap).values(scrap).returning(Scrap.c.scrap_id))
        about = {"member_id": lin, "scrap_id": scrap_id}
        of_scrap = await file_case(connection, CaseKind.REPORT, frozenset({STAFF}), NOON, **about)
        of_person = await file_case(connection, CaseKind.REPORT, frozenset({STAFF}), NOON, member_id=lin)
    for case_id, kind in ((of_scrap, ActKind.HIDE_SCRAP), (of_person, ActKind.SUSPEND)):
        order = Order(kind, RULE, "Because.")
        await asyncio.gather(*(open_case(database, staff, case_id, NOON) for _ in range(3)))
        await asyncio.gather(*(note_case(database, staff, case_id, "Look.", NOON) for _ in range(3)))
        done = await asyncio.gather(*(act_on_case(database, staff, case_id, order, NOON) for _ in range(3)))
        assert len(set(done)) == 1
        assert isinstance(done[0], int), done
    async with database.reading() as connection:
        for table in (CaseOpening, CaseNote, Act):
            assert await connection.scalar(select(func.count()).select_from(table)) == 2
        suspended = await connection.scalar(select(Act.c.act_id).where(Act.c.kind == ActKind.SUSPEND))
    assert suspended is not None
    undone = await asyncio.gather(*(undo_act(database, staff, suspended, NOON) for _ in range(3)))
    assert sorted(isinstance(one, int) for one in undone) == [False, False, True]
    async with database.reading() as connection:
        good = select(Member.c.in_good_standing).where(Member.c.member_id == lin)
        assert await connection.scalar(good) is True


async def test_what_comes_back_while_its_thread_is_hidden_is_there_when_it_is_shown(
    database: Database, world: World
) -> None:
    """Everything deleted, the deleted opening hidden, a reply restored, and the opening shown: the reply stands."""
    opening, thread_id = world.public_thread.post_id, world.public_thread.thread_id
    lin = replace(_moderator(world), member_id=world["lin"].member_id)
    await _be_owner(database, world)
    async with database.writing() as connection:
        keys = frozenset({mod_key(world.sigs["turnaround"])})
        about = {"sig_id": world.sigs["turnaround"], "member_id": world["amara"].member_id, "post_id": opening}
        case_id = await file_case(connection, CaseKind.REPORT, keys, NOON, **about)
    for number, part in enumerate(("amara", "joost", "lin")):
        assert isinstance(await delete_post(database, world[part].viewer, opening + number, NOON), Written)
    assert await open_case(database, lin, case_id, NOON) is None
    done = await act_on_case(database, lin, case_id, Order(ActKind.HIDE, RULE, "Because."), NOON)
    assert isinstance(done, int), done
    await _demand_right_counts(database)
    assert isinstance(await restore_post(database, world["joost"].viewer, opening + 1, NOON), Written)
    await _demand_right_counts(database)
    assert await find_thread_page(database, VISITOR, thread_id, 1) is None
    assert await undo_act(database, lin, done, NOON) == done
    await _demand_right_counts(database)
    page = await find_thread_page(database, VISITOR, thread_id, 1)
    assert page is not None
    assert [post.html is not None for post in page.posts] == [False, True, False]


async def test_each_act_and_its_undoing_is_told_by_id(database: Database, world: World) -> None:
    done = await _act(database, world, world.public_thread.post_id + 1, ActKind.WARN)
    assert isinstance(done, int)
    await undo_act(database, _moderator(world), done, NOON)
    async with database.reading() as connection:
        told = select(Event.c.name, Event.c.ids).where(Event.c.name.in_(("act.done", "act.undone")))
        rows = (await connection.execute(told.order_by(Event.c.event_id))).all()
    assert [(row.name, row.ids) for row in rows] == [
        ("act.done", f'{{"act_id": {done}}}'),
        ("act.undone", f'{{"act_id": {done}}}'),
    ]


_STEPS = st.lists(
    st.tuples(st.sampled_from(("hide", "undo", "delete", "restore", "move")), st.integers(0, 2)), max_size=9
)


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS)
async def test_counters_are_right_after_any_steps(
    database: Database, world: World, steps: list[tuple[str, int]]
) -> None:
    acts: list[int] = []
    authors = ("amara", "joost", "lin")
    for minute, (step, which) in enumerate(steps):
        now, post_id = NOON + timedelta(minutes=11 * minute), world.public_thread.post_id + which
        match step:
            case "hide" if which:
                done = await _act(database, world, post_id, ActKind.HIDE, 11 * minute)
                acts += [done] if isinstance(done, int) else []
            case "move":
                done = await _act(database, world, post_id, ActKind.MOVE, 11 * minute, "boardroom")
                acts += [done] if isinstance(done, int) else []
            case "undo" if acts:
                await undo_act(database, _moderator(world), acts[which % len(acts)], now)
            case "delete":
                await delete_post(database, world[authors[which]].viewer, post_id, now)
            case "restore":
                await restore_post(database, world[authors[which]].viewer, post_id, now)
            case _:
                continue
        await _demand_right_counts(database)
