"""The theatre: one planted world an engine, shared by the tests that only look."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar

from storage.database import Database
from storage.secrets import Seal, load_secrets
from tests.conftest import Clock
from tests.leaks.canaries import Salt, one_world
from tests.leaks.crawling import Theatre, listening, plain_genders
from tests.leaks.planting import Planted, plant
from web import words
from web.app import create_app
from web.settings import Settings


@pytest.fixture(autouse=True)
def _genders_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Genders are one of four words, so a canary among them is printed as it is."""
    monkeypatch.setattr(words, "gender", plain_genders())


@asynccontextmanager
async def open_theatre(
    database_url: str,
    home: Path,
    *,
    planted: Planted | None = None,
    salt: Salt = one_world,
    extras: bool = False,
    **options: Any,
) -> AsyncIterator[Theatre]:
    """An app over the planted world in this database, which is planted first unless it was."""
    home.mkdir(exist_ok=True)  # noqa: ASYNC240 -- nobody else waits
    seal = Seal(load_secrets(home / "secrets.json"))
    if planted is None:
        database = Database(database_url)
        planted = await plant(database, seal, salt, extras=extras)
        await database.close()
    settings = Settings(home=home, database_url=database_url, worker=False, development=False)
    app: Litestar = create_app(settings, clock=Clock(), **options)
    theatre = Theatre(app, planted, home)
    try:
        with listening(theatre):
            yield theatre
    finally:
        await theatre.house.database.close()


@dataclass
class Kept:
    """A planted SQLite world, to be copied: planting one takes seconds."""

    home: Path
    planted: Planted | None = None


@pytest.fixture(scope="session")
def planted_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """The place of the world that is planted once a worker on SQLite, by the first test that wants it."""
    home = tmp_path_factory.mktemp("planted")
    shutil.copy(sqlite_template, home / "stoa.db")
    return Kept(home)


async def plant_once(kept: Kept) -> Planted:
    """The planted world of this worker; planted now when it was not yet."""
    if kept.planted is None:
        async with open_theatre(f"sqlite+aiosqlite:///{kept.home / 'stoa.db'}", kept.home) as opened:
            kept.planted = opened.planted
    return kept.planted


@pytest.fixture
async def theatre(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Theatre]:
    """A planted world of this test's own."""
    home = tmp_path / "home"
    if engine == "sqlite":
        kept: Kept = request.getfixturevalue("planted_template")
        planted = await plant_once(kept)
        shutil.copytree(kept.home, home)
        async with open_theatre(f"sqlite+aiosqlite:///{home / 'stoa.db'}", home, planted=planted) as opened:
            yield opened
    else:
        async with open_theatre(request.getfixturevalue("database_url"), home) as opened:
            yield opened


Figure = Callable[[str], None]


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Figure:
    """Notes a line that is printed at the end of the run, whichever worker it comes from."""
    return lambda line: record_property("figure", line)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The quick run looks for leaks on one engine; the whole run on both, and compares the twin worlds."""
    for item in items:
        if "/leaks/" in item.nodeid and ("postgresql" in item.nodeid or "test_twins" in item.nodeid):
            item.add_marker(pytest.mark.slow)
