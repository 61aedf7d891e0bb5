"""Opening a dump and streaming its rows: a folder or a zip of eight known XML files, read row by row.

Nothing of an archive is trusted: only the known names are read, a DTD is refused, and a row or a compression beyond
reason ends the reading. Every failure is a `BrokenArchive` that names the file and the row.
"""

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

FILES: Final = ("Users", "Posts", "Comments", "Votes", "PostLinks", "Tags", "Badges", "PostHistory")
"""Every file of a dump, in the order in which they are checked."""

NEEDED: Final = ("Posts", "Users")
LONGEST_ROW: Final = 4 * 1024 * 1024
"""Bytes of one row; what upstream writes stays below a twentieth of it."""

HIGHEST_RATIO: Final = 250
"""How many times bigger than its compressed form a file may be; real ones are 4 to 20 times bigger."""

_SMALL: Final = 1024 * 1024
_CHUNK: Final = 64 * 1024
_SITE: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_BROKEN_READS: Final = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)


class BrokenArchive(ValueError):
    """The archive cannot be imported: which file, which row of it (from 1; None for the file as a whole), and why."""

    def __init__(self, file: str, row: int | None, what: str) -> None:
        self.file, self.row, self.what = file, row, what
        super().__init__(f"{file}: {what}" if row is None else f"{file}, row {row}: {what}")


class Row:
    """One row of one file: its attributes as written, and where it stands."""

    __slots__ = ("file", "given", "number")

    def __init__(self, file: str, number: int, given: dict[str, str]) -> None:
        self.file, self.number, self.given = file, number, given

    def broken(self, what: str) -> BrokenArchive:
        """The complaint about this row."""
        return BrokenArchive(self.file, self.number, what)


class Archive:
    """An opened dump. `sizes` holds the files that are there, with their uncompressed bytes."""

    def __init__(self, site: str, sizes: dict[str, int], opened: Callable[[str], IO[bytes]], close: Callable[[], None]):
        self.site = site
        self.sizes = sizes
        self._opened = opened
        self._close = close
        self.digests: dict[str, str] = {}
        """SHA-256 of each file that was read to its end."""
        self.bytes_read = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def rows(self, name: str) -> Iterator[Row]:
        """The rows of a file in their order; none when the archive has no such file. Raises BrokenArchive."""
        if name not in self.sizes:
            return
        file = f"{name}.xml"
        with _Source(self, file, self._open(name, file)) as source:
            try:
                yield from _rows(file, name.lower(), source)
            except DefusedXmlException as error:
                raise BrokenArchive(file, source.row + 1, "a DTD or entity is not allowed") from error
            except (ParseError, UnicodeError, LookupError) as error:
                raise BrokenArchive(file, source.row + 1, f"not well-formed XML ({error})") from error
            self.digests[name] = source.digest()

    def _open(self, name: str, file: str) -> IO[bytes]:
        try:
            return self._opened(name)
        except _BROKEN_READS as error:
            raise BrokenArchive(file, None, f"cannot be read ({error})") from error


class _Source:
    """The bytes of one file on their way to the parser: hashed, counted, and bounded per row."""

    def __init__(self, archive: Archive, file: str, raw: IO[bytes]) -> None:
        self._archive, self._file, self._raw = archive, file, raw
        self._hash = sha256()
        self._since_row = 0
        self.row = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._raw.close()

    def read(self, _size: int = -1) -> bytes:
        """The next bytes: more than the parser asks for, because it begins a long row again at each piece."""
        try:
            found = self._raw.read(_CHUNK)
        except _BROKEN_READS as error:
            raise BrokenArchive(self._file, self.row + 1, f"cannot be read ({error})") from error
        self._hash.update(found)
        self._archive.bytes_read += len(found)
        self._since_row += len(found)
        if self._since_row > LONGEST_ROW:
            raise BrokenArchive(self._file, self.row + 1, f"longer than {LONGEST_ROW:,} bytes")
        return found

    def passed_row(self) -> int:
        """Count a row that the parser has finished; gives its number, from 1."""
        self._since_row = 0
        self.row += 1
        return self.row

    def digest(self) -> str:
        """SHA-256 of what was read."""
        return self._hash.hexdigest()


def _rows(file: str, root_name: str, source: _Source) -> Iterator[Row]:
    """Rows as the parser finishes them; the root is emptied after each, so that memory stays flat."""
    root: Element | None = None
    depth = 0
    for event, element in iterparse(source, events=("start", "end"), forbid_dtd=True):
        if event == "end":
            depth -= 1
            if depth == 1 and root is not None:
                yield Row(file, source.passed_row(), element.attrib)
                root.clear()
            continue
        depth += 1
        if root is None:
            root = element
            if element.tag.lower() != root_name:
                raise BrokenArchive(file, None, f"starts with <{element.tag[:40]}>, not with <{root_name}>")
        elif depth > 2 or element.tag != "row":
            raise BrokenArchive(file, source.row + 1, f"<{element.tag[:40]}> where only rows stand")


def open_archive(path: Path, site: str | None = None) -> Archive:
    """Open a folder or a zip. `site` is the host it comes from; without it, the name of the folder or file says so.

    Raises BrokenArchive when it is neither, when the name is no host name, or when a needed file is missing.
    """
    name = site or (path.name if path.is_dir() else path.name.removesuffix(".zip"))
    if not _SITE.fullmatch(name.lower()) or len(name) > 100:
        raise BrokenArchive(path.name, None, "its name is not that of a site, such as ai.stackexchange.com.zip")
    archive = _open_folder(path, name.lower()) if path.is_dir() else _open_zip(path, name.lower())
    missing = [f"{needed}.xml" for needed in NEEDED if needed not in archive.sizes]
    if missing:
        with archive:
            raise BrokenArchive(path.name, None, f"has no {' and no '.join(missing)}")
    return archive


def _known(name: str) -> str | None:
    """The file that a name stands for; early dumps wrote `posts.xml`."""
    return next((file for file in FILES if name.lower() == f"{file.lower()}.xml"), None)


def _open_folder(path: Path, site: str) -> Archive:
    paths: dict[str, Path] = {}
    for found in path.iterdir():
        known = _known(found.name)
        if known and found.is_file():
            if known in paths:
                raise BrokenArchive(path.name, None, f"has {known}.xml twice")
            paths[known] = found
    sizes = {name: found.stat().st_size for name, found in paths.items()}
    return Archive(site, sizes, lambda name: paths[name].open("rb"), lambda: None)


def _open_zip(path: Path, site: str) -> Archive:
    try:
        packed = zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise BrokenArchive(path.name, None, "there is no such file or folder") from error
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise BrokenArchive(path.name, None, f"neither a folder nor a whole zip archive ({error})") from error
    try:
        members = _members(path, packed)
    except BrokenArchive:
        packed.close()
        raise
    sizes = {name: member.file_size for name, member in members.items()}
    return Archive(site, sizes, lambda name: packed.open(members[name]), packed.close)


def _members(path: Path, packed: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The known files of a zip; whatever else is in there is never opened."""
    members: dict[str, zipfile.ZipInfo] = {}
    for member in packed.infolist():
        known = _known(member.filename)
        if known is None:
            continue
        if known in members:
            raise BrokenArchive(path.name, None, f"has {known}.xml twice")
        if member.file_size > _SMALL and member.file_size > HIGHEST_RATIO * max(1, member.compress_size):
            raise BrokenArchive(
                f"{known}.xml", None, f"more than {HIGHEST_RATIO} times bigger than its compressed form"
            )
        members[known] = member
    return members
