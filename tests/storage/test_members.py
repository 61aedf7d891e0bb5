"""Entries and their audiences as stored: narrowing at once, widening on a yes, and choices that survive what they
depend on."""

from collections.abc import Mapping

import pytest
from sqlalchemy import select

from domain.members import ENTRY_RULES, EditPage, EntryKind, EntryProblem
from domain.visibility import VISITOR, Viewer, member_ring
from storage.database import Database
from storage.members import find_edit_page, find_member_page, save_entries
from storage.secrets import Seal
from storage.sigs import join_sig, leave_sig
from storage.tables import Account, Entry
from tests.cast import NOON, World

STORED = {EntryKind.NAME: "Amara Okafor", EntryKind.PROFESSION: "Plant director"}


Form = Mapping[EntryKind, tuple[str | None, str | None]]


def _form(**changes: tuple[str, str]) -> Form:
    """The whole form as a browser sends it: what is stored, with these changes (value, audience)."""
    form = {kind: (STORED.get(kind, ""), str(rule.default)) for kind, rule in ENTRY_RULES.items()}
    return {**form, **{EntryKind(kind): change for kind, change in changes.items()}}


class Page:
    """Amara's page, saved and looked at."""

    def __init__(self, database: Database, seal: Seal, world: World) -> None:
        self.database, self.seal, self.world = database, seal, world

    async def save(
        self, *, public_page: bool = True, confirmed: bool = False, **changes: tuple[str, str]
    ) -> EditPage | None:
        return await self.send(_form(**changes), public_page=public_page, confirmed=confirmed)

    async def send(self, form: Form, *, public_page: bool = True, confirmed: bool = False) -> EditPage | None:
        amara = self.world["amara"].member_id
        return await save_entries(
            self.database, self.seal, amara, form, NOON, public_page=public_page, confirmed=confirmed
        )

    async def seen_by(self, viewer: Viewer) -> set[EntryKind]:
        found = await find_member_page(self.database, self.seal, viewer, self.world["amara"].public_id)
        return {entry.kind for entry in found.entries} if found else set()


@pytest.fixture
def page(database: Database, seal: Seal, world: World) -> Page:
    return Page(database, seal, world)


async def test_each_entry_goes_to_its_own_audience(page: Page) -> None:
    world = page.world
    outcome = await page.save(
        about=("About me", f"sig:{world.sigs['turnaround']}"),
        location=("Rotterdam", "my-sigs"),
        gender=("woman", "only-me"),
        interests=("Lean, Law", "members"),
    )
    assert outcome is None
    public = {EntryKind.NAME, EntryKind.PROFESSION}
    assert await page.seen_by(VISITOR) == public
    assert await page.seen_by(world["tariq"].viewer) == public | {EntryKind.INTERESTS}
    mate = public | {EntryKind.INTERESTS, EntryKind.ABOUT, EntryKind.LOCATION}
    assert await page.seen_by(world["joost"].viewer) == mate
    assert await page.seen_by(world["nina"].viewer) == public
    assert await page.seen_by(world["amara"].viewer) == mate | {EntryKind.GENDER, EntryKind.EMAIL}


async def test_narrowing_asks_nothing_and_holds_at_once(page: Page) -> None:
    assert await page.save(profession=("Plant director", "only-me")) is None
    assert await page.seen_by(VISITOR) == {EntryKind.NAME}
    assert await page.save(name=("Amara Okafor", "members"), profession=("Plant director", "only-me")) is None
    assert await page.seen_by(VISITOR) == set()


async def test_widening_waits_for_a_yes(page: Page) -> None:
    await page.save(about=("About me", "only-me"))
    asked = await page.save(about=("About me", "members"))
    assert asked is not None
    assert asked.widening == (EntryKind.ABOUT,)
    assert EntryKind.ABOUT not in await page.seen_by(page.world["tariq"].viewer)
    assert await page.save(about=("About me", "members"), confirmed=True) is None
    assert EntryKind.ABOUT in await page.seen_by(page.world["tariq"].viewer)


async def test_the_public_page_switch_closes_all_at_once_and_opening_it_asks(page: Page) -> None:
    assert await page.save(public_page=False) is None
    assert await page.seen_by(VISITOR) == set()
    assert EntryKind.NAME in await page.seen_by(page.world["tariq"].viewer)
    asked = await page.save(public_page=True)
    assert asked is not None
    assert EntryKind.NAME in asked.widening
    assert await page.save(public_page=True, confirmed=True) is None
    assert EntryKind.NAME in await page.seen_by(VISITOR)


async def test_leaving_a_sig_closes_what_was_open_to_it_and_joining_again_opens_it(page: Page) -> None:
    world, joost = page.world, page.world["joost"]
    lin = world["lin"].viewer
    form = _form(name=("Joost", "members"), profession=("Manager", "my-sigs"))
    await save_entries(page.database, page.seal, joost.member_id, form, NOON, public_page=True, confirmed=True)

    async def seen() -> set[EntryKind]:
        found = await find_member_page(page.database, page.seal, lin, joost.public_id)
        return {entry.kind for entry in found.entries} if found else set()

    assert await seen() == {EntryKind.NAME, EntryKind.PROFESSION}
    await leave_sig(page.database, joost.viewer, "turnaround", NOON)
    assert await seen() == {EntryKind.NAME}
    outside = Viewer(joost.member_id, member_ring(joost.member_id, in_good_standing=True))
    await join_sig(page.database, outside, "turnaround", NOON)
    assert await seen() == {EntryKind.NAME, EntryKind.PROFESSION}


@pytest.mark.parametrize(
    ("field", "change", "problem"),
    [
        ("name", ("", "everyone"), EntryProblem.EMPTY),
        ("about", ("x" * 4001, "members"), EntryProblem.TOO_LONG),
        ("email", ("", "everyone"), EntryProblem.NEVER_PUBLIC),
        ("about", ("x", "sig:999"), EntryProblem.NOT_OFFERED),
        ("about", ("x", "sig:x"), EntryProblem.NOT_OFFERED),
        ("about", ("x", "connections"), EntryProblem.NOT_OFFERED),
        ("gender", ("unicorn", "only-me"), EntryProblem.NOT_OFFERED),
    ],
)
async def test_a_refused_form_keeps_what_was_typed_and_changes_nothing(
    page: Page, field: str, change: tuple[str, str], problem: EntryProblem
) -> None:
    typed = _form(**{"headline": ("Typed with care", "everyone"), field: change})
    form = await page.send(typed)
    assert form is not None
    inputs = {entry.kind: entry for entry in form.inputs}
    assert inputs[EntryKind(field)].problem == problem
    assert inputs[EntryKind.HEADLINE].value == "Typed with care"
    assert await page.seen_by(VISITOR) == {EntryKind.NAME, EntryKind.PROFESSION}


async def test_the_address_is_nowhere_in_the_entries(page: Page) -> None:
    await page.save(email=("ignored", "members"), confirmed=True)
    found = await find_member_page(page.database, page.seal, page.world["tariq"].viewer, "amara-page")
    assert found is not None
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
        "only-me": 1,
    }
    email = next(entry for entry in form.inputs if entry.kind is EntryKind.EMAIL)
    assert "everyone" not in {option.value for option in email.options}
