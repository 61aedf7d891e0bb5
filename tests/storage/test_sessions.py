"""Sessions and remembered browsers: when they end, and what is kept of their tokens."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.accounts import REMEMBER_FOR, REMEMBER_GRACE, SESSION_ABSOLUTE, SESSION_IDLE
from storage.database import Database, fetch_all
from storage.forgetting import forget_what_is_over
from storage.sessions import (
    Tokens,
    end_listed,
    end_others,
    end_session,
    find_signed_in,
    list_sessions,
    note_seen,
    resume_remembered,
    start_session,
)
from storage.tables import KnownBrowser, RememberedBrowser, Session
from tests.cast import NOON, World

SOON = timedelta(minutes=1)


async def _sign_in(database: Database, account_id: int, *, remember: bool = False, mark: str | None = None) -> Tokens:
    async with database.writing() as connection:
        return await start_session(connection, account_id, "Firefox, Linux", NOON, remember=remember, mark=mark)


async def test_a_token_opens_its_session_until_it_ends(database: Database, world: World) -> None:
    tokens = await _sign_in(database, world["amara"].account_id)
    signed_in = await find_signed_in(database, tokens.session, NOON + SOON)
    assert signed_in is not None
    assert signed_in.member_id == world["amara"].member_id
    await end_session(database, signed_in.session_id)
    assert await find_signed_in(database, tokens.session, NOON + SOON) is None


@pytest.mark.parametrize("broken", ["", "x", "\x00", "é", "a" * 5000])
async def test_a_token_of_another_form_opens_nothing(database: Database, world: World, broken: str) -> None:
    tokens = await _sign_in(database, world["amara"].account_id)
    assert await find_signed_in(database, broken, NOON) is None
    assert (
        await find_signed_in(database, tokens.session[:-1] + ("A" if tokens.session[-1] != "A" else "B"), NOON) is None
    )
    assert await resume_remembered(database, broken, "", NOON) is None


async def test_tokens_are_long_and_only_their_hashes_are_kept(database: Database, world: World) -> None:
    tokens = await _sign_in(database, world["amara"].account_id, remember=True)
    assert tokens.remember
    assert tokens.browser
    given = [tokens.session, tokens.browser, *tokens.remember.split(".")]
    assert all(len(token) >= 43 for token in given)
    async with database.reading() as connection:
        rows = [
            row
            for table in (Session, RememberedBrowser, KnownBrowser)
            for row in await fetch_all(connection, select(table))
        ]
    kept = b" ".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)
    assert not any(token.encode() in kept for token in given)


async def test_a_session_ends_when_it_is_idle(database: Database, world: World) -> None:
    tokens = await _sign_in(database, world["amara"].account_id)
    assert await find_signed_in(database, tokens.session, NOON + SESSION_IDLE - SOON)
    assert await find_signed_in(database, tokens.session, NOON + SESSION_IDLE) is None


async def test_a_session_ends_however_busy_it_is(database: Database, world: World) -> None:
    tokens = await _sign_in(database, world["amara"].account_id)
    now = NOON
    while now < NOON + SESSION_ABSOLUTE - SESSION_IDLE / 2:
        now += SESSION_IDLE / 2
        signed_in = await find_signed_in(database, tokens.session, now)
        if now >= NOON + SESSION_ABSOLUTE:
            break
        assert signed_in is not None
        await note_seen(database, signed_in, now)
    assert await find_signed_in(database, tokens.session, NOON + SESSION_ABSOLUTE) is None


async def test_a_remembered_browser_gets_a_session_and_its_next_token(database: Database, world: World) -> None:
    first = await _sign_in(database, world["amara"].account_id, remember=True)
    assert first.remember
    later = NOON + timedelta(days=3)
    second = await resume_remembered(database, first.remember, "Firefox, Linux", later)
    assert second is not None
    assert second.remember not in {None, first.remember}
    signed_in = await find_signed_in(database, second.session, later)
    assert signed_in is not None
    assert signed_in.password_at is None, "a remembered browser has not given the password"


async def test_two_tabs_that_open_at_once_both_get_in(database: Database, world: World) -> None:
    first = await _sign_in(database, world["amara"].account_id, remember=True)
    assert first.remember
    one = await resume_remembered(database, first.remember, "", NOON + SOON)
    other = await resume_remembered(database, first.remember, "", NOON + SOON + REMEMBER_GRACE)
    assert one is not None
    assert other is not None
    assert one.remember
    assert other.remember is None, "the first tab's token is the one to keep"
    assert await resume_remembered(database, one.remember, "", NOON + 5 * SOON)


@pytest.mark.parametrize("uses_by_the_thief", [1, 3])
async def test_a_token_that_was_copied_ends_the_series(
    database: Database, world: World, uses_by_the_thief: int
) -> None:
    owners = await _sign_in(database, world["amara"].account_id, remember=True)
    now, stolen, last = NOON, owners.remember, owners
    for _ in range(uses_by_the_thief):
        now += timedelta(hours=1)
        assert stolen
        resumed = await resume_remembered(database, stolen, "", now)
        assert resumed is not None
        last, stolen = resumed, resumed.remember
    now += timedelta(hours=1)
    assert owners.remember
    assert stolen
    assert await resume_remembered(database, owners.remember, "", now) is None
    assert await resume_remembered(database, stolen, "", now) is None
    assert await find_signed_in(database, last.session, now) is None


async def test_a_made_up_secret_of_an_unknown_series_ends_nothing(database: Database, world: World) -> None:
    tokens = await _sign_in(database, world["amara"].account_id, remember=True)
    assert tokens.remember
    assert await resume_remembered(database, "made.up", "", NOON + SOON) is None
    assert await resume_remembered(database, tokens.remember, "", NOON + SOON)


async def test_a_remembered_browser_is_forgotten_in_the_end(database: Database, world: World) -> None:
    tokens = await _sign_in(database, world["amara"].account_id, remember=True)
    assert tokens.remember
    assert await resume_remembered(database, tokens.remember, "", NOON + REMEMBER_FOR) is None


async def test_signing_out_forgets_the_browser_too(database: Database, world: World) -> None:
    tokens = await _sign_in(database, world["amara"].account_id, remember=True)
    signed_in = await find_signed_in(database, tokens.session, NOON)
    assert signed_in is not None
    assert tokens.remember
    await end_session(database, signed_in.session_id)
    assert await resume_remembered(database, tokens.remember, "", NOON + SOON) is None


async def test_the_list_has_one_line_for_each_browser(database: Database, world: World) -> None:
    amara = world["amara"].account_id
    this = await find_signed_in(database, (await _sign_in(database, amara)).session, NOON)
    kept = await _sign_in(database, amara, remember=True)
    await _sign_in(database, world["joost"].account_id)
    assert this is not None
    assert kept.remember
    await resume_remembered(database, kept.remember, "Safari, iPhone", NOON + SOON)
    lines = await list_sessions(database, amara, this.session_id, NOON + SOON)
    assert [(line.is_this, line.is_remembered, line.browser) for line in lines] == [
        (True, False, "Firefox, Linux"),
        (False, True, "Safari, iPhone"),
    ]


async def test_one_line_can_be_ended_by_its_owner_alone(database: Database, world: World) -> None:
    amara, joost = world["amara"].account_id, world["joost"].account_id
    mine = await find_signed_in(database, (await _sign_in(database, amara)).session, NOON)
    kept = await _sign_in(database, amara, remember=True)
    assert mine is not None
    assert kept.remember
    references = [line.reference for line in await list_sessions(database, amara, mine.session_id, NOON)]
    assert not any([await end_listed(database, joost, reference) for reference in references])
    assert not any(
        [await end_listed(database, amara, odd) for odd in ("", "s", "x1", "s-1", "s1e3", "s" + "9" * 40, "r²")]
    )
    assert all([await end_listed(database, amara, reference) for reference in references])
    assert await list_sessions(database, amara, mine.session_id, NOON) == ()
    assert await resume_remembered(database, kept.remember, "", NOON) is None


async def test_ending_the_others_leaves_this_one(database: Database, world: World) -> None:
    amara = world["amara"].account_id
    tokens = [await _sign_in(database, amara, remember=remember) for remember in (True, False, True)]
    this = await find_signed_in(database, tokens[0].session, NOON)
    assert this is not None
    assert await end_others(database, amara, this.session_id, NOON) == 2
    assert [bool(await find_signed_in(database, each.session, NOON)) for each in tokens] == [True, False, False]
    assert tokens[0].remember
    assert await resume_remembered(database, tokens[0].remember, "", NOON)


async def test_a_browser_keeps_one_mark_for_an_account(database: Database, world: World) -> None:
    first = await _sign_in(database, world["amara"].account_id)
    second = await _sign_in(database, world["amara"].account_id, mark=first.browser)
    assert first.browser != second.browser
    async with database.reading() as connection:
        assert len(await fetch_all(connection, select(KnownBrowser))) == 1


async def test_what_is_over_is_deleted_and_nothing_else(database: Database, world: World) -> None:
    old = await _sign_in(database, world["amara"].account_id, remember=True)
    later = NOON + timedelta(days=30)
    async with database.writing() as connection:
        fresh = await start_session(connection, world["amara"].account_id, "", later, remember=True)
    await forget_what_is_over(database, later)
    assert await find_signed_in(database, fresh.session, later)
    assert old.remember
    assert await resume_remembered(database, old.remember, "", later)
    await forget_what_is_over(database, NOON + timedelta(days=500))
    async with database.reading() as connection:
        assert [
            len(await fetch_all(connection, select(table))) for table in (Session, RememberedBrowser, KnownBrowser)
        ] == [0, 0, 0]
