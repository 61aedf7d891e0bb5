"""Transactions on PostgreSQL, begun and ended here: the last statement of one and its end go to the server together.

Every write counts up the one row of versions, and holds it until its transaction ends. Were the end sent only when the
answer to the count has come, all others would wait for as long as this process is busy with something else.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.driver_errors import as_elsewhere, errors_of, is_lost
from storage.versions import UnknownVersion, counting

if TYPE_CHECKING:
    import asyncpg

Note = Callable[[object, object, str], None]
"""Is told of a statement that SQLAlchemy does not see."""


class NotKept(RuntimeError):
    """A statement had failed and nobody heard of it, so the server took everything back."""


_DIVISION_BY_ZERO = "22012"


@asynccontextmanager
async def transaction(engine: AsyncEngine, note: Note) -> AsyncIterator[AsyncConnection]:
    """All of it is kept when the block ends, nothing when it raises. The engine leaves transactions alone. Raises
    UnknownVersion, and DBAPIError."""
    async with engine.begin() as connection:
        try:
            await connection.exec_driver_sql("BEGIN")
            yield connection
            await _keep(connection, note)
        except BaseException:
            await asyncio.shield(_take_back(connection))
            raise


async def _keep(connection: AsyncConnection, note: Note) -> None:
    """Count up, which fails where there is nothing to count, and keep everything."""
    update, sql = counting(connection), "COMMIT"
    if update is not None:
        note(connection, None, update)
        sql = f"WITH counted AS ({update} RETURNING 1) SELECT 1 / count(*) FROM counted; COMMIT"  # noqa: S608 -- words of ours
    driver = _driver_of(connection)
    try:
        done = await driver.execute(sql)
    except errors_of("postgresql") as error:
        if getattr(error, "sqlstate", None) == _DIVISION_BY_ZERO:
            raise UnknownVersion from error
        if is_lost(driver, error):
            await connection.invalidate()
        raise as_elsewhere(sql, error) from error
    if done != "COMMIT":
        raise NotKept(done)


async def _take_back(connection: AsyncConnection) -> None:
    """Undo what was begun; a connection that cannot even do that is not used again."""
    if connection.invalidated:  # the server has gone, and with it whatever was begun
        return
    driver = _driver_of(connection)
    try:
        if driver.is_in_transaction():
            await driver.execute("ROLLBACK")
    finally:
        if driver.is_closed() or driver.is_in_transaction():
            await connection.invalidate()


def _driver_of(connection: AsyncConnection) -> "asyncpg.Connection":
    sync: Any = connection.sync_connection
    driver: asyncpg.Connection = sync.connection.driver_connection
    return driver
