"""Turns to write on SQLite: whoever comes first writes first, and short writes are kept together.

There is one writer, and what takes long is to make sure that a write is on the disk. So the short ones that wait for
it go into one transaction, each behind a savepoint of its own, and are told of their end when all of them are kept. One
that fails takes back what it did, and no more. Nobody acts on what the others of a group wrote before it is kept, not
even who failed: what they have seen may never have been.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncTransaction

from storage.one_hop import OneHopConnection
from storage.versions import count_up
from storage.write_lock import WriteLock

MOST_TOGETHER = 64
LONGEST_TOGETHER = 0.02
"""Seconds after which nobody joins a group any more: those who came first wait for the last."""


class TurnLost(RuntimeError):
    """There was no turn, or what was written in it is not kept; trying again is safe."""


def _later() -> asyncio.Future[Any]:
    return asyncio.get_running_loop().create_future()


@dataclass(slots=True, eq=False)
class _Turn:
    """`begun` gets the connection, `settled` what kept it from being kept, or None."""

    is_short: bool
    begun: asyncio.Future[AsyncConnection] = field(default_factory=_later)
    settled: asyncio.Future[Exception | None] = field(default_factory=_later)

    @property
    def has_begun(self) -> bool:
        """Whether it got the connection, be it that nobody is there any more to take it."""
        return self.begun.done() and not self.begun.cancelled() and self.begun.exception() is None

    def settle(self, error: Exception | None) -> None:
        """Tell whoever still listens."""
        if error is not None and not self.begun.done():
            self.begun.set_exception(error)
        elif not self.settled.done():
            self.settled.set_result(error)


class _Undone(Exception):
    """A transaction of one turn that failed."""


class _Group:
    """One transaction and the turns in it. Short ones run their statements in the event loop itself, which takes less
    than to call a thread; so nothing else comes between, while other processes wait for this one."""

    def __init__(self, connection: AsyncConnection, driver: OneHopConnection, waiting: deque[_Turn]) -> None:
        self._connection = connection
        self._driver = driver
        self._waiting = waiting
        self._until = asyncio.get_running_loop().time() + LONGEST_TOGETHER
        self._is_over = _later()
        self.turns: list[_Turn] = []

    async def run(self) -> None:
        """Give one turn after the other. Raises when nothing of the group may be kept."""
        try:
            self._go_on()
            await self._is_over
        finally:
            self._driver.is_direct = False

    def end(self, turn: _Turn, *, is_kept: bool) -> None:
        """A turn is over."""
        try:
            if turn.is_short:
                self._driver.end_savepoint(is_kept=is_kept)
            elif not is_kept:
                raise _Undone  # noqa: TRY301 -- ends the group, as other failures do
            self._go_on()
        except sqlite3.Error as error:  # what stood in the transaction is gone
            self._is_over.set_exception(TurnLost(str(error)))
        except _Undone as error:
            self._is_over.set_exception(error)

    def _go_on(self) -> None:
        turn = self._next()
        if turn is None:
            self._is_over.set_result(None)
            return
        self.turns.append(turn)
        self._driver.is_direct = turn.is_short
        if turn.is_short:
            self._driver.begin_savepoint()
        turn.begun.set_result(self._connection)

    def _next(self) -> _Turn | None:
        """Who is first in the queue, if they may join; who has gone away meanwhile is passed over."""
        while self._waiting and self._waiting[0].begun.done():
            self._waiting.popleft()
        if not self._waiting:
            return None
        if self.turns:
            is_full = len(self.turns) >= MOST_TOGETHER or asyncio.get_running_loop().time() > self._until
            if is_full or not (self._waiting[0].is_short and self.turns[0].is_short):
                return None
        return self._waiting.popleft()


class Turns:
    """The queue for the one writing connection of this process."""

    def __init__(self, engine: AsyncEngine, path: str, patience: float) -> None:
        self._engine = engine
        self._patience = patience
        self._lock = WriteLock(path)
        self._waiting: deque[_Turn] = deque()
        self._group: _Group | None = None
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def take(self, *, is_short: bool) -> AsyncIterator[AsyncConnection]:
        """A turn: all of it is kept when the block ends, nothing when it raises. Raises TurnLost."""
        turn = _Turn(is_short)
        connection = await self._begin(turn)
        try:
            yield connection
        except Exception:
            self._end(turn, is_kept=False)
            await _hear(turn)
            raise
        except BaseException:  # cancelled: nobody is there to hear
            self._end(turn, is_kept=False)
            raise
        self._end(turn, is_kept=True)
        await _hear(turn)

    async def _begin(self, turn: _Turn) -> AsyncConnection:
        self._waiting.append(turn)
        if self._task is None:
            # In a context of its own: it works for others than whoever comes first.
            self._task = asyncio.create_task(self._serve(), context=Context())
        try:
            async with asyncio.timeout(self._patience):
                return await turn.begun
        except (TimeoutError, asyncio.CancelledError) as error:
            if turn.has_begun:
                self._end(turn, is_kept=False)
            if isinstance(error, TimeoutError):
                raise TurnLost("others are writing") from error
            raise

    def _end(self, turn: _Turn, *, is_kept: bool) -> None:
        if self._group is not None and turn in self._group.turns:
            self._group.end(turn, is_kept=is_kept)

    async def _serve(self) -> None:
        """One group after the other, as long as anybody waits."""
        try:
            while self._waiting:
                await self._serve_group()
        finally:
            self._task = None

    async def _serve_group(self) -> None:
        taking_part: list[_Turn] = []
        error: Exception | None = None
        try:
            await self._lock.take()
            async with self._engine.connect() as connection, _transaction(connection, self._lock, self._patience):
                self._group = _Group(connection, _driver_of(connection), self._waiting)
                taking_part = self._group.turns
                await self._group.run()
                await count_up(connection)
        except _Undone:
            pass
        except Exception as failed:  # noqa: BLE001 -- it is theirs who took part
            error = failed
        finally:
            self._group = None
            self._lock.give_back()
        if error is not None and not taking_part and self._waiting:
            taking_part = [self._waiting.popleft()]
        for turn in taking_part:
            turn.settle(error)

    async def close(self) -> None:
        """Wait until what was begun has ended, but not for others."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=self._patience)
        self._lock.close()


@asynccontextmanager
async def _transaction(connection: AsyncConnection, lock: WriteLock, patience: float) -> AsyncIterator[None]:
    """A transaction, kept at the end. It begins in the loop itself, because nobody else should be writing; where
    somebody does who knows nothing of the lock, they are waited for."""
    driver = _driver_of(connection)
    driver.after_commit = lock.give_back
    until = asyncio.get_running_loop().time() + patience
    while (transaction := await _begin(connection, driver)) is None:
        if asyncio.get_running_loop().time() > until:
            raise TurnLost("another program is writing")
        await asyncio.sleep(0.005)
    try:
        yield
    except BaseException:
        await transaction.rollback()
        raise
    await transaction.commit()


async def _begin(connection: AsyncConnection, driver: OneHopConnection) -> AsyncTransaction | None:
    driver.is_direct = True
    try:
        return await connection.begin()
    except OperationalError as error:
        if "locked" not in str(error):
            raise
        return None
    finally:
        driver.is_direct = False


def _driver_of(connection: AsyncConnection) -> OneHopConnection:
    sync: Any = connection.sync_connection
    driver: OneHopConnection = sync.connection.driver_connection
    return driver


async def _hear(turn: _Turn) -> None:
    """Wait until the whole group is kept, also after a failure. Raises what kept it from that."""
    error = await turn.settled
    if error is not None:
        raise error
