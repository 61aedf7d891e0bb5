"""Addresses of accounts: another one counts once its own mail has been answered, by who is signed in.

The one who answers must be signed in to the very account, because a mistyped address belongs to a stranger, and the
stranger would get the account with it.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.accounts import CONFIRM_WITHIN, Attempt, MailPurpose, problem_with_email
from domain.refusals import Reason, Refused
from storage.accounts import confirm_account
from storage.database import Database, fetch_all, fetch_one
from storage.events import note
from storage.mail_tokens import Subject, find_subject, spend_all, spend_token
from storage.registrations import Taken, open_account
from storage.secrets import Seal
from storage.sessions import Browser, SignedIn, Tokens, start_session
from storage.tables import Account, PendingAddress
from storage.throttle import TooMany, count_try

TELL_WITHIN = timedelta(days=7)
"""How long the address before a change is kept for the mail that tells of it, should the relay be away."""

_LINKS = (MailPurpose.CONFIRM, MailPurpose.CHANGE)


async def ask_address(
    database: Database, seal: Seal, signed_in: SignedIn, email: str, browser: Browser, now: datetime
) -> Refused | None:
    """Ask for another address; the worker mails it. The answer is the same whether or not it has an account."""
    if problem := problem_with_email(email):
        return Refused(Reason.INVALID, {"email": problem})
    try:
        account = f"account {signed_in.account_id}"
        await count_try(database, seal, Attempt.ADDRESS, account, browser, now)
    except TooMany as refused:
        return Refused(Reason.TOO_MANY, retry_after=refused.retry_after)
    async with database.writing() as connection:
        earlier = (PendingAddress.c.account_id == signed_in.account_id) & PendingAddress.c.replaced_at.is_(None)
        await _forget(connection, earlier)
        await _add_pending(connection, signed_in.account_id, seal.seal(email), seal.hash_email(email), now)
    return None


async def ask_confirmation(
    database: Database, seal: Seal, signed_in: SignedIn, browser: Browser, now: datetime
) -> Refused | None:
    """Ask for the mail that confirms the address one has; does nothing when it is confirmed."""
    if signed_in.is_confirmed:
        return None
    wanted = select(Account.c.email_sealed).where(Account.c.account_id == signed_in.account_id)
    async with database.reading() as connection:
        row = await fetch_one(connection, wanted)
    return await ask_address(database, seal, signed_in, seal.open(row.email_sealed), browser, now)


async def _add_pending(
    connection: AsyncConnection, account_id: int, email_sealed: bytes, email_hash: bytes, now: datetime
) -> None:
    row = {
        "account_id": account_id,
        "email_sealed": email_sealed,
        "email_hash": email_hash,
        "created_at": now,
        "expires_at": now + CONFIRM_WITHIN,
    }
    added = await connection.execute(insert(PendingAddress).values(row).returning(PendingAddress.c.pending_id))
    await note(connection, "address.asked", now, pending_id=added.scalar_one())


async def find_link(database: Database, token: str, signed_in: SignedIn | None, now: datetime) -> MailPurpose | Refused:
    """What the link of a mail confirms; refused when it is no longer good, or when one must be signed in for it."""
    async with database.reading() as connection:
        subject = await find_subject(connection, token, _LINKS, now)
        if subject is None:
            return Refused(Reason.TOO_LATE)
        if subject.purpose is MailPurpose.CHANGE and not await _is_theirs(connection, subject, signed_in):
            return Refused(Reason.TOO_LATE if signed_in else Reason.SIGN_IN)
    return subject.purpose


async def _is_theirs(connection: AsyncConnection, subject: Subject, signed_in: SignedIn | None) -> bool:
    if signed_in is None:
        return False
    theirs = select(PendingAddress.c.pending_id).where(
        PendingAddress.c.pending_id == subject.subject_id, PendingAddress.c.account_id == signed_in.account_id
    )
    return await fetch_one(connection, theirs) is not None


async def follow_link(
    database: Database, seal: Seal, token: str, signed_in: SignedIn | None, browser: Browser, now: datetime
) -> Tokens | MailPurpose | Refused:
    """Confirm what the link of a mail is about: a registration becomes an account and signs this browser in; a pending
    address becomes the account's, and the purpose says so."""
    purpose = await find_link(database, token, signed_in, now)
    if isinstance(purpose, Refused):
        return purpose
    try:
        async with database.writing() as connection:
            subject = await spend_token(connection, token, [purpose], now)
            if subject is None:
                return Refused(Reason.TOO_LATE)
            if purpose is MailPurpose.CHANGE:
                await _change_address(connection, subject.subject_id, now)
                return purpose
            account_id = await open_account(connection, seal, subject.subject_id, now)
            if account_id is None:
                return Refused(Reason.TOO_LATE)
            ending = signed_in.session_id if signed_in else None
            return await start_session(
                connection, account_id, browser.name, now, remember=False, mark=browser.mark, ending=ending
            )
    except (Taken, IntegrityError):  # the second: two were confirmed at the same moment
        return Refused(Reason.TOO_LATE)


async def _change_address(connection: AsyncConnection, pending_id: int, now: datetime) -> None:
    """Swap the pending address with the account's, so that the worker can tell the one before. Raises Taken."""
    pending = await fetch_one(connection, select(PendingAddress).where(PendingAddress.c.pending_id == pending_id))
    if pending is None or pending.replaced_at or pending.expires_at <= now:
        raise Taken
    mine = Account.c.account_id == pending.account_id
    before = await fetch_one(connection, select(Account.c.email_sealed, Account.c.email_hash).where(mine))
    other = Account.table.alias()
    taken = exists().where(other.c.email_hash == pending.email_hash, other.c.account_id != pending.account_id)
    fresh = {"email_sealed": pending.email_sealed, "email_hash": pending.email_hash}
    changed = await connection.execute(update(Account).where(mine, ~taken).values(fresh))
    if changed.rowcount == 0:
        raise Taken
    await confirm_account(connection, pending.account_id, now)
    await spend_all(connection, MailPurpose.RESET, pending.account_id)
    if before.email_hash != pending.email_hash:
        old = {
            "email_sealed": before.email_sealed,
            "email_hash": before.email_hash,
            "replaced_at": now,
            "expires_at": now + TELL_WITHIN,
        }
        this = PendingAddress.c.pending_id == pending_id
        await connection.execute(update(PendingAddress).where(this).values(old))
        await note(connection, "address.changed", now, pending_id=pending_id)


async def forget_old_addresses(connection: AsyncConnection, now: datetime) -> None:
    """Delete addresses that nobody proved in time, and those of before that were told."""
    await _forget(connection, PendingAddress.c.expires_at <= now)


async def _forget(connection: AsyncConnection, which: ColumnElement[bool]) -> None:
    gone = delete(PendingAddress).where(which).returning(PendingAddress.c.pending_id)
    for row in await fetch_all(connection, gone):
        await spend_all(connection, MailPurpose.CHANGE, row.pending_id)
