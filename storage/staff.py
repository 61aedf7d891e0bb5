"""The staff: who sees to what no SIG can decide. Operators appoint and dismiss them; no page does.

Being staff is a key on the ring, so it holds from the next request on.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database, fetch_all
from storage.events import note
from storage.secrets import Seal
from storage.tables import Account, Member


@dataclass(frozen=True, slots=True)
class StaffLine:
    """One of the staff, for the operator: their address, and whether they can act now."""

    email: str
    can_act: bool


async def list_staff(database: Database, seal: Seal) -> list[StaffLine]:
    """Everybody on the staff, in the order in which they joined Stoa."""
    statement = select(Account.c.email_sealed, Member.c.in_good_standing).join(
        Member, Member.c.member_id == Account.c.member_id
    )
    async with database.reading() as connection:
        rows = await fetch_all(connection, statement.where(Member.c.is_staff).order_by(Member.c.member_id))
    return [StaffLine(seal.open(row.email_sealed), row.in_good_standing) for row in rows]


async def set_staff(database: Database, seal: Seal, email: str, now: datetime, *, is_staff: bool) -> bool:
    """Put the member with this address on the staff, or take them off it; False when there is none."""
    async with database.writing() as connection:
        member_id = await _find_member(connection, seal, email)
        if member_id is None:
            return False
        await connection.execute(update(Member).where(Member.c.member_id == member_id).values(is_staff=is_staff))
        await note(connection, "member.changed", now, member_id=member_id)
    return True


async def _find_member(connection: AsyncConnection, seal: Seal, email: str) -> int | None:
    statement = select(Account.c.member_id).where(Account.c.email_hash == seal.hash_email(email))
    member_id: int | None = (await connection.execute(statement)).scalar()
    return member_id
