"""How often what is stored has changed, so that a process knows at once whether what it keeps in mind still holds.

Every writing transaction counts up the scopes that its statements touch, in the same transaction and as its last
statement, so that nobody waits for the row longer than for a commit. What is not known to leave a scope alone counts
as touching it. A version that was read before something else was read stands for it as long as it is the newest.
"""

import asyncio
import re
import sqlite3
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

TOUCHED = "touched"
"""Where a writing connection notes the scopes that it has touched."""


class Version(NamedTuple):
    """How often each scope has changed: `people` is all that sessions, rings and profiles are made of, `talk` is what
    is said and what is told of it."""

    people: int
    talk: int


Scopes = frozenset[str]

_ALL: Final[Scopes] = frozenset(Version._fields)
_NONE: Final[Scopes] = frozenset()
_TALK: Final[Scopes] = frozenset({"talk"})
_PEOPLE: Final[Scopes] = frozenset({"people"})

SCOPES: Final[dict[str, Scopes]] = {
    "attempt_counts": _NONE,
    "document_words": _NONE,  # only searches read what is indexed, and no search is kept
    "documents": _NONE,
    "events": _NONE,
    "key_set_keys": _NONE,  # sets never change, and a new one stands on nothing yet
    "key_sets": _NONE,
    "known_browsers": _NONE,
    "leases": _NONE,
    "thread_reads": _NONE,
    "version_counts": _NONE,
    "remembered_browsers": _NONE,
    "sessions": _PEOPLE,
    "mail_tokens": _TALK,
    "mentions": _TALK,
    "notices": _TALK,
    "participants": _TALK,
    "posts": _TALK,
    "registrations": _TALK,
    "scraps": _TALK,
    "tags": _TALK,
    "thread_tags": _TALK,
    "threads": _TALK,
}
"""Which scopes a write to a table touches; to any other table, all of them."""

COLUMNS: Final[dict[str, dict[str, Scopes]]] = {
    "members": {"seen_at": _NONE},
    "sessions": {"seen_at": _NONE},
    "sigs": {"thread_count": _TALK, "post_count": _TALK, "last_post_at": _TALK},
}
"""Which scopes the change of a column touches, where that is less than its table. When somebody was seen is written
while people only read: who keeps it in mind looks at its age instead."""

_WRITE = re.compile(r"\s*(INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM) +\"?(\w+)")
_READ = re.compile(r"\s*(SELECT|BEGIN|SAVEPOINT|RELEASE|ROLLBACK|PRAGMA|SET|LOCK)\b")
_VALUE = r"(?:\?|\$\d+(?:::\w+)?)"
_CHANGE = rf"(\w+)=(?:{_VALUE}|\(\w+\.\w+ [+-] {_VALUE}\))"
_COLUMN = re.compile(_CHANGE)
_PLAIN_UPDATE = re.compile(rf"\s*UPDATE \w+ SET ({_CHANGE}(?:, {_CHANGE})*) +WHERE ")  # noqa: S608 -- it reads SQL
"""An update of columns to given values or by given amounts, and no more than that."""


@lru_cache(maxsize=1024)
def scopes_of(statement: str) -> Scopes:
    """The scopes that a statement touches."""
    if _READ.match(statement):
        return _NONE
    written = _WRITE.match(statement)
    if written is None:
        return _ALL
    of_table, of_columns = SCOPES.get(written[2], _ALL), COLUMNS.get(written[2], {})
    changed = _PLAIN_UPDATE.match(statement)
    columns = _COLUMN.findall(changed[1]) if changed else ()
    return _NONE.union(*(of_columns.get(column, of_table) for column in columns)) if columns else of_table


def note_touched(connection: Any, _cursor: object, statement: str, *_rest: object) -> None:
    """Note what a statement of a writing connection touches."""
    connection.info[TOUCHED] = connection.info.get(TOUCHED, _NONE) | scopes_of(statement)


def touch_nothing(connection: Any) -> None:
    """A transaction begins: nothing is touched yet."""
    connection.info[TOUCHED] = _NONE


class UnknownVersion(RuntimeError):
    """The row of version counts is missing, so nobody would learn of a write."""


def counting(connection: AsyncConnection) -> str | None:
    """SQL: count up what this transaction has touched, the last thing that it does; None where it is nothing."""
    sync = connection.sync_connection
    touched = sorted(sync.info.get(TOUCHED, _NONE)) if sync else []
    changes = ", ".join(f"{scope} = {scope} + 1" for scope in touched)
    return f"UPDATE version_counts SET {changes}" if touched else None  # noqa: S608 -- words of ours


async def count_up(connection: AsyncConnection) -> None:
    """Count up what this transaction has touched. Raises UnknownVersion."""
    sql = counting(connection)
    if sql is not None and (await connection.execute(_text(sql))).rowcount != 1:
        raise UnknownVersion


_text = cache(text)


_COUNTS = "SELECT people, talk FROM version_counts"


class SqliteVersions:
    """The newest version, read in the process itself: SQLite says without a statement whether anything was committed
    since, and then the counts are one small row."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._commits: int | None = None
        self._version: Version | None = None

    async def read(self) -> Version | None:
        """The newest version; None when it cannot be told, so that nothing that was kept holds."""
        try:
            return self._read()
        except sqlite3.OperationalError:  # no such table yet, or a lock in the way
            self._commits = None
            return None

    def _read(self) -> Version | None:
        connection = self._connection = self._connection or self._connect()
        (commits,) = connection.execute("PRAGMA data_version").fetchone()
        if commits != self._commits:
            counts = connection.execute(_COUNTS).fetchone()
            self._version = Version(*counts) if counts else None
            self._commits = commits
        return self._version

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=0, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA query_only=ON")
        return connection

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = self._commits = None


Reading = Callable[[], AbstractAsyncContextManager[AsyncConnection]]


class PostgresVersions:
    """The newest version, asked of the server: requests that ask at the same time share one statement, but never one
    that was sent before they asked."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._running: asyncio.Task[Version | None] | None = None
        self._next: asyncio.Task[Version | None] | None = None

    async def read(self) -> Version | None:
        """The newest version; None when there is none."""
        if self._running is None:
            task = self._running = asyncio.create_task(self._ask())
        elif self._next is None:
            task = self._next = asyncio.create_task(self._ask(after=self._running))
        else:
            task = self._next
        return await asyncio.shield(task)

    async def _ask(self, after: "asyncio.Task[Version | None] | None" = None) -> Version | None:
        if after is not None:
            await asyncio.wait([after])
            self._running, self._next = self._next, None
        try:
            async with self._reading() as connection:
                counts = (await connection.execute(text(_COUNTS))).first()
                return Version(*counts) if counts else None
        finally:
            if self._next is None:
                self._running = None

    def close(self) -> None:
        """Nothing is held."""
