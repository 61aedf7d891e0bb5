"""The worker: consumes events, at least once, inside the server process or as `stoa worker` apart.

One process at a time holds the lease; each event is given to every consumer of its name, and one that fails is tried
again later. Consumers are idempotent and read what they need by the ids that the event carries.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import structlog

from storage.events import Happened, find_latest, forget_done, list_waiting, settle, take_lease
from storage.forgetting import forget_what_is_over
from storage.members.receipts import check_receipts
from storage.photos import sweep_files
from storage.scraps.system import remind_of_check_ups
from storage.sigs.succession import relieve_absent_owners
from web import indexing, letters, notices, system_scraps, uploads
from web.house import Consumer, House
from web.postman import deliver_forever

log = structlog.get_logger()

LEASE_SECONDS = 30
REST_SECONDS = 0.5
BURST, ROOM, LONGEST_ROOM = 20, 3, 0.2
"""While so many events wait and more come, people get three times what each takes, at most so many seconds: what they
wait for comes before what nobody waits for, and one event takes as long as several replies. A round of a hundred still
ends before the lease does."""
FORGET_EVERY = timedelta(hours=1)


def _joined(*tables: Mapping[str, tuple[Consumer, ...]]) -> dict[str, tuple[Consumer, ...]]:
    """The consumers of each event from all of these tables, in their order."""
    names = dict.fromkeys(name for table in tables for name in table)
    return {name: tuple(consumer for table in tables for consumer in table.get(name, ())) for name in names}


CONSUMERS: Mapping[str, tuple[Consumer, ...]] = _joined(
    letters.CONSUMERS, uploads.CONSUMERS, notices.CONSUMERS, system_scraps.CONSUMERS, indexing.CONSUMERS
)
"""Who consumes which event."""


@asynccontextmanager
async def run_worker(house: House) -> AsyncIterator[None]:
    """Consume events and send mail beside the server, unless the settings leave it to a worker apart."""
    if not house.settings.worker:
        yield
        return
    tasks = [asyncio.create_task(work_forever(house)), asyncio.create_task(deliver_forever(house))]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def work_apart(house: House) -> None:
    """Consume events and send mail, in a process that does nothing else."""
    await asyncio.gather(work_forever(house), deliver_forever(house))


async def work_forever(house: House) -> None:
    """Consume what waits, rest, and so on. A failing round is logged and the next one tries again."""
    holder = secrets.token_hex(8)
    forgot_at: datetime | None = None
    while True:
        try:
            if forgot_at is None or house.clock() - forgot_at >= FORGET_EVERY:
                forgot_at = house.clock()
                await _tidy_up(house, holder, forgot_at)
            busy = await work_once(house, holder)
        except Exception:  # a round may fail for any reason; the worker must outlive it
            log.exception("worker round failed")
            busy = False
        if not busy:
            await asyncio.sleep(REST_SECONDS)


async def _tidy_up(house: House, holder: str, now: datetime) -> None:
    """What is done once an hour, by one process."""
    if not await take_lease(house.database, "hourly", holder, now, int(FORGET_EVERY.total_seconds()) // 2):
        return
    await forget_what_is_over(house.database, now)
    await forget_done(house.database, now)
    await sweep_files(house.database, house.files, now)
    await check_receipts(house.database, house.seal, now)
    await relieve_absent_owners(house.database, now)
    await remind_of_check_ups(house.database, now)


async def _is_burst(house: House, waiting: Sequence[Happened]) -> bool:
    """Whether much was written lately, in whichever process, and goes on."""
    if len(waiting) < BURST:
        return False
    latest = await find_latest(house.database)
    return latest is not None and house.clock() - latest < timedelta(seconds=1)


async def work_once(house: House, holder: str) -> bool:
    """One round; whether there was anything to do."""
    now = house.clock()
    waiting = await list_waiting(house.database, now)
    if not waiting or not await take_lease(house.database, "worker", holder, now, LEASE_SECONDS):
        return False
    is_burst = await _is_burst(house, waiting)
    done, failed = [], []
    for event in waiting:
        began = time.monotonic()
        try:
            for consumer in CONSUMERS.get(event.name, ()):
                await consumer(house, event)
            done.append(event.event_id)
        except Exception:  # whatever a consumer meets, its event is tried again later
            log.exception("event failed", event_name=event.name, event_id=event.event_id)
            failed.append(event)
        if is_burst:
            await asyncio.sleep(min(ROOM * (time.monotonic() - began), LONGEST_ROOM))
    await settle(house.database, done, failed, house.clock())
    return True
