"""What every test shares: both engines, a migrated database of one's own, and the cast in a running app.

The servers of `tests/services.py` belong to the run, not to one worker of it.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from storage.database import Database
from storage.migrations import migrate
from storage.secrets import Seal, load_secrets
from tests import services
from tests.cast import NOON, World, build_world, sign_in
from tests.clean_headers import demand_clean_headers
from web.app import create_app
from web.settings import Settings
from web.visits import SESSION_COOKIE

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


def _migrate(url: str) -> None:
    async def migrating() -> None:
        database = Database(url)
        await migrate(database)
        await database.close()

    asyncio.run(migrating())


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Every test that touches storage runs on both."""
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database, to be copied."""
    path = tmp_path_factory.mktemp("template") / "stoa.db"
    _migrate_apart(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture
def database_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated, empty database that this test alone uses."""
    if engine == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "stoa.db")
        yield f"sqlite+aiosqlite:///{tmp_path / 'stoa.db'}"
        return
    with services.postgres_database(services.postgres_template("schema", _migrate_apart)) as url:
        yield url


def _migrate_apart(url: str) -> None:
    """Migrate in a thread of its own: the run's event loop may be running in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(_migrate, url).result()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A migrated, empty database."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def seal(tmp_path: Path) -> Seal:
    """The secrets of the test's instance, the same that its app has."""
    return Seal(load_secrets(tmp_path / "secrets.json"))


@pytest.fixture
async def world(database: Database, seal: Seal) -> World:
    """The cast on its stage."""
    return await build_world(database, seal)


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


@pytest.fixture
async def stoa(database_url: str, database: Database, tmp_path: Path, world: World) -> AsyncIterator[Stoa]:
    """Stoa with the cast, its clock standing at noon; the worker rests."""
    clock = Clock()
    app = create_app(Settings(home=tmp_path, database_url=database_url, worker=False), clock=clock)
    async with AsyncExitStack() as exits:
        yield Stoa(app, database, world, clock, exits)
    await app.state.house.database.close()
