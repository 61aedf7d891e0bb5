"""Connections to SQLite or PostgreSQL: many readers, one queue of writers, and the settings that keep data whole.

On SQLite a write begins IMMEDIATE on the one writing connection of the process, which alone checkpoints; readers are
`query_only`. `synchronous=FULL`: what was acknowledged is on the disk. Reads run in autocommit on both engines.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Executable, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from storage.driver_errors import forget_values
from storage.memory import MOST_PAGES, Memory
from storage.one_hop import connect
from storage.transactions import transaction
from storage.turns import TurnLost, Turns
from storage.versions import PostgresVersions, SqliteVersions, Version, note_touched, touch_nothing

READERS = 8
MOST_WRITES = 256
"""Writes that are there at the same time, nearly all of them waiting; who comes then is asked to try again."""
WRITER_PATIENCE = 5.0
"""Seconds that a write waits for its turn before the reader is asked to try again."""

statements_of_request: ContextVar[list[str] | None] = ContextVar("statements_of_request", default=None)
"""Where the statements of the current request are noted; None notes nothing."""


KEPT_SETS = "kept key sets"
"""Where the writing connections of a process keep the ids of the sets of keys that they have met, all in one place."""

STORED_SETS = "stored key sets"
"""Where a connection notes that its transaction has stored sets of keys, which may be taken back with it."""


_IN_THE_WAY = frozenset({"40P01", "40001", "55P03"})
"""PostgreSQL's deadlock, serialization failure and lock not available: whoever tries again gets through."""


class Busy(RuntimeError):
    """The database could not take a write in time; trying again is safe."""


class Database:
    """The door to the stored world. `reading` and `writing` give connections; nothing else does."""

    def __init__(self, url: str | URL) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        reading = {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None, "skip_autocommit_rollback": True}
        self._reader = self._engine(READERS, **reading)
        begun_here = {"pool_reset_on_return": None} if self.is_sqlite else reading
        self._writer = self._engine(1 if self.is_sqlite else READERS, **begun_here)
        self._writes = 0
        if self.is_sqlite:
            _prepare_sqlite(self._reader, _READER_PRAGMAS)
            _prepare_sqlite(self._writer, _WRITER_PRAGMAS)
            event.listen(self._writer.sync_engine, "begin", _begin_immediate)
        kept_sets: dict[str, int] = {}
        event.listen(self._writer.sync_engine, "connect", lambda _, record: record.info.update({KEPT_SETS: kept_sets}))
        event.listen(self._writer.sync_engine, "begin", touch_nothing)
        event.listen(self._writer.sync_engine, "begin", _store_nothing)
        event.listen(self._writer.sync_engine, "before_cursor_execute", note_touched)
        self._versions = SqliteVersions(str(self.url.database)) if self.is_sqlite else PostgresVersions(self.reading)
        self._turns = Turns(self._writer, str(self.url.database), WRITER_PATIENCE) if self.is_sqlite else None
        self.memory, self.pages = Memory(), Memory(MOST_PAGES)

    def _engine(self, size: int, **options: Any) -> AsyncEngine:
        engine = create_async_engine(
            self.url,
            connect_args={"async_creator_fn": connect} if self.is_sqlite else {},
            poolclass=AsyncAdaptedQueuePool,
            pool_size=size,
            pool_use_lifo=True,  # whoever was here last has its statements and pages at hand
            max_overflow=0,
            pool_timeout=WRITER_PATIENCE,
            hide_parameters=True,  # an error that is logged must not carry what people typed
            **options,
        )
        event.listen(engine.sync_engine, "before_cursor_execute", note_statement)
        event.listen(engine.sync_engine, "handle_error", lambda failed: forget_values(failed.original_exception))
        return engine

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection that only reads; each statement sees what is committed when it starts."""
        try:
            async with self._reader.connect() as connection:
                yield connection
        except PoolTimeout as error:
            raise Busy("every reader is taken") from error

    @asynccontextmanager
    async def writing(self, *, is_short: bool = False) -> AsyncIterator[AsyncConnection]:
        """A transaction: all of it is kept when the block ends, nothing when it raises. Raises Busy.

        One that `is_short` finds and changes a few rows by their keys, and waits for nothing else. SQLite keeps several
        of those together.
        """
        if self._writes >= MOST_WRITES:
            raise Busy("too many are writing")
        self._writes += 1
        try:
            async with self._turn(is_short=is_short) as connection:
                yield connection
        except PoolTimeout as error:
            raise Busy("every writer is taken") from error
        except TurnLost as error:
            raise Busy(str(error)) from error
        except OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                raise Busy("another process is writing") from error
            raise
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) in _IN_THE_WAY:
                raise Busy("another transaction was in the way") from error
            raise
        finally:
            self._writes -= 1

    def _turn(self, *, is_short: bool) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._turns.take(is_short=is_short) if self._turns else transaction(self._writer, note_statement)

    async def version(self) -> Version | None:
        """The newest version of what is stored: what `memory` was told of with it holds. None where it is unknown, also
        because the database does not answer: whoever asks it for more will hear that."""
        try:
            return await self._versions.read()
        except (Busy, DBAPIError, OSError):
            return None

    async def close(self) -> None:
        """Give every connection back."""
        self._versions.close()
        await self._reader.dispose()
        if self._turns:
            await self._turns.close()
        await self._writer.dispose()


Values = Mapping[str, Any]
"""What is given to the parameters of a statement that was built once."""


async def fetch_all(connection: AsyncConnection, statement: Executable, values: Values | None = None) -> list[Any]:
    """Every row of a statement."""
    return list((await connection.execute(statement, values)).all())


async def fetch_one(connection: AsyncConnection, statement: Executable, values: Values | None = None) -> Any:
    """The first row of a statement, or None."""
    return (await connection.execute(statement, values)).first()


INSERTS: Mapping[str, Callable[[Any], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
"""The insert of each dialect, for statements that are built once for each."""


def insert_into(connection: AsyncConnection, table: Any) -> Any:
    """An insert in the dialect of this connection, for `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return INSERTS[connection.dialect.name](table)


_READER_CACHE = 256
"""KiB of pages that a reading connection of SQLite keeps of its own. Each commit empties it, and the system keeps the
file's pages anyway."""

_READER_PRAGMAS = ("journal_mode=WAL", "query_only=ON", "wal_autocheckpoint=0", f"cache_size=-{_READER_CACHE}")
_WRITER_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=0")


def _prepare_sqlite(engine: AsyncEngine, pragmas: tuple[str, ...]) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (f"busy_timeout={int(WRITER_PATIENCE * 1000)}", *pragmas):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _store_nothing(connection: Any) -> None:
    connection.info[STORED_SETS] = False


def note_statement(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
    noted = statements_of_request.get()
    if noted is not None and not statement.startswith("BEGIN"):
        noted.append(statement)
