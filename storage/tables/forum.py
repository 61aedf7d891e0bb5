"""Threads, posts and tags."""

from datetime import datetime

from sqlalchemy import Column, Index, UniqueConstraint
from sqlmodel import Field

from storage.tables.base import Id, Row, link, moment, row_id, text


class Thread(Row, table=True):
    """A thread. `post_count` is the last number given out; `tag_names` repeats the tags for lists. `held_at`: it waits
    for a moderator; `hidden_at`: a moderator took it out of sight."""

    __tablename__ = "threads"
    __table_args__ = (
        Index("ix_threads_of_sig", "sig_id", "last_post_at", "thread_id"),
        Index("ix_threads_latest", "last_post_at", "thread_id"),
    )
    thread_id: int | None = row_id()
    sig_id: int = link("sigs.sig_id")
    member_id: int | None = link("members.member_id", nullable=True, index=True)
    author_id: int | None = link("source_authors.author_id", nullable=True, index=True)
    kind: str = text()
    title: str = text()
    tag_names: str = text(default="")
    key_set_id: int = link("key_sets.key_set_id")
    started_at: datetime = moment()
    last_post_at: datetime = moment()
    last_member_id: int | None = link("members.member_id", nullable=True)
    last_author_id: int | None = link("source_authors.author_id", nullable=True)
    post_count: int = 0
    score: int | None = None
    accepted_post_id: int | None = Field(default=None, sa_column=Column(Id))
    closed_at: datetime | None = moment(nullable=True)
    pinned_at: datetime | None = moment(nullable=True)
    held_at: datetime | None = moment(nullable=True)
    hidden_at: datetime | None = moment(nullable=True)
    deleted_at: datetime | None = moment(nullable=True)
    version: int = 1


Index(
    "ix_threads_pinned",
    Thread.c.sig_id,
    Thread.c.pinned_at,
    sqlite_where=Thread.c.pinned_at.is_not(None),
    postgresql_where=Thread.c.pinned_at.is_not(None),
)


class Post(Row, table=True):
    """A post. `number` is its place in the thread, given when it is published; `body` is what was typed."""

    __tablename__ = "posts"
    __table_args__ = (UniqueConstraint("thread_id", "number"),)
    post_id: int | None = row_id()
    thread_id: int = link("threads.thread_id")
    number: int | None = None
    kind: str = text()
    member_id: int | None = link("members.member_id", nullable=True, index=True)
    author_id: int | None = link("source_authors.author_id", nullable=True, index=True)
    reply_to_id: int | None = link("posts.post_id", nullable=True, index=True)
    body: str = text()
    html: str = text()
    key_set_id: int = link("key_sets.key_set_id")
    score: int | None = None
    written_at: datetime = moment()
    edited_at: datetime | None = moment(nullable=True)
    held_at: datetime | None = moment(nullable=True)
    hidden_at: datetime | None = moment(nullable=True)
    deleted_at: datetime | None = moment(nullable=True)
    version: int = 1
    submission: str | None = text(unique=True, nullable=True)


class Participant(Row, table=True):
    """The number of a member within a thread, so that talk among hidden names can be followed."""

    __tablename__ = "participants"
    thread_id: int = link("threads.thread_id", primary_key=True)
    member_id: int = link("members.member_id", primary_key=True)
    number: int


class ThreadRead(Row, table=True):
    """How far a member has read in a thread: the highest number of a post that was on a page they opened."""

    __tablename__ = "thread_reads"
    member_id: int = link("members.member_id", primary_key=True)
    thread_id: int = link("threads.thread_id", primary_key=True, index=True)
    number: int
    read_at: datetime = moment()


class Tag(Row, table=True):
    """A tag of one SIG."""

    __tablename__ = "tags"
    __table_args__ = (UniqueConstraint("sig_id", "name"),)
    tag_id: int | None = row_id()
    sig_id: int = link("sigs.sig_id")
    name: str = text()
    thread_count: int = 0


class ThreadTag(Row, table=True):
    """A tag on a thread."""

    __tablename__ = "thread_tags"
    tag_id: int = link("tags.tag_id", primary_key=True)
    thread_id: int = link("threads.thread_id", primary_key=True, index=True)
