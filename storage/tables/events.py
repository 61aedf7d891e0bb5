"""The outbox, who works on it, and how often what is stored has changed."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, Text
from sqlmodel import Field

from storage.tables.base import NEVER_AGAIN, Id, Row, moment, row_id, text


class Event(Row, table=True):
    """Something that was written, in the same transaction. Carries ids (JSON), never text."""

    __tablename__ = "events"
    __table_args__ = NEVER_AGAIN
    event_id: int | None = row_id()
    name: str = text()
    ids: str = text()
    happened_at: datetime = moment()
    attempts: int = 0
    next_try_at: datetime = moment()
    done_at: datetime | None = moment(nullable=True)


class Lease(Row, table=True):
    """Which process does a job that only one may do, and until when."""

    __tablename__ = "leases"
    name: str = Field(sa_column=Column(Text, primary_key=True))
    holder: str = text()
    expires_at: datetime = moment()


class VersionCount(Row, table=True):
    """One row: a number for each scope of `storage.versions`, counted up by every transaction that changes it."""

    __tablename__ = "version_counts"
    version_count_id: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    people: int = Field(sa_type=BigInteger)
    talk: int = Field(sa_type=BigInteger)


Index(
    "ix_events_waiting",
    Event.c.next_try_at,
    Event.c.event_id,
    sqlite_where=Event.c.done_at.is_(None),
    postgresql_where=Event.c.done_at.is_(None),
)
