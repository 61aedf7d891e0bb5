"""Scraps on the personal page, and one's own board through other eyes."""

import pytest

from domain.exposure import Looker
from domain.members import EntryKind, LineKind, MemberPage, ScrapLine, Slot
from domain.scraps import LONGEST_BRIEF, ScrapForm, Topic
from domain.sigs import Role
from domain.visibility import CONNECTIONS, VISITOR, Viewer
from storage.database import Database
from storage.members.page import find_member_page
from storage.members.view_as import Asked, find_view_as
from storage.scraps.acts import delete_scrap, hide_scrap
from storage.scraps.newest import SCRAPS_SHOWN
from storage.scraps.system import leave_system_scrap
from storage.secrets import Seal
from storage.sigs import add_membership
from tests.agreeing import save_agreed
from tests.cast import NOON, World
from tests.storage.boards import Boards


@pytest.fixture
def boards(database: Database, world: World) -> Boards:
    return Boards(database, world)


def _scraps(page: object) -> tuple[ScrapLine, ...]:
    assert isinstance(page, MemberPage)
    return next((entry.scraps for entry in page.entries if entry.kind is EntryKind.SCRAPS), ())


async def _on_page(boards: Boards, seal: Seal, viewer: Viewer) -> tuple[ScrapLine, ...]:
    return _scraps(await find_member_page(boards.database, seal, viewer, "joost-page"))


async def test_the_page_shows_the_newest_that_this_viewer_sees(boards: Boards, seal: Seal) -> None:
    left = [await boards.leave("tariq", "joost", f"**Number** {one}.") for one in range(SCRAPS_SHOWN + 2)]
    await boards.leave("amara", "joost", "An answer.", reply_to_id=left[-1])
    private = await boards.leave("tariq", "joost", "x" * (LONGEST_BRIEF + 50), is_private=True)
    joost, amara, tariq = [await boards.viewer(part) for part in ("joost", "amara", "tariq")]
    await hide_scrap(boards.database, joost, left[-2])
    standing = [one for one in left if one != left[-2]][::-1]
    shown = await _on_page(boards, seal, amara)
    assert [line.scrap_id for line in shown] == standing[:SCRAPS_SHOWN], "and no replies"
    assert shown[0].text == f"Number {SCRAPS_SHOWN + 1}."
    assert shown[0].author is not None
    assert shown[0].author.name == "Tariq Haddad"
    for viewer in (joost, tariq):
        shown = await _on_page(boards, seal, viewer)
        assert [line.scrap_id for line in shown] == [private, left[-1], left[-2], *standing[1 : SCRAPS_SHOWN - 2]]
        assert [line.is_shut for line in shown] == [True, False, True, False, False]
        assert shown[0].text == f"{'x' * LONGEST_BRIEF}…"
    async with boards.database.writing() as connection:
        await leave_system_scrap(connection, boards.world["joost"].member_id, Topic.WELCOME, NOON)
    assert (await _on_page(boards, seal, joost))[0].topic == Topic.WELCOME
    assert None not in {line.author for line in await _on_page(boards, seal, amara)}
    assert await _on_page(boards, seal, VISITOR) == ()
    await boards.open_to("joost", CONNECTIONS)
    assert await _on_page(boards, seal, amara) == ()


async def test_the_page_says_whether_there_is_a_board_to_read(boards: Boards, seal: Seal) -> None:
    async def has_board(viewer: Viewer) -> bool:
        page = await find_member_page(boards.database, seal, viewer, "joost-page")
        assert isinstance(page, MemberPage)
        return page.has_board

    tariq = await boards.viewer("tariq")
    assert await has_board(tariq), "also while nothing is on it"
    assert not await has_board(VISITOR)
    await boards.open_to("joost", CONNECTIONS)
    assert not await has_board(tariq)


async def test_through_other_eyes_one_learns_no_writers_name(boards: Boards, seal: Seal) -> None:
    """Lin's name is for the Boardroom, to which Tariq belongs and says so; Joost does not."""
    world, boardroom = boards.world, boards.world.sigs["boardroom"]
    left = await boards.leave("lin", "joost")
    async with boards.database.writing() as connection:
        await add_membership(connection, world["tariq"].member_id, boardroom, Role.MEMBER, NOON)
    told = {Slot(EntryKind.MEMBERSHIP, boardroom): (None, "members")}
    assert await save_agreed(boards.database, seal, world["tariq"].member_id, told, NOON) is None
    named = {Slot(EntryKind.NAME): (None, f"sig:{boardroom}")}
    assert await save_agreed(boards.database, seal, world["lin"].member_id, named, NOON) is None
    (got,) = await _on_page(boards, seal, await boards.viewer("tariq"))
    assert got.author is not None
    assert (got.scrap_id, got.author.name) == (left, "Lin Meiling")
    asked = Asked(Looker.PERSON, None, "tariq-page")
    shown = await find_view_as(boards.database, seal, await boards.viewer("joost"), asked)
    assert shown is not None
    (line,) = _scraps(shown.person)
    assert line.author is not None
    assert (line.scrap_id, line.author.kind, line.author.name) == (left, LineKind.HIDDEN, None)


async def test_through_other_eyes_what_waits_or_is_for_two_is_seen_by_these(boards: Boards, seal: Seal) -> None:
    private = await boards.leave("tariq", "joost", is_private=True)
    standing = await boards.leave("amara", "joost")
    joost = await boards.viewer("joost")
    for asked, expected in (
        (Asked(Looker.MEMBER), [standing]),
        (Asked(Looker.PERSON, None, "tariq-page"), [standing, private]),
        (Asked(Looker.PERSON, None, "amara-page"), [standing]),
        (Asked(Looker.VISITOR), []),
    ):
        shown = await find_view_as(boards.database, seal, joost, asked)
        assert shown is not None
        assert [line.scrap_id for line in _scraps(shown.person)] == expected, asked


@pytest.mark.parametrize("how", ["deleted", "waiting"])
async def test_the_form_is_offered_where_a_reply_is_taken(
    boards: Boards, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """What is gone, or not for the reader, counts neither in the form nor for the reply."""
    monkeypatch.setattr("domain.scraps.MOST_REPLIES", 2)
    left = await boards.leave("tariq", "joost")
    await boards.choose("joost", "members", waits=how == "waiting")
    replies = [await boards.leave("amara", "joost", f"Reply {one}.", reply_to_id=left) for one in range(2)]
    readers = {"amara": False, "joost": False, "tariq": how == "waiting"}
    if how == "deleted":
        for one in replies:
            assert await delete_scrap(boards.database, await boards.viewer("joost"), one, NOON) == one
        readers = dict.fromkeys(readers, True)
    for part, takes in readers.items():
        page = await boards.board(part, "joost", form=ScrapForm(submission="one more", reply_to_id=left))
        assert page is not None
        assert (page.conversations[0].may_reply, page.form.reply_to_id == left) == (takes, takes), part
        done = await boards.try_to_leave(part, "joost", "One more.", reply_to_id=left)
        assert isinstance(done, int) is takes, part
        if takes and how == "deleted":
            assert await delete_scrap(boards.database, await boards.viewer("joost"), int(str(done)), NOON) == done
