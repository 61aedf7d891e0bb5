"""Blocks and mutes. A block ends what two people have between them in its own transaction, and tells nobody; what it
shuts from then on is a mark on both rings. A mute keeps notices about somebody away, and is known to its maker alone.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.blocks import PEOPLE_SHOWN, BlockPage, BlocksPage, ShunnedLine
from domain.members import line_of_member
from domain.refusals import Reason, Refused
from domain.visibility import Viewer
from storage.connections import between, disconnect, drop_requests, find_member_id, hold_pair
from storage.database import Database, fetch_all, insert_into
from storage.events import note
from storage.members.people import find_other, find_people
from storage.members.references import find_referred, reference_of
from storage.secrets import Seal
from storage.tables import Block, Invitation, Mute, OwnershipOffer

_MISSING = Refused(Reason.MISSING)


async def block(database: Database, viewer: Viewer, address: str, now: datetime) -> Refused | None:
    """Block a person whom the viewer may know: their connection, and what waits between them, ends with it."""
    async with database.writing() as connection:
        found = await find_other(connection, viewer, address)
        if found is None or viewer.member_id is None:
            return _MISSING
        me, other_id = viewer.member_id, found[0]
        await hold_pair(connection, me, other_id)
        row = {"member_id": me, "other_id": other_id, "since": now}
        making = insert_into(connection, Block).values(row).on_conflict_do_nothing()
        if (await connection.execute(making.returning(Block.c.member_id))).all():
            await disconnect(connection, me, other_id, now)
            await drop_requests(connection, me, other_id, now)
            await _drop_invitations(connection, me, other_id)
            await note(connection, "block.made", now, member_id=me, other_id=other_id)
    return None


async def _drop_invitations(connection: AsyncConnection, one: int, other: int) -> None:
    invited = between(Invitation.c.from_id, Invitation.c.member_id, one, other)
    await connection.execute(delete(Invitation).where(invited))
    offered = between(OwnershipOffer.c.from_id, OwnershipOffer.c.to_id, one, other)
    await connection.execute(delete(OwnershipOffer).where(offered))


async def unblock(database: Database, member_id: int, address: str, now: datetime) -> None:
    """End one's own block; where there is none, nothing. What it ended does not come back."""
    async with database.writing() as connection:
        await _unblock(connection, member_id, await find_member_id(connection, address), now)


async def unblock_listed(database: Database, seal: Seal, member_id: int, reference: str, now: datetime) -> None:
    """The same for a person whom a form of one's own names by reference."""
    async with database.writing() as connection:
        await _unblock(connection, member_id, await _referred(connection, seal, Block.c, member_id, reference), now)


async def _unblock(connection: AsyncConnection, member_id: int, other_id: int | None, now: datetime) -> None:
    if other_id is None:
        return
    await hold_pair(connection, member_id, other_id)
    ending = delete(Block).where(Block.c.member_id == member_id, Block.c.other_id == other_id)
    if (await connection.execute(ending.returning(Block.c.member_id))).all():
        await note(connection, "block.ended", now, member_id=member_id, other_id=other_id)


async def _referred(connection: AsyncConnection, seal: Seal, table: Any, member_id: int, reference: str) -> int | None:
    others = select(table.other_id).where(table.member_id == member_id)
    return find_referred(seal, member_id, reference, [row.other_id for row in await fetch_all(connection, others)])


async def mute(database: Database, viewer: Viewer, address: str, now: datetime) -> Refused | None:
    """Have no notices about a person whom the viewer may know."""
    async with database.writing() as connection:
        found = await find_other(connection, viewer, address)
        if found is None or viewer.member_id is None:
            return _MISSING
        row = {"member_id": viewer.member_id, "other_id": found[0], "since": now}
        await connection.execute(insert_into(connection, Mute).values(row).on_conflict_do_nothing())
    return None


async def unmute(database: Database, member_id: int, address: str) -> None:
    """Have notices about a person again; where they were not muted, nothing."""
    async with database.writing() as connection:
        await _unmute(connection, member_id, await find_member_id(connection, address))


async def unmute_listed(database: Database, seal: Seal, member_id: int, reference: str) -> None:
    """The same for a person whom a form of one's own names by reference."""
    async with database.writing() as connection:
        await _unmute(connection, member_id, await _referred(connection, seal, Mute.c, member_id, reference))


async def _unmute(connection: AsyncConnection, member_id: int, other_id: int | None) -> None:
    await connection.execute(delete(Mute).where(Mute.c.member_id == member_id, Mute.c.other_id == other_id))


async def find_block_page(database: Database, viewer: Viewer, address: str) -> BlockPage | None:
    """What a block of this person does; None for whom the viewer may not know."""
    async with database.reading() as connection:
        found = await find_other(connection, viewer, address)
    return BlockPage(person=found[1]) if found else None


async def find_blocks_page(database: Database, seal: Seal, viewer: Viewer) -> BlocksPage:
    """Whom the viewer blocks and mutes, each as their ring of now shows them."""
    async with database.reading() as connection:
        blocked = await fetch_all(connection, _newest(Block.c, viewer))
        muted = await fetch_all(connection, _newest(Mute.c, viewer))
        people = await find_people(connection, {row.other_id for row in (*blocked, *muted)})

    def lines(rows: list[Any]) -> tuple[ShunnedLine, ...]:
        return tuple(
            ShunnedLine(
                person=line_of_member(people[row.other_id], viewer.ring),
                reference=reference_of(seal, viewer.member_id or 0, row.other_id),
                since=row.since,
            )
            for row in rows
        )

    return BlocksPage(blocked=lines(blocked), muted=lines(muted))


def _newest(table: Any, viewer: Viewer) -> Select[Any]:
    statement = select(table.other_id, table.since).where(table.member_id == viewer.member_id)
    return statement.order_by(table.since.desc(), table.other_id.desc()).limit(PEOPLE_SHOWN)
