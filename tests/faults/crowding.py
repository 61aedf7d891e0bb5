"""A site full of marks, each of which only some may read, and a browser that is light enough to ask for many pages.

Everybody has a den of their own, whose name stands in the frame of each of their pages and of nobody else's; five share
a room, in which each has opened a thread.
"""

import asyncio
import gzip
import random
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

import brotli
from backports import zstd
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import EntryKind
from domain.sigs import Circle, Role, SigSettings
from domain.visibility import EVERYONE, ONLY_ME, Viewer, member_ring
from storage.database import Database
from storage.forum.commands import Draft, Written, start_thread, write_reply
from storage.members.keys import add_member
from storage.secrets import Seal
from storage.seeding import add_account, together
from storage.sessions import start_session
from storage.sigs import add_community, add_membership, add_sig
from storage.tables import Member
from web.visits import SESSION_COOKIE

PEOPLE, ROOMS = 40, 8
MARK = re.compile(rb"mk(?:den|talk|mine|job|line)[0-9]{2}x")
CLOSED = SigSettings(reading=Circle.SIG, existence=Circle.SIG, describing=Circle.SIG)


def mark(kind: str, number: int) -> bytes:
    """A mark: `den`, `talk` and `mine` are closed from the beginning, `job` and `line` can be narrowed."""
    return f"mk{kind}{number:02d}x".encode()


def owner_of(one: bytes) -> int:
    """Whose mark it is."""
    return int(one[-3:-1])


def is_open(one: bytes) -> bool:
    """Whether everyone may read it, until it is narrowed."""
    return one.startswith((b"mkjob", b"mkline"))


@dataclass(frozen=True, slots=True)
class Person:
    """A member with a den, a room, a thread in each, and a session."""

    number: int
    viewer: Viewer
    session: str
    den_thread: int
    talk_thread: int

    @property
    def name(self) -> str:
        """As the header shows it."""
        return f"Person Number{self.number:02d}"

    @property
    def page(self) -> str:
        """The path of their page."""
        return f"/people/person-{self.number:02d}"


def mates_of(number: int) -> frozenset[int]:
    """Who shares a room with this person, themselves included."""
    return frozenset(range(number % ROOMS, PEOPLE, ROOMS))


def next_of(number: int, by: int = ROOMS) -> int:
    """The next one in the same room."""
    return (number + by) % PEOPLE


def may_read(one: bytes, number: int | None) -> bool:
    """Whether a mark is for this person, or for a visitor, as long as nothing was narrowed."""
    owner = owner_of(one)
    return is_open(one) or number == owner or (one.startswith(b"mktalk") and number in mates_of(owner))


@dataclass
class Site:
    """Who is there, where everybody talks, and who wrote which post."""

    people: list[Person] = field(default_factory=list)
    public_thread: int = 0
    authors: dict[int, int] = field(default_factory=dict)


async def build_site(database: Database, seal: Seal, now: datetime) -> Site:
    """Fill an empty database."""
    site = Site()
    async with together(database) as one, one.writing() as connection:
        community = await add_community(connection, "crowd", "Crowd", "Everybody.")
        square = await add_sig(connection, community, "square", "Square", "For all.", Circle.EVERYONE, now)
        rooms = [
            await add_sig(connection, community, f"room-{number}", f"Room {number}", "Shared.", CLOSED, now)
            for number in range(ROOMS)
        ]
        for number in range(PEOPLE):
            name = f"Den {mark('den', number).decode()}"
            den = await add_sig(connection, community, f"den-{number}", name, "Own.", CLOSED, now)
            sigs = (square, rooms[number % ROOMS], den)
            site.people.append(await _add_person(one, connection, seal, site, number, sigs, now))
        await _talk(one, site, now)
    return site


async def _add_person(
    database: Database,
    connection: AsyncConnection,
    seal: Seal,
    site: Site,
    number: int,
    sigs: Iterable[int],
    now: datetime,
) -> Person:
    entries = {
        EntryKind.NAME: f"Person Number{number:02d}",
        EntryKind.PROFESSION: f"Smith {mark('job', number).decode()}",
        EntryKind.HEADLINE: f"Says {mark('line', number).decode()}",
        EntryKind.LOCATION: f"At {mark('mine', number).decode()}",
        EntryKind.EMAIL: "",
    }
    shown = {EntryKind.PROFESSION: EVERYONE, EntryKind.HEADLINE: EVERYONE, EntryKind.LOCATION: ONLY_ME}
    member_id = await add_member(connection, entries, now, has_public_page=True, in_good_standing=True, audiences=shown)
    address = update(Member).where(Member.c.member_id == member_id).values(public_id=f"person-{number:02d}")
    await connection.execute(address)
    for sig in sigs:
        await add_membership(connection, member_id, sig, Role.MEMBER, now)
    account = await add_account(connection, seal, member_id, f"person{number}@example.org", "nobody's", now)
    session = (await start_session(connection, account, "a crowd", now, remember=False)).session
    viewer = Viewer(member_id, member_ring(member_id, in_good_standing=True, sig_ids=sigs))
    den, talk = mark("den", number).decode(), mark("talk", number).decode()
    own = Draft(body=f"Kept in {den}.", submission=f"den-{number}", title=f"Alone in {den}")
    in_den = await start_thread(database, viewer, f"den-{number}", own, now)
    asked = Draft(body=f"Who knows {talk}?", submission=f"talk-{number}", title=f"Asked about {talk}")
    in_room = await start_thread(database, viewer, f"room-{number % ROOMS}", asked, now)
    assert isinstance(in_den, Written)
    assert isinstance(in_room, Written)
    site.authors |= {in_den.post_id: number, in_room.post_id: number}
    return Person(number, viewer, session, in_den.thread_id, in_room.thread_id)


async def _talk(database: Database, site: Site, now: datetime) -> None:
    """A thread of everybody's, and in each talk one answer, so that its author is told of it."""
    first, *others = site.people
    opening = Draft(body="What now?", submission="public", title="Everybody's thread")
    public = await start_thread(database, first.viewer, "square", opening, now)
    assert isinstance(public, Written)
    site.public_thread, site.authors[public.post_id] = public.thread_id, first.number
    said = [(person, public.thread_id) for person in others[:19]]
    said += [(site.people[next_of(person.number)], person.talk_thread) for person in site.people]
    for person, thread_id in said:
        draft = Draft(body="Said *so*.", submission=f"said-{thread_id}-{person.number}")
        reply = await write_reply(database, person.viewer, thread_id, draft, now)
        assert isinstance(reply, Written)
        site.authors[reply.post_id] = person.number


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, its body as it was before compression."""

    status: int
    head: bytes
    body: bytes


_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_ENCODING = re.compile(rb"\r\ncontent-encoding: *(\w+)", re.IGNORECASE)
_PLAIN = {b"": bytes, b"zstd": zstd.decompress, b"br": brotli.decompress, b"gzip": gzip.decompress}


class Line:
    """One connection to the server, kept open from one request to the next, whoever makes them."""

    def __init__(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._host = f"127.0.0.1:{port}"
        self._reader, self._writer = reader, writer
        self.own_port: int = writer.get_extra_info("sockname")[1]

    @classmethod
    async def open(cls, port: int) -> "Line":
        """A fresh connection."""
        return cls(port, *await asyncio.open_connection("127.0.0.1", port, limit=2**20))

    async def ask(
        self, path: str, who: Person | None, accepted: str = "", form: dict[str, str] | None = None
    ) -> Answer:
        """Ask for a page, or send a form, and read the answer whole."""
        self._send(path, who, accepted, form)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length, encoding = _LENGTH.search(head), _ENCODING.search(head)
        assert length, head
        body = await self._reader.readexactly(int(length[1]))
        return Answer(int(head[9:12]), head, _PLAIN[encoding[1] if encoding else b""](body))

    async def hang_up_on(self, path: str, who: Person | None, accepted: str, chance: random.Random) -> None:
        """Ask, and be gone: at once, while the server works, or in the middle of the answer."""
        self._send(path, who, accepted)
        moment = chance.randrange(3)
        if moment == 1:
            await asyncio.sleep(chance.random() * 0.05)
        elif moment == 2:
            await self._reader.read(chance.randint(1, 4096))
        self.close()

    def _send(self, path: str, who: Person | None, accepted: str, form: dict[str, str] | None = None) -> None:
        typed = urlencode(form or {}).encode()
        lines = [f"{'GET' if form is None else 'POST'} {path} HTTP/1.1", f"host: {self._host}"]
        lines += [f"cookie: {SESSION_COOKIE}={who.session}"] if who else []
        lines += [f"accept-encoding: {accepted}"] if accepted else []
        if form is not None:
            lines += [f"origin: http://{self._host}", "content-type: application/x-www-form-urlencoded"]
            lines += [f"content-length: {len(typed)}"]
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + typed)

    def close(self) -> None:
        """Hang up, whatever was still to come."""
        self._writer.transport.abort()


def process_behind(line: Line, processes: Iterable[int]) -> int | None:
    """Which of these processes holds the other end of a connection."""
    wanted = f"0100007F:{line.own_port:04X}"
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ends = {f"socket:[{row[9]}]" for row in rows if row[2] == wanted}
    return next((pid for pid in processes if not ends.isdisjoint(_open_files(pid))), None)


def _open_files(pid: int) -> Iterable[str]:
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            yield str(link.readlink())
        except FileNotFoundError:
            continue
