"""A member's own lists. Putting somebody on a list opens to them at once what its owner keeps for it."""

from datetime import datetime

from sqlalchemy import Integer, cast, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.lists import (
    MOST_PEOPLE,
    ListLine,
    ListPage,
    ListsPage,
    PersonListsPage,
    problem_with_name,
)
from domain.members import LineKind, line_of_member
from domain.refusals import Problem, Reason, Refused
from domain.visibility import Audience, Scope, Viewer
from storage.database import Database, fetch_all, insert_into
from storage.events import note
from storage.members.keys import close_circle, hold_owner
from storage.members.people import find_other, find_people
from storage.tables import ListPerson, OwnList

_MISSING = Refused(Reason.MISSING)


async def find_lists_page(
    database: Database, member_id: int, name: str = "", problem: Problem | None = None
) -> ListsPage:
    """The member's lists by name; with what was typed for a new one, where that did not do."""
    async with database.reading() as connection:
        return ListsPage(lists=await _list_lines(connection, member_id), name=name, problem=problem)


async def _list_lines(
    connection: AsyncConnection, member_id: int, person_id: int | None = None
) -> tuple[ListLine, ...]:
    is_person = func.max(cast(func.coalesce(ListPerson.c.member_id == (person_id or 0), False), Integer))
    statement = (
        select(OwnList.c.list_id, OwnList.c.name, func.count(ListPerson.c.member_id), is_person)
        .outerjoin(ListPerson, ListPerson.c.list_id == OwnList.c.list_id)
        .where(OwnList.c.member_id == member_id)
        .group_by(OwnList.c.list_id, OwnList.c.name)
    )
    rows = sorted(await fetch_all(connection, statement), key=lambda row: (row.name.casefold(), row.list_id))
    return tuple(
        ListLine(list_id=list_id, name=name, count=count, has_person=bool(has)) for list_id, name, count, has in rows
    )


async def make_list(database: Database, member_id: int, name: str, now: datetime) -> int | Problem:
    """A new list, empty; returns its id."""
    async with database.writing() as connection:
        await hold_owner(connection, member_id)
        lines = await _list_lines(connection, member_id)
        if problem := problem_with_name(name, frozenset(line.name.casefold() for line in lines), len(lines)):
            return problem
        row = {"member_id": member_id, "name": name, "made_at": now}
        list_id: int = (await connection.execute(insert(OwnList).values(row).returning(OwnList.c.list_id))).scalar_one()
    return list_id


async def delete_list(database: Database, member_id: int, list_id: int, now: datetime) -> Refused | None:
    """Delete a list: what was open to it alone closes in the same transaction."""
    async with database.writing() as connection:
        await hold_owner(connection, member_id)
        if await _own_list(connection, member_id, list_id) is None:
            return _MISSING
        await connection.execute(delete(ListPerson).where(ListPerson.c.list_id == list_id))
        await connection.execute(delete(OwnList).where(OwnList.c.list_id == list_id))
        await close_circle(connection, member_id, Audience(Scope.LIST, list_id), now)
        await note(connection, "member.changed", now, member_id=member_id)
    return None


async def _own_list(connection: AsyncConnection, member_id: int, list_id: int) -> str | None:
    statement = select(OwnList.c.name).where(OwnList.c.list_id == list_id, OwnList.c.member_id == member_id)
    name: str | None = await connection.scalar(statement)
    return name


async def find_list_page(database: Database, viewer: Viewer, list_id: int) -> ListPage | None:
    """One of the viewer's own lists, with the people on it as they see them."""
    async with database.reading() as connection:
        name = await _own_list(connection, viewer.member_id or 0, list_id)
        if name is None:
            return None
        statement = select(ListPerson.c.member_id).where(ListPerson.c.list_id == list_id)
        ids = [row.member_id for row in await fetch_all(connection, statement.order_by(ListPerson.c.added_at))]
        people = await find_people(connection, ids)
    lines = [line_of_member(people[member_id], viewer.ring) for member_id in ids if member_id in people]
    seen = tuple(line for line in lines if line.kind is LineKind.MEMBER)
    return ListPage(list_id=list_id, name=name, people=seen, unseen=len(ids) - len(seen))


async def find_person_lists_page(database: Database, viewer: Viewer, public_id: str) -> PersonListsPage | None:
    """On which of the viewer's lists this person is; None for whom they may not know."""
    async with database.reading() as connection:
        found = await find_other(connection, viewer, public_id)
        if found is None:
            return None
        person_id, line = found
        return PersonListsPage(person=line, lists=await _list_lines(connection, viewer.member_id or 0, person_id))


async def place_person(
    database: Database, viewer: Viewer, public_id: str, chosen: frozenset[int], now: datetime
) -> Refused | None:
    """Put a person on these lists of the viewer's, and take them off all others."""
    async with database.writing() as connection:
        found = await find_other(connection, viewer, public_id)
        if found is None or viewer.member_id is None:
            return _MISSING
        person_id, _ = found
        await hold_owner(connection, viewer.member_id)
        lines = await _list_lines(connection, viewer.member_id, person_id)
        own = {line.list_id for line in lines}
        if not chosen <= own:
            return _MISSING
        if any(line.count >= MOST_PEOPLE and line.list_id in chosen and not line.has_person for line in lines):
            return Refused(Reason.TOO_MANY)
        off = ListPerson.c.list_id.in_(own - chosen) & (ListPerson.c.member_id == person_id)
        await connection.execute(delete(ListPerson).where(off))
        for list_id in sorted(chosen):
            row = {"list_id": list_id, "member_id": person_id, "added_at": now}
            await connection.execute(insert_into(connection, ListPerson).values(row).on_conflict_do_nothing())
        await note(connection, "member.changed", now, member_id=viewer.member_id)
    return None


async def forget_unseen(database: Database, viewer: Viewer, list_id: int) -> Refused | None:
    """Take off a list everybody whose name its owner may no longer see."""
    async with database.writing() as connection:
        if await _own_list(connection, viewer.member_id or 0, list_id) is None:
            return _MISSING
        statement = select(ListPerson.c.member_id).where(ListPerson.c.list_id == list_id)
        ids = [row.member_id for row in await fetch_all(connection, statement)]
        people = await find_people(connection, ids)
        unseen = [
            member_id
            for member_id in ids
            if member_id not in people or line_of_member(people[member_id], viewer.ring).name is None
        ]
        gone = (ListPerson.c.list_id == list_id) & ListPerson.c.member_id.in_(unseen)
        await connection.execute(delete(ListPerson).where(gone))
    return None
