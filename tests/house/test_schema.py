"""The migrations end at the tables of today, on both engines, and never widen an audience."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Connection, Integer, Table, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlmodel import SQLModel

import storage.tables  # noqa: F401 -- fills the metadata
from domain.members import ENTRY_RULES, EntryKind, MemberPage
from domain.visibility import (
    VISITOR,
    Audience,
    Key,
    Keys,
    Owner,
    Viewer,
    connection_key,
    keys_for,
    list_key,
    may_see,
    member_ring,
    sig_key,
)
from storage.database import Database, fetch_all
from storage.members.exposures import page_was_public
from storage.members.history import find_exposure_page
from storage.members.page import find_member_page
from storage.migrations import VERSIONS, migrate
from storage.migrations.upgrading import configure
from storage.secrets import Seal
from tests import services


def _is_of_both_engines(name: str | None, kind: str, _parents: object) -> bool:
    """The words of the index are a table of each engine's own making; tests of search hold them against each other."""
    return kind != "table" or not (name or "").startswith("document_words")


def _differences(connection: Connection) -> list[Any]:
    opts = {"compare_type": True, "compare_server_default": True, "include_name": _is_of_both_engines}
    context = MigrationContext.configure(connection, opts=opts)
    return list(compare_metadata(context, SQLModel.metadata))


async def test_the_migrations_end_at_the_tables(database: Database) -> None:
    async with database.reading() as connection:
        assert await connection.run_sync(_differences) == []


async def test_a_column_without_a_migration_is_found(database: Database) -> None:
    column: Column[int] = Column("forgotten", Integer)
    table: Table = SQLModel.metadata.tables["tags"]
    table.append_column(column)
    try:
        async with database.reading() as connection:
            found = await connection.run_sync(_differences)
    finally:
        table._columns.remove(column)
    assert [difference[0] for difference in found] == ["add_column"]


def test_no_migration_touches_keys_or_audiences() -> None:
    """Words of data in a migration are looked at by hand; those that could open something are refused here."""
    new_in_sigs = "joining|existence|describing|listing|question|rules|holds_first_posts"
    opening = re.compile(
        rf"['\"]public['\"]|UPDATE\s+(entries|posts|threads|key_set|sigs(?!\s+SET\s+({new_in_sigs})\b))"
        r"|[\s,(](content_)?(key_set_id|reading)\s*=\s",
        re.IGNORECASE,
    )
    assert [path.name for path in VERSIONS.glob("*.py") if opening.search(path.read_text())] == []


BEFORE = 1_790_000_000_000_000
"""When everything was chosen, in microseconds; the clock of the old house."""

OLD_KINDS = (
    "name", "profession", "headline", "about", "location", "languages", "interests", "objectives", "gender", "email",
)  # fmt: skip
OLD_AUDIENCES = ("everyone", "members", "my-sigs", "sig:1", "connections", "list:1", "only-me")
"""What a database of the first revision can hold, lists and connections in advance of themselves."""

OWNERS = {
    1: Owner(1, frozenset({1})),
    2: Owner(2, frozenset({1}), has_public_page=False),
    3: Owner(3, frozenset({1}), in_good_standing=False),
}


def _keys(kind: str, audience: str, owner: Owner) -> Keys:
    return keys_for(Audience.parse(audience), owner, may_be_public=ENTRY_RULES[EntryKind(kind)].may_be_public)


def _rings() -> list[Viewer]:
    """Everybody who could have looked then or can look now."""
    plain = member_ring(9, in_good_standing=True)
    more = [set[Key](), {sig_key(1)}, {connection_key(100), connection_key(104), connection_key(204)}, {list_key(1)}]
    viewers = [Viewer(9, plain | circles, {1: "SIG"}) for circles in more]
    return [VISITOR, Viewer(9, member_ring(9, in_good_standing=False)), *viewers]


class OldHouse:
    """A connection to a database of the first revision, which today's tables no longer describe."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        self.sets: dict[str, int] = {}

    async def put(self, table: str, **values: object) -> None:
        """Add a row."""
        names = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        await self.connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)

    async def key_set(self, keys: Keys) -> int:
        """The id of a set of keys."""
        name = " ".join(sorted(keys))
        if name not in self.sets:
            number = self.sets[name] = len(self.sets) + 1
            await self.put("key_sets", key_set_id=number, text=name)
            for key in keys:
                await self.put("key_set_keys", key_set_id=number, key=key)
        return self.sets[name]

    async def add_person(self, owner: Owner, audience: str) -> None:
        """Somebody with an entry of each kind for this audience; one of them is empty."""
        standing = {"in_good_standing": owner.in_good_standing, "has_public_page": owner.has_public_page}
        number = owner.member_id
        page = f"page-{number}"
        await self.put("members", member_id=number, public_id=page, joined_at=BEFORE, is_staff=False, **standing)
        for kind in OLD_KINDS:
            value = "" if kind in {"email", "interests"} else f"{kind} of {number}"
            keys = await self.key_set(_keys(kind, audience, owner))
            row = {"member_id": number, "kind": kind, "position": 0, "value": value, "audience": audience}
            await self.put("entries", **row, key_set_id=keys, changed_at=BEFORE)


async def _furnish(database: Database) -> None:
    """People of the first revision, of every standing and for every audience."""
    engine = create_async_engine(database.url)  # the door of today writes only to the tables of today
    async with engine.begin() as connection:
        await connection.run_sync(lambda inner: command.upgrade(configure(inner), "0001"))
        house = OldHouse(connection)
        for number, owner in OWNERS.items():
            for place, audience in enumerate(OLD_AUDIENCES):
                await house.add_person(replace(owner, member_id=number * 100 + place), audience)
    await engine.dispose()


async def _entries(database: Database) -> list[Any]:
    statement = text(
        "SELECT entry_id, member_id, kind, position, value, audience, key_sets.text, changed_at"
        " FROM entries JOIN key_sets ON key_sets.key_set_id = entries.key_set_id ORDER BY entry_id"
    )
    async with database.reading() as connection:
        return [tuple(row) for row in await fetch_all(connection, statement)]


@pytest.fixture
def old_url(engine: str, tmp_path: Path) -> Iterator[str]:
    """The address of a database that nobody has migrated yet."""
    if engine == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'old.db'}"
        return
    with services.postgres_database() as url:
        yield url


async def test_from_the_first_revision_on_nobody_sees_more_than_before(old_url: str, seal: Seal) -> None:
    database = Database(old_url)
    await _furnish(database)
    before = await _entries(database)
    assert len(before) == len(OWNERS) * len(OLD_AUDIENCES) * len(OLD_KINDS)
    await migrate(database)
    assert await _entries(database) == before, "no audience, no set of keys, no value changed"
    seen = 0
    for viewer in _rings():
        for member_id in sorted({row[1] for row in before}):
            mine = [row for row in before if row[1] == member_id and row[4]]
            allowed = {row[2] for row in mine if may_see(frozenset(row[6].split(" ")), viewer.ring)}
            found = await find_member_page(database, seal, viewer, f"page-{member_id}")
            shown = {entry.kind.value for entry in found.entries} if isinstance(found, MemberPage) else set()
            assert shown == allowed, (viewer.ring, member_id)
            seen += len(shown)
    assert seen > 100
    await _demand_that_histories_begin(database, seal, before)
    await database.close()


async def _demand_that_histories_begin(database: Database, seal: Seal, before: list[Any]) -> None:
    """Each history begins with what an entry carries, from when it was chosen; what is empty has none."""
    statement = text(
        "SELECT entry_id, member_id, kind, audience, key_sets.text, started_at, ended_at"
        " FROM exposures JOIN key_sets ON key_sets.key_set_id = exposures.key_set_id ORDER BY entry_id"
    )
    async with database.reading() as connection:
        begun = [tuple(row) for row in await fetch_all(connection, statement)]
        filled = [row for row in before if row[4] or row[2] == "email"]
        assert begun == [(row[0], row[1], row[2], row[5], row[6], row[7], None) for row in filled]
        public = {row[1] for row in filled if "public" in row[6].split(" ")}
        for member_id in {row[1] for row in before}:
            assert await page_was_public(connection, f"page-{member_id}") == (member_id in public)
    assert public
    page = await find_exposure_page(database, seal, 100)
    assert {line.key.scope for line in page.lines} == {"everyone", "members"}, "contact data was never public"
