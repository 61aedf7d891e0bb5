"""Where an act counts, and who may judge it there: one form in SQL for queues, notices, pages and the log.

What was done to a thread counts where the thread stands today; what was done to a person stays where it was done.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.moderation import ACT_RULES, ActKind
from domain.roles import Permission, permits
from domain.sigs import Role
from storage.tables import Act, Member, Membership, Thread

_OF_PEOPLE = [kind.value for kind, rule in ACT_RULES.items() if rule.is_downwards]
_JUDGING = [role.value for role in Role if permits(Permission.DECIDE_APPEAL, role)]
_There = Membership.table.alias()


def sig_of_act() -> ColumnElement[int | None]:
    """SQL: the SIG in which an act counts; NULL for none."""
    stands_in = select(Thread.c.sig_id).where(Thread.c.thread_id == Act.c.thread_id).correlate(Act.table)
    return case(
        (Act.c.kind.in_(_OF_PEOPLE), Act.c.sig_id), else_=func.coalesce(stands_in.scalar_subquery(), Act.c.sig_id)
    )


def _is_for() -> ColumnElement[bool]:
    """SQL: this membership makes its member a judge of this act: they moderate where it counts, and neither acted nor
    are concerned. What takes both SIGs to be done, a move, takes somebody who moderates both."""
    there = (_There.c.sig_id == Act.c.sig_id) & (_There.c.member_id == Membership.c.member_id)
    both = select(1).where(there, _There.c.role.in_(_JUDGING)).correlate(Act.table, Membership.table).exists()
    return and_(
        Membership.c.sig_id == sig_of_act(),
        Membership.c.role.in_(_JUDGING),
        Membership.c.member_id != Act.c.actor_id,
        Membership.c.member_id != func.coalesce(Act.c.member_id, 0),
        or_(Act.c.kind != ActKind.MOVE.value, both),
    )


def _judges() -> Select[Any]:
    """SQL: the members who may judge an act, that of the statement around it where there is one."""
    standing = and_(Member.c.member_id == Membership.c.member_id, Member.c.in_good_standing)
    return select(Membership.c.member_id).join(Member.table, standing).where(_is_for()).correlate(Act.table)


async def list_judges(connection: AsyncConnection, act_id: int) -> set[int]:
    """The members who may judge this act in its SIG."""
    return set((await connection.execute(_judges().where(Act.c.act_id == act_id))).scalars())


def is_judge(member_id: int | None) -> ColumnElement[bool]:
    """SQL: this member is one of those who may judge an act in its SIG."""
    return _judges().where(Membership.c.member_id == member_id).exists()


def is_left_to_staff(member_id: int) -> ColumnElement[bool]:
    """SQL: nobody else can judge an act, and this one of the staff neither acted nor is concerned."""
    return and_(~_judges().exists(), Act.c.actor_id != member_id, func.coalesce(Act.c.member_id, 0) != member_id)


async def others_can_decide(connection: AsyncConnection, act_id: int) -> bool:
    """Whether somebody of the SIG can decide the appeal against this act."""
    return bool(await list_judges(connection, act_id))
