"""Throttling: how much is let through, for whom, and that nobody takes anybody else's tries."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.accounts import LIMITS, Attempt
from storage.database import Database, fetch_all
from storage.forgetting import forget_what_is_over
from storage.secrets import Seal
from storage.sessions import Browser
from storage.tables import AttemptCount
from storage.throttle import LONGEST_WINDOW, TooMany, count_try
from tests.cast import NOON

LIMIT = LIMITS[Attempt.SIGN_IN]
STRANGER = Browser("198.51.100.7", "")
OWNER = Browser("203.0.113.9", "", mark="owners-mark")


async def _tries(database: Database, seal: Seal, account: str, browser: Browser, most: int, **options: bool) -> int:
    """How many of so many tries are let through."""
    for done in range(most):
        try:
            await count_try(database, seal, Attempt.SIGN_IN, account, browser, NOON, **options)
        except TooMany:
            return done
    return most


async def test_an_account_has_its_tries_an_hour(database: Database, seal: Seal) -> None:
    assert await _tries(database, seal, "amara", STRANGER, 50) == LIMIT.per_account
    with pytest.raises(TooMany) as refused:
        await count_try(database, seal, Attempt.SIGN_IN, "amara", OWNER, NOON + timedelta(minutes=20))
    assert refused.value.retry_after == 40 * 60
    await count_try(database, seal, Attempt.SIGN_IN, "amara", STRANGER, NOON + LIMIT.window)


async def test_a_network_address_has_its_tries_over_all_accounts(database: Database, seal: Seal) -> None:
    done = [await _tries(database, seal, f"account {number}", STRANGER, 1) for number in range(LIMIT.per_address + 9)]
    assert sum(done) == LIMIT.per_address
    assert await _tries(database, seal, "another", Browser("198.51.100.8", ""), 1) == 1


async def test_what_is_refused_takes_nothing_from_others(database: Database, seal: Seal) -> None:
    await _tries(database, seal, "amara", STRANGER, LIMIT.per_account)
    assert await _tries(database, seal, "amara", STRANGER, LIMIT.per_address) == 0
    assert await _tries(database, seal, "joost", STRANGER, LIMIT.per_account) == LIMIT.per_account


async def test_strangers_cannot_lock_the_owners_browser_out(database: Database, seal: Seal) -> None:
    await _tries(database, seal, "amara", STRANGER, LIMIT.per_account)
    assert await _tries(database, seal, "amara", OWNER, 50, is_known=True) == LIMIT.per_account
    assert await _tries(database, seal, "amara", OWNER, 1) == 0, "without its mark it is a stranger's"


async def test_a_crowded_network_cannot_lock_a_known_browser_out(database: Database, seal: Seal) -> None:
    for number in range(LIMIT.per_address):
        await _tries(database, seal, f"account {number}", STRANGER, 1)
    at_the_same = Browser(STRANGER.address, "", mark="owners-mark")
    assert await _tries(database, seal, "amara", at_the_same, 1) == 0
    assert await _tries(database, seal, "amara", at_the_same, 1, is_known=True) == 1


async def test_one_ipv6_network_is_one_address(database: Database, seal: Seal) -> None:
    done = [
        await _tries(database, seal, f"account {number}", Browser(f"2001:db8::{number:x}", ""), 1)
        for number in range(LIMIT.per_address + 9)
    ]
    assert sum(done) == LIMIT.per_address


async def test_counts_name_nobody_and_are_deleted(database: Database, seal: Seal) -> None:
    await _tries(database, seal, "amara@example.org", STRANGER, 1)
    async with database.reading() as connection:
        rows = await fetch_all(connection, select(AttemptCount))
    assert [len(row.bucket) for row in rows] == [32, 32]
    await forget_what_is_over(database, NOON + LONGEST_WINDOW)
    async with database.reading() as connection:
        assert await fetch_all(connection, select(AttemptCount)) == []
