"""The history of exposure: from when to when each entry carried which keys.

It is written in the transaction that changes the keys, so that asked about any moment it says what the rule decided
then. It holds no values, and it outlives what it speaks of.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import WORKED_OUT, Slot
from domain.visibility import PUBLIC
from storage.database import fetch_one
from storage.tables import Exposure, KeySetKey, Member


async def expose(
    connection: AsyncConnection,
    member_id: int,
    entry_id: int,
    slot: Slot,
    audience: str,
    key_set_id: int,
    now: datetime,
) -> None:
    """Note that an entry carries these keys from now on; what it carried before ends. Nothing when it is the same.

    Several changes of one moment, such as of one transaction, leave the last of them.
    """
    lasting = _lasting(member_id, entry_id)
    columns = (Exposure.c.exposure_id, Exposure.c.audience, Exposure.c.key_set_id, Exposure.c.started_at)
    before = await fetch_one(connection, select(*columns).where(lasting))
    carried = {"audience": audience, "key_set_id": key_set_id}
    if before is not None and before.started_at == now:
        change = update(Exposure).where(Exposure.c.exposure_id == before.exposure_id)
        await connection.execute(change.values(carried))
        return
    if before is not None and (before.audience, before.key_set_id) == (audience, key_set_id):
        return
    await connection.execute(update(Exposure).where(lasting).values(ended_at=now))
    row = {"member_id": member_id, "entry_id": entry_id, "kind": slot.name, "started_at": now, **carried}
    await connection.execute(insert(Exposure).values(row))


async def conceal(connection: AsyncConnection, member_id: int, entry_id: int, now: datetime) -> None:
    """Note that an entry has been emptied: nobody sees it any more."""
    await connection.execute(update(Exposure).where(_lasting(member_id, entry_id)).values(ended_at=now))


def _lasting(member_id: int, entry_id: int) -> ColumnElement[bool]:
    return (Exposure.c.member_id == member_id) & (Exposure.c.entry_id == entry_id) & Exposure.c.ended_at.is_(None)


_IS_PUBLIC = exists(select(1).where(KeySetKey.c.key_set_id == Exposure.c.key_set_id, KeySetKey.c.key == PUBLIC))


async def was_public(connection: AsyncConnection, member_id: int, entry_id: int) -> bool:
    """Whether this entry has ever been open to everyone."""
    statement = select(Exposure.c.exposure_id).where(
        Exposure.c.member_id == member_id, Exposure.c.entry_id == entry_id, _IS_PUBLIC
    )
    return (await connection.execute(statement.limit(1))).first() is not None


async def page_was_public(connection: AsyncConnection, public_id: str) -> bool:
    """Whether anything of this page has ever been open to everyone; what is worked out shows nothing by itself."""
    statement = (
        select(Exposure.c.exposure_id)
        .join(Member, Member.c.member_id == Exposure.c.member_id)
        .where(Member.c.public_id == public_id, Exposure.c.kind.not_in(WORKED_OUT), _IS_PUBLIC)
    )
    return (await connection.execute(statement.limit(1))).first() is not None
