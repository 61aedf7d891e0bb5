"""The planted world on the other engine: every row as it is, ids and all, and the index of search made anew."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

import storage.tables  # noqa: F401 -- fills the metadata
from storage.database import Database
from storage.migrations import migrate
from storage.search.index import index_everything


async def copy_database(source_url: str, target_url: str) -> None:
    """Fill an empty PostgreSQL database with every row of another database, and go on counting where that stopped."""
    source, target = Database(source_url), Database(target_url)
    await migrate(target)
    async with source.reading() as reading, target.writing() as writing:
        for table in SQLModel.metadata.sorted_tables:
            rows = [dict(row._mapping) for row in (await reading.execute(table.select())).all()]
            await writing.execute(table.delete())
            for start in range(0, len(rows), 500):
                await writing.execute(table.insert(), rows[start : start + 500])
        await _count_on(writing)
    await index_everything(target, anew=True)
    await source.close()
    await target.close()


async def _count_on(connection: AsyncConnection) -> None:
    for table in SQLModel.metadata.sorted_tables:
        for column in table.primary_key.columns:
            if column.autoincrement is True:
                counting = f"SELECT setval(pg_get_serial_sequence('{table.name}', '{column.name}'), max({column.name})) FROM {table.name}"  # noqa: E501 -- names of our own tables
                await connection.execute(text(counting))
