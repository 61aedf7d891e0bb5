"""Rings: whom a member belongs to, in one statement, and the viewer that follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import CompoundSelect, Integer, Text, bindparam, cast, literal, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.sigs import MODERATING, Role
from domain.visibility import Ring, Viewer, member_ring, sig_key
from storage.database import fetch_one
from storage.prepared import Prepared
from storage.tables import Block, Connection, Id, ListPerson, Member, Membership, Sig


@dataclass(frozen=True, slots=True)
class MySig:
    """A SIG that the member belongs to, for ring, rail and chips."""

    sig_id: int
    slug: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Circles:
    """What a member's ring is made of: their SIGs by name, who they are connected with, the lists that they are on,
    and with whom there is a block."""

    sigs: tuple[MySig, ...] = ()
    connected_ids: Sequence[int] = field(default=())
    list_ids: Sequence[int] = field(default=())
    blocked_ids: Sequence[int] = field(default=())

    def viewer(self, member_id: int, *, in_good_standing: bool, is_staff: bool = False) -> Viewer:
        """The member as a viewer."""
        ring = member_ring(
            member_id,
            in_good_standing=in_good_standing,
            sig_ids=[sig.sig_id for sig in self.sigs],
            connected_ids=self.connected_ids,
            list_ids=self.list_ids,
            moderated_ids=[sig.sig_id for sig in self.sigs if sig.role in MODERATING],
            blocked_ids=self.blocked_ids,
            is_staff=is_staff,
        )
        return Viewer(member_id, ring, {sig.sig_id: sig.name for sig in self.sigs_on(ring)})

    def sigs_on(self, ring: Ring) -> tuple[MySig, ...]:
        """Those of their SIGs that the ring opens: whoever is suspended knows nothing new of any, not even its name."""
        return tuple(sig for sig in self.sigs if sig_key(sig.sig_id) in ring)


async def find_circles(connection: AsyncConnection, member_id: int) -> Circles:
    """Everything that a member's ring is made of."""
    rows = await _CIRCLES.all(connection, {"member": member_id})
    found: dict[int, list[int]] = {}
    for circle, of, *_ in rows:
        found.setdefault(circle, []).append(of)
    sigs = sorted((MySig(of, slug, name, Role(role)) for _, of, slug, name, role in rows if role), key=_by_name)
    return Circles(
        sigs=tuple(sigs),
        connected_ids=found.get(_CONNECTED, ()),
        list_ids=found.get(_LISTED, ()),
        blocked_ids=found.get(_BLOCKED, ()),
    )


_JOINED, _CONNECTED, _LISTED, _BLOCKED = range(4)
_MEMBER = bindparam("member", type_=Id)


def _circles(_dialect: str) -> CompoundSelect[Any]:
    """SQL: what a ring is made of."""
    nothing = cast(null(), Text)
    sigs = (
        select(
            literal(_JOINED, Integer).label("circle"),
            Sig.c.sig_id.label("of"),
            Sig.c.slug,
            Sig.c.name,
            Membership.c.role,
        )
        .join(Membership, Membership.c.sig_id == Sig.c.sig_id)
        .where(Membership.c.member_id == _MEMBER)
    )
    people = (
        (_CONNECTED, Connection.c.other_id, Connection.c.member_id),
        (_LISTED, ListPerson.c.list_id, ListPerson.c.member_id),
        (_BLOCKED, Block.c.other_id, Block.c.member_id),
        (_BLOCKED, Block.c.member_id, Block.c.other_id),
    )
    return union_all(
        sigs,
        *(
            select(literal(kind, Integer), of, nothing, nothing, nothing).where(me == _MEMBER)
            for kind, of, me in people
        ),
    )


_CIRCLES = Prepared(_circles)


def _by_name(sig: MySig) -> tuple[str, int]:
    return sig.name.casefold(), sig.sig_id


async def find_viewer(connection: AsyncConnection, member_id: int) -> Viewer | None:
    """A member as a viewer, without a session: for feeds, mails and views as somebody."""
    statement = select(Member.c.in_good_standing, Member.c.is_staff).where(Member.c.member_id == member_id)
    member = await fetch_one(connection, statement)
    if member is None:
        return None
    circles = await find_circles(connection, member_id)
    return circles.viewer(member_id, in_good_standing=member.in_good_standing, is_staff=member.is_staff)
