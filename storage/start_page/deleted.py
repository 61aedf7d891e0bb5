"""What a member deleted of late from their start page: still sealed, for them alone, to be taken back for a while.

It has a table of its own, so that no list, search or export of what is kept can find it. It counts as kept in the room
that a member has; who needs the room erases it. What comes back is the same keepsake again, under its old address.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.refusals import Reason, Refused
from domain.start_page import DELETED_SHOWN, KEEP_DELETED_FOR, DeletedLine, DeletedPage, KeepsakeKind
from storage.database import Database, fetch_all, fetch_one
from storage.events import note
from storage.secrets import Seal
from storage.start_page.keepsakes import MISSING, find_parents
from storage.start_page.keys import find_key, hold_wrapped
from storage.start_page.pages import line_of, opened_words
from storage.start_page.sealing import DataKey
from storage.tables import DeletedKeepsake, File, Keepsake

_AT_ONCE: Final = 200
_COPIED: Final = (
    "keepsake_id",
    "member_id",
    "kind",
    "folder_id",
    "sealed",
    "size",
    "file_name",
    "made_at",
    "changed_at",
    "version",
)


async def drop(database: Database, seal: Seal, member_id: int, keepsake_id: int, now: datetime) -> int | Refused | None:
    """Delete a keepsake: it can be taken back for `KEEP_DELETED_FOR`. A folder is gone at once, and what is in it, or
    was deleted from it, moves to the one around it. Returns the folder in which it was."""
    async with database.writing() as connection:
        await hold_wrapped(connection, seal, member_id, now)
        mine = (Keepsake.c.keepsake_id == keepsake_id) & (Keepsake.c.member_id == member_id)
        row = await fetch_one(connection, select(*(Keepsake.c[name] for name in _COPIED)).where(mine))
        if row is None:
            return MISSING
        for table in (Keepsake, DeletedKeepsake):
            inside = (table.c.member_id == member_id) & (table.c.folder_id == keepsake_id)
            await connection.execute(update(table).where(inside).values(folder_id=row.folder_id))
        if row.kind != KeepsakeKind.FOLDER:
            kept = {name: getattr(row, name) for name in _COPIED}
            await connection.execute(insert(DeletedKeepsake).values(**kept, deleted_at=now))
        await connection.execute(delete(Keepsake).where(mine))
        await note(connection, "start_page.changed", now, member_id=member_id)
        return None if row.folder_id is None else int(row.folder_id)


async def find_deleted_page(database: Database, seal: Seal, member_id: int) -> DeletedPage:
    """What can be taken back, the newest first."""
    columns = [DeletedKeepsake.c[name] for name in _COPIED]
    statement = select(*columns, DeletedKeepsake.c.deleted_at).where(DeletedKeepsake.c.member_id == member_id)
    newest = statement.order_by(DeletedKeepsake.c.deleted_at.desc(), DeletedKeepsake.c.keepsake_id.desc())
    async with database.reading() as connection:
        key = await find_key(connection, seal, member_id)
        rows = await fetch_all(connection, newest.limit(DELETED_SHOWN)) if key else []
    return DeletedPage(lines=await asyncio.to_thread(_lines, key, rows))


def _lines(key: DataKey | None, rows: Sequence[Row[Any]]) -> tuple[DeletedLine, ...]:
    return tuple(
        DeletedLine(thing=line_of(row, opened_words(key, row)), erased_at=row.deleted_at + KEEP_DELETED_FOR)
        for row in rows
    )


async def take_back(
    database: Database, seal: Seal, member_id: int, keepsake_id: int, now: datetime
) -> int | Refused | None:
    """Keep again what one deleted, in its folder where that is still there. Returns the folder."""
    async with database.writing() as connection:
        await hold_wrapped(connection, seal, member_id, now)
        mine = _own(member_id, keepsake_id)
        row = await fetch_one(connection, select(*(DeletedKeepsake.c[name] for name in _COPIED)).where(mine))
        if row is None:
            return MISSING
        values = {name: getattr(row, name) for name in _COPIED}
        if row.folder_id not in await find_parents(connection, member_id):
            values["folder_id"] = None
        await connection.execute(delete(DeletedKeepsake).where(mine))
        await connection.execute(insert(Keepsake).values(**values, position=0))
        await note(connection, "start_page.changed", now, member_id=member_id)
        folder_id: int | None = values["folder_id"]
        return folder_id


def _own(member_id: int, keepsake_id: int) -> Any:
    return (DeletedKeepsake.c.keepsake_id == keepsake_id) & (DeletedKeepsake.c.member_id == member_id)


async def erase(database: Database, member_id: int, keepsake_id: int, now: datetime) -> Refused | None:
    """Erase at once what one deleted; a file's bytes follow after the commit."""
    async with database.writing() as connection:
        erased = await _erase(connection, _own(member_id, keepsake_id), now)
    return None if erased else Refused(Reason.MISSING)


async def _erase(connection: AsyncConnection, which: Any, now: datetime) -> int:
    """Delete these rows, and have the bytes of their files deleted; how many there were."""
    erasing = delete(DeletedKeepsake).where(which).returning(DeletedKeepsake.c.file_name)
    names = list((await connection.execute(erasing)).scalars())
    dropped = select(File.c.file_id).where(File.c.name.in_([name for name in names if name is not None]))
    for row in await fetch_all(connection, dropped):
        await note(connection, "file.dropped", now, file_id=row.file_id)
    return len(names)


async def erase_deleted(connection: AsyncConnection, now: datetime) -> None:
    """Erase what was deleted so long ago that nobody can take it back."""
    is_more = True
    while is_more:
        over = select(DeletedKeepsake.c.keepsake_id).where(DeletedKeepsake.c.deleted_at <= now - KEEP_DELETED_FOR)
        is_more = await _erase(connection, DeletedKeepsake.c.keepsake_id.in_(over.limit(_AT_ONCE)), now) == _AT_ONCE
