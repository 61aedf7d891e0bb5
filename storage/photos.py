"""Photos: kept as files beside the entry that names them, and given to whoever may see that entry. The sealed files of
start pages lie in the same store, and are deleted and swept by the same rule: a file that nothing names goes.

Bytes are written first and the row after them, together with the entry: what is acknowledged is there, and a crash in
between leaves bytes that nothing refers to. A photo that is replaced or removed is deleted after the commit, by an
event. What slips through is swept once it is a day old: a file whose commit is in doubt must not be deleted too soon.
"""

import io
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import IO, Any, Final

from sqlalchemy import ColumnElement, Select, and_, delete, exists, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.files import PHOTO_MEDIA_TYPE, PHOTO_SIZES, is_file_name, photo_part
from domain.members import EntryKind
from domain.refusals import Problem, Reason, Refused
from domain.visibility import PUBLIC, Viewer
from storage.database import Database, fetch_all, fetch_one
from storage.events import note
from storage.files import FIRST_LETTERS, FileStore
from storage.key_sets import opens_towards
from storage.members.keys import set_photo
from storage.picture_queue import read_in_turn
from storage.tables import DeletedKeepsake, Entry, Exposure, File, Keepsake, KeySetKey

_MISSING: Final = Refused(Reason.MISSING)

SEALED_MEDIA_TYPE: Final = "application/octet-stream"
"""What is known of the type of a file on somebody's start page."""

SWEEP_AFTER: Final = timedelta(days=1)
"""How old something unreferenced must be: no upload takes that long."""


async def save_photo(
    database: Database, files: FileStore, member_id: int, source: IO[bytes] | bytes, now: datetime
) -> str | Refused:
    """Make this picture the photo of a member, under the audience chosen before. Returns the name of the file.

    Refused with the problem of the field `photo` when it is no picture that we take. Raises Busy.
    """
    photo = await read_in_turn(io.BytesIO(source) if isinstance(source, bytes) else source)
    if isinstance(photo, Problem):
        return Refused(Reason.INVALID, {"photo": photo})
    name = secrets.token_urlsafe(16)
    for size, content in photo.squares.items():
        await files.put(photo_part(name, size), content)
    row = {
        "name": name,
        "member_id": member_id,
        "media_type": PHOTO_MEDIA_TYPE,
        "size": sum(len(content) for content in photo.squares.values()),
        "made_at": now,
    }
    async with database.writing() as connection:
        await connection.execute(insert(File).values(row))
        await _change_photo(connection, member_id, name, now)
    return name


async def drop_photo(database: Database, member_id: int, now: datetime) -> None:
    """Be without a photo again; its bytes are deleted after the commit."""
    async with database.writing() as connection:
        await _change_photo(connection, member_id, "", now)


async def _change_photo(connection: AsyncConnection, member_id: int, name: str, now: datetime) -> None:
    before = await set_photo(connection, member_id, name, now)
    await note(connection, "member.changed", now, member_id=member_id)
    dropped = await fetch_one(connection, select(File.c.file_id).where(File.c.name == before)) if before else None
    if dropped is not None:
        await note(connection, "file.dropped", now, file_id=dropped.file_id)


async def find_photo(
    database: Database, files: FileStore, viewer: Viewer, name: str, size: int, *, with_bytes: bool = True
) -> bytes | Refused:
    """One size of a photo, for a viewer who may see the entry that names it; no bytes for whoever has them already.

    Hidden and missing are the same refusal. It is another one, GONE, when this very file was once open to everyone:
    search engines may know it then.
    """
    if size not in PHOTO_SIZES:
        return _MISSING
    async with database.reading() as connection:
        refused = await refuse_photo(connection, viewer, name)
    if refused is not None:
        return refused
    return (await files.get(photo_part(name, size)) or _MISSING) if with_bytes else b""


async def refuse_photo(connection: AsyncConnection, viewer: Viewer, name: str) -> Refused | None:
    """Why this viewer may not have a photo, in one statement; None when they may."""
    if not is_file_name(name):
        return _MISSING
    statement = (
        select(
            opens_towards(Entry.c.member_id, Entry.c.key_set_id, viewer.ring).label("is_open"),
            _was_public().label("was_public"),
        )
        .select_from(File)
        .join(Entry, _is_in_use())
        .where(File.c.name == name)
    )
    found = await fetch_one(connection, statement)
    if found is not None and found.is_open:
        return None
    return Refused(Reason.GONE) if found is not None and found.was_public else _MISSING


def _is_in_use() -> ColumnElement[bool]:
    """SQL: this entry names this file as its owner's photo."""
    is_photo = and_(Entry.c.member_id == File.c.member_id, Entry.c.kind == EntryKind.PHOTO)
    return and_(is_photo, Entry.c.value == File.c.name)


def _was_public() -> ColumnElement[bool]:
    """SQL: while the entry named this file, everyone could see it. What an earlier photo was does not count."""
    public = exists(select(1).where(KeySetKey.c.key_set_id == Exposure.c.key_set_id, KeySetKey.c.key == PUBLIC))
    since = or_(Exposure.c.ended_at.is_(None), Exposure.c.ended_at > File.c.made_at)
    this_entry = and_(Exposure.c.member_id == Entry.c.member_id, Exposure.c.entry_id == Entry.c.entry_id)
    return exists(select(1).where(this_entry, since, public))


async def delete_file(database: Database, files: FileStore, file_id: int) -> None:
    """Delete a file that was dropped, bytes first; one that is in use, or gone already, is left as it is."""
    statement = _unused_files().where(File.c.file_id == file_id)
    async with database.reading() as connection:
        found = await fetch_all(connection, statement)
    await _delete_files(database, files, found)


def sealed_part(name: str, part: str) -> str:
    """Under what a part of a sealed file is stored."""
    return f"{name}-{part}.sealed"


def _unused_files() -> Select[Any]:
    """SQL: the files that nothing names, neither an entry nor a start page."""
    as_photo = exists(select(1).select_from(Entry).where(_is_in_use()).correlate(File))
    kept = [exists(select(1).where(table.c.file_name == File.c.name)) for table in (Keepsake, DeletedKeepsake)]
    return select(File.c.file_id, File.c.name, File.c.media_type).where(~as_photo, ~or_(*kept))


def _parts_of(file: Any) -> list[str]:
    if file.media_type == SEALED_MEDIA_TYPE:
        return [sealed_part(file.name, part) for part in ("all", "small")]
    return [photo_part(file.name, size) for size in PHOTO_SIZES]


async def _delete_files(database: Database, files: FileStore, found: Sequence[File]) -> None:
    for file in found:
        for part in _parts_of(file):
            await files.delete(part)
    if found:
        async with database.writing() as connection:
            await connection.execute(delete(File).where(File.c.file_id.in_([file.file_id for file in found])))


async def sweep_files(database: Database, files: FileStore, now: datetime) -> None:
    """Delete what is a day old and belongs to nothing: files that no entry names, and bytes that no file stands for.

    The store is walked one first letter each hour, so that the cost of an hour stays small and everything has its turn
    within three days.
    """
    unused = _unused_files().where(File.c.made_at < now - SWEEP_AFTER)
    async with database.reading() as connection:
        found = await fetch_all(connection, unused.limit(1000))
    await _delete_files(database, files, found)
    letter = FIRST_LETTERS[int(now.timestamp()) // 3600 % len(FIRST_LETTERS)]
    stored = [name async for name in files.list_before(letter, now - SWEEP_AFTER)]
    for start in range(0, len(stored), 500):
        await _sweep(database, files, stored[start : start + 500])


async def _sweep(database: Database, files: FileStore, stored: Sequence[str]) -> None:
    stems = {name: name.partition(".")[0].rpartition("-")[0] for name in stored}
    async with database.reading() as connection:
        known = set(
            (await connection.execute(select(File.c.name).where(File.c.name.in_(set(stems.values()))))).scalars()
        )
    for name, stem in stems.items():
        if stem not in known:
            await files.delete(name)
