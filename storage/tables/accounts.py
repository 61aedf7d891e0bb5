"""Accounts, sessions, tokens and counts of tries."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary
from sqlmodel import Field

from storage.tables.base import NEVER_AGAIN, Id, Row, link, moment, octets, row_id, text


class Account(Row, table=True):
    """How a member signs in. The address is sealed; its keyed hash finds it."""

    __tablename__ = "accounts"
    __table_args__ = NEVER_AGAIN
    account_id: int | None = row_id()
    member_id: int = Field(sa_column=Column(Id, ForeignKey("members.member_id"), unique=True))
    email_sealed: bytes = octets()
    email_hash: bytes = octets(unique=True)
    password_hash: str = text()
    created_at: datetime = moment()
    confirmed_at: datetime | None = moment(nullable=True)


class Acceptance(Row, table=True):
    """Which version of which document was accepted when."""

    __tablename__ = "acceptances"
    acceptance_id: int | None = row_id()
    account_id: int = link("accounts.account_id", index=True)
    document: str = text()
    version: str = text()
    accepted_at: datetime = moment()


class Session(Row, table=True):
    """A signed-in browser; the token itself is in its cookie only."""

    __tablename__ = "sessions"
    __table_args__ = NEVER_AGAIN
    session_id: int | None = row_id()
    account_id: int = link("accounts.account_id", index=True)
    token_hash: bytes = octets(unique=True)
    remembered_id: int | None = link("remembered_browsers.remembered_id", nullable=True, index=True)
    browser: str = text()
    created_at: datetime = moment()
    seen_at: datetime = moment()
    password_at: datetime | None = moment(nullable=True)
    expires_at: datetime = moment()


class RememberedBrowser(Row, table=True):
    """A browser that stays signed in; its token changes at each use, and an old one ends the series."""

    __tablename__ = "remembered_browsers"
    __table_args__ = NEVER_AGAIN
    remembered_id: int | None = row_id()
    account_id: int = link("accounts.account_id", index=True)
    series_hash: bytes = octets(unique=True)
    token_hash: bytes = octets()
    previous_hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    browser: str = text()
    created_at: datetime = moment()
    used_at: datetime = moment()
    expires_at: datetime = moment()


class KnownBrowser(Row, table=True):
    """A browser that has signed in before: its attempts are counted apart from a stranger's."""

    __tablename__ = "known_browsers"
    token_hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    account_id: int = link("accounts.account_id", index=True)
    created_at: datetime = moment()


class Registration(Row, table=True):
    """A registration that waits for its mail to be answered: sealed whole, nobody's account, gone when it expires."""

    __tablename__ = "registrations"
    __table_args__ = NEVER_AGAIN
    registration_id: int | None = row_id()
    email_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, index=True))
    sealed: bytes = octets()
    created_at: datetime = moment()
    expires_at: datetime = moment()


class PendingAddress(Row, table=True):
    """An address that a member has given and not yet proved to be theirs. After the proof it holds the address that was
    replaced, until a mail there has said so."""

    __tablename__ = "pending_addresses"
    __table_args__ = NEVER_AGAIN
    pending_id: int | None = row_id()
    account_id: int = link("accounts.account_id", index=True)
    email_sealed: bytes = octets()
    email_hash: bytes = octets()
    created_at: datetime = moment()
    expires_at: datetime = moment()
    replaced_at: datetime | None = moment(nullable=True)


class MailToken(Row, table=True):
    """What a link in a mail is good for, once. `subject_id` is a registration, an account or a pending address, as the
    purpose says."""

    __tablename__ = "mail_tokens"
    __table_args__ = (Index("ix_mail_tokens_subject", "purpose", "subject_id"),)
    token_hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    purpose: str = text()
    subject_id: int = Field(sa_type=BigInteger)
    expires_at: datetime = moment()


class AttemptCount(Row, table=True):
    """How often something was tried within a window; `bucket` is a keyed hash and names nobody."""

    __tablename__ = "attempt_counts"
    bucket: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    window_start: datetime = moment()
    tries: int = 0
