"""Who knows whom, who asked whom, who may reach whom, and who wants nothing from whom."""

from datetime import datetime

from sqlalchemy import Column, Text, UniqueConstraint
from sqlmodel import Field

from storage.tables.base import NEVER_AGAIN, Row, link, moment, row_id, text


class Connection(Row, table=True):
    """That two members are connected: one row for each direction."""

    __tablename__ = "connections"
    member_id: int = link("members.member_id", primary_key=True)
    other_id: int = link("members.member_id", primary_key=True, index=True)
    since: datetime = moment()


class ConnectionRequest(Row, table=True):
    """That one member asked another to connect. A declined one stays, unseen by who asked, so that it is not asked
    again at once, also where it was taken back since."""

    __tablename__ = "connection_requests"
    __table_args__ = (UniqueConstraint("from_id", "to_id"), NEVER_AGAIN)
    request_id: int | None = row_id()
    from_id: int = link("members.member_id")
    to_id: int = link("members.member_id", index=True)
    note: str = text()
    made_at: datetime = moment()
    declined_at: datetime | None = moment(nullable=True)
    withdrawn_at: datetime | None = moment(nullable=True)


class Block(Row, table=True):
    """That a member wants to have nothing to do with another; it shuts both ways."""

    __tablename__ = "blocks"
    member_id: int = link("members.member_id", primary_key=True)
    other_id: int = link("members.member_id", primary_key=True, index=True)
    since: datetime = moment()


class Mute(Row, table=True):
    """That a member wants no notices about what another does. Nobody else learns of it."""

    __tablename__ = "mutes"
    member_id: int = link("members.member_id", primary_key=True)
    other_id: int = link("members.member_id", primary_key=True, index=True)
    since: datetime = moment()


class Channel(Row, table=True):
    """Who may reach a member through one channel, and whether what comes waits until they have looked at it; without
    a row the default of the channel holds."""

    __tablename__ = "channels"
    member_id: int = link("members.member_id", primary_key=True)
    channel: str = Field(sa_column=Column(Text, primary_key=True))
    audience: str = text()
    waits: bool = False
