"""The right to write among processes: one at a time, in turn, and free again when its holder is gone."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.write_lock import WriteLock


@pytest.fixture
async def locks(tmp_path: Path) -> AsyncIterator[tuple[WriteLock, WriteLock]]:
    """Two locks of one database, as two processes have them."""
    both = WriteLock(str(tmp_path / "stoa.db")), WriteLock(str(tmp_path / "stoa.db"))
    yield both
    for lock in both:
        lock.close()


async def test_nobody_writes_twice_in_a_row_while_another_waits(locks: tuple[WriteLock, WriteLock]) -> None:
    one, other = locks
    await one.take()
    for _ in range(30):
        waiting = asyncio.create_task(other.take())
        await asyncio.sleep(0.01)
        assert not waiting.done()
        one.give_back()
        again = asyncio.create_task(one.take())
        await asyncio.wait_for(waiting, 5)
        await asyncio.sleep(0.01)
        assert not again.done()
        one, other, waiting = other, one, again
        one.give_back()
        await asyncio.wait_for(again, 5)
        one, other = other, one


async def test_it_is_handed_on_at_once(locks: tuple[WriteLock, WriteLock]) -> None:
    """Within the milliseconds that a thread needs, also on a busy machine; nobody sleeps and looks again."""
    one, other = locks
    took: list[float] = []
    for _ in range(20):
        await one.take()
        waiting = asyncio.create_task(other.take())
        await asyncio.sleep(0.02)
        began = asyncio.get_running_loop().time()
        one.give_back()
        await asyncio.wait_for(waiting, 5)
        took.append(asyncio.get_running_loop().time() - began)
        other.give_back()
    assert min(took) < 0.004


async def test_who_is_gone_holds_nothing(locks: tuple[WriteLock, WriteLock]) -> None:
    one, other = locks
    await one.take()
    waiting = asyncio.create_task(other.take())
    await asyncio.sleep(0.01)
    one.close()
    await asyncio.wait_for(waiting, 5)
    other.give_back()
    await asyncio.wait_for(one.take(), 5)


async def test_to_give_back_what_one_has_not_takes_it_from_nobody(locks: tuple[WriteLock, WriteLock]) -> None:
    one, other = locks
    await one.take()
    other.give_back()
    waiting = asyncio.create_task(other.take())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    one.give_back()
    await asyncio.wait_for(waiting, 5)
