"""Tags of the site's SIG: those that the site lists, and those that its threads carry."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import fetch_all
from storage.importing.rows import TagRow
from storage.importing.stored import TAGS, Changes, Place, insert_all


async def write_tags(connection: AsyncConnection, place: Place, rows: Sequence[TagRow]) -> Changes:
    """Insert the tags that the SIG does not have yet."""
    changes = Changes()
    await find_or_make_tags(connection, place, (row.name for row in rows), changes)
    return changes


async def find_or_make_tags(
    connection: AsyncConnection, place: Place, names: Iterable[str], changes: Changes | None = None
) -> dict[str, int]:
    """The ids of these tags by name. Threads are counted when they are published."""
    wanted = sorted(set(names))
    statement = select(TAGS.c.name, TAGS.c.tag_id).where(TAGS.c.sig_id == place.sig_id, TAGS.c.name.in_(wanted))
    known = {row[0]: row[1] for row in await fetch_all(connection, statement)}
    fresh = [{"sig_id": place.sig_id, "name": name, "thread_count": 0} for name in wanted if name not in known]
    if not fresh:
        return known
    await insert_all(connection, TAGS, fresh)
    if changes:
        changes.inserted["tags"] += len(fresh)
    return {row[0]: row[1] for row in await fetch_all(connection, statement)}
