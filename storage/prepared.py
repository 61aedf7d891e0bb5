"""Statements that are prepared once: the driver gets them as they are, without what SQLAlchemy does each time.

A statement that takes SQLite ten microseconds takes a hundred more around it, and on PostgreSQL three hundred. Worth it
for what is executed most; all else is executed as usual. The same is noted of both kinds.
"""

from collections import namedtuple
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Executable
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.compiler import SQLCompiler

from storage.database import Values, note_statement
from storage.driver_errors import as_elsewhere, errors_of, is_lost
from storage.one_hop import OneHopConnection
from storage.versions import note_touched

if TYPE_CHECKING:
    import asyncpg

Build = Callable[[str], Executable]
"""Builds a statement for the dialect of this name."""

_Convert = Callable[[Any], Any] | None


class _Compiled:
    """A statement as a driver takes it, and the way in and out for its values."""

    def __init__(self, statement: Any, dialect: Dialect, names: Sequence[str]) -> None:
        compiled: SQLCompiler = statement.compile(dialect=dialect, column_keys=list(names))
        self.sql = str(compiled)
        self._given = compiled.params  # what is written into the statement itself
        self._places = [(name, _writer_of(compiled.binds[name].type, dialect)) for name in compiled.positiontup or ()]
        columns = getattr(statement, "exported_columns", ())
        self._readers = [(at, read) for at, one in enumerate(columns) if (read := _reader_of(one.type, dialect))]
        self._row: Any = namedtuple("Row", [one.key for one in columns]) if columns else None

    def bind(self, values: Values) -> list[Any]:
        """The parameters in their order."""
        given = {**self._given, **values}
        return [write(given[name]) if write else given[name] for name, write in self._places]

    def rows(self, found: Sequence[Any]) -> list[Any]:
        """The rows as they are read; the ids that a driver tells by itself were not asked for."""
        if self._row is None:
            return []
        if not self._readers:
            return [self._row._make(row) for row in found]
        made = []
        for row in found:
            values = list(row)
            for at, read in self._readers:
                values[at] = read(values[at])
            made.append(self._row._make(values))
        return made


def _writer_of(kind: Any, dialect: Dialect) -> _Convert:
    convert: _Convert = kind.dialect_impl(dialect).bind_processor(dialect)
    return convert


def _reader_of(kind: Any, dialect: Dialect) -> _Convert:
    convert: _Convert = kind.dialect_impl(dialect).result_processor(dialect, None)
    return convert


async def _run_sqlite(driver: OneHopConnection, sql: str, given: list[Any]) -> Sequence[Any]:
    found, *_ = await driver.run(sql, given)
    return found


async def _run_postgresql(driver: "asyncpg.Connection", sql: str, given: list[Any]) -> Sequence[Any]:
    found: list[Any] = await driver.fetch(sql, *given)
    return found


_RUN: Final[dict[str, Callable[[Any, str, list[Any]], Awaitable[Sequence[Any]]]]] = {
    "sqlite": _run_sqlite,
    "postgresql": _run_postgresql,
}


class Prepared:
    """A statement by what builds it. It is always given the same names."""

    def __init__(self, build: Build) -> None:
        self._build = cache(build)
        self._compiled: dict[str, _Compiled] = {}
        self.cache_clear = self._forget  # by the name that every other statement has that is built once

    def _forget(self) -> None:
        self._build.cache_clear()
        self._compiled.clear()

    async def all(self, connection: AsyncConnection, values: Values) -> list[Any]:
        """Execute it; every row that it answers."""
        sync: Any = connection.sync_connection
        driver, dialect = sync.connection.driver_connection, connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _Compiled(self._build(dialect.name), dialect, sorted(values))
        note_statement(sync, None, compiled.sql)
        note_touched(sync, None, compiled.sql)
        try:
            return compiled.rows(await _RUN[dialect.name](driver, compiled.sql, compiled.bind(values)))
        except errors_of(dialect.name) as error:
            if dialect.name == "postgresql" and is_lost(driver, error):
                await connection.invalidate()
            raise as_elsewhere(compiled.sql, error) from error

    async def one(self, connection: AsyncConnection, values: Values) -> Any:
        """The first row, or None."""
        rows = await self.all(connection, values)
        return rows[0] if rows else None
