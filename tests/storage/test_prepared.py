"""What is prepared once answers as what is executed as usual, and is noted like it."""

import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import BindParameter, Select, bindparam, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from domain.visibility import VISITOR_RING
from storage.database import Database, fetch_all, statements_of_request
from storage.forum.commands import _thread_to_reply
from storage.prepared import Prepared
from storage.tables import Event, Member, Moment, Thread
from tests.cast import NOON, World


def _since() -> BindParameter[Any]:
    return bindparam("since", type_=Moment)


def _threads(_dialect: str) -> Select[Any]:
    columns = (Thread.c.thread_id, Thread.c.title, Thread.c.started_at, Thread.c.closed_at)
    return (
        select(*columns, Member.c.is_staff)
        .join(Member, Member.c.member_id == Thread.c.member_id)
        .where(Thread.c.started_at >= _since(), Thread.c.kind != "unheard of")
    )


async def test_rows_are_as_they_are_elsewhere(database: Database, world: World) -> None:
    asked: list[tuple[Callable[[str], Any], dict[str, Any]]] = [
        (_threads, {"since": NOON - timedelta(days=900)}),
        (_threads, {"since": NOON + timedelta(days=9)}),
        (_thread_to_reply, {"thread": world.public_thread.thread_id, "ring": VISITOR_RING}),
        (_thread_to_reply, {"thread": world.closed_thread.thread_id, "ring": VISITOR_RING}),
        (_thread_to_reply, {"thread": world.closed_thread.thread_id, "ring": world["lin"].viewer.ring}),
    ]
    found = []
    for build, values in asked:
        prepared = Prepared(build)
        async with database.writing() as connection:
            usual = [row._asdict() for row in await fetch_all(connection, build(connection.dialect.name), values)]
            for _ in range(2):
                assert [row._asdict() for row in await prepared.all(connection, values)] == usual
            one = await prepared.one(connection, values)
        assert (one._asdict() if one else None) == (usual[0] if usual else None)
        found.append(len(usual))
    assert found[0] > 1
    assert found[1:] == [0, 1, 0, 1]


async def test_it_is_noted_and_counts(database: Database, world: World) -> None:
    prepared = Prepared(
        lambda _dialect: update(Thread.table).where(Thread.c.thread_id == bindparam("thread")).values(title="New")
    )
    before, noted = await database.version(), list[str]()
    token = statements_of_request.set(noted)
    async with database.writing(is_short=True) as connection:
        assert await prepared.all(connection, {"thread": world.public_thread.thread_id}) == []
    statements_of_request.reset(token)
    assert before is not None
    assert await database.version() == (before.people, before.talk + 1)
    assert [statement for statement in noted if statement.startswith("UPDATE threads")]


async def test_what_may_not_be_is_an_error(database: Database) -> None:
    adding = Prepared(lambda _dialect: insert(Event.table))
    with pytest.raises(Exception, match=r"(?i)not.null") as refused:
        async with database.writing(is_short=True) as connection:
            await adding.all(connection, {"name": None, "ids": "", "happened_at": NOON, "next_try_at": NOON})
    assert isinstance(refused.value, IntegrityError)


async def test_an_error_says_nothing_of_what_was_typed(database: Database) -> None:
    """It is logged with all that it comes from, and PostgreSQL tells the whole row that it refuses."""
    row = {"name": None, "ids": "typed by somebody", "happened_at": NOON, "next_try_at": NOON}
    adding = insert(Event.table)
    for fail in (
        lambda connection: Prepared(lambda _dialect: adding).all(connection, row),
        lambda connection: connection.execute(adding.values(row)),
    ):
        with pytest.raises(IntegrityError) as refused:
            async with database.writing() as connection:
                await fail(connection)
        told = "".join(traceback.format_exception(refused.value))
        assert "null" in told.lower()
        assert "typed by somebody" not in told


async def test_it_can_be_built_anew(database: Database) -> None:
    """A breach of the leak test goes into statements that were built before."""
    title = ["One"]
    prepared = Prepared(lambda _dialect: select(literal(title[0]).label("title")))
    async with database.writing() as connection:
        assert (await prepared.one(connection, {})).title == "One"
        title[0] = "Two"
        assert (await prepared.one(connection, {})).title == "One"
        prepared.cache_clear()
        assert (await prepared.one(connection, {})).title == "Two"
