"""What is written stays as written: numbers, counters, tags, undo, doubled forms, and who gets what back."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.forum import PostKind, ThreadPage
from domain.refusals import Problem, Reason, Refused
from domain.views import SafeHtml
from domain.visibility import VISITOR, Viewer
from storage.database import Database
from storage.forgetting import forget_what_is_over
from storage.forum.commands import Draft, Written, edit_post, start_thread, write_reply
from storage.forum.pages import find_edit_page, find_post_place, find_thread_page
from storage.forum.removal import accept_post, delete_post, restore_post
from storage.sigs import find_sig_page, leave_sig
from storage.tables import Sig, Tag, Thread
from tests.cast import NOON, World


async def _page(database: Database, viewer: Viewer, thread_id: int, page: int = 1) -> ThreadPage:
    found = await find_thread_page(database, viewer, thread_id, page)
    assert found is not None
    return found


async def _counts(database: Database, sig_id: int) -> tuple[int, int]:
    async with database.reading() as connection:
        row = (
            await connection.execute(select(Sig.c.thread_count, Sig.c.post_count).where(Sig.c.sig_id == sig_id))
        ).one()
    return row.thread_count, row.post_count


async def test_a_thread_reads_as_a_conversation(database: Database, world: World) -> None:
    page = await _page(database, VISITOR, world.public_thread.thread_id)
    said = [(post.number, post.kind, post.author and post.author.name, post.reply_to_number) for post in page.posts]
    assert said == [
        (1, PostKind.OPENING, "Amara Okafor", None),
        (2, PostKind.REPLY, "Joost van Dijk", 1),
        (3, PostKind.REPLY, None, 1),  # Lin has no public page
    ]
    assert page.posts[2].author is not None
    assert page.posts[2].author.number == 3
    assert (page.reply_count, page.pages, page.may_reply, page.readers) == (2, 1, False, None)


async def test_a_doubled_form_is_one_post(database: Database, world: World) -> None:
    viewer, thread_id = world["joost"].viewer, world.public_thread.thread_id
    draft = Draft(body="Once", submission="same")
    both = await asyncio.gather(*(write_reply(database, viewer, thread_id, draft, NOON) for _ in range(4)))
    assert len(set(both)) == 1
    assert isinstance(both[0], Written)
    assert [post.html for post in (await _page(database, viewer, thread_id)).posts].count(SafeHtml("<p>Once</p>")) == 1
    assert await _counts(database, world.sigs["turnaround"]) == (1, 4)


async def test_numbers_have_no_gaps_when_many_write_at_once(database: Database, world: World) -> None:
    thread_id = world.public_thread.thread_id
    writers = [world[part].viewer for part in ("amara", "joost", "lin")]
    drafts = [Draft(body=f"Voice {n}", submission=f"many-{n}") for n in range(24)]
    await asyncio.gather(
        *(write_reply(database, writers[n % 3], thread_id, draft, NOON) for n, draft in enumerate(drafts))
    )
    pages = [await _page(database, VISITOR, thread_id, page) for page in (1, 2)]
    numbers = [post.number for page in pages for post in page.posts]
    assert numbers == list(range(1, 28))
    assert await find_thread_page(database, VISITOR, thread_id, 3) is None


@pytest.mark.parametrize(
    ("part", "reason"),
    [("tariq", Reason.NOT_A_MEMBER), ("nina", Reason.NOT_CONFIRMED), ("sven", Reason.NOT_CONFIRMED), ("joost", None)],
)
async def test_who_may_reply_in_a_public_sig(
    database: Database, world: World, part: str, reason: Reason | None
) -> None:
    thread_id = world.public_thread.thread_id
    outcome = await write_reply(database, world[part].viewer, thread_id, Draft(body="Hello", submission="h"), NOON)
    assert (outcome.reason if isinstance(outcome, Refused) else None) == reason
    assert await _counts(database, world.sigs["turnaround"]) == (1, 3 if reason else 4)


async def test_a_hidden_thread_is_a_missing_one_for_writers_too(database: Database, world: World) -> None:
    hidden, unknown = world.closed_thread.thread_id, 987_654
    draft = Draft(body="Let me in", submission="x")
    outcomes = [await write_reply(database, world["joost"].viewer, target, draft, NOON) for target in (hidden, unknown)]
    assert outcomes == [Refused(Reason.MISSING), Refused(Reason.MISSING)]


async def test_an_edit_needs_the_version_that_was_read(database: Database, world: World) -> None:
    viewer, post_id = world["amara"].viewer, world.public_thread.post_id
    form = await find_edit_page(database, viewer, post_id)
    assert not isinstance(form, Refused)
    draft = Draft(body="Better", title="A better title", tags="law, plant")
    assert isinstance(await edit_post(database, viewer, post_id, draft, form.version, NOON), Written)
    assert await edit_post(database, viewer, post_id, draft, form.version, NOON) == Refused(Reason.STALE)
    page = await _page(database, viewer, world.public_thread.thread_id)
    assert (page.title, page.tags, page.posts[0].html) == ("A better title", ("law", "plant"), "<p>Better</p>")


async def test_tags_are_counted_as_they_come_and_go(database: Database, world: World) -> None:
    viewer = world["amara"].viewer
    first = await start_thread(database, viewer, "turnaround", Draft("One", "t1", "First one", "law plant"), NOON)
    assert isinstance(first, Written)
    await edit_post(database, viewer, first.post_id, Draft("One", "", "First one", "plant"), 1, NOON)
    async with database.reading() as connection:
        rows = await connection.execute(
            select(Tag.c.name, Tag.c.thread_count).where(Tag.c.sig_id == world.sigs["turnaround"])
        )
        assert {row.name: row.thread_count for row in rows} == {"law": 1, "plant": 1}


async def test_a_deleted_reply_leaves_its_number_and_nothing_else(database: Database, world: World) -> None:
    thread_id = world.public_thread.thread_id
    reply = (await _page(database, VISITOR, thread_id)).posts[1]
    await delete_post(database, world["joost"].viewer, reply.post_id, NOON)
    for viewer in (VISITOR, world["amara"].viewer, world["lin"].viewer):
        place = (await _page(database, viewer, thread_id)).posts[1]
        assert (place.number, place.is_deleted, place.html, place.author, place.score) == (2, True, None, None, None)
    own = (await _page(database, world["joost"].viewer, thread_id)).posts[1]
    assert (own.html, own.may_restore) == ("<p>Said by joost in turnaround.</p>", True)
    await restore_post(database, world["joost"].viewer, reply.post_id, NOON + timedelta(days=1))
    assert (await _page(database, VISITOR, thread_id)).posts[1].html == "<p>Said by joost in turnaround.</p>"


async def test_a_thread_with_nothing_but_its_opening_goes_with_it(database: Database, world: World) -> None:
    viewer, sig_id = world["amara"].viewer, world.sigs["turnaround"]
    lone = await start_thread(database, viewer, "turnaround", Draft("Alone", "l1", "A lone thread", "law"), NOON)
    assert isinstance(lone, Written)
    await delete_post(database, viewer, lone.post_id, NOON)
    assert await find_thread_page(database, VISITOR, lone.thread_id, 1) is None
    assert await _counts(database, sig_id) == (1, 3)
    sig = await find_sig_page(database, viewer, "turnaround", NOON)
    assert sig is not None
    assert [thread.title for thread in sig.threads] == ["How early do you tell the works council?"]
    await restore_post(database, viewer, lone.post_id, NOON)
    assert (await _page(database, VISITOR, lone.thread_id)).title == "A lone thread"
    assert await _counts(database, sig_id) == (2, 4)


async def test_a_thread_of_which_nothing_stands_is_gone_and_comes_back_with_any_post(
    database: Database, world: World
) -> None:
    thread_id, sig_id = world.public_thread.thread_id, world.sigs["turnaround"]
    posts = {
        part: post.post_id
        for part, post in zip(("amara", "joost", "lin"), (await _page(database, VISITOR, thread_id)).posts, strict=True)
    }
    for part, post_id in posts.items():
        assert isinstance(await delete_post(database, world[part].viewer, post_id, NOON), Written)
    assert await find_thread_page(database, VISITOR, thread_id, 1) is None
    assert await _counts(database, sig_id) == (0, 0)
    draft = Draft(body="Still here", submission="late")
    assert await write_reply(database, world["amara"].viewer, thread_id, draft, NOON) == Refused(Reason.MISSING)
    assert isinstance(await restore_post(database, world["lin"].viewer, posts["lin"], NOON), Written)
    page = await _page(database, VISITOR, thread_id)
    assert [post.html is not None for post in page.posts] == [False, False, True]
    assert await _counts(database, sig_id) == (1, 1)


async def test_who_deleted_the_opening_is_not_named_in_lists(database: Database, world: World) -> None:
    await delete_post(database, world["amara"].viewer, world.public_thread.post_id, NOON)
    sig = await find_sig_page(database, VISITOR, "turnaround", NOON)
    assert sig is not None
    assert [thread.author.name for thread in sig.threads] == [None]


async def test_a_sig_tells_of_the_newest_thread_that_still_stands(database: Database, world: World) -> None:
    viewer, later = world["amara"].viewer, NOON + timedelta(days=1)
    lone = await start_thread(database, viewer, "turnaround", Draft("Alone", "l1", "A lone thread"), later)
    assert isinstance(lone, Written)
    await delete_post(database, viewer, lone.post_id, later)
    sig = await find_sig_page(database, VISITOR, "turnaround", NOON)
    assert sig is not None
    assert sig.sig.last_post_at == NOON + timedelta(minutes=2)


async def test_going_back_and_writing_something_else_is_another_post(database: Database, world: World) -> None:
    viewer, thread_id = world["joost"].viewer, world.public_thread.thread_id
    written = [
        await write_reply(database, viewer, thread_id, Draft(body=body, submission="same"), NOON)
        for body in ("First", "First", "Second thoughts")
    ]
    assert written[0] == written[1] != written[2]
    other = await write_reply(database, world["lin"].viewer, thread_id, Draft(body="First", submission="same"), NOON)
    assert isinstance(other, Written)
    assert other != written[0]


async def test_many_acts_on_one_thread_at_once_keep_counts_and_deadlock_nobody(
    database: Database, world: World
) -> None:
    thread_id, sig_id = world.public_thread.thread_id, world.sigs["turnaround"]
    page = await _page(database, VISITOR, thread_id)
    joost, lin, amara = (world[part].viewer for part in ("joost", "lin", "amara"))
    acts = [
        write_reply(database, joost, thread_id, Draft(body="A", submission="a"), NOON),
        delete_post(database, joost, page.posts[1].post_id, NOON),
        delete_post(database, joost, page.posts[1].post_id, NOON),
        accept_post(database, amara, page.posts[2].post_id, NOON),
        delete_post(database, lin, page.posts[2].post_id, NOON),
        write_reply(database, amara, thread_id, Draft(body="B", submission="b"), NOON),
        edit_post(database, amara, page.posts[0].post_id, Draft("C", title="Title one", tags="law"), 1, NOON),
        edit_post(database, amara, page.posts[0].post_id, Draft("D", title="Title two", tags="plant"), 1, NOON),
    ]
    outcomes = await asyncio.gather(*acts)
    assert sum(outcome == Refused(Reason.STALE) for outcome in outcomes) == 1
    after = await _page(database, VISITOR, thread_id)
    standing = sum(post.html is not None for post in after.posts)
    assert (standing, await _counts(database, sig_id)) == (3, (1, 3))
    assert not after.is_answered


async def test_deleted_text_is_wiped_when_it_can_no_longer_be_restored(database: Database, world: World) -> None:
    thread_id = world.public_thread.thread_id
    reply = (await _page(database, VISITOR, thread_id)).posts[1]
    await delete_post(database, world["joost"].viewer, reply.post_id, NOON)
    await forget_what_is_over(database, NOON + timedelta(days=13))
    assert (await _page(database, world["joost"].viewer, thread_id)).posts[1].may_restore
    await forget_what_is_over(database, NOON + timedelta(days=15))
    wiped = (await _page(database, world["joost"].viewer, thread_id)).posts[1]
    assert (wiped.html, wiped.may_restore) == ("", False)


async def test_the_last_voice_of_a_thread_is_one_that_still_stands(database: Database, world: World) -> None:
    thread_id = world.public_thread.thread_id
    last = (await _page(database, VISITOR, thread_id)).posts[2]
    await delete_post(database, world["lin"].viewer, last.post_id, NOON)
    async with database.reading() as connection:
        row = (await connection.execute(select(Thread.c.last_member_id).where(Thread.c.thread_id == thread_id))).one()
    assert row.last_member_id == world["joost"].member_id


async def test_accepting_and_taking_it_back(database: Database, world: World) -> None:
    asker, thread_id = world["amara"].viewer, world.public_thread.thread_id
    answer = (await _page(database, asker, thread_id)).posts[2]
    assert isinstance(await accept_post(database, asker, answer.post_id, NOON), Written)
    page = await _page(database, VISITOR, thread_id)
    assert page.is_answered
    assert page.accepted is not None
    assert page.accepted.post_id == answer.post_id
    await delete_post(database, world["lin"].viewer, answer.post_id, NOON)
    assert not (await _page(database, VISITOR, thread_id)).is_answered


async def test_who_leaves_a_closed_sig_keeps_what_they_wrote_and_no_more(database: Database, world: World) -> None:
    thread_id = world.closed_thread.thread_id
    own = (await _page(database, world["lin"].viewer, thread_id)).posts[1]
    await leave_sig(database, world["lin"].viewer, "boardroom", NOON)
    outside = Viewer(world["lin"].member_id, world["lin"].viewer.ring - {f"sig:{world.sigs['boardroom']}"})
    assert await find_thread_page(database, outside, thread_id, 1) is None
    assert await find_post_place(database, outside, own.post_id) is None
    assert isinstance(await delete_post(database, outside, own.post_id, NOON), Written)


@pytest.mark.parametrize(
    ("body", "problem"), [("", Problem.EMPTY), ("x" * 30_001, Problem.TOO_LONG), ("[" * 20_000, Problem.TOO_COMPLEX)]
)
async def test_a_refused_reply_changes_nothing(database: Database, world: World, body: str, problem: Problem) -> None:
    outcome = await write_reply(
        database, world["joost"].viewer, world.public_thread.thread_id, Draft(body=body, submission="r"), NOON
    )
    assert outcome == Refused(Reason.INVALID, {"body": problem})
    assert await _counts(database, world.sigs["turnaround"]) == (1, 3)
