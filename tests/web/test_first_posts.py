"""First posts that wait, over HTTP: seen by their author and the moderators, published or not, and counted nowhere."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.forum import POSTS_A_PAGE, UNDO_DELETE_FOR
from domain.limits import RATES, Action
from domain.moderation import APPEAL_WITHIN
from storage.forgetting import forget_what_is_over
from storage.tables import Post, Thread
from tests.conftest import Stoa
from tests.web.order import (
    REASON,
    act,
    approve,
    cases_in,
    hold_first_posts,
    make_moderator,
    open_first_case,
    reply_of,
    statement_of,
)

QUEUE, THREAD = "/sigs/turnaround/queue", "/threads/1"
BODY = "My first word here."


async def _newcomer(stoa: Stoa) -> None:
    """Tariq joins a SIG that wants to see first posts."""
    await hold_first_posts(stoa)
    assert (await (await stoa.browser("tariq")).post("/sigs/turnaround/join")).status_code == 303


async def _reply(stoa: Stoa, part: str = "tariq", body: str = BODY) -> int:
    data = {"body": body, "submission": body}
    return (await (await stoa.browser(part)).post(f"{THREAD}/replies", data=data)).status_code


async def _start(stoa: Stoa) -> str:
    """A first thread; returns its address."""
    data = {"title": "A new matter", "body": BODY, "tags": "newtag", "submission": "first"}
    answer = await (await stoa.browser("tariq")).post("/sigs/turnaround/threads/new", data=data)
    assert answer.status_code == 303
    path: str = answer.headers["location"].partition("#")[0]
    return path


async def _sees(stoa: Stoa, part: str, path: str, text: str) -> bool:
    return text in (await (await stoa.browser(part)).get(path)).text


async def test_a_first_reply_waits_and_is_published(stoa: Stoa) -> None:
    await _newcomer(stoa)
    for _ in range(2):
        assert await _reply(stoa) == 303
    assert await _sees(stoa, "tariq", THREAD, "Waits for a moderator.")
    assert (await (await stoa.browser("amara")).get(THREAD)).text.count(BODY) == 1
    for part in ("visitor", "joost", "lin"):
        assert not await _sees(stoa, part, THREAD, BODY)
        assert not await _sees(stoa, part, THREAD, "3 replies")
    assert not await _sees(stoa, "tariq", f"{THREAD}/feed", BODY)
    path = await open_first_case(stoa, "amara")
    assert await _sees(stoa, "amara", path, BODY)
    assert (await approve(stoa, "amara", path)).headers["location"] == path
    assert await _sees(stoa, "visitor", THREAD, BODY)
    assert await _sees(stoa, "visitor", THREAD, "3 replies")
    assert cases_in((await (await stoa.browser("amara")).get(QUEUE)).text) == []
    assert await _reply(stoa, body="My second word.") == 303
    assert await _sees(stoa, "visitor", THREAD, "My second word."), "only the first one waits"


async def test_who_wrote_what_waits_lands_where_it_waits(stoa: Stoa) -> None:
    await _newcomer(stoa)
    tariq = await stoa.browser("tariq")
    sent = await tariq.post(f"{THREAD}/replies", data={"body": BODY, "submission": BODY})
    found = re.fullmatch(rf"{THREAD}#post-(\d+)", sent.headers["location"])
    assert found is not None, sent.headers["location"]
    place, missing = f"/posts/{found[1]}", "/posts/987654321"
    for part in ("tariq", "amara"):
        shown = await (await stoa.browser(part)).get(place)
        assert (shown.status_code, shown.headers["location"]) == (303, sent.headers["location"])
    for part in ("visitor", "joost", "lin"):
        browser = await stoa.browser(part)
        hidden, unknown = await browser.get(place), await browser.get(missing)
        assert (hidden.status_code, hidden.text) == (404, unknown.text.replace("987654321", found[1]))
    case = await open_first_case(stoa, "amara")
    assert f'href="{place}"' in (await (await stoa.browser("amara")).get(case)).text
    taken_back = await tariq.post(f"{place}/delete")
    assert taken_back.headers["location"].partition("#")[0] == THREAD
    assert (await (await stoa.browser("amara")).get(place)).status_code == 404


async def test_what_waits_stands_on_the_last_page(stoa: Stoa) -> None:
    await _newcomer(stoa)
    for number in range(POSTS_A_PAGE):
        await reply_of(stoa, "lin", f"No. {number}")
    sent = await (await stoa.browser("tariq")).post(f"{THREAD}/replies", data={"body": BODY, "submission": BODY})
    path = sent.headers["location"]
    assert path.startswith(f"{THREAD}?page=2#post-")
    assert await _sees(stoa, "tariq", path, BODY)


async def test_what_was_rejected_is_kept_as_long_as_an_appeal_may_come(stoa: Stoa) -> None:
    await make_moderator(stoa, "joost")
    await _newcomer(stoa)
    path = await _start(stoa)
    case = await open_first_case(stoa, "amara")
    assert (await act(stoa, "amara", f"{case}/acts", "reject")).status_code == 303
    told = await statement_of(stoa, "tariq")
    await _later(stoa, APPEAL_WITHIN)
    assert (await (await stoa.browser("tariq")).post(f"{told}/appeal", data={"words": "Why?"})).status_code == 303
    await _later(stoa, APPEAL_WITHIN)
    grant = {"decision": "grant", "answer": "You are right."}
    assert (await (await stoa.browser("joost")).post(f"{told}/decide", data=grant)).status_code == 303
    assert await _sees(stoa, "visitor", path, BODY)
    assert await _sees(stoa, "visitor", path, "A new matter")


@pytest.mark.parametrize("is_denied", [False, True])
async def test_what_was_rejected_is_wiped_when_nobody_can_let_it_through(stoa: Stoa, is_denied: bool) -> None:
    await make_moderator(stoa, "joost")
    await _newcomer(stoa)
    await _start(stoa)
    case = await open_first_case(stoa, "amara")
    assert (await act(stoa, "amara", f"{case}/acts", "reject")).status_code == 303
    if is_denied:
        told = await statement_of(stoa, "tariq")
        assert (await (await stoa.browser("tariq")).post(f"{told}/appeal", data={"words": "Why?"})).status_code == 303
        deny = {"decision": "deny", "answer": "No."}
        assert (await (await stoa.browser("joost")).post(f"{told}/decide", data=deny)).status_code == 303
    over = UNDO_DELETE_FOR if is_denied else APPEAL_WITHIN
    await _later(stoa, over + timedelta(seconds=1))
    held = select(Post.c.body, Post.c.html, Thread.c.title).join(Thread, Thread.c.thread_id == Post.c.thread_id)
    async with stoa.database.reading() as connection:
        row = (await connection.execute(held.where(Post.c.held_at.is_not(None)))).one()
    assert tuple(row) == ("", "", "")


async def _later(stoa: Stoa, after: timedelta) -> None:
    """The worker tidies up; everybody signs in anew."""
    stoa.clock.now += after
    await forget_what_is_over(stoa.database, stoa.clock.now)
    stoa.browsers.clear()


async def test_a_first_thread_waits_and_is_published(stoa: Stoa) -> None:
    await _newcomer(stoa)
    path = await _start(stoa)
    assert await _sees(stoa, "tariq", path, "waits for a moderator")
    assert await _sees(stoa, "tariq", "/sigs/turnaround", "Waits for a moderator")
    for part in ("visitor", "joost", "lin"):
        browser = await stoa.browser(part)
        assert (await browser.get(path)).status_code == 404
        assert (await browser.get(f"{path}/feed")).status_code == 404
        for where in (
            "/",
            "/sigs/turnaround",
            "/sigs/turnaround/feed",
            "/sitemaps/threads-1.xml",
            "/people/tariq-page",
        ):
            text = (await browser.get(where)).text
            assert "A new matter" not in text
            assert "newtag" not in text
    assert not await _sees(stoa, "tariq", "/sigs/turnaround/feed", "A new matter")
    case = await open_first_case(stoa, "amara")
    assert (await approve(stoa, "amara", case)).status_code == 303
    for where in (path, "/sigs/turnaround", "/sigs/turnaround?tag=newtag"):
        assert await _sees(stoa, "visitor", where, "A new matter")


async def test_a_rejected_post_is_told_and_may_be_let_through_after_all(stoa: Stoa) -> None:
    await _newcomer(stoa)
    path = await _start(stoa)
    case = await open_first_case(stoa, "amara")
    assert (await act(stoa, "amara", f"{case}/acts", "hide")).status_code == 422
    assert (await act(stoa, "amara", f"{case}/acts", "reject")).status_code == 303
    assert (await (await stoa.browser("lin")).get(path)).status_code == 404
    tariq = await stoa.browser("tariq")
    told = await statement_of(stoa, "tariq")
    assert REASON in (await tariq.get(told)).text
    post = re.search(r'action="(/posts/\d+)/restore"', (await tariq.get(path)).text)
    assert post is None, "a moderator's no is not for its author to undo"
    assert (await (await stoa.browser("amara")).post(f"{told}/undo")).status_code == 303
    assert await _sees(stoa, "visitor", path, BODY)


async def test_its_author_edits_and_takes_back_what_waits(stoa: Stoa) -> None:
    await _newcomer(stoa)
    await _reply(stoa)
    tariq = await stoa.browser("tariq")
    found = re.search(r'href="(/posts/\d+)/edit"', (await tariq.get(THREAD)).text)
    assert found is not None
    assert (await tariq.post(f"{found[1]}/edit", data={"body": "Better words.", "version": "1"})).status_code == 303
    assert await _sees(stoa, "amara", THREAD, "Better words.")
    assert not await _sees(stoa, "visitor", THREAD, "Better words.")
    assert (await tariq.post(f"{found[1]}/delete")).status_code == 303
    assert not await _sees(stoa, "amara", THREAD, "Better words.")
    assert cases_in((await (await stoa.browser("amara")).get(QUEUE)).text) == []
    assert (await tariq.post(f"{found[1]}/restore")).status_code == 403


async def test_who_moderates_or_has_spoken_does_not_wait(stoa: Stoa) -> None:
    await hold_first_posts(stoa)
    for part in ("amara", "joost"):
        assert await _reply(stoa, part, f"Again by {part}.") == 303
        assert await _sees(stoa, "visitor", THREAD, f"Again by {part}.")


@pytest.mark.parametrize("path", [f"{THREAD}/replies", "/sigs/turnaround/threads/new"])
async def test_too_many_posts_come_back_with_what_was_typed(stoa: Stoa, path: str) -> None:
    browser, most = await stoa.browser("tariq"), RATES[Action.POST].times
    assert (await browser.post("/sigs/turnaround/join")).status_code == 303
    data = {"title": "A matter of moment", "tags": "law"}
    for number in range(most):
        sent = await browser.post(path, data={**data, "body": f"No. {number}", "submission": str(number)})
        assert sent.status_code == 303
    late = {**data, "body": "One too many", "submission": "late"}
    refused = await browser.post(path, data=late)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 3600
    assert "One too many" in refused.text
    again = await browser.post(path, data={**data, "body": f"No. {most - 1}", "submission": str(most - 1)})
    assert again.status_code == 303, "what was sent before was counted then"
    stoa.clock.now += timedelta(hours=1)
    assert (await browser.post(path, data=late)).status_code == 303
