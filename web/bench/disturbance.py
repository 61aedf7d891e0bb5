"""`python -m web.bench.disturbance`: how long a member waits for a page while others take what they can of the server.

The member's page is asked for by two connections alone, then beside a flood of visitors whose pages nobody keeps,
beside passwords that have to be compared, and beside clients that send and read as slowly as they can. All of it on
this machine, whose cores the disturbers share: their own part of the work slows the member as well.
"""

import asyncio
import contextlib
import itertools
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import click
from rich.console import Console

from storage.filling import FEWEST_POSTS, Filled
from web.bench.command import fill_scratch
from web.bench.load import Measured, Scenario, measure, scenarios
from web.bench.prose import write_bodies
from web.bench.server import running_server
from web.settings import Settings

MEMBERS_CONNECTIONS = 2
FLOOD, PASSWORDS, SLOW = 64, 16, 200
"""How many of each disturb at once."""

console = Console(highlight=False)

Disturber = Callable[[int, Filled], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Request:
    """What a disturber sends, as it goes over the wire."""

    method: str
    path: str
    headers: tuple[str, ...] = ()
    body: str = ""

    def __bytes__(self) -> bytes:
        length = (f"content-length: {len(self.body)}",) if self.body else ()
        head = "\r\n".join((f"{self.method} {self.path} HTTP/1.1", "connection: close", *self.headers, *length))
        return f"{head}\r\n\r\n{self.body}".encode()


async def _send(port: int, request: Request) -> None:
    """One request over a connection of its own, read to its end; whether it is refused does not matter here."""
    with contextlib.suppress(OSError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(bytes(replace(request, headers=(f"host: 127.0.0.1:{port}", *request.headers))))
        await reader.read()
        writer.close()


_serial = itertools.count()


async def _flood(port: int, _filled: Filled) -> None:
    await _send(port, Request("GET", f"/search?q=cash+{next(_serial)}"))


async def _try_password(port: int, _filled: Filled) -> None:
    """Somebody else each time, from somewhere else: what is counted by account and network refuses none of them."""
    number = next(_serial)
    origin = f"origin: http://127.0.0.1:{port}"
    network = f"x-forwarded-for: 10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    form = ("content-type: application/x-www-form-urlencoded", origin, network)
    body = urlencode({"email": f"nobody-{number}@example.org", "password": "not this one either"})
    await _send(port, Request("POST", "/sign-in", form, body))


async def _crawl(port: int, filled: Filled) -> None:
    """Every other of them sends a letter a second, and the rest do not read what they asked for."""
    with contextlib.suppress(OSError):
        _reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
        path, host = f"/threads/{filled.long_thread}?q={next(_serial)}", f"host: 127.0.0.1:{port}"
        request = bytes(Request("GET", path, (host,)))
        if next(_serial) % 2:
            writer.write(request)
            await asyncio.sleep(600)
        for place in range(len(request)):
            writer.write(request[place : place + 1])
            await asyncio.sleep(1)
        writer.close()


@asynccontextmanager
async def _disturbed(work: Disturber, at_once: int, port: int, filled: Filled) -> AsyncIterator[None]:
    """So many at a time do this, again and again, until the block ends."""

    async def go_on() -> None:
        while True:
            await work(port, filled)

    tasks = [asyncio.create_task(go_on()) for _ in range(at_once)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


DISTURBERS: dict[str, tuple[Disturber, int]] = {
    "a flood of visitors": (_flood, FLOOD),
    "passwords to compare": (_try_password, PASSWORDS),
    "slow clients": (_crawl, SLOW),
}


@click.command()
@click.option("--seconds", default=5, show_default=True, type=click.IntRange(1, 60), help="For each row.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
def bench_disturbance(seconds: int, workers: int) -> None:
    """Fill a scratch database, serve it, and disturb."""
    with tempfile.TemporaryDirectory(prefix="stoa-bench-") as folder:
        home = Path(folder)
        settings = Settings(home=home, database_url="", development=False)
        filled = asyncio.run(fill_scratch(settings, FEWEST_POSTS * 5, write_bodies(), datetime.now(UTC)))
        environment = {"STOA_HOME": folder, "STOA_DEVELOPMENT": "false", "STOA_TRUSTED_PROXIES": "1"}
        with running_server(workers, environment, home / "server.log") as server:
            asyncio.run(_measure(server.port, filled, seconds))


async def _measure(port: int, filled: Filled, seconds: int) -> None:
    page = next(row for row in scenarios(filled) if row.name == "thread of 20, member")
    alone = await _ask(port, page, filled, seconds)
    _tell("alone", alone, alone)
    for name, (work, at_once) in DISTURBERS.items():
        async with _disturbed(work, at_once, port, filled):
            _tell(f"{name}, {at_once} at once", await _ask(port, page, filled, seconds), alone)


async def _ask(port: int, page: Scenario, filled: Filled, seconds: int) -> Measured:
    return await asyncio.to_thread(measure, port, page, filled, "", seconds, MEMBERS_CONNECTIONS)


def _tell(name: str, found: Measured, alone: Measured) -> None:
    times = f"p50 {found.p50:.2f} ms ({found.p50 / alone.p50:.1f} x alone), p99 {found.p99:.2f} ms"
    failed = found.broken + found.refused
    console.print(f"{name}: {found.per_second:,.0f} pages/s of a member, {times}, {failed} failed")


if __name__ == "__main__":
    bench_disturbance()
