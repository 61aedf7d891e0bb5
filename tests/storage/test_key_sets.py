"""The two forms of the one rule agree: SQL's `opens` and Python's `may_see`, on both engines."""

import asyncio
from collections.abc import Iterable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from domain.visibility import (
    MEMBERS,
    PUBLIC,
    STAFF,
    VISITOR_RING,
    Key,
    Keys,
    Ring,
    connection_key,
    list_key,
    may_see,
    own_key,
    sig_key,
)
from storage.database import Database, fetch_all, statements_of_request
from storage.key_sets import intern_key_set, opens, parse_keys
from storage.tables import Entry, KeySet, KeySetKey, Post, Thread
from tests.cast import World

_IDS = st.integers(1, 12) | st.sampled_from([10**9, 2**63 - 1])
_KEYS = st.sampled_from([PUBLIC, MEMBERS, STAFF]) | st.builds(
    lambda make, number: make(number), st.sampled_from([sig_key, own_key, connection_key, list_key]), _IDS
)
_SETS = st.lists(st.frozensets(_KEYS, min_size=1, max_size=5), min_size=1, max_size=12)
_RINGS = st.lists(st.frozensets(_KEYS, max_size=40), min_size=1, max_size=6)


def _drawn(runs: int) -> list[tuple[list[Keys], list[Ring]]]:
    """Drawn first and asked afterwards, because the loop runs already; the same each time."""
    drawn: list[tuple[list[Keys], list[Ring]]] = []

    @settings(max_examples=runs, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(_SETS, _RINGS)
    def draw(sets: list[Keys], rings: list[Ring]) -> None:
        drawn.append((sets, rings))

    draw()
    return drawn


async def _store(database: Database, sets: Iterable[Keys]) -> dict[int, Keys]:
    async with database.writing() as connection:
        return {await intern_key_set(connection, keys): keys for keys in sets}


async def _opened(database: Database, ids: Iterable[int], ring: Ring) -> set[int]:
    statement = select(KeySet.c.key_set_id).where(KeySet.c.key_set_id.in_(list(ids)), opens(KeySet.c.key_set_id, ring))
    async with database.reading() as connection:
        return {row.key_set_id for row in await fetch_all(connection, statement)}


async def test_both_forms_agree_on_random_keys_and_rings(database: Database) -> None:
    for sets, rings in _drawn(60):
        stored = await _store(database, sets)
        for ring in rings:
            assert await _opened(database, stored, ring) == {one for one, keys in stored.items() if may_see(keys, ring)}


async def test_odd_keys_do_not_confuse_either_form(database: Database) -> None:
    """Keys that contain, or look like part of, one another, and letters that SQL or JSON treat apart."""
    odd = [Key(text) for text in ("sig:1", "sig:11", "SIG:1", "sig:1'", 'sig:"1', "sig:%", "sig:_", "sig:\\", "", "é")]
    stored = await _store(database, [frozenset({key}) for key in odd if key])
    for key in odd:
        ring = frozenset({key})
        assert await _opened(database, stored, ring) == {one for one, keys in stored.items() if may_see(keys, ring)}


async def test_an_empty_ring_opens_nothing(database: Database) -> None:
    stored = await _store(database, [VISITOR_RING, frozenset({MEMBERS, own_key(1)})])
    assert await _opened(database, stored, frozenset()) == set()


async def test_a_set_is_stored_once_and_read_back_whole(database: Database) -> None:
    keys = frozenset({sig_key(12), own_key(3), PUBLIC})
    one, other = await _store(database, [keys]), await _store(database, [frozenset(sorted(keys, reverse=True))])
    assert one == other
    async with database.reading() as connection:
        row = (await fetch_all(connection, select(KeySet.c.text).where(KeySet.c.key_set_id == next(iter(one)))))[0]
    assert parse_keys(row.text) == keys


async def test_two_who_store_the_same_new_set_at_once_get_the_same_one(database: Database) -> None:
    keys = frozenset({own_key(4711)})
    both_have_looked = asyncio.Barrier(1 if database.is_sqlite else 2)  # on SQLite writers take turns from the start

    async def store() -> int:
        async with database.writing() as connection:
            await connection.execute(select(KeySet.c.key_set_id))
            await both_have_looked.wait()
            return await intern_key_set(connection, keys)

    first, second = await asyncio.gather(store(), store())
    assert first == second
    async with database.reading() as connection:
        stored = await fetch_all(connection, select(KeySetKey.c.key).where(KeySetKey.c.key_set_id == first))
    assert [row.key for row in stored] == [own_key(4711)]


async def test_both_forms_agree_over_the_whole_cast(database: Database, world: World) -> None:
    rings = [VISITOR_RING, *(person.viewer.ring for person in world.people.values())]
    compared = 0
    for table, own in ((Entry, Entry.c.entry_id), (Post, Post.c.post_id), (Thread, Thread.c.thread_id)):
        column = table.c.key_set_id
        everything = select(own.label("id"), KeySet.c.text).join(KeySet, KeySet.c.key_set_id == column)
        for ring in rings:
            async with database.reading() as connection:
                rows = await fetch_all(connection, everything)
                visible = {
                    row.id for row in await fetch_all(connection, select(own.label("id")).where(opens(column, ring)))
                }
            assert visible == {row.id for row in rows if may_see(parse_keys(row.text), ring)}
            compared += len(rows)
    assert compared > 150


async def test_a_set_that_was_taken_back_is_stored_anew(database: Database) -> None:
    """What a connection keeps in mind of sets is only what stays."""
    keys = frozenset({sig_key(77), own_key(78)})

    async def store_and_fail() -> None:
        async with database.writing(is_short=True) as connection:
            await intern_key_set(connection, keys)
            await intern_key_set(connection, keys)
            raise ZeroDivisionError

    async def store() -> int:
        async with database.writing(is_short=True) as connection:
            return await intern_key_set(connection, keys)

    failed, one, other = await asyncio.gather(store_and_fail(), store(), store(), return_exceptions=True)
    assert isinstance(failed, ZeroDivisionError)
    assert one == other == await store() == await store()
    async with database.reading() as connection:
        stored = await fetch_all(connection, select(KeySetKey.c.key).where(KeySetKey.c.key_set_id == one))
    assert {row.key for row in stored} == set(keys)


async def test_a_set_that_was_met_before_costs_no_statement(database: Database) -> None:
    keys = frozenset({sig_key(77), own_key(79)})
    noted: list[str] = []
    for _ in range(3):
        noted.clear()
        token = statements_of_request.set(noted)
        async with database.writing() as connection:
            await intern_key_set(connection, keys)
        statements_of_request.reset(token)
    if database.is_sqlite:  # there is one writing connection; the others learn it one by one
        assert noted == []
