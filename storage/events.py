"""Events: each write notes what happened in its own transaction; everything that is not the write consumes them.

A transactional outbox: at least once, so consumers are idempotent. Events carry ids, never text.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database, fetch_all, fetch_one, insert_into
from storage.prepared import Prepared
from storage.tables import Event, Lease

MOST_ATTEMPTS: Final = 40
LONGEST_DELAY: Final = timedelta(hours=2)
KEEP_DONE_FOR: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Happened:
    """One event: its name, the ids it carries, how often a consumer has failed on it, and when it happened."""

    event_id: int
    name: str
    ids: dict[str, int]
    attempts: int
    happened_at: datetime


_NOTING = Prepared(lambda _dialect: insert(Event.table))


async def note(connection: AsyncConnection, name: str, now: datetime, **ids: int) -> None:
    """Append an event to the transaction that it tells of."""
    row = {"name": name, "ids": json.dumps(ids), "happened_at": now, "next_try_at": now, "attempts": 0}
    await _NOTING.all(connection, row)


async def note_each(connection: AsyncConnection, name: str, now: datetime, ids: Sequence[dict[str, int]]) -> None:
    """Append an event of this name for each of these, in one statement."""
    row = {"name": name, "happened_at": now, "next_try_at": now, "attempts": 0}
    await connection.execute(insert(Event), [{**row, "ids": json.dumps(one)} for one in ids])


async def list_waiting(database: Database, now: datetime, limit: int = 100) -> list[Happened]:
    """The oldest events that are due."""
    statement = (
        select(Event.c.event_id, Event.c.name, Event.c.ids, Event.c.attempts, Event.c.happened_at)
        .where(Event.c.done_at.is_(None), Event.c.next_try_at <= now)
        .order_by(Event.c.event_id)
        .limit(limit)
    )
    async with database.reading() as connection:
        rows = await fetch_all(connection, statement)
    return [Happened(row.event_id, row.name, json.loads(row.ids), row.attempts, row.happened_at) for row in rows]


async def find_latest(database: Database) -> datetime | None:
    """When the latest event happened."""
    latest = select(Event.c.happened_at).order_by(Event.c.event_id.desc()).limit(1)
    async with database.reading() as connection:
        row = await fetch_one(connection, latest)
    return row.happened_at if row else None


async def settle(database: Database, done: Sequence[int], failed: Sequence[Happened], now: datetime) -> None:
    """Mark what was consumed, and put off what failed: twice as long each time, up to `LONGEST_DELAY`."""
    async with database.writing(is_short=True) as connection:
        if done:
            await connection.execute(update(Event).where(Event.c.event_id.in_(done)).values(done_at=now))
        for event in failed:
            delay = min(timedelta(seconds=2**event.attempts), LONGEST_DELAY)
            values = {"attempts": event.attempts + 1, "next_try_at": now + delay}
            if event.attempts + 1 >= MOST_ATTEMPTS:
                values["done_at"] = now
            await connection.execute(update(Event).where(Event.c.event_id == event.event_id).values(values))


async def forget_done(database: Database, now: datetime) -> None:
    """Delete events that were consumed long ago."""
    async with database.writing() as connection:
        await connection.execute(delete(Event).where(Event.c.done_at < now - KEEP_DONE_FOR))


async def take_lease(database: Database, name: str, holder: str, now: datetime, seconds: int) -> bool:
    """Whether this process may do the job for the next so many seconds; the holder may renew."""
    until = now + timedelta(seconds=seconds)
    async with database.writing(is_short=True) as connection:
        taking = insert_into(connection, Lease).values(name=name, holder=holder, expires_at=until)
        statement = taking.on_conflict_do_update(
            index_elements=["name"],
            set_={"holder": holder, "expires_at": until},
            where=or_(Lease.c.holder == holder, Lease.c.expires_at < now),
        ).returning(Lease.c.holder)
        return (await connection.execute(statement)).first() is not None
