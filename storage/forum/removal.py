"""Taking back what one wrote, taking that back, and accepting an answer.

A deleted text opens to its author alone; its number stays, so that other people's links keep their meaning. A thread
of which nothing stands any more goes, and comes back with the first post that does. What a moderator hid counts no more
when its author deletes it, and is not for them to bring back.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.forum import (
    UNDO_DELETE_FOR,
    keys_when_deleted,
    refuse_to_accept,
    refuse_to_delete,
    refuse_to_restore,
)
from domain.moderation import APPEAL_WITHIN, ActKind
from domain.refusals import Reason, Refused
from domain.sigs import Circle, post_keys, thread_keys
from domain.visibility import Viewer
from storage.database import Database, fetch_one
from storage.events import note
from storage.forum.commands import Written
from storage.forum.holding import take_back_held
from storage.forum.keeping import (
    count_sig,
    hold_post,
    is_open,
    mark_post,
    mark_thread,
    set_tags,
    settle_thread,
    standing,
)
from storage.forum.pages import thread_of, visible_thread
from storage.forum.posts import post_of
from storage.key_sets import intern_key_set
from storage.tables import Act, Appeal, Member, Membership
from storage.tables import Post as PostRow
from storage.tables import Thread as ThreadRow


async def delete_post(database: Database, viewer: Viewer, post_id: int, now: datetime) -> Written | Refused:
    """Take one's own post back. At the next request its text is gone for everybody else."""
    async with database.writing() as connection:
        row = await hold_post(connection, viewer, post_id)
        if row is None or row.member_id is None:
            return Refused(Reason.MISSING)
        if refused := refuse_to_delete(viewer, post_of(row)):
            return refused
        if row.held_at is not None:
            await take_back_held(connection, row, now)
            return Written(post_id, row.thread_id)
        keys = await intern_key_set(connection, keys_when_deleted([row.member_id]))
        await mark_post(connection, post_id, deleted_at=now, key_set_id=keys)
        if row.hidden_at is None:
            await fall(connection, row, now)
        await note(connection, "post.deleted", now, thread_id=row.thread_id, post_id=post_id)
        return Written(post_id, row.thread_id)


async def fall(connection: AsyncConnection, row: Any, now: datetime) -> None:
    """A post stands no more: count it no longer, and put its thread away when it was the last."""
    await settle_thread(connection, row.thread_id)
    if not is_open(row):
        return
    is_last = not await stands(connection, row.thread_id)
    if is_last:
        await close_away(connection, row, now)
    await count_sig(connection, row.sig_id, threads=-int(is_last), posts=-1)


async def rise(connection: AsyncConnection, row: Any) -> None:
    """A post stands again: count it, and bring its thread back when that had gone with it."""
    await settle_thread(connection, row.thread_id)
    comes_back = row.thread_deleted_at is not None
    if row.thread_hidden_at is not None:
        await mark_thread(connection, row.thread_id, deleted_at=None)
        return
    if comes_back:
        await _open_again(connection, row)
    await count_sig(connection, row.sig_id, threads=int(comes_back), posts=1)


async def stands(connection: AsyncConnection, thread_id: int) -> bool:
    """Whether anything of a thread is there to be read."""
    found = select(PostRow.c.post_id).where(standing(thread_id)).limit(1)
    return await fetch_one(connection, found) is not None


async def close_away(connection: AsyncConnection, row: Any, now: datetime) -> None:
    """A thread of which nothing stands is there only for those who wrote in it and may undo: who has left its SIG does
    not learn how talk went on."""
    writers = (
        select(PostRow.c.member_id)
        .join(Membership, (Membership.c.member_id == PostRow.c.member_id) & (Membership.c.sig_id == row.sig_id))
        .join(Member, Member.c.member_id == PostRow.c.member_id)
        .where(PostRow.c.thread_id == row.thread_id, Member.c.in_good_standing)
    )
    member_ids = (await connection.execute(writers.distinct())).scalars()
    keys = await intern_key_set(connection, keys_when_deleted(member_ids))
    await mark_thread(connection, row.thread_id, deleted_at=now, key_set_id=keys)
    await set_tags(connection, row.sig_id, row.thread_id, ())


async def restore_post(database: Database, viewer: Viewer, post_id: int, now: datetime) -> Written | Refused:
    """Undo a deletion: the post opens again to whoever reads the SIG today, and so does a thread that had gone."""
    async with database.writing() as connection:
        row = await hold_post(connection, viewer, post_id)
        if row is None:
            return Refused(Reason.MISSING)
        if refused := refuse_to_restore(viewer, post_of(row), row.sig_id, now):
            return refused
        keys = await intern_key_set(connection, post_keys(Circle(row.reading), row.sig_id, row.member_id))
        await mark_post(connection, post_id, deleted_at=None, key_set_id=keys)
        await rise(connection, row)
        await note(connection, "post.restored", now, thread_id=row.thread_id, post_id=post_id)
        return Written(post_id, row.thread_id)


async def _open_again(connection: AsyncConnection, row: Any) -> None:
    keys = await intern_key_set(connection, thread_keys(Circle(row.reading), row.sig_id))
    await mark_thread(connection, row.thread_id, deleted_at=None, key_set_id=keys)
    await set_tags(connection, row.sig_id, row.thread_id, tuple(row.tag_names.split()))


async def accept_post(database: Database, viewer: Viewer, post_id: int, now: datetime) -> Written | Refused:
    """Say that a reply answers the question; saying it again takes it back."""
    async with database.writing() as connection:
        row = await hold_post(connection, viewer, post_id)
        thread = await fetch_one(connection, visible_thread(viewer.ring, row.thread_id)) if row else None
        if row is None or thread is None:
            return Refused(Reason.MISSING)
        if refused := refuse_to_accept(viewer, thread_of(thread), post_of(row)):
            return refused
        chosen = None if row.accepted_post_id == post_id else post_id
        await mark_thread(connection, row.thread_id, accepted_post_id=chosen, version=ThreadRow.c.version + 1)
        await note(connection, "post.accepted", now, thread_id=row.thread_id, post_id=post_id)
        return Written(post_id, row.thread_id)


async def forget_deleted_posts(connection: AsyncConnection, now: datetime) -> None:
    """Wipe the text of what was deleted so long ago that nobody can undo it; titles of threads go with them. What a
    moderator rejected is kept as long as an appeal may come, or waits."""
    over = now - UNDO_DELETE_FOR
    may_return = PostRow.c.post_id.in_(_rejected(now))
    gone = (PostRow.c.deleted_at < over) & (PostRow.c.html != "") & ~may_return
    await connection.execute(update(PostRow).where(gone).values(body="", html="", submission=None))
    is_hidden = PostRow.c.hidden_at.is_not(None) & PostRow.c.deleted_at.is_(None)
    kept = exists().where(PostRow.c.thread_id == ThreadRow.c.thread_id, is_hidden | may_return)
    left = (ThreadRow.c.deleted_at < over) & (ThreadRow.c.title != "") & ~kept
    await connection.execute(update(ThreadRow).where(left).values(title="", tag_names=""))


def _rejected(now: datetime) -> Select[tuple[int]]:
    """SQL: the first posts that may be let through after all: they were rejected, and an appeal may come, or waits."""
    may_come = Appeal.c.appeal_id.is_(None) & (Act.c.made_at >= now - APPEAL_WITHIN)
    waits = Appeal.c.appeal_id.is_not(None) & Appeal.c.decided_at.is_(None)
    return (
        select(Act.c.post_id)
        .outerjoin(Appeal, Appeal.c.act_id == Act.c.act_id)
        .where(Act.c.kind == ActKind.REJECT, Act.c.undone_at.is_(None), Act.c.post_id.is_not(None))
        .where(or_(may_come, waits))
    )
