"""The stores for files: one list of tests for the folder and for the bucket, and what is special about each."""

import asyncio
import errno
import os
import secrets
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Never

import pytest

from storage.database import Busy
from storage.files import FIRST_LETTERS, FileStore, FolderStore, StrangeName, UnknownStore, open_file_store
from tests.buckets import NAME, BucketServer
from tests.storage.conftest import open_bucket

LATER = datetime.now(UTC) + timedelta(days=1)

STRANGE = (
    "",
    ".",
    "..",
    "../abc.webp",
    "..%2fabc.webp",
    "a/b.webp",
    "/etc/passwd",
    "\\\\host\\share.webp",
    "abc",
    ".webp",
    "a.webp",
    "abc.webp\n",
    "abc.webp\0",
    "abc.webp\0.png",
    "abc..webp",
    "abc.tar.gz",
    "abc.WEBP",
    "äbc.webp",
    "ab c.webp",
    "abc.webp?x=1",
    "~root.webp",
    f"{'a' * 81}.webp",
)


async def _listed(files: FileStore, moment: datetime = LATER) -> set[str]:
    return {name for letter in FIRST_LETTERS async for name in files.list_before(letter, moment)}


@pytest.mark.parametrize("content", [b"", b"x", bytes(range(256)) * 8192], ids=["empty", "one", "two megabytes"])
async def test_what_is_put_is_got(files: FileStore, content: bytes) -> None:
    await files.put("abcdef-64.webp", content)
    assert await files.get("abcdef-64.webp") == content


async def test_a_part_is_got_as_it_lies_there(files: FileStore) -> None:
    content = bytes(range(256)) * 800
    await files.put("abcdef-64.webp", content)
    for start, end in ((0, 1), (0, len(content)), (65_536, 131_072), (204_000, 204_800)):
        assert await files.get_part("abcdef-64.webp", start, end) == content[start:end]
    assert await files.get_part("Abcdef-64.webp", 0, 10) is None


async def test_what_is_put_again_is_replaced(files: FileStore) -> None:
    await files.put("abcdef-64.webp", b"a much longer first version")
    await files.put("abcdef-64.webp", b"second")
    assert await files.get("abcdef-64.webp") == b"second"


async def test_what_was_never_put_is_not_there(files: FileStore) -> None:
    await files.put("abcdef-64.webp", b"x")
    for name in ("abcdef-65.webp", "Abcdef-64.webp", "zz.webp"):
        assert await files.get(name) is None


async def test_deleting_is_for_good_and_may_be_repeated(files: FileStore) -> None:
    await files.put("abcdef-64.webp", b"x")
    await files.put("abcdef-160.webp", b"y")
    for _ in range(2):
        await files.delete("abcdef-64.webp")
        assert await files.get("abcdef-64.webp") is None
    assert await _listed(files) == {"abcdef-160.webp"}


@pytest.mark.parametrize("name", STRANGE)
async def test_a_strange_name_leads_nowhere(files: FileStore, name: str, tmp_path: Path) -> None:
    (tmp_path / "abc.webp").write_bytes(b"outside")
    for asking in (files.put(name, b"x"), files.get(name), files.delete(name)):
        with pytest.raises(StrangeName) as refused:
            await asking
        assert not name.strip("./") or name not in str(refused.value)
    assert (tmp_path / "abc.webp").read_bytes() == b"outside"
    assert await _listed(files) == set()


async def test_names_are_listed_by_their_first_letter_and_age(files: FileStore) -> None:
    names = {f"{letter}{secrets.token_urlsafe(16)}-64.webp" for letter in "aAbZ09-_"}
    for name in names:
        await files.put(name, b"x")
    assert await _listed(files) == names
    assert {name async for name in files.list_before("A", LATER)} == {name for name in names if name[0] == "A"}
    assert await _listed(files, datetime.now(UTC) - timedelta(hours=1)) == set()


async def test_many_at_once_leave_one_whole(files: FileStore) -> None:
    contents = [bytes([number]) * 50_000 for number in range(12)]
    await asyncio.gather(*(files.put("abcdef-64.webp", content) for content in contents))
    assert await files.get("abcdef-64.webp") in contents
    assert await _listed(files) == {"abcdef-64.webp"}


# The folder.


async def test_the_folder_is_closed_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "files"
    await FolderStore(folder).put("abcdef-64.webp", b"x")
    modes = {path.relative_to(tmp_path): stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
    assert set(modes.values()) == {0o700, 0o600}
    assert modes[Path("home/files/a/b/abcdef-64.webp")] == 0o600


async def test_a_file_is_on_the_disk_before_it_has_its_name_and_the_name_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[str, str]] = []
    real_sync, real_replace = os.fsync, Path.replace

    def sync(handle: int) -> None:
        done.append(("sync", Path(f"/proc/self/fd/{handle}").readlink().name))
        real_sync(handle)

    def replace(self: Path, target: Path) -> Path:
        done.append(("replace", target.name))
        return real_replace(self, target)

    store = FolderStore(tmp_path / "files")
    await store.put("abcdef-64.webp", b"warm")
    monkeypatch.setattr("os.fsync", sync)
    monkeypatch.setattr(Path, "replace", replace)
    await store.put("abcdef-64.webp", b"x")
    files_and_name = [step for step in done if step[1].endswith(("new", "webp")) or step == ("sync", "b")][-3:]
    assert [kind for kind, _ in files_and_name] == ["sync", "replace", "sync"]
    assert files_and_name[0][1].endswith(".new")
    assert files_and_name[1:] == [("replace", "abcdef-64.webp"), ("sync", "b")]


async def test_a_full_disk_leaves_nothing_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FolderStore(tmp_path / "files")
    await store.put("abcdef-64.webp", b"before")

    def full(_handle: int) -> Never:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Busy):
        await store.put("abcdef-64.webp", b"after")
    monkeypatch.undo()
    assert await store.get("abcdef-64.webp") == b"before"
    assert await _listed(store) == {"abcdef-64.webp"}


_WRITER = """
import asyncio, sys
from pathlib import Path
from storage.files import FolderStore
async def main():
    store = FolderStore(Path(sys.argv[1]))
    for number in range(100_000):
        await store.put(f"n{number:06}-64.webp", str(number).encode() * 20_000)
        print(number, flush=True)
asyncio.run(main())
"""


def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    top = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", _WRITER, str(folder)], cwd=top, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(20)]
        process.kill()
        said += process.stdout.readlines()
    acknowledged = [int(line) for line in said if line.endswith(b"\n")]
    assert len(acknowledged) >= 20
    for number in acknowledged:
        path = folder / "n" / "0" / f"n{number:06}-64.webp"
        assert path.read_bytes() == str(number).encode() * 20_000
    for path in folder.rglob("*.webp"):  # the one more that may be there is whole as well
        assert path.read_bytes() == str(int(path.name[1:7])).encode() * 20_000


# The bucket.


async def test_a_bucket_keeps_to_its_prefix(s3: BucketServer) -> None:
    one, other = open_bucket(s3, "one"), open_bucket(s3, "other/deeper")
    await one.put("abcdef-64.webp", b"x")
    assert await other.get("abcdef-64.webp") is None
    assert await _listed(other) == set()
    assert (s3.folder / NAME / "one/a/b/abcdef-64.webp").read_bytes() == b"x"


async def test_a_wrong_signature_opens_nothing(s3: BucketServer) -> None:
    await open_bucket(s3, "signed").put("abcdef-64.webp", b"x")
    forged = open_bucket(s3, "signed", secret="0" * 40)
    for asking in (forged.get("abcdef-64.webp"), forged.put("abcdef-64.webp", b"y"), forged.delete("abcdef-64.webp")):
        with pytest.raises(Busy):
            await asking
    with pytest.raises(Busy):
        await _listed(forged)
    assert await open_bucket(s3, "signed").get("abcdef-64.webp") == b"x"


async def test_a_bucket_that_is_away_is_said_so_soon() -> None:
    away = open_file_store(Path(), f"s3://{NAME}", endpoint="http://127.0.0.1:9", key="k", secret="s")
    started = time.monotonic()
    for asking in (away.get("abcdef-64.webp"), away.put("abcdef-64.webp", b"x"), away.delete("abcdef-64.webp")):
        with pytest.raises(Busy):
            await asking
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    "url", ["ftp://host/x", "s3://", "s3:///x", "/var/files", "s3://Bucket!/x", "s3://bucket/x?y=1"]
)
def test_a_store_of_no_known_kind_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownStore):
        open_file_store(tmp_path, url)
