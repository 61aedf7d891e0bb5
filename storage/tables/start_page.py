"""The private start page. What it holds is sealed with the key of its member; the database knows order and sizes."""

from datetime import datetime

from sqlalchemy import Column, Index
from sqlmodel import Field

from storage.tables.base import NEVER_AGAIN, Id, Row, link, moment, octets, row_id, text


class StartPage(Row, table=True):
    """A member's start page: the data key that everything on it is sealed with, itself wrapped by the instance's key,
    and the order of the widgets. Without this row nothing of the page can be read ever again."""

    __tablename__ = "start_pages"
    member_id: int = link("members.member_id", primary_key=True)
    wrapped_key: bytes = octets()
    widgets: str = text(default="")
    made_at: datetime = moment()


class Keepsake(Row, table=True):
    """A link, a note, a file or a folder of one's own. `sealed` holds all of its words; a file's bytes are kept, sealed
    too, in the file store under `file_name`. `size` is what counts for the quota, in bytes."""

    __tablename__ = "keepsakes"
    __table_args__ = (Index("ix_keepsakes_of_member", "member_id", "kind", "folder_id", "position"), NEVER_AGAIN)
    keepsake_id: int | None = row_id()
    member_id: int = link("members.member_id")
    kind: str = text()
    folder_id: int | None = link("keepsakes.keepsake_id", nullable=True, index=True)
    position: int = 0
    sealed: bytes = octets()
    size: int = 0
    file_name: str | None = text(unique=True, nullable=True)
    made_at: datetime = moment()
    changed_at: datetime = moment()
    version: int = 1
    submission: str | None = text(unique=True, nullable=True)


class DeletedKeepsake(Row, table=True):
    """A keepsake that its member deleted and may take back for a while; still sealed, and under the id that it had.
    `folder_id` is where it lay, be the folder there or not."""

    __tablename__ = "deleted_keepsakes"
    __table_args__ = (
        Index("ix_deleted_keepsakes_of_member", "member_id", "deleted_at"),
        Index("ix_deleted_keepsakes_deleted_at", "deleted_at"),
    )
    keepsake_id: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    member_id: int = link("members.member_id")
    kind: str = text()
    folder_id: int | None = Field(default=None, sa_column=Column(Id))
    sealed: bytes = octets()
    size: int = 0
    file_name: str | None = text(unique=True, nullable=True)
    made_at: datetime = moment()
    changed_at: datetime = moment()
    version: int = 1
    deleted_at: datetime = moment()
