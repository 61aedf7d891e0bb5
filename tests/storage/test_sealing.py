"""What members keep for themselves is sealed: nothing of it can be read in anything that is stored or written, and
nothing opens that was moved, cut, mixed up or sealed for another. Without its key it is gone everywhere.
"""

import asyncio
import io
import re
import secrets
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import LargeBinary, String, cast, delete, select, update
from sqlmodel import SQLModel

from domain.refusals import Reason, Refused
from domain.start_page import KeepsakeKind
from storage.database import Database, fetch_all
from storage.files import FileStore, open_file_store
from storage.photos import sealed_part, sweep_files
from storage.secrets import Seal, Unsealable
from storage.seeding import together
from storage.start_page.exchange import find_bookmarks
from storage.start_page.files import OwnFile, Upload, find_file, keep_file
from storage.start_page.keepsakes import Typed, keep
from storage.start_page.keys import Locked, destroy_start_page, find_key
from storage.start_page.pages import find_note, find_shelf, find_start_page, search_start_page
from storage.start_page.sealing import CHUNK
from storage.tables import File, Keepsake, StartPage
from tests.cast import NOON, World
from tests.storage.test_chunks import chunks_of

MISSING = Refused(Reason.MISSING)


@pytest.fixture
def folder(tmp_path: Path) -> FileStore:
    """A store in a folder: what lies in it can be looked at."""
    return open_file_store(tmp_path / "files")


async def _keep(database: Database, seal: Seal, member_id: int, kind: KeepsakeKind, typed: Typed) -> int:
    kept = await keep(database, seal, member_id, kind, typed, NOON)
    assert isinstance(kept, int), kept
    return kept


async def _keep_file(
    database: Database,
    files: FileStore,
    seal: Seal,
    member_id: int,
    content: bytes,
    name: str = "plan.txt",
    now: datetime = NOON,
) -> int:
    kept = await keep_file(database, files, seal, member_id, Upload(io.BytesIO(content), name), now)
    assert isinstance(kept, int), kept
    return kept


async def _rows(database: Database, statement: Any) -> list[Any]:
    async with database.reading() as connection:
        return await fetch_all(connection, statement)


async def test_a_row_moved_to_another_member_is_refused(database: Database, seal: Seal, world: World) -> None:
    amara, joost = world["amara"].member_id, world["joost"].member_id
    note = await _keep(database, seal, amara, KeepsakeKind.NOTE, Typed(title="Mine", body="Sealed words"))
    own = await _keep(database, seal, joost, KeepsakeKind.NOTE, Typed(title="Own", body="Own words"))
    (row,) = await _rows(database, select(Keepsake.c.sealed).where(Keepsake.c.keepsake_id == note))
    async with database.writing() as connection:
        moving = update(Keepsake).where(Keepsake.c.keepsake_id == own).values(sealed=row.sealed)
        await connection.execute(moving)
        await connection.execute(update(Keepsake).where(Keepsake.c.keepsake_id == note).values(member_id=joost))
    for stolen in (note, own):
        assert await find_note(database, seal, joost, stolen) is None
    shelf = await find_shelf(database, seal, joost, None)
    assert shelf is not None
    assert [(line.is_broken, line.title, line.text) for line in shelf.keepsakes] == [(True, "", "")] * 2
    assert (await search_start_page(database, seal, joost, "sealed")).keepsakes == ()
    wrapped = select(StartPage.c.wrapped_key).where(StartPage.c.member_id == amara)
    async with database.writing() as connection:  # with the key as well: it was wrapped for Amara
        stolen_key = (await connection.execute(wrapped)).scalar_one()
        await connection.execute(update(StartPage).where(StartPage.c.member_id == joost).values(wrapped_key=stolen_key))
    async with database.reading() as connection:
        with pytest.raises(Locked):
            await find_key(connection, seal, joost)


async def test_a_kind_is_not_changed_from_outside(database: Database, seal: Seal, world: World) -> None:
    amara = world["amara"].member_id
    link = await _keep(database, seal, amara, KeepsakeKind.LINK, Typed(address="https://example.org/", body="x"))
    async with database.writing() as connection:
        await connection.execute(update(Keepsake).values(kind=KeepsakeKind.NOTE.value))
    assert await find_note(database, seal, amara, link) is None


async def test_stored_bytes_that_were_bent_are_missing(
    database: Database, files: FileStore, seal: Seal, world: World
) -> None:
    """In both stores: chunks swapped, the end cut off, another file put in its place."""
    amara, content = world["amara"].member_id, secrets.token_bytes(3 * CHUNK)
    kept = await _keep_file(database, files, seal, amara, content)
    other = await _keep_file(database, files, seal, amara, secrets.token_bytes(3 * CHUNK), "other.txt")
    names = [
        row.file_name for row in await _rows(database, select(Keepsake.c.file_name).order_by(Keepsake.c.keepsake_id))
    ]
    stored, theirs = (sealed_part(name, "all") for name in names)
    sealed, replaced = await files.get(stored), await files.get(theirs)
    assert sealed
    assert replaced
    one, two, three = chunks_of(sealed)
    for bent in (two + one + three, one + two, replaced):
        await files.put(stored, bent)
        assert await find_file(database, files, seal, amara, kept) == MISSING
    await files.put(stored, two + one + three)
    assert await find_file(database, files, seal, amara, kept, f"bytes={CHUNK}-{CHUNK}") == MISSING
    await files.put(stored, sealed)
    assert await find_file(database, files, seal, amara, kept) == OwnFile("plan.txt", len(content), content)
    span = (CHUNK - 1, 2 * CHUNK)
    part = await find_file(database, files, seal, amara, kept, f"bytes={span[0]}-{span[1]}")
    assert part == OwnFile("plan.txt", len(content), content[span[0] : span[1] + 1], span)
    assert isinstance(await find_file(database, files, seal, amara, other), OwnFile)


async def test_two_uploads_at_once_do_not_overrun_the_room(
    database: Database, folder: FileStore, seal: Seal, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.start_page.QUOTA_OF_FILES", 100_000)
    amara = world["amara"].member_id
    uploads = [Upload(io.BytesIO(b"x" * 30_000), f"{number}.txt") for number in range(8)]
    kept = await asyncio.gather(*(keep_file(database, folder, seal, amara, one, NOON) for one in uploads))
    assert sum(isinstance(one, int) for one in kept) == 3
    assert {one.reason for one in kept if isinstance(one, Refused)} == {Reason.INVALID}
    assert len(await _rows(database, select(File.c.name))) == 3


async def test_first_things_kept_at_once_share_one_key(database: Database, seal: Seal, world: World) -> None:
    amara = world["amara"].member_id
    typed = [Typed(body=f"Note {number}") for number in range(8)]
    kept = await asyncio.gather(*(_keep(database, seal, amara, KeepsakeKind.NOTE, one) for one in typed))
    for note in kept:
        assert await find_note(database, seal, amara, note) is not None


# A thousand canaries.


@dataclass
class Hoard:
    """What was planted: the canaries by what they stand in, and the ids of notes and files."""

    canaries: list[str]
    notes: list[int]
    files: list[int]


async def _plant(database: Database, files: FileStore, seal: Seal, member_id: int, count: int) -> Hoard:
    """So many notes and files, each with a canary in every word of it."""
    hoard = Hoard([], [], [])

    def canary() -> str:
        hoard.canaries.append(f"zq{secrets.token_hex(10)}")
        return hoard.canaries[-1]

    async with together(database) as stage:
        for _ in range(count // 2):
            note = Typed(title=canary(), body=f"Said {canary()}", tags=canary())
            hoard.notes.append(await _keep(stage, seal, member_id, KeepsakeKind.NOTE, note))
        link = Typed(title=canary(), address=f"https://{canary()}.example/", body=canary(), tags=canary())
        await _keep(stage, seal, member_id, KeepsakeKind.LINK, link)
        await _keep(stage, seal, member_id, KeepsakeKind.FOLDER, Typed(title=canary()))
    for number in range(count - count // 2):
        text = f"{canary()} " * (9000 if number == 0 else 3)
        now = NOON + timedelta(minutes=number)  # a person's pace
        hoard.files.append(await _keep_file(database, files, seal, member_id, text.encode(), f"{canary()}.txt", now))
    return hoard


def _found(haystack: bytes) -> set[str]:
    """Every word in these bytes that looks like a canary: plain, in capitals, in two bytes a letter, as digits."""
    plain = re.findall(rb"zq[0-9a-f]{20}", haystack.lower())
    wide = re.findall(rb"zq[0-9a-f]{20}", haystack.replace(b"\0", b"").lower())
    digits = [bytes.fromhex(found.decode()) for found in re.findall(rb"7a71(?:3[0-9]|6[1-6]){20}", haystack.lower())]
    return {found.decode() for found in (*plain, *wide, *digits)}


async def _everything(database: Database) -> bytes:
    """Every value of every table, for the engine whose files cannot be looked at from here."""
    found = []
    async with database.reading() as connection:
        for table in SQLModel.metadata.sorted_tables:
            columns = [column if isinstance(column.type, LargeBinary) else cast(column, String) for column in table.c]
            for row in await fetch_all(connection, select(*columns)):
                found += [value if isinstance(value, bytes) else str(value).encode() for value in row]
    return b"\n".join(found)


@pytest.fixture
def log() -> Iterator[list[Any]]:
    """Everything that structlog is given meanwhile."""
    with structlog.testing.capture_logs() as entries:
        yield entries


def _back_up_and_read(home: Path) -> list[bytes]:
    """Every file of the instance but its secrets: database and log, stored files, mails, and a plain copy of it all."""
    kept = [path for path in home.rglob("*") if path.is_file() and path.name != "secrets.json"]
    with zipfile.ZipFile(home / "backup.zip", "w", zipfile.ZIP_STORED) as backup:
        for path in kept:
            backup.write(path, path.relative_to(home))
    return [path.read_bytes() for path in (*kept, home / "backup.zip")]


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.thorough)], indirect=True)
async def test_a_thousand_canaries_are_in_nothing_and_their_owner_reads_all(
    database: Database, seal: Seal, world: World, tmp_path: Path, log: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    amara, files = world["amara"].member_id, open_file_store(tmp_path / "files")
    (tmp_path / "mail").mkdir()
    hoard = await _plant(database, files, seal, amara, 1000)
    viewer = world["amara"].viewer
    await find_start_page(database, seal, viewer, NOON)
    assert (await search_start_page(database, seal, amara, hoard.canaries[0])).keepsakes
    written = _back_up_and_read(tmp_path)
    assert len(written) > 500
    haystack = b"\n".join((*written, await _everything(database), caplog.text.encode(), repr(log).encode()))
    assert len(hoard.canaries) > 2000
    assert _found(haystack) & set(hoard.canaries) == set()
    control = hoard.canaries[7]
    for form in (
        control.encode(),
        control.upper().encode(),
        control.encode("utf-16-le"),
        control.encode().hex().encode(),
    ):
        assert control in _found(haystack + form), "the search finds what is there"
    for number, note in enumerate(hoard.notes):
        title, text, tag = hoard.canaries[3 * number : 3 * number + 3]
        page = await find_note(database, seal, amara, note)
        assert page is not None
        assert (page.title, page.html, page.tags) == (title, f"<p>Said {text}</p>", (tag,))
    for number, file in enumerate(hoard.files):
        text, name = hoard.canaries[5 + 3 * len(hoard.notes) + 2 * number :][:2]
        found = await find_file(database, files, seal, amara, file)
        assert isinstance(found, OwnFile)
        assert found.name == f"{name}.txt"
        assert set((found.content or b"").split()) == {text.encode()}


# Destroying the key.


async def test_without_its_key_everything_is_gone(
    database: Database, folder: FileStore, seal: Seal, world: World, tmp_path: Path
) -> None:
    amara, joost = world["amara"].member_id, world["joost"].member_id
    hoard = await _plant(database, folder, seal, amara, 10)
    kept = await _keep(database, seal, joost, KeepsakeKind.NOTE, Typed(body="stays"))
    sealed = [bytes(row.sealed) for row in await _rows(database, select(Keepsake.c.sealed))]
    async with database.writing() as connection:
        await destroy_start_page(connection, amara, NOON)
    for note in hoard.notes:
        assert await find_note(database, seal, amara, note) is None
    for file in hoard.files:
        assert await find_file(database, folder, seal, amara, file) == MISSING
    shelf = await find_shelf(database, seal, amara, None)
    assert shelf is not None
    assert shelf.keepsakes == ()
    assert (await search_start_page(database, seal, amara, hoard.canaries[0])).keepsakes == ()
    assert "zq" not in await find_bookmarks(database, seal, amara)
    assert await find_note(database, seal, joost, kept) is not None
    fresh = await _keep(database, seal, amara, KeepsakeKind.NOTE, Typed(body="anew"))
    async with database.reading() as connection:
        key = await find_key(connection, seal, amara)
    assert key is not None
    for old in sealed:  # with the key of a page that was begun anew, the old rows stay shut
        for kind in KeepsakeKind:
            with pytest.raises(Unsealable):
                key.open_words(old, kind)
    assert await find_note(database, seal, amara, fresh) is not None


async def test_the_files_of_a_destroyed_page_are_swept(
    database: Database, folder: FileStore, seal: Seal, world: World, tmp_path: Path
) -> None:
    amara, joost = world["amara"].member_id, world["joost"].member_id
    for member_id in (amara, joost):
        await _keep_file(database, folder, seal, member_id, b"text")
    await sweep_files(database, folder, NOON + timedelta(days=2))
    assert len([path for path in (tmp_path / "files").rglob("*") if path.is_file()]) == 2, "they are in use"
    async with database.writing() as connection:
        await destroy_start_page(connection, amara, NOON)
    await sweep_files(database, folder, NOON + timedelta(days=2))
    assert len([path for path in (tmp_path / "files").rglob("*") if path.is_file()]) == 1
    assert [row.member_id for row in await _rows(database, select(File.c.member_id))] == [joost]


async def test_an_upload_during_the_destruction_is_not_kept(
    database: Database, folder: FileStore, seal: Seal, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was sealed with a key that is gone: kept, it could never be read."""
    amara = world["amara"].member_id
    await _keep(database, seal, amara, KeepsakeKind.NOTE, Typed(body="first"))
    real_put = folder.put

    async def put(name: str, content: bytes) -> None:
        await real_put(name, content)
        async with database.writing() as connection:
            await destroy_start_page(connection, amara, NOON)

    monkeypatch.setattr(folder, "put", put)
    refused = await keep_file(database, folder, seal, amara, Upload(io.BytesIO(b"late"), "late.txt"), NOON)
    assert isinstance(refused, Refused)
    assert await _rows(database, select(Keepsake.c.keepsake_id)) == []


async def test_a_row_without_its_key_says_nothing(database: Database, seal: Seal, world: World) -> None:
    """A backup that was put back after the key was destroyed, without the row of the key."""
    amara = world["amara"].member_id
    note = await _keep(database, seal, amara, KeepsakeKind.NOTE, Typed(body="gone"))
    async with database.writing() as connection:
        await connection.execute(delete(StartPage).where(StartPage.c.member_id == amara))
    assert await find_note(database, seal, amara, note) is None
