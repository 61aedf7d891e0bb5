"""The key of a start page: made when the first thing is kept, wrapped by the instance's, and gone for good when it is
destroyed. Whoever writes holds its row, so that two writes at once cannot overrun a limit together.
"""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database, fetch_one, insert_into
from storage.events import note
from storage.secrets import Seal, Unsealable
from storage.start_page.sealing import DataKey, make_key
from storage.tables import DeletedKeepsake, Keepsake, StartPage


class Locked(Exception):
    """The key of a start page does not open: the instance runs with other secrets, or the key was changed."""


async def find_key(connection: AsyncConnection, seal: Seal, member_id: int) -> DataKey | None:
    """The key of a member's start page; None when there is none, or none any more. Raises Locked."""
    found = await fetch_one(connection, select(StartPage.c.wrapped_key).where(StartPage.c.member_id == member_id))
    return unwrapped(seal, member_id, found.wrapped_key) if found else None


def unwrapped(seal: Seal, member_id: int, wrapped: bytes) -> DataKey:
    """The key as it is used. Raises Locked."""
    try:
        return DataKey(seal.unwrap_key(bytes(wrapped), member_id), member_id)
    except Unsealable as error:
        raise Locked from error


async def hold_page(connection: AsyncConnection, seal: Seal, member_id: int, now: datetime) -> DataKey:
    """The key of a member's start page, made when there is none; the page is held until the transaction ends.

    Raises Locked.
    """
    return unwrapped(seal, member_id, await hold_wrapped(connection, seal, member_id, now))


async def hold_wrapped(connection: AsyncConnection, seal: Seal, member_id: int, now: datetime) -> bytes:
    """The same as it is kept: to see whether it is still the one that something was sealed with."""
    fresh = seal.wrap_key(make_key(), member_id)
    making = insert_into(connection, StartPage).values(member_id=member_id, wrapped_key=fresh, widgets="", made_at=now)
    await connection.execute(making.on_conflict_do_nothing())
    holding = select(StartPage.c.wrapped_key).where(StartPage.c.member_id == member_id)
    kept: bytes = (await connection.execute(holding.with_for_update(key_share=True))).scalar_one()
    return bytes(kept)


async def find_or_make_wrapped(database: Database, seal: Seal, member_id: int, now: datetime) -> bytes:
    """The wrapped key, to seal something with before the transaction that keeps it."""
    async with database.reading() as connection:
        found = await fetch_one(connection, select(StartPage.c.wrapped_key).where(StartPage.c.member_id == member_id))
    if found is not None:
        return bytes(found.wrapped_key)
    async with database.writing() as connection:
        return await hold_wrapped(connection, seal, member_id, now)


async def destroy_start_page(connection: AsyncConnection, member_id: int, now: datetime) -> None:
    """Delete the data key of a member and the rows that it opened. From the commit on nothing can read them here; the
    sealed files that are left are noise, and swept like any file that nothing names."""
    await connection.execute(delete(StartPage).where(StartPage.c.member_id == member_id))
    for table in (Keepsake, DeletedKeepsake):
        await connection.execute(delete(table).where(table.c.member_id == member_id))
    await note(connection, "start_page.destroyed", now, member_id=member_id)
