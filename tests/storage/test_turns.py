"""Turns to write: what waits is kept together and in order, each by itself, and nobody hears of what is not kept."""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import turns
from storage.database import MOST_WRITES, Busy, Database, fetch_all
from storage.events import note
from storage.forum.commands import Draft, Written, write_reply
from storage.tables import Event, Post, Thread
from tests.cast import NOON, World

TOP = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A group waits for nobody, but on a busy machine it may take its time."""
    monkeypatch.setattr(turns, "LONGEST_TOGETHER", 60.0)


def _commits(database: Database) -> list[object]:
    counted: list[object] = []
    event.listen(database._writer.sync_engine, "commit", counted.append)
    return counted


async def _names(database: Database) -> list[str]:
    async with database.reading() as connection:
        return [row.name for row in await fetch_all(connection, select(Event.c.name).order_by(Event.c.event_id))]


async def _write(database: Database, name: str, *, is_short: bool = True) -> None:
    async with database.writing(is_short=is_short) as connection:
        await note(connection, name, NOON)


async def _write_and_fail(database: Database, name: str, *, is_short: bool = True) -> None:
    async with database.writing(is_short=is_short) as connection:
        await note(connection, name, NOON)
        raise ZeroDivisionError


@asynccontextmanager
async def _held(database: Database) -> AsyncIterator[AsyncConnection]:
    """A turn that lasts, so that others wait for its end."""
    async with database.writing() as connection:
        yield connection


async def test_what_waits_is_kept_together(database: Database) -> None:
    commits = _commits(database)
    names = [f"n{number:02}" for number in range(30)]
    await asyncio.gather(*(_write(database, name) for name in names))
    assert sorted(await _names(database)) == names
    if database.is_sqlite:
        assert await _names(database) == names, "in the order in which they came"
        assert len(commits) == 1


async def test_a_group_has_an_end(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "MOST_TOGETHER", 10)
    commits = _commits(database)
    await asyncio.gather(*(_write(database, f"n{number}") for number in range(30)))
    assert len(commits) == (3 if database.is_sqlite else 30)
    monkeypatch.setattr(turns, "LONGEST_TOGETHER", -1.0)
    await asyncio.gather(*(_write(database, f"n{number}") for number in range(30, 34)))
    assert len(commits) == (7 if database.is_sqlite else 34), "whoever came too late for one is first in the next"


async def test_one_that_fails_takes_nobody_with_it(database: Database) -> None:
    commits = _commits(database)
    one, two, three = await asyncio.gather(
        _write(database, "one"), _write_and_fail(database, "two"), _write(database, "three"), return_exceptions=True
    )
    assert one is three is None
    assert isinstance(two, ZeroDivisionError)
    assert sorted(await _names(database)) == ["one", "three"]
    assert len(commits) == (1 if database.is_sqlite else 2)


async def test_what_takes_long_is_alone(database: Database) -> None:
    commits = _commits(database)
    done = await asyncio.gather(
        _write(database, "one"),
        _write(database, "two", is_short=False),
        _write_and_fail(database, "three", is_short=False),
        _write(database, "four"),
        _write(database, "five"),
        return_exceptions=True,
    )
    assert [type(each) for each in done] == [type(None), type(None), ZeroDivisionError, type(None), type(None)]
    assert sorted(await _names(database)) == ["five", "four", "one", "two"]
    assert len(commits) == (3 if database.is_sqlite else 4)


async def test_nobody_hears_of_what_is_not_kept(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even who failed: they may have failed for what another wrote, such as the same form sent before."""
    if not database.is_sqlite:
        return  # there each stands alone

    async def fail(_connection: AsyncConnection) -> None:
        raise MemoryError

    monkeypatch.setattr(turns, "count_up", fail)
    done = await asyncio.gather(_write(database, "one"), _write_and_fail(database, "two"), return_exceptions=True)
    assert [type(each) for each in done] == [MemoryError, MemoryError]
    monkeypatch.undo()
    await _write(database, "three")
    assert await _names(database) == ["three"]


async def test_a_doubled_form_is_not_acknowledged_before_the_first_is_kept(
    database: Database, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[bool] = []
    event.listen(database._writer.sync_engine, "commit", lambda _connection: kept.append(True))

    async def send() -> tuple[object, int]:
        draft = Draft(body="Once", submission="same")
        written = await write_reply(database, world["joost"].viewer, world.public_thread.thread_id, draft, NOON)
        return written, len(kept)

    (one, before), (two, after) = await asyncio.gather(send(), send())
    assert isinstance(one, Written)
    assert one == two
    assert min(before, after) > 0


@pytest.mark.parametrize("is_short", [True, False])
async def test_one_that_is_cancelled_in_its_turn_leaves_nothing(database: Database, is_short: bool) -> None:
    begun = asyncio.Event()

    async def dawdle() -> None:
        async with database.writing(is_short=is_short) as connection:
            await note(connection, "left", NOON)
            begun.set()
            await asyncio.sleep(60)

    leaving = asyncio.create_task(dawdle())
    await begun.wait()
    others = [asyncio.create_task(_write(database, name)) for name in ("one", "two")]
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.wait_for(asyncio.gather(*others), 5)
    assert leaving.cancelled()
    assert sorted(await _names(database)) == ["one", "two"]
    assert database._writes == 0


async def test_one_that_is_cancelled_while_it_waits_holds_nobody_up(database: Database) -> None:
    waiting = [asyncio.create_task(_write(database, f"n{number}")) for number in range(20)]
    async with _held(database):
        await asyncio.sleep(0.01)
        for task in waiting[::2]:
            task.cancel()
    await asyncio.wait_for(asyncio.wait(waiting), 5)
    left = {name for task, name in zip(waiting, (f"n{number}" for number in range(20)), strict=True) if task.done()}
    assert set(await _names(database)) <= left
    assert {f"n{number}" for number in range(1, 20, 2)} <= set(await _names(database))
    await _write(database, "after")
    assert database._writes == 0


async def test_one_that_is_cancelled_as_its_turn_begins_holds_nobody_up(database: Database) -> None:
    holding = database.writing(is_short=True)
    assert await holding.__aenter__() is not None
    leaving, staying = (asyncio.create_task(_write(database, name)) for name in ("left", "stayed"))
    await asyncio.sleep(0.01)
    ending = asyncio.create_task(holding.__aexit__(None, None, None))
    asyncio.get_running_loop().call_soon(leaving.cancel)  # behind the end, which gives it its turn, and before it wakes
    await asyncio.wait_for(asyncio.wait([ending, staying, leaving]), 5)
    assert staying.exception() is None
    if database.is_sqlite:
        assert leaving.cancelled()
        assert await _names(database) == ["stayed"]


async def test_random_disconnects_leave_whole_writes_and_no_wedge(database: Database, world: World) -> None:
    """Each task is cancelled after another number of steps: before, in and behind its turn."""
    thread_id, viewer = world.public_thread.thread_id, world["joost"].viewer

    async def leave_after(steps: int) -> None:
        draft = Draft(body=f"Said {steps}.", submission=f"left-{steps}")
        writing = asyncio.create_task(write_reply(database, viewer, thread_id, draft, NOON))
        for _ in range(steps):
            await asyncio.sleep(0)
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing

    await asyncio.wait_for(asyncio.gather(*(leave_after(steps) for steps in range(40))), 30)
    written = await write_reply(database, viewer, thread_id, Draft(body="Last.", submission="last"), NOON)
    assert isinstance(written, Written)
    async with database.reading() as connection:
        posts = await fetch_all(
            connection, select(Post.c.number).where(Post.c.thread_id == thread_id).order_by(Post.c.number)
        )
        count = (await fetch_all(connection, select(Thread.c.post_count).where(Thread.c.thread_id == thread_id)))[0]
    assert [row.number for row in posts] == list(range(1, len(posts) + 1))
    assert count.post_count == len(posts)


async def test_who_comes_when_too_many_wait_is_asked_to_come_again(database: Database) -> None:
    async with _held(database):
        waiting = [asyncio.create_task(_write(database, f"n{number}")) for number in range(MOST_WRITES - 1)]
        await asyncio.sleep(0)
        with pytest.raises(Busy, match="too many"):
            await asyncio.wait_for(_write(database, "one too many"), 1)
    await asyncio.gather(*waiting)
    await _write(database, "later")
    assert len(await _names(database)) == MOST_WRITES


async def test_nobody_waits_for_ever(database: Database) -> None:
    if not database.is_sqlite:
        return  # eight may write at once; the pool's own patience is the library's
    assert database._turns is not None
    database._turns._patience = 0.1
    async with _held(database):
        with pytest.raises(Busy, match="others are writing"):
            await asyncio.wait_for(_write(database, "impatient"), 5)
    database._turns._patience = 5
    await _write(database, "later")
    assert await _names(database) == ["later"]


async def test_a_program_that_knows_nothing_of_turns_is_waited_for(database: Database) -> None:
    if not database.is_sqlite:
        return  # nothing there is held whole
    await _write(database, "before")
    other = sqlite3.connect(str(database.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(_write(database, "during"))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    other.execute("COMMIT")
    await asyncio.wait_for(waiting, 5)
    other.execute("BEGIN IMMEDIATE")
    assert database._turns is not None
    database._turns._patience = 0.1
    with pytest.raises(Busy):
        await asyncio.wait_for(_write(database, "never"), 5)
    other.execute("COMMIT")
    other.close()
    await _write(database, "after")
    assert await _names(database) == ["before", "during", "after"]


async def test_two_doors_to_one_database_take_turns(database: Database) -> None:
    other = Database(database.url)

    async def write_on(door: Database, name: str) -> None:
        for number in range(20):
            await _write(door, f"{name}{number}")

    await asyncio.wait_for(asyncio.gather(write_on(database, "a"), write_on(other, "b")), 30)
    await other.close()
    names = await _names(database)
    assert len(names) == 40
    if database.is_sqlite:
        assert 5 < sum(name.startswith("a") for name in names[:20]) < 15


WRITE_ON = """
import asyncio, sys, time
from storage.database import Database
from storage.events import note
from tests.cast import NOON

async def write(database, until):
    count = 0
    while time.monotonic() < until:
        async with database.writing(is_short=True) as connection:
            await note(connection, sys.argv[2], NOON)
        count += 1
    return count

async def main():
    database = Database(sys.argv[1])
    async with database.writing(is_short=True) as connection:
        await note(connection, "ready", NOON)
    print("ready", flush=True)
    sys.stdin.readline()
    until = time.monotonic() + 2
    counts = await asyncio.gather(*(write(database, until) for _ in range(8)))
    await database.close()
    print(sum(counts))

asyncio.run(main())
"""


def _start(url: str, name: str) -> Popen[str]:
    return Popen([sys.executable, "-c", WRITE_ON, url, name], cwd=TOP, stdin=PIPE, stdout=PIPE, text=True)


async def test_two_processes_both_get_on(database: Database, database_url: str) -> None:
    started = [_start(database_url, name) for name in ("a", "b")]
    for process in started:
        assert process.stdout is not None
        assert await asyncio.to_thread(process.stdout.readline) == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    told = [(await asyncio.to_thread(process.communicate))[0] for process in started]
    counts = [int(text) for text in told]
    names = await _names(database)
    assert [names.count("a"), names.count("b")] == counts, "what was acknowledged is there, once"
    assert min(counts) >= 0.3 * sum(counts), counts
