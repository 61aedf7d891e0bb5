"""Rings: whom a member belongs to, in one statement, and the viewer that follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Integer, Text, cast, literal, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.visibility import Viewer, member_ring
from storage.database import fetch_all, fetch_one
from storage.tables import Connection, ListPerson, Member, Membership, Sig


@dataclass(frozen=True, slots=True)
class MySig:
    """A SIG that the member belongs to, for ring, rail and chips."""

    sig_id: int
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Circles:
    """What a member's ring is made of: their SIGs by name, who they are connected with, the lists that they are on."""

    sigs: tuple[MySig, ...] = ()
    connected_ids: Sequence[int] = field(default=())
    list_ids: Sequence[int] = field(default=())

    def viewer(self, member_id: int, *, in_good_standing: bool, is_staff: bool = False) -> Viewer:
        """The member as a viewer."""
        ring = member_ring(
            member_id,
            in_good_standing=in_good_standing,
            sig_ids=[sig.sig_id for sig in self.sigs],
            connected_ids=self.connected_ids,
            list_ids=self.list_ids,
            is_staff=is_staff,
        )
        return Viewer(member_id, ring, {sig.sig_id: sig.name for sig in self.sigs})


async def find_circles(connection: AsyncConnection, member_id: int) -> Circles:
    """Everything that a member's ring is made of."""
    nothing = cast(null(), Text)
    statement = union_all(
        select(literal(0, Integer).label("circle"), Sig.c.sig_id.label("of"), Sig.c.slug, Sig.c.name)
        .join(Membership, Membership.c.sig_id == Sig.c.sig_id)
        .where(Membership.c.member_id == member_id),
        select(literal(1, Integer), Connection.c.other_id, nothing, nothing).where(Connection.c.member_id == member_id),
        select(literal(2, Integer), ListPerson.c.list_id, nothing, nothing).where(ListPerson.c.member_id == member_id),
    )
    rows = await fetch_all(connection, statement)
    sigs = sorted((MySig(of, slug, name) for circle, of, slug, name in rows if circle == 0), key=_by_name)
    return Circles(
        tuple(sigs), [of for circle, of, *_ in rows if circle == 1], [of for circle, of, *_ in rows if circle == 2]
    )


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
