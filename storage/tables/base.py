"""What every table shares: ids, moments, and the way from a class to its columns."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from pydantic import ConfigDict
from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    Text,
    TypeDecorator,
)
from sqlalchemy import Table as TableOf
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlmodel import Field, SQLModel

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Id = BigInteger().with_variant(Integer, "sqlite")
"""64-bit row ids; SQLite's own row id is INTEGER."""


class Moment(TypeDecorator[datetime]):
    """A moment in UTC, kept as whole microseconds since 1970 so that both engines sort and compare it alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> int | None:
        """To microseconds; a moment without a zone is a mistake."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("moments carry a time zone")
        return (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, _dialect: Dialect) -> datetime | None:
        """From microseconds."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


def row_id() -> Any:
    return Field(default=None, sa_column=Column(Id, primary_key=True, autoincrement=True))


def link(
    target: str, *, nullable: bool = False, primary_key: bool = False, index: bool = False, unique: bool = False
) -> Any:
    reference = ForeignKey(target)
    column = Column(Id, reference, nullable=nullable, primary_key=primary_key, index=index, unique=unique or None)
    return Field(default=None, sa_column=column)


def moment(*, nullable: bool = False) -> Any:
    return Field(default=None, sa_type=Moment, nullable=nullable)


def text(*, unique: bool = False, nullable: bool = False, default: str | None = None) -> Any:
    return Field(default=default, sa_type=Text, unique=unique, nullable=nullable)


def octets(*, unique: bool = False) -> Any:
    return Field(default=None, sa_type=LargeBinary, unique=unique, nullable=False)


NEVER_AGAIN = {"sqlite_autoincrement": True}
"""SQLite gives the highest id out again once its row is deleted. Not here: keys, events and tokens outlive rows."""


class _Table:
    """The table behind a class."""

    def __get__(self, _row: object, owner: type) -> TableOf:
        table: TableOf = owner.__table__  # type: ignore[attr-defined]  # SQLModel adds it
        return table


class _Columns:
    """The columns behind a class: statements are written with these, because reads select columns and no entities."""

    def __get__(self, _row: object, owner: type) -> ReadOnlyColumnCollection[str, Column[Any]]:
        columns: ReadOnlyColumnCollection[str, Column[Any]] = owner.__table__.c  # type: ignore[attr-defined]  # as above
        return columns


class Row(SQLModel):
    """Base of every table. Rows are never made from a class, so nothing is prepared to check one."""

    model_config = ConfigDict(defer_build=True)  # type: ignore[assignment]  # SQLModel knows no name for it

    table: ClassVar[_Table] = _Table()
    c: ClassVar[_Columns] = _Columns()
