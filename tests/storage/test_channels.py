"""Channels: who reaches whom by which, for every audience that can be chosen, and what is not on offer."""

import pytest

from domain.channels import CHANNEL_RULES, Channel
from domain.refusals import Reason, Refused
from domain.visibility import VISITOR, Scope, Viewer
from storage.blocks import block, unblock
from storage.channels import choose_channels, find_channels_page, refuse_to_reach, waits
from storage.connections import connect
from storage.database import Database
from storage.members.lists import make_list, place_person
from storage.rings import find_viewer
from storage.sigs import leave_sig
from tests.cast import NOON, World

NO = Reason.NOT_REACHABLE
REACH: dict[str, dict[str, Reason | None]] = {
    "members": {"joost": None, "lin": None, "tariq": None},
    "my-sigs": {"joost": None, "lin": None, "tariq": NO},
    "sig": {"joost": None, "lin": None, "tariq": NO},
    "connections": {"joost": NO, "lin": NO, "tariq": None},
    "list": {"joost": None, "lin": NO, "tariq": NO},
    "only-me": {"joost": NO, "lin": NO, "tariq": NO},
}
"""Who reaches Amara under each audience: Joost stands on her list, Tariq is connected."""
NEVER = {"visitor": Reason.SIGN_IN, "nina": Reason.NOT_CONFIRMED, "sven": Reason.NOT_CONFIRMED}


async def _viewer(database: Database, world: World, part: str) -> Viewer:
    if part == "visitor":
        return VISITOR
    async with database.reading() as connection:
        found = await find_viewer(connection, world[part].member_id)
    assert found is not None
    return found


async def _refused(
    database: Database, world: World, part: str, channel: Channel, owner: str = "amara"
) -> Reason | None:
    viewer = await _viewer(database, world, part)
    async with database.reading() as connection:
        refused = await refuse_to_reach(connection, viewer, world[owner].member_id, channel)
    return refused.reason if refused else None


async def _audiences(database: Database, world: World) -> dict[str, str]:
    amara = world["amara"]
    async with database.writing() as connection:
        await connect(connection, amara.member_id, world["tariq"].member_id, NOON)
    made = await make_list(database, amara.member_id, "Board", NOON)
    assert isinstance(made, int)
    assert await place_person(database, amara.viewer, "joost-page", frozenset({made}), NOON) is None
    return {"sig": f"sig:{world.sigs['turnaround']}", "list": f"list:{made}"}


@pytest.mark.parametrize("channel", Channel)
async def test_everybody_under_every_audience(database: Database, world: World, channel: Channel) -> None:
    named = await _audiences(database, world)
    amara = world["amara"].member_id
    for part, reason in {**REACH["members"], **NEVER, "amara": None}.items():
        assert await _refused(database, world, part, channel) is reason, f"{part}, by default"
    for scope, row in REACH.items():
        chosen = {channel: named.get(scope, scope)}
        done = await choose_channels(database, amara, chosen, frozenset())
        if Scope(scope) not in CHANNEL_RULES[channel].scopes:
            assert done == Refused(Reason.INVALID)
            continue
        assert done is None
        for part, reason in {**row, **NEVER, "amara": None}.items():
            assert await _refused(database, world, part, channel) is reason, f"{part} under {scope}"


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize(("maker", "other"), [("amara", "joost"), ("joost", "amara")])
async def test_a_block_closes_every_channel_both_ways_until_it_ends(
    database: Database, world: World, channel: Channel, maker: str, other: str
) -> None:
    before = await _viewer(database, world, "joost")
    assert await block(database, world[maker].viewer, f"{other}-page", NOON) is None
    for part, owner in (("joost", "amara"), ("amara", "joost")):
        assert await _refused(database, world, part, channel, owner) is NO
    async with database.reading() as connection:
        stale = await refuse_to_reach(connection, before, world["amara"].member_id, channel)
    assert stale == Refused(NO), "also with a ring that was read before"
    assert await _refused(database, world, "tariq", channel) is None
    await unblock(database, world[other].member_id, f"{maker}-page", NOON)
    assert await _refused(database, world, "joost", channel) is NO, "only who made it ends it"
    await unblock(database, world[maker].member_id, f"{other}-page", NOON)
    assert await _refused(database, world, "joost", channel) is None


async def test_who_is_suspended_is_reached_by_nobody(database: Database, world: World) -> None:
    assert await _refused(database, world, "joost", Channel.REQUEST, "sven") is NO
    assert await _refused(database, world, "joost", Channel.REQUEST, "tariq") is None


async def test_only_scraps_can_wait(database: Database, world: World) -> None:
    amara = world["amara"].member_id
    every = dict.fromkeys(Channel, "members")
    for waiting in (frozenset(Channel), frozenset[Channel]()):
        assert await choose_channels(database, amara, every, waiting) is None
        async with database.reading() as connection:
            found = {channel for channel in Channel if await waits(connection, amara, channel)}
        assert found == waiting & {Channel.SCRAP}
        lines = (await find_channels_page(database, amara)).channels
        assert {line.channel for line in lines if line.waits} == waiting & {Channel.SCRAP}
        assert {line.channel for line in lines if line.can_wait} == {Channel.SCRAP}


@pytest.mark.parametrize("audience", ["everyone", "sig:987", "list:987", "sig", "nonsense", "", "own:1"])
async def test_what_is_not_on_offer_is_not_kept_nor_is_the_rest(
    database: Database, world: World, audience: str
) -> None:
    amara = world["amara"].member_id
    before = await find_channels_page(database, amara)
    sent = {Channel.SCRAP: "only-me", Channel.MENTION: audience}
    assert await choose_channels(database, amara, sent, frozenset()) == Refused(Reason.INVALID)
    assert await find_channels_page(database, amara) == before
    assert await choose_channels(database, amara, {**sent, Channel.MENTION: "my-sigs"}, frozenset()) is None
    chosen = {
        line.channel: option.value
        for line in (await find_channels_page(database, amara)).channels
        for option in line.options
        if option.chosen
    }
    assert chosen == {
        Channel.SCRAP: "only-me",
        Channel.REQUEST: "members",
        Channel.INVITATION: "members",
        Channel.MENTION: "my-sigs",
    }


async def test_a_sig_that_was_left_reaches_nobody_and_is_shown_as_that(database: Database, world: World) -> None:
    lin = world["lin"].member_id
    chosen = {Channel.REQUEST: f"sig:{world.sigs['turnaround']}"}
    assert await choose_channels(database, lin, chosen, frozenset()) is None
    assert await _refused(database, world, "joost", Channel.REQUEST, "lin") is None
    await leave_sig(database, await _viewer(database, world, "lin"), "turnaround", NOON)
    assert await _refused(database, world, "joost", Channel.REQUEST, "lin") is NO
    [request] = [line for line in (await find_channels_page(database, lin)).channels if line.channel == "request"]
    assert [option.value for option in request.options if option.chosen] == ["only-me"]
