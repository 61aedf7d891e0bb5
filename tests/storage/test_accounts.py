"""Accounts: registering without being told anything, signing in, and changes that end what went before them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from domain.accounts import CONFIRM_WITHIN, DOCUMENT_VERSIONS, RESET_WITHIN, MailPurpose, Registration
from domain.members import EntryKind, MemberPage
from domain.refusals import Reason, Refused
from domain.scraps import Topic
from domain.visibility import PUBLIC, Viewer, member_ring
from storage import passwords
from storage.accounts import ask_reset, change_password, may_reset, reset_password, sign_in
from storage.addresses import ask_address, ask_confirmation, find_link, follow_link
from storage.database import Database, fetch_all, fetch_one
from storage.events import Happened, list_waiting, settle
from storage.forgetting import forget_what_is_over
from storage.letters import (
    Letter,
    LetterKind,
    write_about_address,
    write_about_change,
    write_about_registration,
    write_about_reset,
)
from storage.members.page import find_member_page
from storage.registrations import register
from storage.secrets import Seal
from storage.sessions import Browser, SignedIn, Tokens, find_signed_in
from storage.tables import Acceptance, Account, MailToken, Member, PendingAddress
from storage.tables import Registration as RegistrationRow
from tests.cast import NOON, PASSWORD, World

ADA = Registration(
    "Ada Lovelace", "woman", "Reckoner", "Ada@Example.org", "river stone lantern", True, True, True, True
)
HERE = Browser("203.0.113.9", "Firefox, Linux")


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hashes as cheap as the cast's; what they cost is tested elsewhere."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._nobodys_hash.cache_clear()
    yield
    passwords._nobodys_hash.cache_clear()


async def _events(database: Database) -> list[Happened]:
    """What waits for the worker, which is then done."""
    waiting = await list_waiting(database, NOON + timedelta(days=9))
    await settle(database, [event.event_id for event in waiting], [], NOON)
    return waiting


async def _letter(database: Database, seal: Seal) -> Letter:
    """The letter to the registration that was made last."""
    event = [event for event in await _events(database) if event.name == "registration.asked"][-1]
    letter = await write_about_registration(database, seal, event.ids["registration_id"], NOON)
    assert letter is not None
    return letter


async def _registered(database: Database, seal: Seal, form: Registration = ADA) -> str:
    """Register; the token of the mail."""
    assert await register(database, seal, form, HERE, NOON) is None
    letter = await _letter(database, seal)
    assert letter.kind is LetterKind.CONFIRM
    assert letter.token
    return letter.token


async def _signed_in(database: Database, tokens: object) -> SignedIn:
    assert isinstance(tokens, Tokens)
    signed_in = await find_signed_in(database, tokens.session, NOON)
    assert signed_in is not None
    return signed_in


async def _log_in(database: Database, seal: Seal, email: str, password: str = PASSWORD) -> Tokens | Refused:
    return await sign_in(database, seal, email, password, HERE, NOON, remember=False)


async def test_registering_makes_nobody_until_the_mail_is_answered(database: Database, seal: Seal) -> None:
    token = await _registered(database, seal)
    async with database.reading() as connection:
        assert await fetch_all(connection, select(Member)) == []
        (row,) = await fetch_all(connection, select(RegistrationRow))
    kept = b" ".join(value for value in row if isinstance(value, bytes))
    assert not any(word in kept for word in (b"Ada", b"ada", b"Reckoner", b"example", b"argon2"))
    assert isinstance(await follow_link(database, seal, token, None, HERE, NOON), Tokens)
    async with database.reading() as connection:
        assert await fetch_all(connection, select(RegistrationRow)) == []
        assert await fetch_all(connection, select(MailToken)) == []


async def test_a_confirmed_registration_is_a_member_with_what_was_typed(database: Database, seal: Seal) -> None:
    token = await _registered(database, seal)
    me = await _signed_in(database, await follow_link(database, seal, token, None, HERE, NOON + timedelta(hours=1)))
    assert me.is_confirmed
    assert me.in_good_standing
    own = Viewer(me.member_id, member_ring(me.member_id, in_good_standing=True))
    page = await find_member_page(database, seal, own, me.person.public_id)
    assert isinstance(page, MemberPage)
    assert {line.kind: line.items for line in page.entries} == {
        EntryKind.NAME: ("Ada Lovelace",),
        EntryKind.PROFESSION: ("Reckoner",),
        EntryKind.GENDER: ("woman",),
        EntryKind.EMAIL: ("Ada@Example.org",),
        EntryKind.SCRAPS: (),
        EntryKind.LAST_SEEN: ("2026-11-20",),
    }
    (welcome,) = next(line.scraps for line in page.entries if line.kind is EntryKind.SCRAPS)
    assert welcome.topic == Topic.WELCOME
    seen = await find_member_page(database, seal, Viewer(), me.person.public_id)
    assert isinstance(seen, MemberPage)
    assert [line.kind for line in seen.entries] == [EntryKind.NAME, EntryKind.PROFESSION]
    async with database.reading() as connection:
        accepted = await fetch_all(connection, select(Acceptance))
    assert {row.document: row.version for row in accepted} == DOCUMENT_VERSIONS
    assert {row.accepted_at for row in accepted} == {NOON}


async def test_without_a_public_page_nothing_is_public(database: Database, seal: Seal) -> None:
    token = await _registered(database, seal, replace(ADA, public_page=False))
    me = await _signed_in(database, await follow_link(database, seal, token, None, HERE, NOON))
    assert PUBLIC not in {key for entry in me.person.entries.values() for key in entry.keys}
    assert await find_member_page(database, seal, Viewer(), me.person.public_id) == Refused(Reason.MISSING)


async def test_a_stranger_cannot_change_what_the_owner_registered(database: Database, seal: Seal) -> None:
    owners = await _registered(database, seal)
    strangers = await _registered(database, seal, replace(ADA, name="Mallory", password="a password of mallory"))
    assert isinstance(await follow_link(database, seal, owners, None, HERE, NOON), Tokens)
    assert isinstance(await _log_in(database, seal, ADA.email, ADA.password), Tokens)
    assert isinstance(await _log_in(database, seal, ADA.email, "a password of mallory"), Refused)
    assert isinstance(await follow_link(database, seal, strangers, None, HERE, NOON), Refused), "the address is taken"


async def test_a_known_address_is_told_and_nothing_else_happens(database: Database, seal: Seal, world: World) -> None:
    assert await register(database, seal, replace(ADA, email="AMARA@example.org"), HERE, NOON) is None
    letter = await _letter(database, seal)
    assert (letter.kind, letter.recipient, letter.token) == (LetterKind.ALREADY_REGISTERED, world["amara"].email, None)
    assert isinstance(await _log_in(database, seal, world["amara"].email), Tokens)


async def test_a_registration_is_over_after_three_days(database: Database, seal: Seal) -> None:
    token = await _registered(database, seal)
    late = await follow_link(database, seal, token, None, HERE, NOON + CONFIRM_WITHIN)
    assert late == Refused(Reason.TOO_LATE)
    await forget_what_is_over(database, NOON + CONFIRM_WITHIN)
    async with database.reading() as connection:
        assert await fetch_all(connection, select(RegistrationRow)) == []


async def test_who_has_not_confirmed_is_told_so_on_giving_the_password(database: Database, seal: Seal) -> None:
    await _registered(database, seal)
    assert await _log_in(database, seal, ADA.email, "not the password") == Refused(Reason.INVALID)
    assert await _events(database) == []
    assert await _log_in(database, seal, ADA.email, ADA.password) == Refused(Reason.NOT_CONFIRMED)
    assert (await _letter(database, seal)).kind is LetterKind.CONFIRM


async def test_signing_in_renews_an_old_hash(
    database: Database, seal: Seal, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    assert isinstance(await _log_in(database, seal, world["amara"].email), Tokens)
    async with database.reading() as connection:
        mine = select(Account.c.password_hash).where(Account.c.account_id == world["amara"].account_id)
        row = await fetch_one(connection, mine)
    assert "m=16,t=2" in row.password_hash
    assert isinstance(await _log_in(database, seal, world["amara"].email), Tokens)


async def test_a_reset_ends_every_session_and_its_own_links(database: Database, seal: Seal, world: World) -> None:
    amara = world["amara"]
    before = await _signed_in(database, await _log_in(database, seal, amara.email))
    await _events(database)
    assert await ask_reset(database, seal, amara.email, HERE, NOON) is None
    (event,) = await _events(database)
    letters = [await write_about_reset(database, seal, event.ids["account_id"], NOON) for _ in range(2)]
    first, second = [letter.token for letter in letters if letter and letter.token]
    done = await reset_password(database, seal, first, "an orchid on the sill", HERE, NOON, ending=None)
    after = await _signed_in(database, done)
    assert after.session_id != before.session_id
    assert not await may_reset(database, second, NOON)
    assert not await may_reset(database, first, NOON)
    assert isinstance(await _log_in(database, seal, amara.email), Refused)
    assert isinstance(await _log_in(database, seal, amara.email, "an orchid on the sill"), Tokens)
    assert "password.changed" in {event.name for event in await _events(database)}


async def test_a_reset_link_works_for_an_hour_and_keeps_working_after_a_bad_choice(
    database: Database, seal: Seal, world: World
) -> None:
    letter = await write_about_reset(database, seal, world["amara"].account_id, NOON)
    assert letter is not None
    assert letter.token
    refused = await reset_password(database, seal, letter.token, "password123", HERE, NOON, ending=None)
    assert isinstance(refused, Refused)
    assert refused.problems
    assert await may_reset(database, letter.token, NOON + RESET_WITHIN - timedelta(seconds=1))
    assert not await may_reset(database, letter.token, NOON + RESET_WITHIN)


async def test_a_reset_confirms_an_address(database: Database, seal: Seal, world: World) -> None:
    letter = await write_about_reset(database, seal, world["nina"].account_id, NOON)
    assert letter is not None
    assert letter.token
    done = await reset_password(database, seal, letter.token, "an orchid on the sill", HERE, NOON, ending=None)
    me = await _signed_in(database, done)
    assert (me.is_confirmed, me.in_good_standing) == (True, True)


async def test_a_reset_does_not_lift_a_suspension(database: Database, seal: Seal, world: World) -> None:
    letter = await write_about_reset(database, seal, world["sven"].account_id, NOON)
    assert letter is not None
    assert letter.token
    done = await reset_password(database, seal, letter.token, "an orchid on the sill", HERE, NOON, ending=None)
    assert not (await _signed_in(database, done)).in_good_standing


async def test_tokens_are_good_for_their_own_purpose_only(database: Database, seal: Seal, world: World) -> None:
    confirm = await _registered(database, seal)
    letter = await write_about_reset(database, seal, world["amara"].account_id, NOON)
    assert letter is not None
    assert letter.token
    assert await find_link(database, letter.token, None, NOON) == Refused(Reason.TOO_LATE)
    assert not await may_reset(database, confirm, NOON)
    assert await find_link(database, confirm, None, NOON) is MailPurpose.CONFIRM


async def test_a_new_password_ends_the_others_and_renews_this_one(database: Database, seal: Seal, world: World) -> None:
    amara = world["amara"]
    other = await _log_in(database, seal, amara.email)
    this = await sign_in(database, seal, amara.email, PASSWORD, HERE, NOON, remember=True)
    me = await _signed_in(database, this)
    done = await change_password(database, seal, me, "an orchid on the sill", HERE, NOON)
    assert isinstance(done, Tokens)
    assert isinstance(this, Tokens)
    assert isinstance(other, Tokens)
    assert done.remember, "this browser stays remembered"
    found = [await find_signed_in(database, tokens.session, NOON) for tokens in (other, this, done)]
    assert [each is not None for each in found] == [False, False, True]


@pytest.mark.parametrize("password", ["short", "password123", "amaraokafor", "x" * 129])
async def test_a_bad_new_password_changes_nothing(database: Database, seal: Seal, world: World, password: str) -> None:
    me = await _signed_in(database, await _log_in(database, seal, world["amara"].email))
    assert isinstance(await change_password(database, seal, me, password, HERE, NOON), Refused)
    assert await find_signed_in(database, "", NOON) is None
    assert isinstance(await _log_in(database, seal, world["amara"].email), Tokens)


async def test_a_new_address_counts_once_it_is_proved(database: Database, seal: Seal, world: World) -> None:
    amara, joost = world["amara"], world["joost"]
    me = await _signed_in(database, await _log_in(database, seal, amara.email))
    stranger = await _signed_in(database, await _log_in(database, seal, joost.email))
    await _events(database)
    assert await ask_address(database, seal, me, "amara@new.example", HERE, NOON) is None
    (asked,) = await _events(database)
    letter = await write_about_address(database, seal, asked.ids["pending_id"], NOON)
    assert letter is not None
    assert (letter.kind, letter.recipient) == (LetterKind.CHANGE, "amara@new.example")
    assert letter.token
    assert await follow_link(database, seal, letter.token, None, HERE, NOON) == Refused(Reason.SIGN_IN)
    assert await follow_link(database, seal, letter.token, stranger, HERE, NOON) == Refused(Reason.TOO_LATE)
    assert isinstance(await _log_in(database, seal, amara.email), Tokens), "until then the old one counts"
    assert await follow_link(database, seal, letter.token, me, HERE, NOON) is MailPurpose.CHANGE
    assert isinstance(await _log_in(database, seal, amara.email), Refused)
    assert isinstance(await _log_in(database, seal, "amara@new.example"), Tokens)
    changed = next(event for event in await _events(database) if event.name == "address.changed")
    again = await ask_address(database, seal, me, "amara@newer.example", HERE, NOON)
    assert again is None, "asking again must not swallow the notice to the address before"
    told = await write_about_change(database, seal, changed.ids["pending_id"])
    assert told == Letter(LetterKind.EMAIL_CHANGED, amara.email)


async def test_an_address_of_somebody_else_is_never_taken(database: Database, seal: Seal, world: World) -> None:
    me = await _signed_in(database, await _log_in(database, seal, world["amara"].email))
    await _events(database)
    assert await ask_address(database, seal, me, "JOOST@example.org", HERE, NOON) is None
    (asked,) = await _events(database)
    letter = await write_about_address(database, seal, asked.ids["pending_id"], NOON)
    assert letter == Letter(LetterKind.ADDRESS_TAKEN, "JOOST@example.org")


async def test_an_address_that_was_taken_meanwhile_is_not_taken_away(
    database: Database, seal: Seal, world: World
) -> None:
    me = await _signed_in(database, await _log_in(database, seal, world["amara"].email))
    await _events(database)
    await ask_address(database, seal, me, ADA.email, HERE, NOON)
    (asked,) = await _events(database)
    letter = await write_about_address(database, seal, asked.ids["pending_id"], NOON)
    assert letter is not None
    assert letter.token
    assert isinstance(await follow_link(database, seal, await _registered(database, seal), None, HERE, NOON), Tokens)
    assert await follow_link(database, seal, letter.token, me, HERE, NOON) == Refused(Reason.TOO_LATE)
    assert isinstance(await _log_in(database, seal, world["amara"].email), Tokens)


async def test_an_unconfirmed_account_confirms_the_address_it_has(database: Database, seal: Seal, world: World) -> None:
    me = await _signed_in(database, await _log_in(database, seal, world["nina"].email))
    await _events(database)
    assert await ask_confirmation(database, seal, me, HERE, NOON) is None
    (asked,) = await _events(database)
    letter = await write_about_address(database, seal, asked.ids["pending_id"], NOON)
    assert letter is not None
    assert letter.kind is LetterKind.CONFIRM
    assert letter.token
    assert await follow_link(database, seal, letter.token, me, HERE, NOON) is MailPurpose.CHANGE
    confirmed = await _signed_in(database, await _log_in(database, seal, world["nina"].email))
    assert (confirmed.is_confirmed, confirmed.in_good_standing) == (True, True)
    async with database.reading() as connection:
        pending = await fetch_all(connection, select(PendingAddress))
    assert [row.replaced_at for row in pending] == [None], "nothing was replaced, so nobody is told"
