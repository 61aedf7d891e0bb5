"""Authors of a site: nobody's account, the name as published, joined across sites by the network's id of the person."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import fetch_all, insert_into
from storage.importing.ledger import Writer
from storage.importing.stored import AUTHORS, PEOPLE, Changes, Place, insert_all


async def write_authors(connection: AsyncConnection, place: Place, writers: Sequence[Writer]) -> Changes:
    """Insert the authors that are new, and take over what the dump says of the others now."""
    changes = Changes()
    people = await _find_or_make_people(connection, {one.network_id for one in writers if one.network_id}, changes)
    columns = AUTHORS.c.user_key, AUTHORS.c.person_id, AUTHORS.c.name, AUTHORS.c.source_url
    wanted = AUTHORS.c.site_id == place.site_id, AUTHORS.c.user_key.in_([one.key for one in writers])
    known = {row.user_key: tuple(row[1:]) for row in await fetch_all(connection, select(*columns).where(*wanted))}
    fresh: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for one in writers:
        now = (people.get(one.network_id) if one.network_id else None, one.name, _page_of(place, one))
        values = dict(zip(("person_id", "name", "source_url"), now, strict=True))
        if one.key not in known:
            fresh.append({"site_id": place.site_id, "user_key": one.key, **values})
        elif known[one.key] != now:
            changed.append({"known_key": one.key, **values})
    await insert_all(connection, AUTHORS, fresh)
    if changed:
        same = AUTHORS.c.site_id == place.site_id, AUTHORS.c.user_key == bindparam("known_key")
        await connection.execute(update(AUTHORS).where(*same), changed)
    changes.inserted["authors"] += len(fresh)
    changes.updated["authors"] += len(changed)
    return changes


def _page_of(place: Place, writer: Writer) -> str:
    """The author's page on the site, which the licence asks to link; an account that is gone has none."""
    return f"{place.base_url}users/{writer.user_id}" if writer.user_id is not None else ""


async def _find_or_make_people(connection: AsyncConnection, ids: Iterable[int], changes: Changes) -> dict[int, int]:
    wanted = sorted(set(ids))
    statement = select(PEOPLE.c.network_id, PEOPLE.c.person_id).where(PEOPLE.c.network_id.in_(wanted))
    known = {row[0]: row[1] for row in await fetch_all(connection, statement)}
    fresh = [{"network_id": number} for number in wanted if number not in known]
    if not fresh:
        return known
    # Another site's import may have made them a moment ago.
    await connection.execute(insert_into(connection, PEOPLE).on_conflict_do_nothing(), fresh)
    changes.inserted["people"] += len(fresh)
    return {row[0]: row[1] for row in await fetch_all(connection, statement)}
