"""Visitors' pages that are kept: the same bytes for every visitor, nobody else's, and no longer than they hold."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from storage.database import Busy, statements_of_request
from storage.forum.commands import Draft, write_reply
from tests.conftest import Stoa, lent_app, open_browser
from tests.counting import statements_of
from web.visitor_pages import KEEP_IN_DEVELOPMENT, MOST_MADE_AT_ONCE, VisitorPages

THREAD = "/threads/1"


async def _reply(stoa: Stoa, body: str) -> None:
    viewer = stoa.world["amara"].viewer
    await write_reply(stoa.database, viewer, stoa.world.public_thread.thread_id, Draft(body), stoa.clock.now)


async def test_a_page_is_made_once_and_sent_alike(stoa: Stoa) -> None:
    visitor = await stoa.browser()
    first = await visitor.get(THREAD)
    assert await _own_statements(visitor, THREAD) == []
    again = await visitor.get(THREAD)
    assert (again.content, again.headers.raw, again.status_code) == (first.content, first.headers.raw, 200)


async def _own_statements(browser: httpx.AsyncClient, path: str) -> list[str]:
    return [statement for statement in await statements_of(browser, path) if "FROM version_counts" not in statement]


async def test_a_member_gets_a_page_of_their_own(stoa: Stoa) -> None:
    visitor, member = await stoa.browser(), await stoa.browser("joost")
    for_all = (await visitor.get(THREAD)).text
    own = (await member.get(THREAD)).text
    assert "Joost van Dijk" in own.partition("<main")[0]
    assert (await visitor.get(THREAD)).text == for_all != own
    assert (await member.get(THREAD)).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", ["cookie", "Cookie", "authorization", "hx-target", "hx-request-type", "range"])
async def test_whoever_may_be_somebody_is_not_answered_from_it(stoa: Stoa, name: str) -> None:
    visitor = await stoa.browser()
    await visitor.get(THREAD)
    noted: list[str] = []
    token = statements_of_request.set(noted)
    await visitor.get(THREAD, headers={name: "x=y"})
    statements_of_request.reset(token)
    assert noted


async def test_forms_of_compression_are_kept_apart(stoa: Stoa) -> None:
    visitor = await stoa.browser()
    tags = set()
    for accepted in ("identity", "gzip", "br", "gzip, br", "identity"):
        answer = await visitor.get(THREAD, headers={"accept-encoding": accepted})
        assert answer.headers.get("content-encoding", "identity") in accepted
        assert "Joost" in answer.text
        tags.add(answer.headers["etag"])
    assert len(tags) == 3


async def test_asking_again_is_answered_as_without_it(stoa: Stoa) -> None:
    visitor = await stoa.browser()
    tag = (await visitor.get("/")).headers["etag"]
    kept = await visitor.get("/", headers={"if-none-match": tag})
    made = await visitor.get("/", headers={"if-none-match": tag, "range": "bytes=0-"})
    assert (kept.status_code, kept.content) == (made.status_code, made.content) == (304, b"")
    assert _headers_of(kept) == _headers_of(made)
    assert (await visitor.get("/", headers={"if-none-match": '"other"'})).status_code == 200


def _headers_of(answer: httpx.Response) -> dict[str, str]:
    return {name: value.replace(", ", ",") for name, value in answer.headers.items()}


async def test_what_is_written_is_read_at_once_also_through_another_process(stoa: Stoa) -> None:
    async with lent_app(stoa.app.state.house.settings, stoa.clock) as other, open_browser(other) as elsewhere:
        visitor = await stoa.browser()
        for number in range(5):
            await _reply(stoa, f"Reply number {number}.")
            for browser in (visitor, elsewhere, visitor):
                assert f"Reply number {number}." in (await browser.get(THREAD)).text


async def test_a_page_that_closes_is_gone_with_the_next_request(stoa: Stoa) -> None:
    visitor, owner = await stoa.browser(), await stoa.browser("amara")
    path = "/people/amara-page"
    assert (await visitor.get(path)).status_code == 200
    assert (await visitor.get(path)).status_code == 200
    closed = await owner.post("/profile/public", data={"action": "off"})
    assert closed.status_code == 303, closed.text
    assert (await visitor.get(path)).status_code in {404, 410}


async def test_nothing_holds_longer_than_it_may(stoa: Stoa) -> None:
    visitor = await stoa.browser()
    await visitor.get(THREAD)
    stoa.clock.now += KEEP_IN_DEVELOPMENT - timedelta(microseconds=1)
    assert await _own_statements(visitor, THREAD) == []
    stoa.clock.now += timedelta(microseconds=1)
    assert await _own_statements(visitor, THREAD)


@pytest.mark.parametrize("fault", [Busy("every reader is taken"), OSError("gone")])
async def test_without_a_version_the_page_is_made(
    stoa: Stoa, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    """And if the database is gone for the page as well, it is the app that says so, in its own look."""

    async def refuse() -> None:
        raise fault

    visitor = await stoa.browser()
    await visitor.get(THREAD)
    monkeypatch.setattr(stoa.app.state.house.database._versions, "read", refuse)
    assert await stoa.app.state.house.database.version() is None
    assert (await visitor.get(THREAD)).status_code == 200
    assert await _own_statements(visitor, THREAD)


async def test_many_who_ask_at_once_are_answered_by_one(stoa: Stoa) -> None:
    visitor = await stoa.browser()
    noted: list[str] = []
    token = statements_of_request.set(noted)
    answers = await asyncio.gather(*(visitor.get(THREAD) for _ in range(40)))
    statements_of_request.reset(token)
    assert len({answer.content for answer in answers}) == 1
    assert len([statement for statement in noted if "FROM version_counts" not in statement]) == 3


@pytest.mark.parametrize("path", ["/no/such/page", "/people/nobody", "/sign-in?next=/x", "/-/health", "/start"])
async def test_what_is_no_page_for_everybody_is_not_kept(stoa: Stoa, path: str) -> None:
    visitor = await stoa.browser()
    answers = [await visitor.get(path) for _ in range(2)]
    assert len({answer.status_code for answer in answers}) == 1


def _shelf_of(stoa: Stoa) -> Any:
    pages = stoa.app.asgi_handler
    assert isinstance(pages, VisitorPages)
    return pages._shelf_of(stoa.app.state.house.database)


async def test_a_crawl_of_everything_fills_no_more_than_its_room(stoa: Stoa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.visitor_pages.MOST_BYTES", 10_000)
    visitor = await stoa.browser()
    for path in (THREAD, "/", "/sigs/turnaround", "/people/amara-page", "/about/privacy", "/robots.txt", THREAD):
        assert (await visitor.get(path)).status_code == 200
    shelf = _shelf_of(stoa)
    held = sum(len(kept.body) for kept in shelf.kept.values())
    assert 0 < held == shelf.kept.currsize <= 10_000
    assert 0 < len(shelf.kept) < 6


@pytest.mark.parametrize("query", ["q=said", "page=1&q=x", "page=0", "page=1x", "reply_to=1", "before=9-9"])
async def test_what_somebody_looks_for_is_not_kept(stoa: Stoa, query: str) -> None:
    visitor = await stoa.browser()
    for path in ("/search", THREAD, "/sigs/turnaround"):
        await visitor.get(f"{path}?{query}")
    assert not _shelf_of(stoa).kept
    assert (await visitor.get(f"{THREAD}?page=1")).status_code == 200
    assert len(_shelf_of(stoa).kept) == 1


async def test_few_pages_are_made_at_once_and_members_do_not_wait_for_them(
    stoa: Stoa, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor, member = await stoa.browser(), await stoa.browser("joost")
    making, most, gate = 0, 0, asyncio.Event()
    pages = stoa.app.asgi_handler
    assert isinstance(pages, VisitorPages)
    inner = pages._inner

    async def wait_within(scope: Any, receive: Any, send: Any) -> None:
        nonlocal making, most
        if b"cookie" in dict(scope["headers"]):
            await inner(scope, receive, send)
            return
        making += 1
        most = max(most, making)
        await gate.wait()
        making -= 1
        await inner(scope, receive, send)

    monkeypatch.setattr(pages, "_inner", wait_within)
    flood = [asyncio.create_task(visitor.get(f"/search?q={number}")) for number in range(20)]
    flood += [asyncio.create_task(visitor.get(f"/sigs/{number}")) for number in range(20)]
    assert (await asyncio.wait_for(member.get(THREAD), 20)).status_code == 200
    gate.set()
    assert {answer.status_code for answer in await asyncio.gather(*flood)} == {200, 404}
    assert most == MOST_MADE_AT_ONCE


async def test_a_client_that_takes_its_time_takes_nobodys_turn(stoa: Stoa) -> None:
    async def never(_message: object) -> None:
        await asyncio.Event().wait()

    slow = [asyncio.create_task(stoa.app(_scope(f"/sigs/{n}"), _nothing, never)) for n in range(MOST_MADE_AT_ONCE + 1)]
    await asyncio.sleep(0.2)
    visitor = await stoa.browser()
    answer = await asyncio.wait_for(visitor.get(THREAD), 20)
    for task in slow:
        task.cancel()
    assert answer.status_code == 200


def _scope(path: str) -> Any:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1:8000")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
    }


async def _nothing() -> Any:
    await asyncio.Event().wait()
