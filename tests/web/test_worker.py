"""The worker's hour: what it tidies up beside the events that it consumes."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from storage.database import fetch_all
from storage.events import KEEP_DONE_FOR, list_waiting, note
from storage.tables import Event
from tests.cast import NOON
from tests.conftest import Stoa
from web import worker

_MOMENT = timedelta(seconds=1)


async def _names(stoa: Stoa) -> set[str]:
    async with stoa.database.reading() as connection:
        return {row.name for row in await fetch_all(connection, select(Event.c.name))}


@pytest.mark.parametrize(("now", "kept"), [(NOON + KEEP_DONE_FOR, {"done"}), (NOON + KEEP_DONE_FOR + _MOMENT, set())])
async def test_events_that_were_done_long_ago_are_forgotten(stoa: Stoa, now: datetime, kept: set[str]) -> None:
    async with stoa.database.writing() as connection:
        for name in ("done", "waits"):
            await note(connection, name, NOON)
        await connection.execute(update(Event).where(Event.c.name == "done").values(done_at=NOON))
    await worker._tidy_up(stoa.app.state.house, "test", now)
    assert await _names(stoa) & {"done", "waits"} == kept | {"waits"}


@pytest.mark.parametrize(
    ("events", "age", "rests"),
    [
        (worker.BURST, timedelta(), worker.BURST),
        (worker.BURST, timedelta(seconds=2), 0),
        (worker.BURST - 1, timedelta(), 0),
    ],
)
async def test_the_worker_leaves_people_room_while_much_is_written(
    stoa: Stoa, monkeypatch: pytest.MonkeyPatch, events: int, age: timedelta, rests: int
) -> None:
    house, rested = stoa.app.state.house, list[float]()
    async with stoa.database.writing() as connection:
        await connection.execute(delete(Event))
        for number in range(events):
            await note(connection, "nobody.consumes", NOON - timedelta(days=1) if number < events - 1 else NOON - age)

    async def rest(seconds: float) -> None:
        rested.append(seconds)

    monkeypatch.setattr("web.worker.asyncio.sleep", rest)
    assert await worker.work_once(house, "test")
    assert len(rested) == rests
    assert all(0 <= seconds <= worker.LONGEST_ROOM for seconds in rested)
    assert await list_waiting(stoa.database, NOON) == []
