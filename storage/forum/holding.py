"""First posts that wait: in SIGs that want it, what a new voice says opens to its author and the moderators first.

A post that waits has no number and counts nowhere. When it is let through it is published as if it were written then;
when it is not, it is taken back with an act that says why, and may still be let through while its text is kept.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.forum import PostKind, keys_when_deleted, keys_when_kept_back
from domain.moderation import CaseKind
from domain.sigs import Circle, post_keys, thread_keys
from domain.visibility import Viewer, may_see, mod_key
from storage.database import fetch_one
from storage.events import note
from storage.forum.keeping import count_up, mark_post, mark_thread, number_participant, set_tags
from storage.key_sets import intern_key_set
from storage.moderation.filing import close_cases_of_post, file_case
from storage.tables import Post, Thread


async def must_wait(connection: AsyncConnection, viewer: Viewer, sig: Any) -> bool:
    """Whether what this member writes in the SIG has to wait: it wants to see first posts, they do not moderate it, and
    nothing of theirs has been published there and stands."""
    if not sig.holds_first_posts or may_see(frozenset({mod_key(sig.sig_id)}), viewer.ring):
        return False
    published = (
        select(Post.c.post_id)
        .join(Thread, Thread.c.thread_id == Post.c.thread_id)
        .where(Thread.c.sig_id == sig.sig_id, Post.c.member_id == viewer.member_id)
        .where(Post.c.number.is_not(None), Post.c.hidden_at.is_(None))
    )
    return await fetch_one(connection, published.limit(1)) is None


async def hold_for_moderators(
    connection: AsyncConnection, member_id: int, sig_id: int, thread_id: int, post_id: int, now: datetime
) -> None:
    """Put a post that was written into the queue of the SIG."""
    about = {"sig_id": sig_id, "member_id": member_id, "post_id": post_id}
    await file_case(connection, CaseKind.POST, frozenset({mod_key(sig_id)}), now, **about)
    await note(connection, "post.held", now, thread_id=thread_id, post_id=post_id)


async def publish_held(connection: AsyncConnection, row: Any, now: datetime, decider_id: int) -> None:
    """Let a post that waits through, or one that had been rejected: it stands as if it were written now. `row` is that
    of the held post."""
    thread = await fetch_one(connection, select(Thread.c.post_count).where(Thread.c.thread_id == row.thread_id))
    is_opening = row.kind == PostKind.OPENING
    number = thread.post_count + 1
    reading = Circle(row.reading)
    keys = await intern_key_set(connection, post_keys(reading, row.sig_id, row.member_id))
    values = {"number": number, "key_set_id": keys, "held_at": None, "deleted_at": None, "written_at": now}
    await mark_post(connection, row.post_id, **values)
    await number_participant(connection, row.thread_id, row.member_id)
    values = {"post_count": number, "last_post_at": now, "last_member_id": row.member_id, "last_author_id": None}
    if is_opening:
        open_keys = await intern_key_set(connection, thread_keys(reading, row.sig_id))
        values |= {"held_at": None, "deleted_at": None, "key_set_id": open_keys, "started_at": now}
    await mark_thread(connection, row.thread_id, **values, version=Thread.c.version + 1)
    await count_up(connection, row.sig_id, now, threads=int(is_opening))
    if is_opening:
        await set_tags(connection, row.sig_id, row.thread_id, row.tag_names.split())
    await close_cases_of_post(connection, row.post_id, now, decider_id)
    name = "thread.started" if is_opening else "post.written"
    await note(connection, name, now, thread_id=row.thread_id, post_id=row.post_id)


async def take_back_held(connection: AsyncConnection, row: Any, now: datetime, decider_id: int | None = None) -> None:
    """Take back a post that waits. Its author does it for good; who decides may still change their mind, so that what
    was rejected stays open to the moderators."""
    is_rejected = decider_id is not None
    left = keys_when_kept_back(row.member_id, row.sig_id) if is_rejected else keys_when_deleted([row.member_id])
    keys = await intern_key_set(connection, left)
    await mark_post(connection, row.post_id, deleted_at=now, key_set_id=keys)
    if row.kind == PostKind.OPENING:
        await mark_thread(connection, row.thread_id, deleted_at=now, key_set_id=keys)
    await close_cases_of_post(connection, row.post_id, now, decider_id)
    await note(connection, "post.deleted", now, thread_id=row.thread_id, post_id=row.post_id)
