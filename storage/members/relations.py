"""How a viewer stands to the person of a page, in one statement."""

from typing import Any

from sqlalchemy import Select, Text, bindparam, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import RelationView
from domain.visibility import Viewer
from storage.prepared import Prepared
from storage.tables import Block, Connection, ConnectionRequest, Id, Member, Mute


async def find_relation(connection: AsyncConnection, viewer: Viewer, public_id: str) -> RelationView | None:
    """How this viewer stands to whose page has this address; None for visitors and for nobody."""
    if viewer.member_id is None:
        return None
    row = await _RELATION.one(connection, {"me": viewer.member_id, "address": public_id})
    if row is None:
        return None
    return RelationView(
        is_connected=row.is_connected,
        sent_id=row.sent_id,
        received_id=row.received_id,
        is_muted=row.is_muted,
        is_blocked=row.is_blocked,
        may_ask=viewer.is_member and not row.is_blocked,
    )


_ME, _ADDRESS = bindparam("me", type_=Id), bindparam("address", type_=Text)


def _relation(_dialect: str) -> Select[Any]:
    """SQL: how one member stands to another, who is named by address."""
    me, they, request = _ME, Member.c.member_id, ConnectionRequest.c
    own_request = (request.from_id == me) & (request.to_id == they) & request.withdrawn_at.is_(None)
    their_request = (request.from_id == they) & (request.to_id == me)
    their_request &= request.withdrawn_at.is_(None) & request.declined_at.is_(None)
    return select(
        exists().where(Connection.c.member_id == me, Connection.c.other_id == they).label("is_connected"),
        select(request.request_id).where(own_request).scalar_subquery().label("sent_id"),
        select(request.request_id).where(their_request).scalar_subquery().label("received_id"),
        exists().where(Mute.c.member_id == me, Mute.c.other_id == they).label("is_muted"),
        exists().where(Block.c.member_id == me, Block.c.other_id == they).label("is_blocked"),
    ).where(Member.c.public_id == _ADDRESS)


_RELATION = Prepared(_relation)
