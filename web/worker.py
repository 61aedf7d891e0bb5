"""The worker: consumes events, at least once, inside the server process or as `stoa worker` apart.

One process at a time holds the lease; each event is given to every consumer of its name, and one that fails is tried
again later. Consumers are idempotent and read what they need by the ids that the event carries.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import structlog

from storage.events import list_waiting, settle, take_lease
from storage.forgetting import forget_what_is_over
from storage.members.receipts import check_receipts
from storage.photos import sweep_files
from web import letters, uploads
from web.house import Consumer, House

log = structlog.get_logger()

LEASE_SECONDS = 30
REST_SECONDS = 0.5
FORGET_EVERY = timedelta(hours=1)

CONSUMERS: Mapping[str, tuple[Consumer, ...]] = {**letters.CONSUMERS, **uploads.CONSUMERS}
"""Who consumes which event."""


@asynccontextmanager
async def run_worker(house: House) -> AsyncIterator[None]:
    """Consume events beside the server, unless the settings leave it to a worker apart."""
    if not house.settings.worker:
        yield
        return
    task = asyncio.create_task(work_forever(house))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


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
    await sweep_files(house.database, house.files, now)
    await check_receipts(house.database, house.seal, now)


async def work_once(house: House, holder: str) -> bool:
    """One round; whether there was anything to do."""
    now = house.clock()
    waiting = await list_waiting(house.database, now)
    if not waiting or not await take_lease(house.database, "worker", holder, now, LEASE_SECONDS):
        return False
    done, failed = [], []
    for event in waiting:
        try:
            for consumer in CONSUMERS.get(event.name, ()):
                await consumer(house, event)
            done.append(event.event_id)
        except Exception:  # whatever a consumer meets, its event is tried again later
            log.exception("event failed", event_name=event.name, event_id=event.event_id)
            failed.append(event)
    await settle(house.database, done, failed, house.clock())
    return True
