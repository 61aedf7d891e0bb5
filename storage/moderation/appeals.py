"""The statement of an act, and the appeal against it: made once by the person concerned, decided by somebody else.

Granting an appeal undoes the act in the same transaction.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.limits import Action
from domain.moderation import (
    Actor,
    ActPage,
    AppealView,
    may_decide_appeal,
    problem_with_words,
    refuse_to_appeal,
)
from domain.refusals import Reason, Refused
from domain.visibility import STAFF, Viewer, may_see
from storage.database import Database, fetch_one
from storage.events import note
from storage.members.people import find_people
from storage.moderation.acts import Abandoned, find_act, take_back
from storage.moderation.items import About, Look, find_item
from storage.moderation.log import act_line, decides_about, may_undo
from storage.moderation.places import others_can_decide
from storage.tables import Act, Appeal
from storage.throttle import count_act

_MISSING = Refused(Reason.MISSING)


async def find_act_page(database: Database, viewer: Viewer, act_id: int, now: datetime) -> ActPage | None:
    """An act with its reason, for whom it concerns and for those who may undo it or decide about it."""
    if viewer.member_id is None:
        return None
    async with database.reading() as connection:
        found = await find_act(connection, viewer, act_id)
        if found is None:
            return None
        row, actor = found
        is_concerned = row.member_id == viewer.member_id
        appeal = await _find_appeal(connection, act_id)
        may_decide = await _may_decide(connection, viewer, found, appeal)
        if not (is_concerned or decides_about(row, actor) or may_decide):
            return None
        people = await find_people(connection, {row.actor_id, row.member_id, row.undone_by_id} - {None})
        item = await find_item(connection, About.of(row), Look(viewer)) if row.post_id or row.scrap_id else None
    appealing = refuse_to_appeal(viewer.member_id, row.member_id, row.made_at, row.undone_at, now)
    return ActPage(
        act=act_line(row, people, viewer, decides=True, may_undo=may_undo(row, actor) and not (appeal and may_decide)),
        sig_slug=row.slug if row.knows_sig else None,
        is_concerned=is_concerned,
        item=item,
        appeal=_appeal_view(appeal),
        may_appeal=appealing is None and appeal is None,
        may_decide=may_decide,
    )


async def _find_appeal(connection: AsyncConnection, act_id: int) -> Any:
    return await fetch_one(connection, select(Appeal.table).where(Appeal.c.act_id == act_id))


async def _may_decide(connection: AsyncConnection, viewer: Viewer, found: tuple[Any, Actor], appeal: Any) -> bool:
    if appeal is None or appeal.decided_at is not None:
        return False
    row, actor = found
    actor = replace(actor, is_staff=may_see(frozenset({STAFF}), viewer.ring))
    others = await others_can_decide(connection, row.act_id)
    return may_decide_appeal(actor, row.actor_id, row.member_id, others_can=others)


def _appeal_view(row: Any) -> AppealView | None:
    if row is None:
        return None
    return AppealView(
        words=row.words,
        made_at=row.made_at,
        is_granted=row.is_granted,
        answer=row.answer,
        decided_at=row.decided_at,
    )


async def appeal(database: Database, viewer: Viewer, act_id: int, words: str, now: datetime) -> Refused | None:
    """Ask for another decision, once; sent twice is once."""
    async with database.writing() as connection:
        found = await find_act(connection, viewer, act_id)
        if found is None:
            return _MISSING
        row, actor = found
        if refused := refuse_to_appeal(actor.member_id, row.member_id, row.made_at, row.undone_at, now):
            return refused
        if problem := problem_with_words(words):
            return Refused(Reason.INVALID, {"words": problem})
        await connection.execute(select(Act.c.act_id).where(Act.c.act_id == act_id).with_for_update(key_share=True))
        if await _find_appeal(connection, act_id) is not None:
            return None
        if refused := await count_act(connection, Action.APPEAL, actor.member_id, now):
            return refused
        values = {"act_id": act_id, "words": words.strip(), "made_at": now, "answer": ""}
        appeal_id = (await connection.execute(insert(Appeal).values(values).returning(Appeal.c.appeal_id))).scalar_one()
        await note(connection, "appeal.made", now, appeal_id=appeal_id)
    return None


async def decide_appeal(
    database: Database, viewer: Viewer, act_id: int, typed: tuple[bool, str], now: datetime
) -> Refused | None:
    """Grant an appeal, which undoes the act, or leave the act as it stands; with an answer to the person."""
    is_granted, answer = typed
    try:
        async with database.writing() as connection:
            found = await find_act(connection, viewer, act_id)
            waiting = await _find_appeal(connection, act_id)
            if found is None or not await _may_decide(connection, viewer, found, waiting):
                return _MISSING
            row, actor = found
            if problem := problem_with_words(answer):
                return Refused(Reason.INVALID, {"answer": problem})
            decided = {"decided_at": now, "decider_id": actor.member_id, "is_granted": is_granted}
            deciding = update(Appeal).where(Appeal.c.act_id == act_id, Appeal.c.decided_at.is_(None))
            deciding = deciding.values(decided | {"answer": answer.strip()}).returning(Appeal.c.appeal_id)
            appeal_id = await connection.scalar(deciding)
            if appeal_id is None:
                return Refused(Reason.STALE)
            if is_granted and row.undone_at is None:
                await take_back(connection, row, actor.member_id, now)
            await note(connection, "appeal.decided", now, appeal_id=appeal_id)
    except Abandoned as abandoned:
        return abandoned.refused
    return None
