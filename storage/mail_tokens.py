"""The tokens in links of mails: made when a mail is sent, kept as hashes, good for one purpose, once, for a while."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.accounts import CONFIRM_WITHIN, RESET_WITHIN, MailPurpose
from storage.database import fetch_one
from storage.secrets import hash_token
from storage.tables import MailToken

LIFETIMES: dict[MailPurpose, timedelta] = {
    MailPurpose.CONFIRM: CONFIRM_WITHIN,
    MailPurpose.RESET: RESET_WITHIN,
    MailPurpose.CHANGE: CONFIRM_WITHIN,
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What a token is about: a registration to confirm, an account to reset, or a pending address to change to."""

    purpose: MailPurpose
    subject_id: int


async def make_token(connection: AsyncConnection, purpose: MailPurpose, subject_id: int, now: datetime) -> str:
    """A fresh token. Those of earlier mails about the same stay good, as mails may be read in any order."""
    token = secrets.token_urlsafe(32)
    row = {
        "token_hash": hash_token(token),
        "purpose": purpose.value,
        "subject_id": subject_id,
        "expires_at": now + LIFETIMES[purpose],
    }
    await connection.execute(insert(MailToken).values(row))
    return token


async def find_subject(
    connection: AsyncConnection, token: str, purposes: Iterable[MailPurpose], now: datetime
) -> Subject | None:
    """What a token is about, without using it up; None when it is not, or no longer, good for one of these purposes."""
    row = await fetch_one(
        connection,
        select(MailToken.c.purpose, MailToken.c.subject_id).where(
            MailToken.c.token_hash == hash_token(token),
            MailToken.c.purpose.in_([purpose.value for purpose in purposes]),
            MailToken.c.expires_at > now,
        ),
    )
    return None if row is None else Subject(MailPurpose(row.purpose), row.subject_id)


async def spend_token(
    connection: AsyncConnection, token: str, purposes: Iterable[MailPurpose], now: datetime
) -> Subject | None:
    """Use a token up, with all others about the same; None when it is not good, also when another was quicker."""
    subject = await find_subject(connection, token, purposes, now)
    if subject is None:
        return None
    spent = await connection.execute(
        delete(MailToken).where(MailToken.c.token_hash == hash_token(token)).returning(MailToken.c.token_hash)
    )
    if spent.first() is None:
        return None
    await spend_all(connection, subject.purpose, subject.subject_id)
    return subject


async def spend_all(connection: AsyncConnection, purpose: MailPurpose, subject_id: int) -> None:
    """Make every token about this useless."""
    about = (MailToken.c.purpose == purpose.value) & (MailToken.c.subject_id == subject_id)
    await connection.execute(delete(MailToken).where(about))


async def forget_old_tokens(connection: AsyncConnection, now: datetime) -> None:
    """Delete tokens whose time is over."""
    await connection.execute(delete(MailToken).where(MailToken.c.expires_at <= now))
