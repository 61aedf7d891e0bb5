"""Threads, replies and comments: what is new is inserted, what differs from its digest is updated, the rest is left.

New rows are hidden and unnumbered until `publishing`. Circle and rendering come before the transaction, so that it is
short and nobody waits for it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.forum import PostKind, ThreadKind
from storage.database import Database, fetch_all
from storage.importing.incoming import Incoming
from storage.importing.stored import (
    POSTS,
    SOURCES,
    THREAD_TAGS,
    THREADS,
    Changes,
    Place,
    find_authors,
    find_posts,
    insert_all,
    insert_for_ids,
)
from storage.importing.tags import find_or_make_tags

_NAMES = {PostKind.OPENING: "threads", PostKind.REPLY: "replies", PostKind.COMMENT: "comments"}


@dataclass(frozen=True, slots=True)
class Ready:
    """A post with everything that its rows need. `post_id` is None for a new one; a comment's `reply_to_id` is the
    post that it stands under."""

    given: Incoming
    digest: bytes
    html: str
    author_id: int
    post_id: int | None
    thread_id: int | None
    moved: bool
    reply_to_id: int | None


@dataclass(frozen=True, slots=True)
class _Known:
    post_id: int
    thread_id: int
    kind: str
    digest: bytes


async def prepare(database: Database, place: Place, batch: Sequence[Incoming]) -> list[Ready]:
    """The posts of a batch that are new or changed. Comments under what was not imported are left out."""
    async with database.reading() as connection:
        known = await _find_known(connection, place, batch)
        digests = await asyncio.to_thread(lambda: [given.digest() for given in batch])
        todo = [(given, digest) for given, digest in zip(batch, digests, strict=True) if _differs(known, given, digest)]
        parents = await find_posts(connection, place, (given.under for given, _ in todo if given.under is not None))
        todo = [(given, digest) for given, digest in todo if given.under is None or given.under in parents]
        authors = await find_authors(connection, place, (given.author_key for given, _ in todo))
    html = await asyncio.to_thread(lambda: [given.render(place.base_url) for given, _ in todo])
    return [
        _ready(
            given, digest, text, authors[given.author_key], known.get(given.source_id), parents.get(given.under or 0)
        )
        for (given, digest), text in zip(todo, html, strict=True)
    ]


async def write_threads(connection: AsyncConnection, place: Place, batch: Sequence[Ready]) -> Changes:
    """Insert and update threads with their opening posts and tags."""
    tags = await find_or_make_tags(
        connection, place, (name for one in batch if one.given.opening for name in one.given.opening.tags)
    )
    fresh = [one for one in batch if one.post_id is None]
    thread_ids = await insert_for_ids(connection, THREADS, [_new_thread(place, one) for one in fresh])
    await _insert_posts(connection, place, fresh, thread_ids)
    changed = [one for one in batch if one.post_id is not None]
    if changed:
        same = THREADS.c.thread_id == bindparam("known_id")
        rows = [{"known_id": one.thread_id, **_thread_values(one)} for one in changed]
        await connection.execute(update(THREADS).where(same).values(version=THREADS.c.version + 1), rows)
        old_tags = THREAD_TAGS.c.thread_id.in_([one.thread_id for one in changed])
        await connection.execute(delete(THREAD_TAGS).where(old_tags))
        await _update_posts(connection, changed)
    threads = [*zip(thread_ids, fresh, strict=True), *((one.thread_id, one) for one in changed)]
    joined = [
        {"thread_id": thread_id, "tag_id": tags[name]}
        for thread_id, one in threads
        for name in (one.given.opening.tags if one.given.opening else ())
    ]
    await insert_all(connection, THREAD_TAGS, joined)
    return _changes(batch)


async def write_replies(connection: AsyncConnection, place: Place, batch: Sequence[Ready]) -> Changes:
    """Insert and update posts of threads that are there: replies and comments."""
    fresh = [one for one in batch if one.post_id is None]
    await _insert_posts(connection, place, fresh, [one.thread_id or 0 for one in fresh])
    changed = [one for one in batch if one.post_id is not None]
    if changed:
        await _update_posts(connection, changed)
        read = THREADS.c.thread_id.in_({one.thread_id for one in changed})
        await connection.execute(update(THREADS).where(read).values(version=THREADS.c.version + 1))
        await _move(connection, place, [one for one in changed if one.moved])
    return _changes(batch)


async def _find_known(connection: AsyncConnection, place: Place, batch: Sequence[Incoming]) -> dict[int, _Known]:
    statement = (
        select(SOURCES.c.source_id, SOURCES.c.post_id, POSTS.c.thread_id, POSTS.c.kind, SOURCES.c.digest)
        .join(POSTS, POSTS.c.post_id == SOURCES.c.post_id)
        .where(SOURCES.c.site_id == place.site_id, SOURCES.c.source_kind == batch[0].source_kind)
        .where(SOURCES.c.source_id.in_([given.source_id for given in batch]))
    )
    return {source_id: _Known(*rest) for source_id, *rest in await fetch_all(connection, statement)}


def _differs(known: dict[int, _Known], given: Incoming, digest: bytes) -> bool:
    """Whether there is something to write. A thread never turns into a reply upstream, nor the other way round."""
    before = known.get(given.source_id)
    return before is None or (before.digest != digest and before.kind == given.kind)


def _ready(
    given: Incoming, digest: bytes, html: str, author_id: int, known: _Known | None, parent: tuple[int, int] | None
) -> Ready:
    under, thread_id = parent or (None, known.thread_id if known else None)
    return Ready(
        given,
        digest,
        html,
        author_id,
        known.post_id if known else None,
        thread_id,
        moved=known is not None and known.thread_id != thread_id,
        reply_to_id=under if given.kind is PostKind.COMMENT else None,
    )


def _thread_values(one: Ready) -> dict[str, Any]:
    assert one.given.opening
    return {
        "author_id": one.author_id,
        "title": one.given.opening.title,
        "tag_names": " ".join(one.given.opening.tags),
        "started_at": one.given.written_at,
        "score": one.given.score,
        "closed_at": one.given.opening.closed_at,
    }


def _new_thread(place: Place, one: Ready) -> dict[str, Any]:
    return {
        **_thread_values(one),
        "sig_id": place.sig_id,
        "kind": ThreadKind.QUESTION.value,
        "key_set_id": place.hidden_id,
        "last_post_at": one.given.written_at,
        "post_count": 0,
        "version": 1,
    }


def _post_values(one: Ready) -> dict[str, Any]:
    return {
        "author_id": one.author_id,
        "reply_to_id": one.reply_to_id,
        "body": one.given.body,
        "html": one.html,
        "score": one.given.score,
        "written_at": one.given.written_at,
        "edited_at": one.given.edited_at,
    }


async def _insert_posts(
    connection: AsyncConnection, place: Place, fresh: Sequence[Ready], thread_ids: Sequence[int]
) -> None:
    common = {"key_set_id": place.hidden_id, "version": 1}
    rows = [
        {**_post_values(one), **common, "kind": one.given.kind.value, "thread_id": thread_id}
        for one, thread_id in zip(fresh, thread_ids, strict=True)
    ]
    post_ids = await insert_for_ids(connection, POSTS, rows)
    sources = [
        {
            "site_id": place.site_id,
            "source_kind": one.given.source_kind,
            "source_id": one.given.source_id,
            "post_id": post_id,
            "licence": one.given.licence,
            "digest": one.digest,
        }
        for one, post_id in zip(fresh, post_ids, strict=True)
    ]
    await insert_all(connection, SOURCES, sources)


async def _update_posts(connection: AsyncConnection, changed: Sequence[Ready]) -> None:
    """Take over what the rows say now; number, keys and a deletion here stay as they are."""
    rows = [{"known_id": one.post_id, **_post_values(one)} for one in changed]
    same = POSTS.c.post_id == bindparam("known_id")
    await connection.execute(update(POSTS).where(same).values(version=POSTS.c.version + 1), rows)
    sources = [{"known_id": one.post_id, "licence": one.given.licence, "digest": one.digest} for one in changed]
    await connection.execute(update(SOURCES).where(SOURCES.c.post_id == bindparam("known_id")), sources)


async def _move(connection: AsyncConnection, place: Place, moved: Sequence[Ready]) -> None:
    """Hide posts that stand in another thread now, with the comments under them, until they are numbered there."""
    values = {"number": None, "key_set_id": place.hidden_id}
    for one in moved:
        with_comments = (POSTS.c.post_id == one.post_id) | (
            (POSTS.c.reply_to_id == one.post_id) & (POSTS.c.kind == PostKind.COMMENT.value)
        )
        await connection.execute(update(POSTS).where(with_comments).values(thread_id=one.thread_id, **values))


def _changes(batch: Sequence[Ready]) -> Changes:
    changes = Changes()
    for one in batch:
        counter = changes.inserted if one.post_id is None else changes.updated
        counter[_NAMES[one.given.kind]] += 1
    return changes
