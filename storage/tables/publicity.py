"""What was open to whom and when, receipts of pages that were taken back, and private feed addresses."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from storage.tables.base import NEVER_AGAIN, Id, Row, link, moment, octets, row_id, text


class Exposure(Row, table=True):
    """From when to when an entry carried a set of keys. It outlives the entry, and never holds its value."""

    __tablename__ = "exposures"
    __table_args__ = (Index("ix_exposures_entry", "member_id", "entry_id", "started_at"),)
    exposure_id: int | None = row_id()
    member_id: int = link("members.member_id")
    entry_id: int = Field(sa_type=Id)
    kind: str = text()
    audience: str = text()
    key_set_id: int = link("key_sets.key_set_id")
    started_at: datetime = moment()
    ended_at: datetime | None = moment(nullable=True)


class Receipt(Row, table=True):
    """The proof of one opting out of the public page."""

    __tablename__ = "receipts"
    receipt_id: int | None = row_id()
    member_id: int = link("members.member_id", index=True)
    made_at: datetime = moment()
    next_check_at: datetime | None = moment(nullable=True)


class ReceiptLine(Row, table=True):
    """What an address that was public answered to a visitor, from the first look to the last that found the same."""

    __tablename__ = "receipt_lines"
    line_id: int | None = row_id()
    receipt_id: int = link("receipts.receipt_id", index=True)
    path: str = text()
    status: int = 410
    first_checked_at: datetime = moment()
    last_checked_at: datetime = moment()
    checks: int = 1


class FeedToken(Row, table=True):
    """A private feed address: read-only, for one member, until it is revoked."""

    __tablename__ = "feed_tokens"
    __table_args__ = NEVER_AGAIN
    feed_token_id: int | None = row_id()
    token_hash: bytes = octets(unique=True)
    member_id: int = link("members.member_id", index=True)
    label: str = text()
    made_at: datetime = moment()
