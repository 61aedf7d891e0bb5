"""Links from post to post. One whose end was not imported is left out: it was counted in the first reading."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.importing.rows import LinkRow
from storage.importing.stored import LINKS, Changes, Place, find_posts, insert_all


async def write_links(connection: AsyncConnection, place: Place, rows: Sequence[LinkRow]) -> Changes:
    """Insert the links that are not there yet."""
    changes = Changes()
    ends = await find_posts(connection, place, (end for row in rows for end in (row.post_id, row.related_id)))
    wanted = {
        (ends[row.post_id][0], ends[row.related_id][0], row.kind)
        for row in rows
        if row.post_id in ends and row.related_id in ends
    }
    columns = LINKS.c.from_post_id, LINKS.c.to_post_id, LINKS.c.kind
    statement = select(*columns).where(LINKS.c.from_post_id.in_({link[0] for link in wanted}))
    known = {tuple(row) for row in await connection.execute(statement)}
    fresh = sorted(wanted - known)
    names = [column.name for column in columns]
    await insert_all(connection, LINKS, [dict(zip(names, link, strict=True)) for link in fresh])
    changes.inserted["links"] += len(fresh)
    return changes
