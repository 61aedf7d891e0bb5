"""What keeps a thread whole while it changes: its lock, its version, its numbers, tags and counters.

Whatever changes a thread holds its row first, the SIG's second and the tags' last, so that writers queue and never wait
for each other in a circle. A SIG counts the threads that stand in it and the posts that stand in those.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Select, Update, bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.visibility import Viewer
from storage.database import INSERTS, fetch_one, insert_into
from storage.key_sets import opens
from storage.prepared import Prepared
from storage.tables import Id, KeySet, Moment, Participant, Post, Sig, Tag, Thread, ThreadTag


def standing(thread_id: Any) -> Any:
    """SQL: a post of this thread that is published, and neither taken back nor hidden."""
    return (
        (Post.c.thread_id == thread_id)
        & Post.c.number.is_not(None)
        & Post.c.deleted_at.is_(None)
        & Post.c.hidden_at.is_(None)
    )


def is_open(row: Any) -> bool:
    """Whether the thread of a held post stands in its SIG, and counts there."""
    return row.thread_deleted_at is None and row.thread_hidden_at is None and row.thread_held_at is None


_THREAD = bindparam("thread", type_=Id)

_HOLDING = select(Thread.c.thread_id).where(Thread.c.thread_id == _THREAD).with_for_update(key_share=True)


async def hold_thread(connection: AsyncConnection, thread_id: int) -> None:
    """Hold a thread until the transaction ends. On SQLite nobody else writes meanwhile anyway."""
    if connection.dialect.name != "sqlite":
        await connection.execute(_HOLDING, {"thread": thread_id})


async def hold_post(connection: AsyncConnection, viewer: Viewer, post_id: int) -> Any:
    """A post that the viewer may see, with what the rules and the counters need of its thread and SIG.

    Its thread is held until the transaction ends: whatever changes a thread queues, thread first and SIG second.
    """
    await _hold_thread_of(connection, post_id)
    return await read_post(connection, post_id, viewer)


async def hold_any_post(connection: AsyncConnection, post_id: int) -> Any:
    """The same whoever looks: for what was decided about the post already."""
    await _hold_thread_of(connection, post_id)
    return await read_post(connection, post_id)


async def read_post(connection: AsyncConnection, post_id: int, viewer: Viewer | None = None) -> Any:
    """The same without holding anything: where the viewer may see it, or whoever looks where there is none."""
    statement = _post_in_thread(post_id)
    if viewer is not None:
        statement = statement.where(opens(Post.c.key_set_id, viewer.ring))
    return await fetch_one(connection, statement)


async def _hold_thread_of(connection: AsyncConnection, post_id: int) -> None:
    thread = select(Post.c.thread_id).where(Post.c.post_id == post_id).scalar_subquery()
    holding = select(Thread.c.thread_id).where(Thread.c.thread_id == thread)
    await connection.execute(holding.with_for_update(key_share=True))


def _post_in_thread(post_id: int) -> Select[Any]:
    return (
        select(
            Post.c.post_id,
            Post.c.thread_id,
            Post.c.number,
            Post.c.kind,
            Post.c.member_id,
            Post.c.html,
            Post.c.version,
            Post.c.deleted_at,
            Post.c.held_at,
            Post.c.hidden_at,
            KeySet.c.text.label("keys"),
            Thread.c.sig_id,
            Thread.c.member_id.label("opener_id"),
            Thread.c.title,
            Thread.c.tag_names,
            Thread.c.accepted_post_id,
            Thread.c.closed_at,
            Thread.c.pinned_at,
            Thread.c.deleted_at.label("thread_deleted_at"),
            Thread.c.held_at.label("thread_held_at"),
            Thread.c.hidden_at.label("thread_hidden_at"),
            Sig.c.slug,
            Sig.c.name,
            Sig.c.reading,
            Sig.c.rules,
        )
        .join(KeySet, KeySet.c.key_set_id == Post.c.key_set_id)
        .join(Thread, Thread.c.thread_id == Post.c.thread_id)
        .join(Sig, Sig.c.sig_id == Thread.c.sig_id)
        .where(Post.c.post_id == post_id)
    )


async def touch_thread(connection: AsyncConnection, thread_id: int) -> None:
    """Renew the version of a thread: what was rendered of it before is not shown again."""
    await mark_thread(connection, thread_id, version=Thread.c.version + 1)


async def mark_thread(connection: AsyncConnection, thread_id: int, **values: object) -> None:
    """Write into a thread that is held."""
    await connection.execute(update(Thread).where(Thread.c.thread_id == thread_id).values(values))


async def mark_post(connection: AsyncConnection, post_id: int, **values: object) -> None:
    """Write into a post whose thread is held."""
    await connection.execute(update(Post).where(Post.c.post_id == post_id).values(values))


async def number_participant(connection: AsyncConnection, thread_id: int, member_id: int) -> None:
    """Give a member the next number among the people of a thread; the thread's row is held, so numbers are unique."""
    await _NUMBERING.all(connection, {"thread": thread_id, "member": member_id})


def _numbering(dialect: str) -> Any:
    already = select(func.count()).select_from(Participant.table).where(Participant.c.thread_id == _THREAD)
    values = {"thread_id": _THREAD, "member_id": bindparam("member", type_=Id), "number": already.scalar_subquery() + 1}
    return INSERTS[dialect](Participant.table).values(values).on_conflict_do_nothing()


_NUMBERING = Prepared(_numbering)


async def set_tags(connection: AsyncConnection, sig_id: int, thread_id: int, tags: Sequence[str]) -> None:
    """Make these the tags of a thread, and keep the counts."""
    held = select(ThreadTag.c.tag_id).where(ThreadTag.c.thread_id == thread_id)
    await connection.execute(update(Tag).where(Tag.c.tag_id.in_(held)).values(thread_count=Tag.c.thread_count - 1))
    await connection.execute(delete(ThreadTag).where(ThreadTag.c.thread_id == thread_id))
    for name in sorted(tags):  # in one order, so that two threads never wait for each other's tags
        counting = insert_into(connection, Tag).values(sig_id=sig_id, name=name, thread_count=1)
        counted = counting.on_conflict_do_update(
            index_elements=["sig_id", "name"], set_={"thread_count": Tag.c.thread_count + 1}
        ).returning(Tag.c.tag_id)
        tag_id = (await connection.execute(counted)).scalar_one()
        await connection.execute(insert(ThreadTag).values(tag_id=tag_id, thread_id=thread_id))


async def count_sig(connection: AsyncConnection, sig_id: int, *, threads: int = 0, posts: int = 0) -> None:
    """Count a SIG's standing threads and posts, and tell of the newest thread among those that may be seen."""
    newest = select(func.max(Thread.c.last_post_at)).where(
        Thread.c.sig_id == sig_id,
        Thread.c.deleted_at.is_(None),
        Thread.c.hidden_at.is_(None),
        Thread.c.held_at.is_(None),
    )
    values = {
        "thread_count": Sig.c.thread_count + threads,
        "post_count": Sig.c.post_count + posts,
        "last_post_at": newest.scalar_subquery(),
    }
    await connection.execute(update(Sig).where(Sig.c.sig_id == sig_id).values(values))


async def count_up(connection: AsyncConnection, sig_id: int, now: datetime, *, threads: int = 0) -> None:
    """Count one more post of now, and a thread where it opens one."""
    await _COUNTING.all(connection, {"sig": sig_id, "threads": threads, "now": now})


def _count_post(_dialect: str) -> Update:
    changes = {
        "thread_count": Sig.c.thread_count + bindparam("threads", type_=Integer),
        "post_count": Sig.c.post_count + 1,
        "last_post_at": bindparam("now", type_=Moment),
    }
    return update(Sig.table).where(Sig.c.sig_id == bindparam("sig", type_=Id)).values(changes)


_COUNTING = Prepared(_count_post)


async def count_standing(connection: AsyncConnection, thread_id: int) -> int:
    """How many posts of a thread stand."""
    counted = select(func.count()).select_from(Post).where(standing(thread_id))
    return int((await connection.execute(counted)).scalar_one())


async def settle_thread(connection: AsyncConnection, thread_id: int) -> None:
    """Name the last voice among what still stands, drop an accepted reply that is gone, and renew the version."""
    last = await fetch_one(
        connection,
        select(Post.c.member_id, Post.c.author_id, Post.c.written_at)
        .where(standing(thread_id))
        .order_by(Post.c.number.desc())
        .limit(1),
    )
    values: dict[str, Any] = {"last_member_id": None, "last_author_id": None}
    if last is not None:
        values = {"last_member_id": last.member_id, "last_author_id": last.author_id, "last_post_at": last.written_at}
    accepted = select(Post.c.post_id).where(Post.c.post_id == Thread.c.accepted_post_id, standing(thread_id))
    values["accepted_post_id"] = accepted.scalar_subquery()
    await mark_thread(connection, thread_id, **values, version=Thread.c.version + 1)
