"""Many at once, over warm memories, with writes in between and browsers that hang up: everybody gets their own."""

import asyncio
import random
import re
from dataclasses import dataclass, field

import pytest

from storage.forum.commands import Draft, write_reply
from storage.tables import AttemptCount
from tests.conftest import Figure, Stoa
from tests.leaks.asking import HOST, ask
from web.visits import SESSION_COOKIE

AT_ONCE = 64
PATHS = ("/threads/1", "/sigs/turnaround", "/people/amara-page", "/people/joost-page", "/", "/search?q=said")
ME = re.compile(r'<p class="sheet-me"><bdi>([^<]*)</bdi>')
NAMES = {"amara": "Amara Okafor", "joost": "Joost van Dijk", "lin": "Lin Meiling", "tariq": "Tariq Haddad"}


@pytest.fixture
def engine() -> str:
    """What crosses between viewers crosses in the process."""
    return "sqlite"


@dataclass
class Crowd:
    """Everybody who asks, and whose answers came to whom."""

    stoa: Stoa
    sessions: dict[str, str]
    lot: random.Random = field(default_factory=lambda: random.Random(5))  # noqa: S311 -- chance that can be repeated
    answered: int = 0
    hung_up: int = 0
    mixed_up: list[str] = field(default_factory=list)

    async def ask_on(self, times: int) -> None:
        """Ask so many times, one after the other, as anybody; now and then hang up before the answer."""
        for _ in range(times):
            part, path = self.lot.choice(["visitor", *NAMES]), self.lot.choice(PATHS)
            asking = asyncio.create_task(self._look(part, path))
            if self.lot.random() < 0.1:
                await asyncio.sleep(self.lot.random() * 0.05)
                asking.cancel()
                self.hung_up += 1
            await asyncio.wait([asking])
            if not asking.cancelled():
                asking.result()

    async def _look(self, part: str, path: str) -> None:
        cookie = [("cookie", f"{SESSION_COOKIE}={self.sessions[part]}")] if part in self.sessions else []
        answer = await ask(self.stoa.app, path, headers=[("host", HOST), *cookie])
        self.answered += 1
        named = ME.findall(answer.text)
        if answer.status != 200 or named != ([NAMES[part]] if part in NAMES else []):
            self.mixed_up.append(f"{part} at {path}: {answer.status}, {named}")


async def _crowd(stoa: Stoa) -> Crowd:
    for part in NAMES:
        await stoa.browser(part)
    return Crowd(stoa, {part: stoa.browsers[part].cookies[SESSION_COOKIE] for part in NAMES})


async def _write(stoa: Stoa) -> None:
    async with stoa.database.writing() as connection:
        await connection.execute(AttemptCount.table.delete())
    thread_id = stoa.world.public_thread.thread_id
    await write_reply(stoa.database, stoa.world["amara"].viewer, thread_id, Draft("Once more."), stoa.clock.now)


@pytest.mark.thorough  # in every run, the real server is asked by a crowd
async def test_everybody_gets_their_own(stoa: Stoa, figure: Figure) -> None:
    crowd = await _crowd(stoa)
    asking = asyncio.gather(*(crowd.ask_on(40) for _ in range(AT_ONCE)))
    writes = 0
    while not asking.done():
        await _write(stoa)
        writes += 1
        await asyncio.sleep(0.1)
    await asking
    assert crowd.mixed_up == []
    assert crowd.answered > 2000
    assert crowd.hung_up > 100
    said = f"{crowd.answered} answers, {AT_ONCE} at once, {crowd.hung_up} hung up, {writes} writes between"
    figure(f"mix-ups: 0 in {said}")


BREACHES: dict[str, dict[str, object]] = {
    "a visitor's page for whoever asks": {
        "web.visitor_pages._CREDENTIALS": frozenset[bytes](),
        "web.visitor_pages._PERSONAL": frozenset[bytes](),
    },
    "one memory for every session": {"storage.recognition._key": lambda _token: "recognised"},
}


@pytest.mark.parametrize("breach", BREACHES.values(), ids=BREACHES.keys())
async def test_a_memory_that_does_not_ask_who_is_caught(
    stoa: Stoa, monkeypatch: pytest.MonkeyPatch, breach: dict[str, object]
) -> None:
    for place, broken in breach.items():
        monkeypatch.setattr(place, broken)
    crowd = await _crowd(stoa)
    await crowd.ask_on(40)
    assert crowd.mixed_up
