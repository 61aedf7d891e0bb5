"""Records and what fills itself, as stored: each record has its own audience and place, and is there once."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from domain.members import (
    MOST_RECORDS,
    EntryKind,
    MemberPage,
    Slot,
    read_record,
)
from domain.refusals import Problem, Refused
from domain.visibility import VISITOR, Viewer
from storage.database import Database, fetch_all
from storage.forum.commands import Draft, start_thread
from storage.forum.removal import delete_post
from storage.members.forms import find_record_page
from storage.secrets import Seal
from storage.sigs import leave_sig
from storage.tables import Entry, Member, Membership
from tests.cast import NOON, World
from tests.storage.own_page import Page, job


@pytest.fixture
def page(database: Database, seal: Seal, world: World) -> Page:
    return Page(database, seal, world)


async def test_records_each_have_their_own_audience_and_place(page: Page) -> None:
    for role, audience in (("First", "everyone"), ("Second", "only-me"), ("Third", "members")):
        assert await page.send({Slot(EntryKind.EXPERIENCE): (job(role), audience)}, confirmed=True) is None
    stored = await page.stored()
    roles = {
        slot.position: read_record(value)["role"] for slot, (value, _) in stored.items() if slot.kind == "experience"
    }
    assert roles == {1: "First", 2: "Second", 3: "Third"}

    async def heads(viewer: Viewer | str) -> set[str]:
        found = await page.page(await page.viewer(viewer) if isinstance(viewer, str) else viewer)
        assert isinstance(found, MemberPage)
        return {entry.record.head for entry in found.entries if entry.record is not None}

    assert await heads(VISITOR) == {"First"}
    assert await heads("tariq") == {"First", "Third"}
    assert await heads("amara") == {"First", "Second", "Third"}


async def test_a_removed_record_is_gone_and_its_place_is_never_taken_again(page: Page) -> None:
    slot, amara = Slot(EntryKind.EXPERIENCE), page.world["amara"].member_id
    await page.send({slot: (job("First"), "everyone")}, confirmed=True)
    assert await page.send({Slot(EntryKind.EXPERIENCE, 1): ("", None)}) is None
    assert EntryKind.EXPERIENCE not in await page.seen_by("amara")
    assert await find_record_page(page.database, page.seal, amara, EntryKind.EXPERIENCE, 1) is None
    await page.send({slot: (job("Second"), "only-me")})
    stored = await page.stored()
    assert stored[Slot(EntryKind.EXPERIENCE, 1)] == ("", "everyone")
    assert stored[Slot(EntryKind.EXPERIENCE, 2)] == (job("Second"), "only-me")
    assert EntryKind.EXPERIENCE not in await page.seen_by(VISITOR)


async def test_the_same_record_sent_twice_stands_once(page: Page) -> None:
    slot = Slot(EntryKind.EXPERIENCE)
    for _ in range(2):
        assert await page.send({slot: (job("First"), "everyone")}, confirmed=True) is None
    assert [one for one in await page.stored() if one.kind is slot.kind] == [Slot(EntryKind.EXPERIENCE, 1)]
    assert await page.send({slot: (job("First"), "only-me")}) is None, "for others it is another one"
    assert await page.send({slot: (job("Second"), "everyone")}, confirmed=True) is None
    assert len([one for one in await page.stored() if one.kind is slot.kind]) == 3


async def test_there_is_room_for_sixty_records_of_a_kind(page: Page) -> None:
    for number in range(MOST_RECORDS):
        assert await page.send({Slot(EntryKind.LINK): (f'{{"address": "https://example.org/{number}"}}', None)}) is None
    one_more = {Slot(EntryKind.LINK): ('{"address": "https://example.org/more"}', None)}
    refused = await page.send(one_more)
    assert refused is not None
    assert refused.problems == {Slot(EntryKind.LINK): Problem.TOO_MANY}
    assert await page.send({Slot(EntryKind.EXPERIENCE): (job(), None)}) is None, "of another kind there are none yet"
    assert await page.send({Slot(EntryKind.LINK, 7): ("", None)}) is None
    assert await page.send(one_more) is None


async def test_no_empty_record_is_kept(page: Page) -> None:
    """A form that has only the audience of a record that is none leaves nothing behind."""
    before = await page.stored()
    await page.send({Slot(EntryKind.LINK): (None, "members"), Slot(EntryKind.EXPERIENCE): ("", "members")})
    assert await page.stored() == before


async def test_what_was_for_a_sig_that_one_left_can_be_changed_and_removed(page: Page) -> None:
    """The form that removes a record says nothing of its audience, which is not on offer any more."""
    sig = page.world.sigs["turnaround"]
    await page.send({Slot(EntryKind.EXPERIENCE): (job(), f"sig:{sig}")}, part="joost")
    await page.send({Slot(EntryKind.ABOUT): ("About me", f"sig:{sig}")}, part="joost")
    await leave_sig(page.database, await page.viewer("joost"), "turnaround", NOON)
    assert await page.send({Slot(EntryKind.ABOUT): ("Nothing", None)}, part="joost") is None
    assert await page.send({Slot(EntryKind.EXPERIENCE, 1): ("", None)}, part="joost") is None
    stored = await page.stored("joost")
    assert stored[Slot(EntryKind.EXPERIENCE, 1)][0] == ""
    assert stored[Slot(EntryKind.ABOUT)] == ("Nothing", "only-me"), "it is chosen anew"
    assert EntryKind.ABOUT not in await page.seen_by("lin", "joost")


async def test_contributions_are_those_in_threads_that_the_viewer_may_read(page: Page) -> None:
    async def titles(viewer: Viewer | str) -> list[str]:
        found = await page.page(await page.viewer(viewer) if isinstance(viewer, str) else viewer)
        assert isinstance(found, MemberPage)
        return [one.title for entry in found.entries for one in entry.threads]

    public, closed = "How early do you tell the works council?", "Who sits on the audit committee?"
    assert await titles("tariq") == await titles("joost") == [public]
    assert await titles("lin") == [closed, public]
    assert await titles(VISITOR) == []
    await page.send({Slot(EntryKind.CONTRIBUTIONS): (None, "everyone")}, confirmed=True)
    assert await titles(VISITOR) == [public]
    thread = await start_thread(
        page.database, await page.viewer("amara"), "turnaround", Draft("Body.", submission="s", title="Third"), NOON
    )
    assert not isinstance(thread, Refused)
    assert await titles(VISITOR) == ["Third", public]
    gone = await delete_post(page.database, await page.viewer("amara"), thread.post_id, NOON)
    assert not isinstance(gone, Refused)
    assert await titles(VISITOR) == [public]
    await page.send({Slot(EntryKind.NAME): (None, "members")})
    assert await titles(VISITOR) == [], "without the name, nothing tells whose talk it is"
    assert EntryKind.CONTRIBUTIONS not in await page.seen_by(VISITOR)
    assert await titles("tariq") == [public]


async def test_the_last_visit_is_a_day_and_for_its_owner_alone_at_first(page: Page) -> None:
    async with page.database.writing() as connection:
        seen = update(Member).where(Member.c.member_id == page.world["amara"].member_id)
        await connection.execute(seen.values(seen_at=NOON + timedelta(hours=13)))
    assert EntryKind.LAST_SEEN not in await page.seen_by("joost")
    await page.send({Slot(EntryKind.LAST_SEEN): (None, "members")}, confirmed=True)
    found = await page.page(await page.viewer("tariq"))
    assert isinstance(found, MemberPage)
    assert [entry.day for entry in found.entries if entry.day] == [(NOON + timedelta(hours=13)).date()]


async def test_counting_members_and_memberships_agrees(page: Page) -> None:
    """Every membership of the cast stands on its member's page, under the default."""
    async with page.database.reading() as connection:
        memberships = await connection.scalar(select(func.count()).select_from(Membership.table))
        shown = select(Entry.c.value, Entry.c.audience).where(Entry.c.kind == EntryKind.MEMBERSHIP)
        rows = await fetch_all(connection, shown)
    assert len(rows) == memberships
    assert {row.audience for row in rows} == {"my-sigs"}
