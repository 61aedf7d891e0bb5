"""Sessions and remembered browsers: opaque tokens, of which only hashes are kept, that end when they should.

A session is found with its account, member and name in one statement. A remembered browser's token is good for one
use: it is replaced as it is used, and one that was replaced before ends the whole series, as a stolen copy would.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.accounts import REMEMBER_FOR, REMEMBER_GRACE, SESSION_ABSOLUTE, SESSION_IDLE, SessionLine
from domain.members import EntryKind, Person
from domain.visibility import Guarded
from storage.database import Database, fetch_all, fetch_one
from storage.key_sets import parse_keys
from storage.secrets import hash_token
from storage.tables import Account, Entry, KeySet, KnownBrowser, Member, RememberedBrowser, Session

SEEN_EVERY = timedelta(minutes=10)
"""A session's last use is noted no more often than this, so that reading does not write."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in, as the request needs it."""

    session_id: int
    account_id: int
    member_id: int
    person: Person
    is_confirmed: bool
    in_good_standing: bool
    is_staff: bool
    seen_at: datetime
    password_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tokens:
    """What goes into the cookies of a browser that has just signed in; None leaves a cookie as it is."""

    session: str
    remember: str | None = None
    browser: str | None = None


def _new_token() -> str:
    return secrets.token_urlsafe(32)


async def find_signed_in(database: Database, token: str, now: datetime) -> SignedIn | None:
    """The session that this token opens, unless it has ended."""
    statement = (
        select(
            Session.session_id,
            Session.seen_at,
            Session.password_at,
            Account.account_id,
            Account.confirmed_at,
            Member.member_id,
            Member.public_id,
            Member.in_good_standing,
            Member.is_staff,
            Entry.value,
            KeySet.keys,
        )
        .join(Account, Account.account_id == Session.account_id)  # type: ignore[arg-type]
        .join(Member, Member.member_id == Account.member_id)  # type: ignore[arg-type]
        .join(Entry, (Entry.member_id == Member.member_id) & (Entry.kind == EntryKind.NAME))  # type: ignore[operator,arg-type]
        .join(KeySet, KeySet.key_set_id == Entry.key_set_id)  # type: ignore[arg-type]
        .where(
            Session.token_hash == hash_token(token),
            Session.expires_at > now,
            Session.seen_at > now - SESSION_IDLE,
        )
    )
    async with database.reading() as connection:
        row = await fetch_one(connection, statement)
    if row is None:
        return None
    name = Guarded(row.value, parse_keys(row.keys))
    return SignedIn(
        session_id=row.session_id,
        account_id=row.account_id,
        member_id=row.member_id,
        person=Person(row.member_id, row.public_id, {EntryKind.NAME: name}),
        is_confirmed=row.confirmed_at is not None,
        in_good_standing=row.in_good_standing,
        is_staff=row.is_staff,
        seen_at=row.seen_at,
        password_at=row.password_at,
    )


async def note_seen(database: Database, session_id: int, now: datetime) -> None:
    """Note that a session is in use."""
    async with database.writing() as connection:
        await connection.execute(update(Session).where(Session.session_id == session_id).values(seen_at=now))  # type: ignore[arg-type]


async def note_password(database: Database, session_id: int, now: datetime) -> None:
    """Note that the password was given again in this session."""
    async with database.writing() as connection:
        change = update(Session).where(Session.session_id == session_id).values(password_at=now, seen_at=now)  # type: ignore[arg-type]
        await connection.execute(change)


async def start_session(
    connection: AsyncConnection,
    account_id: int,
    browser: str,
    now: datetime,
    *,
    remember: bool,
    password_given: bool = True,
) -> Tokens:
    """Sign a browser in: a fresh token each time, and a mark that it has been here before."""
    remember_token, remembered_id = None, None
    if remember:
        remember_token = _new_token()
        remembered_id = await _remember(connection, account_id, remember_token, browser, now)
    session_token = await _add_session(connection, account_id, browser, now, remembered_id, password_given)
    browser_token = _new_token()
    known = {"token_hash": hash_token(browser_token), "account_id": account_id, "created_at": now}
    await connection.execute(insert(KnownBrowser).values(known))
    return Tokens(session_token, remember_token, browser_token)


async def _remember(connection: AsyncConnection, account_id: int, token: str, browser: str, now: datetime) -> int:
    row = {
        "account_id": account_id,
        "token_hash": hash_token(token),
        "browser": browser,
        "created_at": now,
        "used_at": now,
        "expires_at": now + REMEMBER_FOR,
    }
    added = await connection.execute(insert(RememberedBrowser).values(row).returning(RememberedBrowser.remembered_id))
    remembered_id: int = added.scalar_one()
    return remembered_id


async def _add_session(
    connection: AsyncConnection,
    account_id: int,
    browser: str,
    now: datetime,
    remembered_id: int | None,
    password_given: bool,
) -> str:
    token = _new_token()
    row = {
        "account_id": account_id,
        "token_hash": hash_token(token),
        "remembered_id": remembered_id,
        "browser": browser,
        "created_at": now,
        "seen_at": now,
        "password_at": now if password_given else None,
        "expires_at": now + SESSION_ABSOLUTE,
    }
    await connection.execute(insert(Session).values(row))
    return token


async def resume_remembered(database: Database, token: str, browser: str, now: datetime) -> Tokens | None:
    """A new session for a remembered browser, and its next token; None when the token is not or no longer good."""
    hashed = hash_token(token)
    wanted = select(RememberedBrowser).where(  # type: ignore[call-overload]
        or_(RememberedBrowser.token_hash == hashed, RememberedBrowser.previous_hash == hashed)  # type: ignore[arg-type]
    )
    async with database.writing() as connection:
        row = await fetch_one(connection, wanted)
        if row is None or row.expires_at <= now:
            return None
        is_current = row.token_hash == hashed
        if not is_current and now - row.used_at > REMEMBER_GRACE:
            await _forget(connection, row.remembered_id)
            return None
        session = await _add_session(connection, row.account_id, browser, now, row.remembered_id, password_given=False)
        if not is_current:
            return Tokens(session)
        fresh = _new_token()
        change = {"token_hash": hash_token(fresh), "previous_hash": hashed, "used_at": now, "browser": browser}
        await connection.execute(
            update(RememberedBrowser).where(RememberedBrowser.remembered_id == row.remembered_id).values(change)  # type: ignore[arg-type]
        )
        return Tokens(session, fresh)


async def _forget(connection: AsyncConnection, remembered_id: int) -> None:
    await connection.execute(delete(Session).where(Session.remembered_id == remembered_id))  # type: ignore[arg-type]
    await connection.execute(delete(RememberedBrowser).where(RememberedBrowser.remembered_id == remembered_id))  # type: ignore[arg-type]


async def end_session(database: Database, session_id: int) -> None:
    """Sign out: the session and, where it belongs to a remembered browser, that too."""
    async with database.writing() as connection:
        await end_session_in(connection, session_id)


async def end_session_in(connection: AsyncConnection, session_id: int) -> None:
    """End a session within a transaction, with its remembered browser."""
    held = await fetch_one(connection, select(Session.remembered_id).where(Session.session_id == session_id))
    if held is not None and held.remembered_id is not None:
        await _forget(connection, held.remembered_id)
    await connection.execute(delete(Session).where(Session.session_id == session_id))  # type: ignore[arg-type]


async def end_sessions_of(connection: AsyncConnection, account_id: int, *, but: int | None = None) -> int:
    """End every session and remembered browser of an account, but one; returns how many sessions ended."""
    kept = await fetch_one(connection, select(Session.remembered_id).where(Session.session_id == but)) if but else None
    kept_id = kept.remembered_id if kept else None
    ended = await connection.execute(
        delete(Session).where(Session.account_id == account_id, Session.session_id != (but or 0))  # type: ignore[arg-type]
    )
    await connection.execute(
        delete(RememberedBrowser).where(
            RememberedBrowser.account_id == account_id,  # type: ignore[arg-type]
            RememberedBrowser.remembered_id != (kept_id or 0),  # type: ignore[arg-type]
        )
    )
    return ended.rowcount


async def list_sessions(database: Database, account_id: int, this_id: int, now: datetime) -> tuple[SessionLine, ...]:
    """Where an account is signed in now, the newest use first, and browsers that are remembered without a session."""
    sessions = select(Session).where(Session.account_id == account_id, Session.expires_at > now)  # type: ignore[call-overload]
    remembered = select(RememberedBrowser).where(  # type: ignore[call-overload]
        RememberedBrowser.account_id == account_id, RememberedBrowser.expires_at > now
    )
    async with database.reading() as connection:
        live = [row for row in await fetch_all(connection, sessions) if row.seen_at > now - SESSION_IDLE]
        resting = await fetch_all(connection, remembered)
    held = {row.remembered_id for row in live}
    lines = [
        SessionLine(
            reference=f"s{row.session_id}",
            browser=row.browser,
            started_at=row.created_at,
            seen_at=row.seen_at,
            is_remembered=row.remembered_id is not None,
            is_this=row.session_id == this_id,
        )
        for row in live
    ]
    lines += [
        SessionLine(
            reference=f"r{row.remembered_id}",
            browser=row.browser,
            started_at=row.created_at,
            seen_at=row.used_at,
            is_remembered=True,
            is_this=False,
        )
        for row in resting
        if row.remembered_id not in held
    ]
    return tuple(sorted(lines, key=lambda line: (not line.is_this, -line.seen_at.timestamp())))
