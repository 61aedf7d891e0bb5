"""Migrations: from an empty database to the tables of today, step by step, on both engines.

No migration and no default ever widens an audience.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from storage.database import Database


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    command.upgrade(_config(connection), "head")


async def migrate(database: Database) -> None:
    """Bring the tables to today's form, in one transaction; does nothing when they are."""
    async with database.writing() as connection:
        await connection.run_sync(_upgrade)
