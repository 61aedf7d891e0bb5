"""The store that needs nothing: a folder of this machine.

A file is written under a name of its own, made durable, and only then given its real name, so that nobody ever reads
half of one. What a crash leaves behind is an ordinary file that nothing refers to, and is swept like any other.
"""

import asyncio
import contextlib
import os
import secrets
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

from storage.database import Busy
from storage.files.names import path_of


class FolderStore:
    """Files under one folder, readable by its owner alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, name: str, content: bytes) -> None:
        """Keep these bytes, durably. Raises Busy when there is no room."""
        path = self._folder / path_of(name)
        try:
            await asyncio.to_thread(self._write, path, content)
        except OSError as error:
            raise Busy("a file could not be written") from error

    def _write(self, path: Path, content: bytes) -> None:
        fresh = self._folder / path_of(f"{secrets.token_urlsafe(16)}.new")
        for folder in (fresh.parent, path.parent):
            _make_folder(folder)
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)

    async def get(self, name: str) -> bytes | None:
        """The bytes, None when there are none."""
        path = self._folder / path_of(name)
        try:
            return await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError:
            return None

    async def get_part(self, name: str, start: int, end: int) -> bytes | None:
        """Some of the bytes, None when there is no such file."""
        return await asyncio.to_thread(_read_part, self._folder / path_of(name), start, end)

    async def delete(self, name: str) -> None:
        """Delete a file, if it is there."""
        path = self._folder / path_of(name)
        await asyncio.to_thread(path.unlink, missing_ok=True)

    async def list_before(self, letter: str, moment: datetime) -> AsyncIterator[str]:
        """The names with this first letter that were put before this moment."""
        for name in await asyncio.to_thread(self._list, letter, moment.timestamp()):
            yield name

    def _list(self, letter: str, moment: float) -> list[str]:
        found = []
        for path in (self._folder / letter).glob("*/*"):
            with contextlib.suppress(FileNotFoundError):  # it may be deleted while we look
                if path.stat().st_mtime < moment:
                    found.append(path.name)
        return found


def _read_part(path: Path, start: int, end: int) -> bytes | None:
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read(end - start)
    except FileNotFoundError:
        return None


def _make_folder(folder: Path) -> None:
    """Make a folder so that it outlives a crash: each new one is on the disk in the one above it."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
