"""Bookmarks in and out: a browser's file becomes links and folders, and these a browser's file again.

Taking the same file over twice adds nothing: a folder of the same name in the same place is that folder, and a link
that is in it already stays the one that it is.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.refusals import Problem, Reason, Refused
from domain.start_page import DEEPEST_FOLDER, MOST_FOLDERS, KeepsakeKind, Words, depth_of
from storage.database import Database, fetch_all
from storage.events import note
from storage.secrets import Seal, Unsealable
from storage.start_page.bookmarks import Bookmarks, Folder, read_bookmarks, write_bookmarks
from storage.start_page.keepsakes import MISSING, find_room, new_row
from storage.start_page.keys import find_key, hold_page
from storage.start_page.sealing import DataKey
from storage.tables import Keepsake

_EXCHANGED: Final = (KeepsakeKind.LINK, KeepsakeKind.FOLDER)


@dataclass(frozen=True, slots=True)
class TakenOver:
    """How many links came in, and how many entries were left out because they do not lead to the web."""

    added: int
    left_out: int


@dataclass(frozen=True, slots=True)
class _Known:
    """A link or folder that is there, opened."""

    keepsake_id: int
    kind: KeepsakeKind
    folder_id: int | None
    words: Words


class _Abandoned(Exception):
    """A refusal found inside the transaction, which is then undone."""

    def __init__(self, refused: Refused) -> None:
        self.refused = refused


async def take_over(
    database: Database, seal: Seal, member_id: int, content: bytes, folder_id: int | None, now: datetime
) -> TakenOver | Refused:
    """Take a browser's bookmarks over into a folder, or outside of all: every one that fits in, or none."""
    read = await asyncio.to_thread(read_bookmarks, content)
    if isinstance(read, Problem):
        return _refused(read)
    try:
        async with database.writing() as connection:
            key = await hold_page(connection, seal, member_id, now)
            known = await _find_known(connection, key, member_id)
            added = await _Taking(connection, key, member_id, known, now).take(read, folder_id)
            await note(connection, "start_page.changed", now, member_id=member_id)
    except _Abandoned as abandoned:
        return abandoned.refused
    return TakenOver(added, read.left_out)


def _refused(problem: Problem) -> Refused:
    return Refused(Reason.INVALID, {"bookmarks": problem})


async def _find_known(connection: AsyncConnection, key: DataKey, member_id: int) -> list[_Known]:
    statement = (
        select(Keepsake.c.keepsake_id, Keepsake.c.kind, Keepsake.c.folder_id, Keepsake.c.sealed)
        .where(Keepsake.c.member_id == member_id, Keepsake.c.kind.in_(_EXCHANGED))
        .order_by(Keepsake.c.position, Keepsake.c.keepsake_id)
    )
    return await asyncio.to_thread(_opened, key, await fetch_all(connection, statement))


def _opened(key: DataKey, rows: list[Any]) -> list[_Known]:
    """Those that can be opened; what cannot is no reason to refuse the others."""
    found = []
    for row in rows:
        kind = KeepsakeKind(row.kind)
        try:
            found.append(_Known(row.keepsake_id, kind, row.folder_id, key.open_words(row.sealed, kind)))
        except Unsealable:
            continue
    return found


class _Taking:
    """One file being taken over, within its transaction."""

    def __init__(
        self, connection: AsyncConnection, key: DataKey, member_id: int, known: list[_Known], now: datetime
    ) -> None:
        self._connection, self._key, self._member_id, self._now = connection, key, member_id, now
        folders = [one for one in known if one.kind is KeepsakeKind.FOLDER]
        self._folders = {(one.folder_id, one.words.title): one.keepsake_id for one in folders}
        self._parents = {one.keepsake_id: one.folder_id for one in folders}
        self._addresses = {(one.folder_id, one.words.address) for one in known if one.kind is KeepsakeKind.LINK}
        self._links = list[tuple[int | None, Words]]()

    async def take(self, read: Bookmarks, folder_id: int | None) -> int:
        """Everything that is new. Returns the number of links. Raises _Abandoned."""
        if folder_id is not None and folder_id not in self._parents:
            raise _Abandoned(MISSING)
        await self._gather(read.top, folder_id)
        rows = await asyncio.to_thread(self._seal_links)
        room = await find_room(self._connection, self._member_id)
        if not room.has_place_for(words=sum(row["size"] for row in rows), count=len(rows)):
            raise _Abandoned(_refused(Problem.TAKEN))
        if rows:
            await self._connection.execute(insert(Keepsake), rows)
        return len(rows)

    async def _gather(self, folder: Folder, folder_id: int | None) -> None:
        for link in folder.links:
            if (folder_id, link.address) not in self._addresses:
                self._addresses.add((folder_id, link.address))
                self._links.append((folder_id, link))
        for inner in folder.folders:
            await self._gather(inner, await self._folder(inner.title, folder_id))

    async def _folder(self, title: str, within: int | None) -> int:
        known = self._folders.get((within, title))
        if known is not None:
            return known
        if len(self._parents) >= MOST_FOLDERS:
            raise _Abandoned(_refused(Problem.TAKEN))
        if depth_of(within, self._parents) >= DEEPEST_FOLDER:
            raise _Abandoned(_refused(Problem.TOO_COMPLEX))
        sealed = self._key.seal_words(Words(title=title), KeepsakeKind.FOLDER)
        row = new_row(self._member_id, KeepsakeKind.FOLDER, sealed, self._now) | {"folder_id": within}
        made = await self._connection.execute(insert(Keepsake).values(row).returning(Keepsake.c.keepsake_id))
        folder_id: int = made.scalar_one()
        self._folders[within, title], self._parents[folder_id] = folder_id, within
        return folder_id

    def _seal_links(self) -> list[dict[str, Any]]:
        """The rows of the links, in the order of the file."""
        kind, rows = KeepsakeKind.LINK, []
        for folder_id, words in self._links:
            row = new_row(self._member_id, kind, self._key.seal_words(words, kind), self._now)
            rows.append(row | {"folder_id": folder_id})
        return rows


async def find_bookmarks(database: Database, seal: Seal, member_id: int) -> str:
    """All links of a member with their folders, as the file that browsers take."""
    async with database.reading() as connection:
        key = await find_key(connection, seal, member_id)
        known = await _find_known(connection, key, member_id) if key else []
    return await asyncio.to_thread(_write, known)


def _write(known: list[_Known]) -> str:
    top = Folder()
    folders = {one.keepsake_id: Folder(one.words.title) for one in known if one.kind is KeepsakeKind.FOLDER}
    for one in known:
        around = folders.get(one.folder_id, top) if one.folder_id is not None else top
        if one.kind is KeepsakeKind.FOLDER:
            around.folders.append(folders[one.keepsake_id])
        else:
            around.links.append(one.words)
    return write_bookmarks(top)
