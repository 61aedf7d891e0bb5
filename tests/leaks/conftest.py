"""The theatre: one planted world an engine, shared by the tests that only look."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar

from storage.database import Database
from storage.secrets import Seal, load_secrets
from tests.conftest import Clock
from tests.leaks.canaries import Salt, one_world
from tests.leaks.crawling import Theatre, listening, plain_genders
from tests.leaks.planting import plant
from web import words
from web.app import create_app
from web.settings import Settings


@pytest.fixture(autouse=True)
def _genders_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Genders are one of four words, so a canary among them is printed as it is."""
    monkeypatch.setattr(words, "gender", plain_genders())


@asynccontextmanager
async def open_theatre(
    database_url: str, home: Path, *, salt: Salt = one_world, extras: bool = False, **options: Any
) -> AsyncIterator[Theatre]:
    """An app over the planted world in this database."""
    home.mkdir(exist_ok=True)
    seal = Seal(load_secrets(home / "secrets.json"))
    database = Database(database_url)
    planted = await plant(database, seal, salt, extras=extras)
    await database.close()
    settings = Settings(home=home, database_url=database_url, worker=False)
    app: Litestar = create_app(settings, clock=Clock(), **options)
    theatre = Theatre(app, planted, home)
    with listening(theatre):
        yield theatre
    await theatre.house.database.close()


@pytest.fixture
async def theatre(database_url: str, tmp_path: Path) -> AsyncIterator[Theatre]:
    """The planted world of this test alone."""
    async with open_theatre(database_url, tmp_path / "home") as opened:
        yield opened


Figure = Callable[[str], None]


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Figure:
    """Notes a line that is printed at the end of the run, whichever worker it comes from."""
    return lambda line: record_property("figure", line)
