"""The last step: everything that an import brought is numbered, counted and opened to the SIG's readers at once.

Numbers that were given out stay, because links point at them: what a later dump brings is numbered behind.
"""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Subquery, and_, bindparam, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.forum import PostKind
from domain.sigs import Circle, SigSettings, thread_keys
from storage.database import fetch_all, fetch_one
from storage.events import note
from storage.importing.stored import (
    FROM_POSTS,
    POSTS,
    SIGS,
    SITES,
    SOURCES,
    TAGS,
    THREAD_TAGS,
    THREADS,
    Changes,
    Place,
    find_posts,
)
from storage.key_sets import intern_key_set
from storage.sigs.adding import KEY_COLUMNS, key_sets_of

Accepted = Iterator[list[tuple[int, int | None]]]
"""Threads with the replies they accept, in batches; source ids of both."""

THREADS_A_TIME: Final = 500


async def publish(connection: AsyncConnection, place: Place, accepted: Accepted, counts: dict[str, Any]) -> Changes:
    """Number, count and open all that is new, in the transaction of this connection; gives what was published."""
    changes = await _accept(connection, place, accepted)
    reading = (await connection.execute(select(SIGS.c.reading).where(SIGS.c.sig_id == place.sig_id))).scalar_one()
    open_id = await intern_key_set(connection, thread_keys(Circle(reading), place.sig_id))
    new_threads = await _count_new_threads(connection, place)
    new_posts = 0
    async for some in _iter_threads(connection, place):
        new_posts += await _number_posts(connection, some, open_id)
        await _count_in_threads(connection, place, some, open_id)
    await _count_in_tags(connection, place)
    await _count_in_sig(connection, place, new_threads, new_posts)
    await _open_sig(connection, place)
    values = {"counts": json.dumps(counts, ensure_ascii=False)}
    await connection.execute(update(SITES).where(SITES.c.site_id == place.site_id).values(values))
    changes.published = new_posts
    return changes


async def tell(connection: AsyncConnection, place: Place, now: datetime) -> None:
    """Note that the SIG has changed, for whoever keeps something that was made from it."""
    await connection.execute(update(SITES).where(SITES.c.site_id == place.site_id).values(finished_at=now))
    await note(connection, "sig.imported", now, site_id=place.site_id, sig_id=place.sig_id)


async def _accept(connection: AsyncConnection, place: Place, accepted: Accepted) -> Changes:
    """Set which reply each thread accepts; one that stands in another thread, or nowhere, is none."""
    changes = Changes()
    for batch in accepted:
        posts = await find_posts(connection, place, (number for pair in batch for number in pair if number is not None))
        wanted: dict[int, int | None] = {}
        for thread, reply in batch:
            post_id, home_id = posts.get(reply, (None, None)) if reply is not None else (None, None)
            thread_id = posts[thread][1]
            wanted[thread_id] = post_id if home_id == thread_id else None
        columns = THREADS.c.thread_id, THREADS.c.accepted_post_id
        stored = await fetch_all(connection, select(*columns).where(THREADS.c.thread_id.in_(sorted(wanted))))
        stale = [row for row in stored if row.accepted_post_id != wanted[row.thread_id]]
        if stale:
            same = THREADS.c.thread_id == bindparam("known_id")
            rows = [{"known_id": row.thread_id, "accepted_post_id": wanted[row.thread_id]} for row in stale]
            await connection.execute(update(THREADS).where(same).values(version=THREADS.c.version + 1), rows)
        changes.inserted["accepted answers"] += sum(row.accepted_post_id is None for row in stale)
        changes.updated["accepted answers"] += sum(row.accepted_post_id is not None for row in stale)
    return changes


async def _count_new_threads(connection: AsyncConnection, place: Place) -> int:
    statement = select(func.count()).where(THREADS.c.sig_id == place.sig_id, THREADS.c.post_count == 0)
    return int((await connection.execute(statement)).scalar_one())


async def _iter_threads(connection: AsyncConnection, place: Place) -> AsyncIterator[ColumnElement[bool]]:
    """The SIG's threads, so many at a time, as a condition: the windows below are built in memory."""
    after = 0
    while True:
        ids = select(THREADS.c.thread_id).where(THREADS.c.sig_id == place.sig_id, THREADS.c.thread_id > after)
        some = ids.order_by(THREADS.c.thread_id).limit(THREADS_A_TIME).subquery()
        last = (await connection.execute(select(func.max(some.c.thread_id)))).scalar()
        if last is None:
            return
        yield and_(THREADS.c.sig_id == place.sig_id, THREADS.c.thread_id > after, THREADS.c.thread_id <= last)
        after = int(last)


async def _number_posts(connection: AsyncConnection, some: ColumnElement[bool], open_id: int) -> int:
    """Number what has no number yet, behind what has: the opening post first, then by time, then by source and id."""
    holding = select(THREADS.c.thread_id).where(some).with_for_update(key_share=True)
    await connection.execute(holding)  # a member who replies at this moment takes the number behind
    order = (
        case((POSTS.c.kind == PostKind.OPENING.value, 0), else_=1),
        POSTS.c.written_at,
        case((SOURCES.c.source_kind == FROM_POSTS, 0), else_=1),
        SOURCES.c.source_id,
    )
    place_in_line = func.row_number().over(partition_by=POSTS.c.thread_id, order_by=order)
    numbered = (
        select(POSTS.c.post_id, (THREADS.c.post_count + place_in_line).label("number"))
        .join(THREADS, THREADS.c.thread_id == POSTS.c.thread_id)
        .join(SOURCES, SOURCES.c.post_id == POSTS.c.post_id)
        .where(some, POSTS.c.number.is_(None))
        .subquery()
    )
    done = await connection.execute(
        update(POSTS).where(POSTS.c.post_id == numbered.c.post_id).values(number=numbered.c.number, key_set_id=open_id)
    )
    return done.rowcount


def _last_posts(some: ColumnElement[bool]) -> Subquery:
    """The newest post of each of these threads that has posts without a place in its count."""
    newest_first = POSTS.c.written_at.desc(), POSTS.c.number.desc()
    line = (
        select(
            POSTS.c.thread_id,
            POSTS.c.written_at,
            POSTS.c.member_id,
            POSTS.c.author_id,
            func.max(POSTS.c.number).over(partition_by=POSTS.c.thread_id).label("numbers"),
            func.row_number().over(partition_by=POSTS.c.thread_id, order_by=newest_first).label("from_end"),
        )
        .join(THREADS, THREADS.c.thread_id == POSTS.c.thread_id)
        .where(some, POSTS.c.deleted_at.is_(None))
        .subquery()
    )
    return select(line).where(line.c.from_end == 1).subquery()


async def _count_in_threads(connection: AsyncConnection, place: Place, some: ColumnElement[bool], open_id: int) -> None:
    last = _last_posts(some)
    was_hidden = THREADS.c.key_set_id == place.hidden_id
    await connection.execute(
        update(THREADS)
        .where(THREADS.c.thread_id == last.c.thread_id, last.c.numbers > THREADS.c.post_count)
        .values(
            post_count=last.c.numbers,
            last_post_at=last.c.written_at,
            last_member_id=last.c.member_id,
            last_author_id=last.c.author_id,
            key_set_id=case((was_hidden, open_id), else_=THREADS.c.key_set_id),
            version=THREADS.c.version + case((was_hidden, 0), else_=1),
        )
    )


async def _count_in_tags(connection: AsyncConnection, place: Place) -> None:
    standing = (
        select(func.count())
        .select_from(THREAD_TAGS.join(THREADS, THREADS.c.thread_id == THREAD_TAGS.c.thread_id))
        .where(THREAD_TAGS.c.tag_id == TAGS.c.tag_id, THREADS.c.deleted_at.is_(None))
        .scalar_subquery()
    )
    stale = TAGS.c.sig_id == place.sig_id, TAGS.c.thread_count != standing
    await connection.execute(update(TAGS).where(*stale).values(thread_count=standing))


async def _count_in_sig(connection: AsyncConnection, place: Place, new_threads: int, new_posts: int) -> None:
    of_sig = THREADS.c.sig_id == place.sig_id, THREADS.c.deleted_at.is_(None)
    newest = select(func.max(THREADS.c.last_post_at)).where(*of_sig).scalar_subquery()
    await connection.execute(
        update(SIGS)
        .where(SIGS.c.sig_id == place.sig_id)
        .values(
            thread_count=SIGS.c.thread_count + new_threads,
            post_count=SIGS.c.post_count + new_posts,
            last_post_at=newest,
        )
    )


async def _open_sig(connection: AsyncConnection, place: Place) -> None:
    """A SIG that was hidden while its first import ran is there from now on; later decisions of its owners stay."""
    circles = select(*(SIGS.c[name] for name in KEY_COLUMNS))
    hidden = SIGS.c.sig_id == place.sig_id, SIGS.c.content_key_set_id == place.hidden_id
    row = await fetch_one(connection, circles.where(*hidden))
    if row is not None:
        existence, describing, listing, reading = (Circle(getattr(row, name)) for name in KEY_COLUMNS)
        chosen = SigSettings(existence=existence, describing=describing, listing=listing, reading=reading)
        values = await key_sets_of(connection, place.sig_id, chosen)
        await connection.execute(update(SIGS).where(*hidden).values(values))
