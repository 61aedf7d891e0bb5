"""Versions and memory: every write that changes what a session stands for is known at once, on every connection."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, event, insert, text, update
from sqlmodel import SQLModel

from storage.connections import connect
from storage.database import Database
from storage.memory import KEEP_FOR, Memory
from storage.recognition import Recognised, find_unseen, note_use, recognise
from storage.seeding import together
from storage.tables import Block, Entry, Event, Member, Membership, Notice, Session, Sig
from storage.versions import SCOPES, UnknownVersion, scopes_of
from tests import noticing
from tests.cast import NOON, World, sign_in

BOTH, TALK, PEOPLE, NOTHING = {"people", "talk"}, {"talk"}, {"people"}, set[str]()

STATEMENTS = {
    "SELECT a FROM posts WHERE x FOR UPDATE": NOTHING,
    "BEGIN IMMEDIATE": NOTHING,
    "INSERT INTO posts (body) VALUES (?)": TALK,
    "\n INSERT OR IGNORE INTO posts (body) VALUES (?)": TALK,
    "UPDATE threads SET title=? WHERE thread_id=?": TALK,
    "DELETE FROM sessions WHERE session_id = ?": PEOPLE,
    "UPDATE sessions SET seen_at=? WHERE sessions.session_id = ?": NOTHING,
    "UPDATE sessions SET seen_at=$1::BIGINT WHERE sessions.session_id = $2": NOTHING,
    "UPDATE sessions SET password_at=?, seen_at=? WHERE sessions.session_id = ?": PEOPLE,
    "UPDATE members SET seen_at=? WHERE members.member_id = (SELECT a=b FROM c WHERE d)": NOTHING,
    "UPDATE members SET seen_at=(SELECT x FROM y WHERE z=1), is_staff=? WHERE 1": BOTH,
    "UPDATE members SET seen_at=?": BOTH,
    "UPDATE sigs SET post_count=(sigs.post_count + ?), last_post_at=? WHERE sigs.sig_id = ?": TALK,
    "UPDATE sigs SET post_count=(sigs.post_count + $1::INTEGER), name=$2 WHERE sigs.sig_id = $3": BOTH,
    "UPDATE sigs SET member_count=(sigs.member_count + ?) WHERE sigs.sig_id = ?": BOTH,
    "UPDATE entries SET value=? WHERE entry_id=?": BOTH,
    "INSERT INTO memberships (a) VALUES (?)": BOTH,
    "INSERT INTO no_such_table (a) VALUES (?)": BOTH,
    "WITH x AS (DELETE FROM sessions RETURNING 1) SELECT 1": BOTH,
    "CREATE TABLE x (y)": BOTH,
    "UPDATE attempt_counts SET count=? WHERE x": NOTHING,
}


@pytest.mark.parametrize(("statement", "touched"), STATEMENTS.items())
def test_what_a_statement_touches(statement: str, touched: set[str]) -> None:
    assert scopes_of(statement) == touched


def test_every_table_that_has_a_scope_of_its_own_is_there() -> None:
    assert SCOPES.keys() - {"document_words"} <= SQLModel.metadata.tables.keys()


async def test_a_write_is_known_at_once_elsewhere(database: Database) -> None:
    other = Database(database.url)
    before = await other.version()
    assert before is not None
    async with database.writing() as connection:
        await connection.execute(text("UPDATE threads SET title = title"))
        assert await other.version() == before, "not before it is kept"
    assert await other.version() == await database.version() == (before.people, before.talk + 1)
    await other.close()


async def test_what_is_taken_back_or_quiet_counts_nothing(database: Database) -> None:
    before = await database.version()
    with pytest.raises(ZeroDivisionError):
        await _write_and_fail(database)
    async with database.writing() as connection:
        note = {"name": "x", "ids": "{}", "happened_at": NOON, "next_try_at": NOON, "attempts": 0}
        await connection.execute(insert(Event).values(note))
    assert await database.version() == before


async def _write_and_fail(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(text("UPDATE threads SET title = title"))
        raise ZeroDivisionError


async def test_one_transaction_of_many_counts_once(database: Database) -> None:
    before = await database.version()
    assert before is not None
    async with together(database) as one:
        assert await one.version() is None, "what is not kept yet is in nobody's mind"
        for _ in range(3):
            async with one.writing() as connection:
                await connection.execute(text("UPDATE members SET is_staff = is_staff"))
    assert await database.version() == (before.people + 1, before.talk + 1)


async def test_without_its_row_nothing_is_written_and_nothing_holds(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(text("DELETE FROM version_counts"))
    assert await database.version() is None
    with pytest.raises(UnknownVersion):
        async with database.writing() as connection:
            await connection.execute(text("UPDATE threads SET title = title"))


async def test_who_asks_at_the_same_time_shares_an_answer_but_never_an_older_one(database: Database) -> None:
    if database.is_sqlite:
        assert len({await database.version() for _ in range(3)}) == 1  # there is nothing to share: no statement
        return
    asked: list[str] = []
    event.listen(database._reader.sync_engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    await asyncio.gather(*(database.version() for _ in range(50)))
    assert len(asked) == 2, "one that was on its way for the first, one for all who came after"


async def test_an_answer_is_never_older_than_its_question(database: Database) -> None:
    start = await database.version()
    assert start is not None
    asking = True

    async def ask_on() -> None:
        while asking:
            await database.version()

    askers = [asyncio.create_task(ask_on()) for _ in range(8)] if not database.is_sqlite else []
    for number in range(1, 31):
        async with database.writing() as connection:
            await connection.execute(text("UPDATE threads SET title = title"))
        assert await database.version() == (start.people, start.talk + number)
    asking = False
    await asyncio.gather(*askers)


CHANGES: dict[str, Any] = {
    "suspended": update(Member).values(in_good_standing=False),
    "made staff": update(Member).values(is_staff=True),
    "left every SIG": delete(Membership),
    "another role": update(Membership).values(role="owner"),
    "SIG renamed": update(Sig).values(name="Another"),
    "another name": update(Entry).where(Entry.c.kind == "name").values(value="Another"),
    "signed out": delete(Session),
    "password given": update(Session).values(password_at=NOON + timedelta(days=1)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
async def test_what_a_session_stands_for_changes_with_the_next_request(
    database: Database, world: World, change: Any
) -> None:
    token = await sign_in(database, world["joost"])
    elsewhere = Database(database.url)
    warm = await recognise(elsewhere, token, await elsewhere.version(), NOON)
    assert warm is not None
    assert await recognise(elsewhere, token, await elsewhere.version(), NOON) is warm, "it was in mind"
    async with database.writing() as connection:
        await connection.execute(change)
    found = await recognise(elsewhere, token, await elsewhere.version(), NOON)
    fresh = await recognise(elsewhere, token, None, NOON)
    assert _known_of(found) == _known_of(fresh) != _known_of(warm)
    await elsewhere.close()


def _known_of(found: Recognised | None) -> object:
    if found is None:
        return None
    session = found.signed_in
    return found.viewer, found.me, found.rail, session.is_staff, session.in_good_standing, session.password_at


async def test_blocks_and_connections_change_the_ring_of_both(database: Database, world: World) -> None:
    token = await sign_in(database, world["joost"])
    joost, tariq = world["joost"].member_id, world["tariq"].member_id
    rings = [await _ring(database, token)]
    async with database.writing() as connection:
        await connect(connection, joost, tariq, NOON)
    rings.append(await _ring(database, token))
    async with database.writing() as connection:
        await connection.execute(insert(Block).values(member_id=tariq, other_id=joost, since=NOON))
    rings.append(await _ring(database, token))
    assert len(set(rings)) == 3


async def _ring(database: Database, token: str) -> object:
    found = await recognise(database, token, await database.version(), NOON)
    assert found is not None
    return found.viewer.ring


async def test_a_session_that_is_in_mind_ends_in_time(database: Database, world: World) -> None:
    token = await sign_in(database, world["joost"])
    version = await database.version()
    assert await recognise(database, token, version, NOON)
    assert await recognise(database, token, version, NOON + timedelta(days=400)) is None


async def test_the_use_of_a_session_is_noted_once(database: Database, world: World) -> None:
    token, later = await sign_in(database, world["joost"]), NOON + timedelta(hours=1)
    found = await recognise(database, token, await database.version(), NOON)
    assert found is not None
    await note_use(database, token, found, later)
    again = await recognise(database, token, await database.version(), later)
    assert again is not None
    assert again.signed_in.seen_at == later


async def test_nobody_is_kept_in_mind_for_a_token_that_names_nobody(database: Database) -> None:
    version = await database.version()
    assert await recognise(database, "made-up", version, NOON) is None
    assert not database.memory._kept


async def test_the_bell_knows_of_a_notice_at_once(database: Database, world: World) -> None:
    viewer = world["joost"].viewer
    post_id = await noticing.reply(noticing.Scene(database, world), "amara")
    about = {"member_id": viewer.member_id, "kind": "reply", "event_id": 99, "post_id": post_id, "mail": "off"}
    counted = [await find_unseen(database, viewer, await database.version(), NOON)]
    async with database.writing() as connection:
        await connection.execute(insert(Notice).values(**about, made_at=NOON, attempts=0))
    counted.append(await find_unseen(database, viewer, await database.version(), NOON))
    async with database.writing() as connection:
        await connection.execute(update(Notice).values(seen_at=NOON))
    counted.append(await find_unseen(database, viewer, await database.version(), NOON))
    assert counted == [0, 1, 0]


def _read_times(values: list[int]) -> Any:
    left: Iterator[int] = iter(values)

    async def read() -> int:
        return next(left)

    return read


async def test_only_what_has_the_version_holds() -> None:
    memory, read = Memory(), _read_times([1, 2, 3, 4])
    assert [await memory.recall("a", version, read) for version in (7, 7, 8, None, None)] == [1, 1, 2, 3, 4]
    assert await memory.recall("a", 8, read) == 2, "what is read without a version replaces nothing"


async def test_nothing_holds_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, read = Memory(), _read_times([1, 2])
    now = [0.0]
    monkeypatch.setattr("storage.memory.time.monotonic", lambda: now[0])
    assert await memory.recall("a", 1, read) == 1
    now[0] = KEEP_FOR - 0.1
    assert await memory.recall("a", 1, read) == 1
    now[0] = KEEP_FOR
    assert await memory.recall("a", 1, read) == 2


async def test_what_was_not_asked_for_the_longest_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.memory.MOST_KEPT", 2)
    memory, read = Memory(), _read_times([1, 2, 3, 4])
    assert [await memory.recall(key, 1, read) for key in "abacab"] == [1, 2, 1, 3, 1, 4]
