"""An import that is killed goes on where it was, and ends like one that nobody disturbed."""

import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from storage.database import Database
from tests.importing.archives import REAL
from tests.importing.stock import count_all, fingerprint, take_stock

pytestmark = [pytest.mark.slow, pytest.mark.faults]

TOP = Path(__file__).parents[2]
SITE = "ai.stackexchange.com.zip"
BATCH = "200"
KILLS = 5


@contextmanager
def _importing(database: Path) -> Iterator[subprocess.Popen[str]]:
    url = f"sqlite+aiosqlite:///{database}"
    command = [sys.executable, "-m", "tests.importing.importer", url, str(REAL / SITE), BATCH]
    with subprocess.Popen(command, cwd=TOP, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _finish(database: Path) -> list[str]:
    """Let an import run; gives the lines that it told."""
    with _importing(database) as process:
        assert process.stdout is not None
        lines = process.stdout.read().splitlines()
        assert process.wait() == 0
    return lines


def _kill_at(database: Path, line: int, delay: float) -> None:
    """Kill an import so many seconds after it told its so-and-so-manieth line."""
    with _importing(database) as process:
        assert process.stdout is not None
        for _ in range(line):
            if not process.stdout.readline():
                break
        time.sleep(delay)


async def _stock(path: Path) -> tuple[dict[str, tuple[int, str]], dict[str, int]]:
    database = Database(f"sqlite+aiosqlite:///{path}")
    try:
        counts = await count_all(database)
        counts.pop("events")  # a resumed import tells of itself even where its last run had changed nothing
        return fingerprint(await take_stock(database)), counts
    finally:
        await database.close()


@pytest.fixture(scope="module")
def whole(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The database of an import that nobody disturbed, and the lines that it told."""
    path = tmp_path_factory.mktemp("whole") / "whole.db"
    shutil.copy(sqlite_template, path)
    return path, _finish(path)


@pytest.mark.parametrize("seed", range(KILLS))
async def test_killed_and_run_again_is_like_undisturbed(
    sqlite_template: Path, whole: tuple[Path, list[str]], tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 -- where to kill is no secret
    undisturbed, lines = whole
    killed = tmp_path / "killed.db"
    shutil.copy(sqlite_template, killed)
    first = next(number for number, line in enumerate(lines, 1) if line.startswith("authors"))
    for _ in range(2):  # killed, resumed, and killed again
        _kill_at(killed, chance.randint(first, len(lines) - 1), chance.random() * 0.05)
    _finish(killed)
    assert await _stock(killed) == await _stock(undisturbed)
