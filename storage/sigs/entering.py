"""The one way into a SIG, whoever opens the door, and what is asked before.

Rows are held in one order: the member first, the SIG second.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.moderation import CaseKind, CaseState
from domain.sigs import MODERATING, Role
from domain.visibility import Viewer
from storage.database import fetch_one, insert_into
from storage.key_sets import opens
from storage.members.keys import hold_owner, rewrite_keys, show_membership
from storage.members.widening import list_widened
from storage.moderation.filing import call_staff, closing
from storage.tables import Ban, Case, Invitation, Membership, Sig


async def add_membership(
    connection: AsyncConnection, member_id: int, sig_id: int, role: Role, now: datetime, *, is_asked: bool = True
) -> bool:
    """Make someone a member of a SIG, with counter and keys; False when they already were.

    Who was not asked comes in hidden, where the SIG would see anything else of their page by it: they show it
    themselves, and are asked then.
    """
    await hold_owner(connection, member_id)
    await hold_sig(connection, sig_id)
    row = {"sig_id": sig_id, "member_id": member_id, "role": role.value, "joined_at": now}
    joining = insert_into(connection, Membership).values(row).on_conflict_do_nothing()
    if (await connection.execute(joining)).rowcount == 0:
        return False
    await forget_wishes(connection, member_id, sig_id, now)
    is_hidden = not is_asked and bool(await list_widened(connection, member_id, sig_id))
    await show_membership(connection, member_id, sig_id, now, is_hidden=is_hidden)
    await rewrite_keys(connection, member_id, now)
    if role in MODERATING:
        await call_staff(connection, member_id, sig_id)
    return True


async def hold_sig(connection: AsyncConnection, sig_id: int) -> None:
    """Hold the row of a SIG until the transaction ends: what changes its people or settings goes one by one."""
    holding = select(Sig.c.sig_id).where(Sig.c.sig_id == sig_id).with_for_update(key_share=True)
    await connection.execute(holding)


async def find_visible_sig(connection: AsyncConnection, viewer: Viewer, slug: str) -> Any:
    """The SIG at this address as writes need it, where the viewer may know of it."""
    columns = (Sig.c.sig_id, Sig.c.slug, Sig.c.name, Sig.c.joining, Sig.c.question)
    return await fetch_one(connection, select(*columns).where(Sig.c.slug == slug, opens(Sig.c.key_set_id, viewer.ring)))


def has_ban(member_id: Any, sig_id: Any, now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """SQL: a ban of this member from this SIG stands; one whose end has come is over."""
    stands = or_(Ban.c.until.is_(None), Ban.c.until > now)
    return exists(
        select(1).where(Ban.c.sig_id == sig_id, Ban.c.member_id == member_id, stands).correlate_except(Ban.table)
    )


async def is_banned(connection: AsyncConnection, member_id: int, sig_id: int, now: datetime) -> bool:
    """Whether a ban of this member from this SIG stands."""
    return bool(await connection.scalar(select(has_ban(member_id, sig_id, now))))


def waiting_wishes(member_id: Any, sig_id: Any) -> ColumnElement[bool]:
    """SQL: the cases in which this member asks to join this SIG, and nobody has decided."""
    theirs = (Case.c.sig_id == sig_id) & (Case.c.member_id == member_id)
    return and_(theirs, Case.c.kind == CaseKind.JOIN, Case.c.state != CaseState.CLOSED)


async def forget_wishes(connection: AsyncConnection, member_id: int, sig_id: int, now: datetime) -> None:
    """Close what waits at the door for somebody who has come in. Their invitation is over, and kept until it is swept:
    whoever accepts it twice is in."""
    await connection.execute(update(Case).where(waiting_wishes(member_id, sig_id)).values(closing(now, None)))
    theirs = (Invitation.c.sig_id == sig_id) & (Invitation.c.member_id == member_id)
    await connection.execute(update(Invitation).where(theirs).values(expires_at=now, note=""))


async def forget_invitations(connection: AsyncConnection, sig_id: int) -> None:
    """Take back whatever stands of a SIG that narrows: they were made for what it showed then."""
    await connection.execute(delete(Invitation).where(Invitation.c.sig_id == sig_id))


async def forget_invitations_by(connection: AsyncConnection, member_id: int, sig_id: int | None = None) -> None:
    """Take back what somebody has asked people into, everywhere or into one SIG: an invitation ends with the role of
    who made it."""
    theirs = Invitation.c.from_id == member_id
    if sig_id is not None:
        theirs &= Invitation.c.sig_id == sig_id
    await connection.execute(delete(Invitation).where(theirs))
