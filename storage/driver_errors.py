"""What a driver raises when it is given a statement past SQLAlchemy, and the same as it is known everywhere else."""

import sqlite3
from functools import cache
from typing import Any

from sqlalchemy.exc import DBAPIError, IntegrityError

_INTEGRITY = "23"
"""What the code of every broken constraint begins with on PostgreSQL."""


@cache
def errors_of(dialect: str) -> tuple[type[Exception], ...]:
    """What the driver of a dialect raises. Only who stores in PostgreSQL waits for its driver at the start."""
    if dialect == "sqlite":
        return (sqlite3.Error,)
    from asyncpg import InterfaceError, InternalClientError, PostgresError  # noqa: PLC0415 -- only who stores there waits for it

    return PostgresError, InterfaceError, InternalClientError


def is_lost(driver: Any, error: BaseException) -> bool:
    """Whether this error was the last that a connection to PostgreSQL tells. From the server's last word until the
    connection is closed the driver takes it for busy, and knows no better name for that than an error of its own."""
    from asyncpg import InternalClientError  # noqa: PLC0415 -- only who stores there waits for it

    return driver.is_closed() or isinstance(error, InternalClientError)


def forget_values(error: BaseException | None) -> None:
    """Take out of an error, and of those that it comes from, what PostgreSQL adds for whoever looks at its data: the
    whole row that was refused, with what people typed. Errors are logged."""
    while error is not None:
        if hasattr(error, "detail"):
            error.detail = None
        error = error.__cause__ or error.__context__


def as_elsewhere(sql: str, error: Exception) -> DBAPIError:
    """An error of a driver as SQLAlchemy raises it, without what people typed."""
    forget_values(error)
    if str(getattr(error, "sqlstate", None)).startswith(_INTEGRITY):
        return IntegrityError(sql, None, error, hide_parameters=True)
    made = DBAPIError.instance(sql, None, error, type(error), hide_parameters=True)
    assert isinstance(made, DBAPIError)  # it makes others of what is no error of a driver
    return made
