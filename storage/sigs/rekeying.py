"""New keys for all that is said in a SIG, when its readers change: set by set, never post by post.

What is held, hidden or deleted carries keys of its own, without the key of the readers, and keeps them.
"""

from collections.abc import Iterable

from sqlalchemy import case, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.sigs import Circle, circle_key
from domain.visibility import Keys
from storage.database import fetch_all
from storage.key_sets import parse_keys
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
            ids = await _intern_all(connection, [changed[one] for one in some])
            renewed = case({one: ids[changed[one]] for one in some}, value=table.c.key_set_id)
            rekeying = update(table).where(is_here, table.c.key_set_id.in_(some))
            await connection.execute(rekeying.values(key_set_id=renewed))
    await connection.execute(update(Thread).where(Thread.c.sig_id == sig_id).values(version=Thread.c.version + 1))


def _portions(ids: Iterable[int]) -> Iterable[list[int]]:
    ordered = sorted(ids)
    return (ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE))


async def _intern_all(connection: AsyncConnection, wanted: Iterable[Keys]) -> dict[Keys, int]:
    """The ids of these sets; those that are new are stored together."""
    texts = {" ".join(sorted(keys)): keys for keys in wanted}
    known = await _known(connection, texts)
    new = sorted(texts.keys() - known.keys())
    if new:
        await connection.execute(insert(KeySet), [{"text": text} for text in new])
        known |= (added := await _known(connection, new))
        rows = [{"key_set_id": added[text], "key": key} for text in new for key in sorted(texts[text])]
        await connection.execute(insert(KeySetKey), rows)
    return {keys: known[text] for text, keys in texts.items()}


async def _known(connection: AsyncConnection, texts: Iterable[str]) -> dict[str, int]:
    found = select(KeySet.c.text, KeySet.c.key_set_id).where(KeySet.c.text.in_(sorted(texts)))
    return {row.text: row.key_set_id for row in await fetch_all(connection, found)}
