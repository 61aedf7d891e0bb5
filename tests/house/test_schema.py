"""The migrations end at the tables of today, on both engines, and never widen an audience."""

import re
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Connection, Integer, Table
from sqlmodel import SQLModel

import storage.tables  # noqa: F401 -- fills the metadata
from storage.database import Database

VERSIONS = Path(__file__).parents[2] / "storage" / "migrations" / "versions"


def _differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, SQLModel.metadata))


async def test_the_migrations_end_at_the_tables(database: Database) -> None:
    async with database.reading() as connection:
        assert await connection.run_sync(_differences) == []


async def test_a_column_without_a_migration_is_found(database: Database) -> None:
    column: Column[int] = Column("forgotten", Integer)
    table: Table = SQLModel.metadata.tables["tags"]
    table.append_column(column)
    try:
        async with database.reading() as connection:
            found = await connection.run_sync(_differences)
    finally:
        table._columns.remove(column)
    assert [difference[0] for difference in found] == ["add_column"]


def test_no_migration_touches_keys_or_audiences() -> None:
    """Words of data in a migration are looked at by hand; those that could open something are refused here."""
    opening = re.compile(r"['\"]public['\"]|UPDATE\s+(entries|posts|threads|sigs|key_set)", re.IGNORECASE)
    assert [path.name for path in VERSIONS.glob("*.py") if opening.search(path.read_text())] == []
