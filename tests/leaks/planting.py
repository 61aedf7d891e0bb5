"""The world of the leak test: the cast and more, owners of entries for every audience, talk in every kind of SIG, and
canaries in whatever is guarded. Built by the product's own commands wherever there is one.
"""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import EntryKind
from domain.sigs import Circle, Role, SigSettings
from domain.visibility import EVERYONE
from storage import tables
from storage.database import Database
from storage.members.editing import save_entries
from storage.secrets import Seal
from storage.seeding import together
from storage.sigs import add_community, add_membership, add_sig, leave_sig
from tests.cast import NOON, PARTS, Part, build_world
from tests.leaks.canaries import Cage
from tests.leaks.machinery import plant_browser, plant_feed_tokens, plant_machinery, plant_receipt, watch_bytes
from tests.leaks.oracle import ALL, READERS_OF_SIG, VAULT, VIEWERS
from tests.leaks.owners import BOTH, owner_parts, plant_go_between, plant_last_visit, plant_owner, watch_pages
from tests.leaks.places import SIG
from tests.leaks.planted import Planted
from tests.leaks.planting_moderation import plant_moderation
from tests.leaks.planting_network import plant_network
from tests.leaks.planting_notices import plant_notices
from tests.leaks.planting_scraps import plant_scraps
from tests.leaks.planting_search import plant_search
from tests.leaks.planting_sigs import plant_sigs
from tests.leaks.planting_start_page import plant_start_page
from tests.leaks.talk import plant_imports, plant_talk

LATER = NOON + timedelta(minutes=2)
"""When somebody leaves or takes something back."""

_OPEN = dict.fromkeys((EntryKind.CONNECTIONS, EntryKind.CONTRIBUTIONS), EVERYONE)
_MORE_PARTS = {
    "bodil": Part("Bodil Dahl", "Banker", {"boardroom": Role.MEMBER}),
    "edo": Part("Edo Ruiz", "Former banker", {"boardroom": Role.MEMBER}),
    "stella": Part("Stella Marsh", "Keeper of the house"),
    "connie": Part("Connie Vale", "Recruiter", audiences=_OPEN),
    "lise": Part("Lise Holm", "Counsel"),
    "bruno": Part("Bruno Falk", "Agent", BOTH),
    "brenda": Part("Brenda Falk", "Publisher", BOTH),
    "silas": Part("Silas Boone", "Dealer", BOTH, in_good_standing=False),
}


async def plant(database: Database, seal: Seal, files: Path) -> Planted:
    """Build the world; photos go into the folder `files`."""
    cage = Cage()
    async with together(database) as stage:
        planted = Planted(await build_world(stage, seal, _parts(cage)), files, cage)
        planted.owners = tuple(name for name in planted.world.people if name.endswith("-owner"))
        assert (planted.world.sigs["turnaround"], planted.world.sigs["boardroom"]) == (1, 2)
        async with stage.writing() as connection:
            await _plant_guild(connection, planted)
            await _plant_vault(connection, planted)
            await _plant_people(connection, seal, planted)
        titles = {sig: await plant_talk(stage, planted, sig) for sig in ("turnaround", "boardroom", "vault")}
        await _plant_departures(stage, seal, planted)
        async with stage.writing() as connection:
            await plant_imports(connection, planted)
            await plant_machinery(connection, planted)
            for part in ("olga", "settled members-owner"):
                await plant_receipt(connection, planted, part)
        await plant_feed_tokens(stage, planted)
        await plant_network(stage, planted)
        await plant_scraps(stage, planted)
        await plant_sigs(stage, planted)
        await plant_moderation(stage, seal, planted)
        await plant_start_page(stage, seal, planted)
        await plant_notices(stage, seal, planted)
        async with stage.writing() as connection:
            await watch_bytes(connection, planted)
        watch_pages(planted, {sig: titles[sig] for sig in ("turnaround", "boardroom")})
        await plant_search(stage)
    return planted


def _parts(cage: Cage) -> dict[str, Part]:
    unsettled = {name: replace(PARTS[name], sigs=BOTH) for name in ("sven", "nina")}
    return {**PARTS, **unsettled, **_MORE_PARTS, **owner_parts(cage)}


async def _plant_guild(connection: AsyncConnection, planted: Planted) -> None:
    """A SIG that everyone may know of and to which the owners belong, and none of those who look at them."""
    planted.guild = planted.cage.token("sigs.name", "guild", "", ALL, seen_at=(SIG, "/"))
    community = await add_community(connection, "crafts", "Crafts", "Work by hand.", 8)
    reading = Circle.SIG
    sig_id = await add_sig(connection, community, "guild", planted.guild, "For those who make.", reading, NOON)
    planted.world = replace(planted.world, sigs={**planted.world.sigs, "guild": sig_id})


async def _plant_vault(connection: AsyncConnection, planted: Planted) -> None:
    """A SIG and a community that only their people know of."""
    readers, cage = READERS_OF_SIG["vault"], planted.cage

    def token(name: str, *, seen_at: tuple[str, ...] = (SIG,)) -> str:
        return cage.token(name, "vault", "amara", readers, seen_at=seen_at)

    planted.vault, planted.hidden_community = token("sigs.slug"), token("communities.slug")
    name, description = token("communities.name"), token("communities.description", seen_at=("/",))
    community = await add_community(connection, planted.hidden_community, name, description, 9)
    name, description = token("sigs.name"), token("sigs.description")
    shut = SigSettings(Circle.SIG, Circle.SIG, Circle.SIG, Circle.SIG)
    sig_id = await add_sig(connection, community, planted.vault, name, description, shut, NOON)
    site = {"name": token("source_sites.name"), "digest": cage.token("source_sites.digest", "nobody", "amara")}
    site |= {"step": cage.token("source_sites.step", "nobody", "amara")}
    site |= {"counts": cage.token("source_sites.counts", "nobody", "amara")}
    added = (
        insert(tables.SourceSite).values(**site, rows_done=0, started_at=NOON).returning(tables.SourceSite.c.site_id)
    )
    site_id = (await connection.execute(added)).scalar_one()
    hiding = update(tables.Sig).where(tables.Sig.c.sig_id == sig_id).values(site_id=site_id)
    await connection.execute(hiding)
    planted.world = replace(planted.world, sigs={**planted.world.sigs, "vault": sig_id})
    for part in sorted({*VAULT, "edo"}):
        role = Role.OWNER if part in VAULT else Role.MEMBER
        await add_membership(connection, planted.world[part].member_id, sig_id, role, NOON)


async def _plant_people(connection: AsyncConnection, seal: Seal, planted: Planted) -> None:
    """What the owners have, who is staff, and a browser for everybody."""
    people = dict(planted.world.people)
    for name in ("olga", *planted.owners):
        people[name] = await plant_owner(connection, seal, planted, people[name])
    planted.world = replace(planted.world, people=people)
    await plant_go_between(connection, planted)
    is_stella = tables.Member.c.member_id == people["stella"].member_id
    await connection.execute(update(tables.Member).where(is_stella).values(is_staff=True))
    refusing = tables.Member.c.member_id == people["settled everyone-owner"].member_id
    await connection.execute(update(tables.Member).where(refusing).values(refuses_ai_since=NOON))
    for name, person in people.items():
        if name in VIEWERS or name in planted.owners:
            await plant_browser(connection, planted, person)
    planted.sessions["signed-out"] = "A" * 43
    for name in ("olga", *planted.owners):
        await plant_last_visit(connection, planted, name)


async def _plant_departures(stage: Database, seal: Seal, planted: Planted) -> None:
    """Who left a SIG, and who took their public page back."""
    for name in planted.owners:
        if name.startswith("left "):
            assert await leave_sig(stage, planted.good(name), "boardroom", LATER) is None
        if name.startswith("withdrawn "):
            member_id = planted.world[name].member_id
            assert await save_entries(stage, seal, member_id, {}, LATER, public_page=False) is None
    for slug in ("boardroom", planted.vault):
        assert await leave_sig(stage, planted.in_vault("edo"), slug, LATER) is None
