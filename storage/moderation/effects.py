"""What each kind of act does, and what undoing it does. Two tables, so that a kind without a way back is seen."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.forum import refuse_to_move
from domain.moderation import ActKind
from domain.refusals import Reason, Refused
from domain.sigs import Circle
from storage.database import fetch_one, insert_into
from storage.forum.hiding import hide_post, show_post
from storage.forum.holding import publish_held, take_back_held
from storage.forum.keeping import is_open, mark_thread
from storage.forum.moving import move_thread, was_written_in_since
from storage.members.standing import reinstate, suspend
from storage.scraps.acts import give_scrap_back, withhold_scrap
from storage.sigs.memberships import end_membership
from storage.tables import Act, Ban, Member, Sig, Thread

_STALE = Refused(Reason.STALE)


@dataclass(frozen=True, slots=True)
class Deed:
    """An act as its effect needs it: the values of its row, and the held post where there is one."""

    act_id: int
    kind: ActKind
    row: Mapping[str, Any]
    post: Any = None


async def apply(connection: AsyncConnection, deed: Deed, now: datetime) -> Refused | None:
    """Do it."""
    return await EFFECTS[deed.kind](connection, deed, now)


async def revert(connection: AsyncConnection, deed: Deed, now: datetime, member_id: int) -> Refused | None:
    """Take it back, by the hand of this member."""
    return await REVERSALS[deed.kind](connection, deed, now, member_id)


async def _hide(connection: AsyncConnection, deed: Deed, now: datetime) -> Refused | None:
    post = deed.post
    if post is None or post.number is None or post.deleted_at is not None or post.hidden_at is not None:
        return _STALE
    await hide_post(connection, post, now)
    return None


async def _show(connection: AsyncConnection, deed: Deed, now: datetime, _member_id: int) -> Refused | None:
    if deed.post is not None and deed.post.hidden_at is not None:
        await show_post(connection, deed.post, now)
    return None


async def _touch(connection: AsyncConnection, deed: Deed, **values: object) -> None:
    await mark_thread(connection, deed.post.thread_id, **values, version=Thread.c.version + 1)


async def _close(connection: AsyncConnection, deed: Deed, now: datetime) -> Refused | None:
    if deed.post is None or deed.post.closed_at is not None:
        return _STALE
    await _touch(connection, deed, closed_at=now)
    return None


async def _open(connection: AsyncConnection, deed: Deed, _now: datetime, _member_id: int) -> Refused | None:
    await _touch(connection, deed, closed_at=None)
    return None


async def _pin(connection: AsyncConnection, deed: Deed, now: datetime) -> Refused | None:
    if deed.post is None or deed.post.pinned_at is not None or not is_open(deed.post):
        return _STALE
    await _touch(connection, deed, pinned_at=now)
    return None


async def _unpin(connection: AsyncConnection, deed: Deed, _now: datetime, _member_id: int) -> Refused | None:
    await _touch(connection, deed, pinned_at=None)
    return None


async def _move(connection: AsyncConnection, deed: Deed, now: datetime) -> Refused | None:
    post, to_sig_id = deed.post, deed.row["to_sig_id"]
    if post is None or not is_open(post) or to_sig_id == post.sig_id:
        return Refused(Reason.INVALID)
    if refused := refuse_to_move(Circle(post.reading), await _readers_of(connection, to_sig_id)):
        return refused
    await move_thread(connection, post, to_sig_id, now)
    return None


async def _readers_of(connection: AsyncConnection, sig_id: int) -> Circle:
    reading = await connection.execute(select(Sig.c.reading).where(Sig.c.sig_id == sig_id))
    return Circle(reading.scalar_one())


async def _move_back(connection: AsyncConnection, deed: Deed, now: datetime, _member_id: int) -> Refused | None:
    """Back to where it was, unless somebody has written in it since for other readers, or it was moved on."""
    post = deed.post
    if post is None or not is_open(post) or post.sig_id != deed.row["to_sig_id"]:
        return Refused(Reason.TOO_LATE)
    there = await _readers_of(connection, deed.row["sig_id"])
    widens = refuse_to_move(Circle(post.reading), there) is not None
    if widens and await was_written_in_since(connection, post.thread_id, deed.row["made_at"]):
        return Refused(Reason.NEVER_WIDER)
    await move_thread(connection, post, deed.row["sig_id"], now)
    return None


async def _nothing(_connection: AsyncConnection, _deed: Deed, _now: datetime) -> Refused | None:
    return None


async def _nothing_back(_connection: AsyncConnection, _deed: Deed, _now: datetime, _by: int) -> Refused | None:
    return None


async def _ban(connection: AsyncConnection, deed: Deed, now: datetime) -> Refused | None:
    row = {name: deed.row[name] for name in ("sig_id", "member_id", "until")} | {"act_id": deed.act_id}
    banning = insert_into(connection, Ban).values(row)
    again = banning.on_conflict_do_update(
        index_elements=["sig_id", "member_id"], set_={"act_id": deed.act_id, "until": deed.row["until"]}
    )
    await connection.execute(again)
    await end_membership(connection, deed.row["member_id"], deed.row["sig_id"], now)
    return None


async def _lift(connection: AsyncConnection, deed: Deed, _now: datetime, _member_id: int) -> Refused | None:
    """The ban that this act set is over; whoever was taken out may come in again by the door."""
    theirs = (Ban.c.sig_id == deed.row["sig_id"]) & (Ban.c.member_id == deed.row["member_id"])
    await connection.execute(delete(Ban).where(theirs, Ban.c.act_id == deed.act_id))
    return None


async def _reject(connection: AsyncConnection, deed: Deed, now: datetime) -> Refused | None:
    post = deed.post
    if post is None or post.held_at is None or post.deleted_at is not None:
        return _STALE
    await take_back_held(connection, post, now, deed.row["actor_id"])
    return None


async def _let_through(connection: AsyncConnection, deed: Deed, now: datetime, member_id: int) -> Refused | None:
    post = deed.post
    if post is None or post.held_at is None or not post.html:
        return Refused(Reason.TOO_LATE)
    if post.thread_held_at is None and not is_open(post):
        return Refused(Reason.CLOSED)
    await publish_held(connection, post, now, member_id)
    return None


async def _hide_scrap(connection: AsyncConnection, deed: Deed, _now: datetime) -> Refused | None:
    is_there = deed.row["scrap_id"] is not None and await withhold_scrap(connection, deed.row["scrap_id"])
    return None if is_there else _STALE


async def _show_scrap(connection: AsyncConnection, deed: Deed, _now: datetime, _member_id: int) -> Refused | None:
    await give_scrap_back(connection, deed.row["scrap_id"])
    return None


async def _suspend(connection: AsyncConnection, deed: Deed, now: datetime) -> Refused | None:
    good = await connection.scalar(select(Member.c.in_good_standing).where(Member.c.member_id == deed.row["member_id"]))
    if not good:
        return _STALE  # who has not confirmed their address has nothing that could be taken, or given back
    await suspend(connection, deed.row["member_id"], now)
    return None


async def _is_suspended(connection: AsyncConnection, deed: Deed) -> bool:
    """Whether another suspension of this member stands."""
    other = select(Act.c.act_id).where(
        Act.c.member_id == deed.row["member_id"],
        Act.c.kind == ActKind.SUSPEND,
        Act.c.undone_at.is_(None),
        Act.c.act_id != deed.act_id,
    )
    return await fetch_one(connection, other.limit(1)) is not None


async def _reinstate(connection: AsyncConnection, deed: Deed, now: datetime, _member_id: int) -> Refused | None:
    if not await _is_suspended(connection, deed):
        await reinstate(connection, deed.row["member_id"], now)
    return None


Effect = Callable[[AsyncConnection, Deed, datetime], Awaitable[Refused | None]]
Reversal = Callable[[AsyncConnection, Deed, datetime, int], Awaitable[Refused | None]]

EFFECTS: Mapping[ActKind, Effect] = {
    ActKind.HIDE: _hide,
    ActKind.CLOSE: _close,
    ActKind.PIN: _pin,
    ActKind.MOVE: _move,
    ActKind.WARN: _nothing,
    ActKind.BAN: _ban,
    ActKind.REJECT: _reject,
    ActKind.HIDE_SCRAP: _hide_scrap,
    ActKind.SUSPEND: _suspend,
}
REVERSALS: Mapping[ActKind, Reversal] = {
    ActKind.HIDE: _show,
    ActKind.CLOSE: _open,
    ActKind.PIN: _unpin,
    ActKind.MOVE: _move_back,
    ActKind.WARN: _nothing_back,
    ActKind.BAN: _lift,
    ActKind.REJECT: _let_through,
    ActKind.HIDE_SCRAP: _show_scrap,
    ActKind.SUSPEND: _reinstate,
}
