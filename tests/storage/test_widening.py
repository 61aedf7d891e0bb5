"""What opens to a SIG when one shows a membership that was hidden, or comes in by whatever door: asked first."""

import pytest
from sqlalchemy import select, update

from domain.joining import JoinPage
from domain.members import EntryKind, Slot
from domain.refusals import Refused
from domain.sigs import Circle, Joining, Role, SigSettings
from domain.visibility import MY_SIGS, ONLY_ME
from storage.database import Database, fetch_all
from storage.members.editing import NOTHING_CONFIRMED, Confirmed, save_entries
from storage.members.forms import find_audience_page
from storage.members.standing import depart, suspend
from storage.secrets import Seal
from storage.sigs import join_sig, leave_sig
from storage.sigs.invitations import answer_invitation, find_invitations_page, invite
from storage.sigs.joining import ask_to_join
from storage.sigs.offers import answer_offer, offer_sig
from storage.tables import Case, Entry, Member, Membership
from tests.agreeing import join_agreed
from tests.cast import NOON, World
from tests.storage.own_page import Page
from tests.storage.test_sigs import found_sig

PROFESSION = Slot(EntryKind.PROFESSION)


@pytest.fixture
def page(database: Database, seal: Seal, world: World) -> Page:
    return Page(database, seal, world)


async def test_to_show_a_hidden_membership_asks_for_all_that_opens_with_it(page: Page) -> None:
    membership = Slot(EntryKind.MEMBERSHIP, page.world.sigs["turnaround"])
    assert await page.send({membership: (None, "only-me")}, part="joost") is None
    assert await page.send({PROFESSION: (None, "my-sigs")}, part="joost") is None
    shown = {membership: (None, "my-sigs")}
    joost = page.world["joost"].member_id
    unsaved = await save_entries(page.database, page.seal, joost, shown, NOON)
    for confirmed in ({membership: "my-sigs"}, {membership: "my-sigs", PROFESSION: "members"}):
        unsaved = await save_entries(page.database, page.seal, joost, shown, NOON, confirmed=confirmed)
        assert unsaved is not None
        assert unsaved.widening == {membership: MY_SIGS, PROFESSION: MY_SIGS}
        assert EntryKind.PROFESSION not in await page.seen_by("lin", "joost")
    asked = await find_audience_page(page.database, page.seal, joost, membership, unsaved)
    assert asked is not None
    reaches = {line.name: line.reach and line.reach.people for line in asked.widening}
    assert reaches == {membership.name: 3, PROFESSION.name: 3}, "Amara, Joost and Lin; himself alone while it is hidden"
    assert await page.send(shown, part="joost", confirmed=True) is None
    assert EntryKind.PROFESSION in await page.seen_by("lin", "joost")


async def test_to_hide_a_membership_asks_nothing_nor_does_what_is_for_others(page: Page) -> None:
    membership = Slot(EntryKind.MEMBERSHIP, page.world.sigs["turnaround"])
    assert await page.send({PROFESSION: (None, "my-sigs")}, part="joost") is None
    assert await page.send({membership: (None, "only-me")}, part="joost") is None
    assert await page.send({PROFESSION: (None, "only-me")}, part="joost") is None
    unsaved = await page.send({membership: (None, "my-sigs")}, part="joost")
    assert unsaved is not None
    assert unsaved.widening == {membership: MY_SIGS}


async def _cases(database: Database) -> int:
    async with database.reading() as connection:
        return len(await fetch_all(connection, select(Case.c.case_id)))


async def _come_in(page: Page, joining: Joining, confirmed: Confirmed = NOTHING_CONFIRMED) -> object:
    """What Tariq is told at this door."""
    database, tariq = page.database, page.world["tariq"].viewer
    if joining is Joining.OPEN:
        return await join_sig(database, tariq, "cabinet", NOON, confirmed)
    if joining is Joining.REQUEST:
        return await ask_to_join(database, tariq, "cabinet", "Please", NOON, confirmed)
    [line] = (await find_invitations_page(database, tariq, NOON)).invitations
    return await answer_invitation(database, tariq, line.invitation_id, NOON, accepts=True, confirmed=confirmed)


@pytest.mark.parametrize("joining", Joining)
async def test_every_door_asks_what_opens_behind_it(page: Page, joining: Joining) -> None:
    await found_sig(page.database, page.world, SigSettings(joining=joining))
    assert await page.send({PROFESSION: (None, "my-sigs")}, part="tariq") is None
    assert await invite(page.database, await page.viewer("amara"), "cabinet", "tariq-page", "", NOON) is None
    for confirmed in ({}, {PROFESSION: "members"}):
        asked = await _come_in(page, joining, confirmed)
        widening = asked.widening if isinstance(asked, JoinPage) else asked
        assert isinstance(widening, tuple), asked
        assert [(one.name, one.audience, one.reach) for one in widening] == [("profession", "my-sigs", None)]
        assert await _cases(page.database) == 0
        assert EntryKind.PROFESSION not in await page.seen_by("amara", "tariq")
    done = await _come_in(page, joining, {PROFESSION: "my-sigs"})
    assert done == ("cabinet" if joining is Joining.INVITATION else None)
    assert await _cases(page.database) == (1 if joining is Joining.REQUEST else 0)
    opened = EntryKind.PROFESSION in await page.seen_by("amara", "tariq")
    assert opened is (joining is not Joining.REQUEST)


async def test_who_hides_and_comes_back_is_asked_nothing_for_nothing_opens(page: Page) -> None:
    sig = await found_sig(page.database, page.world, SigSettings())
    assert await page.send({PROFESSION: (None, "my-sigs")}, part="tariq") is None
    assert await join_agreed(page.database, page.world["tariq"].viewer, "cabinet", NOON) is None
    assert await page.send({Slot(EntryKind.MEMBERSHIP, sig): (None, "only-me")}, part="tariq") is None
    assert await leave_sig(page.database, await page.viewer("tariq"), "cabinet", NOON) is None
    assert await join_sig(page.database, page.world["tariq"].viewer, "cabinet", NOON) is None
    assert EntryKind.PROFESSION not in await page.seen_by("amara", "tariq")


@pytest.mark.parametrize("audience", ["my-sigs", "members"])
async def test_staff_who_inherit_a_sig_come_in_hidden_where_it_would_open_anything(page: Page, audience: str) -> None:
    sig = await found_sig(page.database, page.world, SigSettings(existence=Circle.EVERYONE))
    tariq = page.world["tariq"].member_id
    assert await page.send({PROFESSION: (None, audience)}, part="tariq") is None
    async with page.database.writing() as connection:
        await connection.execute(update(Member).where(Member.c.member_id == tariq).values(is_staff=True))
        for part in ("joost", "amara"):
            await suspend(connection, page.world[part].member_id, NOON)
            await depart(connection, page.world[part].member_id, NOON)
        roles = await connection.execute(select(Membership.c.role).where(Membership.c.sig_id == sig))
        assert list(roles.scalars()) == [Role.OWNER]
    stored = (await page.stored("tariq"))[Slot(EntryKind.MEMBERSHIP, sig)]
    assert stored == (str(sig), str(ONLY_ME if audience == "my-sigs" else MY_SIGS))
    assert await join_agreed(page.database, page.world["lin"].viewer, "cabinet", NOON) is None
    assert (EntryKind.PROFESSION in await page.seen_by("lin", "tariq")) is (audience == "members")


async def test_to_take_a_sig_over_opens_nothing(page: Page) -> None:
    async def keys() -> list[tuple[int, int]]:
        statement = select(Entry.c.entry_id, Entry.c.key_set_id).order_by(Entry.c.entry_id)
        async with page.database.reading() as connection:
            return [tuple(row) for row in await fetch_all(connection, statement)]

    assert await page.send({PROFESSION: (None, "my-sigs")}, part="joost") is None
    before, amara = await keys(), await page.viewer("amara")
    assert await offer_sig(page.database, amara, "turnaround", "joost-page", NOON) is None
    taken = await answer_offer(page.database, await page.viewer("joost"), "turnaround", NOON, accepts=True)
    assert not isinstance(taken, Refused)
    assert await keys() == before
