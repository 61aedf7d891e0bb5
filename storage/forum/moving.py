"""Moving a thread to another SIG: its address stays, its posts open to the readers there, and both SIGs count anew.

A thread goes only where nobody reads it who could not before (`domain.forum.refuse_to_move`); the same holds for the
way back, once somebody has written in it since.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.forum import keys_when_kept_back
from domain.moderation import CaseKind
from domain.sigs import MODERATING, Circle, post_keys, thread_keys
from domain.visibility import STAFF, Key, Keys, mod_key
from storage.database import fetch_all, fetch_one
from storage.events import note
from storage.forum.keeping import count_sig, count_standing, is_open, mark_thread, set_tags
from storage.key_sets import intern_key_set, parse_keys
from storage.tables import Case, KeySet, Membership, Post, Sig


async def move_thread(
    connection: AsyncConnection, row: Any, to_sig_id: int, now: datetime, *, pinned_at: datetime | None = None
) -> None:
    """Put a thread that stands into another SIG, pinned there or not. `row` is that of a held post of it."""
    both = select(Sig.c.sig_id, Sig.c.reading).where(Sig.c.sig_id.in_((row.sig_id, to_sig_id)))
    sigs = await fetch_all(connection, both.order_by(Sig.c.sig_id).with_for_update(key_share=True))
    reading = next(Circle(sig.reading) for sig in sigs if sig.sig_id == to_sig_id)
    counted = await count_standing(connection, row.thread_id)
    keys = await intern_key_set(connection, thread_keys(reading, to_sig_id))
    await mark_thread(connection, row.thread_id, sig_id=to_sig_id, key_set_id=keys, pinned_at=pinned_at)
    await _rekey_posts(connection, row.thread_id, to_sig_id, reading)
    await _hand_over_cases(connection, row.thread_id, row.sig_id, to_sig_id)
    stood = int(is_open(row))
    for sig_id, sign in sorted(((row.sig_id, -1), (to_sig_id, 1))):
        await count_sig(connection, sig_id, threads=sign * stood, posts=sign * stood * counted)
    await set_tags(connection, row.sig_id, row.thread_id, ())
    await set_tags(connection, to_sig_id, row.thread_id, row.tag_names.split())
    await note(connection, "thread.moved", now, thread_id=row.thread_id, post_id=row.post_id)


async def _rekey_posts(connection: AsyncConnection, thread_id: int, sig_id: int, reading: Circle) -> None:
    """What stands opens to the new readers, what is held or hidden to the new moderators; what was deleted stays."""
    written = select(Post.c.member_id).where(Post.c.thread_id == thread_id).distinct()
    here = (Post.c.thread_id == thread_id) & Post.c.deleted_at.is_(None)
    kept_back: ColumnElement[bool] = or_(Post.c.hidden_at.is_not(None), Post.c.held_at.is_not(None))
    for (member_id,) in await fetch_all(connection, written):
        by = Post.c.member_id.is_(None) if member_id is None else Post.c.member_id == member_id
        for is_kept_back, keys in (
            (~kept_back, post_keys(reading, sig_id, member_id)),
            (kept_back, keys_when_kept_back(member_id, sig_id)),
        ):
            key_set_id = await intern_key_set(connection, keys)
            await connection.execute(update(Post).where(here, by, is_kept_back).values(key_set_id=key_set_id))


async def _hand_over_cases(connection: AsyncConnection, thread_id: int, sig_id: int, to_sig_id: int) -> None:
    """Cases about posts of the thread go to the moderators of the other SIG; the staff keep theirs. Reports about who
    moderates that one stay, and come before the staff as well: nobody carries their own case to where they decide."""
    posts = select(Post.c.post_id).where(Post.c.thread_id == thread_id)
    about = Case.c.post_id.in_(posts) & (Case.c.sig_id == sig_id)
    keepers = select(Membership.c.member_id).where(
        Membership.c.sig_id == to_sig_id, Membership.c.role.in_([role.value for role in MODERATING])
    )
    stays = (Case.c.kind == CaseKind.REPORT) & func.coalesce(Case.c.member_id, 0).in_(keepers)
    there: dict[Key, Key] = {mod_key(sig_id): mod_key(to_sig_id)}
    await _rekey_cases(connection, about & stays, sig_id, lambda keys: keys | {STAFF})
    await _rekey_cases(
        connection, about & ~stays, to_sig_id, lambda keys: frozenset(there.get(one, one) for one in keys)
    )


async def _rekey_cases(
    connection: AsyncConnection, which: ColumnElement[bool], sig_id: int, change: Callable[[Keys], Keys]
) -> None:
    held = select(Case.c.key_set_id, KeySet.c.text).join(KeySet, KeySet.c.key_set_id == Case.c.key_set_id)
    for key_set_id, text in await fetch_all(connection, held.where(which).distinct()):
        values = {"sig_id": sig_id, "key_set_id": await intern_key_set(connection, change(parse_keys(text)))}
        await connection.execute(update(Case).where(which, Case.c.key_set_id == key_set_id).values(values))


async def was_written_in_since(connection: AsyncConnection, thread_id: int, moment: datetime) -> bool:
    """Whether anybody wrote or edited in a thread after this moment."""
    fresh = select(Post.c.post_id).where(
        Post.c.thread_id == thread_id, or_(Post.c.written_at > moment, Post.c.edited_at > moment)
    )
    return await fetch_one(connection, fresh.limit(1)) is not None
