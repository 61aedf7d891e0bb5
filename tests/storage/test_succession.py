"""A SIG always has an owner who can act: decision by decision, and in random lives on both engines."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import EntryKind, Slot
from domain.refusals import Reason, Refused
from domain.sigs import Circle, Joining, Role, SigSettings, opens_to_people
from domain.visibility import ALL_MEMBERS, EVERYONE, ONLY_ME, Ring, Viewer, mod_key, sig_key
from storage.database import Database, fetch_all
from storage.forum.commands import Draft, Written, start_thread
from storage.key_sets import parse_keys
from storage.members.keys import add_member, find_owner, rewrite_keys, write_entry
from storage.members.standing import depart, reinstate, suspend
from storage.rings import find_viewer
from storage.seeding import together
from storage.sigs import add_community, add_membership, add_sig, end_membership, leave_sig
from storage.sigs.invitations import answer_invitation, find_invitations_page, invite
from storage.sigs.offers import answer_offer, give_role, offer_sig, step_down
from storage.sigs.settings import TypedSettings, save_settings
from storage.sigs.succession import OWNER_AWAY_AFTER, ensure_owner, relieve_absent_owners
from storage.tables import Act, Ban, Entry, KeySet, Member, Membership, OwnershipOffer, Post, Sig, Thread
from tests.agreeing import accept_agreed, join_agreed
from tests.cast import NOON, World
from tests.conftest import SEAL

SQLITE, POSTGRESQL = 9, 4
PEOPLE, SIGS = 5, 2


async def _roles(database: Database, sig_id: int) -> dict[int, Role]:
    statement = select(Membership.c.member_id, Membership.c.role).where(Membership.c.sig_id == sig_id)
    async with database.reading() as connection:
        return {row.member_id: Role(row.role) for row in await fetch_all(connection, statement)}


async def _viewer(database: Database, member_id: int) -> Viewer:
    async with database.reading() as connection:
        found = await find_viewer(connection, member_id)
    assert found is not None
    return found


async def _join(database: Database, world: World, part: str, role: Role, minutes: int) -> None:
    async with database.writing() as connection:
        when = NOON + timedelta(minutes=minutes)
        await add_membership(connection, world[part].member_id, world.sigs["boardroom"], role, when)


@pytest.mark.parametrize("how", ["leave", "suspend", "depart", "end"])
@pytest.mark.parametrize(
    ("others", "heir"),
    [
        ({"tariq": (Role.MODERATOR, 2), "joost": (Role.MODERATOR, 3)}, "tariq"),
        ({"joost": (Role.MODERATOR, 9)}, "joost"),
        ({"sven": (Role.MODERATOR, 1), "tariq": (Role.MEMBER, 2)}, "lin"),
        ({}, "lin"),
    ],
    ids=["longest moderator", "a moderator before members", "no suspended moderator", "longest member"],
)
async def test_who_follows(
    database: Database, world: World, how: str, others: dict[str, tuple[Role, int]], heir: str
) -> None:
    boardroom, amara = world.sigs["boardroom"], world["amara"]
    for part, (role, minutes) in others.items():
        await _join(database, world, part, role, minutes)
    if how == "leave":
        assert await leave_sig(database, amara.viewer, "boardroom", NOON) is None
    else:
        async with database.writing() as connection:
            match how:
                case "suspend":
                    await suspend(connection, amara.member_id, NOON)
                case "depart":
                    await depart(connection, amara.member_id, NOON)
                case _:
                    assert await end_membership(connection, amara.member_id, boardroom, NOON)
    roles = await _roles(database, boardroom)
    owners = {member for member, role in roles.items() if role is Role.OWNER}
    assert owners - {amara.member_id} == {world[heir].member_id}
    assert (amara.member_id in roles) is (how == "suspend"), "suspension takes no role, only what it opens"
    assert mod_key(boardroom) in (await _viewer(database, world[heir].member_id)).ring
    assert mod_key(boardroom) not in (await _viewer(database, amara.member_id)).ring


async def _alone(database: Database, world: World) -> None:
    async with database.writing() as connection:
        await end_membership(connection, world["lin"].member_id, world.sigs["boardroom"], NOON)


async def test_the_last_one_stays_unless_the_staff_can_follow(database: Database, world: World) -> None:
    await _alone(database, world)
    amara, boardroom = world["amara"], world.sigs["boardroom"]
    assert await leave_sig(database, amara.viewer, "boardroom", NOON) == Refused(Reason.LAST_ONE)
    async with database.writing() as connection:
        of_staff = [world["tariq"].member_id, world["joost"].member_id, world["sven"].member_id]
        await connection.execute(update(Member).where(Member.c.member_id.in_(of_staff)).values(is_staff=True))
    assert await leave_sig(database, amara.viewer, "boardroom", NOON) is None
    lowest = min(world["tariq"].member_id, world["joost"].member_id)
    assert await _roles(database, boardroom) == {lowest: Role.OWNER}
    assert sig_key(boardroom) in (await _viewer(database, lowest)).ring


async def test_who_comes_back_finds_the_successor_beside_them(database: Database, world: World) -> None:
    boardroom, amara, lin = world.sigs["boardroom"], world["amara"].member_id, world["lin"].member_id
    async with database.writing() as connection:
        await suspend(connection, amara, NOON)
        await suspend(connection, lin, NOON)
    assert mod_key(boardroom) not in (await _viewer(database, lin)).ring
    async with database.writing() as connection:
        await reinstate(connection, amara, NOON)
        await reinstate(connection, lin, NOON)
    assert await _roles(database, boardroom) == {amara: Role.OWNER, lin: Role.OWNER}


async def test_absent_owners_get_a_moderator_beside_them(database: Database, world: World) -> None:
    boardroom, lin, tariq = world.sigs["boardroom"], world["lin"].member_id, world["tariq"].member_id
    await _join(database, world, "tariq", Role.MODERATOR, 5)
    later = NOON + OWNER_AWAY_AFTER + timedelta(days=1)
    await relieve_absent_owners(database, later)
    assert (await _roles(database, boardroom))[tariq] is Role.MODERATOR, "who is absent too follows nobody"
    async with database.writing() as connection:
        await connection.execute(update(Member).where(Member.c.member_id.in_([tariq, lin])).values(seen_at=later))
    await relieve_absent_owners(database, NOON)
    assert (await _roles(database, boardroom))[tariq] is Role.MODERATOR, "nobody is away yet"
    for _again in range(2):
        await relieve_absent_owners(database, later)
        roles = await _roles(database, boardroom)
        assert roles == {world["amara"].member_id: Role.OWNER, tariq: Role.OWNER, lin: Role.MEMBER}


# Random lives.


@dataclass(frozen=True, slots=True)
class _Step:
    act: str
    who: int
    whom: int
    sig: int


_ACTS = (
    ["join", "suspend"] * 4
    + ["leave", "appoint", "offer", "accept", "invite", "answer", "reinstate", "ban", "unban"] * 2
    + ["dismiss", "step down", "depart", "hide", "show", "narrow", "widen", "post"]
)
_STEPS = st.lists(
    st.builds(
        _Step,
        st.sampled_from(_ACTS),
        st.integers(0, PEOPLE - 1),
        st.integers(0, PEOPLE - 1),
        st.integers(0, SIGS - 1),
    ),
    min_size=15,
    max_size=36,
)


def _drawn(runs: int) -> list[list[_Step]]:
    drawn: list[list[_Step]] = []

    @settings(max_examples=runs, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(_STEPS)
    def draw(steps: list[_Step]) -> None:
        drawn.append(steps)

    draw()
    return drawn


@dataclass
class _Town:
    """Five people, one of them of the staff in every other town, and two SIGs with three of them in each."""

    stage: Database
    number: int
    now: datetime = NOON
    people: list[int] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    sigs: list[int] = field(default_factory=list)
    written: list[int] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)

    def slug(self, sig: int) -> str:
        return f"guild-{self.number}-{sig}"

    async def settle(self) -> None:
        async with self.stage.writing() as connection:
            place = await add_community(connection, f"town-{self.number}", "Town", "")
            for sig in range(SIGS):
                chosen = SigSettings(joining=Joining.OPEN)
                self.sigs.append(await add_sig(connection, place, self.slug(sig), "Guild", "", chosen, NOON))
            for one in range(PEOPLE):
                names = {EntryKind.NAME: f"Person {one}"}
                self.people.append(
                    await add_member(connection, names, NOON, has_public_page=True, in_good_standing=True)
                )
            await connection.execute(update(Member).where(Member.c.is_staff).values(is_staff=False))
            if self.number % 2:
                of_staff = update(Member).where(Member.c.member_id == self.people[-1])
                await connection.execute(of_staff.values(is_staff=True))
            for role, one in ((Role.OWNER, 0), (Role.MEMBER, 1), (Role.MEMBER, 2)):
                for sig, moved in zip(self.sigs, (one, PEOPLE - 1 - one), strict=True):
                    await add_membership(connection, self.people[moved], sig, role, NOON)
            rows = await fetch_all(connection, select(Member.c.member_id, Member.c.public_id))
            known = {row.member_id: row.public_id for row in rows}
            self.addresses = [known[one] for one in self.people]

    async def play(self, step: _Step) -> None:
        self.now += timedelta(minutes=1)
        who, address, slug = self.people[step.who], self.addresses[step.whom], self.slug(step.sig)
        viewer = await _viewer(self.stage, who)
        match step.act:
            case "join" | "leave" | "invite" | "answer":
                await self._come_or_go(viewer, slug, address, step)
            case "appoint" | "dismiss" | "offer" | "accept" | "step down":
                await self._serve(viewer, slug, address, step)
            case "narrow" | "widen":
                await self._choose(viewer, slug, step)
            case "post":
                await self._post(viewer, slug, step)
            case _:
                async with self.stage.writing() as connection:
                    await self._order(connection, who, self.sigs[step.sig], step.act)

    async def _come_or_go(self, viewer: Viewer, slug: str, address: str, step: _Step) -> None:
        match step.act:
            case "join" if viewer.member_id not in self.gone:
                await join_agreed(self.stage, viewer, slug, self.now)
            case "leave":
                await leave_sig(self.stage, viewer, slug, self.now)
            case "invite":
                await invite(self.stage, viewer, slug, address, "", self.now)
            case "answer":
                await self._answer(viewer, accepts=bool(step.whom % 2))
            case _:
                assert viewer.member_id in self.gone

    async def _serve(self, viewer: Viewer, slug: str, address: str, step: _Step) -> None:
        match step.act:
            case "appoint" | "dismiss":
                role = Role.MODERATOR if step.act == "appoint" else Role.MEMBER
                await give_role(self.stage, SEAL, viewer, slug, address, role, self.now)
            case "offer":
                await offer_sig(self.stage, viewer, slug, address, self.now)
            case "accept":
                await answer_offer(self.stage, viewer, slug, self.now, accepts=step.whom > 0)
            case _:
                await step_down(self.stage, viewer, slug, self.now)

    async def _answer(self, viewer: Viewer, *, accepts: bool) -> None:
        for line in (await find_invitations_page(self.stage, viewer, self.now)).invitations:
            if accepts:
                await accept_agreed(self.stage, viewer, line.invitation_id, self.now)
            else:
                await answer_invitation(self.stage, viewer, line.invitation_id, self.now, accepts=False)

    async def _choose(self, viewer: Viewer, slug: str, step: _Step) -> None:
        circle = Circle.SIG if step.act == "narrow" else Circle.EVERYONE
        circles = dict.fromkeys(("existence", "describing", "listing", "reading"), circle.value)
        typed = TypedSettings("Guild", "", circles, "open", "", "", holds_first_posts=False)
        await save_settings(self.stage, viewer, slug, typed, circles, self.now)

    async def _post(self, viewer: Viewer, slug: str, step: _Step) -> None:
        draft = Draft(body="Said once", title="A thread of the guild", submission=f"{self.now}-{step.who}")
        done = await start_thread(self.stage, viewer, slug, draft, self.now)
        if isinstance(done, Written):
            self.written.append(done.post_id)

    async def _order(self, connection: AsyncConnection, who: int, sig: int, act: str) -> None:
        match act:
            case "suspend":
                await suspend(connection, who, self.now)
            case "reinstate" if who not in self.gone:
                await reinstate(connection, who, self.now)
            case "depart":
                await suspend(connection, who, self.now)
                await depart(connection, who, self.now)
                self.gone.add(who)
            case "ban":
                await self._ban(connection, who, sig)
            case "unban":
                theirs = (Ban.c.sig_id == sig) & (Ban.c.member_id == who)
                await connection.execute(delete(Ban).where(theirs))
                await ensure_owner(connection, sig, self.now)
            case "hide" | "show":
                await self._hide(connection, who, sig, hides=act == "hide")
            case _:
                assert who in self.gone, act

    async def _ban(self, connection: AsyncConnection, who: int, sig: int) -> None:
        standing = await connection.scalar(select(Ban.c.act_id).where(Ban.c.sig_id == sig, Ban.c.member_id == who))
        if standing is None:
            act = {"sig_id": sig, "kind": "ban", "actor_id": who, "member_id": who, "rule": "", "reason": ""}
            made = await connection.execute(insert(Act).values(**act, made_at=self.now).returning(Act.c.act_id))
            await connection.execute(insert(Ban).values(sig_id=sig, member_id=who, act_id=made.scalar_one()))
        await end_membership(connection, who, sig, self.now)

    async def _hide(self, connection: AsyncConnection, who: int, sig: int, *, hides: bool) -> None:
        owner = await find_owner(connection, who)
        if sig in owner.sig_ids:
            audience = ONLY_ME if hides else (EVERYONE if who % 2 else ALL_MEMBERS)
            await write_entry(connection, owner, Slot(EntryKind.MEMBERSHIP, sig), str(sig), audience, self.now)
            await rewrite_keys(connection, who, self.now)

    async def demand_order(self, step: _Step) -> None:
        async with self.stage.reading() as connection:
            standing = {
                row.member_id: row
                for row in await fetch_all(
                    connection,
                    select(Member.c.member_id, Member.c.in_good_standing).where(Member.c.member_id.in_(self.people)),
                )
            }
        able = {one for one, row in standing.items() if row.in_good_standing}
        rings = {one: (await _viewer(self.stage, one)).ring for one in self.people}
        for sig in self.sigs:
            roles = await _roles(self.stage, sig)
            owners = {one for one, role in roles.items() if role is Role.OWNER}
            assert owners & able or not roles.keys() & able, f"nobody owns {sig} after {step}"
            await self._demand_counts(sig)
            self._demand_rings(sig, roles, able, rings)
            await self._demand_offers(sig, roles)
        await self._demand_posts()

    async def _demand_counts(self, sig: int) -> None:
        """The kept number is that of the memberships which all people of the SIG see."""
        statement = (
            select(KeySet.c.text, Entry.c.value)
            .join(Entry, Entry.c.key_set_id == KeySet.c.key_set_id)
            .join(Membership, Membership.c.member_id == Entry.c.member_id)
            .where(Entry.c.kind == EntryKind.MEMBERSHIP, Entry.c.position == sig, Membership.c.sig_id == sig)
        )
        async with self.stage.reading() as connection:
            rows = await fetch_all(connection, statement)
            threads = select(func.count()).select_from(Thread).where(Thread.c.sig_id == sig)
            counted = (
                await connection.execute(
                    select(Sig.c.member_count, Sig.c.thread_count, threads.scalar_subquery()).where(Sig.c.sig_id == sig)
                )
            ).one()
        assert counted[0] == sum(opens_to_people(parse_keys(row.text), sig) for row in rows if row.value)
        assert counted[1] == counted[2], "no thread is lost"

    def _demand_rings(self, sig: int, roles: dict[int, Role], able: set[int], rings: dict[int, Ring]) -> None:
        """No key outlives what it came from, and none is missing."""
        for one, ring in rings.items():
            assert (sig_key(sig) in ring) is (one in roles and one in able)
            keeps = roles.get(one) in {Role.OWNER, Role.MODERATOR}
            assert (mod_key(sig) in ring) is (keeps and one in able)

    async def _demand_offers(self, sig: int, roles: dict[int, Role]) -> None:
        statement = select(OwnershipOffer.c.from_id, OwnershipOffer.c.to_id).where(OwnershipOffer.c.sig_id == sig)
        async with self.stage.reading() as connection:
            for row in await fetch_all(connection, statement):
                assert {row.from_id, row.to_id} <= roles.keys()

    async def _demand_posts(self) -> None:
        """Every post stands, open to its author and to who reads its SIG today."""
        statement = (
            select(Post.c.post_id, Post.c.member_id, KeySet.c.text, Sig.c.sig_id, Sig.c.reading)
            .join(KeySet, KeySet.c.key_set_id == Post.c.key_set_id)
            .join(Thread, Thread.c.thread_id == Post.c.thread_id)
            .join(Sig, Sig.c.sig_id == Thread.c.sig_id)
            .where(Post.c.post_id.in_(self.written))
        )
        async with self.stage.reading() as connection:
            rows = await fetch_all(connection, statement)
        assert sorted(row.post_id for row in rows) == sorted(self.written)
        for row in rows:
            reading = sig_key(row.sig_id) if row.reading == Circle.SIG else "public"
            assert parse_keys(row.text) == {reading, f"own:{row.member_id}"}


@pytest.mark.slow
async def test_random_lives_leave_every_sig_in_good_hands(database: Database) -> None:
    acted = 0
    for number, steps in enumerate(_drawn(SQLITE if database.is_sqlite else POSTGRESQL)):
        async with together(database) as stage:
            town = _Town(stage, number)
            await town.settle()
            for step in steps:
                await town.play(step)
                await town.demand_order(step)
                acted += 1
    assert acted > 60
