"""The index: brought into step in batches and slices, twice like once, asked in few statements, and with long rings."""

import pytest
from sqlalchemy import func, select, text

from domain.search import MOST_COUNTED, RESULTS_A_PAGE, SearchKind
from domain.visibility import VISITOR, Viewer, connection_key, list_key
from storage.database import Database, fetch_all, statements_of_request
from storage.events import list_waiting, settle
from storage.filling import fill
from storage.forum.commands import Draft, write_reply
from storage.search import engines, index
from storage.search.cursors import Cursor
from storage.search.index import ask_for_index, index_everything, index_post, index_slice, index_thread
from storage.search.page import find_search_page
from storage.secrets import Seal
from storage.seeding import together
from storage.tables import Document
from tests.cast import NOON, World


async def _documents(database: Database) -> list[tuple[object, ...]]:
    async with database.reading() as connection:
        return [tuple(row) for row in await fetch_all(connection, select(Document.table).order_by("document_id"))]


async def _found(database: Database, viewer: Viewer, query: str, kind: SearchKind = SearchKind.REPLIES) -> list[str]:
    return [line.address for line in (await find_search_page(database, viewer, query, kind)).found]


async def test_to_index_twice_is_to_index_once(database: Database, world: World) -> None:
    await index_everything(database)
    once = await _documents(database)
    assert len(once) > 10
    await index_everything(database)
    assert await _documents(database) == once
    await index_everything(database, anew=True)
    assert await _documents(database) == once
    assert len(await _found(database, VISITOR, "said")) == 2


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sources a transaction, one batch an event."""
    monkeypatch.setattr(index, "BATCH", 2)
    monkeypatch.setattr(index, "SLICE", 1)


@pytest.mark.usefixtures("small_batches")
async def test_slices_ask_for_one_another_until_all_is_there(database: Database, world: World) -> None:
    async with database.writing() as connection:
        await ask_for_index(connection, NOON)
    asked = 0
    while waiting := [event for event in await list_waiting(database, NOON) if event.name == "index.asked"]:
        await index_slice(database, NOON, **waiting[0].ids)
        await settle(database, [waiting[0].event_id], [], NOON)
        asked += 1
    sliced = await _documents(database)
    await index_everything(database, anew=True)
    assert sliced == await _documents(database)
    assert asked > len(sliced) / 2


@pytest.mark.usefixtures("small_batches")
async def test_a_run_that_ended_halfway_goes_on(database: Database, world: World) -> None:
    await index_post(database, world.public_thread.post_id + 1)
    assert len(await _documents(database)) == 1
    await index_thread(database, world.public_thread.thread_id)
    assert len(await _documents(database)) == 3
    await index_everything(database)
    whole = await _documents(database)
    await index_everything(database, anew=True)
    assert whole == await _documents(database)


async def test_posts_of_one_moment_stand_beside_each_other(database: Database, world: World) -> None:
    viewer, thread_id = world["amara"].viewer, world.public_thread.thread_id
    for number in range(4):
        await write_reply(database, viewer, thread_id, Draft(f"simultaneous {number}"), NOON)
    await index_everything(database)
    found = await _found(database, VISITOR, "simultaneous")
    assert len(found) == 4
    assert found == sorted(found, key=lambda address: -int(address.rpartition("/")[2]))


@pytest.mark.parametrize("others", [0, 500])
async def test_a_long_ring_finds_what_a_short_one_does(database: Database, world: World, others: int) -> None:
    await index_everything(database)
    lin = world["lin"].viewer
    keys = {key for number in range(others) for key in (connection_key(number + 1000), list_key(number + 1000))}
    viewer = Viewer(lin.member_id, lin.ring | keys)
    assert len(await _found(database, viewer, "said")) == 3
    assert await _found(database, viewer, "lin", SearchKind.PEOPLE) == ["/people/lin-page"]


async def test_the_words_are_kept_as_each_engine_keeps_them(database: Database, world: World) -> None:
    await index_everything(database)
    async with database.reading() as connection:
        documents = (await connection.execute(select(func.count()).select_from(Document.table))).scalar_one()
        words = (await connection.execute(text("SELECT count(*) FROM document_words"))).scalar_one()
        if database.is_sqlite:
            kept = await connection.execute(text("SELECT DISTINCT words FROM document_words"))
            assert list(kept.scalars()) == [None], "no text can be read back from it"
    assert documents == words


async def _statements(database: Database, viewer: Viewer, query: str, kind: SearchKind) -> list[str]:
    noted: list[str] = []
    token = statements_of_request.set(noted)
    try:
        await find_search_page(database, viewer, query, kind)
    finally:
        statements_of_request.reset(token)
    return noted


MOST = {
    # of each kind: SIGs, the page in one or two parts, what is on it, the people of it, and counts of the other kinds
    SearchKind.THREADS: 6,
    SearchKind.REPLIES: 5,
    SearchKind.PEOPLE: 5,
    SearchKind.SIGS: 2,
}


@pytest.mark.slow
async def test_a_search_takes_as_many_statements_however_much_there_is(database: Database, world: World) -> None:
    await index_everything(database)
    viewer = world["lin"].viewer
    found = {kind: len(await _statements(database, viewer, "works said lin", kind)) for kind in SearchKind}
    assert all(found[kind] <= most for kind, most in MOST.items()), found
    async with together(database) as stage:
        for number in range(120):
            draft = Draft(f"works said lin {number}")
            await write_reply(stage, viewer, world.public_thread.thread_id, draft, NOON)
    before = await _statements(database, viewer, "works said lin", SearchKind.REPLIES)
    await index_everything(database)
    after = await _statements(database, viewer, "works said lin", SearchKind.REPLIES)
    assert len(after) <= MOST[SearchKind.REPLIES]
    assert len(after) >= len(before)


async def test_the_index_is_asked_first_and_rows_are_looked_up_by_their_ids(database: Database, world: World) -> None:
    if not database.is_sqlite:
        return  # PostgreSQL plans by what it has counted, and a small table is read whole
    await index_everything(database)
    noted = await _statements(database, VISITOR, "said", SearchKind.REPLIES)
    asking = next(statement for statement in noted if "ORDER BY document_words.rowid DESC" in statement)
    async with database.reading() as connection:
        values = ('"rsaid"', "reply", MOST_COUNTED + 1, 0)
        raw = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asking}", values)
        plan = [row.detail for row in raw.all()]
    assert "VIRTUAL TABLE" in plan[0], plan
    assert all("PRIMARY KEY" in step for step in plan[1:]), plan
    assert not any("TEMP B-TREE" in step for step in plan)


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.thorough)], indirect=True)
async def test_nobody_counts_beyond_the_most_on_any_tab_or_page(database: Database, seal: Seal) -> None:
    await fill(database, seal, MOST_COUNTED + 600, ["common talk"], NOON, lambda _step, _done, _total: None)
    await index_everything(database)
    pages = [await find_search_page(database, VISITOR, "common talk", kind) for kind in SearchKind]
    second = Cursor.parse(pages[1].older or "")
    pages.append(await find_search_page(database, VISITOR, "common talk", SearchKind.REPLIES, second))
    counted = {tuple((tab.count, tab.has_more) for tab in page.tabs) for page in pages}
    ((threads, replies, people, sigs),) = counted
    assert replies == (MOST_COUNTED, True)
    assert threads[0] > 0
    assert (people, sigs) == ((0, False), (0, False))
    assert len({line.address for page in (pages[1], pages[4]) for line in page.found}) == RESULTS_A_PAGE * 2


@pytest.mark.usefixtures("small_batches")
async def test_what_was_written_in_pieces_is_put_together(
    database: Database, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not database.is_sqlite:
        return  # PostgreSQL's index is in one piece
    pieces = text("SELECT count(DISTINCT segid) FROM document_words_idx")
    for number in range(6):
        await write_reply(database, world["amara"].viewer, world.public_thread.thread_id, Draft(f"{number}"), NOON)
        await index_thread(database, world.public_thread.thread_id)
    async with database.reading() as connection:
        assert (await connection.execute(pieces)).scalar_one() > 1
    monkeypatch.setattr(engines, "_PAGES", 1)
    await index_everything(database)
    async with database.reading() as connection:
        assert (await connection.execute(pieces)).scalar_one() == 1
    assert len(await _found(database, VISITOR, "5")) == 1
