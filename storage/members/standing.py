"""Good standing: what suspension takes and reinstatement gives back, and how somebody goes for good.

The suspended keep their roles, but these open nothing; a SIG that they owned has another owner before the transaction
ends, who stays when they come back.
"""

from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.moderation import CaseKind, CaseState
from domain.sigs import MODERATING
from storage.events import note
from storage.members.keys import hold_owner, rewrite_keys
from storage.moderation.filing import call_staff, closing
from storage.roles import find_roles
from storage.sigs.entering import forget_invitations_by
from storage.sigs.memberships import end_membership
from storage.sigs.succession import ensure_owner
from storage.tables import Case, Invitation, Member, Membership, OwnershipOffer


async def suspend(connection: AsyncConnection, member_id: int, now: datetime) -> None:
    """Take a member's good standing: what is theirs closes to others, and the SIGs that they own get another owner."""
    await _set_standing(connection, member_id, now, is_good=False)
    await _forget_offers(connection, member_id)
    await forget_invitations_by(connection, member_id)
    await _see_to_owners(connection, member_id, now)


async def reinstate(connection: AsyncConnection, member_id: int, now: datetime) -> None:
    """Give it back: what they chose holds again, and a SIG that had nobody who can act has somebody."""
    await _set_standing(connection, member_id, now, is_good=True)
    await _see_to_owners(connection, member_id, now)
    for sig_id, role in (await find_roles(connection, member_id)).items():
        if role in MODERATING:
            await call_staff(connection, member_id, sig_id)


async def depart(connection: AsyncConnection, member_id: int, now: datetime) -> None:
    """Take somebody who goes for good out of every SIG, and out of every queue and offer."""
    await hold_owner(connection, member_id)
    for sig_id in await _sigs_of(connection, member_id):
        await end_membership(connection, member_id, sig_id, now)
    await _forget_offers(connection, member_id)
    await forget_invitations_by(connection, member_id)
    await connection.execute(delete(Invitation).where(Invitation.c.member_id == member_id))
    wishes = (Case.c.member_id == member_id) & (Case.c.kind == CaseKind.JOIN) & (Case.c.state != CaseState.CLOSED)
    await connection.execute(update(Case).where(wishes).values({**closing(now, None), "words": ""}))


async def _set_standing(connection: AsyncConnection, member_id: int, now: datetime, *, is_good: bool) -> None:
    await hold_owner(connection, member_id)
    change = update(Member).where(Member.c.member_id == member_id).values(in_good_standing=is_good)
    await connection.execute(change)
    await rewrite_keys(connection, member_id, now)
    await note(connection, "member.changed", now, member_id=member_id)


async def _sigs_of(connection: AsyncConnection, member_id: int) -> list[int]:
    """The SIGs of a member, in the order in which rows are held."""
    theirs = select(Membership.c.sig_id).where(Membership.c.member_id == member_id).order_by(Membership.c.sig_id)
    return list((await connection.execute(theirs)).scalars())


async def _see_to_owners(connection: AsyncConnection, member_id: int, now: datetime) -> None:
    for sig_id in await _sigs_of(connection, member_id):
        await ensure_owner(connection, sig_id, now)


async def _forget_offers(connection: AsyncConnection, member_id: int) -> None:
    concerned = or_(OwnershipOffer.c.from_id == member_id, OwnershipOffer.c.to_id == member_id)
    await connection.execute(delete(OwnershipOffer).where(concerned))
