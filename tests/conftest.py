"""What every test shares: both engines, a migrated database of one's own, and the cast in a running app.

The servers of `tests/services.py` belong to the run, not to one worker of it.
"""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from storage.database import Database
from storage.migrations import migrate
from storage.secrets import Seal, Secrets, load_secrets
from tests import services
from tests.cast import NOON, World, build_world, sign_in
from tests.clean_headers import demand_clean_headers
from web.app import create_app
from web.house import open_house
from web.settings import Settings
from web.visits import SESSION_COOKIE

os.environ.setdefault("STOA_DEVELOPMENT", "true")  # the airlock stands in every test, and the mailbox can be read

ENGINES = ("sqlite", "postgresql")
ADDRESS = "https://127.0.0.1:8000"


def _controls(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    """Name the room in which the run's servers start, should a test need one."""
    if _controls(config):
        services.open_room()


def pytest_unconfigure(config: pytest.Config) -> None:
    """End them with the run."""
    if _controls(config):
        services.close_room()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that tests note with `record_property("figure", ...)`, whichever worker they come from."""
    reports = [report for some in terminalreporter.stats.values() for report in some]
    noted = [getattr(report, "user_properties", ()) for report in reports if getattr(report, "when", "") == "call"]
    figures = [str(value) for properties in noted for name, value in properties if name == "figure"]
    if figures:
        terminalreporter.section("figures")
        terminalreporter.write("\n".join(figures) + "\n")


Figure = Callable[[str], None]


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Figure:
    """Notes a line that is printed at the end of the run, whichever worker it comes from."""
    return lambda line: record_property("figure", line)


SECRETS = {"sealing_key": "5e" * 32, "hashing_key": "4a" * 32, "wrapping_key": "3b" * 32}
"""The secrets of every test's instance, so that a world that was made once can be opened again."""


SEAL = Seal(Secrets(**{name: bytes.fromhex(key) for name, key in SECRETS.items()}))
"""What seals and hashes with them."""


def _make(url: str, *, with_cast: bool, home: Path) -> World | None:
    async def making() -> World | None:
        database = Database(url)
        await migrate(database)
        made = await build_world(database, Seal(load_secrets(home / "secrets.json"))) if with_cast else None
        await database.close()
        return made

    with ThreadPoolExecutor(1) as pool:  # the run's event loop may be running in this thread
        return pool.submit(lambda: asyncio.run(making())).result()


@dataclass(frozen=True, slots=True)
class Template:
    """A SQLite database to be copied: migrated and empty, or with the cast in it."""

    path: Path
    home: Path
    world: World | None


def _template(home: Path, *, with_cast: bool) -> Template:
    (home / "secrets.json").write_text(json.dumps(SECRETS))
    path = home / "stoa.db"
    return Template(path, home, _make(f"sqlite+aiosqlite:///{path}", with_cast=with_cast, home=home))


@pytest.fixture(scope="session")
def empty_template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """Migrated and empty."""
    return _template(tmp_path_factory.mktemp("empty"), with_cast=False)


@pytest.fixture(scope="session")
def sqlite_template(empty_template: Template) -> Path:
    """The file of the empty one."""
    return empty_template.path


@pytest.fixture(scope="session")
def cast_template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """With the cast on its stage."""
    return _template(tmp_path_factory.mktemp("cast"), with_cast=True)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Every test that touches storage runs on both."""
    name: str = request.param
    return name


@pytest.fixture
def database_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated database that this test alone uses: with the cast for who asks for the world, else
    empty. Made once and copied, on both engines."""
    name = "cast" if "world" in request.fixturenames else "empty"
    template: Template = request.getfixturevalue(f"{name}_template")
    if engine == "sqlite":
        shutil.copy(template.path, tmp_path / "stoa.db")
        yield f"sqlite+aiosqlite:///{tmp_path / 'stoa.db'}"
        return

    def fill(url: str) -> None:
        _make(url, with_cast=name == "cast", home=template.home)

    with services.postgres_database(services.postgres_template(name, fill)) as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A migrated database, open."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def seal(tmp_path: Path) -> Seal:
    """The secrets of the test's instance, the same that its app has."""
    (tmp_path / "secrets.json").write_text(json.dumps(SECRETS))
    return Seal(load_secrets(tmp_path / "secrets.json"))


@pytest.fixture
def world(database: Database, seal: Seal, cast_template: Template) -> World:
    """The cast on its stage; ids are the same on both engines, which a test of its own makes sure of."""
    assert cast_template.world is not None
    return cast_template.world


class Clock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        """Now, as far as the app knows."""
        return self.now


@dataclass
class Stoa:
    """A running app with the cast in it, and a browser for each of them."""

    app: Litestar
    database: Database
    world: World
    clock: Clock
    exits: AsyncExitStack
    browsers: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    async def browser(self, part: str = "visitor") -> httpx.AsyncClient:
        """A browser in which this part has signed in, or a visitor's. It keeps its cookies."""
        if part not in self.browsers:
            client = await self.exits.enter_async_context(open_browser(self.app))
            if part != "visitor":
                token = await sign_in(self.database, self.world[part], self.clock.now)
                client.cookies.set(SESSION_COOKIE, token, domain="127.0.0.1")
            self.browsers[part] = client
        return self.browsers[part]


def open_browser(app: Litestar) -> httpx.AsyncClient:
    """A browser that speaks real HTTP to the app, keeps its cookies, and says where its forms come from, as browsers
    do. The headers of each answer are looked at."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)  # type: ignore[arg-type]
    hooks = {"response": [demand_clean_headers]}
    return httpx.AsyncClient(transport=transport, base_url=ADDRESS, headers={"origin": ADDRESS}, event_hooks=hooks)


_idle_apps: list[Litestar] = []
"""Apps that no test uses now. Declaring some two hundred routes takes longer than most tests, so apps are lent: each
time with a house of its own, which is all that they keep."""


@asynccontextmanager
async def lent_app(
    settings: Settings, clock: Callable[[], datetime], routes: Sequence[HTTPRouteHandler] | None = None
) -> AsyncIterator[Litestar]:
    """An app over the house of these settings; with routes of its own it is a new one."""
    app = _idle_apps.pop() if _idle_apps and routes is None else create_app(settings, routes)
    app.state.house = house = open_house(settings, clock)
    try:
        yield app
    finally:
        await house.database.close()
        if routes is None:
            _idle_apps.append(app)


@pytest.fixture
async def stoa(database_url: str, database: Database, tmp_path: Path, world: World) -> AsyncIterator[Stoa]:
    """Stoa with the cast, its clock standing at noon; the worker rests."""
    clock, settings = Clock(), Settings(home=tmp_path, database_url=database_url, worker=False)
    async with lent_app(settings, clock) as app, AsyncExitStack() as exits:
        yield Stoa(app, database, world, clock, exits)


_IN_THE_WHOLE_RUN = frozenset(
    {
        "photos",
        "pictures",
        "files",
        "rings",
        "audiences",
        "sitemap",
        "exposure",
        "receipts",
        "view_as",
        "lists",
        "records",
        "blocks",
        "acts",
        "appeals",
        "bookmarks",
        "cases",
        "demo",
        "every_word",
        "first_posts",
        "importing",
        "moderation",
        "notice_mail",
        "search",
        "search_index",
        "turns",
    }
)
"""Modules that take their time: hostile pictures, both stores, random worlds, all of moderation and of mail."""
_ON_BOTH_ENGINES = ("test_key_sets", "test_forum", "test_schema")


_THOROUGH = (
    "importing/test_kills.py",
    "importing/test_memory.py",
    "faults/test_notice_mail.py::test_a_thousand",
    "web/test_bench.py::test_a_tiny_run",
)
"""What takes the better part of a minute each, and is about what seldom changes."""


def _is_thorough(item: pytest.Item) -> bool:
    """The storage is asked on both engines in every run, and pages on the second one in the thorough run."""
    if "postgresql" in item.nodeid and "web" in item.path.parts:
        return True
    return any(part in item.nodeid for part in _THOROUGH)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The quick run asks the second engine what is written in SQL first of all; the whole run asks both everything of
    the storage, and the thorough run asks them the rest."""
    for item in items:
        module = item.path.stem
        is_second_engine = "postgresql" in item.nodeid and not (
            "storage" in item.path.parts and module in _ON_BOTH_ENGINES
        )
        if _is_thorough(item):
            item.add_marker(pytest.mark.thorough)
        if is_second_engine and item.get_closest_marker("slow") and "storage" not in item.path.parts:
            item.add_marker(pytest.mark.thorough)
        if is_second_engine or (module.removeprefix("test_") in _IN_THE_WHOLE_RUN and "domain" not in item.path.parts):
            item.add_marker(pytest.mark.slow)
