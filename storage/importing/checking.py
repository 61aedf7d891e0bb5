"""The first reading: everything that will be used is read, checked and counted before anything is written."""

from collections.abc import Callable, Generator, Sequence
from hashlib import sha256
from typing import Any, Final

from storage.importing.archive import FILES, Archive, Row
from storage.importing.ledger import Ledger
from storage.importing.rows import read_comment, read_link, read_post, read_tag, read_user, read_vote

_A_TIME: Final = 5_000
"""Rows between two reports of progress."""

_READERS: Final[dict[str, Callable[[Row], Any]]] = {
    "Users": read_user,
    "Posts": read_post,
    "Comments": read_comment,
    "Votes": read_vote,
    "PostLinks": read_link,
    "Tags": read_tag,
}


_Note = Callable[[Sequence[tuple[int, Any]]], None]


def check(archive: Archive, ledger: Ledger) -> Generator[int, None, dict[str, Any]]:
    """Read the archive once. Yields the bytes read so far; gives its counts. Raises BrokenArchive."""
    notes: dict[str, _Note] = {
        "Users": ledger.add_users,
        "Posts": ledger.add_posts,
        "Comments": ledger.add_comments,
        "Votes": ledger.add_votes,
        "PostLinks": ledger.add_links,
    }
    numbers: dict[str, int] = {}
    for name in FILES:
        if name not in archive.sizes:
            continue
        numbers[name] = yield from _read(archive, name, notes.get(name, _note_nothing))
        if name == "Posts":
            ledger.demand_parents()
    ledger.gather_writers()
    return {**ledger.counts(numbers), "sha256": archive.digests}


def digest_of(digests: dict[str, str]) -> str:
    """What tells two archives of one site apart: their files, not how they were packed."""
    return sha256("\n".join(f"{name} {digests[name]}" for name in sorted(digests)).encode()).hexdigest()


def _read(archive: Archive, name: str, note: _Note) -> Generator[int, None, int]:
    read = _READERS.get(name)
    batch: list[tuple[int, Any]] = []
    number = 0
    for row in archive.rows(name):
        number = row.number
        if read:
            batch.append((number, read(row)))
        if number % _A_TIME == 0:
            note(batch)
            batch = []
            yield archive.bytes_read
    note(batch)
    yield archive.bytes_read
    return number


def _note_nothing(_rows: Sequence[tuple[int, Any]]) -> None:
    """Rows of this file are only counted."""
