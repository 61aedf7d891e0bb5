"""What each kind of act does, and what undoing it does. Two tables, so that a kind without a way back is seen."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.forum import refuse_to_move
from domain.moderation import ActKind
from domain.refusals import Reason, Refused
from domain.sigs import Circle
from storage.database import fetch_all, fetch_one
from storage.forum.hiding import hide_post, show_post
from storage.forum.holding import publish_held, take_back_held
from storage.forum.keeping import is_open, mark_thread
from storage.forum.moving import move_thread, was_written_in_since
from storage.members.standing import reinstate, suspend
from storage.scraps.acts import give_scrap_back, withhold_scrap
from storage.sigs.memberships import end_membership
from storage.tables import Act, Ban, Member, Sig, Thread

_NOTHING_LEFT = Refused(Reason.NOTHING_LEFT)

_NEEDS: Mapping[ActKind, Callable[[Any], bool]] = {
    ActKind.HIDE: lambda post: (
        post.number is not None and post.hidden_at is None and (post.deleted_at is None or bool(post.html))
    ),
    ActKind.CLOSE: lambda post: post.closed_at is None,
    ActKind.PIN: lambda post: post.pinned_at is None and is_open(post),
    ActKind.MOVE: is_open,
    ActKind.REJECT: lambda post: post.held_at is not None and post.deleted_at is None,
}
"""What must be so of a post and its thread. What its author has deleted is hidden as long as they could restore it."""


def is_left(kind: ActKind, post: Any) -> bool:
    """Whether this can still be done to a post or its thread; what is done to people asks nothing of the post."""
    return kind not in _NEEDS or (post is not None and _NEEDS[kind](post))


@dataclass(frozen=True, slots=True)
class Deed:
    """An act as its effect needs it: the values of its row, and the held post where there is one."""

    act_id: int
    kind: ActKind
    row: Mapping[str, Any]
    post: Any = None


async def apply(connection: AsyncConnection, deed: Deed, now: datetime) -> Refused | None:
    """Do it, where it is left to do."""
    if not is_left(deed.kind, deed.post):
        return _NOTHING_LEFT
    return await EFFECTS[deed.kind](connection, deed, now)


async def revert(connection: AsyncConnection, deed: Deed, now: datetime, member_id: int) -> Refused | None:
    """Take it back, by the hand of this member."""
    return await REVERSALS[deed.kind](connection, deed, now, member_id)


async def _hide(connection: AsyncConnection, deed: Deed, now: datetime) -> Refused | None:
    await hide_post(connection, deed.post, now)
    return None


async def _show(connection: AsyncConnection, deed: Deed, now: datetime, _member_id: int) -> Refused | None:
    if deed.post is not None and deed.post.hidden_at is not None:
        await show_post(connection, deed.post, now)
    return None


async def _touch(connection: AsyncConnection, deed: Deed, **values: object) -> None:
    await mark_thread(connection, deed.post.thread_id, **values, version=Thread.c.version + 1)


async def _close(connection: AsyncConnection, deed: Deed, now: datetime) -> Refused | None:
    await _touch(connection, deed, closed_at=now)
    return None


async def _open(connection: AsyncConnection, deed: Deed, _now: datetime, _member_id: int) -> Refused | None:
    await _touch(connection, deed, closed_at=None)
    return None


async def _pin(connection: AsyncConnection, deed: Deed, now: datetime) -> Refused | None:
    await _touch(connection, deed, pinned_at=now)
    return None


async def _unpin(connection: AsyncConnection, deed: Deed, _now: datetime, _member_id: int) -> Refused | None:
    await _touch(connection, deed, pinned_at=None)
    return None


async def _move(connection: AsyncConnection, deed: Deed, now: datetime) -> Refused | None:
    post, to_sig_id = deed.post, deed.row["to_sig_id"]
    if to_sig_id == post.sig_id:
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
    await move_thread(connection, post, deed.row["sig_id"], now, pinned_at=await _pinned_before(connection, deed))
    return None


async def _pinned_before(connection: AsyncConnection, deed: Deed) -> datetime | None:
    """Since when the thread was pinned where it came from, by an act that stands."""
    pinned = select(func.max(Act.c.made_at)).where(
        Act.c.thread_id == deed.post.thread_id,
        Act.c.sig_id == deed.row["sig_id"],
        Act.c.kind == ActKind.PIN,
        Act.c.undone_at.is_(None),
        Act.c.act_id < deed.act_id,
    )
    moment: datetime | None = await connection.scalar(pinned)
    return moment


async def _nothing(_connection: AsyncConnection, _deed: Deed, _now: datetime) -> Refused | None:
    return None


async def _nothing_back(_connection: AsyncConnection, _deed: Deed, _now: datetime, _by: int) -> Refused | None:
    return None


async def _ban(connection: AsyncConnection, deed: Deed, now: datetime) -> Refused | None:
    await _settle_ban(connection, deed, now)
    await end_membership(connection, deed.row["member_id"], deed.row["sig_id"], now)
    return None


async def _settle_ban(connection: AsyncConnection, deed: Deed, now: datetime) -> None:
    """The ban of somebody is the longest of those that stand: none shortens another, and none is lifted with it."""
    whose = {"sig_id": deed.row["sig_id"], "member_id": deed.row["member_id"]}
    standing = select(Act.c.act_id, Act.c.until).where(
        *(Act.c[name] == number for name, number in whose.items()),
        Act.c.kind == ActKind.BAN,
        Act.c.undone_at.is_(None),
        or_(Act.c.until.is_(None), Act.c.until > now),
    )
    bans = await fetch_all(connection, standing.order_by(Act.c.act_id))
    await connection.execute(delete(Ban).where(*(Ban.c[name] == number for name, number in whose.items())))
    if bans:
        longest = max(bans, key=lambda ban: (ban.until is None, ban.until or now))
        await connection.execute(insert(Ban).values(whose | {"act_id": longest.act_id, "until": longest.until}))


async def _lift(connection: AsyncConnection, deed: Deed, now: datetime, _member_id: int) -> Refused | None:
    """The ban that this act set is over; whoever was taken out may come in again by the door, where no other stands."""
    await _settle_ban(connection, deed, now)
    return None


async def _reject(connection: AsyncConnection, deed: Deed, now: datetime) -> Refused | None:
    await take_back_held(connection, deed.post, now, deed.row["actor_id"])
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
    return None if is_there else _NOTHING_LEFT


async def _show_scrap(connection: AsyncConnection, deed: Deed, _now: datetime, _member_id: int) -> Refused | None:
    await give_scrap_back(connection, deed.row["scrap_id"])
    return None


async def _suspend(connection: AsyncConnection, deed: Deed, now: datetime) -> Refused | None:
    good = await connection.scalar(select(Member.c.in_good_standing).where(Member.c.member_id == deed.row["member_id"]))
    if not good:
        return _NOTHING_LEFT  # who has not confirmed their address has nothing that could be taken, or given back
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
