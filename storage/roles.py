"""The role of somebody in a SIG, as the permissions of `domain.roles` need it."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.sigs import Role
from storage.database import fetch_all
from storage.tables import Member, Membership


async def find_role(connection: AsyncConnection, member_id: int | None, sig_id: int) -> Role | None:
    """The role in which somebody in good standing belongs to a SIG; the suspended keep theirs, but it opens nothing."""
    statement = (
        select(Membership.c.role)
        .join(Member, Member.c.member_id == Membership.c.member_id)
        .where(Membership.c.sig_id == sig_id, Membership.c.member_id == member_id, Member.c.in_good_standing)
    )
    role = (await connection.execute(statement)).scalar()
    return None if role is None else Role(role)


async def find_roles(connection: AsyncConnection, member_id: int | None) -> dict[int, Role]:
    """All roles of somebody in good standing, by SIG."""
    statement = (
        select(Membership.c.sig_id, Membership.c.role)
        .join(Member, Member.c.member_id == Membership.c.member_id)
        .where(Membership.c.member_id == member_id, Member.c.in_good_standing)
    )
    return {row.sig_id: Role(row.role) for row in await fetch_all(connection, statement)}
