"""Files of the start page: sealed before they are stored, opened for their owner alone, whole or in part.

Bytes are stored first and the rows after them in one transaction, which also holds the page: two uploads at once cannot
overrun the room together. What a crash leaves behind is noise under a random name, and swept like any other file.
"""

import asyncio
import io
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Final

from sqlalchemy import insert, select

from domain.files import MOST_BYTES as MOST_PICTURE_BYTES
from domain.limits import Action
from domain.refusals import Problem, Reason, Refused
from domain.start_page import MOST_FILE_BYTES, BeyondTheEnd, KeepsakeKind, Words, span_of, tidy_file_name
from storage.database import Busy, Database, fetch_one
from storage.files import FileStore
from storage.photos import SEALED_MEDIA_TYPE, sealed_part
from storage.picture_queue import read_in_turn
from storage.secrets import Seal, Unsealable
from storage.start_page.keepsakes import MISSING, add, find_room, find_sent, new_row, refuse_folder, submission_of
from storage.start_page.keys import find_or_make_wrapped, hold_wrapped, unwrapped
from storage.start_page.sealing import DataKey, sealed_span
from storage.tables import File, Keepsake, StartPage
from storage.throttle import count_act

_WHOLE, _SMALL = "all", "small"
PREVIEW_SIDE: Final = 160
"""Pixels of the square that stands for a picture."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came. `name` is what its owner's machine calls it."""

    source: IO[bytes]
    name: str
    folder_id: int | None = None
    submission: str = ""


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A file of one's own: its name, its size in bytes, and its bytes: all of them, or those of `span`, first and last.
    None are there (`content` is None) when it was asked for bytes that it does not have."""

    name: str
    size: int
    content: bytes | None
    span: tuple[int, int] | None = None


async def keep_file(
    database: Database, files: FileStore, seal: Seal, member_id: int, upload: Upload, now: datetime
) -> int | Refused:
    """Keep a file. Returns the id of its keepsake. Raises Busy when it cannot be stored."""
    content = await asyncio.to_thread(upload.source.read, MOST_FILE_BYTES + 1)
    if len(content) > MOST_FILE_BYTES:
        return Refused(Reason.INVALID, {"file": Problem.TOO_LARGE})
    if not upload.name:
        return Refused(Reason.INVALID, {"file": Problem.EMPTY})
    wrapped = await find_or_make_wrapped(database, seal, member_id, now)
    name, key = secrets.token_urlsafe(16), unwrapped(seal, member_id, wrapped)
    small = await _preview_of(content)
    for part, plain in ((_WHOLE, content), (_SMALL, small)):
        if plain is not None:
            stored = sealed_part(name, part)
            await files.put(stored, await asyncio.to_thread(key.seal_file, stored, plain))
    words = Words(title=tidy_file_name(upload.name), size=len(content), has_preview=small is not None)
    submission = submission_of(seal, member_id, KeepsakeKind.FILE, upload.submission, words.title, str(words.size))
    row = new_row(member_id, KeepsakeKind.FILE, key.seal_words(words, KeepsakeKind.FILE, name), now)
    row |= {"size": words.size, "folder_id": upload.folder_id, "file_name": name, "submission": submission}
    kept = await _add_file(database, seal, row, wrapped, now)
    if isinstance(kept, Refused) or not kept[1]:
        for part in (_WHOLE, _SMALL):  # nothing names them; what a crash leaves here is swept
            await files.delete(sealed_part(name, part))
    return kept if isinstance(kept, Refused) else kept[0]


async def _preview_of(content: bytes) -> bytes | None:
    """A small square made anew from the pixels, for pictures that we can read; other files have none."""
    if len(content) > MOST_PICTURE_BYTES:
        return None
    try:
        photo = await read_in_turn(io.BytesIO(content))
    except Busy:
        return None
    return None if isinstance(photo, Problem) else photo.squares[PREVIEW_SIDE]


async def _add_file(
    database: Database, seal: Seal, row: dict[str, Any], wrapped: bytes, now: datetime
) -> tuple[int, bool] | Refused:
    """Write the rows of a file, if there is room: its keepsake's id, and whether that is a new one."""
    member_id: int = row["member_id"]
    async with database.writing() as connection:
        if await hold_wrapped(connection, seal, member_id, now) != wrapped:
            return Refused(Reason.INVALID, {"file": Problem.TAKEN})  # sealed with a key that was destroyed since
        if (known := await find_sent(connection, row["submission"])) is not None:
            return known, False
        if await refuse_folder(connection, member_id, row["folder_id"]):
            return MISSING
        if not (await find_room(connection, member_id)).has_place_for(files=row["size"]):
            return Refused(Reason.INVALID, {"file": Problem.TOO_MANY})
        if refused := await count_act(connection, Action.UPLOAD, member_id, now):
            return refused
        file = {"name": row["file_name"], "member_id": member_id, "media_type": SEALED_MEDIA_TYPE}
        await connection.execute(insert(File).values(**file, size=row["size"], made_at=now))
        return await add(connection, row, now), True


async def find_file(
    database: Database, files: FileStore, seal: Seal, member_id: int, keepsake_id: int, wanted: str = ""
) -> OwnFile | Refused:
    """A file of one's own, whole or the one range that `wanted`, a Range header, asks for.

    Whatever cannot be opened, or is another's, is missing. Raises Busy.
    """
    found = await find_file_words(database, seal, member_id, keepsake_id)
    if isinstance(found, Refused):
        return found
    key, file_name, words = found
    try:
        span = span_of(wanted, words.size)
        content = await _read(files, key, sealed_part(file_name, _WHOLE), words.size, span)
    except BeyondTheEnd:
        return OwnFile(words.title, words.size, None)
    except Unsealable:
        return MISSING
    return MISSING if content is None else OwnFile(words.title, words.size, content, span)


async def _read(files: FileStore, key: DataKey, stored: str, size: int, span: tuple[int, int] | None) -> bytes | None:
    """The bytes of a span, or all, opened beside the event loop. Raises Unsealable."""
    if span is None:
        sealed = await files.get(stored)
        return None if sealed is None else await asyncio.to_thread(key.open_file, stored, size, sealed)
    sealed = await files.get_part(stored, *sealed_span(size, *span))
    return None if sealed is None else await asyncio.to_thread(key.open_span, stored, size, *span, sealed)


async def find_preview(
    database: Database, files: FileStore, seal: Seal, member_id: int, keepsake_id: int
) -> bytes | Refused:
    """The small picture beside a file of one's own."""
    found = await find_file_words(database, seal, member_id, keepsake_id)
    if isinstance(found, Refused):
        return found
    key, file_name, words = found
    stored = sealed_part(file_name, _SMALL)
    sealed = await files.get(stored) if words.has_preview else None
    if sealed is None:
        return MISSING
    try:
        return key.open_small_file(stored, sealed)
    except Unsealable:
        return MISSING


async def find_file_words(
    database: Database, seal: Seal, member_id: int, keepsake_id: int
) -> tuple[DataKey, str, Words] | Refused:
    """The key, the name in the store and the words of a file of one's own, in one statement."""
    statement = (
        select(StartPage.c.wrapped_key, Keepsake.c.file_name, Keepsake.c.sealed)
        .join(StartPage, StartPage.c.member_id == Keepsake.c.member_id)
        .where(
            Keepsake.c.keepsake_id == keepsake_id,
            Keepsake.c.member_id == member_id,
            Keepsake.c.kind == KeepsakeKind.FILE,
        )
    )
    async with database.reading() as connection:
        row = await fetch_one(connection, statement)
    if row is None or row.file_name is None:
        return MISSING
    try:
        key = unwrapped(seal, member_id, row.wrapped_key)
        return key, row.file_name, key.open_words(row.sealed, KeepsakeKind.FILE, row.file_name)
    except Unsealable:
        return MISSING
