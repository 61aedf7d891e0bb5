"""`python -m web.bench.search`: how long a search of two words takes among many posts, beside how long indexing took.

Texts are drawn from made-up words as often as words are in real talk (Zipf's law); queries are two words of one post,
so that there is always something to find. The whole page of results is timed, its counts included, at the storage call.
"""

import asyncio
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import click
from rich.console import Console

from domain.search import SearchKind
from domain.visibility import Viewer, member_ring
from storage.database import Database
from storage.filling import fill
from storage.migrations import migrate
from storage.search.index import index_everything
from storage.search.page import find_search_page
from storage.secrets import Seal, load_secrets

VOCABULARY = 30_000
WORDS_A_POST = 90
BODIES = 5_000
QUERIES = 300

console = Console(highlight=False)


def write_bodies() -> list[str]:
    """The posts' texts, the same ones every time."""
    chance = Random(4)  # noqa: S311 -- chance that must be the same every time
    words = ["".join(chance.choice("bdfgklmnprstvz") + chance.choice("aeiou") for _ in range(2 + number % 3))
             + f"{number:x}" for number in range(VOCABULARY)]  # fmt: skip
    weights = [1 / (rank + 3) for rank in range(VOCABULARY)]
    drawn = chance.choices(words, weights, k=BODIES * WORDS_A_POST)
    return [" ".join(drawn[start : start + WORDS_A_POST]) for start in range(0, len(drawn), WORDS_A_POST)]


@click.command()
@click.option("--posts", default=100_000, show_default=True, type=click.IntRange(1_000, 10_000_000))
@click.option("--keys", default=5, show_default=True, type=click.IntRange(3, 5_000), help="Keys on the ring.")
@click.option("--database-url", default="", help="An empty PostgreSQL database to fill, instead of SQLite.")
def bench_search(posts: int, keys: int, database_url: str) -> None:
    """Fill a scratch database and search it."""
    with tempfile.TemporaryDirectory(prefix="stoa-bench-") as folder:
        asyncio.run(_measure(Path(folder), posts, keys, database_url))


async def _measure(home: Path, posts: int, keys: int, database_url: str) -> None:
    database = Database(database_url or f"sqlite+aiosqlite:///{home / 'stoa.db'}")
    bodies = write_bodies()
    try:
        await migrate(database)
        seal = Seal(load_secrets(home / "secrets.json"))
        await fill(database, seal, posts, bodies, datetime.now(UTC), lambda _step, _done, _total: None)
        began = time.perf_counter()
        await index_everything(database)
        console.print(f"indexed in {time.perf_counter() - began:.1f} s")
        if not database_url:
            console.print(f"database of {(home / 'stoa.db').stat().st_size / 1e6:.0f} MB")
        viewer = Viewer(1, member_ring(1, in_good_standing=True, sig_ids=range(1, keys - 2)))
        for kind, typing in ((SearchKind.REPLIES, False), (SearchKind.THREADS, False), (SearchKind.REPLIES, True)):
            await _time(database, viewer, bodies, kind, typing=typing)
    finally:
        await database.close()


async def _time(database: Database, viewer: Viewer, bodies: list[str], kind: SearchKind, *, typing: bool) -> None:
    chance, found = Random(9), 0  # noqa: S311 -- as above
    times, work = list[float](), list[float]()
    for _ in range(QUERIES):
        one, other = chance.sample(chance.choice(bodies).split(), 2)
        text = f"{one} {other[:3] if typing else other}"
        began, worked = time.perf_counter(), time.process_time()
        page = await find_search_page(database, viewer, text, kind, typing=typing)
        times.append((time.perf_counter() - began) * 1000)
        work.append((time.process_time() - worked) * 1000)
        found += sum(tab.count for tab in page.tabs)
    p50, p95 = statistics.median(times), sorted(times)[int(QUERIES * 0.95)]
    what = f"{kind}{' while typing' if typing else ''}"
    of_own = f"{statistics.median(work):.1f} ms of them this process's own"
    console.print(f"{what}: p50 {p50:.1f} ms ({of_own}), p95 {p95:.1f} ms, {found / QUERIES:.1f} results on average")


if __name__ == "__main__":
    bench_search()
