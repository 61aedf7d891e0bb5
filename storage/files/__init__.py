"""Where the bytes of uploaded files are kept: a folder of this machine, or a bucket that speaks S3.

A store knows names and bytes and nothing of people: who may see a file is decided before it is asked. Names are checked
against one strict pattern, so that no path can lead out of the store.
"""

import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from storage.files.folder import FolderStore
from storage.files.names import FIRST_LETTERS, StrangeName, path_of

__all__ = ["FIRST_LETTERS", "FileStore", "FolderStore", "StrangeName", "UnknownStore", "open_file_store", "path_of"]

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


class FileStore(Protocol):
    """What every store does. Each call raises StrangeName for a name that is none, and Busy when the store fails."""

    async def put(self, name: str, content: bytes) -> None:
        """Keep these bytes under this name, whole or not at all; once this returns they outlive a crash."""

    async def get(self, name: str) -> bytes | None:
        """The bytes under this name, None when there are none."""

    async def get_part(self, name: str, start: int, end: int) -> bytes | None:
        """The bytes under this name from `start` up to, and without, `end`; fewer where they end before. None when
        there is no such file."""

    async def delete(self, name: str) -> None:
        """Keep nothing under this name any more; it need not be there."""

    def list_before(self, letter: str, moment: datetime) -> AsyncIterator[str]:
        """The names that begin with this letter and were put before this moment."""


class UnknownStore(ValueError):
    """The settings name a store of which there is no such kind."""


def open_file_store(
    folder: Path, url: str = "", *, endpoint: str = "", region: str = "", key: str = "", secret: str = ""
) -> FileStore:
    """The store that the settings name: this folder, or `s3://bucket/prefix` with what else the bucket needs.

    Raises UnknownStore for any other address. Nothing is asked of a bucket yet.
    """
    if not url:
        return FolderStore(folder)
    parts = urlsplit(url)
    if parts.scheme != "s3" or not _BUCKET.fullmatch(parts.netloc) or parts.query or parts.fragment:
        raise UnknownStore("files are kept in a folder (no address) or under s3://bucket/prefix")
    from storage.files.bucket import BucketStore  # noqa: PLC0415 -- most instances never load that library

    return BucketStore(
        parts.netloc, parts.path.strip("/"), endpoint=endpoint, region=region or "us-east-1", key=key, secret=secret
    )
