"""A broken archive is refused with file and row, and leaves the database as it was."""

import io
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from storage.database import Database
from storage.importing import BrokenArchive, import_site
from tests.cast import NOON
from tests.importing.archives import Files, change, comment, day, reply, small_site, spell, write_folder, write_zip
from tests.importing.stock import count_all

SITE = "valves.stackexchange.com"
HUGE = "9" * 25


async def _refusal(database: Database, path: Path) -> BrokenArchive:
    before = await count_all(database)
    with pytest.raises(BrokenArchive) as caught:
        await import_site(database, path, now=NOON)
    assert await count_all(database) == before
    return caught.value


@pytest.fixture
def engine() -> str:
    """One engine is enough: nothing is written."""
    return "sqlite"


@pytest.mark.parametrize(
    ("name", "number", "values", "what"),
    [
        ("Posts", 1, {"Id": None}, "Id is missing"),
        ("Posts", 1, {"Id": HUGE}, "Id is not a whole number: '9999999999999999999999999'"),
        ("Posts", 1, {"Id": 2**63}, "Id is out of range: '9223372036854775808'"),
        ("Posts", 1, {"Id": "1_0"}, "Id is not a whole number: '1_0'"),
        ("Posts", 1, {"Id": "٣"}, "Id is not a whole number: '٣'"),
        ("Posts", 1, {"Id": -4}, "Id is out of range: '-4'"),
        ("Posts", 1, {"PostTypeId": "x"}, "PostTypeId is not a whole number: 'x'"),
        (
            "Posts",
            1,
            {"CreationDate": "2018-02-30T00:00:00.000"},
            "CreationDate is not a date: '2018-02-30T00:00:00.000'",
        ),
        ("Posts", 1, {"CreationDate": "yesterday"}, "CreationDate is not a date: 'yesterday'"),
        ("Posts", 1, {"ClosedDate": "0"}, "ClosedDate is not a date: '0'"),
        ("Posts", 1, {"Score": 2**40}, "Score is out of range: '1099511627776'"),
        ("Posts", 1, {"Title": None}, "Title is missing"),
        ("Posts", 1, {"Tags": "valves"}, "Tags are in no known notation: 'valves'"),
        ("Posts", 1, {"Body": None}, "Body is missing"),
        ("Posts", 1, {"Body": "x" * 1_000_001}, "Body is longer than 1,000,000 characters"),
        (
            "Posts",
            1,
            {"ContentLicense": "All rights reserved"},
            "ContentLicense is not one we know how to keep: 'All rights reserved'",
        ),
        ("Posts", 1, {"OwnerUserId": ""}, "OwnerUserId is not a whole number: ''"),
        ("Posts", 2, {"ParentId": None}, "ParentId is missing"),
        ("Posts", 2, {"ParentId": 98}, "reply 2 belongs to thread 98, which is not in the file"),
        ("Posts", 2, {"ParentId": 3}, "reply 2 belongs to thread 3, which is not in the file"),
        ("Posts", 4, {"Id": 1}, "Id 1 was already in row 2"),
        ("Users", 3, {"Id": 2}, "Id 2 was already in row 3"),
        ("Users", 1, {"DisplayName": None}, "DisplayName is missing"),
        ("Users", 1, {"AccountId": "none"}, "AccountId is not a whole number: 'none'"),
        ("Comments", 2, {"PostId": None}, "PostId is missing"),
        ("Comments", 2, {"Text": None}, "Text is missing"),
        ("Comments", 2, {"Id": 1}, "Id 1 was already in row 1"),
        ("Votes", 9, {"VoteTypeId": HUGE}, "VoteTypeId is not a whole number: '9999999999999999999999999'"),
        ("PostLinks", 1, {"RelatedPostId": None}, "RelatedPostId is missing"),
        ("Tags", 1, {"TagName": " "}, "TagName is empty"),
    ],
)
async def test_a_broken_row_is_named(
    database: Database, tmp_path: Path, name: str, number: int, values: dict[str, object], what: str
) -> None:
    files = small_site()
    at = next(place for place, row in enumerate(files[name], 1) if row["Id"] == number)
    found = await _refusal(database, write_folder(tmp_path / SITE, change(files, name, number, **values)))
    assert (found.file, found.row, found.what) == (f"{name}.xml", at, what)
    assert str(found) == f"{name}.xml, row {at}: {what}"


BILLION = b'<!DOCTYPE posts [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><posts><row Id="&b;"/></posts>'


@pytest.mark.parametrize(
    ("content", "row", "what"),
    [
        (b"", 1, "not well-formed XML (no element found"),
        (b"<posts>", 1, "not well-formed XML (no element found"),
        (b'<posts><row Id="1"/><row Id="2', 1, "PostTypeId is missing"),
        (b"<users></users>", None, "starts with <users>, not with <posts>"),
        (b"<posts><thread/></posts>", 1, "<thread> where only rows stand"),
        (b"<posts><row><row/></row></posts>", 1, "<row> where only rows stand"),
        (BILLION, 1, "a DTD or entity is not allowed"),
        (b'<!DOCTYPE posts SYSTEM "file:///etc/passwd"><posts/>', 1, "a DTD or entity is not allowed"),
        (b'<posts><row Id="\xff\xfe"/></posts>', 1, "not well-formed XML (not well-formed (invalid token)"),
        (b'<posts><row Id="&#0;"/></posts>', 1, "not well-formed XML (reference to invalid character number"),
        (b'<?xml version="1.0" encoding="klingon"?><posts/>', 1, "not well-formed XML (unknown encoding"),
        (b"\x00\x01\x02", 1, "not well-formed XML"),
    ],
)
async def test_a_broken_file_is_named(
    database: Database, tmp_path: Path, content: bytes, row: int | None, what: str
) -> None:
    folder = write_folder(tmp_path / SITE, small_site())
    (folder / "Posts.xml").write_bytes(content)
    found = await _refusal(database, folder)
    assert (found.file, found.row) == ("Posts.xml", row)
    assert found.what.startswith(what)


async def test_a_file_cut_short_is_named_with_the_row(database: Database, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / SITE, small_site())
    whole = spell("Comments", small_site()["Comments"])
    (folder / "Comments.xml").write_bytes(whole[: whole.index(b'Id="3"') + 20])
    found = await _refusal(database, folder)
    assert (found.file, found.row) == ("Comments.xml", 3)
    assert found.what.startswith("not well-formed XML")


@pytest.mark.parametrize("row", [b'<row Id="1" Text="' + b"x" * 5_000_000 + b'"/>', b"x" * 5_000_000])
async def test_a_row_beyond_reason_ends_the_reading(database: Database, tmp_path: Path, row: bytes) -> None:
    folder = write_folder(tmp_path / SITE, small_site())
    (folder / "Badges.xml").write_bytes(b"<badges>" + row + b"</badges>")
    found = await _refusal(database, folder)
    assert (found.file, found.row, found.what) == ("Badges.xml", 1, "longer than 4,194,304 bytes")


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (("Users",), "has no Posts.xml"),
        (("Posts",), "has no Users.xml"),
        (("Comments",), "has no Posts.xml and no Users.xml"),
    ],
)
async def test_needed_files_are_named(database: Database, tmp_path: Path, names: tuple[str, ...], what: str) -> None:
    files: Files = {name: small_site()[name] for name in names}
    for path in (write_folder(tmp_path / SITE, files), write_zip(tmp_path / f"{SITE}.zip", files)):
        found = await _refusal(database, path)
        assert (found.file, found.row, found.what) == (path.name, None, what)


@pytest.mark.parametrize("name", ["my dump.zip", "../../etc.zip".replace("/", "_"), "-x.zip", "a" * 120 + ".zip"])
async def test_the_name_is_the_sites(database: Database, tmp_path: Path, name: str) -> None:
    found = await _refusal(database, write_zip(tmp_path / name, small_site()))
    assert found.what == "its name is not that of a site, such as ai.stackexchange.com.zip"


def _empty(_whole: bytes) -> bytes:
    return b""


def _other(_whole: bytes) -> bytes:
    return b"no zip at all"


def _cut(whole: bytes) -> bytes:
    return whole[: len(whole) // 2]


def _flip(whole: bytes) -> bytes:
    """One bit of the packed posts is wrong."""
    with zipfile.ZipFile(io.BytesIO(whole)) as packed:
        start = packed.getinfo("Posts.xml").header_offset
    at = start + 30 + len("Posts.xml") + 40
    return whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]


def _lie_about_crc(whole: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(whole)) as packed:
        crc = packed.getinfo("Posts.xml").CRC
    return whole.replace(struct.pack("<L", crc), struct.pack("<L", crc ^ 1))


@pytest.mark.parametrize(
    ("spoil", "file"),
    [
        (_other, f"{SITE}.zip"),
        (_empty, f"{SITE}.zip"),
        (_cut, f"{SITE}.zip"),
        (_flip, "Posts.xml"),
        (_lie_about_crc, "Posts.xml"),
    ],
)
async def test_a_spoiled_zip(database: Database, tmp_path: Path, spoil: Callable[[bytes], bytes], file: str) -> None:
    path = write_zip(tmp_path / f"{SITE}.zip", small_site())
    path.write_bytes(spoil(path.read_bytes()))
    assert (await _refusal(database, path)).file == file


async def test_no_such_file(database: Database, tmp_path: Path) -> None:
    assert (await _refusal(database, tmp_path / f"{SITE}.zip")).what == "there is no such file or folder"


async def test_a_bomb_is_not_unpacked(database: Database, tmp_path: Path) -> None:
    path = tmp_path / f"{SITE}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("Users.xml", spell("Users", []))
        packed.writestr("Posts.xml", b"<posts>" + b" " * 30_000_000 + b"</posts>")
    found = await _refusal(database, path)
    assert (found.file, found.what) == ("Posts.xml", "more than 250 times bigger than its compressed form")


async def test_only_known_names_are_read(database: Database, tmp_path: Path) -> None:
    path = write_zip(tmp_path / f"{SITE}.zip", small_site())
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("../../outside.xml", "<oops")
        packed.writestr("/etc/Posts.xml", "<oops")
        packed.writestr("Secrets.xml", "<oops")
    await import_site(database, path, now=NOON)
    own = {"stoa.db", "stoa.db-shm", "stoa.db-wal", "stoa.db-next", "stoa.db-writing"}
    assert set(os.listdir(tmp_path)) == {path.name, *own}  # noqa: PTH208


async def test_a_file_twice_is_refused(database: Database, tmp_path: Path) -> None:
    path = write_zip(tmp_path / f"{SITE}.zip", small_site())
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("posts.xml", spell("Posts", []))
    assert (await _refusal(database, path)).what == "has Posts.xml twice"


async def test_a_newer_dump_that_is_broken_leaves_the_older_one(database: Database, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / SITE, small_site())
    await import_site(database, folder, now=NOON)
    files = small_site()
    files["Posts"].append(reply(9, 1, day(9)))
    files["Comments"].append(comment(9, 9, "never"))
    found = await _refusal(database, write_folder(folder, files))
    assert (found.file, found.row, found.what) == ("Comments.xml", 5, "CreationDate is not a date: 'never'")
