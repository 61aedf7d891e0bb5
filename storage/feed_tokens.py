"""Private feed addresses: a random token, kept as its hash, that opens feeds with its member's ring of the moment.

It opens nothing else, sets no session, and ends when it is revoked.
"""

import secrets
from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.feeds import MOST_TOKENS, FeedTokenLine, problem_with_label
from domain.refusals import Reason, Refused
from domain.visibility import Viewer
from storage.database import Database, fetch_all
from storage.rings import find_viewer
from storage.secrets import hash_token
from storage.tables import Account, FeedToken, Member

LONGEST_TOKEN = 100


async def list_feed_tokens(database: Database, member_id: int) -> tuple[FeedTokenLine, ...]:
    """The private addresses of a member, the newest first."""
    statement = select(FeedToken.c.feed_token_id, FeedToken.c.label, FeedToken.c.made_at)
    statement = statement.where(FeedToken.c.member_id == member_id).order_by(FeedToken.c.feed_token_id.desc())
    async with database.reading() as connection:
        rows = await fetch_all(connection, statement)
    return tuple(FeedTokenLine(feed_token_id=row.feed_token_id, label=row.label, made_at=row.made_at) for row in rows)


async def make_feed_token(database: Database, member_id: int, label: str, now: datetime) -> str | Refused:
    """A new token, which is known in full this once."""
    if problem := problem_with_label(label):
        return Refused(Reason.INVALID, {"label": problem})
    token = secrets.token_urlsafe(32)
    row = {"token_hash": hash_token(token), "member_id": member_id, "label": label, "made_at": now}
    async with database.writing() as connection:
        holding = select(Member.c.member_id).where(Member.c.member_id == member_id).with_for_update(key_share=True)
        await connection.execute(holding)
        counting = select(func.count()).where(FeedToken.c.member_id == member_id)
        if (await connection.execute(counting)).scalar_one() >= MOST_TOKENS:
            return Refused(Reason.TOO_MANY)
        await connection.execute(insert(FeedToken).values(row))
    return token


async def revoke_feed_token(database: Database, member_id: int, feed_token_id: int) -> Refused | None:
    """End one of a member's own private addresses."""
    revoking = delete(FeedToken).where(FeedToken.c.member_id == member_id, FeedToken.c.feed_token_id == feed_token_id)
    async with database.writing() as connection:
        done = await connection.execute(revoking)
    return None if done.rowcount else Refused(Reason.MISSING)


async def revoke_feed_tokens(connection: AsyncConnection, account_id: int) -> None:
    """End every private address of an account: whoever had the old password may have made one."""
    member_id = select(Account.c.member_id).where(Account.c.account_id == account_id).scalar_subquery()
    await connection.execute(delete(FeedToken).where(FeedToken.c.member_id == member_id))


async def find_feed_viewer(database: Database, token: str) -> Viewer | None:
    """With whose eyes a private address reads, with their ring of this moment; None when it was never made or is
    revoked."""
    if len(token) > LONGEST_TOKEN:
        return None
    statement = select(FeedToken.c.member_id).where(FeedToken.c.token_hash == hash_token(token))
    async with database.reading() as connection:
        member_id: int | None = (await connection.execute(statement)).scalar()
        return None if member_id is None else await find_viewer(connection, member_id)
