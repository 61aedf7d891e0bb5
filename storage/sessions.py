"""Sessions and remembered browsers: opaque tokens, of which only hashes are kept, that end when they should.

A session is found with its account, member and name in one statement. A remembered browser's token is good for one
use: it is replaced as it is used, and one that was replaced before ends the whole series, as a stolen copy would.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import LargeBinary, Row, Select, bindparam, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.accounts import REMEMBER_FOR, REMEMBER_GRACE, SESSION_ABSOLUTE, SESSION_IDLE, SessionLine
from domain.members import EntryKind, Person
from domain.visibility import Guarded, own_key
from storage.database import Database, fetch_all, fetch_one
from storage.key_sets import parse_keys
from storage.prepared import Prepared
from storage.secrets import hash_token
from storage.tables import Account, Entry, KeySet, KnownBrowser, Member, Moment, RememberedBrowser, Session

SEEN_EVERY = timedelta(minutes=10)
"""A session's last use is noted no more often than this, so that reading does not write."""

KNOW_BROWSER_FOR = timedelta(days=365)
"""How long the mark of a browser that has signed in is good for after its last sign-in."""


@dataclass(frozen=True, slots=True)
class Browser:
    """The browser that asks: its network address, what it is called, and the mark it got when it last signed in."""

    address: str
    name: str
    mark: str | None = None


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
    checked_up_at: datetime | None
    seen_at: datetime
    expires_at: datetime
    password_at: datetime | None

    def is_live(self, now: datetime) -> bool:
        """Whether the session has neither come to its end nor rested for too long."""
        return self.expires_at > now and self.seen_at > now - SESSION_IDLE


@dataclass(frozen=True, slots=True)
class Tokens:
    """What goes into the cookies of a browser that has just signed in; None leaves a cookie as it is."""

    session: str
    remember: str | None = None
    browser: str | None = None


def _new_token() -> str:
    return secrets.token_urlsafe(32)


_Photo = Entry.table.alias()


def _live_session(_dialect: str) -> Select[Any]:
    """SQL: the session of a token, if it has not ended, with its member."""
    return (
        select(
            Session.c.session_id,
            Session.c.seen_at,
            Session.c.expires_at,
            Session.c.password_at,
            Account.c.account_id,
            Account.c.confirmed_at,
            Member.c.member_id,
            Member.c.public_id,
            Member.c.in_good_standing,
            Member.c.is_staff,
            Member.c.checked_up_at,
            Entry.c.value,
            KeySet.c.text.label("keys"),
            _Photo.c.value.label("photo"),
        )
        .join(Account, Account.c.account_id == Session.c.account_id)
        .join(Member, Member.c.member_id == Account.c.member_id)
        .join(Entry, (Entry.c.member_id == Member.c.member_id) & (Entry.c.kind == EntryKind.NAME))
        .join(KeySet, KeySet.c.key_set_id == Entry.c.key_set_id)
        .outerjoin(_Photo, (_Photo.c.member_id == Member.c.member_id) & (_Photo.c.kind == EntryKind.PHOTO))
        .where(
            Session.c.token_hash == bindparam("token", type_=LargeBinary),
            Session.c.expires_at > bindparam("now", type_=Moment),
            Session.c.seen_at > bindparam("idle_since", type_=Moment),
        )
    )


_LIVE_SESSION = Prepared(_live_session)


async def find_signed_in(database: Database, token: str, now: datetime) -> SignedIn | None:
    """The session that this token opens, unless it has ended."""
    async with database.reading() as connection:
        asked = {"token": hash_token(token), "now": now, "idle_since": now - SESSION_IDLE}
        row = await _LIVE_SESSION.one(connection, asked)
    if row is None:
        return None
    entries = {EntryKind.NAME: Guarded(row.value, parse_keys(row.keys))}
    entries[EntryKind.PHOTO] = Guarded(row.photo or "", frozenset({own_key(row.member_id)}))
    return SignedIn(
        session_id=row.session_id,
        account_id=row.account_id,
        member_id=row.member_id,
        person=Person(row.member_id, row.public_id, entries),
        is_confirmed=row.confirmed_at is not None,
        in_good_standing=row.in_good_standing,
        is_staff=row.is_staff,
        checked_up_at=row.checked_up_at,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
        password_at=row.password_at,
    )


async def note_seen(database: Database, signed_in: SignedIn, now: datetime) -> None:
    """Note that a session is in use, and that its member was seen."""
    async with database.writing(is_short=True) as connection:
        used = update(Session).where(Session.c.session_id == signed_in.session_id).values(seen_at=now)
        await connection.execute(used)
        seen = update(Member).where(Member.c.member_id == signed_in.member_id).values(seen_at=now)
        await connection.execute(seen)


async def note_password(database: Database, session_id: int, now: datetime) -> None:
    """Note that the password was given again in this session."""
    async with database.writing() as connection:
        change = update(Session).where(Session.c.session_id == session_id).values(password_at=now, seen_at=now)
        await connection.execute(change)


async def start_session(
    connection: AsyncConnection,
    account_id: int,
    browser: str,
    now: datetime,
    *,
    remember: bool,
    mark: str | None = None,
    ending: int | None = None,
) -> Tokens:
    """Sign a browser in: fresh tokens each time, a fresh `mark` that it has been here before in place of the one it
    had, and an end to the session that it had before, if any."""
    if ending is not None:
        await end_session_in(connection, ending)
    remember_token, remembered_id = None, None
    if remember:
        remember_token = f"{_new_token()}.{_new_token()}"
        remembered_id = await _remember(connection, account_id, remember_token, browser, now)
    session_token = await _add_session(connection, account_id, browser, now, remembered_id, password_given=True)
    fresh_mark = _new_token()
    if mark:
        await connection.execute(delete(KnownBrowser).where(KnownBrowser.c.token_hash == hash_token(mark)))
    known = {"token_hash": hash_token(fresh_mark), "account_id": account_id, "created_at": now}
    await connection.execute(insert(KnownBrowser).values(known))
    return Tokens(session_token, remember_token, fresh_mark)


async def _remember(connection: AsyncConnection, account_id: int, token: str, browser: str, now: datetime) -> int:
    series, _, secret = token.partition(".")
    row = {
        "account_id": account_id,
        "series_hash": hash_token(series),
        "token_hash": hash_token(secret),
        "browser": browser,
        "created_at": now,
        "used_at": now,
        "expires_at": now + REMEMBER_FOR,
    }
    added = await connection.execute(insert(RememberedBrowser).values(row).returning(RememberedBrowser.c.remembered_id))
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
    of_account = select(Account.c.member_id).where(Account.c.account_id == account_id).scalar_subquery()
    await connection.execute(update(Member).where(Member.c.member_id == of_account).values(seen_at=now))
    return token


async def resume_remembered(database: Database, token: str, browser: str, now: datetime) -> Tokens | None:
    """A new session for a remembered browser, and its next token; None when the token is not or no longer good.

    A token names its series beside its secret, so any secret of that series but the newest, however old, is known for
    a copy and ends it.
    """
    series, _, secret = token.partition(".")
    wanted = select(RememberedBrowser).where(RememberedBrowser.c.series_hash == hash_token(series))
    async with database.reading() as connection:
        if await fetch_one(connection, wanted) is None:  # made up, or ended: not worth a turn at writing
            return None
    async with database.writing() as connection:
        row = await fetch_one(connection, wanted.with_for_update())  # two tabs at once take turns
        if row is None or row.expires_at <= now:
            return None
        hashed = hash_token(secret)
        is_current = row.token_hash == hashed
        if not (is_current or (row.previous_hash == hashed and now - row.used_at <= REMEMBER_GRACE)):
            await _forget(connection, row.remembered_id)
            return None
        session = await _add_session(connection, row.account_id, browser, now, row.remembered_id, password_given=False)
        if not is_current:
            return Tokens(session)
        fresh = _new_token()
        change = {"token_hash": hash_token(fresh), "previous_hash": hashed, "used_at": now, "browser": browser}
        await connection.execute(
            update(RememberedBrowser).where(RememberedBrowser.c.remembered_id == row.remembered_id).values(change)
        )
        return Tokens(session, f"{series}.{fresh}")


async def _forget(connection: AsyncConnection, remembered_id: int) -> None:
    await connection.execute(delete(Session).where(Session.c.remembered_id == remembered_id))
    await connection.execute(delete(RememberedBrowser).where(RememberedBrowser.c.remembered_id == remembered_id))


async def end_session(database: Database, session_id: int) -> None:
    """Sign out: the session and, where it belongs to a remembered browser, that too."""
    async with database.writing() as connection:
        await end_session_in(connection, session_id)


async def end_session_in(connection: AsyncConnection, session_id: int) -> None:
    """End a session within a transaction, with its remembered browser."""
    held = await fetch_one(connection, select(Session.c.remembered_id).where(Session.c.session_id == session_id))
    if held is not None and held.remembered_id is not None:
        await _forget(connection, held.remembered_id)
    await connection.execute(delete(Session).where(Session.c.session_id == session_id))


async def end_sessions_of(connection: AsyncConnection, account_id: int, *, but: int | None = None) -> None:
    """End every session and remembered browser of an account, but one."""
    kept = (
        await fetch_one(connection, select(Session.c.remembered_id).where(Session.c.session_id == but)) if but else None
    )
    kept_id = kept.remembered_id if kept else None
    await connection.execute(
        delete(Session).where(Session.c.account_id == account_id, Session.c.session_id != (but or 0))
    )
    await connection.execute(
        delete(RememberedBrowser).where(
            RememberedBrowser.c.account_id == account_id,
            RememberedBrowser.c.remembered_id != (kept_id or 0),
        )
    )


async def is_remembered(connection: AsyncConnection, session_id: int) -> bool:
    """Whether a session belongs to a remembered browser."""
    held = await fetch_one(connection, select(Session.c.remembered_id).where(Session.c.session_id == session_id))
    return held is not None and held.remembered_id is not None


async def list_sessions(database: Database, account_id: int, this_id: int, now: datetime) -> tuple[SessionLine, ...]:
    """Where an account is signed in now, this browser first, then the newest use; a browser that is remembered is one
    line, with a session or without."""
    sessions = select(Session).where(Session.c.account_id == account_id, Session.c.expires_at > now)
    remembered = select(RememberedBrowser).where(RememberedBrowser.c.account_id == account_id)
    async with database.reading() as connection:
        live = [row for row in await fetch_all(connection, sessions) if row.seen_at > now - SESSION_IDLE]
        resting = await fetch_all(connection, remembered)
    lines = [_line_of_session(row, this_id) for row in live if row.remembered_id is None]
    for row in resting:
        held = [session for session in live if session.remembered_id == row.remembered_id]
        if held or row.expires_at > now:
            lines.append(_line_of_remembered(row, held, this_id))
    return tuple(sorted(lines, key=lambda line: (not line.is_this, -line.seen_at.timestamp())))


def _line_of_session(row: Row[Any], this_id: int) -> SessionLine:
    return SessionLine(
        reference=f"s{row.session_id}",
        browser=row.browser,
        started_at=row.created_at,
        seen_at=row.seen_at,
        is_remembered=False,
        is_this=row.session_id == this_id,
    )


def _line_of_remembered(row: Row[Any], held: Sequence[Row[Any]], this_id: int) -> SessionLine:
    return SessionLine(
        reference=f"r{row.remembered_id}",
        browser=row.browser,
        started_at=row.created_at,
        seen_at=max([row.used_at, *(session.seen_at for session in held)]),
        is_remembered=True,
        is_this=any(session.session_id == this_id for session in held),
    )


async def end_listed(database: Database, account_id: int, reference: str) -> bool:
    """End one line of an account's list of sessions; False when it has no such line."""
    kind, number = reference[:1], reference[1:]
    if kind not in {"s", "r"} or not (number.isascii() and number.isdigit() and len(number) < 19):
        return False
    table, column = (
        (Session, Session.c.session_id) if kind == "s" else (RememberedBrowser, RememberedBrowser.c.remembered_id)
    )
    wanted = select(column).where(column == int(number), table.c.account_id == account_id)
    async with database.writing() as connection:
        if await fetch_one(connection, wanted) is None:
            return False
        await (end_session_in if kind == "s" else _forget)(connection, int(number))
    return True


async def end_others(database: Database, account_id: int, this_id: int, now: datetime) -> int:
    """End every line of an account's list of sessions but this browser's; returns how many."""
    lines = await list_sessions(database, account_id, this_id, now)
    async with database.writing() as connection:
        await end_sessions_of(connection, account_id, but=this_id)
    return sum(not line.is_this for line in lines)


async def forget_ended_sessions(connection: AsyncConnection, now: datetime) -> None:
    """Delete sessions and remembered browsers whose time is over, and marks that no browser holds any more."""
    over = or_(Session.c.expires_at <= now, Session.c.seen_at <= now - SESSION_IDLE)
    await connection.execute(delete(Session).where(over))
    kept = select(Session.c.remembered_id).where(Session.c.remembered_id.is_not(None))
    old = (RememberedBrowser.c.expires_at <= now) & RememberedBrowser.c.remembered_id.not_in(kept)
    await connection.execute(delete(RememberedBrowser).where(old))
    await connection.execute(delete(KnownBrowser).where(KnownBrowser.c.created_at <= now - KNOW_BROWSER_FOR))
