"""What moderators hide: a post keeps its number and opens to its author and them; hiding the opening hides the thread,
which opens to them alone. What its author has deleted already stays theirs alone, and is not for them to bring back.

Hidden things count as deleted ones do: nowhere. Undoing it opens them to whoever reads the SIG today, unless their
author has taken them back in the meantime.
"""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.forum import PostKind, keys_of_hidden_thread, keys_when_deleted, keys_when_kept_back
from domain.sigs import Circle, post_keys, thread_keys
from storage.events import note
from storage.forum.keeping import (
    count_sig,
    count_standing,
    is_open,
    mark_post,
    mark_thread,
    set_tags,
    settle_thread,
)
from storage.forum.removal import close_away, fall, rise, stands
from storage.key_sets import intern_key_set


async def hide_post(connection: AsyncConnection, row: Any, now: datetime) -> None:
    """Hide a post, whether it stands or was deleted. `row` is that of the held post."""
    is_deleted = row.deleted_at is not None
    if row.kind == PostKind.OPENING:
        await _hide_thread(connection, row, now)
    values: dict[str, object] = {"hidden_at": now}
    if not is_deleted:
        kept_back = keys_when_kept_back(row.member_id, row.sig_id)
        values["key_set_id"] = await intern_key_set(connection, kept_back)
    await mark_post(connection, row.post_id, **values)
    if row.kind == PostKind.OPENING or is_deleted:
        await settle_thread(connection, row.thread_id)
    else:
        await fall(connection, row, now)
    await note(connection, "post.hidden", now, thread_id=row.thread_id, post_id=row.post_id)


async def _hide_thread(connection: AsyncConnection, row: Any, now: datetime) -> None:
    keys = await intern_key_set(connection, keys_of_hidden_thread(row.sig_id))
    counted = await count_standing(connection, row.thread_id)
    await mark_thread(connection, row.thread_id, hidden_at=now, key_set_id=keys)
    if is_open(row):
        await count_sig(connection, row.sig_id, threads=-1, posts=-counted)
        await set_tags(connection, row.sig_id, row.thread_id, ())


async def show_post(connection: AsyncConnection, row: Any, now: datetime) -> None:
    """Undo the hiding of a post. `row` is that of the held post."""
    is_deleted = row.deleted_at is not None
    open_keys = post_keys(Circle(row.reading), row.sig_id, row.member_id)
    left = keys_when_deleted([row.member_id]) if is_deleted and row.member_id is not None else open_keys
    keys = await intern_key_set(connection, left)
    await mark_post(connection, row.post_id, hidden_at=None, key_set_id=keys)
    if row.kind == PostKind.OPENING:
        await _show_thread(connection, row, now)
    elif not is_deleted:
        await rise(connection, row)
    await note(connection, "post.unhidden", now, thread_id=row.thread_id, post_id=row.post_id)


async def _show_thread(connection: AsyncConnection, row: Any, now: datetime) -> None:
    keys = await intern_key_set(connection, thread_keys(Circle(row.reading), row.sig_id))
    await mark_thread(connection, row.thread_id, hidden_at=None, deleted_at=None, key_set_id=keys)
    await settle_thread(connection, row.thread_id)
    if await stands(connection, row.thread_id):
        counted = await count_standing(connection, row.thread_id)
        await count_sig(connection, row.sig_id, threads=1, posts=counted)
        await set_tags(connection, row.sig_id, row.thread_id, row.tag_names.split())
    else:
        await close_away(connection, row, now)
