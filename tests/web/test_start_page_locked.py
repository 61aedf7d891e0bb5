"""A start page whose key does not open any more: it says so and what to do, keeps what was typed, and comes back."""

import pytest
from sqlalchemy import select, update

from domain.pages import Failure
from storage.tables import StartPage
from tests.conftest import Stoa
from tests.web.start_pages import LINK, NOTE, keep, rows, upload
from web import words

LOCKED, _, TO_DO = (str(said) for said in words.failure(Failure.LOCKED))


async def _lock(stoa: Stoa, wrapped: bytes) -> None:
    async with stoa.database.writing() as connection:
        await connection.execute(update(StartPage).values(wrapped_key=wrapped))


@pytest.mark.parametrize("wrapped", [b"\1" * 60, b"short", b""], ids=["another key", "cut off", "nothing"])
async def test_a_key_that_does_not_open_is_told_and_nothing_is_lost(stoa: Stoa, wrapped: bytes) -> None:
    browser, link, note = await stoa.browser("amara"), await keep(stoa, "link", LINK), await keep(stoa, "note", NOTE)
    assert (await upload(stoa, b"%PDF-1.4")).status_code == 303
    file = note + 1
    [page] = await rows(stoa, select(StartPage.c.wrapped_key))
    await _lock(stoa, wrapped)
    start = await browser.get("/start")
    assert start.status_code == 200
    assert LOCKED in start.text
    assert TO_DO in start.text
    assert 'id="widget-unread"' in start.text
    assert "Write a note" not in start.text, "what cannot be done is not offered"
    assert (await browser.post("/start/order", data={"widget": "links", "step": "up"})).status_code == 303
    reads = ("shelf", "search?q=a", "new/link", "new/note", "upload", "bookmarks", "bookmarks.html")
    of_things = (f"things/{link}", f"notes/{note}", f"files/{file}", f"files/{file}/preview")
    for path in (*reads, *of_things):
        answer = await browser.get(f"/start/{path}")
        assert (answer.status_code, LOCKED in answer.text, TO_DO in answer.text) == (503, True, True), path
    written = {"body": "Typed and not to be lost"}
    for path in ("new/note", f"things/{note}"):
        refused = await browser.post(f"/start/{path}", data={**written, "version": "1"})
        assert (refused.status_code, "Typed and not to be lost" in refused.text) == (503, True), path
    assert (await upload(stoa, b"more")).status_code == 503
    bookmarks = {"bookmarks": ("b.html", b'<DL><DT><A HREF="https://example.org">x</A></DL>', "text/html")}
    assert (await browser.post("/start/bookmarks", files=bookmarks)).status_code == 503
    joost = await stoa.browser("joost")
    assert LOCKED not in (await joost.get("/start")).text, "who keeps nothing has nothing that is locked"
    await _lock(stoa, page.wrapped_key)
    again = await browser.get("/start")
    assert ("A page" in again.text, LOCKED in again.text) == (True, False)
    assert (await browser.get("/start/shelf")).status_code == 200
