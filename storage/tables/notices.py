"""Notices: what happened that concerns a member, and what of it went to them by mail."""

from datetime import datetime

from sqlalchemy import Column, Index, Text, UniqueConstraint
from sqlmodel import Field

from storage.tables.base import NEVER_AGAIN, Id, Row, link, moment, row_id, text


class Notice(Row, table=True):
    """One notice. It names what it is about by id and holds no text: it is read with the ring of its member, each time.

    `mail` is one of `off`, `due`, `sent`, `dropped`; `mail_at` is when it is due. One event makes one notice of a kind.
    """

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("member_id", "kind", "event_id"),
        Index("ix_notices_of_member", "member_id", "notice_id"),
        NEVER_AGAIN,
    )
    notice_id: int | None = row_id()
    member_id: int = link("members.member_id")
    kind: str = text()
    event_id: int = Field(sa_type=Id)
    actor_id: int | None = link("members.member_id", nullable=True)
    post_id: int | None = link("posts.post_id", nullable=True, index=True)
    scrap_id: int | None = link("scraps.scrap_id", nullable=True, index=True)
    sig_id: int | None = link("sigs.sig_id", nullable=True)
    act_id: int | None = link("acts.act_id", nullable=True)
    case_id: int | None = link("cases.case_id", nullable=True)
    made_at: datetime = moment()
    seen_at: datetime | None = moment(nullable=True)
    mail: str = text()
    mail_at: datetime | None = moment(nullable=True)
    attempts: int = 0


Index(
    "ix_notices_unseen",
    Notice.c.member_id,
    sqlite_where=Notice.c.seen_at.is_(None),
    postgresql_where=Notice.c.seen_at.is_(None),
)
Index(
    "ix_notices_due",
    Notice.c.mail_at,
    Notice.c.notice_id,
    sqlite_where=Notice.c.mail == "due",
    postgresql_where=Notice.c.mail == "due",
)


class Mention(Row, table=True):
    """That a post named a member, and the event that first told of it: who was named before an edit is not told again,
    whatever became of the notice."""

    __tablename__ = "mentions"
    post_id: int = link("posts.post_id", primary_key=True)
    member_id: int = link("members.member_id", primary_key=True, index=True)
    event_id: int = Field(sa_type=Id)


class NoticeChoice(Row, table=True):
    """How a member wants the notices of one kind by mail: `now`, `daily` or `off`."""

    __tablename__ = "notice_choices"
    member_id: int = link("members.member_id", primary_key=True)
    kind: str = Field(sa_column=Column(Text, primary_key=True))
    mail: str = text()
