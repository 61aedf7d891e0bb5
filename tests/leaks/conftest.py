"""The theatre: one planted world a run, copied for each test, on either engine."""

import asyncio
import fcntl
import os
import pickle
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from litestar.handlers import HTTPRouteHandler

from storage.database import Database
from storage.secrets import Seal, load_secrets
from tests import services
from tests.conftest import Clock, Template, lent_app
from tests.leaks.copying import copy_database
from tests.leaks.crawling import Theatre, listening, plain_genders
from tests.leaks.planted import Planted
from tests.leaks.planting import plant
from web import words
from web.settings import Settings


@pytest.fixture(autouse=True)
def _genders_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Genders are one of four words, so a canary among them is printed as it is."""
    monkeypatch.setattr(words, "gender", plain_genders())


@asynccontextmanager
async def open_theatre(
    database_url: str, home: Path, planted: Planted, routes: Sequence[HTTPRouteHandler] | None = None
) -> AsyncIterator[Theatre]:
    """An app over the planted world in this database, with what belongs to it in `home`."""
    settings = Settings(home=home, database_url=database_url, worker=False, development=False)
    async with lent_app(settings, Clock(), routes) as app:
        theatre = Theatre(app, planted, home)
        with listening(theatre):
            yield theatre


def sqlite_in(home: Path) -> str:
    """The address of the database in this folder."""
    return f"sqlite+aiosqlite:///{home / 'stoa.db'}"


@dataclass(frozen=True, slots=True)
class Kept:
    """The planted SQLite world with its photos and secrets, to be copied: planting one takes many seconds."""

    home: Path
    planted: Planted

    def copy_to(self, home: Path) -> str:
        """A copy in a new folder; returns the address of its database."""
        shutil.copytree(self.home, home)
        return sqlite_in(home)


def _in_a_thread(work: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor(1) as pool:  # the run's event loop may be running in this one
        return pool.submit(work).result()


@pytest.fixture(scope="session")
def kept(empty_template: Template) -> Kept:
    """The world, planted once a run by whichever worker wants it first."""
    room = Path(os.environ[services.ROOM])
    with (room / "planting.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done, home = room / "planted.pickle", room / "planted"
        if not done.exists():
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir()
            shutil.copy(empty_template.path, home / "stoa.db")
            shutil.copy(empty_template.home / "secrets.json", home / "secrets.json")
            done.write_bytes(pickle.dumps(_in_a_thread(lambda: asyncio.run(_plant(home)))))
        return Kept(home, pickle.loads(done.read_bytes()))  # noqa: S301 -- our own, of this run


async def _plant(home: Path) -> Planted:
    database = Database(sqlite_in(home))
    planted = await plant(database, Seal(load_secrets(home / "secrets.json")), home / "files")
    await database.close()
    return planted


class Opening(Protocol):
    """Opens a copy of the planted world by a name of its own."""

    async def __call__(self, name: str, routes: Sequence[HTTPRouteHandler] | None = None) -> Theatre:
        """A theatre on the test's engine, with these routes or with all of the product's."""


@pytest.fixture
async def open_copy(engine: str, kept: Kept, tmp_path: Path) -> AsyncIterator[Opening]:
    """Opens copies of the planted world by a name of their own: a theatre each, on the test's engine."""
    async with AsyncExitStack() as exits:

        async def opening(name: str, routes: Sequence[HTTPRouteHandler] | None = None) -> Theatre:
            home = tmp_path / name
            url = kept.copy_to(home)
            if engine == "postgresql":
                template = services.postgres_template("planted", lambda to: _fill(kept, to))
                url = exits.enter_context(services.postgres_database(template))
            return await exits.enter_async_context(open_theatre(url, home, kept.planted, routes))

        yield opening


def _fill(kept: Kept, url: str) -> None:
    _in_a_thread(lambda: asyncio.run(copy_database(sqlite_in(kept.home), url)))


@pytest.fixture
async def theatre(open_copy: Opening) -> Theatre:
    """A planted world of this test's own."""
    return await open_copy("home")


_IN_THE_WHOLE_RUN = (
    "postgresql",
    "test_twins",
    "test_breaches",
    "test_hidden_is_missing",
    "test_narrowing",
    "strangers",
    "insiders",
    "owners",
)


_TWINS_OF_EVERY_RUN = ("visitor", "tariq")
"""A visitor, and a member of nothing."""


def _is_thorough(nodeid: str) -> bool:
    """What is asked once more of the second engine, and the twins of those whose like has been asked."""
    if "test_twins" in nodeid:
        return not any(f"sqlite-{viewer}]" in nodeid for viewer in _TWINS_OF_EVERY_RUN)
    crawls = "test_leaks.py" in nodeid or "test_hidden_is_missing" in nodeid
    return "postgresql" in nodeid and crawls


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The quick run looks for leaks on one engine and as outsiders; the whole run as everybody and as some on both,
    narrows, plants more leaks and compares twin worlds; the thorough run does it all on both."""
    for item in items:
        if "/leaks/" not in item.nodeid:
            continue
        if any(word in item.nodeid for word in _IN_THE_WHOLE_RUN):
            item.add_marker(pytest.mark.slow)
        if _is_thorough(item.nodeid):
            item.add_marker(pytest.mark.thorough)
