"""Reading connections: whoever reads alone gets the one that was used last, and none keeps much of its own."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import READERS, Database


async def _raw(connection: AsyncConnection) -> Any:
    return (await connection.get_raw_connection()).driver_connection


async def test_whoever_reads_alone_gets_the_connection_that_was_used_last(database: Database) -> None:
    async with AsyncExitStack() as stack:
        crowd = [await _raw(await stack.enter_async_context(database.reading())) for _ in range(READERS)]
    assert len({id(raw) for raw in crowd}) == READERS
    alone = []
    for _ in range(READERS):
        async with database.reading() as connection:
            alone.append(await _raw(connection))
    assert len({id(raw) for raw in alone}) == 1


async def test_no_reader_keeps_many_pages_of_the_file(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'stoa.db'}")
    try:
        async with database.reading() as connection:
            kept = await connection.exec_driver_sql("PRAGMA cache_size")
            assert kept.scalar_one() == -256  # KiB, says the minus sign
    finally:
        await database.close()
