"""Scraps on boards: written, answered, let stand, hidden, deleted, taken back, and gone where they may not be seen."""

import pytest
from sqlalchemy import func, insert, select, update

from domain.limits import RATES, Action
from domain.members import EntryKind, LineKind, MemberLine, Slot
from domain.refusals import Problem, Reason, Refused
from domain.scraps import MOST_REPLIES, SCRAPS_A_PAGE, ScrapForm, ScrapKind, ScrapState, ScrapView, Topic
from domain.visibility import ALL_MEMBERS, CONNECTIONS, ONLY_ME, VISITOR, Audience, Scope
from storage.connections import connect, disconnect
from storage.database import Database, fetch_all, fetch_one
from storage.members.keys import hold_owner, rewrite_keys, write_entry
from storage.scraps.acts import (
    delete_scrap,
    give_scrap_back,
    hide_scrap,
    release_scrap,
    release_scraps_of,
    take_back_scrap,
    withhold_scrap,
)
from storage.scraps.pages import BoardPlace, find_my_scraps, find_scrap_path
from storage.scraps.system import leave_system_scrap
from storage.tables import Block, Entry, Event, Member, Scrap
from tests.cast import NOON, World
from tests.storage.boards import Boards


@pytest.fixture
def boards(database: Database, world: World) -> Boards:
    return Boards(database, world)


def _author(view: ScrapView) -> MemberLine:
    assert view.author is not None
    return view.author


async def _events(database: Database, name: str) -> int:
    async with database.reading() as connection:
        found: int | None = await connection.scalar(
            select(func.count()).select_from(Event).where(Event.c.name == f"scrap.{name}")
        )
    return found or 0


async def test_a_scrap_stands_for_who_reads_the_board(boards: Boards) -> None:
    left = await boards.leave("tariq", "joost", "**Hello** there.")
    for part in ("tariq", "joost", "amara"):
        seen = await boards.seen(part, "joost")
        assert set(seen) == {left}, part
        written = _author(seen[left]).name, seen[left].html
        assert written == ("Tariq Haddad", "<p><strong>Hello</strong> there.</p>")
    for outside in (VISITOR, "nina", "sven"):
        assert await boards.board(outside, "joost") is None
    assert await _events(boards.database, "written") == 1


async def test_a_board_that_is_not_open_is_like_an_unknown_one(boards: Boards) -> None:
    await boards.open_to("joost", CONNECTIONS)
    assert await boards.board("tariq", "joost") is None
    assert await boards.try_to_leave("tariq", "joost") == Refused(Reason.MISSING)
    async with boards.database.writing() as connection:
        await connect(connection, boards.world["joost"].member_id, boards.world["tariq"].member_id, NOON)
    assert await boards.leave("tariq", "joost") in await boards.seen("tariq", "joost")


async def test_without_the_name_there_is_no_board(boards: Boards) -> None:
    async with boards.database.writing() as connection:
        owner = await hold_owner(connection, boards.world["joost"].member_id)
        await write_entry(connection, owner, Slot(EntryKind.NAME), "Joost van Dijk", ONLY_ME, NOON)
    assert await boards.board("tariq", "joost") is None
    assert await boards.board("joost", "joost") is not None


async def test_who_joined_before_boards_has_one_for_themselves(boards: Boards) -> None:
    left = await boards.leave("tariq", "joost")
    async with boards.database.writing() as connection:
        owner = boards.world["joost"].member_id
        await connection.execute(
            Entry.table.delete().where(Entry.c.member_id == owner, Entry.c.kind == EntryKind.SCRAPS)
        )
    assert await boards.board("tariq", "joost") is None
    assert set(await boards.seen("joost", "joost")) == {left}


async def test_narrowing_the_board_closes_it_at_once_and_widening_opens_it(boards: Boards) -> None:
    left = await boards.leave("tariq", "joost")
    reply = await boards.leave("amara", "joost", reply_to_id=left)
    await boards.open_to("joost", Audience(Scope.SIG, boards.world.sigs["turnaround"]))
    assert set(await boards.seen("amara", "joost")) == {left, reply}
    assert await boards.board("tariq", "joost") is None
    await boards.open_to("joost", ONLY_ME)
    assert await boards.board("amara", "joost") is None
    mine = await find_my_scraps(boards.database, await boards.viewer("tariq"))
    assert [one.scrap_id for one in mine.left] == [left], "whoever wrote it still finds it among their own"
    await boards.open_to("joost", ALL_MEMBERS)
    assert set(await boards.seen("tariq", "joost")) == {left, reply}


async def test_what_the_keys_of_the_board_depend_on_moves_its_scraps(boards: Boards) -> None:
    left, joost = await boards.leave("tariq", "joost"), boards.world["joost"].member_id
    standing = update(Member).where(Member.c.member_id == joost)
    async with boards.database.writing() as connection:
        await connection.execute(standing.values(in_good_standing=False))
        await rewrite_keys(connection, joost, NOON)
    assert await boards.board("amara", "joost") is None
    assert set(await boards.seen("joost", "joost")) == {left}
    async with boards.database.writing() as connection:
        await connection.execute(standing.values(in_good_standing=True))
        await rewrite_keys(connection, joost, NOON)
    assert set(await boards.seen("amara", "joost")) == {left}


async def test_a_connection_that_ends_closes_the_board(boards: Boards) -> None:
    await boards.open_to("joost", CONNECTIONS)
    two = boards.world["joost"].member_id, boards.world["amara"].member_id
    async with boards.database.writing() as connection:
        await connect(connection, *two, NOON)
    left = await boards.leave("amara", "joost")
    async with boards.database.writing() as connection:
        await disconnect(connection, *two, NOON)
    assert await boards.board("amara", "joost") is None
    assert await find_scrap_path(boards.database, await boards.viewer("amara"), left) == (
        f"/scraps?before={left + 1}#scrap-{left}"
    )


@pytest.mark.parametrize("blocking", [("joost", "tariq"), ("tariq", "joost")])
async def test_a_block_shuts_board_and_channel_either_way(boards: Boards, blocking: tuple[str, str]) -> None:
    left = await boards.leave("tariq", "joost")
    first, second = (boards.world[part].member_id for part in blocking)
    async with boards.database.writing() as connection:
        await connection.execute(insert(Block).values(member_id=first, other_id=second, since=NOON))
    assert await boards.board("tariq", "joost") is None
    assert await boards.try_to_leave("tariq", "joost") == Refused(Reason.MISSING)
    seen = await boards.seen("joost", "joost")
    assert _author(seen[left]).name == "Tariq Haddad", "his name is for everyone"
    assert _author(seen[left]).photo is None
    tariq = await boards.viewer("tariq")
    assert [one.scrap_id for one in (await find_my_scraps(boards.database, tariq)).left] == [left]
    assert await take_back_scrap(boards.database, tariq, left, NOON) == left
    assert await boards.seen("joost", "joost") == {}


async def test_a_private_scrap_is_for_two(boards: Boards) -> None:
    await boards.choose("joost", "members", waits=True)
    left = await boards.leave("tariq", "joost", is_private=True)
    answer = await boards.leave("joost", "joost", reply_to_id=left, is_private=False)
    again = await boards.leave("tariq", "joost", reply_to_id=left)
    for part in ("tariq", "joost"):
        seen = await boards.seen(part, "joost")
        assert set(seen) == {left, answer, again}
        assert {view.state for view in seen.values()} == {ScrapState.STANDING}, "what is for two waits for nobody"
        assert {view.key for view in seen.values()} == {None}
    assert await boards.seen("amara", "joost") == {}
    assert await boards.try_to_leave("amara", "joost", reply_to_id=left) == Refused(Reason.MISSING)


async def test_what_waits_is_for_two_until_it_is_let_stand(boards: Boards) -> None:
    await boards.choose("joost", "members", waits=True)
    left = await boards.leave("tariq", "joost")
    assert (await boards.seen("joost", "joost"))[left].state is ScrapState.WAITING
    assert (await boards.seen("tariq", "joost"))[left].state is ScrapState.WAITING
    assert await boards.seen("amara", "joost") == {}
    assert await boards.try_to_leave("joost", "joost", reply_to_id=left) == Refused(Reason.INVALID)
    joost = await boards.viewer("joost")
    assert [one.scrap_id for one in (await find_my_scraps(boards.database, joost)).waiting] == [left]
    for part, expected in (("amara", Reason.MISSING), ("tariq", Reason.NOT_YOURS)):
        assert await release_scrap(boards.database, await boards.viewer(part), left, NOON) == Refused(expected)
    for _ in range(2):
        assert await release_scrap(boards.database, joost, left, NOON) == left
    assert await _events(boards.database, "released") == 1
    assert set(await boards.seen("amara", "joost")) == {left}
    assert (await find_my_scraps(boards.database, joost)).waiting == ()


async def test_hiding_takes_the_replies_along_and_showing_brings_them_back(boards: Boards) -> None:
    left = await boards.leave("tariq", "joost")
    reply = await boards.leave("amara", "joost", reply_to_id=left)
    joost = await boards.viewer("joost")
    for part, expected in (("tariq", Reason.NOT_YOURS), ("nina", Reason.MISSING)):
        assert await hide_scrap(boards.database, await boards.viewer(part), left) == Refused(expected)
    assert await hide_scrap(boards.database, joost, left) == left
    assert await boards.seen("lin", "joost") == {}
    assert set(await boards.seen("tariq", "joost")) == {left}
    assert await boards.seen("amara", "joost") == {}, "there is nothing under which her reply could stand"
    assert [one.scrap_id for one in (await find_my_scraps(boards.database, await boards.viewer("amara"))).left] == [
        reply
    ]
    assert set(await boards.seen("joost", "joost")) == {left, reply}
    assert await release_scrap(boards.database, joost, left, NOON) == left
    assert set(await boards.seen("lin", "joost")) == {left, reply}
    assert await _events(boards.database, "released") == 0, "nobody had waited for it"


async def _text_of(database: Database, scrap_id: int) -> tuple[str, str, str | None]:
    statement = select(Scrap.c.body, Scrap.c.html, Scrap.c.submission).where(Scrap.c.scrap_id == scrap_id)
    async with database.reading() as connection:
        row = await fetch_one(connection, statement)
    return row.body, row.html, row.submission


async def test_the_owner_deletes_a_conversation(boards: Boards) -> None:
    left = await boards.leave("tariq", "joost", submission="one")
    reply = await boards.leave("amara", "joost", reply_to_id=left)
    for part, expected in (("tariq", Reason.NOT_YOURS), ("nina", Reason.MISSING)):
        assert await delete_scrap(boards.database, await boards.viewer(part), left, NOON) == Refused(expected)
    joost = await boards.viewer("joost")
    assert await delete_scrap(boards.database, joost, left, NOON) == left
    for part in ("joost", "tariq", "amara"):
        assert await boards.seen(part, "joost") == {}
        assert (await find_my_scraps(boards.database, await boards.viewer(part))).left == ()
    assert [await _text_of(boards.database, one) for one in (left, reply)] == [("", "", None)] * 2
    assert await delete_scrap(boards.database, joost, left, NOON) == Refused(Reason.MISSING)
    assert await _events(boards.database, "deleted") == 2


async def test_the_writer_takes_back_and_replies_stand_over_an_empty_place(boards: Boards) -> None:
    left = await boards.leave("tariq", "joost")
    reply = await boards.leave("amara", "joost", reply_to_id=left)
    tariq = await boards.viewer("tariq")
    for part, expected in (("joost", Reason.NOT_YOURS), ("nina", Reason.MISSING)):
        assert await take_back_scrap(boards.database, await boards.viewer(part), left, NOON) == Refused(expected)
    assert await take_back_scrap(boards.database, tariq, left, NOON) == left
    assert await _text_of(boards.database, left) == ("", "", None)
    seen = await boards.seen("lin", "joost")
    assert set(seen) == {left, reply}
    assert seen[left].is_deleted
    assert (seen[left].author, seen[left].html, seen[left].topic) == (None, None, None)
    assert await boards.try_to_leave("lin", "joost", reply_to_id=left) == Refused(Reason.MISSING)
    amara = await boards.viewer("amara")
    assert await take_back_scrap(boards.database, amara, reply, NOON) == reply
    assert await boards.seen("lin", "joost") == {}


async def test_stoa_leaves_a_scrap_for_its_owner_once(boards: Boards) -> None:
    joost = boards.world["joost"].member_id
    async with boards.database.writing() as connection:
        left = await leave_system_scrap(connection, joost, Topic.WELCOME, NOON)
        assert left is not None
        assert await leave_system_scrap(connection, joost, Topic.WELCOME, NOON) is None
        yearly = [await leave_system_scrap(connection, joost, Topic.CHECK_UP, NOON, one) for one in ("2027", "2028")]
        assert None not in yearly
    seen = await boards.seen("joost", "joost")
    assert set(seen) == {left, *yearly}
    assert (seen[left].topic, seen[left].author, seen[left].html) == (Topic.WELCOME, None, None)
    assert not seen[left].may_hide
    for part in ("amara", "tariq"):
        assert await boards.seen(part, "joost") == {}
    viewer = await boards.viewer("joost")
    assert await boards.try_to_leave("joost", "joost", reply_to_id=left) == Refused(Reason.INVALID)
    assert await hide_scrap(boards.database, viewer, left) == Refused(Reason.INVALID)
    assert await delete_scrap(boards.database, viewer, left, NOON) == left
    async with boards.database.writing() as connection:
        assert await leave_system_scrap(connection, joost, Topic.WELCOME, NOON) is None, "dismissed is dismissed"
    assert left not in await boards.seen("joost", "joost")


async def test_a_scrap_stays_when_its_writer_leaves(boards: Boards) -> None:
    left = await boards.leave("tariq", "joost", submission="one")
    private = await boards.leave("tariq", "joost", is_private=True)
    answer = await boards.leave("joost", "joost", "Answer.", reply_to_id=private)
    elsewhere = await boards.leave("tariq", "amara")
    own = await boards.leave("tariq", "tariq", reply_to_id=await boards.leave("joost", "tariq"))
    tariq = boards.world["tariq"].member_id
    before = await boards.viewer("tariq")
    async with boards.database.writing() as connection:
        await release_scraps_of(connection, tariq)
    seen = await boards.seen("amara", "joost")
    assert set(seen) == {left}
    assert (_author(seen[left]).kind, _author(seen[left]).address) == (LineKind.FORMER, None)
    assert seen[left].html == "<p>Hello.</p>"
    assert set(await boards.seen("joost", "joost")) == {left, private, answer}
    assert set(await boards.seen(before, "joost")) == {left}, "what was for two is now for one"
    assert elsewhere in await boards.seen("lin", "amara")
    statement = select(Scrap.c.scrap_id, Scrap.c.kind, Scrap.c.submission).where(Scrap.c.member_id.is_(None))
    async with boards.database.reading() as connection:
        rows = await fetch_all(connection, statement)
    assert {row.scrap_id for row in rows} == {left, private, elsewhere}
    assert {(row.kind, row.submission) for row in rows} == {(ScrapKind.FORMER, None)}
    assert own in await boards.seen(before, "tariq"), "their own board goes with their account, not by this"


async def test_what_the_staff_hid_comes_back_to_its_owner_first(boards: Boards) -> None:
    left = await boards.leave("tariq", "joost")
    reply = await boards.leave("amara", "joost", reply_to_id=left)
    joost = await boards.viewer("joost")
    async with boards.database.writing() as connection:
        assert await withhold_scrap(connection, left)
        assert not await withhold_scrap(connection, 987_654)
    assert await boards.seen("lin", "joost") == {}
    assert set(await boards.seen("joost", "joost")) == {left, reply}
    assert await release_scrap(boards.database, joost, left, NOON) == Refused(Reason.INVALID)
    async with boards.database.writing() as connection:
        await give_scrap_back(connection, left)
    assert (await boards.seen("tariq", "joost"))[left].state is ScrapState.HIDDEN
    assert await boards.seen("lin", "joost") == {}, "to undo opens nothing by itself"
    assert await release_scrap(boards.database, joost, left, NOON) == left
    assert set(await boards.seen("lin", "joost")) == {left, reply}


REFUSALS = {
    "nothing in it": ("tariq", "  ", {}, Reason.INVALID),
    "too long": ("tariq", "x" * 30_001, {}, Reason.INVALID),
    "no such scrap to answer": ("tariq", "Hello.", {"reply_to_id": 987_654}, Reason.MISSING),
    "one's own board without anything to answer": ("joost", "Hello.", {}, Reason.INVALID),
    "not confirmed": ("nina", "Hello.", {}, Reason.MISSING),
}


@pytest.mark.parametrize("case", REFUSALS)
async def test_what_is_not_left(boards: Boards, case: str) -> None:
    part, body, more, reason = REFUSALS[case]
    refused = await boards.try_to_leave(part, "joost", body, **more)
    assert isinstance(refused, Refused)
    assert refused.reason is reason
    assert (refused.problems or {}).get("body") in {None, Problem.EMPTY, Problem.TOO_LONG}
    assert await boards.seen("joost", "joost") == {}


async def test_who_may_not_write_may_read(boards: Boards) -> None:
    left = await boards.leave("tariq", "joost")
    await boards.choose("joost", "only-me")
    assert await boards.try_to_leave("tariq", "joost") == Refused(Reason.NOT_REACHABLE)
    assert await boards.try_to_leave("tariq", "joost", reply_to_id=left) == Refused(Reason.NOT_REACHABLE)
    page = await boards.board("tariq", "joost")
    assert page is not None
    assert (page.may_write, page.conversations[0].may_reply) == (False, False)
    own = await boards.board("joost", "joost", form=ScrapForm(submission="", reply_to_id=left))
    assert own is not None
    assert (own.may_write, own.form.reply_to_id) == (True, left), "the owner answers all the same"


async def test_a_form_that_is_sent_twice_is_one_scrap(boards: Boards) -> None:
    left = await boards.leave("tariq", "joost", submission="same")
    assert await boards.leave("tariq", "joost", submission="same") == left
    assert await boards.leave("tariq", "joost", "Another text.", submission="same") != left
    assert await boards.leave("amara", "joost", submission="same") != left
    assert len(await boards.seen("joost", "joost")) == 3


async def test_too_many_in_an_hour_are_refused(boards: Boards) -> None:
    times = RATES[Action.SCRAP].times
    outcomes = [await boards.try_to_leave("tariq", "joost", f"Number {one}.") for one in range(times + 1)]
    assert all(isinstance(one, int) for one in outcomes[:-1])
    refused = outcomes[-1]
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.TOO_MANY
    assert (refused.retry_after or 0) > 0
    assert isinstance(await boards.try_to_leave("amara", "joost"), int), "each has a count of their own"


async def test_replies_are_one_level_deep_and_not_endless(boards: Boards, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.scraps.MOST_REPLIES", 2)
    assert MOST_REPLIES > 2
    left = await boards.leave("tariq", "joost")
    replies = [await boards.leave("joost", "joost", f"Reply {one}.", reply_to_id=left) for one in range(2)]
    assert await boards.try_to_leave("tariq", "joost", reply_to_id=left) == Refused(Reason.CLOSED)
    assert await boards.try_to_leave("tariq", "joost", reply_to_id=replies[0]) == Refused(Reason.INVALID)
    page = await boards.board("tariq", "joost")
    assert page is not None
    assert not page.conversations[0].may_reply
    elsewhere = await boards.leave("tariq", "amara")
    assert await boards.try_to_leave("tariq", "joost", reply_to_id=elsewhere) == Refused(Reason.MISSING)


async def test_pages_of_a_board_meet_without_gap(boards: Boards) -> None:
    left = [await boards.leave(("tariq", "amara")[one % 2], "joost", f"Number {one}.") for one in range(45)]
    joost = await boards.viewer("joost")
    for one in left[1::5]:
        await hide_scrap(boards.database, joost, one)
    expected = [one for number, one in enumerate(left) if number % 5 != 1][::-1]
    found: list[int] = []
    place = BoardPlace()
    while (page := await boards.board("lin", "joost", place)) is not None:
        shown = [one.scrap.scrap_id for one in page.conversations]
        found += shown
        if found[: -len(shown)]:
            back = await boards.board("lin", "joost", BoardPlace(after=page.newer))
            assert back is not None
            assert [one.scrap.scrap_id for one in back.conversations] == found[
                -len(shown) - SCRAPS_A_PAGE : -len(shown)
            ]
        if page.older is None:
            break
        place = BoardPlace(before=page.older)
    assert found == expected
    lin = await boards.viewer("lin")
    assert await find_scrap_path(boards.database, lin, expected[0]) == f"/people/joost-page/scraps#scrap-{expected[0]}"
    old = expected[-1]
    path = await find_scrap_path(boards.database, lin, old)
    assert path == f"/people/joost-page/scraps?before={old + 1}#scrap-{old}"
    assert await find_scrap_path(boards.database, lin, left[1]) == Refused(Reason.MISSING)
    assert await find_scrap_path(boards.database, lin, 987_654) == Refused(Reason.MISSING)
