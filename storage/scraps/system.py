"""Scraps that Stoa leaves itself. They hold no text, only a topic: the words are the page's, in each language."""

from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Select, exists, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.exposure import CHECK_UP_EVERY
from domain.scraps import Scrap, ScrapKind, ScrapState, Topic, scrap_keys
from domain.sigs import Role
from storage.database import Database, fetch_all, insert_into
from storage.events import Happened, note
from storage.key_sets import intern_key_set
from storage.tables import Member, Membership, Moment
from storage.tables import Scrap as ScrapRow

_AT_ONCE = 100
"""Members who are reminded in one transaction."""


async def leave_system_scrap(
    connection: AsyncConnection, owner_id: int, topic: Topic, now: datetime, occasion: str = ""
) -> int | None:
    """Leave a member a scrap about this topic. One occasion leaves one, also once it was dismissed: it names what may
    come again, such as a year, and is empty for what comes once in a membership. None when it was left before."""
    scrap = Scrap(owner_id, None, ScrapKind.SYSTEM)
    mark = "\0".join((ScrapKind.SYSTEM, str(owner_id), topic, occasion))
    row = {
        "owner_id": owner_id,
        "kind": scrap.kind.value,
        "topic": topic.value,
        "body": "",
        "html": "",
        "is_private": False,
        "state": ScrapState.STANDING.value,
        "key_set_id": await intern_key_set(connection, scrap_keys(frozenset(), scrap)),
        "written_at": now,
        "submission": sha256(mark.encode()).hexdigest(),
    }
    leaving = insert_into(connection, ScrapRow).values(row).on_conflict_do_nothing(index_elements=["submission"])
    scrap_id: int | None = (await connection.execute(leaving.returning(ScrapRow.c.scrap_id))).scalar()
    if scrap_id is not None:
        await note(connection, "scrap.written", now, scrap_id=scrap_id)
    return scrap_id


async def remind_of_check_ups(database: Database, now: datetime) -> None:
    """Leave a scrap for everybody whose yearly check-up is due: one for each time that it falls due, also where it was
    dismissed. Who has never gone through one was asked on joining, and is asked again a year after."""
    is_more = True
    while is_more:
        async with database.writing() as connection:
            rows = await fetch_all(connection, _due(now))
            for row in rows:
                await leave_system_scrap(connection, row.member_id, Topic.CHECK_UP, now, row.since.isoformat())
        is_more = len(rows) == _AT_ONCE


def _due(now: datetime) -> Select[Any]:
    """SQL: members whose check-up, or joining, is a year past and who have not been reminded since."""
    since = func.coalesce(Member.c.checked_up_at, Member.c.joined_at, type_=Member.c.joined_at.type)
    reminded = exists(
        select(1).where(
            ScrapRow.c.owner_id == Member.c.member_id,
            ScrapRow.c.topic == Topic.CHECK_UP.value,
            ScrapRow.c.written_at > since,
        )
    )
    overdue = since < literal(now - CHECK_UP_EVERY, Moment())
    statement = select(Member.c.member_id, since.label("since")).where(Member.c.in_good_standing, overdue, ~reminded)
    return statement.order_by(Member.c.member_id).limit(_AT_ONCE)


async def tell_of_succession(database: Database, succession: Happened, now: datetime) -> None:
    """Leave a scrap for who owns a SIG since this event, and for those who owned it before, where they are still here:
    in the SIG, where they may be suspended or away, or at least a member in good standing."""
    sig_id, heir_id, former_id = (succession.ids.get(name) for name in ("sig_id", "member_id", "former_id"))
    owners = select(Membership.c.member_id).where(Membership.c.sig_id == sig_id, Membership.c.role == Role.OWNER)
    former = select(Member.c.member_id).where(Member.c.member_id == former_id, Member.c.in_good_standing)
    async with database.writing() as connection:
        told = {heir_id, *(row.member_id for row in await fetch_all(connection, owners.union(former)))}
        for member_id in sorted(one for one in told if one is not None):
            occasion = f"{sig_id}-{succession.event_id}"
            await leave_system_scrap(connection, member_id, Topic.SIG_HANDED_OVER, now, occasion)
