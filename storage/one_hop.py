"""SQLite in one hop a statement: executed, read to its end and closed in one go in the thread of its connection.

The driver as it comes makes four hops between loop and thread for that, and each of them costs more than a small
statement does.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import aiosqlite

_Done = tuple[list[Any], Any, int, int | None]
"""Rows, description, rowcount and lastrowid of a statement that is over."""


def _read_to_end(cursor: sqlite3.Cursor) -> _Done:
    try:
        rows = cursor.fetchall() if cursor.description else []
        return rows, cursor.description, cursor.rowcount, cursor.lastrowid
    finally:
        cursor.close()


class OneHopCursor:
    """What SQLAlchemy's adapter needs of a cursor; after `execute` it holds every row."""

    arraysize = 1

    def __init__(self, connection: "OneHopConnection") -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> "OneHopCursor":
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> "OneHopCursor":
        """Execute one statement, and read what it answers."""
        return self._take(await self._connection.run(sql, parameters))

    async def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> "OneHopCursor":
        """Execute one statement once for each of these."""
        return self._take(await self._connection.run_many(sql, parameters))

    def _take(self, done: _Done) -> "OneHopCursor":
        self._rows, self.description, self.rowcount, self.lastrowid = done
        return self

    async def fetchall(self) -> list[Any]:
        """Every row, once."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """There is nothing left to close."""


def _nothing() -> None:
    """What is done after a commit, as a rule."""


class OneHopConnection(aiosqlite.Connection):
    """A connection whose cursors make one hop, or none while it `is_direct`, for statements that take less than a hop.
    Its thread ends with the process, if nobody ends it before."""

    def __init__(self, connector: Callable[[], sqlite3.Connection], iter_chunk_size: int) -> None:
        super().__init__(connector, iter_chunk_size)
        self._thread.daemon = True
        self.is_direct = False
        self.after_commit: Callable[[], None] = _nothing

    def begin_savepoint(self) -> None:
        """From here on, `end_savepoint` can take back what is written. This takes no time worth a hop."""
        self._conn.execute("SAVEPOINT turn")

    def end_savepoint(self, *, is_kept: bool) -> None:
        """Keep what was written since, as far as the transaction is kept, or take it back."""
        if not is_kept:
            self._conn.execute("ROLLBACK TO turn")
        self._conn.execute("RELEASE turn")

    def cursor(self) -> OneHopCursor:  # type: ignore[override]  # awaited by nobody but the adapter, which enters it
        """A cursor for one statement."""
        return OneHopCursor(self)

    async def run(self, sql: str, parameters: Sequence[Any]) -> _Done:
        """One statement, whole."""
        return await self._hop(lambda: _read_to_end(self._conn.execute(sql, parameters)))

    async def run_many(self, sql: str, parameters: Iterable[Sequence[Any]]) -> _Done:
        """One statement for each of these parameters, whole."""
        return await self._hop(lambda: _read_to_end(self._conn.executemany(sql, parameters)))

    async def commit(self) -> None:
        """Keep what was written, and say so at once, in the same thread."""
        await self._execute(self._commit)  # type: ignore[no-untyped-call]  # the driver does not say

    def _commit(self) -> None:
        self._conn.commit()
        self.after_commit()

    async def _hop(self, work: Callable[[], _Done]) -> _Done:
        if self.is_direct:
            return work()
        done: _Done = await self._execute(work)  # type: ignore[no-untyped-call]  # the driver does not say
        return done


def connect(database: str, **options: Any) -> OneHopConnection:
    """A connection to this file, opened once it is awaited."""
    return OneHopConnection(lambda: sqlite3.connect(database, **options), iter_chunk_size=64)
