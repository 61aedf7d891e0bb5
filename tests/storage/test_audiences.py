"""Who will see it: the number beside each audience is the number of people whose ring it opens, counted one by one."""

from dataclasses import replace

import pytest

from domain.members import EntryKind
from domain.visibility import (
    ALL_MEMBERS,
    CONNECTIONS,
    EVERYONE,
    MY_SIGS,
    ONLY_ME,
    Audience,
    Owner,
    Ring,
    keys_for,
    may_see,
    ring_towards,
)
from storage.blocks import block
from storage.connections import connect
from storage.database import Database, fetch_all
from storage.members.audiences import Offer, list_offers, names_of, options_for
from storage.members.keys import find_owner
from storage.members.lists import make_list, place_person
from storage.rings import find_viewer
from storage.secrets import Seal
from storage.tables import Member
from tests.cast import NOON, World
from tests.storage.worlds import lived_worlds

SQLITE, POSTGRESQL = 14, 4
"""Worlds on each engine."""


async def _every_ring(database: Database) -> dict[int, Ring]:
    async with database.reading() as connection:
        ids = [row.member_id for row in await fetch_all(connection, Member.table.select())]
        viewers = {one: await find_viewer(connection, one) for one in ids}
    return {one: viewer.ring for one, viewer in viewers.items() if viewer is not None}


async def _offers(database: Database, member_id: int) -> tuple[Owner, tuple[Offer, ...]]:
    async with database.reading() as connection:
        owner = await find_owner(connection, member_id)
        return owner, await list_offers(connection, owner)


def _counted(offer: Offer, owner: Owner, rings: dict[int, Ring]) -> int | None:
    """The people who hold a key, among them the owner; as it will be once they are in good standing."""
    if offer.audience == EVERYONE and owner.has_public_page:
        return None
    keys = keys_for(offer.audience, replace(owner, in_good_standing=True))
    return sum(may_see(keys, ring_towards(ring, owner.member_id)) for ring in rings.values())


async def test_the_counts_are_those_of_the_rings_of_everybody(database: Database, seal: Seal) -> None:
    counted = []
    async for world in lived_worlds(database, seal, SQLITE, POSTGRESQL):
        rings = await _every_ring(world.stage)
        for member_id in world.people:
            owner, offers = await _offers(world.stage, member_id)
            people = {str(offer.audience): offer.people for offer in offers}
            assert people == {str(offer.audience): _counted(offer, owner, rings) for offer in offers}
            counted += [offer for offer in offers if (offer.people or 0) > 1]
            circles = {Audience.parse(f"sig:{one}") for one in owner.sig_ids}
            circles |= {Audience.parse(f"list:{one}") for one in owner.list_ids}
            plain = {EVERYONE, ALL_MEMBERS, MY_SIGS, CONNECTIONS, ONLY_ME}
            assert {offer.audience for offer in offers} == plain | circles
    assert {offer.audience.scope for offer in counted} >= {"members", "my-sigs", "sig", "connections"}


async def test_lists_and_connections_are_counted_with_their_owner(database: Database, world: World) -> None:
    amara = world["amara"]
    made = await make_list(database, amara.member_id, "Board", NOON)
    assert isinstance(made, int)
    empty = await make_list(database, amara.member_id, "a board to be", NOON)
    for part in ("joost", "tariq", "nina"):
        await place_person(database, amara.viewer, world[part].public_id, frozenset({made}), NOON)
    async with database.writing() as connection:
        for part in ("joost", "sven"):
            await connect(connection, amara.member_id, world[part].member_id, NOON)
    owner, offers = await _offers(database, amara.member_id)
    counts = {
        str(offer.audience): (offer.people, offer.name)
        for offer in offers
        if offer.audience.scope in {"list", "connections"}
    }
    assert counts == {
        "connections": (2, None),
        f"list:{empty}": (1, "a board to be"),
        f"list:{made}": (3, "Board"),
    }
    rings = await _every_ring(database)
    assert {offer.people for offer in offers} == {_counted(offer, owner, rings) for offer in offers}
    assert names_of(offers)[Audience.parse(f"list:{made}")] == "Board"


@pytest.mark.parametrize(("blocker", "blocked"), [("amara", "joost"), ("joost", "amara")])
async def test_nobody_counts_with_whom_there_is_a_block(
    database: Database, world: World, blocker: str, blocked: str
) -> None:
    amara, turnaround = world["amara"], world.sigs["turnaround"]
    made = await make_list(database, amara.member_id, "Board", NOON)
    assert isinstance(made, int)
    for part in ("joost", "tariq"):
        await place_person(database, amara.viewer, world[part].public_id, frozenset({made}), NOON)
        async with database.writing() as connection:
            await connect(connection, amara.member_id, world[part].member_id, NOON)
    counted = ("members", "my-sigs", f"sig:{turnaround}", "connections", f"list:{made}")

    async def people() -> list[int | None]:
        owner, offers = await _offers(database, amara.member_id)
        rings = await _every_ring(database)
        assert {str(offer.audience): offer.people for offer in offers} == {
            str(offer.audience): _counted(offer, owner, rings) for offer in offers
        }
        found = {str(offer.audience): offer.people for offer in offers}
        return [found[audience] for audience in counted]

    assert await people() == [4, 3, 3, 3, 3]
    assert await block(database, world[blocker].viewer, world[blocked].public_id, NOON) is None
    assert await people() == [3, 2, 2, 2, 2]


@pytest.mark.parametrize("part", ["joost", "lin"])
async def test_somebody_elses_lists_are_not_on_offer(database: Database, world: World, part: str) -> None:
    assert isinstance(await make_list(database, world["amara"].member_id, "Board", NOON), int)
    _, offers = await _offers(database, world[part].member_id)
    assert not any(offer.audience.scope == "list" for offer in offers)


async def test_what_is_not_on_offer_any_more_is_shown_as_only_me(database: Database, world: World) -> None:
    _, offers = await _offers(database, world["joost"].member_id)
    for gone in ("sig:999", "list:7", "list:x"):
        chosen = [option.value for option in options_for(EntryKind.ABOUT, gone, offers) if option.chosen]
        assert chosen == ["only-me"]
    assert [option.value for option in options_for(EntryKind.ABOUT, "members", offers) if option.chosen] == ["members"]
    phone = options_for(EntryKind.PHONE, "everyone", offers)
    assert "everyone" not in {option.value for option in phone}
    assert [option.value for option in phone if option.chosen] == ["only-me"]
