"""Every table. Nothing outside `storage` imports this module; a test demands that the migrations end here."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    TypeDecorator,
    UniqueConstraint,
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


def _id() -> Any:
    return Field(default=None, sa_column=Column(Id, primary_key=True, autoincrement=True))


def _link(target: str, *, nullable: bool = False, primary_key: bool = False, index: bool = False) -> Any:
    reference = ForeignKey(target)
    column = Column(Id, reference, nullable=nullable, primary_key=primary_key, index=index)
    return Field(default=None, sa_column=column)


def _moment(*, nullable: bool = False) -> Any:
    return Field(default=None, sa_type=Moment, nullable=nullable)


def _text(*, unique: bool = False, nullable: bool = False, default: str | None = None) -> Any:
    return Field(default=default, sa_type=Text, unique=unique, nullable=nullable)


def _bytes(*, unique: bool = False) -> Any:
    return Field(default=None, sa_type=LargeBinary, unique=unique, nullable=False)


_NEVER_AGAIN = {"sqlite_autoincrement": True}
"""SQLite gives the highest id out again once its row is deleted. Not here: keys, events and tokens outlive rows."""


class _Table:
    """The table behind a class."""

    def __get__(self, _row: object, owner: type) -> TableOf:
        table: TableOf = owner.__table__  # type: ignore[attr-defined]
        return table


class _Columns:
    """The columns behind a class: statements are written with these, because reads select columns and no entities."""

    def __get__(self, _row: object, owner: type) -> ReadOnlyColumnCollection[str, Column[Any]]:
        columns: ReadOnlyColumnCollection[str, Column[Any]] = owner.__table__.c  # type: ignore[attr-defined]
        return columns


class Row(SQLModel):
    """Base of every table."""

    table: ClassVar[_Table] = _Table()
    c: ClassVar[_Columns] = _Columns()


class KeySet(Row, table=True):
    """A set of keys, interned and never changed: `text` holds them sorted, with a space between."""

    __tablename__ = "key_sets"
    key_set_id: int | None = _id()
    text: str = _text(unique=True)


class KeySetKey(Row, table=True):
    """One key of a set, for the SQL form of the rule."""

    __tablename__ = "key_set_keys"
    key_set_id: int = _link("key_sets.key_set_id", primary_key=True)
    key: str = Field(sa_column=Column(Text, primary_key=True))


class Member(Row, table=True):
    """A person with a page here. All that is private about them is an entry."""

    __tablename__ = "members"
    __table_args__ = _NEVER_AGAIN
    member_id: int | None = _id()
    public_id: str = _text(unique=True)
    joined_at: datetime = _moment()
    in_good_standing: bool = False
    is_staff: bool = False
    has_public_page: bool = True


class Entry(Row, table=True):
    """One entry of a personal page, with the audience that was chosen and the keys that follow from it."""

    __tablename__ = "entries"
    __table_args__ = (UniqueConstraint("member_id", "kind", "position"),)
    entry_id: int | None = _id()
    member_id: int = _link("members.member_id")
    kind: str = _text()
    position: int = 0
    value: str = _text()
    audience: str = _text()
    key_set_id: int = _link("key_sets.key_set_id", index=True)
    changed_at: datetime = _moment()


class Account(Row, table=True):
    """How a member signs in. The address is sealed; its keyed hash finds it."""

    __tablename__ = "accounts"
    __table_args__ = _NEVER_AGAIN
    account_id: int | None = _id()
    member_id: int = Field(sa_column=Column(Id, ForeignKey("members.member_id"), unique=True))
    email_sealed: bytes = _bytes()
    email_hash: bytes = _bytes(unique=True)
    password_hash: str = _text()
    created_at: datetime = _moment()
    confirmed_at: datetime | None = _moment(nullable=True)


class Acceptance(Row, table=True):
    """Which version of which document was accepted when."""

    __tablename__ = "acceptances"
    acceptance_id: int | None = _id()
    account_id: int = _link("accounts.account_id", index=True)
    document: str = _text()
    version: str = _text()
    accepted_at: datetime = _moment()


class Session(Row, table=True):
    """A signed-in browser; the token itself is in its cookie only."""

    __tablename__ = "sessions"
    __table_args__ = _NEVER_AGAIN
    session_id: int | None = _id()
    account_id: int = _link("accounts.account_id", index=True)
    token_hash: bytes = _bytes(unique=True)
    remembered_id: int | None = _link("remembered_browsers.remembered_id", nullable=True, index=True)
    browser: str = _text()
    created_at: datetime = _moment()
    seen_at: datetime = _moment()
    password_at: datetime | None = _moment(nullable=True)
    expires_at: datetime = _moment()


class RememberedBrowser(Row, table=True):
    """A browser that stays signed in; its token changes at each use, and an old one ends the series."""

    __tablename__ = "remembered_browsers"
    __table_args__ = _NEVER_AGAIN
    remembered_id: int | None = _id()
    account_id: int = _link("accounts.account_id", index=True)
    series_hash: bytes = _bytes(unique=True)
    token_hash: bytes = _bytes()
    previous_hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    browser: str = _text()
    created_at: datetime = _moment()
    used_at: datetime = _moment()
    expires_at: datetime = _moment()


class KnownBrowser(Row, table=True):
    """A browser that has signed in before: its attempts are counted apart from a stranger's."""

    __tablename__ = "known_browsers"
    token_hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    account_id: int = _link("accounts.account_id", index=True)
    created_at: datetime = _moment()


class Registration(Row, table=True):
    """A registration that waits for its mail to be answered: sealed whole, nobody's account, gone when it expires."""

    __tablename__ = "registrations"
    __table_args__ = _NEVER_AGAIN
    registration_id: int | None = _id()
    email_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, index=True))
    sealed: bytes = _bytes()
    created_at: datetime = _moment()
    expires_at: datetime = _moment()


class PendingAddress(Row, table=True):
    """An address that a member has given and not yet proved to be theirs. After the proof it holds the address that was
    replaced, until a mail there has said so."""

    __tablename__ = "pending_addresses"
    __table_args__ = _NEVER_AGAIN
    pending_id: int | None = _id()
    account_id: int = _link("accounts.account_id", index=True)
    email_sealed: bytes = _bytes()
    email_hash: bytes = _bytes()
    created_at: datetime = _moment()
    expires_at: datetime = _moment()
    replaced_at: datetime | None = _moment(nullable=True)


class MailToken(Row, table=True):
    """What a link in a mail is good for, once. `subject_id` is a registration, an account or a pending address, as the
    purpose says."""

    __tablename__ = "mail_tokens"
    __table_args__ = (Index("ix_mail_tokens_subject", "purpose", "subject_id"),)
    token_hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    purpose: str = _text()
    subject_id: int = Field(sa_type=BigInteger)
    expires_at: datetime = _moment()


class AttemptCount(Row, table=True):
    """How often something was tried within a window; `bucket` is a keyed hash and names nobody."""

    __tablename__ = "attempt_counts"
    bucket: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    window_start: datetime = _moment()
    tries: int = 0


class Community(Row, table=True):
    """A container of SIGs."""

    __tablename__ = "communities"
    community_id: int | None = _id()
    slug: str = _text(unique=True)
    name: str = _text()
    description: str = _text()
    position: int = 0


class Sig(Row, table=True):
    """A Special Interest Group. `key_set_id` opens its existence and description, `content_key_set_id` its threads."""

    __tablename__ = "sigs"
    __table_args__ = _NEVER_AGAIN
    sig_id: int | None = _id()
    community_id: int = _link("communities.community_id", index=True)
    slug: str = _text(unique=True)
    name: str = _text()
    description: str = _text()
    reading: str = _text()
    key_set_id: int = _link("key_sets.key_set_id")
    content_key_set_id: int = _link("key_sets.key_set_id")
    site_id: int | None = _link("source_sites.site_id", nullable=True)
    created_at: datetime = _moment()
    member_count: int = 0
    thread_count: int = 0
    post_count: int = 0
    last_post_at: datetime | None = _moment(nullable=True)


class Membership(Row, table=True):
    """Who belongs to a SIG, and in which role."""

    __tablename__ = "memberships"
    sig_id: int = _link("sigs.sig_id", primary_key=True)
    member_id: int = _link("members.member_id", primary_key=True, index=True)
    role: str = _text()
    joined_at: datetime = _moment()


class Thread(Row, table=True):
    """A thread. `post_count` is the last number given out; `tag_names` repeats the tags for lists."""

    __tablename__ = "threads"
    __table_args__ = (
        Index("ix_threads_of_sig", "sig_id", "last_post_at", "thread_id"),
        Index("ix_threads_latest", "last_post_at", "thread_id"),
    )
    thread_id: int | None = _id()
    sig_id: int = _link("sigs.sig_id")
    member_id: int | None = _link("members.member_id", nullable=True, index=True)
    author_id: int | None = _link("source_authors.author_id", nullable=True, index=True)
    kind: str = _text()
    title: str = _text()
    tag_names: str = _text(default="")
    key_set_id: int = _link("key_sets.key_set_id")
    started_at: datetime = _moment()
    last_post_at: datetime = _moment()
    last_member_id: int | None = _link("members.member_id", nullable=True)
    last_author_id: int | None = _link("source_authors.author_id", nullable=True)
    post_count: int = 0
    score: int | None = None
    accepted_post_id: int | None = Field(default=None, sa_column=Column(Id))
    closed_at: datetime | None = _moment(nullable=True)
    deleted_at: datetime | None = _moment(nullable=True)
    version: int = 1


class Post(Row, table=True):
    """A post. `number` is its place in the thread, given when it is published; `body` is what was typed."""

    __tablename__ = "posts"
    __table_args__ = (UniqueConstraint("thread_id", "number"),)
    post_id: int | None = _id()
    thread_id: int = _link("threads.thread_id")
    number: int | None = None
    kind: str = _text()
    member_id: int | None = _link("members.member_id", nullable=True, index=True)
    author_id: int | None = _link("source_authors.author_id", nullable=True, index=True)
    reply_to_id: int | None = _link("posts.post_id", nullable=True, index=True)
    body: str = _text()
    html: str = _text()
    key_set_id: int = _link("key_sets.key_set_id")
    score: int | None = None
    written_at: datetime = _moment()
    edited_at: datetime | None = _moment(nullable=True)
    deleted_at: datetime | None = _moment(nullable=True)
    version: int = 1
    submission: str | None = _text(unique=True, nullable=True)


class Participant(Row, table=True):
    """The number of a member within a thread, so that talk among hidden names can be followed."""

    __tablename__ = "participants"
    thread_id: int = _link("threads.thread_id", primary_key=True)
    member_id: int = _link("members.member_id", primary_key=True)
    number: int


class Tag(Row, table=True):
    """A tag of one SIG."""

    __tablename__ = "tags"
    __table_args__ = (UniqueConstraint("sig_id", "name"),)
    tag_id: int | None = _id()
    sig_id: int = _link("sigs.sig_id")
    name: str = _text()
    thread_count: int = 0


class ThreadTag(Row, table=True):
    """A tag on a thread."""

    __tablename__ = "thread_tags"
    tag_id: int = _link("tags.tag_id", primary_key=True)
    thread_id: int = _link("threads.thread_id", primary_key=True, index=True)


class SourceSite(Row, table=True):
    """A site that was imported, how far the import came, and what it counted (JSON)."""

    __tablename__ = "source_sites"
    site_id: int | None = _id()
    name: str = _text(unique=True)
    digest: str = _text(default="")
    step: str = _text(default="")
    rows_done: int = Field(default=0, sa_type=BigInteger)
    counts: str = _text(default="{}")
    started_at: datetime = _moment()
    finished_at: datetime | None = _moment(nullable=True)


class SourcePerson(Row, table=True):
    """One person across the imported sites, joined by the network's account id."""

    __tablename__ = "source_people"
    person_id: int | None = _id()
    network_id: int = Field(sa_type=BigInteger, unique=True)


class SourceAuthor(Row, table=True):
    """An author on one imported site: nobody's account, the name as published. `user_key` is the user id there, or
    `name:...` where the account was already gone."""

    __tablename__ = "source_authors"
    __table_args__ = (UniqueConstraint("site_id", "user_key"),)
    author_id: int | None = _id()
    site_id: int = _link("source_sites.site_id")
    user_key: str = _text()
    person_id: int | None = _link("source_people.person_id", nullable=True, index=True)
    name: str = _text()
    source_url: str = _text()


class SourcePost(Row, table=True):
    """Where an imported post comes from; `source_kind` is `post` or `comment`, whose ids are counted apart."""

    __tablename__ = "source_posts"
    site_id: int = _link("source_sites.site_id", primary_key=True)
    source_kind: str = Field(sa_column=Column(Text, primary_key=True))
    source_id: int = Field(sa_column=Column(BigInteger, primary_key=True))
    post_id: int = Field(sa_column=Column(Id, ForeignKey("posts.post_id"), unique=True))
    licence: str = _text()
    digest: bytes = _bytes()


class PostLink(Row, table=True):
    """That one imported post refers to another, or repeats it."""

    __tablename__ = "post_links"
    from_post_id: int = _link("posts.post_id", primary_key=True)
    to_post_id: int = _link("posts.post_id", primary_key=True, index=True)
    kind: str = Field(sa_column=Column(Text, primary_key=True))


class Event(Row, table=True):
    """Something that was written, in the same transaction. Carries ids (JSON), never text."""

    __tablename__ = "events"
    __table_args__ = _NEVER_AGAIN
    event_id: int | None = _id()
    name: str = _text()
    ids: str = _text()
    happened_at: datetime = _moment()
    attempts: int = 0
    next_try_at: datetime = _moment()
    done_at: datetime | None = _moment(nullable=True)


class Lease(Row, table=True):
    """Which process does a job that only one may do, and until when."""

    __tablename__ = "leases"
    name: str = Field(sa_column=Column(Text, primary_key=True))
    holder: str = _text()
    expires_at: datetime = _moment()


Index(
    "ix_events_waiting",
    Event.c.next_try_at,
    Event.c.event_id,
    sqlite_where=Event.c.done_at.is_(None),
    postgresql_where=Event.c.done_at.is_(None),
)
