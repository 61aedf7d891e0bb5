"""Taking back what one wrote, taking that back, and accepting an answer.

A deleted text opens to its author alone; its number stays, so that other people's links keep their meaning. A thread
of which nothing stands any more goes, and comes back with the first post that does.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.forum import (
    UNDO_DELETE_FOR,
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
from storage.forum.commands import Written, hold_post, set_tags, touch_thread
from storage.forum.pages import post_of, thread_of, visible_thread
from storage.key_sets import intern_key_set
from storage.tables import Post as PostRow
from storage.tables import Sig
from storage.tables import Thread as ThreadRow


async def delete_post(database: Database, viewer: Viewer, post_id: int, now: datetime) -> Written | Refused:
    """Take one's own post back. At the next request its text is gone for everybody else."""
    async with database.writing() as connection:
        row = await hold_post(connection, viewer, post_id)
        if row is None or row.member_id is None:
            return Refused(Reason.MISSING)
        if refused := refuse_to_delete(viewer, post_of(row)):
            return refused
        keys = await intern_key_set(connection, keys_when_deleted([row.member_id]))
        await _mark(connection, post_id, deleted_at=now, key_set_id=keys)
        await _settle(connection, row)
        if not await _stands(connection, row.thread_id):
            await _close_away(connection, row, now)
        await _count(connection, row.sig_id, -1)
        await note(connection, "post.deleted", now, thread_id=row.thread_id, post_id=post_id)
        return Written(post_id, row.thread_id)


async def _stands(connection: AsyncConnection, thread_id: int) -> bool:
    """Whether anything of a thread has not been taken back."""
    standing = select(PostRow.c.post_id).where(PostRow.c.thread_id == thread_id, PostRow.c.deleted_at.is_(None))
    return await fetch_one(connection, standing.limit(1)) is not None


async def _close_away(connection: AsyncConnection, row: Row[Any], now: datetime) -> None:
    """A thread of which nothing stands is there only for those who wrote in it, and may undo."""
    writers = select(PostRow.c.member_id).where(PostRow.c.thread_id == row.thread_id, PostRow.c.member_id.is_not(None))
    member_ids = (await connection.execute(writers.distinct())).scalars()
    keys = await intern_key_set(connection, keys_when_deleted(member_ids))
    await _mark_thread(connection, row, deleted_at=now, key_set_id=keys)
    await connection.execute(update(Sig).where(Sig.c.sig_id == row.sig_id).values(thread_count=Sig.c.thread_count - 1))
    await set_tags(connection, row.sig_id, row.thread_id, ())


async def restore_post(database: Database, viewer: Viewer, post_id: int, now: datetime) -> Written | Refused:
    """Undo a deletion: the post opens again to whoever reads the SIG today, and so does a thread that had gone."""
    async with database.writing() as connection:
        row = await hold_post(connection, viewer, post_id)
        if row is None:
            return Refused(Reason.MISSING)
        if refused := refuse_to_restore(viewer, post_of(row), row.sig_id, now):
            return refused
        keys = await intern_key_set(connection, post_keys(Reading(row.reading), row.sig_id, row.member_id))
        await _mark(connection, post_id, deleted_at=None, key_set_id=keys)
        await _settle(connection, row)
        if row.thread_deleted_at is not None:
            await _open_again(connection, row)
        await _count(connection, row.sig_id, +1)
        await note(connection, "post.restored", now, thread_id=row.thread_id, post_id=post_id)
        return Written(post_id, row.thread_id)


async def _open_again(connection: AsyncConnection, row: Row[Any]) -> None:
    keys = await intern_key_set(connection, thread_keys(Reading(row.reading), row.sig_id))
    await _mark_thread(connection, row, deleted_at=None, key_set_id=keys)
    await connection.execute(update(Sig).where(Sig.c.sig_id == row.sig_id).values(thread_count=Sig.c.thread_count + 1))
    await set_tags(connection, row.sig_id, row.thread_id, tuple(row.tag_names.split()))


async def accept_post(database: Database, viewer: Viewer, post_id: int, now: datetime) -> Written | Refused:
    """Say that a reply answers the question; saying it again takes it back."""
    async with database.writing() as connection:
        row = await hold_post(connection, viewer, post_id)
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


async def _mark(connection: AsyncConnection, post_id: int, **values: object) -> None:
    await connection.execute(update(PostRow).where(PostRow.c.post_id == post_id).values(values))


async def _mark_thread(connection: AsyncConnection, row: Row[Any], **values: object) -> None:
    await connection.execute(update(ThreadRow).where(ThreadRow.c.thread_id == row.thread_id).values(values))


async def _count(connection: AsyncConnection, sig_id: int, posts: int) -> None:
    """Count a SIG's standing posts, and tell of the newest thread among those that may be seen."""
    newest = select(func.max(ThreadRow.c.last_post_at)).where(
        ThreadRow.c.sig_id == sig_id, ThreadRow.c.deleted_at.is_(None)
    )
    values = {"post_count": Sig.c.post_count + posts, "last_post_at": newest.scalar_subquery()}
    await connection.execute(update(Sig).where(Sig.c.sig_id == sig_id).values(values))


async def _settle(connection: AsyncConnection, row: Row[Any]) -> None:
    """Name the last voice among what still stands, drop an accepted reply that is gone, and renew the version."""
    standing = (
        select(PostRow.c.member_id, PostRow.c.author_id, PostRow.c.written_at)
        .where(PostRow.c.thread_id == row.thread_id, PostRow.c.number.is_not(None), PostRow.c.deleted_at.is_(None))
        .order_by(PostRow.c.number.desc())
        .limit(1)
    )
    last = await fetch_one(connection, standing)
    values: dict[str, Any] = {"last_member_id": None, "last_author_id": None}
    if last is not None:
        values = {"last_member_id": last.member_id, "last_author_id": last.author_id, "last_post_at": last.written_at}
    accepted = select(PostRow.c.post_id).where(
        PostRow.c.post_id == ThreadRow.c.accepted_post_id,
        PostRow.c.deleted_at.is_(None),
    )
    values["accepted_post_id"] = accepted.scalar_subquery()
    await _mark_thread(connection, row, **values)
    await touch_thread(connection, row.thread_id)


async def forget_deleted_posts(connection: AsyncConnection, now: datetime) -> None:
    """Wipe the text of what was deleted so long ago that nobody can undo it; titles of threads go with them."""
    over = now - UNDO_DELETE_FOR
    gone = (PostRow.c.deleted_at < over) & (PostRow.c.html != "")
    await connection.execute(update(PostRow).where(gone).values(body="", html="", submission=None))
    left = (ThreadRow.c.deleted_at < over) & (ThreadRow.c.title != "")
    await connection.execute(update(ThreadRow).where(left).values(title="", tag_names=""))
