"""Taking back what one wrote, taking that back, and accepting an answer.

A deleted text opens to its author alone; its number stays, so that other people's links keep their meaning. A thread
whose opening post was all there was goes with it.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.forum import (
    PostKind,
    keys_when_deleted,
    refuse_to_accept,
    refuse_to_delete,
    refuse_to_restore,
)
from domain.refusals import Reason, Refused
from domain.sigs import Reading, post_keys, thread_keys
from domain.visibility import Viewer
from storage.database import Database, fetch_one
from storage.events import note
from storage.forum.commands import Written, find_post, set_tags, touch_thread
from storage.forum.pages import post_of, thread_of, visible_thread
from storage.key_sets import intern_key_set
from storage.tables import Post as PostRow
from storage.tables import Sig
from storage.tables import Thread as ThreadRow


async def delete_post(database: Database, viewer: Viewer, post_id: int, now: datetime) -> Written | Refused:
    """Take one's own post back. At the next request its text is gone for everybody else."""
    async with database.writing() as connection:
        row = await find_post(connection, viewer, post_id)
        if row is None or row.member_id is None:
            return Refused(Reason.MISSING)
        if refused := refuse_to_delete(viewer, post_of(row)):
            return refused
        keys = await intern_key_set(connection, keys_when_deleted(row.member_id))
        await _mark(connection, post_id, deleted_at=now, key_set_id=keys)
        if _is_whole_thread(row):
            await _mark_thread(connection, row, deleted_at=now, key_set_id=keys)
            await _count(connection, row.sig_id, threads=-1, posts=-1)
            await set_tags(connection, row.sig_id, row.thread_id, ())
        else:
            await _count(connection, row.sig_id, threads=0, posts=-1)
        await _after(connection, row)
        await note(connection, "post.deleted", now, thread_id=row.thread_id, post_id=post_id)
        return Written(post_id, row.thread_id)


async def restore_post(database: Database, viewer: Viewer, post_id: int, now: datetime) -> Written | Refused:
    """Undo a deletion: the post opens again to whoever reads the SIG today."""
    async with database.writing() as connection:
        row = await find_post(connection, viewer, post_id)
        if row is None:
            return Refused(Reason.MISSING)
        if refused := refuse_to_restore(viewer, post_of(row), now):
            return refused
        reading = Reading(row.reading)
        keys = await intern_key_set(connection, post_keys(reading, row.sig_id, row.member_id))
        await _mark(connection, post_id, deleted_at=None, key_set_id=keys)
        if _is_whole_thread(row):
            thread = await intern_key_set(connection, thread_keys(reading, row.sig_id))
            await _mark_thread(connection, row, deleted_at=None, key_set_id=thread)
            await _count(connection, row.sig_id, threads=+1, posts=+1)
            await set_tags(connection, row.sig_id, row.thread_id, tuple(row.tag_names.split()))
        else:
            await _count(connection, row.sig_id, threads=0, posts=+1)
        await _after(connection, row)
        await note(connection, "post.restored", now, thread_id=row.thread_id, post_id=post_id)
        return Written(post_id, row.thread_id)


async def accept_post(database: Database, viewer: Viewer, post_id: int, now: datetime) -> Written | Refused:
    """Say that a reply answers the question; saying it again takes it back."""
    async with database.writing() as connection:
        row = await find_post(connection, viewer, post_id)
        thread = await fetch_one(connection, visible_thread(viewer, row.thread_id)) if row else None
        if row is None or thread is None:
            return Refused(Reason.MISSING)
        if refused := refuse_to_accept(viewer, thread_of(thread), post_of(row)):
            return refused
        chosen = None if row.accepted_post_id == post_id else post_id
        await connection.execute(
            update(ThreadRow).where(ThreadRow.c.thread_id == row.thread_id).values(accepted_post_id=chosen)
        )
        await touch_thread(connection, row.thread_id)
        await note(connection, "post.accepted", now, thread_id=row.thread_id, post_id=post_id)
        return Written(post_id, row.thread_id)


def _is_whole_thread(row: Row[Any]) -> bool:
    return bool(row.kind == PostKind.OPENING and row.post_count == 1)


async def _mark(connection: AsyncConnection, post_id: int, **values: object) -> None:
    await connection.execute(update(PostRow).where(PostRow.c.post_id == post_id).values(values))


async def _mark_thread(connection: AsyncConnection, row: Row[Any], **values: object) -> None:
    await connection.execute(update(ThreadRow).where(ThreadRow.c.thread_id == row.thread_id).values(values))


async def _count(connection: AsyncConnection, sig_id: int, *, threads: int, posts: int) -> None:
    values = {"thread_count": Sig.c.thread_count + threads, "post_count": Sig.c.post_count + posts}
    await connection.execute(update(Sig).where(Sig.c.sig_id == sig_id).values(values))


async def _after(connection: AsyncConnection, row: Row[Any]) -> None:
    """Name the last voice among what still stands, drop an accepted reply that is gone, and renew the version."""
    newest = (
        select(PostRow.c.member_id, PostRow.c.author_id, PostRow.c.written_at)
        .where(PostRow.c.thread_id == row.thread_id, PostRow.c.number.is_not(None))
        .order_by(PostRow.c.deleted_at.is_not(None), PostRow.c.number.desc())
        .limit(1)
    )
    last = await fetch_one(connection, newest)
    values: dict[str, Any] = {}
    if last is not None:
        values = {"last_member_id": last.member_id, "last_author_id": last.author_id, "last_post_at": last.written_at}
    accepted = select(PostRow.c.post_id).where(
        PostRow.c.post_id == ThreadRow.c.accepted_post_id,
        PostRow.c.deleted_at.is_(None),
    )
    values["accepted_post_id"] = accepted.scalar_subquery()
    await _mark_thread(connection, row, **values)
    await touch_thread(connection, row.thread_id)
