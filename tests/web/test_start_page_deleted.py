"""What was deleted from a start page: taken back as it was, its owner's alone, and erased for good after a while."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from domain.start_page import KEEP_DELETED_FOR, QUOTA_OF_FILES
from storage.forgetting import forget_what_is_over
from storage.photos import sweep_files
from storage.start_page.keys import destroy_start_page
from storage.tables import DeletedKeepsake, File, Keepsake
from tests.cast import NOON
from tests.conftest import Stoa
from tests.pictures import encode, picture
from tests.web.start_pages import LINK, NOTE, ids, keep, rows, upload
from web.worker import work_once

DELETED = "/start/deleted"


async def _delete(stoa: Stoa, *kept: int) -> None:
    browser = await stoa.browser("amara")
    for one in kept:
        assert (await browser.post(f"/start/things/{one}/delete")).status_code == 303


async def _listed(stoa: Stoa, part: str = "amara") -> str:
    answer = await (await stoa.browser(part)).get(DELETED)
    assert answer.headers["cache-control"] == "no-store"
    return answer.text


def _stored(stoa: Stoa) -> int:
    return len([one for one in stoa.app.state.house.settings.files_folder.rglob("*") if one.is_file()])


async def _work(stoa: Stoa) -> None:
    while await work_once(stoa.app.state.house, "test"):
        pass


async def test_what_was_deleted_is_nowhere_but_in_its_list(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    link, note = await keep(stoa, "link", LINK), await keep(stoa, "note", NOTE)
    await _delete(stoa, link, note)
    listed = await _listed(stoa)
    assert "A page" in listed
    assert "Plan" in listed
    for path in ("/start", "/start/shelf", "/start/search?q=plan", "/start/bookmarks.html"):
        text = (await browser.get(path)).text
        assert ("example.org/a" in text, "First" in text) == (False, False), path
    for path in (f"/start/things/{link}", f"/start/notes/{note}"):
        assert (await browser.get(path)).status_code == 404
    raw = repr(await rows(stoa, select(DeletedKeepsake.table)))
    assert ("A page" in raw, "Plan" in raw, "First" in raw) == (False, False, False), "still sealed"


async def test_it_comes_back_as_it_was(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    folder = await keep(stoa, "folder", {"title": "Work"})
    note = await keep(stoa, "note", {**NOTE, "folder": str(folder)})
    before = (await browser.get(f"/start/notes/{note}")).text
    await _delete(stoa, note)
    back = await browser.post(f"{DELETED}/{note}/restore")
    assert (back.status_code, back.headers["location"]) == (303, f"/start/folders/{folder}")
    assert (await browser.get(f"/start/notes/{note}")).text == before
    assert (await browser.post(f"{DELETED}/{note}/restore")).status_code == 404, "once"
    assert "Plan" not in await _listed(stoa)


@pytest.mark.parametrize("first", ["folder", "note"])
async def test_without_its_folder_it_comes_back_beside_where_that_was(stoa: Stoa, first: str) -> None:
    browser, outer = await stoa.browser("amara"), await keep(stoa, "folder", {"title": "Outer"})
    inner = await keep(stoa, "folder", {"title": "Inner", "folder": str(outer)})
    note = await keep(stoa, "note", {**NOTE, "folder": str(inner)})
    await _delete(stoa, *((inner, note) if first == "folder" else (note, inner)))
    assert "Inner" not in await _listed(stoa), "a folder is gone at once"
    back = await browser.post(f"{DELETED}/{note}/restore")
    assert back.headers["location"] == f"/start/folders/{outer}"


async def test_a_file_comes_back_with_its_bytes(stoa: Stoa) -> None:
    browser, content = await stoa.browser("amara"), encode(picture())
    await upload(stoa, content, "photo.jpg")
    (kept,) = await ids(stoa)
    await _delete(stoa, kept)
    await _work(stoa)
    async with stoa.database.writing() as connection:
        await connection.execute(update(File).values(made_at=NOON - timedelta(days=9)))
    for hour in range(80):
        await sweep_files(stoa.database, stoa.app.state.house.files, NOON + timedelta(hours=hour))
    assert (await browser.get(f"/start/files/{kept}")).status_code == 404
    assert (await browser.post(f"{DELETED}/{kept}/restore")).headers["location"] == "/start/shelf"
    assert (await browser.get(f"/start/files/{kept}")).content == content
    assert (await browser.get(f"/start/files/{kept}/preview")).status_code == 200


async def test_it_counts_in_the_room_until_it_is_erased(stoa: Stoa) -> None:
    await upload(stoa, b"small")
    (kept,) = await ids(stoa)
    await _delete(stoa, kept)
    async with stoa.database.writing() as connection:
        await connection.execute(update(DeletedKeepsake).values(size=QUOTA_OF_FILES - 10))
    assert (await upload(stoa, b"x" * 11)).status_code == 422
    assert (await (await stoa.browser("amara")).post(f"{DELETED}/{kept}/erase")).headers["location"] == DELETED
    assert (await upload(stoa, b"x" * 11)).status_code == 303


async def test_it_is_erased_for_good_after_thirty_days(stoa: Stoa) -> None:
    note = await keep(stoa, "note", NOTE)
    await upload(stoa, encode(picture()), "photo.jpg")
    _, kept = await ids(stoa)
    await _delete(stoa, note, kept)
    await forget_what_is_over(stoa.database, NOON + KEEP_DELETED_FOR - timedelta(hours=1))
    assert len(await rows(stoa, select(DeletedKeepsake.c.keepsake_id))) == 2
    await forget_what_is_over(stoa.database, NOON + KEEP_DELETED_FOR)
    assert await rows(stoa, select(DeletedKeepsake.c.keepsake_id)) == []
    stoa.clock.now = NOON + KEEP_DELETED_FOR
    await _work(stoa)
    assert (_stored(stoa), await rows(stoa, select(File.c.name))) == (0, [])
    assert await rows(stoa, select(Keepsake.c.keepsake_id)) == []


async def test_nobody_else_sees_or_touches_it(stoa: Stoa) -> None:
    note = await keep(stoa, "note", NOTE)
    await _delete(stoa, note)
    joost = await stoa.browser("joost")
    assert "Plan" not in await _listed(stoa, "joost")
    for act in ("restore", "erase"):
        others = await joost.post(f"{DELETED}/{note}/{act}")
        unknown = await joost.post(f"{DELETED}/987654321/{act}")
        assert (others.status_code, others.text) == (unknown.status_code, unknown.text)
        assert others.status_code == 404
    assert "Plan" in await _listed(stoa)


async def test_it_goes_with_the_key_of_the_page(stoa: Stoa) -> None:
    await _delete(stoa, await keep(stoa, "note", NOTE))
    async with stoa.database.writing() as connection:
        await destroy_start_page(connection, stoa.world["amara"].member_id, NOON)
    assert await rows(stoa, select(DeletedKeepsake.c.keepsake_id)) == []
    assert "Plan" not in await _listed(stoa)
