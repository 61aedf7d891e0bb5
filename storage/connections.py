"""Connections: that two members know each other, in both directions at once. They feed the ring of each."""

from datetime import datetime

from sqlalchemy import delete, or_
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import insert_into
from storage.events import note
from storage.tables import Connection


async def connect(connection: AsyncConnection, member_id: int, other_id: int, now: datetime) -> None:
    """Connect two members; nothing when they are connected."""
    rows = [
        {"member_id": one, "other_id": other, "since": now}
        for one, other in ((member_id, other_id), (other_id, member_id))
    ]
    await connection.execute(insert_into(connection, Connection).values(rows).on_conflict_do_nothing())
    await note(connection, "connection.made", now, member_id=member_id, other_id=other_id)


async def disconnect(connection: AsyncConnection, member_id: int, other_id: int, now: datetime) -> None:
    """End a connection: what was open to the other for its sake closes with the next request."""
    link = Connection.c
    await connection.execute(
        delete(Connection).where(
            or_(
                (link.member_id == member_id) & (link.other_id == other_id),
                (link.member_id == other_id) & (link.other_id == member_id),
            )
        )
    )
    await note(connection, "connection.ended", now, member_id=member_id, other_id=other_id)
