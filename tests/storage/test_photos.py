"""Photos as stored: bytes before the row, the entry's rule over each, and nothing left once they are dropped."""

import asyncio
import io
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from domain.files import PHOTO_SIZES, photo_part
from domain.members import EntryKind, Slot
from domain.refusals import Problem, Reason, Refused
from domain.visibility import ALL_MEMBERS, EVERYONE, ONLY_ME, VISITOR, Audience, Viewer
from storage.database import Busy, Database, fetch_all, statements_of_request
from storage.files import FIRST_LETTERS, FileStore
from storage.members.keys import hold_owner, rewrite_keys, write_entry
from storage.photos import SWEEP_AFTER, delete_file, drop_photo, find_photo, save_photo, sweep_files
from storage.tables import Entry, Event, File, Member
from tests.cast import NOON, Person, World
from tests.pictures import demand_harmless, encode, picture

GONE, MISSING = Refused(Reason.GONE), Refused(Reason.MISSING)
REAL_NOW = datetime.now(UTC)


async def _save(database: Database, files: FileStore, person: Person, now: datetime = NOON) -> str:
    name = await save_photo(database, files, person.member_id, encode(picture()), now)
    assert isinstance(name, str), name
    return name


async def _choose(database: Database, person: Person, audience: Audience, now: datetime) -> None:
    """Another audience for the photo that is there."""
    async with database.writing() as connection:
        owner = await hold_owner(connection, person.member_id)
        value = (await connection.execute(_entry(person))).scalar_one()
        await write_entry(connection, owner, Slot(EntryKind.PHOTO), value, audience, now)


def _entry(person: Person) -> Any:
    return select(Entry.c.value).where(Entry.c.member_id == person.member_id, Entry.c.kind == EntryKind.PHOTO)


async def _rows(database: Database, statement: Any) -> list[Any]:
    async with database.reading() as connection:
        return await fetch_all(connection, statement)


async def _dropped(database: Database) -> list[Any]:
    return await _rows(database, select(Event.c.ids).where(Event.c.name == "file.dropped").order_by(Event.c.event_id))


async def _stored(files: FileStore) -> set[str]:
    later = REAL_NOW + timedelta(days=9)
    return {name for letter in FIRST_LETTERS async for name in files.list_before(letter, later)}


async def test_a_saved_photo_is_there_in_every_size(database: Database, files: FileStore, world: World) -> None:
    name = await _save(database, files, world["amara"])
    for size in PHOTO_SIZES:
        content = await find_photo(database, files, world["amara"].viewer, name, size)
        assert isinstance(content, bytes)
        demand_harmless(content, size)
    (row,) = await _rows(
        database, select(File.c.name, File.c.member_id, File.c.media_type, File.c.size, File.c.made_at)
    )
    assert row[:3] == (name, world["amara"].member_id, "image/webp")
    assert row.made_at == NOON
    parts = [await files.get(photo_part(name, size)) for size in PHOTO_SIZES]
    assert row.size == sum(len(part or b"") for part in parts)
    assert await _rows(database, _entry(world["amara"])) == [(name,)]


@pytest.mark.parametrize("as_file", [False, True])
async def test_what_is_refused_leaves_nothing(
    database: Database, files: FileStore, world: World, as_file: bool
) -> None:
    content = b"<svg/>"
    source = io.BytesIO(content) if as_file else content
    refused = await save_photo(database, files, world["amara"].member_id, source, NOON)
    assert refused == Refused(Reason.INVALID, {"photo": Problem.UNKNOWN_TYPE})
    assert await _stored(files) == set()
    assert await _rows(database, select(File.c.name)) == []
    assert await _rows(database, _entry(world["amara"])) == []


async def test_the_entry_decides_who_gets_it(database: Database, files: FileStore, world: World) -> None:
    """Every viewer under every audience; those who do not get it cannot tell it from one that never was."""
    amara = world["amara"]
    name = await _save(database, files, amara)
    viewers = {"visitor": VISITOR, **{part: world[part].viewer for part in ("amara", "joost", "lin", "tariq", "nina")}}
    everybody, members = set(viewers), {"amara", "joost", "lin", "tariq"}
    table: Iterable[tuple[Audience, set[str]]] = (
        (ONLY_ME, {"amara"}),
        (Audience.parse(f"sig:{world.sigs['boardroom']}"), {"amara", "lin"}),
        (Audience.parse("my-sigs"), {"amara", "joost", "lin"}),
        (ALL_MEMBERS, members),
        (EVERYONE, everybody),
    )
    for hours, (audience, seeing) in enumerate(table):
        await _choose(database, amara, audience, NOON + timedelta(hours=hours))
        for part, viewer in viewers.items():
            for size in PHOTO_SIZES:
                found = await find_photo(database, files, viewer, name, size)
                assert isinstance(found, bytes) if part in seeing else found == MISSING, (audience, part)


async def test_the_default_is_members_only(database: Database, files: FileStore, world: World) -> None:
    name = await _save(database, files, world["amara"])
    assert await find_photo(database, files, VISITOR, name, 64) == MISSING
    assert isinstance(await find_photo(database, files, world["tariq"].viewer, name, 64), bytes)


async def test_once_public_is_gone_and_only_then(database: Database, files: FileStore, world: World) -> None:
    amara = world["amara"]
    first = await _save(database, files, amara)
    await _choose(database, amara, EVERYONE, NOON + timedelta(hours=1))
    await _choose(database, amara, ALL_MEMBERS, NOON + timedelta(hours=2))
    assert await find_photo(database, files, VISITOR, first, 160) == GONE
    assert isinstance(await find_photo(database, files, world["tariq"].viewer, first, 160), bytes)
    second = await _save(database, files, amara, NOON + timedelta(hours=3))
    assert await find_photo(database, files, VISITOR, second, 160) == MISSING  # that one never was
    await _choose(database, amara, EVERYONE, NOON + timedelta(hours=4))
    assert isinstance(await find_photo(database, files, VISITOR, second, 160), bytes)


async def test_the_switch_of_the_public_page_counts(database: Database, files: FileStore, world: World) -> None:
    amara = world["amara"]
    name = await _save(database, files, amara)
    await _choose(database, amara, EVERYONE, NOON)
    assert isinstance(await find_photo(database, files, VISITOR, name, 64), bytes)
    async with database.writing() as connection:
        switch = update(Member).where(Member.c.member_id == amara.member_id)
        await connection.execute(switch.values(has_public_page=False))
        await rewrite_keys(connection, amara.member_id, NOON + timedelta(hours=1))
    assert await find_photo(database, files, VISITOR, name, 64) == GONE
    assert isinstance(await find_photo(database, files, world["tariq"].viewer, name, 64), bytes)


async def test_other_names_and_sizes_are_missing(database: Database, files: FileStore, world: World) -> None:
    name = await _save(database, files, world["amara"])
    viewer = world["amara"].viewer
    for other in (
        name[:-1],
        name.swapcase(),
        f"{name}x",
        "A" * 22,
        "",
        "../../stoa.db",
        f"{name}\0",
        f"{name}-64.webp",
    ):
        assert await find_photo(database, files, viewer, other, 64) == MISSING
    for size in (0, 1, 63, 65, 480_000, -64, 2**63 - 1):
        assert await find_photo(database, files, viewer, name, size) == MISSING


async def test_somebody_elses_file_opens_nothing(database: Database, files: FileStore, world: World) -> None:
    """An entry that names another member's file gives no right to it, and does not keep it."""
    name = await _save(database, files, world["amara"])
    ((file_id,),) = await _rows(database, select(File.c.file_id))
    await drop_photo(database, world["amara"].member_id, NOON)
    async with database.writing() as connection:
        owner = await hold_owner(connection, world["tariq"].member_id)
        await write_entry(connection, owner, Slot(EntryKind.PHOTO), name, EVERYONE, NOON)
    for viewer in (VISITOR, world["tariq"].viewer):
        assert await find_photo(database, files, viewer, name, 64) == MISSING
    await delete_file(database, files, file_id)
    assert await _stored(files) == set()


async def test_one_statement_whoever_asks(database: Database, files: FileStore, world: World) -> None:
    name = await _save(database, files, world["amara"])
    for viewer in (VISITOR, world["amara"].viewer, Viewer(ring=frozenset())):
        noted: list[str] = []
        token = statements_of_request.set(noted)
        await find_photo(database, files, viewer, name, 64)
        statements_of_request.reset(token)
        assert len(noted) == 1, noted


async def test_who_has_the_bytes_is_asked_for_all_the_same(database: Database, files: FileStore, world: World) -> None:
    name = await _save(database, files, world["amara"])
    assert await find_photo(database, files, world["amara"].viewer, name, 64, with_bytes=False) == b""
    assert await find_photo(database, files, VISITOR, name, 64, with_bytes=False) == MISSING


async def test_a_replaced_photo_is_missing_at_once_and_deleted_after(
    database: Database, files: FileStore, world: World
) -> None:
    amara = world["amara"]
    first = await _save(database, files, amara)
    second = await _save(database, files, amara, NOON + timedelta(minutes=1))
    assert await find_photo(database, files, amara.viewer, first, 64) == MISSING
    assert len(await _dropped(database)) == 1
    (first_id,) = (await _rows(database, select(File.c.file_id).where(File.c.name == first)))[0]
    for _ in range(2):  # at least once, so twice must do no harm
        await delete_file(database, files, first_id)
    assert await _stored(files) == {photo_part(second, size) for size in PHOTO_SIZES}
    assert await _rows(database, select(File.c.name)) == [(second,)]


async def test_a_removed_photo_leaves_nothing(database: Database, files: FileStore, world: World) -> None:
    amara = world["amara"]
    name = await _save(database, files, amara)
    ((file_id,),) = await _rows(database, select(File.c.file_id))
    await drop_photo(database, amara.member_id, NOON)
    assert await find_photo(database, files, amara.viewer, name, 64) == MISSING
    await delete_file(database, files, file_id)
    assert await _stored(files) == set()
    assert await _rows(database, select(File.c.name)) == []
    await drop_photo(database, amara.member_id, NOON)  # there is none: nothing to do
    assert len(await _dropped(database)) == 1


async def test_a_file_in_use_is_never_deleted(database: Database, files: FileStore, world: World) -> None:
    name = await _save(database, files, world["amara"])
    ((file_id,),) = await _rows(database, select(File.c.file_id))
    await delete_file(database, files, file_id)
    assert isinstance(await find_photo(database, files, world["amara"].viewer, name, 64), bytes)


class Broken:
    """A store that fails at the n-th thing it is asked to put."""

    def __init__(self, files: FileStore, fails_at: int) -> None:
        self._files, self._left = files, fails_at

    async def put(self, name: str, content: bytes) -> None:
        """As the store beneath, until it fails."""
        self._left -= 1
        if self._left < 0:
            raise Busy("no room")
        await self._files.put(name, content)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._files, name)


async def _sweep_all(database: Database, files: FileStore, now: datetime) -> None:
    for hour in range(len(FIRST_LETTERS)):
        await sweep_files(database, files, now + timedelta(hours=hour))


@pytest.mark.parametrize("fails_at", [0, 1, 2])
async def test_a_failing_store_leaves_no_row_and_its_rest_is_swept(
    database: Database, files: FileStore, world: World, fails_at: int
) -> None:
    kept = await _save(database, files, world["joost"], REAL_NOW)
    with pytest.raises(Busy):
        await _save(database, Broken(files, fails_at), world["amara"], REAL_NOW)
    assert await _rows(database, select(File.c.name)) == [(kept,)]
    assert await _rows(database, _entry(world["amara"])) == []
    whole = {photo_part(kept, size) for size in PHOTO_SIZES}
    assert len(await _stored(files)) == len(whole) + fails_at
    await _sweep_all(database, files, datetime.now(UTC) + SWEEP_AFTER + timedelta(minutes=1))
    assert await _stored(files) == whole


async def test_what_nothing_names_is_swept_after_a_day_and_not_before(
    database: Database, files: FileStore, world: World
) -> None:
    kept = await _save(database, files, world["joost"], REAL_NOW)
    await _save(database, files, world["amara"], REAL_NOW)
    await drop_photo(database, world["amara"].member_id, REAL_NOW)  # and its event is lost
    for letter in FIRST_LETTERS:
        await files.put(f"{letter}forgotten-64.webp", b"x")
    await sweep_files(database, files, REAL_NOW + SWEEP_AFTER - timedelta(hours=1))
    assert len(await _stored(files)) == 6 + len(FIRST_LETTERS)
    await _sweep_all(database, files, datetime.now(UTC) + SWEEP_AFTER + timedelta(minutes=1))
    assert await _stored(files) == {photo_part(kept, size) for size in PHOTO_SIZES}
    assert await _rows(database, select(File.c.name)) == [(kept,)]


async def test_two_at_once_leave_one(database: Database, files: FileStore, world: World) -> None:
    amara = world["amara"]
    names = await asyncio.gather(*(_save(database, files, amara) for _ in range(3)))
    ((value,),) = await _rows(database, _entry(amara))
    assert value in names
    for (file_id,) in await _rows(database, select(File.c.file_id)):
        await delete_file(database, files, file_id)
    assert await _stored(files) == {photo_part(value, size) for size in PHOTO_SIZES}
    assert len(await _dropped(database)) == 2
