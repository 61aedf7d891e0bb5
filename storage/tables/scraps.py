"""Scraps: messages on a member's page."""

from datetime import datetime

from sqlalchemy import Index

from storage.tables.base import NEVER_AGAIN, Row, link, moment, row_id, text


class Scrap(Row, table=True):
    """A message on the page of `owner_id`, written by `member_id`, by somebody who has left (`former`) or by Stoa
    itself (`system`, and then `topic` names the words); a reply stands under the scrap it answers."""

    __tablename__ = "scraps"
    __table_args__ = (Index("ix_scraps_of_owner", "owner_id", "scrap_id"), NEVER_AGAIN)
    scrap_id: int | None = row_id()
    owner_id: int = link("members.member_id")
    member_id: int | None = link("members.member_id", nullable=True, index=True)
    kind: str = text()
    topic: str | None = text(nullable=True)
    reply_to_id: int | None = link("scraps.scrap_id", nullable=True, index=True)
    body: str = text()
    html: str = text()
    is_private: bool = False
    state: str = text()
    key_set_id: int = link("key_sets.key_set_id")
    written_at: datetime = moment()
    deleted_at: datetime | None = moment(nullable=True)
    submission: str | None = text(unique=True, nullable=True)
