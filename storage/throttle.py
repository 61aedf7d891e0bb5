"""Throttling: how often something may be tried, counted per account and per network address, and named after nobody.

A browser that has signed in to the account before is counted by itself alone. So a stranger who uses up the tries of
an account, or of a network, takes none from its owner. Tries beyond the limit cost one statement and no hashing.
"""

import ipaddress
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Integer, bindparam, case, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.accounts import LIMITS, Attempt
from domain.limits import RATES, Action
from domain.refusals import Reason, Refused
from storage.database import INSERTS, Database
from storage.prepared import Prepared
from storage.secrets import Seal
from storage.sessions import Browser
from storage.tables import AttemptCount, Moment

LONGEST_WINDOW = max([limit.window for limit in LIMITS.values()] + [rate.window for rate in RATES.values()])


class TooMany(Exception):
    """The limit is reached; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


async def count_try(
    database: Database,
    seal: Seal,
    attempt: Attempt,
    account: str,
    browser: Browser,
    now: datetime,
    *,
    is_known: bool = False,
) -> None:
    """Count one try at an account, whatever names it; `is_known` when this browser has signed in to it before.

    Raises TooMany, and then counts nothing.
    """
    limit = LIMITS[attempt]
    if is_known and browser.mark:
        buckets = [(seal.hash("try", attempt, "browser", browser.mark, account), limit.per_account)]
    else:
        buckets = [
            (seal.hash("try", attempt, "account", account), limit.per_account),
            (seal.hash("try", attempt, "address", _network(browser.address)), limit.per_address),
        ]
    async with database.writing(is_short=True) as connection:
        for bucket, most in buckets:
            await _count(connection, bucket, most, limit.window, now)


def _network(address: str) -> str:
    """One IPv4 address, or the /64 of an IPv6 address, which is what one household or server gets."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))


async def _count(connection: AsyncConnection, bucket: bytes, most: int, window: timedelta, now: datetime) -> None:
    values = {"bucket": bucket, "window_start": now, "tries": 1, "over": now - window, "most": most}
    if await _COUNTING.one(connection, values) is None:
        started = await connection.execute(select(AttemptCount.c.window_start).where(AttemptCount.c.bucket == bucket))
        left = started.scalar_one() + window - now
        raise TooMany(max(1, -(-int(left.total_seconds() * 1000) // 1000)))


def _counting(dialect: str) -> Any:
    """SQL: count one more try, or the first of a new window, unless there were too many."""
    first = INSERTS[dialect](AttemptCount.table)
    is_over = AttemptCount.c.window_start <= bindparam("over", type_=Moment)
    return first.on_conflict_do_update(
        index_elements=["bucket"],
        set_={
            "tries": case((is_over, 1), else_=AttemptCount.c.tries + 1),
            "window_start": case((is_over, first.excluded.window_start), else_=AttemptCount.c.window_start),
        },
        where=or_(is_over, AttemptCount.c.tries < bindparam("most", type_=Integer)),
    ).returning(AttemptCount.c.tries)


_COUNTING = Prepared(_counting)


async def count_act(connection: AsyncConnection, action: Action, member_id: int, now: datetime) -> Refused | None:
    """Count one act of a member, in the transaction of the act itself; refused when there were too many of late."""
    rate = RATES[action]
    try:
        await _count(connection, sha256(f"{action}:{member_id}".encode()).digest(), rate.times, rate.window, now)
    except TooMany as too_many:
        return Refused(Reason.TOO_MANY, retry_after=too_many.retry_after)
    return None


async def forget_old_counts(connection: AsyncConnection, now: datetime) -> None:
    """Delete counts whose window is over."""
    await connection.execute(delete(AttemptCount).where(AttemptCount.c.window_start <= now - LONGEST_WINDOW))
