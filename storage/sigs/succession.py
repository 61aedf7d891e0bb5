"""That a SIG always has an owner who can act.

Whatever takes an owner away, be it leaving, a ban, a suspension or departure, calls `ensure_owner` in its own
transaction. Next is the longest-serving moderator in good standing, then the longest-serving member, then the staff.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.sigs import MODERATING, Role
from storage.database import Database, fetch_one
from storage.events import note
from storage.moderation.filing import call_staff
from storage.sigs.entering import add_membership, forget_invitations_by, has_ban, hold_sig
from storage.tables import Member, Membership, Moment, Sig

OWNER_AWAY_AFTER = timedelta(days=180)
"""An owner who was not seen for so long gets whoever would follow them beside them, of those who were."""


async def ensure_owner(
    connection: AsyncConnection, sig_id: int, now: datetime, *, former_id: int | None = None
) -> int | None:
    """Give a SIG an owner who can act, where it has none; who that is now, None when nothing had to change. `former_id`
    is who has just left."""
    await hold_sig(connection, sig_id)
    if await has_able_owner(connection, sig_id):
        return None
    heir = await find_heir(connection, sig_id, now)
    if heir is None:
        return None
    await _promote(connection, sig_id, heir, now, former_id=former_id)
    return heir


async def _promote(
    connection: AsyncConnection, sig_id: int, member_id: int, now: datetime, *, former_id: int | None = None
) -> None:
    if not await add_membership(connection, member_id, sig_id, Role.OWNER, now, is_asked=False):
        await set_role(connection, member_id, sig_id, Role.OWNER)
    former = {} if former_id is None else {"former_id": former_id}
    await note(connection, "sig.succeeded", now, sig_id=sig_id, member_id=member_id, **former)


async def set_role(connection: AsyncConnection, member_id: int, sig_id: int, role: Role) -> None:
    """Give somebody who belongs to a SIG another role in it."""
    theirs = (Membership.c.sig_id == sig_id) & (Membership.c.member_id == member_id)
    await connection.execute(update(Membership).where(theirs).values(role=role.value))
    if role in MODERATING:
        await call_staff(connection, member_id, sig_id)
    else:
        await forget_invitations_by(connection, member_id, sig_id)


async def has_able_owner(connection: AsyncConnection, sig_id: int, *, besides: int = 0) -> bool:
    """Whether somebody who owns a SIG is in good standing, besides one person."""
    owners = _able(sig_id).where(Membership.c.role == Role.OWNER, Membership.c.member_id != besides)
    return await fetch_one(connection, owners.limit(1)) is not None


def _able(sig_id: int) -> Select[Any]:
    return (
        select(Member.c.member_id)
        .join(Membership, Membership.c.member_id == Member.c.member_id)
        .where(Membership.c.sig_id == sig_id, Member.c.in_good_standing)
    )


_SERVES = case((Membership.c.role == Role.MODERATOR, 0), else_=1)


def _in_line(sig_id: int) -> Select[Any]:
    """The people of a SIG who may follow its owner, who is next first."""
    people = _able(sig_id).where(Membership.c.role != Role.OWNER)
    return people.order_by(_SERVES, Membership.c.joined_at, Membership.c.member_id).limit(1)


async def find_heir(connection: AsyncConnection, sig_id: int, now: datetime, *, besides: int = 0) -> int | None:
    """Who would own a SIG next, besides one person; None when there is nobody at all."""
    longest = _in_line(sig_id).where(Membership.c.member_id != besides)
    staff = (
        select(Member.c.member_id)
        .where(Member.c.is_staff, Member.c.in_good_standing, Member.c.member_id != besides)
        .where(~has_ban(Member.c.member_id, sig_id, now))
        .order_by(Member.c.member_id)
        .limit(1)
    )
    for candidates in (longest, staff):
        if row := await fetch_one(connection, candidates):
            member_id: int = row.member_id
            return member_id
    return None


async def relieve_absent_owners(database: Database, now: datetime) -> None:
    """Promote the next in line beside owners none of whom has been seen for `OWNER_AWAY_AFTER`, of those of its people
    who have; nobody loses anything."""
    async with database.reading() as connection:
        sig_ids = list((await connection.execute(_sigs_without_presence(now))).scalars())
    for sig_id in sig_ids:
        async with database.writing() as connection:
            await hold_sig(connection, sig_id)
            still = await fetch_one(connection, _sigs_without_presence(now).where(Sig.c.sig_id == sig_id))
            heir = await fetch_one(connection, _in_line(sig_id).where(_lately(now))) if still else None
            if heir is not None:
                await _promote(connection, sig_id, heir.member_id, now)


def _lately(now: datetime) -> ColumnElement[bool]:
    seen = func.coalesce(Member.c.seen_at, Member.c.joined_at, type_=Member.c.joined_at.type)
    return seen > literal(now - OWNER_AWAY_AFTER, Moment())


def _sigs_without_presence(now: datetime) -> Select[Any]:
    """SIGs with somebody who has been here lately, and no owner who has."""
    lately = _lately(now) & Member.c.in_good_standing
    here = select(1).where(Membership.c.sig_id == Sig.c.sig_id, Membership.c.member_id == Member.c.member_id, lately)
    here = here.correlate(Sig.table)
    return (
        select(Sig.c.sig_id)
        .where(exists(here.where(Membership.c.role != Role.OWNER)))
        .where(~exists(here.where(Membership.c.role == Role.OWNER)))
        .order_by(Sig.c.sig_id)
    )
