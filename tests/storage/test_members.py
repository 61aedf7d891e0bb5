"""Entries and their audiences as stored: narrowing at once, widening on a yes, and choices that survive what they
depend on."""

import pytest
from sqlalchemy import delete, select

from domain.members import (
    EntryKind,
    MemberPage,
    Slot,
)
from domain.refusals import Problem, Reason, Refused
from domain.visibility import ALL_MEMBERS, EVERYONE, VISITOR
from storage.database import Database
from storage.members.editing import save_entries
from storage.members.forms import find_edit_page
from storage.members.page import find_member_page
from storage.secrets import Seal
from storage.sigs import leave_sig
from storage.tables import Account, Entry
from tests.agreeing import join_agreed
from tests.cast import NOON, World
from tests.storage.own_page import DAILY, Page, job, whole_form


@pytest.fixture
def page(database: Database, seal: Seal, world: World) -> Page:
    return Page(database, seal, world)


async def test_each_entry_goes_to_its_own_audience(page: Page) -> None:
    outcome = await page.save(
        about=("About me", f"sig:{page.world.sigs['turnaround']}"),
        location=("Rotterdam", "my-sigs"),
        gender=("woman", "only-me"),
        interests=("Lean, Law", "members"),
    )
    assert outcome is None
    public = {EntryKind.NAME, EntryKind.PROFESSION}
    assert await page.seen_by(VISITOR) == public
    assert await page.seen_by("tariq") == public | {EntryKind.INTERESTS} | DAILY
    mate = public | {EntryKind.INTERESTS, EntryKind.ABOUT, EntryKind.LOCATION, EntryKind.MEMBERSHIP} | DAILY
    assert await page.seen_by("joost") == mate
    assert await page.seen_by("nina") == public
    assert await page.seen_by("amara") == mate | {EntryKind.GENDER, EntryKind.EMAIL}


async def test_narrowing_asks_nothing_and_holds_at_once(page: Page) -> None:
    assert await page.save(profession=("Plant director", "only-me")) is None
    assert await page.seen_by(VISITOR) == {EntryKind.NAME}
    assert await page.save(name=("Amara Okafor", "members"), profession=("Plant director", "only-me")) is None
    assert await page.seen_by(VISITOR) == set()


async def test_a_page_that_was_open_is_gone_and_one_that_never_was_is_missing(page: Page) -> None:
    assert await page.page(VISITOR, "lin") == Refused(Reason.MISSING), "her public page was never on"
    await page.save(name=("Amara Okafor", "members"), profession=("Plant director", "members"))
    assert await page.page(VISITOR) == Refused(Reason.GONE)
    unknown = await find_member_page(page.database, page.seal, VISITOR, "no-such-page")
    assert unknown == Refused(Reason.MISSING)


async def test_widening_waits_for_a_yes(page: Page) -> None:
    await page.save(about=("About me", "only-me"))
    asked = await page.save(about=("About me, longer", "members"))
    assert asked is not None
    assert asked.widening == {Slot(EntryKind.ABOUT): ALL_MEMBERS}
    assert EntryKind.ABOUT not in await page.seen_by("tariq")
    assert (await page.stored())[Slot(EntryKind.ABOUT)] == ("About me", "only-me"), "nothing of the form is saved"
    assert await page.save(about=("About me, longer", "members"), confirmed=True) is None
    assert EntryKind.ABOUT in await page.seen_by("tariq")


@pytest.mark.parametrize("kind", [EntryKind.CONNECTIONS, EntryKind.LAST_SEEN, EntryKind.CONTRIBUTIONS])
async def test_what_fills_itself_is_opened_on_a_yes_only_even_where_it_was_never_saved(
    page: Page, kind: EntryKind
) -> None:
    """Members from before there was such an entry have none; the form says that it is for them alone."""
    mine = (Entry.c.member_id == page.world["amara"].member_id, Entry.c.kind == kind)
    async with page.database.writing() as connection:
        await connection.execute(delete(Entry).where(*mine))
    asked = await page.send({Slot(kind): (None, "everyone")})
    assert asked is not None
    assert asked.widening == {Slot(kind): EVERYONE}
    assert await page.send({Slot(kind): (None, "everyone")}, confirmed=True) is None
    assert (await page.stored())[Slot(kind)] == ("shown", "everyone")


async def test_a_yes_counts_for_what_was_asked_and_for_nothing_else(page: Page) -> None:
    """The form that comes back may be another one by then: another entry, or a wider audience."""
    about, gender = Slot(EntryKind.ABOUT), Slot(EntryKind.GENDER)
    await page.send({about: ("About me", "only-me"), gender: ("woman", None)})
    before = await page.stored()
    for confirmed in ({}, {gender: "members"}, {about: "members"}, {about: "sig:1"}, {gender: "everyone"}):
        unsaved = await save_entries(
            page.database,
            page.seal,
            page.world["amara"].member_id,
            {about: (None, "everyone"), gender: (None, "members")},
            page.now,
            confirmed=confirmed,
        )
        assert unsaved is not None
        assert unsaved.widening == {about: EVERYONE, gender: ALL_MEMBERS}
        assert await page.stored() == before


@pytest.mark.parametrize(
    ("field", "value", "audience", "asked"),
    [
        ("about", "First words", "members", False),
        ("about", "First words", "everyone", True),
        ("phone", "+31 10 123 45", "only-me", False),
        ("phone", "+31 10 123 45", "members", True),
        ("experience", job(), "members", False),
        ("experience", job(), "everyone", True),
        ("about", "", "everyone", False),
        ("photo", None, "everyone", True),
    ],
)
async def test_what_is_new_is_held_against_its_default(
    page: Page, field: str, value: str | None, audience: str, asked: bool
) -> None:
    unsaved = await page.send({Slot.parse(field): (value, audience)})
    assert (unsaved is not None) == asked


async def test_what_was_emptied_is_held_against_its_default_again(page: Page) -> None:
    """An audience that was agreed to once does not open what comes into an emptied place later."""
    about = Slot(EntryKind.ABOUT)
    await page.send({about: ("About me", "everyone")}, confirmed=True)
    await page.send({about: ("", None)})
    asked = await page.send({about: ("Something else", None)})
    assert asked is not None
    assert asked.widening == {about: EVERYONE}


async def test_the_public_page_switch_closes_all_at_once_and_opening_it_asks(page: Page) -> None:
    assert await page.send({}, public_page=False) is None
    assert await page.seen_by(VISITOR) == set()
    assert EntryKind.NAME in await page.seen_by("tariq")
    asked = await page.send({}, public_page=True)
    assert asked is not None
    assert Slot(EntryKind.NAME) in asked.widening
    assert await page.seen_by(VISITOR) == set()
    assert await page.send({}, public_page=True, confirmed=True) is None
    assert EntryKind.NAME in await page.seen_by(VISITOR)


async def test_leaving_a_sig_closes_what_was_open_to_it_and_joining_again_opens_it(page: Page) -> None:
    form = whole_form(name=("Joost", "members"), profession=("Manager", "my-sigs"))
    assert await page.send(form, part="joost", confirmed=True) is None
    open_to_all = {EntryKind.NAME, EntryKind.CONTRIBUTIONS}
    mates = open_to_all | {EntryKind.PROFESSION, EntryKind.MEMBERSHIP}
    assert await page.seen_by("lin", "joost") == mates
    await leave_sig(page.database, await page.viewer("joost"), "turnaround", NOON)
    assert await page.seen_by("lin", "joost") == open_to_all
    await join_agreed(page.database, await page.viewer("joost"), "turnaround", NOON)
    assert await page.seen_by("lin", "joost") == mates


async def test_a_membership_keeps_its_audience_over_leaving_and_never_comes_back_by_awhole_form(page: Page) -> None:
    slot = Slot(EntryKind.MEMBERSHIP, page.world.sigs["turnaround"])
    assert await page.send({slot: (None, "members")}, part="joost", confirmed=True) is None
    assert EntryKind.MEMBERSHIP in await page.seen_by("tariq", "joost")
    await leave_sig(page.database, await page.viewer("joost"), "turnaround", NOON)
    assert EntryKind.MEMBERSHIP not in await page.seen_by("joost", "joost")
    stale = {slot: (str(slot.position), "members")}  # a form that was open since before
    await page.send(stale, part="joost", confirmed=True)
    assert (await page.stored("joost"))[slot] == ("", "members")
    assert EntryKind.MEMBERSHIP not in await page.seen_by("tariq", "joost")
    await join_agreed(page.database, await page.viewer("joost"), "turnaround", NOON)
    assert EntryKind.MEMBERSHIP in await page.seen_by("tariq", "joost")


async def test_a_membership_of_a_sig_that_one_is_not_in_cannot_be_claimed(page: Page) -> None:
    slot = Slot(EntryKind.MEMBERSHIP, page.world.sigs["boardroom"])
    refused = await page.send({slot: (str(slot.position), "members")}, part="joost", confirmed=True)
    assert refused is not None
    assert refused.problems == {slot: Problem.NOT_OFFERED}
    assert slot not in await page.stored("joost")


@pytest.mark.parametrize(
    ("field", "change", "problem"),
    [
        ("name", ("", "everyone"), Problem.EMPTY),
        ("about", ("x" * 4001, "members"), Problem.TOO_LONG),
        ("email", ("", "everyone"), Problem.NEVER_PUBLIC),
        ("phone", ("+31 10 123", "everyone"), Problem.NEVER_PUBLIC),
        ("about", ("x", "sig:999"), Problem.NOT_OFFERED),
        ("about", ("x", "sig:x"), Problem.NOT_OFFERED),
        ("about", ("x", "list:1"), Problem.NOT_OFFERED),
        ("about", ("x", "public"), Problem.NOT_OFFERED),
        ("gender", ("unicorn", "only-me"), Problem.NOT_OFFERED),
        ("phone", ("call me", "only-me"), Problem.MALFORMED),
        ("name_3", ("Second name", "members"), Problem.NOT_OFFERED),
        ("experience_9", (job(), "members"), Problem.NOT_OFFERED),
        ("membership", ("1", "members"), Problem.NOT_OFFERED),
    ],
)
async def test_a_refused_form_keeps_what_was_typed_and_changes_nothing(
    page: Page, field: str, change: tuple[str, str], problem: Problem
) -> None:
    before = await page.stored()
    slot = Slot.parse(field.replace("_", "-"))
    unsaved = await page.send({**whole_form(headline=("Typed with care", "everyone")), slot: change})
    assert unsaved is not None
    assert unsaved.problems == {slot: problem}
    form = await find_edit_page(page.database, page.seal, page.world["amara"].member_id, unsaved)
    inputs = {entry.name: entry for entry in form.inputs}
    assert inputs["headline"].value == "Typed with care"
    if field in inputs:
        assert inputs[field].problem == problem
    assert await page.stored() == before
    assert await page.seen_by(VISITOR) == {EntryKind.NAME, EntryKind.PROFESSION}


async def test_the_address_is_nowhere_in_the_entries(page: Page) -> None:
    await page.save(email=("ignored", "members"), confirmed=True)
    found = await page.page(page.world["tariq"].viewer)
    assert isinstance(found, MemberPage)
    assert [entry.items for entry in found.entries if entry.kind is EntryKind.EMAIL] == [("amara@example.org",)]
    async with page.database.reading() as connection:
        values = (await connection.execute(select(Entry.c.value).where(Entry.c.kind == EntryKind.EMAIL))).scalars()
        sealed = (await connection.execute(select(Account.c.email_sealed))).scalars()
        assert set(values) == {""}
        assert not any(b"amara" in kept for kept in sealed)


async def test_beside_each_input_stands_how_many_will_see_it(page: Page) -> None:
    form = await find_edit_page(page.database, page.seal, page.world["amara"].member_id)
    about = next(entry for entry in form.inputs if entry.kind is EntryKind.ABOUT)
    counts = {option.value: option.people for option in about.options}
    turnaround, boardroom = page.world.sigs["turnaround"], page.world.sigs["boardroom"]
    assert counts == {
        "everyone": None,
        "members": 4,
        "my-sigs": 3,
        f"sig:{boardroom}": 2,
        f"sig:{turnaround}": 3,
        "connections": 1,
        "only-me": 1,
    }
    for kind in (EntryKind.EMAIL, EntryKind.PHONE):
        entry = next(entry for entry in form.inputs if entry.kind is kind)
        assert "everyone" not in {option.value for option in entry.options}
