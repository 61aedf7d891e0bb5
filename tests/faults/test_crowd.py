"""64 connections at once to the real server of two processes, over warm memories, with writes in between and browsers
that hang up: each answer carries the mark of who asked, and no mark that is another's. What is narrowed is hidden with
the very next answer of either process."""

import asyncio
import random
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import pytest

from storage.database import Database
from storage.secrets import Seal
from tests.conftest import Figure
from tests.faults.breaching import CHOSEN
from tests.faults.crowding import (
    MARK,
    PEOPLE,
    ROOMS,
    Answer,
    Line,
    Person,
    Site,
    build_site,
    is_open,
    mark,
    mates_of,
    may_read,
    next_of,
    owner_of,
    process_behind,
)
from web.bench.server import RunningServer, _descendants, running_server
from web.house import open_house, read_clock
from web.serving import PRODUCT
from web.settings import Settings
from web.worker import work_once

pytestmark = [pytest.mark.slow, pytest.mark.faults]

ANSWERS, ANSWERS_OF_POSTGRESQL, FEW = 200_000, 20_000, 2_000
AT_ONCE, PROCESSES = 64, 2
HANGS_UP = 0.05
MEMBERS = 0.8
REGULARS = (0, ROOMS, 2 * ROOMS, 1, ROOMS + 1, 2 * ROOMS + 1)
"""Three mates each of two rooms."""

OFTEN = 4
"""How many times what is kept in memory is asked for as often as what is not."""

BETWEEN = 8_000
"""Answers from one reply, and one narrowing, to the next: after each of them everything is read anew."""

BEFORE = 5
"""Entries that are narrowed before the storm, while nothing else pushes anything out of memory."""

ACCEPTED = ("", "gzip", "br", "zstd", "gzip, deflate, br, zstd")
ME = re.compile(rb'<p class="sheet-me"><bdi>([^<]*)</bdi>')
SUBMISSION = re.compile(rb'name="submission" value="([^"]+)"')
EDITED = re.compile(rb'href="/posts/(\d+)/edit"')


@dataclass(frozen=True, slots=True)
class Page:
    """What somebody asks for, the marks that they must get, and those that they may get there if they are few."""

    path: str
    wanted: frozenset[bytes] = frozenset()
    only: frozenset[bytes] | None = None
    status: int = 200


def pages_of(site: Site, who: Person | None, other: Person) -> list[Page]:
    """What this one may ask for, several times what is kept in memory; `other` is somebody by chance."""
    talk = f"/threads/{other.talk_thread}"
    often = [Page(f"/threads/{site.public_thread}"), Page("/sigs/square"), Page(other.page)]
    if who is None:
        return [*often * OFTEN, Page("/"), Page(talk, status=404), Page("/search?q=asked", only=frozenset())]
    own, talks = frozenset({mark("talk", who.number)}), {mark("talk", number) for number in mates_of(who.number)}
    heard = {mark("den", who.number), *own, mark("talk", next_of(who.number, -ROOMS))}
    is_mate = other.number in mates_of(who.number)
    often += [
        Page(talk, frozenset({mark("talk", other.number)})) if is_mate else Page(talk, status=404),
        Page(f"/threads/{who.talk_thread}", own),
        Page(f"/threads/{who.den_thread}"),
        Page(f"/sigs/room-{who.number % ROOMS}", frozenset(talks)),
        Page(who.page, frozenset({mark("mine", who.number), mark("job", who.number)})),
        Page("/notices", only=frozenset(heard)),
    ]
    return [*often * OFTEN, Page("/"), Page("/search?q=asked", own)]


@dataclass
class Crowd:
    """Everybody who asks, and what was wrong with their answers."""

    site: Site
    server: RunningServer
    wanted: int
    chance: random.Random = field(default_factory=lambda: random.Random(64))  # noqa: S311 -- to be repeated
    closed: frozenset[bytes] = frozenset()
    answered: int = 0
    hung_up: int = 0
    busy: int = 0
    replies: int = 0
    narrowed: int = 0
    faults: list[str] = field(default_factory=list)
    _sent: set[bytes] = field(default_factory=set)
    _turn: asyncio.Event = field(default_factory=asyncio.Event)
    _entries: list[tuple[Person, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._entries = [(person, *slot) for slot in SLOTS for person in self.site.people]

    async def storm(self) -> float:
        """Everybody at once, until there were so many answers or one was wrong; returns how long it took."""
        began = time.monotonic()
        await asyncio.gather(self._reply(), self._narrow_on(), *(self._ask_on() for _ in range(AT_ONCE)))
        return time.monotonic() - began

    @property
    def is_over(self) -> bool:
        """Whether there were enough answers, or too many wrong ones."""
        return self.answered >= self.wanted or len(self.faults) > 20

    def _somebody(self) -> Person:
        """Mostly one of the few who are here most, so that what they get is in memory when it is asked for again."""
        numbers = self.chance.choice((REGULARS, REGULARS, REGULARS, range(PEOPLE)))
        return self.site.people[self.chance.choice(numbers)]

    async def _ask_on(self) -> None:
        line = await Line.open(self.server.port)
        while not self.is_over:
            who = self._somebody() if self.chance.random() < MEMBERS else None
            page = self.chance.choice(pages_of(self.site, who, self._somebody()))
            accepted = self.chance.choice(ACCEPTED)
            if self.chance.random() < HANGS_UP:
                await line.hang_up_on(page.path, who, accepted, self.chance)
                self.hung_up += 1
                line = await Line.open(self.server.port)
            else:
                await self._look(line, who, page, accepted)
        line.close()

    async def _look(self, line: Line, who: Person | None, page: Page, accepted: str) -> None:
        """Ask for a page, and look whether it is this one's."""
        closed = self.closed  # when it was asked
        answer = await line.ask(page.path, who, accepted)
        if answer.status == 503:
            self.busy += 1
            return
        self.answered += 1
        for wrong in self._wrong(answer, who, page, closed):
            self.faults.append(f"{who.name if who else 'visitor'} at {page.path}: {wrong}")
        if self.is_over:
            self._turn.set()
        elif self.answered % BETWEEN == 0:
            self._turn.set()
            self._turn.clear()

    def _wrong(self, answer: Answer, who: Person | None, page: Page, closed: frozenset[bytes]) -> list[str]:
        number = who.number if who else None
        found = set(MARK.findall(answer.head + answer.body))
        wanted = page.wanted | ({mark("den", number)} if number is not None else set())
        told = {one for one in found if not may_read(one, number) or (one in closed and owner_of(one) != number)}
        if page.only is not None:
            told |= {one for one in found if not is_open(one)} - page.only
        sent = SUBMISSION.findall(answer.body)
        others = [post for post in EDITED.findall(answer.body) if self.site.authors.get(int(post), number) != number]
        names = [name.decode() for name in ME.findall(answer.body)]
        wrong = {
            f"status {answer.status}": answer.status != page.status,
            f"marks of others: {sorted(told)}": bool(told),
            f"without {sorted(wanted - found)}": bool(wanted - found),
            f"shown to {names}": names != ([who.name] if who else []),
            "no door for visitors": who is None and b'href="/register"' not in answer.body,
            "a form that another got": not self._sent.isdisjoint(sent),
            f"may edit {others}": bool(others),
            "a cookie": b"set-cookie" in answer.head.lower(),
        }
        self._sent.update(sent)
        return [what for what, is_so in wrong.items() if is_so]

    async def _reply(self) -> None:
        """Somebody writes in their own thread, in that of their neighbour, or where all read, again and again."""
        for person in cycle(self.site.people):
            if self.is_over:
                return
            before = self.site.people[next_of(person.number, -ROOMS)]
            thread_id = self.chance.choice([person.talk_thread, before.talk_thread, self.site.public_thread])
            said = {"body": "Said *again*.", "submission": f"crowd-{self.replies}"}
            line = await Line.open(self.server.port)
            answer = await line.ask(f"/threads/{thread_id}/replies", person, form=said)
            line.close()
            self.replies += answer.status == 303
            await self._turn.wait()

    async def _narrow_on(self) -> None:
        for _ in range(len(self._entries)):
            if self.is_over:
                return
            await self.narrow_next()
            await self._turn.wait()

    async def narrow_next(self) -> None:
        """Narrow an entry that both processes have just shown; with the next answer of each it must be hidden."""
        person, kind, name = self._entries.pop(0)
        one, lines = mark(kind, person.number), await self._line_to_each_process()
        await self._look_on_each(lines, person, Page(person.page, frozenset({one})))
        answer = await lines[0].ask(f"/profile/audience/{name}", person, form={f"{name}.audience": "only-me"})
        if answer.status == 503:
            self.busy += 1
        else:
            assert answer.status == 303, answer
            self.closed |= {one}
            await self._look_on_each(lines, person, Page(person.page))
            self.narrowed += 1
        for line in lines:
            line.close()

    async def _look_on_each(self, lines: list[Line], person: Person, page: Page) -> None:
        """A visitor, a mate and a stranger ask each process, both at once and one after the other."""
        mate, stranger = (self.site.people[next_of(person.number, by)] for by in (ROOMS, 1))

        async def look(line: Line) -> None:
            for who in (None, mate, stranger):
                await self._look(line, who, page, ACCEPTED[-1])

        await asyncio.gather(*map(look, lines))

    async def _line_to_each_process(self) -> list[Line]:
        """A connection to each of the server's processes that answer."""
        processes, lines = _descendants(self.server.pid), dict[int, Line]()
        for _ in range(200):
            line = await Line.open(self.server.port)
            assert (await line.ask("/-/health", None)).status == 200
            pid = process_behind(line, processes)
            if pid is None or pid in lines:
                line.close()
            else:
                lines[pid] = line
            if len(lines) == PROCESSES:
                return list(lines.values())
        raise AssertionError(f"{len(lines)} processes answer")


SLOTS = (("line", "headline"), ("job", "profession"))
"""What is narrowed: the mark and the entry in which it stands."""


@asynccontextmanager
async def _crowd(
    database: Database, seal: Seal, home: Path, wanted: int, breach: str | None = None
) -> AsyncIterator[Crowd]:
    """Everybody in front of the server, when everybody has been told of what was said before and finds it."""
    site = await build_site(database, seal, read_clock())
    url = database.url.render_as_string(hide_password=False)
    house = open_house(Settings(home=home, database_url=url))
    while await work_once(house, "a crowd"):
        pass
    await house.database.close()
    settings = {"STOA_HOME": str(home), "STOA_DATABASE_URL": url, **({CHOSEN: breach} if breach else {})}
    app = "tests.faults.breaching:build_app" if breach else PRODUCT
    with running_server(PROCESSES, settings, home / "server.log", app) as server:
        yield Crowd(site, server, wanted)


@pytest.mark.parametrize(
    ("engine", "wanted"),
    [
        ("sqlite", FEW),
        pytest.param("sqlite", ANSWERS, marks=pytest.mark.thorough),
        pytest.param("postgresql", ANSWERS_OF_POSTGRESQL, marks=pytest.mark.thorough),
    ],
)
async def test_each_answer_carries_the_mark_of_who_asked_and_no_other(
    database: Database, seal: Seal, tmp_path: Path, engine: str, wanted: int, figure: Figure
) -> None:
    async with _crowd(database, seal, tmp_path, wanted) as crowd:
        for _ in range(BEFORE):
            await crowd.narrow_next()
        seconds = await crowd.storm()
    assert crowd.faults == []
    assert crowd.answered >= wanted
    assert crowd.hung_up > wanted * HANGS_UP / 2
    assert crowd.busy < wanted / 100
    assert crowd.narrowed >= min(PEOPLE, BEFORE + wanted // 10_000)
    assert crowd.replies > 0
    figure(
        f"mix-ups: 0 in {crowd.answered:,} marked answers of {PROCESSES} processes on {engine} in {seconds:.0f} s, "
        f"{AT_ONCE} at once, {crowd.hung_up:,} hung up, {crowd.busy} refused as busy, {crowd.replies} replies between, "
        f"{crowd.narrowed} entries narrowed and hidden at the next answer of each process"
    )


CAUGHT = {
    "a visitor's page for whoever asks": "shown to []",
    "one memory for every session": "shown to ['Person",
    "one page for every member": "marks of others",
    "nothing ever changes": "marks of others: [b'mkline",
}
"""By which complaint each breach is caught."""


@pytest.mark.thorough
@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(("breach", "complaint"), CAUGHT.items(), ids=CAUGHT.keys())
async def test_a_server_that_mixes_people_up_is_caught(
    database: Database, seal: Seal, tmp_path: Path, engine: str, breach: str, complaint: str
) -> None:
    async with _crowd(database, seal, tmp_path, FEW, breach) as crowd:
        for _ in range(BEFORE):
            await crowd.narrow_next()
        await crowd.storm()
    assert [wrong for wrong in crowd.faults if complaint in wrong], crowd.faults
