"""New keys for all that is said in a SIG, when its readers change: set by set, never post by post.

What is held, hidden or deleted carries keys of its own, without the key of the readers, and keeps them.
"""

from collections.abc import Iterable

from sqlalchemy import case, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.sigs import Circle, circle_key
from storage.database import fetch_all
from storage.key_sets import intern_key_sets, parse_keys
from storage.tables import KeySet, KeySetKey, Post, Thread

_AT_ONCE = 500
"""Key sets in one statement; a big SIG has as many as it has authors."""


async def hold_threads(connection: AsyncConnection, sig_id: int) -> None:
    """Hold the threads of a SIG until the transaction ends, before the SIG itself."""
    theirs = select(Thread.c.thread_id).where(Thread.c.sig_id == sig_id).order_by(Thread.c.thread_id)
    await connection.execute(theirs.with_for_update(key_share=True))


async def rekey_talk(connection: AsyncConnection, sig_id: int, before: Circle, after: Circle) -> None:
    """Open every standing thread and post of a SIG to other readers; authors keep what they wrote."""
    old, new = circle_key(before, sig_id), circle_key(after, sig_id)
    threads = select(Thread.c.thread_id).where(Thread.c.sig_id == sig_id)
    for table, is_here in ((Thread, Thread.c.sig_id == sig_id), (Post, Post.c.thread_id.in_(threads))):
        found = select(KeySet.c.key_set_id, KeySet.c.text).where(
            KeySet.c.key_set_id.in_(select(table.c.key_set_id).where(is_here)),
            KeySet.c.key_set_id.in_(select(KeySetKey.c.key_set_id).where(KeySetKey.c.key == old)),
        )
        changed = {row.key_set_id: parse_keys(row.text) - {old} | {new} for row in await fetch_all(connection, found)}
        for some in _portions(changed):
            ids = await intern_key_sets(connection, [changed[one] for one in some])
            renewed = case({one: ids[changed[one]] for one in some}, value=table.c.key_set_id)
            rekeying = update(table).where(is_here, table.c.key_set_id.in_(some))
            await connection.execute(rekeying.values(key_set_id=renewed))
    await connection.execute(update(Thread).where(Thread.c.sig_id == sig_id).values(version=Thread.c.version + 1))


def _portions(ids: Iterable[int]) -> Iterable[list[int]]:
    ordered = sorted(ids)
    return (ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE))
