"""Letters: whom the worker writes to about an account, what about, and with which token in the link.

Read by the ids that an event carries, at the moment of sending. Here, and nowhere in a request, it is looked up whether
an address has an account.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.accounts import MailPurpose
from storage.database import Database, fetch_one
from storage.mail_tokens import make_token
from storage.secrets import Seal
from storage.tables import Account, PendingAddress, Registration


class LetterKind(StrEnum):
    """What a letter is about; also the name of its template."""

    CONFIRM = "confirm"
    ALREADY_REGISTERED = "already_registered"
    RESET = "reset"
    CHANGE = "change"
    ADDRESS_TAKEN = "address_taken"
    EMAIL_CHANGED = "email_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 -- the name of a letter
    NEW_BROWSER = "new_browser"


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter to one address."""

    kind: LetterKind
    recipient: str
    token: str | None = None

    def __repr__(self) -> str:
        return f"<Letter {self.kind}>"  # neither address nor token belongs in a log


async def write_about_registration(
    database: Database, seal: Seal, registration_id: int, now: datetime
) -> Letter | None:
    """To an unknown address the link that opens the account; to one that has an account, that somebody tried."""
    wanted = select(Registration).where(Registration.c.registration_id == registration_id)
    async with database.writing() as connection:
        row = await fetch_one(connection, wanted)
        if row is None or row.expires_at <= now:
            return None
        account = await _find_account(connection, row.email_hash)
        if account is not None:
            return Letter(LetterKind.ALREADY_REGISTERED, seal.open(account.email_sealed))
        recipient: str = json.loads(seal.open(row.sealed))["email"]
        token = await make_token(connection, MailPurpose.CONFIRM, registration_id, now)
    return Letter(LetterKind.CONFIRM, recipient, token)


async def forget_registration(database: Database, registration_id: int) -> None:
    """Delete a registration whose address has an account, once its owner has been told."""
    async with database.writing() as connection:
        await connection.execute(delete(Registration).where(Registration.c.registration_id == registration_id))


async def write_about_reset(database: Database, seal: Seal, account_id: int, now: datetime) -> Letter | None:
    """The link to choose a new password; nothing for the event about an address without account."""
    async with database.writing() as connection:
        row = await fetch_one(connection, _address_of(account_id))
        if row is None:
            return None
        token = await make_token(connection, MailPurpose.RESET, account_id, now)
    return Letter(LetterKind.RESET, seal.open(row.email_sealed), token)


async def write_about_address(database: Database, seal: Seal, pending_id: int, now: datetime) -> Letter | None:
    """The link that makes an address the account's; to an address of another account, that somebody asked for it."""
    wanted = select(PendingAddress).where(PendingAddress.c.pending_id == pending_id)
    async with database.writing() as connection:
        row = await fetch_one(connection, wanted)
        if row is None or row.replaced_at or row.expires_at <= now:
            return None
        recipient = seal.open(row.email_sealed)
        holder = await _find_account(connection, row.email_hash)
        if holder is not None and holder.account_id != row.account_id:
            return Letter(LetterKind.ADDRESS_TAKEN, recipient)
        token = await make_token(connection, MailPurpose.CHANGE, pending_id, now)
    is_first = holder is not None and holder.confirmed_at is None
    return Letter(LetterKind.CONFIRM if is_first else LetterKind.CHANGE, recipient, token)


async def write_about_change(database: Database, seal: Seal, pending_id: int) -> Letter | None:
    """To the address before: that another one counts now."""
    wanted = select(PendingAddress.c.email_sealed).where(PendingAddress.c.pending_id == pending_id)
    async with database.reading() as connection:
        row = await fetch_one(connection, wanted)
    return None if row is None else Letter(LetterKind.EMAIL_CHANGED, seal.open(row.email_sealed))


async def forget_address_before(database: Database, pending_id: int) -> None:
    """Delete the address before, once it has been told."""
    async with database.writing() as connection:
        await connection.execute(delete(PendingAddress).where(PendingAddress.c.pending_id == pending_id))


async def write_to_account(database: Database, seal: Seal, account_id: int, kind: LetterKind) -> Letter | None:
    """A letter without a link to the address of an account."""
    async with database.reading() as connection:
        row = await fetch_one(connection, _address_of(account_id))
    return None if row is None else Letter(kind, seal.open(row.email_sealed))


def _address_of(account_id: int) -> Any:
    return select(Account.c.email_sealed).where(Account.c.account_id == account_id)


async def _find_account(connection: AsyncConnection, email_hash: bytes) -> Any:
    wanted = select(Account.c.account_id, Account.c.email_sealed, Account.c.confirmed_at)
    return await fetch_one(connection, wanted.where(Account.c.email_hash == email_hash))
