"""Accounts: signing in, and the password. Nothing here tells, by its answer or the work it does, whether an address
has an account: each way runs the same statements and hashes once.

A member's address and password are what everything else rests on, so a change of either ends what went before it:
sessions, remembered browsers, and the links of mails that are still on their way.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.accounts import Attempt, MailPurpose, SettingsPage, problem_with_password
from domain.refusals import Problem, Reason, Refused
from domain.visibility import member_ring, reveal
from storage.database import Database, fetch_one
from storage.events import note
from storage.feed_tokens import revoke_feed_tokens
from storage.mail_tokens import find_subject, spend_all, spend_token
from storage.members.keys import rewrite_keys
from storage.members.people import find_people
from storage.passwords import hash_password, is_common, is_outdated, verify_password
from storage.registrations import find_waiting
from storage.secrets import Seal, hash_token
from storage.sessions import (
    Browser,
    SignedIn,
    Tokens,
    end_session_in,
    end_sessions_of,
    is_remembered,
    note_password,
    start_session,
)
from storage.tables import Account, KnownBrowser, Member
from storage.throttle import TooMany, count_try

NOBODY = 0
"""The account id of an event about an address that has none: the event is noted all the same."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """What there is under an address: an account, or else a registration that waits for its mail, or nothing."""

    account_id: int | None = None
    registration_id: int | None = None
    password_hash: str | None = None
    is_known: bool = False


async def _find_claim(database: Database, seal: Seal, email: str, browser: Browser, now: datetime) -> _Claim:
    email_hash = seal.hash_email(email)
    mark = hash_token(browser.mark or "")
    known = and_(KnownBrowser.c.account_id == Account.c.account_id, KnownBrowser.c.token_hash == mark)
    wanted = (
        select(Account.c.account_id, Account.c.password_hash, KnownBrowser.c.token_hash)
        .outerjoin(KnownBrowser, known)
        .where(Account.c.email_hash == email_hash)
    )
    async with database.reading() as connection:
        account = await fetch_one(connection, wanted)
        waiting = await find_waiting(connection, seal, email_hash, now)
    if account is not None:
        return _Claim(account.account_id, None, account.password_hash, account.token_hash is not None)
    if waiting is not None:
        return _Claim(None, waiting[0], waiting[1].password_hash)
    return _Claim()


async def sign_in(
    database: Database,
    seal: Seal,
    email: str,
    password: str,
    browser: Browser,
    now: datetime,
    *,
    remember: bool,
) -> Tokens | Refused:
    """Sign a browser in. Refused when address and password do not belong together, when there were too many tries,
    or, to whoever knows the password, because the address is not confirmed: then the mail is sent again."""
    claim = await _find_claim(database, seal, email, browser, now)
    account = seal.hash_email(email).hex()
    try:
        await count_try(database, seal, Attempt.SIGN_IN, account, browser, now, is_known=claim.is_known)
    except TooMany as refused:
        return Refused(Reason.TOO_MANY, retry_after=refused.retry_after)
    if not await verify_password(claim.password_hash, password):
        return Refused(Reason.INVALID)
    if claim.registration_id is not None:
        async with database.writing() as connection:
            await note(connection, "registration.asked", now, registration_id=claim.registration_id)
        return Refused(Reason.NOT_CONFIRMED)
    return await _let_in(database, claim, password, browser, now, remember=remember)


async def _let_in(
    database: Database, claim: _Claim, password: str, browser: Browser, now: datetime, *, remember: bool
) -> Tokens | Refused:
    assert claim.account_id is not None
    assert claim.password_hash is not None
    today = await hash_password(password) if is_outdated(claim.password_hash) else claim.password_hash
    mine = (Account.c.account_id == claim.account_id) & (Account.c.password_hash == claim.password_hash)
    async with database.writing() as connection:
        same = await connection.execute(update(Account).where(mine).values(password_hash=today))
        if same.rowcount == 0:  # the password was changed while this one was being looked at
            return Refused(Reason.INVALID)
        tokens = await start_session(
            connection, claim.account_id, browser.name, now, remember=remember, mark=browser.mark
        )
        if not claim.is_known:
            await note(connection, "browser.new", now, account_id=claim.account_id)
    return tokens


async def check_password(
    database: Database, seal: Seal, signed_in: SignedIn, password: str, browser: Browser, now: datetime
) -> Refused | None:
    """Whether this is the password of who is signed in; then the session knows that it was just given.

    Counted by session, so that whoever holds a stolen one cannot take the owner's own tries.
    """
    try:
        session = f"session {signed_in.session_id}"
        await count_try(database, seal, Attempt.PASSWORD, session, browser, now)
    except TooMany as refused:
        return Refused(Reason.TOO_MANY, retry_after=refused.retry_after)
    wanted = select(Account.c.password_hash).where(Account.c.account_id == signed_in.account_id)
    async with database.reading() as connection:
        row = await fetch_one(connection, wanted)
    if row is None or not await verify_password(row.password_hash, password):
        return Refused(Reason.INVALID, {"current_password": Problem.WRONG if password else Problem.EMPTY})
    await note_password(database, signed_in.session_id, now)
    return None


async def change_password(
    database: Database, seal: Seal, signed_in: SignedIn, password: str, browser: Browser, now: datetime
) -> Tokens | Refused:
    """Give an account another password: every other browser is signed out, and this one gets new tokens."""
    async with database.reading() as connection:
        personal = await _personal_words(connection, seal, signed_in.account_id)
    if problem := problem_with_password(password, await is_common(password, personal)):
        return Refused(Reason.INVALID, {"password": problem})
    hashed = await hash_password(password)
    async with database.writing() as connection:
        remember = await is_remembered(connection, signed_in.session_id)
        return await _replace_password(connection, signed_in.account_id, hashed, browser, now, remember=remember)


async def _personal_words(connection: AsyncConnection, seal: Seal, account_id: int) -> tuple[str, ...]:
    """What a password may not be made of: the member's own name, profession and address."""
    wanted = select(Account.c.member_id, Account.c.email_sealed).where(Account.c.account_id == account_id)
    row = await fetch_one(connection, wanted)
    if row is None:
        return ()
    people = await find_people(connection, [row.member_id])
    ring = member_ring(row.member_id, in_good_standing=False)
    entries = people[row.member_id].entries.values() if row.member_id in people else ()
    return (seal.open(row.email_sealed), *(reveal(entry, ring) or "" for entry in entries))


async def _replace_password(
    connection: AsyncConnection, account_id: int, hashed: str, browser: Browser, now: datetime, *, remember: bool
) -> Tokens:
    await connection.execute(update(Account).where(Account.c.account_id == account_id).values(password_hash=hashed))
    await end_sessions_of(connection, account_id)
    await spend_all(connection, MailPurpose.RESET, account_id)
    await revoke_feed_tokens(connection, account_id)
    await note(connection, "password.changed", now, account_id=account_id)
    return await start_session(connection, account_id, browser.name, now, remember=remember, mark=browser.mark)


async def ask_reset(database: Database, seal: Seal, email: str, browser: Browser, now: datetime) -> Refused | None:
    """Ask for a mail to choose a new password. The answer and the work are the same for every address."""
    claim = await _find_claim(database, seal, email, browser, now)
    account = seal.hash_email(email).hex()
    try:
        await count_try(database, seal, Attempt.RESET, account, browser, now, is_known=claim.is_known)
    except TooMany as refused:
        return Refused(Reason.TOO_MANY, retry_after=refused.retry_after)
    async with database.writing() as connection:
        await note(connection, "reset.asked", now, account_id=claim.account_id or NOBODY)
    return None


async def may_reset(database: Database, token: str, now: datetime) -> bool:
    """Whether the link of a reset mail still works."""
    async with database.reading() as connection:
        return await find_subject(connection, token, [MailPurpose.RESET], now) is not None


async def reset_password(
    database: Database, seal: Seal, token: str, password: str, browser: Browser, now: datetime, *, ending: int | None
) -> Tokens | Refused:
    """Set the password with the token of a mail: whoever reads the mailbox is the owner, so the address is confirmed,
    every session ends and this browser is signed in."""
    async with database.reading() as connection:
        subject = await find_subject(connection, token, [MailPurpose.RESET], now)
        personal = await _personal_words(connection, seal, subject.subject_id) if subject else ()
    if subject is None:
        return Refused(Reason.TOO_LATE)
    if problem := problem_with_password(password, await is_common(password, personal)):
        return Refused(Reason.INVALID, {"password": problem})
    hashed = await hash_password(password)
    async with database.writing() as connection:
        if await spend_token(connection, token, [MailPurpose.RESET], now) is None:
            return Refused(Reason.TOO_LATE)
        await confirm_account(connection, subject.subject_id, now)
        if ending is not None:
            await end_session_in(connection, ending)
        return await _replace_password(connection, subject.subject_id, hashed, browser, now, remember=False)


async def confirm_account(connection: AsyncConnection, account_id: int, now: datetime) -> None:
    """Note that the address of an account is its owner's; until then nothing of them was open to anyone."""
    unconfirmed = (Account.c.account_id == account_id) & Account.c.confirmed_at.is_(None)
    confirming = update(Account).where(unconfirmed).values(confirmed_at=now).returning(Account.c.member_id)
    row = (await connection.execute(confirming)).first()
    if row is None:
        return
    standing = update(Member).where(Member.c.member_id == row.member_id).values(in_good_standing=True)
    await connection.execute(standing)
    await rewrite_keys(connection, row.member_id, now)
    await note(connection, "member.changed", now, member_id=row.member_id)


async def find_settings(database: Database, seal: Seal, account_id: int, saved: str | None) -> SettingsPage | None:
    """The settings of an account, to its owner."""
    wanted = select(Account.c.email_sealed, Account.c.confirmed_at).where(Account.c.account_id == account_id)
    async with database.reading() as connection:
        row = await fetch_one(connection, wanted)
    if row is None:
        return None
    return SettingsPage(email=seal.open(row.email_sealed), is_confirmed=row.confirmed_at is not None, saved=saved)
