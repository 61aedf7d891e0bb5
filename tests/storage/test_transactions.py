"""A transaction is kept as a whole or not at all, whatever happens in it; who comes next finds nothing of it."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database, fetch_all
from storage.prepared import Prepared
from storage.tables import Event
from storage.transactions import NotKept
from tests.cast import NOON

_NAMES = Prepared(lambda _dialect: select(Event.c.name))


def _row(name: str | None) -> dict[str, Any]:
    return {"name": name, "ids": "", "happened_at": NOON, "next_try_at": NOON}


async def _names(database: Database) -> list[str]:
    async with database.reading() as connection:
        return sorted(row.name for row in await _NAMES.all(connection, {}))


async def test_nothing_is_acknowledged_that_is_not_kept(database: Database) -> None:
    """PostgreSQL takes a transaction back when one of its statements failed, be it that nobody minded."""
    for name, is_counted in (("counted", True), ("not counted", False)):
        told = None
        try:
            async with database.writing() as connection:
                await connection.execute(insert(Event.table).values(_row(name)))
                if is_counted:
                    await connection.execute(text("UPDATE threads SET title = title"))
                with suppress(IntegrityError):
                    await connection.execute(insert(Event.table).values(_row(None)))
        except (NotKept, DBAPIError) as error:
            told = error
        assert (name in await _names(database)) is (told is None)


async def test_who_is_cancelled_leaves_nothing_behind(database: Database) -> None:
    for _ in range(10):  # more than there are connections
        has_written = asyncio.Event()

        async def write(written: asyncio.Event) -> None:
            async with database.writing() as connection:
                await connection.execute(insert(Event.table).values(_row("cancelled")))
                written.set()
                await asyncio.sleep(60)

        task = asyncio.create_task(write(has_written))
        await has_written.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await _names(database) == []
    async with database.writing() as connection:
        await connection.execute(insert(Event.table).values(_row("kept")))
    assert await _names(database) == ["kept"]


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_connections_that_the_server_has_ended_are_not_used_again(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(insert(Event.table).values(_row("before")))
    assert await _names(database) == ["before"]
    assert await _end_all_connections(database) >= 2
    with pytest.raises(DBAPIError):
        await _names(database)
    assert await _names(database) == ["before"]
    with pytest.raises(DBAPIError):
        async with database.writing() as connection:
            await connection.execute(insert(Event.table).values(_row("lost")))
    async with database.writing() as connection:
        await connection.execute(insert(Event.table).values(_row("after")))
    assert await _names(database) == ["after", "before"]


@pytest.mark.parametrize("is_prepared", [False, True])
@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_who_loses_the_server_in_the_middle_hears_that_and_no_other_error(
    database: Database, is_prepared: bool
) -> None:
    async def lose() -> None:
        async with database.writing() as connection:
            await connection.execute(insert(Event.table).values(_row("lost")))
            await _end_all_connections(database)
            await (_NAMES.all(connection, {}) if is_prepared else connection.execute(select(Event.c.name)))

    with pytest.raises(DBAPIError):
        await lose()
    async with database.writing() as connection:
        await connection.execute(insert(Event.table).values(_row("after")))
    assert await _names(database) == ["after"]


LAST_WORD = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0"
"""What PostgreSQL says before it closes a connection."""


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("way", "is_begun"),
    [("prepared", False), ("prepared", True), ("as usual", False), ("as usual", True), ("at the end", True)],
)
async def test_who_asks_between_the_servers_last_word_and_its_end_hears_that_it_is_lost(
    database: Database, way: str, is_begun: bool
) -> None:
    async with database.writing() as connection:
        await connection.execute(insert(Event.table).values(_row("before")))
    taking = database.writing if is_begun else database.reading

    async def ask() -> None:
        async with taking() as connection:
            _say_the_last_word(connection)
            if way == "prepared":
                await _NAMES.all(connection, {})
            elif way == "as usual":
                await connection.execute(select(Event.c.name))

    with pytest.raises(DBAPIError):
        await ask()
    assert await _names(database) == ["before"]
    async with database.writing() as connection:
        await connection.execute(insert(Event.table).values(_row("after")))
    assert await _names(database) == ["after", "before"]


def _say_the_last_word(connection: AsyncConnection) -> None:
    sync: Any = connection.sync_connection
    protocol = sync.connection.driver_connection._protocol
    protocol.data_received(b"E" + (len(LAST_WORD) + 4).to_bytes(4) + LAST_WORD)


async def _end_all_connections(database: Database) -> int:
    """Let the server end every connection but the one that says so; how many those were."""
    other = Database(database.url)
    async with other.writing() as connection:
        ending = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        ended = await fetch_all(connection, text(f"{ending} AND pid <> pg_backend_pid()"))
    await other.close()
    return len(ended)
