"""Small random worlds: four people, three SIGs of which one is hidden, and whatever they do to one another, drawn by
Hypothesis and played by the product's own commands on a real database."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from domain.members import EntryKind, Slot, write_record
from domain.sigs import Circle, Role
from domain.visibility import PUBLIC, VISITOR, Keys, Viewer, may_see, sig_key
from storage.connections import connect, disconnect
from storage.database import Database, fetch_all
from storage.key_sets import intern_key_set, parse_keys
from storage.members.keys import add_member, is_filled, rewrite_keys
from storage.members.lists import delete_list, make_list, place_person
from storage.rings import find_viewer
from storage.secrets import Seal
from storage.seeding import together
from storage.sigs import add_community, add_membership, add_sig, leave_sig
from storage.tables import Connection, Entry, KeySet, Member, Sig
from tests.agreeing import save_agreed
from tests.cast import NOON

PEOPLE, SIGS = 4, 3
HIDDEN = 2
"""Which of the SIGs only its people know of."""

_SCOPES = ("everyone", "members", "my-sigs", "sig", "connections", "list", "only-me")
_SLOTS = (
    Slot(EntryKind.NAME),
    Slot(EntryKind.ABOUT),
    Slot(EntryKind.PHONE),
    Slot(EntryKind.EXPERIENCE, 1),
    Slot(EntryKind.CONNECTIONS),
    Slot(EntryKind.LAST_SEEN),
    Slot(EntryKind.MEMBERSHIP),
)


@dataclass(frozen=True, slots=True)
class Step:
    """Something that somebody does; the numbers are taken for as many as there are of a thing."""

    act: str
    who: int
    whom: int
    what: int
    scope: str
    minutes: int


_ACTS = (
    ["choose"] * 5
    + ["join", "leave", "connect", "place"] * 2
    + ["disconnect", "make list", "delete list", "empty", "page off", "page on", "suspend", "restore"]
)
_STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(_ACTS),
        st.integers(0, PEOPLE - 1),
        st.integers(0, PEOPLE - 1),
        st.integers(0, 11),
        st.sampled_from(_SCOPES),
        st.integers(0, 2),
    ),
    min_size=12,
    max_size=32,
)


def drawn_lives(runs: int) -> list[list[Step]]:
    """What happens in so many worlds. Drawn first and played afterwards, because the loop runs already; the same each
    time."""
    drawn: list[list[Step]] = []

    @settings(max_examples=runs, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(_STEPS)
    def draw(steps: list[Step]) -> None:
        drawn.append(steps)

    draw()
    return drawn


@dataclass(frozen=True, slots=True)
class Held:
    """An entry as it stands in the table, with the keys that it carries."""

    member_id: int
    slot: Slot
    value: str
    audience: str
    keys: Keys

    @property
    def is_filled(self) -> bool:
        """Whether there is anything to see in it."""
        return is_filled(self.slot, self.value)


@dataclass
class SmallWorld:
    """One world, in a transaction of its own on the stage."""

    stage: Database
    seal: Seal
    now: datetime = NOON
    people: list[int] = field(default_factory=list)
    addresses: dict[int, str] = field(default_factory=dict)
    sigs: list[int] = field(default_factory=list)
    sig_names: dict[int, str] = field(default_factory=dict)
    lists: dict[int, list[int]] = field(default_factory=dict)

    async def settle(self, number: int) -> None:
        """People with a name and a job, and SIGs that nobody is in."""
        async with self.stage.writing() as connection:
            community = await add_community(connection, f"place-{number}", f"Place {number}", "")
            for one in range(SIGS):
                slug = f"sig-{number}-{one}"
                sig = await add_sig(connection, community, slug, f"SIG {number}.{one}", "", Circle.EVERYONE, NOON)
                self.sigs.append(sig)
                self.sig_names[sig] = f"SIG {number}.{one}"
            known = await intern_key_set(connection, frozenset({sig_key(self.sigs[HIDDEN])}))
            await connection.execute(update(Sig).where(Sig.c.sig_id == self.sigs[HIDDEN]).values(key_set_id=known))
            for one in range(PEOPLE):
                job = write_record(EntryKind.EXPERIENCE, {"role": f"Job {one}"})
                entries = {EntryKind.NAME: f"Person {one}", EntryKind.ABOUT: f"About {one}", EntryKind.EXPERIENCE: job}
                who = await add_member(connection, entries, NOON, has_public_page=one != 3, in_good_standing=one != 2)
                self.people.append(who)
            rows = select(Member.c.member_id, Member.c.public_id).where(Member.c.member_id.in_(self.people))
            self.addresses = {row.member_id: row.public_id for row in await fetch_all(connection, rows)}
            seen = update(Member).where(Member.c.member_id == self.people[0]).values(seen_at=NOON)
            await connection.execute(seen)

    async def viewer(self, member_id: int) -> Viewer:
        """The viewer that this person is now."""
        async with self.stage.reading() as connection:
            found = await find_viewer(connection, member_id)
        assert found is not None
        return found

    async def viewers(self) -> list[Viewer]:
        """Everybody who can look: a visitor, and each person."""
        return [VISITOR, *[await self.viewer(one) for one in self.people]]

    async def connected(self, member_id: int) -> set[int]:
        """Who this person is connected with, whatever their standing."""
        statement = select(Connection.c.other_id).where(Connection.c.member_id == member_id)
        async with self.stage.reading() as connection:
            return {row.other_id for row in await fetch_all(connection, statement)}

    async def entries(self) -> dict[int, Held]:
        """Every entry of this world as it stands, by its id."""
        columns = (Entry.c.entry_id, Entry.c.member_id, Entry.c.kind, Entry.c.position, Entry.c.value)
        statement = (
            select(*columns, Entry.c.audience, KeySet.c.text)
            .join(KeySet, KeySet.c.key_set_id == Entry.c.key_set_id)
            .where(Entry.c.member_id.in_(self.people))
        )
        async with self.stage.reading() as connection:
            rows = await fetch_all(connection, statement)
        return {
            entry_id: Held(member_id, Slot(EntryKind(kind), position), value, audience, parse_keys(keys))
            for entry_id, member_id, kind, position, value, audience, keys in rows
        }

    def knows_of(self, viewer: Viewer, sig_id: int) -> bool:
        """Whether a viewer may know that this SIG is there."""
        keys = frozenset({sig_key(sig_id)}) if sig_id == self.sigs[HIDDEN] else frozenset({PUBLIC})
        return may_see(keys, viewer.ring)

    async def play(self, step: Step) -> None:
        """Let it happen. What the rules refuse does not."""
        self.now += timedelta(minutes=step.minutes)
        who, whom = self.people[step.who], self.people[step.whom]
        sig = self.sigs[step.what % SIGS]
        match step.act:
            case "choose" | "empty":
                await self._write(who, step, sig)
            case "page on" | "page off":
                await self._save(who, {}, public_page=step.act == "page on")
            case "leave":
                await leave_sig(self.stage, await self.viewer(who), await self._slug(sig), self.now)
            case "make list" | "delete list" | "place":
                await self._arrange(who, whom, step)
            case _:
                await self._meet(who, whom, sig, step.act)

    async def _write(self, who: int, step: Step, sig: int) -> None:
        slot = _SLOTS[step.what % len(_SLOTS)]
        if slot.kind is EntryKind.MEMBERSHIP:
            slot = Slot(slot.kind, sig)
        ids: Mapping[str, list[int]] = {"sig": self.sigs, "list": self.lists.get(who, [])}
        mine = ids.get(step.scope)
        of = "" if mine is None else f":{mine[step.whom % len(mine)] if mine else 1}"
        value = (
            ""
            if step.act == "empty"
            else {"phone": "+31 10 123 45", "experience": '{"role": "Other job"}'}.get(slot.kind, f"{slot.kind} anew")
        )
        await self._save(who, {slot: (value, None if step.act == "empty" else f"{step.scope}{of}")})

    async def _save(
        self, who: int, form: dict[Slot, tuple[str | None, str | None]], *, public_page: bool | None = None
    ) -> None:
        done = await save_agreed(self.stage, self.seal, who, form, self.now, public_page=public_page)
        assert done is None or done.problems

    async def _slug(self, sig_id: int) -> str:
        async with self.stage.reading() as connection:
            slug: str = (await connection.execute(select(Sig.c.slug).where(Sig.c.sig_id == sig_id))).scalar_one()
        return slug

    async def _arrange(self, who: int, whom: int, step: Step) -> None:
        mine = self.lists.setdefault(who, [])
        if step.act == "make list" or not mine:
            made = await make_list(self.stage, who, f"List {len(mine)} of {who}", self.now)
            if isinstance(made, int):
                mine.append(made)
        elif step.act == "delete list":
            await delete_list(self.stage, who, mine.pop(step.what % len(mine)), self.now)
        else:
            chosen = frozenset(one for number, one in enumerate(mine) if (step.what >> number) & 1)
            await place_person(self.stage, await self.viewer(who), self.addresses[whom], chosen, self.now)

    async def _meet(self, who: int, whom: int, sig: int, act: str) -> None:
        async with self.stage.writing() as connection:
            match act:
                case "join":
                    await add_membership(connection, who, sig, Role.MEMBER, self.now)
                case "connect" if who != whom:
                    await connect(connection, who, whom, self.now)
                case "disconnect" if who != whom:
                    await disconnect(connection, who, whom, self.now)
                case "suspend" | "restore":
                    standing = update(Member).where(Member.c.member_id == who)
                    await connection.execute(standing.values(in_good_standing=act == "restore"))
                    await rewrite_keys(connection, who, self.now)
                case _:
                    assert who == whom, act


@asynccontextmanager
async def small_world(database: Database, seal: Seal, number: int) -> AsyncIterator[SmallWorld]:
    """A world in which nothing has happened yet; kept when the block ends."""
    async with together(database) as stage:
        world = SmallWorld(stage, seal)
        await world.settle(number)
        yield world


async def lived_worlds(database: Database, seal: Seal, sqlite: int, postgresql: int) -> AsyncIterator[SmallWorld]:
    """So many worlds on this engine, one after the other, each after all that happens in it."""
    for number, steps in enumerate(drawn_lives(sqlite if database.is_sqlite else postgresql)):
        async with small_world(database, seal, number) as world:
            for step in steps:
                await world.play(step)
            yield world
