"""Requests and connections: asked once, answered once, declined in silence, and felt on the ring at once."""

import asyncio
import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from domain.channels import Channel
from domain.connections import ASK_AGAIN_AFTER, CONNECTIONS_A_PAGE, LONGEST_NOTE, ConnectionsPage
from domain.limits import RATES, Action
from domain.members import EntryKind, LineKind, Slot
from domain.refusals import Problem, Reason, Refused
from domain.visibility import Viewer, connection_key
from storage.blocks import block
from storage.channels import choose_channels
from storage.connections import (
    accept,
    ask,
    connect,
    decline,
    end_connection,
    end_listed_connection,
    find_ask_page,
    find_connections_page,
    forget_old_declines,
    withdraw,
)
from storage.database import Database, fetch_all
from storage.forum.lists import Cursor
from storage.members.editing import save_entries
from storage.members.keys import add_member
from storage.members.references import reference_of
from storage.rings import find_viewer
from storage.secrets import Seal
from storage.tables import ConnectionRequest, Event, Member
from tests.cast import NOON, World


class Network:
    """The cast, and what is between them."""

    def __init__(self, database: Database, seal: Seal, world: World) -> None:
        self.database, self.seal, self.world, self.now = database, seal, world, NOON

    async def viewer(self, part: str) -> Viewer:
        async with self.database.reading() as connection:
            found = await find_viewer(connection, self.world[part].member_id)
        assert found is not None
        return found

    async def ask(self, part: str, other: str, note: str = "We met in Utrecht.") -> Refused | None:
        address = self.world[other].public_id
        return await ask(self.database, await self.viewer(part), address, note, self.now)

    async def page(self, part: str, before: Cursor | None = None, after: Cursor | None = None) -> ConnectionsPage:
        return await find_connections_page(self.database, self.seal, await self.viewer(part), before, after)

    async def received(self, part: str) -> int:
        [line] = (await self.page(part)).received
        return line.request_id

    async def sent(self, part: str) -> int:
        [line] = (await self.page(part)).sent
        return line.request_id

    async def accept(self, part: str, request_id: int) -> None:
        await accept(self.database, self.world[part].member_id, request_id, self.now)

    async def decline(self, part: str, request_id: int) -> None:
        await decline(self.database, self.world[part].member_id, request_id, self.now)

    async def withdraw(self, part: str, request_id: int) -> None:
        await withdraw(self.database, self.world[part].member_id, request_id, self.now)

    async def are_connected(self, one: str, other: str) -> bool:
        ways = ((one, other), (other, one))
        held = [connection_key(self.world[b].member_id) in (await self.viewer(a)).ring for a, b in ways]
        assert len(set(held)) == 1, "a connection counts in both directions"
        return held[0]

    async def events(self, *prefixes: str) -> list[tuple[str, dict[str, int]]]:
        statement = select(Event.c.name, Event.c.ids).order_by(Event.c.event_id)
        async with self.database.reading() as connection:
            rows = await fetch_all(connection, statement)
        return [(row.name, json.loads(row.ids)) for row in rows if row.name.startswith(prefixes)]


@pytest.fixture
def network(database: Database, seal: Seal, world: World) -> Network:
    """The cast's network."""
    return Network(database, seal, world)


async def test_a_request_waits_for_both_and_is_accepted_once(network: Network) -> None:
    joost, amara = network.world["joost"].member_id, network.world["amara"].member_id
    assert await network.ask("joost", "amara", "  We met in Utrecht.\r\nSee you.  ") is None
    assert await network.ask("joost", "amara", "Again.") is None, "a second click is none"
    [line] = (await network.page("amara")).received
    assert (line.person.name, line.note, line.made_at) == ("Joost van Dijk", "We met in Utrecht.\nSee you.", NOON)
    [waiting] = (await network.page("joost")).sent
    assert (waiting.person.name, waiting.note) == ("Amara Okafor", "We met in Utrecht.\nSee you.")
    assert not await network.are_connected("joost", "amara")
    for _ in range(2):
        await network.accept("amara", line.request_id)
    assert await network.are_connected("joost", "amara")
    for part in ("amara", "joost"):
        page = await network.page(part)
        assert (page.received, page.sent, len(page.connections)) == ((), (), 1)
    assert await network.events("request.", "connection.") == [
        ("request.made", {"request_id": line.request_id, "member_id": joost, "other_id": amara}),
        ("connection.made", {"member_id": amara, "other_id": joost}),
        ("request.accepted", {"member_id": amara, "other_id": joost}),
    ]
    assert await network.ask("joost", "amara") is None, "who is connected has nothing to ask"
    assert (await network.page("amara")).received == ()


async def test_asking_who_has_asked_is_accepting(network: Network) -> None:
    await network.ask("joost", "amara")
    assert await network.ask("amara", "joost") is None
    assert await network.are_connected("joost", "amara")
    assert (await network.page("amara")).received == (await network.page("joost")).sent == ()


async def test_two_who_ask_at_once_are_connected_once(network: Network) -> None:
    done = await asyncio.gather(*(network.ask(*pair) for pair in (("joost", "amara"), ("amara", "joost")) * 3))
    assert set(done) == {None}
    assert await network.are_connected("joost", "amara")
    assert [name for name, _ in await network.events("connection.")] == ["connection.made"]
    async with network.database.reading() as connection:
        assert await fetch_all(connection, select(ConnectionRequest.c.request_id)) == []


async def test_a_refusal_is_silent_and_counts_for_thirty_days(network: Network) -> None:
    await network.ask("joost", "amara")
    before = await network.page("joost")
    request_id = await network.received("amara")
    for _ in range(2):
        await network.decline("amara", request_id)
    assert (await network.page("amara")).received == ()
    assert await network.page("joost") == before, "who asked goes on waiting"
    assert await network.ask("joost", "amara") is None
    assert (await network.page("amara")).received == (), "asking again is possible only once it is taken back"
    await network.accept("amara", request_id)
    assert not await network.are_connected("joost", "amara"), "what was declined is not there to accept"
    await network.withdraw("joost", request_id)
    assert (await network.page("joost")).sent == ()
    network.now = NOON + ASK_AGAIN_AFTER - timedelta(seconds=1)
    assert await network.ask("joost", "amara", "Please.") is None
    again = await network.sent("joost")
    assert again != request_id, "nothing about the new one tells of the old one"
    assert (await network.page("amara")).received == ()
    await network.withdraw("joost", again)
    network.now = NOON + ASK_AGAIN_AFTER
    assert await network.ask("joost", "amara", "Now?") is None
    [line] = (await network.page("amara")).received
    assert line.note == "Now?"
    assert [name for name, _ in await network.events("request.")] == ["request.made", "request.made"]


async def test_who_declined_may_still_ask_themselves(network: Network) -> None:
    await network.ask("joost", "amara")
    await network.decline("amara", await network.received("amara"))
    assert await network.ask("amara", "joost") is None
    assert await network.are_connected("joost", "amara")


async def test_what_is_taken_back_is_gone(network: Network) -> None:
    await network.ask("joost", "amara")
    request_id = await network.received("amara")
    await network.withdraw("amara", request_id)
    assert len((await network.page("amara")).received) == 1, "only who asked takes it back"
    for _ in range(2):
        await network.withdraw("joost", request_id)
    assert (await network.page("amara")).received == (await network.page("joost")).sent == ()
    await network.accept("amara", request_id)
    assert not await network.are_connected("joost", "amara")
    assert await network.ask("joost", "amara", "Once more.") is None
    assert (await network.page("amara")).received[0].note == "Once more."


@pytest.mark.parametrize("act", ["accept", "decline", "withdraw"])
async def test_requests_of_others_are_nobody_elses(network: Network, act: str) -> None:
    await network.ask("joost", "amara")
    request_id = await network.received("amara")
    for part in ("tariq", "joost") if act != "withdraw" else ("tariq", "amara"):
        await getattr(network, act)(part, request_id)
    assert await network.received("amara") == await network.sent("joost") == request_id
    assert not await network.are_connected("joost", "amara")


async def test_refusals_and_their_success(network: Network, seal: Seal) -> None:
    assert await network.ask("joost", "amara", "x" * (LONGEST_NOTE + 1)) == Refused(
        Reason.INVALID, {"note": Problem.TOO_LONG}
    )
    assert await network.ask("joost", "amara", "a\x07b") == Refused(Reason.INVALID, {"note": Problem.ILLEGIBLE})
    assert await network.ask("joost", "joost") == Refused(Reason.MISSING)
    viewer = await network.viewer("joost")
    assert await ask(network.database, viewer, "no-such-page", "", NOON) == Refused(Reason.MISSING)
    hidden = {Slot(EntryKind.NAME): (None, "only-me")}
    assert await save_entries(network.database, seal, network.world["lin"].member_id, hidden, NOON) is None
    assert await network.ask("joost", "lin") == Refused(Reason.MISSING)
    assert await find_ask_page(network.database, viewer, "lin-page") is None
    amara = network.world["amara"].member_id
    nobody = {Channel.REQUEST: "only-me"}
    assert await choose_channels(network.database, amara, nobody, frozenset()) is None
    assert await network.ask("joost", "amara") == Refused(Reason.NOT_REACHABLE)
    assert await network.ask("sven", "tariq") == Refused(Reason.NOT_CONFIRMED)
    assert await choose_channels(network.database, amara, {Channel.REQUEST: "members"}, frozenset()) is None
    assert await network.ask("joost", "amara", "x" * LONGEST_NOTE) is None


async def test_too_many_requests_are_refused_with_a_time(network: Network) -> None:
    rate = RATES[Action.REQUEST]
    for _ in range(rate.times):
        assert await network.ask("joost", "amara") is None
        await network.withdraw("joost", await network.sent("joost"))
    assert await network.ask("joost", "amara") == Refused(Reason.TOO_MANY, retry_after=int(rate.window.total_seconds()))
    network.now += rate.window
    assert await network.ask("joost", "amara") is None


async def test_requests_of_who_is_suspended_wait_unseen(network: Network) -> None:
    await network.ask("joost", "amara")
    standing = update(Member).where(Member.c.member_id == network.world["joost"].member_id)
    async with network.database.writing() as connection:
        await connection.execute(standing.values(in_good_standing=False))
    assert (await network.page("amara")).received == ()
    async with network.database.writing() as connection:
        await connection.execute(standing.values(in_good_standing=True))
    assert len((await network.page("amara")).received) == 1


@pytest.mark.parametrize("listed", [True, False])
async def test_a_connection_ends_for_both_also_with_who_is_no_longer_seen(
    network: Network, seal: Seal, listed: bool
) -> None:
    await network.ask("joost", "lin")
    await network.accept("lin", await network.received("lin"))
    hidden = {Slot(EntryKind.NAME): (None, "only-me")}
    assert await save_entries(network.database, seal, network.world["lin"].member_id, hidden, NOON) is None
    [line] = (await network.page("joost")).connections
    assert (line.person.kind, line.person.name) == (LineKind.HIDDEN, None)
    for reference in ("", "0" * 24, reference_of(seal, network.world["lin"].member_id, 1)):
        await end_listed_connection(network.database, seal, network.world["joost"].member_id, reference, NOON)
    await end_listed_connection(network.database, seal, network.world["tariq"].member_id, line.reference, NOON)
    assert await network.are_connected("joost", "lin")
    if listed:
        await end_listed_connection(network.database, seal, network.world["joost"].member_id, line.reference, NOON)
    for address in ("no-such-page", "tariq-page", "lin-page", "lin-page"):
        await end_connection(network.database, network.world["joost"].member_id, address, NOON)
    assert not await network.are_connected("joost", "lin")
    assert [name for name, _ in await network.events("connection.")] == ["connection.made", "connection.ended"]


async def test_connections_come_by_pages_the_newest_first(network: Network) -> None:
    amara, ids = network.world["amara"].member_id, []
    async with network.database.writing() as connection:
        for number in range(CONNECTIONS_A_PAGE * 2 + 5):
            values = {EntryKind.NAME: f"Person {number}", EntryKind.PROFESSION: "Broker"}
            other = await add_member(connection, values, NOON, has_public_page=False, in_good_standing=True)
            await connect(connection, amara, other, _moment(number))
            ids.append(f"Person {number}")
    found, sizes = [], []
    page = await network.page("amara")
    while True:
        found += [line.person.name for line in page.connections]
        sizes.append(len(page.connections))
        if page.older is None:
            break
        page = await network.page("amara", before=Cursor.parse(page.older))
    assert sizes == [CONNECTIONS_A_PAGE, CONNECTIONS_A_PAGE, 5]
    assert found == ids[::-1]
    assert page.newer is not None
    newer = await network.page("amara", after=Cursor.parse(page.newer))
    assert [line.person.name for line in newer.connections] == found[CONNECTIONS_A_PAGE : CONNECTIONS_A_PAGE * 2]


def _moment(number: int) -> datetime:
    return NOON + timedelta(minutes=number // 2)


async def test_old_refusals_are_forgotten(network: Network) -> None:
    for part in ("joost", "tariq"):
        await network.ask(part, "amara")
    for line in (await network.page("amara")).received:
        await network.decline("amara", line.request_id)
    await network.withdraw("joost", await network.sent("joost"))
    joost, tariq = network.world["joost"].member_id, network.world["tariq"].member_id
    for days, left in ((29, {joost, tariq}), (30, {tariq})):
        async with network.database.writing() as connection:
            await forget_old_declines(connection, NOON + timedelta(days=days))
        async with network.database.reading() as connection:
            rows = await fetch_all(connection, select(ConnectionRequest.c.from_id))
        assert {row.from_id for row in rows} == left, "who never took it back goes on waiting"


async def test_a_block_made_meanwhile_refuses_as_any_no_does(network: Network) -> None:
    """The ring of who asks was read before the block."""
    viewer = await network.viewer("joost")
    assert await block(network.database, await network.viewer("amara"), "joost-page", NOON) is None
    assert await ask(network.database, viewer, "amara-page", "", NOON) == Refused(Reason.NOT_REACHABLE)
