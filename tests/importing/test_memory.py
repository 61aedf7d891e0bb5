"""Six times the rows take no more memory."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.importing.archive import open_archive
from tests.importing.archives import REAL, multiply

pytestmark = pytest.mark.slow

TOP = Path(__file__).parents[2]
SITE = "alcohol.stackexchange.com"
COPIES = 6
MOST_GROWTH = 32 * 1024
"""KiB that six times the rows may take beyond the rows once: caches that fill up, no more."""


def _read(name: str) -> Iterator[dict[str, str]]:
    with open_archive(REAL / f"{SITE}.zip") as archive:
        for row in archive.rows(name):
            yield row.given


def _memory(database: Path, source: Path) -> tuple[int, int]:
    """Memory at the end, in KiB, and source rows."""
    command = [sys.executable, "-m", "tests.importing.importer", f"sqlite+aiosqlite:///{database}", str(source), "1000"]
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=True)
    last = done.stdout.splitlines()[-1].split()
    return int(last[1]), int(last[2])


def test_memory_stays_flat(sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "once.db")
    shutil.copy(sqlite_template, tmp_path / "often.db")
    often = multiply(_read, tmp_path / f"many.{SITE}", COPIES)
    once, rows_once = _memory(tmp_path / "once.db", REAL / f"{SITE}.zip")
    many, rows_many = _memory(tmp_path / "often.db", often)
    assert rows_many > 3 * rows_once
    assert many - once < MOST_GROWTH
