"""`stoa bench`: how fast the real server answers on this machine, beside what its bare text answer takes.

A scratch database in a temporary folder is filled, two workers serve it, and wrk asks for one page at a time. Nothing
of the instance's own data is touched or read. With `--soak` a mixed load follows, during which memory is noted.
"""

import asyncio
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from storage.database import Database
from storage.filling import FEWEST_POSTS, Filled, NotEmpty, fill
from storage.migrations import migrate
from storage.secrets import Seal, load_secrets
from storage.throttle import forget_old_counts
from web.bench.load import RENDERED, LoadFailed, Measured, Scenario, find_wrk, measure, press, scenarios
from web.bench.prose import write_bodies
from web.bench.report import (
    FORM,
    Figures,
    default_path,
    describe_machine,
    print_bars,
    print_comparison,
    print_figures,
    read_figures,
    with_ratios,
    write_figures,
)
from web.bench.server import RunningServer, ServerFailed, running_server
from web.bench.soak import MIXED, TURN_SECONDS, WARM_UP_ROUNDS, Soaked, soak
from web.settings import Settings

NARROWEST = 120
"""Columns that the table needs."""

APP = "web.bench.rendered:build_app"
STARTS = 3
"""How often the server is started; the median counts."""

Report = Callable[[str, int, int | None], None]

console = Console(highlight=False)


@dataclass(frozen=True, slots=True)
class Run:
    """What is asked of one run."""

    posts: int
    seconds: int
    workers: int
    database_url: str
    soak: int


@click.command(name="bench")
@click.option("--posts", default=10_000, show_default=True, type=click.IntRange(FEWEST_POSTS, 10_000_000))
@click.option("--seconds", default=5, show_default=True, type=click.IntRange(1, 600), help="For each row.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
@click.option("--database-url", default="", help="An empty PostgreSQL database to fill, instead of SQLite.")
@click.option("--soak", default=0, type=click.IntRange(0, 600), help="Minutes of mixed load to follow, for its memory.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to write the figures as JSON.")
@click.option("--against", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Compare with a run.")
def command(
    posts: int, seconds: int, workers: int, database_url: str, soak: int, out: Path | None, against: Path | None
) -> None:
    """Measure the server on a scratch database."""
    now = datetime.now(UTC)
    console.width = max(console.width, NARROWEST)
    try:
        before = read_figures(against) if against else None
        find_wrk()
        with tempfile.TemporaryDirectory(prefix="stoa-bench-") as folder:
            figures = _measure_in(Path(folder), Run(posts, seconds, workers, database_url, soak), now)
    except (LoadFailed, ServerFailed, NotEmpty, ValueError) as error:
        console.print(f"bench: {error}", style="red")
        sys.exit(1)
    print_figures(console, figures)
    print_bars(console, figures)
    path = out or default_path(Settings().home, now)
    write_figures(figures, path)
    console.print(f"Written to {path}")
    if before:
        print_comparison(console, before, figures)


def _measure_in(home: Path, run: Run, now: datetime) -> Figures:
    """Everything from the empty folder to the figures, with how far it has come on the screen."""
    with Progress(console=console, transient=True) as bar:
        tasks = {}

        def report(step: str, done: int, total: int | None) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=total)
            bar.update(tasks[step], completed=done)

        return _measure(home, run, now, report)


def _measure(home: Path, run: Run, now: datetime, report: Report) -> Figures:
    machine, bodies = describe_machine(), write_bodies()
    settings = Settings(home=home, database_url=run.database_url, development=False)
    filled = asyncio.run(fill_scratch(settings, run.posts, bodies, now, report))
    rows = scenarios(filled)
    statements = asyncio.run(_count(settings, rows, filled.session, bodies[0]))
    first_showings = asyncio.run(_time_first_showings(settings, rows, filled.session))
    environment = {"STOA_HOME": str(home), "STOA_DATABASE_URL": run.database_url, "STOA_DEVELOPMENT": "false"}
    log = home / "server.log"
    starts = _measure_starts(run.workers, environment, log, report)
    with running_server(run.workers, environment, log, APP) as server:
        ready = server.memory()
        measured, after = _measure_rows(server, rows, filled, bodies[0], run.seconds, report)
        weights, first_visit = _weigh(server, rows, filled)
    soaked = None
    if run.soak:
        with running_server(run.workers, environment, log) as product:  # without what is pinned for the measuring
            soaked = _soak(product, settings, rows, filled, bodies[0], run.soak, report)
    table = {
        row.name: {**asdict(measured[row.name]), "statements": statements[row.name], **weights[row.name]}
        for row in rows
    }
    return {
        "form": FORM,
        "measured_at": now.isoformat(timespec="seconds"),
        "engine": "postgresql" if run.database_url else "sqlite",
        "workers": run.workers,
        "seconds": run.seconds,
        "machine": machine,
        "content": filled.counts,
        "rows": with_ratios(table),
        "first_visit": first_visit,
        "first_showings": first_showings,
        "memory": {"ready": ready, "after": after},
        "start_seconds": median([*starts, server.start_seconds]),
        "soak": soaked.figures() if soaked else None,
    }


async def fill_scratch(
    settings: Settings,
    posts: int,
    bodies: list[str],
    now: datetime,
    report: Report = lambda _step, _done, _total: None,
) -> Filled:
    """Migrate and fill the empty database that these settings name."""
    database = Database(settings.database)
    try:
        await migrate(database)
        return await fill(database, Seal(load_secrets(settings.secrets_path)), posts, bodies, now, report)
    finally:
        await database.close()


async def _count(settings: Settings, rows: list[Scenario], session: str, body: str) -> dict[str, int]:
    from web.bench.costs import count_statements  # noqa: PLC0415 -- the whole app, which other commands do not need

    return await count_statements(settings, rows, session, body)


async def _time_first_showings(settings: Settings, rows: list[Scenario], session: str) -> dict[str, float]:
    from web.bench.first_showing import time_first_showings  # noqa: PLC0415 -- as above

    return await time_first_showings(settings, rows, session)


def _measure_starts(workers: int, environment: Mapping[str, str], log: Path, report: Report) -> list[float]:
    """How long each start took but the last, after which the server is measured."""
    starts = []
    for done in range(1, STARTS):
        with running_server(workers, environment, log) as server:
            starts.append(server.start_seconds)
        report("Starts", done, STARTS)
    return starts


def _measure_rows(
    server: RunningServer,
    rows: list[Scenario],
    filled: Filled,
    body: str,
    seconds: int,
    report: Report,
) -> tuple[dict[str, Measured], dict[str, float]]:
    """Every row in turn, and what memory the product's own have taken; the bare answer once more at the end, as the
    machine may be faster then or slower."""
    measured: dict[str, Measured] = {}
    memory = {}
    for done, row in enumerate(rows):
        report("Rows measured", done, len(rows) + 1)
        if row.name == RENDERED:
            memory = server.memory()
        measured[row.name] = measure(server.port, row, filled, body, seconds)
    bare = measured[rows[0].name]
    report("Rows measured", len(rows), len(rows) + 1)
    again = measure(server.port, rows[0], filled, body, seconds)
    mean = round((bare.per_second + again.per_second) / 2, 1)
    return measured | {rows[0].name: replace(bare, per_second=mean)}, memory


def _weigh(server: RunningServer, rows: list[Scenario], filled: Filled) -> tuple[dict[str, Any], dict[str, int]]:
    from web.bench.costs import weigh, weigh_first_visit  # noqa: PLC0415 -- as above

    nothing = {"plain": None, "compressed": None}
    weights = {row.name: nothing if row.replies_to else asdict(weigh(server.port, row, filled.session)) for row in rows}
    return weights, weigh_first_visit(server.port, f"/threads/{filled.short_thread}")


def _soak(
    server: RunningServer,
    settings: Settings,
    rows: list[Scenario],
    filled: Filled,
    body: str,
    minutes: int,
    report: Report,
) -> Soaked:
    turns = 0

    def turn(row: Scenario) -> None:
        nonlocal turns
        turns += 1
        report("Soak", turns, WARM_UP_ROUNDS * len(MIXED) + minutes * 60 // TURN_SECONDS)
        if not row.replies_to:
            press(server.port, row, filled, body, TURN_SECONDS)
            return
        for _ in range(2):  # in a whole turn they may write as much as is taken of them within an hour
            asyncio.run(_let_everybody_write(settings))
            press(server.port, row, filled, body, TURN_SECONDS // 2)

    return soak(rows, minutes, turn, lambda: server.memory()["pss"])


async def _let_everybody_write(settings: Settings) -> None:
    """Forget how much they have written within the hour, so that their replies are not refused for it."""
    database = Database(settings.database)
    try:
        async with database.writing() as connection:
            await forget_old_counts(connection, datetime.now(UTC) + timedelta(days=365))
    finally:
        await database.close()
