"""Alembic, told where the migrations are and on which connection to run them."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def configure(connection: Connection) -> Config:
    """Where the migrations are, and the connection to run them on."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Run the migrations that are missing, in the transaction of this connection."""
    command.upgrade(configure(connection), "head")
