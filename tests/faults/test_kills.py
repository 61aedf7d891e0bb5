"""Kill -9 under a mix of posts, scraps, notes, uploads and acts: what was acknowledged is there once, nothing is there
by half, and Stoa is ready again within seconds."""

import asyncio
import random
import re
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import httpx
import pytest
from sqlalchemy import delete, func, select, text

from domain.start_page import KeepsakeLine
from storage.database import Database, fetch_all
from storage.files import FolderStore
from storage.secrets import Seal, load_secrets
from storage.start_page.files import OwnFile, find_file
from storage.start_page.pages import Place, find_shelf
from storage.tables import Act, AttemptCount, Keepsake, Membership, Post, Scrap, Sig, Thread
from tests.cast import World, sign_in
from tests.conftest import Figure, Template
from tests.faults.killing import KilledServer, killed_server
from web.house import read_clock

pytestmark = [pytest.mark.slow, pytest.mark.faults]

KIB = b"0123456789abcdef" * 64

Write = Callable[[httpx.AsyncClient, str], Awaitable[httpx.Response]]


@dataclass
class Writer:
    """Somebody who writes one thing after the other. What was not acknowledged is sent again, as a person would, where
    forms have a mark of their own against being sent twice."""

    name: str
    part: str
    write: Write
    sends_again: bool = True
    count: int = 0
    acknowledged: list[str] = field(default_factory=list)
    sent: set[str] = field(default_factory=set)
    pending: str | None = None

    async def go_on(self, browser: httpx.AsyncClient) -> None:
        """Write until the server is gone."""
        while True:
            mark = self.pending or f"{self.name}{self.count:05d}mark"
            self.pending, self.count = mark, self.count + (self.pending is None)
            self.sent.add(mark)
            try:
                answer = await self.write(browser, mark)
            except httpx.HTTPError:
                self.pending = mark if self.sends_again else None
                return
            if answer.status_code == 503:
                await asyncio.sleep(0.05)
                continue
            assert answer.status_code == 303, f"{mark}: {answer.status_code} {answer.text[-2000:]}"
            self.acknowledged.append(mark)
            self.pending = None


def _writers(world: World) -> list[Writer]:
    thread, post = world.public_thread.thread_id, world.public_thread.post_id

    async def reply(browser: httpx.AsyncClient, mark: str) -> httpx.Response:
        return await browser.post(f"/threads/{thread}/replies", data={"body": f"Said {mark}.", "submission": mark})

    async def leave_scrap(browser: httpx.AsyncClient, mark: str) -> httpx.Response:
        return await browser.post("/people/joost-page/scraps", data={"body": f"Hello {mark}.", "submission": mark})

    async def keep_note(browser: httpx.AsyncClient, mark: str) -> httpx.Response:
        typed = {"title": mark, "body": f"Kept {mark}.", "submission": mark}
        return await browser.post("/start/new/note", data=typed)

    async def upload(browser: httpx.AsyncClient, mark: str) -> httpx.Response:
        file = {"file": (f"{mark}.bin", mark.encode() + KIB * 160, "application/octet-stream")}
        return await browser.post("/start/upload", data={"submission": mark}, files=file)

    async def warn(browser: httpx.AsyncClient, mark: str) -> httpx.Response:
        typed = {"kind": "warn", "rule": HOUSE_RULE, "reason": f"Because {mark}."}
        return await browser.post(f"/posts/{post + 1}/moderate", data=typed)

    return [
        Writer("reply", "joost", reply),
        Writer("scrap", "tariq", leave_scrap),
        Writer("note", "joost", keep_note),
        Writer("file", "lin", upload),
        Writer("act", "amara", warn, sends_again=False),
    ]


HOUSE_RULE = "house:respect"


@pytest.fixture
async def home(cast_template: Template, tmp_path: Path) -> Path:
    """The home of an instance with the cast in it."""
    shutil.copy(cast_template.home / "secrets.json", tmp_path / "secrets.json")
    return tmp_path


async def _disturb(server: KilledServer, tokens: dict[str, str], writers: list[Writer], seconds: float) -> float:
    """Start, let everybody write, kill in the middle; returns the seconds until it was ready."""
    ready = await asyncio.to_thread(server.start)
    async with AsyncExitStack() as exits:
        browsers = {part: await exits.enter_async_context(server.browser(token)) for part, token in tokens.items()}
        writing = [asyncio.create_task(writer.go_on(browsers[writer.part])) for writer in writers]
        await asyncio.wait(writing, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        server.kill()
        await asyncio.gather(*writing)
    return ready


@pytest.mark.parametrize(
    ("engine", "kills"),
    [
        ("sqlite", 6),
        pytest.param("sqlite", 70, marks=pytest.mark.thorough),
        pytest.param("postgresql", 30, marks=pytest.mark.thorough),
    ],
)
async def test_what_was_acknowledged_is_there_once_and_nothing_by_half(
    database: Database, database_url: str, world: World, home: Path, engine: str, kills: int, figure: Figure
) -> None:
    chance = random.Random(kills)  # noqa: S311 -- when to kill is no secret
    writers, readies = _writers(world), []
    tokens = {part: await sign_in(database, world[part], read_clock()) for part in {one.part for one in writers}}
    with killed_server(home, {"STOA_DATABASE_URL": database_url}) as server:
        for _ in range(kills):
            readies.append(await _disturb(server, tokens, writers, chance.uniform(0.05, 0.8)))
            async with database.writing() as connection:
                await connection.execute(delete(AttemptCount))  # so that nobody is slowed down for being quick
        readies.append(await asyncio.to_thread(server.start))
        server.kill()
    acknowledged = sum(len(writer.acknowledged) for writer in writers)
    figure(
        f"{kills} kills on {engine}: {acknowledged} acknowledged writes, ready again within {max(readies):.2f} s"
        f" (median {median(readies):.2f} s)"
    )
    assert min(len(writer.acknowledged) for writer in writers) > 0, {one.name: len(one.acknowledged) for one in writers}
    await _demand_all_is_there(database, home, world, writers)
    await _demand_nothing_is_there_by_half(database)


MARK = re.compile("(?:reply|scrap|note|file|act)[0-9]{5}mark")


async def _demand_all_is_there(database: Database, home: Path, world: World, writers: list[Writer]) -> None:
    """Each acknowledged write once, and of the others none twice."""
    found = Counter(MARK.findall("\n".join(await _what_is_stored(database, home, world))))
    for writer in writers:
        there = {mark: count for mark, count in found.items() if mark.startswith(writer.name)}
        assert [mark for mark in writer.acknowledged if mark not in there] == [], "acknowledged, and lost"
        assert [mark for mark, count in there.items() if count > 1] == [], "there twice"
        assert there.keys() <= writer.sent


async def _what_is_stored(database: Database, home: Path, world: World) -> list[str]:
    seal, files = Seal(load_secrets(home / "secrets.json")), FolderStore(home / "files")
    texts = []
    async with database.reading() as connection:
        for column in (Post.c.body, Scrap.c.body, Act.c.reason):
            texts += [row[0] for row in await fetch_all(connection, select(column))]
    for part in ("joost", "lin"):
        for line in await _whole_shelf(database, seal, world[part].member_id):
            texts.append(line.title)
            if line.title.endswith(".bin"):
                kept = await find_file(database, files, seal, world[part].member_id, line.keepsake_id, "")
                assert isinstance(kept, OwnFile)
                assert kept.content == line.title.removesuffix(".bin").encode() + KIB * 160, "a file by half"
    return texts


async def _whole_shelf(database: Database, seal: Seal, member_id: int) -> list[KeepsakeLine]:
    lines: list[KeepsakeLine] = []
    place: Place | None = None
    while True:
        shelf = await find_shelf(database, seal, member_id, None, place)
        assert shelf is not None
        lines += shelf.keepsakes
        if shelf.further is None:
            return lines
        place = Place.parse(shelf.further)


async def _demand_nothing_is_there_by_half(database: Database) -> None:
    """Counters are what they count, numbers have no gap, and the engine finds its own file whole."""
    async with database.reading() as connection:
        if database.is_sqlite:
            assert (await connection.execute(text("PRAGMA integrity_check"))).scalar_one() == "ok"
            assert await fetch_all(connection, text("PRAGMA foreign_key_check")) == []
        threads = select(Thread.c.post_count, func.count(), func.max(Post.c.number))
        threads = threads.join(Post, Post.c.thread_id == Thread.c.thread_id).group_by(Thread.c.thread_id)
        for counted, there, highest in await fetch_all(connection, threads):
            assert counted == there == highest
        posts = select(func.count()).select_from(Post.table.join(Thread.table)).where(Thread.c.sig_id == Sig.c.sig_id)
        people = select(func.count()).where(Membership.c.sig_id == Sig.c.sig_id)
        sigs = select(Sig.c.post_count, posts.scalar_subquery(), Sig.c.member_count, people.scalar_subquery())
        for post_count, counted, member_count, members in await fetch_all(connection, sigs):
            assert (post_count, member_count) == (counted, members)
        half = select(Keepsake.c.keepsake_id).where(Keepsake.c.kind == "file", Keepsake.c.file_name.is_(None))
        assert await fetch_all(connection, half) == []
