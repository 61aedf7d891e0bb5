"""The cast: named people in a small world, who stand between them for every way of looking at somebody else's things.

Amara owns both SIGs and writes most. Joost is her mate in Turnaround, Lin in the closed Boardroom too, with her public
page off. Tariq is a member who belongs to nothing. Nina has not confirmed her address, Sven is suspended.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from argon2 import PasswordHasher
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.forum import ThreadKind
from domain.members import EntryKind
from domain.sigs import Circle, Role
from domain.visibility import Audience, Viewer, member_ring
from storage.database import Database
from storage.forum.commands import Draft, Written, start_thread, write_reply
from storage.members.keys import add_member
from storage.secrets import Seal
from storage.sessions import start_session
from storage.sigs import add_community, add_membership, add_sig
from storage.tables import Account, Member

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
"""When the cast's world was made."""

PASSWORD = "colonnade at noon"

_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass(frozen=True, slots=True)
class Part:
    """A part in the cast. `sigs` are the slugs that they belong to, with their role."""

    name: str
    profession: str
    sigs: Mapping[str, Role] = field(default_factory=dict)
    has_public_page: bool = True
    is_confirmed: bool = True
    in_good_standing: bool = True
    entries: Mapping[EntryKind, str] = field(default_factory=dict)
    audiences: Mapping[EntryKind, Audience] = field(default_factory=dict)


PARTS: Mapping[str, Part] = {
    "amara": Part("Amara Okafor", "Plant director", {"turnaround": Role.OWNER, "boardroom": Role.OWNER}),
    "joost": Part("Joost van Dijk", "Interim manager", {"turnaround": Role.MEMBER}),
    "lin": Part("Lin Meiling", "Auditor", {"boardroom": Role.MEMBER, "turnaround": Role.MEMBER}, has_public_page=False),
    "tariq": Part("Tariq Haddad", "Controller"),
    "nina": Part("Nina Petrova", "Analyst", is_confirmed=False, in_good_standing=False),
    "sven": Part("Sven Lindqvist", "Broker", in_good_standing=False),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the cast with their ids."""

    part: str
    member_id: int
    account_id: int
    public_id: str
    email: str
    viewer: Viewer


@dataclass(frozen=True, slots=True)
class World:
    """The cast's world: people, SIG ids by slug, and the threads that stand in it."""

    people: Mapping[str, Person]
    sigs: Mapping[str, int]
    public_thread: Written
    closed_thread: Written

    def __getitem__(self, part: str) -> Person:
        return self.people[part]


async def build_world(database: Database, seal: Seal, parts: Mapping[str, Part] = PARTS) -> World:
    """Put the cast on the stage: one community, an open SIG that everyone reads, and one for its members only."""
    async with database.writing() as connection:
        community = await add_community(connection, "strategy", "Strategy", "Where to go, and how to tell people.")
        sigs = {
            "turnaround": await add_sig(
                connection, community, "turnaround", "Turnaround", "Saving businesses.", Circle.EVERYONE, NOON
            ),
            "boardroom": await add_sig(
                connection, community, "boardroom", "Boardroom", "Behind doors.", Circle.SIG, NOON
            ),
        }
        people = {name: await _add_person(connection, seal, name, part, sigs) for name, part in parts.items()}
    public = await _talk(database, people, "turnaround", "How early do you tell the works council?")
    closed = await _talk(database, people, "boardroom", "Who sits on the audit committee?")
    return World(people, sigs, public, closed)


async def _add_person(
    connection: AsyncConnection, seal: Seal, name: str, part: Part, sigs: Mapping[str, int]
) -> Person:
    entries = {EntryKind.NAME: part.name, EntryKind.PROFESSION: part.profession, EntryKind.EMAIL: "", **part.entries}
    member_id = await add_member(
        connection,
        entries,
        NOON,
        has_public_page=part.has_public_page,
        in_good_standing=part.in_good_standing,
        audiences=part.audiences,
    )
    email = f"{name}@example.org"
    account = {
        "member_id": member_id,
        "email_sealed": seal.seal(email),
        "email_hash": seal.hash_email(email),
        "password_hash": _HASH,
        "created_at": NOON,
        "confirmed_at": NOON if part.is_confirmed else None,
    }
    added = await connection.execute(insert(Account).values(account).returning(Account.c.account_id))
    public_id = f"{name}-page"
    await connection.execute(update(Member).where(Member.c.member_id == member_id).values(public_id=public_id))
    for slug, role in part.sigs.items():
        await add_membership(connection, member_id, sigs[slug], role, NOON)
    ring = member_ring(member_id, in_good_standing=part.in_good_standing, sig_ids=[sigs[slug] for slug in part.sigs])
    return Person(name, member_id, added.scalar_one(), public_id, email, Viewer(member_id, ring))


async def _talk(database: Database, people: Mapping[str, Person], sig: str, title: str) -> Written:
    """A question by Amara with an answer by each of her mates in this SIG."""
    draft = Draft(
        body=f"What do *you* do? Asked in {sig}.",
        submission=f"open-{sig}",
        title=title,
        tags="law",
        kind=ThreadKind.QUESTION,
    )
    thread = await start_thread(database, people["amara"].viewer, sig, draft, NOON)
    assert isinstance(thread, Written)
    for minutes, part in enumerate(("joost", "lin"), start=1):
        reply = Draft(body=f"Said by {part} in {sig}.", submission=f"{part}-{sig}", reply_to_id=thread.post_id)
        moment = NOON + timedelta(minutes=minutes)
        await write_reply(database, people[part].viewer, thread.thread_id, reply, moment)
    return thread


async def sign_in(database: Database, person: Person, now: datetime = NOON) -> str:
    """The session token of a browser in which this person has just signed in."""
    async with database.writing() as connection:
        tokens = await start_session(connection, person.account_id, "Firefox, Linux", now, remember=False)
    return tokens.session
