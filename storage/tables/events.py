"""The outbox, and who works on it."""

from datetime import datetime

from sqlalchemy import Column, Index, Text
from sqlmodel import Field

from storage.tables.base import NEVER_AGAIN, Row, moment, row_id, text


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


Index(
    "ix_events_waiting",
    Event.c.next_try_at,
    Event.c.event_id,
    sqlite_where=Event.c.done_at.is_(None),
    postgresql_where=Event.c.done_at.is_(None),
)
