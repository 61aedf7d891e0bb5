"""Acts: what moderators and staff do, each with a rule, a reason, a statement to the person, and a way back.

An act is one row; its effect and its undoing stand beside each other in `storage.moderation.effects`. The same form
sent twice is one act.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.moderation import (
    ActKind,
    Actor,
    CaseKind,
    CaseState,
    Order,
    problems_with_order,
    refuse_to_act,
    rules_of,
)
from domain.refusals import Problem, Reason, Refused
from domain.scraps import ScrapState
from domain.sigs import Role
from domain.visibility import Viewer
from storage.database import Database, fetch_one
from storage.events import note
from storage.forum.keeping import hold_any_post, hold_post, read_post
from storage.moderation.cases import find_case, hold_case, is_opened
from storage.moderation.effects import Deed, apply, is_left, revert
from storage.moderation.filing import closing
from storage.moderation.log import actor_of, acts, refuse_to_take_back
from storage.roles import find_role, find_roles
from storage.tables import Act, Case, Member, Membership, Scrap, Sig

_MISSING = Refused(Reason.MISSING)
TWICE_WITHIN = timedelta(minutes=10)


class Abandoned(Exception):
    """A refusal found inside a transaction, which is then undone."""

    def __init__(self, refused: Refused) -> None:
        self.refused = refused


@dataclass(frozen=True, slots=True)
class Scene:
    """What an act is about: who acts, who is concerned, the held post where there is one, and the case it decides."""

    actor: Actor
    concerned_id: int | None
    sig_id: int | None = None
    rules: str = ""
    post: Any = None
    case_id: int | None = None
    case_kind: CaseKind | None = None
    scrap_id: int | None = None
    is_scrap_left: bool = False

    @property
    def kinds(self) -> tuple[ActKind, ...]:
        """What can be done here at all, by its kind, and is left to do; roles decide further. Where a case stayed when
        its thread was moved, the post alone is for who keeps the case."""
        if self.sig_id is None:
            return (*((ActKind.HIDE_SCRAP,) if self.is_scrap_left else ()), ActKind.WARN, ActKind.SUSPEND)
        if self.case_kind is CaseKind.JOIN:
            return ()
        is_here = self.post is not None and self.post.sig_id == self.sig_id
        whole = (ActKind.CLOSE, ActKind.PIN, ActKind.MOVE) if is_here else ()
        is_held = self.post is not None and self.post.held_at is not None
        about = (ActKind.REJECT,) if is_held else (ActKind.HIDE, *whole)
        return tuple(kind for kind in (*about, ActKind.WARN, ActKind.BAN) if is_left(kind, self.post))


async def scene_of_post(
    connection: AsyncConnection, viewer: Viewer, post_id: int, *, hold: bool = False
) -> Scene | None:
    """A post of a SIG that the viewer moderates; None where they do not, or do not see it."""
    row = await read_post(connection, post_id, viewer)
    if row is not None and hold:
        await _hold_people(connection, row.member_id)
        row = await hold_post(connection, viewer, post_id)
    if row is None or viewer.member_id is None:
        return None
    role = await find_role(connection, viewer.member_id, row.sig_id)
    actor = Actor(viewer.member_id, role)
    if refuse_to_act(actor, ActKind.CLOSE, row.member_id, None):
        return None
    return Scene(actor, row.member_id, row.sig_id, row.rules, post=row)


async def scene_of_case(
    connection: AsyncConnection, viewer: Viewer, case_id: int, now: datetime, *, hold: bool = False
) -> Scene | None:
    """What a case is about, for who has opened it."""
    found = await find_case(connection, viewer, case_id)
    if found is not None and hold:
        await _hold_all(connection, found.row)
        await hold_case(connection, case_id)
        found = await find_case(connection, viewer, case_id)
    if found is None or not await is_opened(connection, found, now):
        return None
    row = found.row
    post = None if row.post_id is None else await read_post(connection, row.post_id)
    is_left = row.scrap_id is not None and await _is_scrap_left(connection, row.scrap_id)
    about = (row.member_id, row.sig_id, row.rules or "", post)
    return Scene(found.actor, *about, row.case_id, found.kind, scrap_id=row.scrap_id, is_scrap_left=is_left)


async def _is_scrap_left(connection: AsyncConnection, scrap_id: int) -> bool:
    """Whether a scrap is there to be hidden."""
    stands = (Scrap.c.scrap_id == scrap_id) & Scrap.c.deleted_at.is_(None) & (Scrap.c.state != ScrapState.WITHHELD)
    return await fetch_one(connection, select(Scrap.c.scrap_id).where(stands)) is not None


async def _hold_all(connection: AsyncConnection, row: Any) -> None:
    """Hold what a case or an act is about: people first, then the thread, as everywhere. What SIGs count comes last."""
    board = select(Scrap.c.owner_id).where(Scrap.c.scrap_id == row.scrap_id)
    owner_id: int | None = None if row.scrap_id is None else await connection.scalar(board)
    await _hold_people(connection, row.member_id, owner_id)
    if row.post_id is not None:
        await hold_any_post(connection, row.post_id)


async def _hold_people(connection: AsyncConnection, *member_ids: int | None) -> None:
    """Hold people in one order, so that nobody waits in a circle, and what is done to one of them at once is done one
    after the other."""
    ids = {member_id for member_id in member_ids if member_id is not None}
    if ids:
        holding = select(Member.c.member_id).where(Member.c.member_id.in_(ids)).order_by(Member.c.member_id)
        await connection.execute(holding.with_for_update(key_share=True))


async def offered_kinds(connection: AsyncConnection, scene: Scene) -> tuple[ActKind, ...]:
    """What this actor may do here to whom it concerns."""
    concerned = await _any_role(connection, scene)
    return tuple(
        kind
        for kind in scene.kinds
        if refuse_to_act(scene.actor, kind, scene.concerned_id, concerned) is None
        and not (kind is ActKind.SUSPEND and scene.concerned_id is None)
    )


async def _any_role(connection: AsyncConnection, scene: Scene) -> Role | None:
    """The role of the person concerned, in good standing or not: an owner stays one."""
    if scene.sig_id is None or scene.concerned_id is None:
        return None
    statement = select(Membership.c.role).where(
        Membership.c.sig_id == scene.sig_id, Membership.c.member_id == scene.concerned_id
    )
    role = await connection.scalar(statement)
    return None if role is None else Role(role)


async def act_on_post(database: Database, viewer: Viewer, post_id: int, order: Order, now: datetime) -> int | Refused:
    """Do something about a post, its thread or its author. Returns the id of the act."""
    try:
        async with database.writing() as connection:
            scene = await scene_of_post(connection, viewer, post_id, hold=True)
            return await _act(connection, viewer, scene, order, now) if scene else _MISSING
    except Abandoned as abandoned:
        return abandoned.refused


async def act_on_case(database: Database, viewer: Viewer, case_id: int, order: Order, now: datetime) -> int | Refused:
    """Do something about what a case is about, which closes it. Returns the id of the act."""
    try:
        async with database.writing() as connection:
            scene = await scene_of_case(connection, viewer, case_id, now, hold=True)
            return await _act(connection, viewer, scene, order, now) if scene else _MISSING
    except Abandoned as abandoned:
        return abandoned.refused


async def _act(connection: AsyncConnection, viewer: Viewer, scene: Scene, order: Order, now: datetime) -> int | Refused:
    if problems := problems_with_order(order, rules_of(scene.rules)):
        return Refused(Reason.INVALID, problems)
    assert order.kind is not None
    if (before := await _done_before(connection, scene, order, now)) is not None:
        return before
    if refused := refuse_to_act(scene.actor, order.kind, scene.concerned_id, await _any_role(connection, scene)):
        return refused
    if order.kind not in scene.kinds:
        return Refused(Reason.NOTHING_LEFT)
    row = await _row(connection, viewer, scene, order, now)
    act_id: int = (await connection.execute(insert(Act).values(row).returning(Act.c.act_id))).scalar_one()
    deed = Deed(act_id, order.kind, row, scene.post)
    if refused := await apply(connection, deed, now):
        raise Abandoned(refused)
    await _decide_case(connection, scene, now)
    await note(connection, "act.done", now, act_id=act_id)
    return act_id


async def _done_before(connection: AsyncConnection, scene: Scene, order: Order, now: datetime) -> int | None:
    """The same act by the same hand a moment ago: a form that was sent twice."""
    assert order.kind is not None
    same = select(Act.c.act_id).where(
        Act.c.actor_id == scene.actor.member_id,
        Act.c.kind == order.kind.value,
        Act.c.reason == order.reason.strip(),
        Act.c.member_id.is_not_distinct_from(scene.concerned_id),
        Act.c.post_id.is_not_distinct_from(scene.post.post_id if scene.post else None),
        Act.c.scrap_id.is_not_distinct_from(scene.scrap_id),
        Act.c.undone_at.is_(None),
        Act.c.made_at > now - TWICE_WITHIN,
    )
    found: int | None = await connection.scalar(same.limit(1))
    return found


async def _row(
    connection: AsyncConnection, viewer: Viewer, scene: Scene, order: Order, now: datetime
) -> dict[str, Any]:
    assert order.kind is not None
    to_sig_id = await _moderated_sig(connection, viewer, order.to_sig) if order.kind is ActKind.MOVE else None
    is_ban = order.kind is ActKind.BAN
    return {
        "sig_id": scene.sig_id,
        "case_id": scene.case_id,
        "kind": order.kind.value,
        "actor_id": scene.actor.member_id,
        "member_id": scene.concerned_id,
        "thread_id": scene.post.thread_id if scene.post else None,
        "post_id": scene.post.post_id if scene.post else None,
        "scrap_id": scene.scrap_id,
        "to_sig_id": to_sig_id,
        "rule": order.rule,
        "reason": order.reason.strip(),
        "made_at": now,
        "until": now + timedelta(days=order.days) if is_ban and order.days else None,
    }


async def _moderated_sig(connection: AsyncConnection, viewer: Viewer, slug: str) -> int:
    """The SIG to which a thread is moved: one that the actor moderates as well."""
    sig_id = await connection.scalar(select(Sig.c.sig_id).where(Sig.c.slug == slug))
    role = None if sig_id is None else await find_role(connection, viewer.member_id, sig_id)
    if sig_id is None or refuse_to_act(Actor(viewer.member_id or 0, role), ActKind.MOVE, None, None):
        raise Abandoned(Refused(Reason.INVALID, {"to_sig": Problem.NOT_OFFERED}))
    return int(sig_id)


async def _decide_case(connection: AsyncConnection, scene: Scene, now: datetime) -> None:
    if scene.case_id is None or scene.case_kind is not CaseKind.REPORT:
        return
    decided = update(Case).where(Case.c.case_id == scene.case_id, Case.c.state != CaseState.CLOSED)
    await connection.execute(decided.values(closing(now, scene.actor.member_id)))


async def undo_act(database: Database, viewer: Viewer, act_id: int, now: datetime) -> int | Refused:
    """Take an act back, with all that it did. Returns its id."""
    try:
        async with database.writing() as connection:
            found = await find_act(connection, viewer, act_id)
            if found is None:
                return _MISSING
            row, actor = found
            if refused := refuse_to_take_back(row, actor):
                return refused
            return await take_back(connection, row, actor.member_id, now)
    except Abandoned as abandoned:
        return abandoned.refused


async def find_act(connection: AsyncConnection, viewer: Viewer, act_id: int) -> tuple[Any, Actor] | None:
    """The row of an act, and who the viewer is towards it; None for who is not signed in."""
    row = await fetch_one(connection, acts(viewer).where(Act.c.act_id == act_id))
    if row is None or viewer.member_id is None:
        return None
    return row, actor_of(viewer, await find_roles(connection, viewer.member_id), row)


async def take_back(connection: AsyncConnection, row: Any, member_id: int, now: datetime) -> int:
    """Undo what an act did. Raises Abandoned where it cannot be undone any more."""
    await _hold_all(connection, row)
    post = None if row.post_id is None else await read_post(connection, row.post_id)
    undone = update(Act).where(Act.c.act_id == row.act_id, Act.c.undone_at.is_(None))
    if (await connection.execute(undone.values(undone_at=now, undone_by_id=member_id))).rowcount == 0:
        raise Abandoned(Refused(Reason.STALE))
    values = {name: getattr(row, name) for name in ("sig_id", "member_id", "scrap_id", "to_sig_id", "made_at", "until")}
    if refused := await revert(connection, Deed(row.act_id, ActKind(row.kind), values, post), now, member_id):
        raise Abandoned(refused)
    await note(connection, "act.undone", now, act_id=row.act_id)
    act_id: int = row.act_id
    return act_id
