"""Joining what is open, and leaving. Whoever leaves is followed by the succession in the same transaction."""

from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.joining import JoinPage, refuse_to_enter
from domain.refusals import Reason, Refused
from domain.roles import Permission, refuse_unless
from domain.sigs import Joining, Role
from domain.visibility import Audience, Scope, Viewer
from storage.database import Database
from storage.events import note
from storage.members.editing import NOTHING_CONFIRMED, Confirmed
from storage.members.keys import close_circle, hide_membership, hold_owner
from storage.members.widening import is_agreed, list_widened
from storage.sigs.entering import add_membership, find_visible_sig, forget_invitations_by, hold_sig, is_banned
from storage.sigs.succession import ensure_owner, find_heir, has_able_owner
from storage.tables import Membership, OwnershipOffer


async def join_sig(
    database: Database, viewer: Viewer, slug: str, now: datetime, confirmed: Confirmed = NOTHING_CONFIRMED
) -> JoinPage | Refused | None:
    """Join an open SIG; joining twice is joining once. What of one's page would open by it is asked first."""
    async with database.writing() as connection:
        sig = await find_visible_sig(connection, viewer, slug)
        if sig is None or viewer.member_id is None:
            return Refused(Reason.MISSING)
        await hold_owner(connection, viewer.member_id)
        await hold_sig(connection, sig.sig_id)
        sig = await find_visible_sig(connection, viewer, slug)  # as it is now that nobody shuts its door
        if sig is None:
            return Refused(Reason.MISSING)
        if await _find_any_role(connection, viewer.member_id, sig.sig_id):
            return None
        banned = await is_banned(connection, viewer.member_id, sig.sig_id, now)
        if refused := refuse_to_enter(viewer, Joining(sig.joining), is_banned=banned):
            return refused
        widening = await list_widened(connection, viewer.member_id, sig.sig_id)
        if not is_agreed(widening, confirmed):
            return JoinPage(name=sig.name, action=f"/sigs/{sig.slug}/join", widening=widening)
        await enter(connection, viewer.member_id, sig.sig_id, now)
    return None


async def enter(connection: AsyncConnection, member_id: int, sig_id: int, now: datetime) -> None:
    """Let somebody into a SIG who may join it; where it had no owner who can act, it has one now."""
    if await add_membership(connection, member_id, sig_id, Role.MEMBER, now):
        await note(connection, "sig.joined", now, sig_id=sig_id, member_id=member_id)
        await ensure_owner(connection, sig_id, now)


async def leave_sig(database: Database, viewer: Viewer, slug: str, now: datetime) -> Refused | None:
    """Leave a SIG: whatever was open to it alone closes in the same transaction. The last owner may go only when
    somebody can follow."""
    async with database.writing() as connection:
        sig = await find_visible_sig(connection, viewer, slug)
        if sig is None or viewer.member_id is None:
            return Refused(Reason.MISSING)
        await hold_owner(connection, viewer.member_id)
        await hold_sig(connection, sig.sig_id)  # so that owners leave one after the other, and one stays
        role = await _find_any_role(connection, viewer.member_id, sig.sig_id)
        if refuse_unless(Permission.LEAVE, role):
            return Refused(Reason.NOT_A_MEMBER)
        if role is Role.OWNER and not await _is_replaced(connection, viewer.member_id, sig.sig_id, now):
            return Refused(Reason.LAST_ONE)
        await end_membership(connection, viewer.member_id, sig.sig_id, now)
    return None


async def _is_replaced(connection: AsyncConnection, member_id: int, sig_id: int, now: datetime) -> bool:
    if await has_able_owner(connection, sig_id, besides=member_id):
        return True
    return await find_heir(connection, sig_id, now, besides=member_id) is not None


async def _find_any_role(connection: AsyncConnection, member_id: int, sig_id: int) -> Role | None:
    """The role that somebody has in a SIG, in good standing or not: the suspended may leave."""
    statement = select(Membership.c.role).where(Membership.c.sig_id == sig_id, Membership.c.member_id == member_id)
    role = (await connection.execute(statement)).scalar()
    return None if role is None else Role(role)


async def end_membership(connection: AsyncConnection, member_id: int, sig_id: int, now: datetime) -> bool:
    """Take somebody out of a SIG, with counter and keys, and see to its owner; False when they were not in it."""
    await hold_owner(connection, member_id)
    await hold_sig(connection, sig_id)
    theirs = (Membership.c.sig_id == sig_id) & (Membership.c.member_id == member_id)
    if (await connection.execute(delete(Membership).where(theirs))).rowcount == 0:
        return False
    concerned = or_(OwnershipOffer.c.from_id == member_id, OwnershipOffer.c.to_id == member_id)
    await connection.execute(delete(OwnershipOffer).where(OwnershipOffer.c.sig_id == sig_id, concerned))
    await forget_invitations_by(connection, member_id, sig_id)
    await hide_membership(connection, member_id, sig_id, now)
    await close_circle(connection, member_id, Audience(Scope.SIG, sig_id), now)
    await note(connection, "sig.left", now, sig_id=sig_id, member_id=member_id)
    await ensure_owner(connection, sig_id, now, former_id=member_id)
    return True
