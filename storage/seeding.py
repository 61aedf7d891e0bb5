"""What filling a database needs beyond what people do: everything in one transaction, and ready accounts.

A demo or a test world is written through the same commands as everything else. Inside `together` each of them joins
the one transaction, so that a kill in the middle leaves nothing, and one fsync pays for all.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.memory import Memory
from storage.secrets import Seal
from storage.tables import Account


class _Together(Database):
    """The database as one open transaction sees it: a command's own transaction becomes a savepoint in it."""

    def __init__(self, database: Database, connection: AsyncConnection) -> None:
        self.url = database.url
        self.is_sqlite = database.is_sqlite
        self._connection = connection
        self.memory = Memory()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """The transaction's own connection: what it has written, it reads."""
        yield self._connection

    @asynccontextmanager
    async def writing(self, *, is_short: bool = False) -> AsyncIterator[AsyncConnection]:  # noqa: ARG002 -- all the same
        """A savepoint: what raises inside is undone, and the rest of the transaction stands."""
        async with self._connection.begin_nested():
            yield self._connection

    async def version(self) -> None:
        """Unknown: what is not yet kept is in nobody's mind."""

    async def close(self) -> None:
        """The connection belongs to the database underneath."""


@asynccontextmanager
async def together(database: Database) -> AsyncIterator[Database]:
    """All that is written inside is kept when the block ends, and nothing of it when it raises. Raises Busy."""
    async with database.writing() as connection:
        yield _Together(database, connection)


async def add_account(
    connection: AsyncConnection, seal: Seal, member_id: int, email: str, password_hash: str, now: datetime
) -> int:
    """An account whose address counts as confirmed, for people who never registered."""
    row = {
        "member_id": member_id,
        "email_sealed": seal.seal(email),
        "email_hash": seal.hash_email(email),
        "password_hash": password_hash,
        "created_at": now,
        "confirmed_at": now,
    }
    added = await connection.execute(insert(Account).values(row).returning(Account.c.account_id))
    account_id: int = added.scalar_one()
    return account_id
