"""Scraps that Stoa leaves itself. They hold no text, only a topic: the words are the page's, in each language."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.scraps import Scrap, ScrapKind, ScrapState, Topic, scrap_keys
from storage.database import insert_into
from storage.events import note
from storage.key_sets import intern_key_set
from storage.tables import Scrap as ScrapRow


async def leave_system_scrap(
    connection: AsyncConnection, owner_id: int, topic: Topic, now: datetime, occasion: str = ""
) -> int | None:
    """Leave a member a scrap about this topic. One occasion leaves one, also once it was dismissed: it names what may
    come again, such as a year, and is empty for what comes once in a membership. None when it was left before."""
    scrap = Scrap(owner_id, None, ScrapKind.SYSTEM)
    mark = "\0".join((ScrapKind.SYSTEM, str(owner_id), topic, occasion))
    row = {
        "owner_id": owner_id,
        "kind": scrap.kind.value,
        "topic": topic.value,
        "body": "",
        "html": "",
        "is_private": False,
        "state": ScrapState.STANDING.value,
        "key_set_id": await intern_key_set(connection, scrap_keys(frozenset(), scrap)),
        "written_at": now,
        "submission": sha256(mark.encode()).hexdigest(),
    }
    leaving = insert_into(connection, ScrapRow).values(row).on_conflict_do_nothing(index_elements=["submission"])
    scrap_id: int | None = (await connection.execute(leaving.returning(ScrapRow.c.scrap_id))).scalar()
    if scrap_id is not None:
        await note(connection, "scrap.written", now, scrap_id=scrap_id)
    return scrap_id
