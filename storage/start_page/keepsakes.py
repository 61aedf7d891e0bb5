"""Keeping, changing and moving links, notes and folders: sealed in the transaction that writes them.

A form that is sent twice, with the same `submission`, is one keepsake. What is another member's is missing.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import case, func, insert, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.refusals import Problem, Reason, Refused
from domain.start_page import (
    DEEPEST_FOLDER,
    MOST_FOLDERS,
    KeepsakeKind,
    Room,
    Widget,
    Words,
    depth_of,
    moved,
    order_of,
    problems_with_words,
    split_tags,
    tidy_address,
    tidy_file_name,
)
from domain.views import SafeHtml
from storage.database import Database, fetch_all, fetch_one
from storage.events import note
from storage.markup import TooComplex, render_markdown
from storage.secrets import Seal, Unsealable
from storage.start_page.keys import hold_page, hold_wrapped
from storage.start_page.sealing import DataKey
from storage.tables import DeletedKeepsake, Keepsake, StartPage

MISSING: Final = Refused(Reason.MISSING)
FULL: Final = Refused(Reason.FULL)


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed into the form of a keepsake; `tags` are apart by commas."""

    title: str = ""
    address: str = ""
    body: str = ""
    tags: str = ""
    folder_id: int | None = None
    submission: str = ""


def words_typed(kind: KeepsakeKind, typed: Typed) -> Words:
    """The words of a keepsake as they were meant: those that its kind has."""
    title = " ".join(typed.title.split())
    if kind is KeepsakeKind.FOLDER:
        return Words(title=title)
    words = Words(title=title, text=typed.body.replace("\r\n", "\n").strip(), tags=split_tags(typed.tags))
    if kind is KeepsakeKind.FILE:
        return replace(words, title=tidy_file_name(title) if title else "")
    return replace(words, address=tidy_address(typed.address)) if kind is KeepsakeKind.LINK else words


async def render_note(body: str) -> SafeHtml | Refused:
    """The HTML of a note, made beside the event loop; refused when it is empty, too long or too complex."""
    if problems := problems_with_words(KeepsakeKind.NOTE, Words(text=body)):
        return Refused(Reason.INVALID, problems)
    try:
        return await asyncio.to_thread(render_markdown, body)
    except TooComplex:
        return Refused(Reason.INVALID, {"body": Problem.TOO_COMPLEX})


async def _refuse_words(kind: KeepsakeKind, words: Words) -> Refused | None:
    if problems := problems_with_words(kind, words):
        return Refused(Reason.INVALID, problems)
    rendered = await render_note(words.text) if kind is KeepsakeKind.NOTE else None
    return rendered if isinstance(rendered, Refused) else None


async def keep(
    database: Database, seal: Seal, member_id: int, kind: KeepsakeKind, typed: Typed, now: datetime
) -> int | Refused:
    """Keep a link, a note or a folder. Returns its id."""
    words = words_typed(kind, typed)
    if refused := await _refuse_words(kind, words):
        return refused
    submission = submission_of(seal, member_id, kind, typed.submission, repr(words))
    async with database.writing() as connection:
        key = await hold_page(connection, seal, member_id, now)
        if (known := await find_sent(connection, submission)) is not None:
            return known
        if refused := await refuse_folder(connection, member_id, typed.folder_id, for_folder=_is_folder(kind)):
            return refused
        sealed = key.seal_words(words, kind)
        if not (await find_room(connection, member_id)).has_place_for(words=len(sealed)):
            return FULL
        row = new_row(member_id, kind, sealed, now) | {"folder_id": typed.folder_id, "submission": submission}
        return await add(connection, row, now)


def _is_folder(kind: KeepsakeKind) -> bool:
    return kind is KeepsakeKind.FOLDER


def submission_of(seal: Seal, member_id: int, kind: KeepsakeKind, submission: str, *content: str) -> str | None:
    """What makes a form that is sent twice one keepsake. A keyed hash: nobody can try texts against it."""
    if not submission:
        return None
    return seal.hash("keepsake", str(member_id), kind, submission, *content).hex()


async def find_sent(connection: AsyncConnection, submission: str | None) -> int | None:
    """The keepsake that the same form made before."""
    if submission is None:
        return None
    found = await fetch_one(connection, select(Keepsake.c.keepsake_id).where(Keepsake.c.submission == submission))
    return int(found.keepsake_id) if found else None


def new_row(member_id: int, kind: KeepsakeKind, sealed: bytes, now: datetime) -> dict[str, Any]:
    """A row of a keepsake that is new; its size is that of its sealed words."""
    return {
        "member_id": member_id,
        "kind": kind.value,
        "folder_id": None,
        "position": 0,
        "sealed": sealed,
        "size": len(sealed),
        "made_at": now,
        "changed_at": now,
        "version": 1,
    }


async def add(connection: AsyncConnection, row: dict[str, Any], now: datetime) -> int:
    """Write the row of a new keepsake."""
    added = await connection.execute(insert(Keepsake).values(row).returning(Keepsake.c.keepsake_id))
    keepsake_id: int = added.scalar_one()
    await note(connection, "start_page.changed", now, member_id=row["member_id"])
    return keepsake_id


async def find_room(connection: AsyncConnection, member_id: int) -> Room:
    """What this member's keepsakes take up, those that can be taken back among them."""
    tables = (Keepsake.c, DeletedKeepsake.c)
    taken = union_all(*(select(one.kind, one.size).where(one.member_id == member_id) for one in tables)).subquery()
    is_file = taken.c.kind == KeepsakeKind.FILE
    statement = select(
        func.coalesce(func.sum(case((is_file, taken.c.size), else_=0)), 0).label("files"),
        func.coalesce(func.sum(case((is_file, 0), else_=taken.c.size)), 0).label("words"),
        func.count().label("things"),
    ).select_from(taken)
    found = await fetch_one(connection, statement)
    return Room(int(found.files), int(found.words), found.things)


async def find_parents(connection: AsyncConnection, member_id: int) -> dict[int, int | None]:
    """The folders of a member, each with the one around it."""
    statement = select(Keepsake.c.keepsake_id, Keepsake.c.folder_id).where(
        Keepsake.c.member_id == member_id, Keepsake.c.kind == KeepsakeKind.FOLDER
    )
    return {row.keepsake_id: row.folder_id for row in await fetch_all(connection, statement)}


async def refuse_folder(
    connection: AsyncConnection, member_id: int, folder_id: int | None, *, for_folder: bool = False
) -> Refused | None:
    """Why nothing can be put into this folder: it is not there, or, for another folder, too deep or one too many."""
    parents = await find_parents(connection, member_id)
    if folder_id is not None and folder_id not in parents:
        return MISSING
    if for_folder and len(parents) >= MOST_FOLDERS:
        return Refused(Reason.INVALID, {"title": Problem.TOO_MANY})
    if for_folder and depth_of(folder_id, parents) >= DEEPEST_FOLDER:
        return Refused(Reason.INVALID, {"title": Problem.TOO_COMPLEX})
    return None


async def change(
    database: Database, seal: Seal, member_id: int, keepsake_id: int, typed: Typed, version: int, now: datetime
) -> KeepsakeKind | Refused:
    """Change a keepsake, and put it into a folder; refused as stale when it was changed elsewhere meanwhile.

    A folder stays where it is, and of a file name, tags and folder change, never its bytes. Returns its kind.
    """
    kind = await _kind_of(database, member_id, keepsake_id)
    words = words_typed(kind, typed) if kind else Words()
    if kind is None:
        return MISSING
    if refused := await _refuse_words(kind, words):
        return refused
    async with database.writing() as connection:
        key = await hold_page(connection, seal, member_id, now)
        row = await fetch_one(connection, _own(member_id, keepsake_id))
        if row is None or await refuse_folder(connection, member_id, typed.folder_id):
            return MISSING
        if row.version != version:
            return Refused(Reason.STALE)
        sealed = key.seal_words(_with_bytes(key, row, words), kind, row.file_name)
        if not await _fits(connection, member_id, row, len(sealed)):
            return FULL
        values = {"sealed": sealed, "changed_at": now, "version": Keepsake.c.version + 1}
        values |= {} if kind is KeepsakeKind.FOLDER else {"folder_id": typed.folder_id}
        values |= {} if kind is KeepsakeKind.FILE else {"size": len(sealed)}
        await connection.execute(update(Keepsake).where(Keepsake.c.keepsake_id == keepsake_id).values(values))
        await note(connection, "start_page.changed", now, member_id=member_id)
        return kind


async def _kind_of(database: Database, member_id: int, keepsake_id: int) -> KeepsakeKind | None:
    async with database.reading() as connection:
        found = await fetch_one(connection, _own(member_id, keepsake_id))
    return KeepsakeKind(found.kind) if found else None


def _own(member_id: int, keepsake_id: int) -> Any:
    """SQL: a keepsake, if it is this member's."""
    return select(
        Keepsake.c.keepsake_id,
        Keepsake.c.kind,
        Keepsake.c.folder_id,
        Keepsake.c.sealed,
        Keepsake.c.size,
        Keepsake.c.file_name,
        Keepsake.c.version,
    ).where(Keepsake.c.keepsake_id == keepsake_id, Keepsake.c.member_id == member_id)


def _with_bytes(key: DataKey, row: Any, words: Words) -> Words:
    """New words for a file with what is known of its bytes; words that do not open any more say nothing of them."""
    if row.file_name is None:
        return words
    try:
        known = key.open_words(row.sealed, KeepsakeKind(row.kind), row.file_name)
    except Unsealable:
        known = Words(size=row.size)
    return replace(words, size=known.size, has_preview=known.has_preview)


async def _fits(connection: AsyncConnection, member_id: int, row: Any, sealed: int) -> bool:
    """Whether the changed words fit in; making something smaller always does."""
    more = 0 if row.kind == KeepsakeKind.FILE else sealed - row.size
    return more <= 0 or (await find_room(connection, member_id)).has_place_for(words=more, count=0)


async def move_widget(database: Database, seal: Seal, member_id: int, widget: Widget, step: int, now: datetime) -> None:
    """Move one part of the page up (-1) or down (+1)."""
    async with database.writing() as connection:
        await hold_wrapped(connection, seal, member_id, now)
        is_mine = StartPage.c.member_id == member_id
        stored = (await connection.execute(select(StartPage.c.widgets).where(is_mine))).scalar_one()
        order = " ".join(moved(order_of(stored), widget, step))
        await connection.execute(update(StartPage).where(is_mine).values(widgets=order))
        await note(connection, "start_page.changed", now, member_id=member_id)
