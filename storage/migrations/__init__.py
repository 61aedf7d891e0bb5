"""Migrations: from an empty database to the tables of today, step by step, on both engines.

No migration and no default ever widens an audience. Each file in `versions/` is named after its revision, so whether a
database is at the newest one is found out without Alembic, which takes its time to import.
"""

from pathlib import Path

from sqlalchemy import inspect, text

from storage.database import Database

VERSIONS = Path(__file__).parent / "versions"


async def migrate(database: Database) -> None:
    """Bring the tables to today's form, in one transaction; does nothing when they are. Of several processes one does
    it, while the others wait."""
    newest = max(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*.py"))
    if await _revision(database) == newest:
        return
    from storage.migrations.upgrading import upgrade  # noqa: PLC0415 -- see above

    async with database.writing() as connection:
        if not database.is_sqlite:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        await connection.run_sync(upgrade)


_LOCK = 0x53746F61
"""The number under which processes on PostgreSQL take turns; SQLite's one writer is a turn by itself."""


async def _revision(database: Database) -> str | None:
    async with database.reading() as connection:
        if not await connection.run_sync(lambda sync: inspect(sync).has_table("alembic_version")):
            return None
        return (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar()
