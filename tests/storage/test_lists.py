"""Lists as audiences: who is on one sees at once what is kept for it, and nobody but their owner knows of them."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.lists import LONGEST_NAME, MOST_LISTS, MOST_PEOPLE, ListPage, problem_with_name
from domain.members import EntryKind, MemberPage, Slot
from domain.refusals import Problem, Reason, Refused
from domain.visibility import Viewer
from storage.database import Database, fetch_all
from storage.members.editing import save_entries
from storage.members.lists import (
    delete_list,
    find_list_page,
    find_lists_page,
    find_person_lists_page,
    forget_unseen,
    make_list,
    place_person,
)
from storage.members.page import find_member_page
from storage.rings import find_viewer
from storage.secrets import Seal
from storage.tables import ListPerson, Member
from tests.agreeing import save_agreed
from tests.cast import NOON, World

MISSING = Refused(Reason.MISSING)


class Lists:
    """Amara's lists."""

    def __init__(self, database: Database, seal: Seal, world: World) -> None:
        self.database, self.seal, self.world = database, seal, world
        self.amara = world["amara"]

    async def make(self, name: str = "Board", part: str = "amara") -> int:
        made = await make_list(self.database, self.world[part].member_id, name, NOON)
        assert isinstance(made, int), made
        return made

    async def viewer(self, part: str) -> Viewer:
        async with self.database.reading() as connection:
            found = await find_viewer(connection, self.world[part].member_id)
        assert found is not None
        return found

    async def place(self, whom: str, *lists: int, part: str = "amara") -> Refused | None:
        public_id = self.world[whom].public_id
        return await place_person(self.database, await self.viewer(part), public_id, frozenset(lists), NOON)

    async def show(self, list_id: int) -> ListPage:
        found = await find_list_page(self.database, await self.viewer("amara"), list_id)
        assert found is not None
        return found

    async def save(self, kind: EntryKind, value: str | None, audience: str, part: str = "amara") -> None:
        form = {Slot(kind): (value, audience)}
        now = NOON + timedelta(minutes=1)
        done = await save_agreed(self.database, self.seal, self.world[part].member_id, form, now)
        assert done is None

    async def seeing(self, kind: EntryKind) -> set[str]:
        """The parts to whom this entry of Amara's is shown."""
        found = set()
        for part in ("joost", "lin", "tariq", "nina", "sven"):
            page = await find_member_page(self.database, self.seal, await self.viewer(part), self.amara.public_id)
            if isinstance(page, MemberPage) and any(entry.kind is kind for entry in page.entries):
                found.add(part)
        return found


@pytest.fixture
def lists(database: Database, seal: Seal, world: World) -> Lists:
    return Lists(database, seal, world)


async def test_what_is_for_a_list_is_seen_by_who_is_on_it_from_the_next_request_on(lists: Lists) -> None:
    board, other = await lists.make(), await lists.make("Old hands")
    await lists.save(EntryKind.ABOUT, "About me", f"list:{board}")
    assert await lists.seeing(EntryKind.ABOUT) == set()
    for part in ("tariq", "nina", "sven"):
        assert await lists.place(part, board) == (MISSING if part != "tariq" else None), "the name must be seen"
    assert await lists.seeing(EntryKind.ABOUT) == {"tariq"}
    await lists.place("joost", other)
    assert await lists.seeing(EntryKind.ABOUT) == {"tariq"}, "another list opens nothing"
    await lists.place("joost", other, board)
    await lists.place("tariq", other)
    assert await lists.seeing(EntryKind.ABOUT) == {"joost"}
    await lists.place("joost")
    assert await lists.seeing(EntryKind.ABOUT) == set()


async def test_a_list_of_somebody_else_opens_nothing(lists: Lists) -> None:
    theirs = await lists.make("Mine", "joost")
    await lists.place("tariq", theirs, part="joost")
    refused = await save_entries(
        lists.database, lists.seal, lists.amara.member_id, {Slot(EntryKind.ABOUT): ("x", f"list:{theirs}")}, NOON
    )
    assert refused is not None
    assert refused.problems == {Slot(EntryKind.ABOUT): Problem.NOT_OFFERED}
    assert await lists.place("tariq", theirs) == MISSING, "nor can she put anybody on it"
    assert await delete_list(lists.database, lists.amara.member_id, theirs, NOON) == MISSING
    assert await find_list_page(lists.database, lists.amara.viewer, theirs) is None
    assert await forget_unseen(lists.database, lists.amara.viewer, theirs) == MISSING


async def test_deleting_a_list_closes_what_was_for_it_and_its_number_never_comes_again(lists: Lists) -> None:
    board = await lists.make()
    await lists.save(EntryKind.ABOUT, "About me", f"list:{board}")
    await lists.place("tariq", board)
    assert await delete_list(lists.database, lists.amara.member_id, board, NOON + timedelta(hours=1)) is None
    assert await lists.seeing(EntryKind.ABOUT) == set()
    again = await lists.make()
    assert again != board
    await lists.place("tariq", again)
    assert await lists.seeing(EntryKind.ABOUT) == set()
    async with lists.database.reading() as connection:
        assert [row.list_id for row in await fetch_all(connection, select(ListPerson))] == [again]


async def test_the_pages_of_lists_name_people_as_their_owner_sees_them(lists: Lists) -> None:
    board, other = await lists.make(), await lists.make("a list")
    await lists.place("joost", board)
    await lists.place("lin", board)
    page = await find_lists_page(lists.database, lists.amara.member_id)
    assert [(line.list_id, line.name, line.count) for line in page.lists] == [(other, "a list", 0), (board, "Board", 2)]
    names = {line.name for line in (await lists.show(board)).people}
    assert names == {"Joost van Dijk", "Lin Meiling"}
    of_joost = await find_person_lists_page(lists.database, await lists.viewer("amara"), "joost-page")
    assert of_joost is not None
    assert {line.list_id: line.has_person for line in of_joost.lists} == {board: True, other: False}
    await lists.save(EntryKind.NAME, None, "only-me", "lin")
    shown = await lists.show(board)
    assert ([line.name for line in shown.people], shown.unseen) == (["Joost van Dijk"], 1)
    assert await find_person_lists_page(lists.database, await lists.viewer("amara"), "lin-page") is None
    assert await forget_unseen(lists.database, await lists.viewer("amara"), board) is None
    shown = await lists.show(board)
    assert ([line.name for line in shown.people], shown.unseen) == (["Joost van Dijk"], 0)


async def test_whom_one_may_not_know_and_who_is_unknown_get_the_same_answer(lists: Lists) -> None:
    board = await lists.make()
    await lists.save(EntryKind.NAME, None, "only-me", "lin")
    amara = await lists.viewer("amara")
    for address in ("lin-page", "no-such-page", "amara-page", "sven-page", ""):
        assert await find_person_lists_page(lists.database, amara, address) is None
        assert await place_person(lists.database, amara, address, frozenset({board}), NOON) == MISSING
    async with lists.database.reading() as connection:
        assert await fetch_all(connection, select(ListPerson)) == []


@pytest.mark.parametrize(
    ("name", "taken", "count", "problem"),
    [
        ("", frozenset(), 0, Problem.EMPTY),
        ("x" * LONGEST_NAME, frozenset(), 0, None),
        ("x" * (LONGEST_NAME + 1), frozenset(), 0, Problem.TOO_LONG),
        ("STRASSE", frozenset({"strasse"}), 1, Problem.TAKEN),
        ("Straße", frozenset({"strasse"}), 1, Problem.TAKEN),
        ("New", frozenset({"old"}), MOST_LISTS - 1, None),
        ("New", frozenset({"old"}), MOST_LISTS, Problem.TOO_MANY),
    ],
)
def test_what_is_wrong_with_a_name(name: str, taken: frozenset[str], count: int, problem: Problem | None) -> None:
    assert problem_with_name(name, taken, count) == problem


async def test_a_name_is_taken_once_for_each_owner(lists: Lists) -> None:
    await lists.make("Board")
    assert await make_list(lists.database, lists.amara.member_id, "board", NOON) is Problem.TAKEN
    assert await lists.make("Board", "joost")


async def test_there_is_room_for_so_many_lists_and_people(lists: Lists) -> None:
    board = await lists.make()
    async with lists.database.writing() as connection:
        copies = [
            {"public_id": f"extra-{number}", "joined_at": NOON, "in_good_standing": False, "is_staff": False}
            for number in range(MOST_PEOPLE)
        ]
        await connection.execute(Member.table.insert(), [{**copy, "has_public_page": False} for copy in copies])
        extra = select(Member.c.member_id).where(Member.c.public_id.like("extra-%"))
        ids = (await connection.execute(extra)).scalars().all()
        rows = [{"list_id": board, "member_id": one, "added_at": NOON} for one in ids]
        await connection.execute(ListPerson.table.insert(), rows)
    assert await lists.place("joost", board) == Refused(Reason.TOO_MANY)
    assert (await lists.show(board)).unseen == MOST_PEOPLE
    async with lists.database.writing() as connection:
        await connection.execute(ListPerson.table.delete().where(ListPerson.c.member_id == ids[0]))
    assert await lists.place("joost", board) is None
    assert await lists.place("joost", board) is None, "who is on a full list stays there"
    for number in range(1, MOST_LISTS):
        await lists.make(f"List {number}")
    assert await make_list(lists.database, lists.amara.member_id, "One more", NOON) is Problem.TOO_MANY
