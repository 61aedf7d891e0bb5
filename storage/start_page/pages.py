"""The pages of the start page: what is sealed is opened here, for its owner alone, and put into views.

What does not open (another key, a row that was tampered with) shows as broken and says nothing; a single thing that
does not open is missing. Where the key of the page does not open, the page itself says so, and everything else raises
`Locked`.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Row, Select, Tuple, case, literal, select, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.start_page import (
    KEEPSAKES_A_PAGE,
    MOST_FOUND,
    BookmarksPage,
    FolderLine,
    FoundPage,
    KeepsakeKind,
    KeepsakeLine,
    KeepsakePage,
    NotePage,
    ShelfPage,
    UploadPage,
    Words,
    folded,
    matches,
    order_of,
)
from domain.start_page import StartPage as StartPageView
from domain.views import SafeHtml
from domain.visibility import Viewer
from storage.database import Database, fetch_all, fetch_one
from storage.markup import TooComplex, render_markdown
from storage.secrets import Seal, Unsealable
from storage.start_page.blocks import find_blocks
from storage.start_page.keepsakes import find_room
from storage.start_page.keys import Locked, find_key, unwrapped
from storage.start_page.sealing import DataKey
from storage.tables import Keepsake, StartPage

SHOWN = 8
"""Things of a kind on the page itself; the newest ones."""

_EXCERPT = 200
"""Characters of a text in a list."""


def _keepsakes(member_id: int) -> Select[Any]:
    return select(
        Keepsake.c.keepsake_id,
        Keepsake.c.kind,
        Keepsake.c.folder_id,
        Keepsake.c.position,
        Keepsake.c.sealed,
        Keepsake.c.file_name,
        Keepsake.c.changed_at,
        Keepsake.c.version,
    ).where(Keepsake.c.member_id == member_id)


async def find_start_page(database: Database, seal: Seal, viewer: Viewer, now: datetime) -> StartPageView:
    """One's own page."""
    member_id = viewer.member_id or 0
    async with database.reading() as connection:
        page = await fetch_one(
            connection,
            select(StartPage.c.wrapped_key, StartPage.c.widgets).where(StartPage.c.member_id == member_id),
        )
        lines = await _newest(connection, seal, member_id, page.wrapped_key) if page else ()
        blocks = await find_blocks(connection, viewer, now, with_unread=True)

    def of(kind: KeepsakeKind) -> tuple[KeepsakeLine, ...]:
        return tuple(line for line in lines or () if line.kind is kind)

    return StartPageView(
        order=order_of(page.widgets if page else ""),
        links=of(KeepsakeKind.LINK),
        notes=of(KeepsakeKind.NOTE),
        files=of(KeepsakeKind.FILE),
        unread=blocks.unread,
        newcomers=blocks.newcomers,
        interests=blocks.interests,
        is_locked=lines is None,
    )


async def _newest(
    connection: AsyncConnection, seal: Seal, member_id: int, wrapped: bytes
) -> tuple[KeepsakeLine, ...] | None:
    """The newest of each kind, in one statement; None when their key does not open."""
    try:
        key = unwrapped(seal, member_id, wrapped)
    except Locked:
        return None
    kinds = (KeepsakeKind.LINK, KeepsakeKind.NOTE, KeepsakeKind.FILE)
    newest = [
        _keepsakes(member_id)
        .where(Keepsake.c.kind == kind)
        .order_by(Keepsake.c.changed_at.desc(), Keepsake.c.keepsake_id.desc())
        .limit(SHOWN)
        .subquery()
        for kind in kinds
    ]
    rows = await fetch_all(connection, union_all(*(select(some) for some in newest)))
    return await asyncio.to_thread(_lines, key, rows)


def _lines(key: DataKey, rows: Sequence[Row[Any]]) -> tuple[KeepsakeLine, ...]:
    return tuple(line_of(row, opened_words(key, row)) for row in rows)


def opened_words(key: DataKey | None, row: Row[Any]) -> Words | None:
    """The words of a row; None when they do not open."""
    try:
        return key.open_words(row.sealed, KeepsakeKind(row.kind), row.file_name) if key else None
    except Unsealable:
        return None


def line_of(row: Row[Any], words: Words | None) -> KeepsakeLine:
    """A row in a list; its words are None where they do not open."""
    kind = KeepsakeKind(row.kind)
    if words is None:
        return KeepsakeLine(keepsake_id=row.keepsake_id, kind=kind, changed_at=row.changed_at, is_broken=True)
    return KeepsakeLine(
        keepsake_id=row.keepsake_id,
        kind=kind,
        changed_at=row.changed_at,
        title=words.title,
        address=words.address,
        text=words.text[:_EXCERPT],
        tags=words.tags,
        size=words.size,
        has_preview=words.has_preview,
    )


_ON_SHELF = (KeepsakeKind.FOLDER, KeepsakeKind.LINK, KeepsakeKind.NOTE, KeepsakeKind.FILE)
_RANK = case({kind.value: rank for rank, kind in enumerate(_ON_SHELF)}, value=Keepsake.c.kind, else_=len(_ON_SHELF))
_HIGHEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Place:
    """A place on a shelf, between two things: kind by kind, then in the order chosen."""

    rank: int
    position: int
    keepsake_id: int

    def __str__(self) -> str:
        return f"{self.rank}-{self.position}-{self.keepsake_id}"

    def as_sql(self) -> Tuple:
        """SQL: this place."""
        return tuple_(*(literal(part, BigInteger()) for part in (self.rank, self.position, self.keepsake_id)))

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read a place from an address. Raises ValueError on anything that is none."""
        parts = text.split("-")
        if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 20 for part in parts):
            raise ValueError("not a place")
        rank, position, keepsake_id = map(int, parts)
        if rank >= len(_ON_SHELF) or max(position, keepsake_id) > _HIGHEST:
            raise ValueError("not a place of ours")
        return cls(rank, position, keepsake_id)


def _shelf(member_id: int, folder_id: int | None, after: Place | None, before: Place | None) -> Select[Any]:
    """One page of a shelf and one thing more; backwards where it is the page before a place."""
    inside = Keepsake.c.folder_id.is_(None) if folder_id is None else Keepsake.c.folder_id == folder_id
    in_order = (_RANK, Keepsake.c.position, Keepsake.c.keepsake_id)
    statement = _keepsakes(member_id).where(inside).limit(KEEPSAKES_A_PAGE + 1)
    if before is not None:
        statement = statement.where(tuple_(*in_order) < before.as_sql())
        return statement.order_by(*(column.desc() for column in in_order))
    if after is not None:
        statement = statement.where(tuple_(*in_order) > after.as_sql())
    return statement.order_by(*in_order)


def _place_of(row: Row[Any]) -> str:
    return str(Place(_ON_SHELF.index(KeepsakeKind(row.kind)), row.position, row.keepsake_id))


async def find_shelf(
    database: Database,
    seal: Seal,
    member_id: int,
    folder_id: int | None,
    after: Place | None = None,
    before: Place | None = None,
) -> ShelfPage | None:
    """One page of what lies in a folder, or outside of all; None when there is no such folder of one's own."""
    async with database.reading() as connection:
        key = await find_key(connection, seal, member_id)
        folders = await find_folders(connection, key, member_id)
        rows = await fetch_all(connection, _shelf(member_id, folder_id, after, before)) if key else []
        room = await find_room(connection, member_id)
    path = _path_to(folders, folder_id)
    if folder_id is not None and not path:
        return None
    has_more, rows = len(rows) > KEEPSAKES_A_PAGE, rows[:KEEPSAKES_A_PAGE]
    rows = rows if before is None else rows[::-1]
    has_back, has_further = (after is not None, has_more) if before is None else (has_more, True)
    return ShelfPage(
        folder_id=folder_id,
        title=path[-1].title if path else "",
        around=path[:-1],
        keepsakes=await asyncio.to_thread(_lines, key, rows) if key else (),
        used=room.files,
        back=_place_of(rows[0]) if rows and has_back else None,
        further=_place_of(rows[-1]) if rows and has_further else None,
    )


async def find_folders(connection: AsyncConnection, key: DataKey | None, member_id: int) -> tuple[FolderLine, ...]:
    """Every folder of a member, each after the one around it, by name."""
    statement = _keepsakes(member_id).where(Keepsake.c.kind == KeepsakeKind.FOLDER)
    inside: dict[int | None, list[tuple[str, int]]] = {}
    for row in await fetch_all(connection, statement):
        words = opened_words(key, row)
        inside.setdefault(row.folder_id, []).append((words.title if words else "", row.keepsake_id))
    return tuple(_unfolded(inside, None, 0))


def _unfolded(inside: dict[int | None, list[tuple[str, int]]], around: int | None, depth: int) -> list[FolderLine]:
    lines = []
    for title, folder_id in sorted(inside.pop(around, ()), key=lambda one: (folded(one[0]), one[1])):
        lines += [FolderLine(keepsake_id=folder_id, title=title, depth=depth)]
        lines += _unfolded(inside, folder_id, depth + 1)
    return lines


def _path_to(folders: Sequence[FolderLine], folder_id: int | None) -> tuple[FolderLine, ...]:
    """The folders around one, from the outermost, and itself: those before it in the list that are less deep."""
    place = next((number for number, line in enumerate(folders) if line.keepsake_id == folder_id), None)
    if place is None:
        return ()
    path = [folders[place]]
    for line in reversed(folders[:place]):
        if line.depth < path[0].depth:
            path.insert(0, line)
    return tuple(path)


async def find_new_keepsake_page(
    database: Database, seal: Seal, member_id: int, kind: KeepsakeKind, folder_id: int | None, submission: str
) -> KeepsakePage | None:
    """The empty form for a link, a note or a folder, to be put into a folder of one's own."""
    async with database.reading() as connection:
        key = await find_key(connection, seal, member_id)
        folders = await find_folders(connection, key, member_id)
    if not _is_known(folders, folder_id):
        return None
    return KeepsakePage(kind=kind, folders=folders, folder_id=folder_id, submission=submission)


def _is_known(folders: Sequence[FolderLine], folder_id: int | None) -> bool:
    return folder_id is None or any(line.keepsake_id == folder_id for line in folders)


async def find_keepsake_page(database: Database, seal: Seal, member_id: int, keepsake_id: int) -> KeepsakePage | None:
    """The form with what one has kept in it. Of what does not open the form is empty; it can still be deleted."""
    async with database.reading() as connection:
        row = await fetch_one(connection, _keepsakes(member_id).where(Keepsake.c.keepsake_id == keepsake_id))
        key = await find_key(connection, seal, member_id) if row else None
        folders = await find_folders(connection, key, member_id) if row else ()
    if row is None:
        return None
    words = opened_words(key, row) or Words()
    return KeepsakePage(
        kind=KeepsakeKind(row.kind),
        folders=folders,
        keepsake_id=row.keepsake_id,
        version=row.version,
        title=words.title,
        address=words.address,
        body=words.text,
        tags=", ".join(words.tags),
        folder_id=row.folder_id,
    )


async def find_note(database: Database, seal: Seal, member_id: int, keepsake_id: int) -> NotePage | None:
    """A note to read, rendered now."""
    is_note = (Keepsake.c.keepsake_id == keepsake_id) & (Keepsake.c.kind == KeepsakeKind.NOTE)
    async with database.reading() as connection:
        row = await fetch_one(connection, _keepsakes(member_id).where(is_note))
        key = await find_key(connection, seal, member_id) if row else None
    words = opened_words(key, row) if row else None
    if row is None or words is None:
        return None
    return NotePage(
        keepsake_id=row.keepsake_id,
        title=words.title,
        html=await asyncio.to_thread(_rendered, words.text),
        tags=words.tags,
        folder_id=row.folder_id,
        changed_at=row.changed_at,
    )


def _rendered(text: str) -> SafeHtml:
    """The HTML of a note; one that could be shown when it was written, and no longer, is shown as nothing."""
    try:
        return render_markdown(text)
    except TooComplex:
        return SafeHtml("")


async def find_upload_page(
    database: Database, seal: Seal, member_id: int, folder_id: int | None, submission: str
) -> UploadPage | None:
    """The form for a file, with what room is left."""
    async with database.reading() as connection:
        key = await find_key(connection, seal, member_id)
        folders = await find_folders(connection, key, member_id)
        room = await find_room(connection, member_id)
    if not _is_known(folders, folder_id):
        return None
    return UploadPage(folders=folders, used=room.files, submission=submission, folder_id=folder_id)


async def find_bookmarks_page(database: Database, seal: Seal, member_id: int) -> BookmarksPage:
    """The form for a browser's bookmarks."""
    async with database.reading() as connection:
        key = await find_key(connection, seal, member_id)
        return BookmarksPage(folders=await find_folders(connection, key, member_id))


async def search_start_page(database: Database, seal: Seal, member_id: int, query: str) -> FoundPage:
    """Everything of one's own in which all words of a query stand, wherever and however they are written.

    There is no index, for it would hold the words: all of them are opened, in a thread, and none is kept. What a member
    may keep in words bounds the work.
    """
    wanted = tuple(folded(query).split())[:20]
    if not wanted:
        return FoundPage(query=query, keepsakes=())
    newest = _keepsakes(member_id).order_by(Keepsake.c.changed_at.desc(), Keepsake.c.keepsake_id.desc())
    async with database.reading() as connection:
        key = await find_key(connection, seal, member_id)
        rows = await fetch_all(connection, newest) if key else []
    found = await asyncio.to_thread(_matching, key, rows, wanted)
    return FoundPage(query=query, keepsakes=tuple(found[:MOST_FOUND]), is_cut=len(found) > MOST_FOUND)


def _matching(key: DataKey | None, rows: Sequence[Row[Any]], wanted: tuple[str, ...]) -> list[KeepsakeLine]:
    found = []
    for row in rows:
        words = opened_words(key, row)
        if words is not None and matches(words, wanted):
            found.append(line_of(row, words))
        if len(found) > MOST_FOUND:
            break
    return found
