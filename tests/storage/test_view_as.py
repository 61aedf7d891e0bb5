"""One's own page through other eyes: what they get by the same function, and never more than the owner may see too."""

from dataclasses import replace

import pytest

from domain.exposure import Looker, ViewAsPage
from domain.members import EntryKind, MemberPage, Shape, Slot
from domain.refusals import Reason, Refused
from domain.sigs import Role
from domain.visibility import MEMBERS, PUBLIC, VISITOR, Viewer, connection_key, list_key, may_see, own_key, sig_key
from storage.connections import connect
from storage.database import Database
from storage.forum.commands import Draft, Written, start_thread
from storage.members.editing import Typed
from storage.members.lists import make_list
from storage.members.page import find_member_page
from storage.members.view_as import Asked, find_page_of_visitor, find_view_as
from storage.rings import find_viewer
from storage.secrets import Seal
from storage.sigs import add_membership, leave_sig
from storage.tables import ListPerson
from tests.agreeing import save_agreed
from tests.cast import NOON, World
from tests.storage.worlds import SmallWorld, lived_worlds

SQLITE, POSTGRESQL = 10, 3
"""Worlds on each engine."""


@pytest.mark.parametrize(
    "text", ["visitor", "search-engine", "member", "connection", "sig:7", "list:3", "person", "mail"]
)
def test_eyes_read_back_as_they_are_written(text: str) -> None:
    assert Asked.parse(text).value == text


@pytest.mark.parametrize(
    "text", ["", "sig", "list:", "sig:x", "sig:-1", "sig:١", "member:7", "own:1", "staff", "sig:" + "9" * 16, "Visitor"]
)
def test_odd_eyes_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Asked.parse(text)


def _others(page: MemberPage) -> set[str | None]:
    return {person.address for entry in page.entries for person in entry.people}


def _without_others(page: MemberPage) -> MemberPage:
    """The page without what tells of other people, of which the owner gets only what they may see as well, and without
    the acts beside it, which are for who looks themselves."""
    told = tuple(entry for entry in page.entries if entry.shape not in {Shape.PEOPLE, Shape.THREADS})
    return replace(page, entries=told, relation=None)


def _demand_the_same(shown: ViewAsPage, got: MemberPage | Refused) -> int:
    if isinstance(got, Refused):
        assert shown.person is None
        assert shown.is_gone == (got.reason is Reason.GONE)
        return 0
    assert shown.person is not None
    assert _without_others(shown.person) == _without_others(got)
    assert _others(shown.person) <= _others(got)
    return len(got.entries)


async def _eyes(world: SmallWorld, owner: Viewer) -> list[tuple[Asked, Viewer]]:
    """Each kind of looker, with a viewer who is just that and no more."""
    member_id = owner.member_id or 0
    inside = {PUBLIC, MEMBERS, own_key(999_999)}
    found = [
        (Asked(Looker.VISITOR), VISITOR),
        (Asked(Looker.SEARCH_ENGINE), VISITOR),
        (Asked(Looker.MEMBER), Viewer(999_999, frozenset(inside))),
        (Asked(Looker.MAIL), Viewer(999_999, frozenset(inside))),
        (Asked(Looker.CONNECTION), Viewer(999_999, frozenset({*inside, connection_key(member_id)}))),
    ]
    for sig_id, name in owner.sig_names.items():
        found.append(
            (Asked(Looker.SIG, sig_id), Viewer(999_999, frozenset({*inside, sig_key(sig_id)}), {sig_id: name}))
        )
    mine = world.lists.get(member_id, [])
    return found + [(Asked(Looker.LIST, one), Viewer(999_999, frozenset({*inside, list_key(one)}))) for one in mine]


async def test_every_kind_of_eyes_sees_what_its_owner_would_get(database: Database, seal: Seal) -> None:
    looked = 0
    async for world in lived_worlds(database, seal, SQLITE, POSTGRESQL):
        for owner in (await world.viewers())[1:]:
            address = world.addresses[owner.member_id or 0]
            for asked, viewer in await _eyes(world, owner):
                shown = await find_view_as(world.stage, seal, owner, asked)
                assert shown is not None
                assert (shown.looker.value, shown.is_unknown) == (asked.value, False)
                looked += _demand_the_same(shown, await find_member_page(world.stage, seal, viewer, address))
    assert looked > 20 * (SQLITE if database.is_sqlite else POSTGRESQL)


def _said(page: MemberPage) -> set[tuple[EntryKind, tuple[str, ...]]]:
    return {(entry.kind, entry.items) for entry in page.entries}


async def _as_far_as_known(world: SmallWorld, owner: Viewer, person: Viewer) -> Viewer:
    """The person without the SIGs of which their page does not tell the owner."""
    told = {
        sig_key(held.slot.position)
        for held in (await world.entries()).values()
        if held.member_id == person.member_id and held.slot.kind is EntryKind.MEMBERSHIP and held.value
        if may_see(held.keys, owner.ring)
    }
    return replace(person, ring=frozenset(key for key in person.ring if not key.startswith("sig:") or key in told))


async def test_a_named_persons_eyes_see_what_they_get(database: Database, seal: Seal) -> None:
    looked = unknown = hidden = 0
    async for world in lived_worlds(database, seal, SQLITE, POSTGRESQL):
        viewers = (await world.viewers())[1:]
        for owner in viewers:
            address = world.addresses[owner.member_id or 0]
            for person in viewers:
                theirs = world.addresses[person.member_id or 0]
                shown = await find_view_as(world.stage, seal, owner, Asked(Looker.PERSON, None, f"/people/{theirs}/"))
                assert shown is not None
                page = await find_member_page(world.stage, seal, owner, theirs)
                knows = isinstance(page, MemberPage) and page.line.name is not None and person is not owner
                assert shown.is_unknown != knows
                if knows:
                    known = await _as_far_as_known(world, owner, person)
                    looked += _demand_the_same(shown, await find_member_page(world.stage, seal, known, address))
                    hidden += known != person
                    got = await find_member_page(world.stage, seal, person, address)
                    assert shown.person is None or isinstance(got, MemberPage)
                    if shown.person and isinstance(got, MemberPage):
                        assert _said(shown.person) <= _said(got), "and never more than they get"
                else:
                    assert shown.person is None
                    unknown += 1
    assert looked > 20
    assert unknown > 5
    assert hidden, "some are in a SIG of which the owner may not know it"


class Mirror:
    """Amara before her page."""

    def __init__(self, database: Database, seal: Seal, world: World) -> None:
        self.database, self.seal, self.world = database, seal, world

    async def viewer(self, part: str = "amara") -> Viewer:
        async with self.database.reading() as connection:
            found = await find_viewer(connection, self.world[part].member_id)
        assert found is not None
        return found

    async def look(self, looker: Looker, of: int | None = None, address: str = "") -> ViewAsPage | None:
        return await find_view_as(self.database, self.seal, await self.viewer(), Asked(looker, of, address))

    async def seen(self, looker: Looker, of: int | None = None, address: str = "") -> MemberPage:
        found = await self.look(looker, of, address)
        assert found is not None
        assert found.person is not None
        return found.person

    async def save(self, kind: EntryKind, value: str | None, audience: str, part: str = "amara") -> None:
        form = {Slot(kind): (value, audience)}
        done = await save_agreed(self.database, self.seal, self.world[part].member_id, form, NOON)
        assert done is None


@pytest.fixture
def mirror(database: Database, seal: Seal, world: World) -> Mirror:
    return Mirror(database, seal, world)


async def test_only_ones_own_circles_are_on_offer(mirror: Mirror) -> None:
    mine = await make_list(mirror.database, mirror.world["amara"].member_id, "Board", NOON)
    theirs = await make_list(mirror.database, mirror.world["joost"].member_id, "Yard", NOON)
    assert isinstance(mine, int)
    assert isinstance(theirs, int)
    assert await mirror.look(Looker.LIST, mine) is not None
    for looker, of in ((Looker.LIST, theirs), (Looker.LIST, 999), (Looker.SIG, 999)):
        assert await mirror.look(looker, of) is None
    await leave_sig(mirror.database, await mirror.viewer("joost"), "turnaround", NOON)
    left = Asked(Looker.SIG, mirror.world.sigs["turnaround"])
    assert await find_view_as(mirror.database, mirror.seal, await mirror.viewer("joost"), left) is None


async def test_of_other_people_the_owner_learns_nothing_new(mirror: Mirror) -> None:
    """Through Lin's eyes Amara sees the connections of hers whom she may see herself, not all that Lin may see."""
    world = mirror.world
    async with mirror.database.writing() as connection:
        await connect(connection, world["amara"].member_id, world["tariq"].member_id, NOON)
        await connect(connection, world["amara"].member_id, world["joost"].member_id, NOON)
        await connect(connection, world["lin"].member_id, world["tariq"].member_id, NOON)
    await mirror.save(EntryKind.CONNECTIONS, None, "members")
    for part in ("tariq", "joost"):
        await mirror.save(EntryKind.CONNECTIONS, None, "members", part)
    for_lin = await make_list(mirror.database, world["tariq"].member_id, "Lin", NOON)
    assert _others(await mirror.seen(Looker.PERSON, address="lin-page")) == {"tariq-page", "joost-page"}
    async with mirror.database.writing() as connection:
        row = {"list_id": for_lin, "member_id": world["lin"].member_id, "added_at": NOON}
        await connection.execute(ListPerson.table.insert().values(row))
    await mirror.save(EntryKind.NAME, None, f"list:{for_lin}", "tariq")
    lins = await find_member_page(mirror.database, mirror.seal, await mirror.viewer("lin"), "amara-page")
    assert isinstance(lins, MemberPage)
    assert _others(lins) == {"tariq-page", "joost-page"}
    assert _others(await mirror.seen(Looker.PERSON, address="lin-page")) == {"joost-page"}


async def test_of_closed_threads_the_owner_sees_those_they_may_read(mirror: Mirror) -> None:
    def titles(page: MemberPage) -> list[str]:
        return [one.title for entry in page.entries for one in entry.threads]

    boardroom = mirror.world.sigs["boardroom"]
    lins = await find_view_as(mirror.database, mirror.seal, await mirror.viewer("lin"), Asked(Looker.SIG, boardroom))
    assert lins is not None
    assert lins.person is not None
    assert len(titles(lins.person)) == 2
    assert len(titles(await mirror.seen(Looker.MEMBER))) == 1
    done = await start_thread(
        mirror.database, await mirror.viewer("lin"), "boardroom", Draft("Body.", submission="s", title="Late"), NOON
    )
    assert isinstance(done, Written)
    await leave_sig(mirror.database, await mirror.viewer("lin"), "boardroom", NOON)
    amaras = await find_member_page(mirror.database, mirror.seal, await mirror.viewer("amara"), "lin-page")
    assert isinstance(amaras, MemberPage)
    assert titles(amaras)[0] == "Late", "who stayed reads on"
    through = await find_view_as(
        mirror.database, mirror.seal, await mirror.viewer("lin"), Asked(Looker.PERSON, None, "amara-page")
    )
    assert through is not None
    assert through.person is not None
    assert titles(through.person) == ["How early do you tell the works council?"]


async def test_what_a_visitor_gets_is_asked_of_the_function_that_answers_visitors(mirror: Mirror) -> None:
    for part, kind in (("amara", MemberPage), ("lin", Refused), ("nina", Refused)):
        member_id = mirror.world[part].member_id
        address, found = await find_page_of_visitor(mirror.database, mirror.seal, member_id)
        assert address == mirror.world[part].public_id
        assert isinstance(found, kind)
        assert found == await find_member_page(mirror.database, mirror.seal, VISITOR, address)


async def test_whom_owner_and_looker_know_by_different_keys_is_named_as_they_get_it(mirror: Mirror) -> None:
    """Joost knows Lin from one SIG, Tariq from another; her profession is for the SIG of Joost alone."""
    world, boardroom = mirror.world, mirror.world.sigs["boardroom"]
    async with mirror.database.writing() as connection:
        await connect(connection, world["joost"].member_id, world["lin"].member_id, NOON)
        await add_membership(connection, world["tariq"].member_id, boardroom, Role.MEMBER, NOON)
    await mirror.save(EntryKind.CONNECTIONS, None, "members", "joost")
    for kind in (EntryKind.NAME, EntryKind.CONNECTIONS):
        await mirror.save(kind, None, "my-sigs", "lin")
    told: Typed = {Slot(EntryKind.MEMBERSHIP, boardroom): (None, "members")}  # so that Joost may look with that key
    tariq = world["tariq"].member_id
    assert await save_agreed(mirror.database, mirror.seal, tariq, told, NOON) is None
    for audience, profession in (
        (f"sig:{boardroom}", None),
        (f"sig:{world.sigs['turnaround']}", None),
        ("members", "Auditor"),
    ):
        await mirror.save(EntryKind.PROFESSION, None, audience, "lin")
        joost = await mirror.viewer("joost")
        shown = await find_view_as(mirror.database, mirror.seal, joost, Asked(Looker.PERSON, None, "tariq-page"))
        assert shown is not None
        assert shown.person is not None
        (line,) = [one for entry in shown.person.entries for one in entry.people]
        assert (line.name, line.address, line.profession) == ("Lin Meiling", "lin-page", profession)
