"""Scraps over HTTP: left, previewed, answered, let stand, hidden, deleted, taken back; 404 where there is no board."""

import re

import httpx
import pytest

from domain.limits import RATES, Action
from domain.members import EntryKind, Slot
from domain.visibility import ONLY_ME, Audience
from storage.members.keys import hold_owner, write_entry
from tests.agreeing import post_agreed
from tests.cast import NOON
from tests.conftest import Stoa

BOARD = "/people/joost-page/scraps"


async def _leave(stoa: Stoa, part: str = "tariq", body: str = "Hello there.", **more: str) -> httpx.Response:
    return await (await stoa.browser(part)).post(BOARD, data={"body": body, **more})


async def _left(stoa: Stoa, part: str = "tariq", body: str = "Hello there.", **more: str) -> int:
    answer = await _leave(stoa, part, body, **more)
    assert answer.status_code == 303, answer.text
    return int(answer.headers["location"].rpartition("-")[2])


async def _board(stoa: Stoa, part: str, query: str = "") -> httpx.Response:
    return await (await stoa.browser(part)).get(f"{BOARD}{query}")


async def _open_to(stoa: Stoa, audience: Audience) -> None:
    async with stoa.database.writing() as connection:
        owner = await hold_owner(connection, stoa.world["joost"].member_id)
        await write_entry(connection, owner, Slot(EntryKind.SCRAPS), "shown", audience, NOON)


async def _wait(stoa: Stoa) -> None:
    joost = await stoa.browser("joost")
    done = await joost.post("/settings/channels", data={"scrap": "members", "scrap-waits": "yes"})
    assert done.status_code == 303, done.text


async def _act(stoa: Stoa, part: str, scrap_id: int, act: str, **more: str) -> httpx.Response:
    return await (await stoa.browser(part)).post(f"/scraps/{scrap_id}/{act}", data=more)


async def test_a_scrap_is_left_read_and_answered(stoa: Stoa) -> None:
    left = await _left(stoa, body="**Hello** there.")
    for part in ("tariq", "joost", "amara"):
        text = (await _board(stoa, part)).text
        assert "<strong>Hello</strong> there." in text
        assert 'href="/people/tariq-page"' in text
        assert f'id="scrap-{left}"' in text
    page = (await _board(stoa, "joost", f"?reply_to={left}")).text
    assert f'name="reply_to" value="{left}"' in page
    answer = await _left(stoa, "joost", "Good to see you.", reply_to=str(left))
    text = (await _board(stoa, "amara")).text
    assert text.index(f'id="scrap-{left}"') < text.index(f'id="scrap-{answer}"')
    assert "Good to see you." in text


async def test_the_preview_is_a_fragment_and_keeps_what_was_typed(stoa: Stoa) -> None:
    typed = {"body": "**Bold** words", "private": "yes", "action": "preview", "submission": "one"}
    browser = await stoa.browser("tariq")
    whole = await browser.post(BOARD, data=typed)
    part = await browser.post(BOARD, data=typed, headers={"hx-request-type": "partial", "hx-target": "section#write"})
    for answer in (whole, part):
        assert answer.status_code == 200
        assert "<strong>Bold</strong> words" in answer.text
        assert "**Bold** words</textarea>" in answer.text
        assert 'value="one"' in answer.text
        assert re.search(r'name="private" value="yes" checked', answer.text)
    assert "<html" in whole.text
    assert "<html" not in part.text
    assert part.text.lstrip().startswith("<section")
    assert "Bold" not in (await _board(stoa, "joost")).text


async def test_what_cannot_be_left_comes_back(stoa: Stoa) -> None:
    empty = await _leave(stoa, body="   ")
    assert (empty.status_code, 'id="body-problem"' in empty.text) == (422, True)
    long = await _leave(stoa, body="long " * 7000)
    assert (long.status_code, "long long" in long.text) == (422, True)
    own = await _leave(stoa, "joost", body="To myself")
    assert (own.status_code, "To myself" in own.text, 'role="alert"' in own.text) == (422, True, True)


async def test_a_doubled_click_is_one_scrap(stoa: Stoa) -> None:
    first = await _left(stoa, submission="same")
    assert await _left(stoa, submission="same") == first
    assert (await _board(stoa, "joost")).text.count("Hello there.") == 1


async def test_too_many_say_when_to_come_back_and_keep_the_text(stoa: Stoa) -> None:
    for one in range(RATES[Action.SCRAP].times):
        await _left(stoa, body=f"Number {one}")
    refused = await _leave(stoa, body="One more")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert "One more" in refused.text


async def test_a_shut_board_is_like_an_unknown_page(stoa: Stoa) -> None:
    left = await _left(stoa)
    assert (await _board(stoa, "amara")).status_code == 200
    await _open_to(stoa, ONLY_ME)
    browser = await stoa.browser("amara")
    shut, unknown = await browser.get(BOARD), await browser.get("/people/no-such-page/scraps")
    assert (shut.status_code, unknown.status_code) == (404, 404)
    assert shut.text.replace("joost-page", "x") == unknown.text.replace("no-such-page", "x")
    for act in ("release", "hide", "delete", "take-back"):
        gone, never = await _act(stoa, "amara", left, act), await _act(stoa, "amara", 987_654, act)
        assert (gone.status_code, gone.text) == (404, never.text)
    assert (await browser.get(f"/scraps/{left}")).status_code == 404
    assert (await browser.post(BOARD, data={"body": "Hello"})).status_code == 404
    personal = (await browser.get("/people/joost-page")).text
    assert "/scraps" not in personal
    assert "Hello there." not in personal


async def test_visitors_are_asked_to_sign_in_whatever_the_address(stoa: Stoa) -> None:
    left = await _left(stoa)
    browser = await stoa.browser()
    for path in (BOARD, "/people/no-such-page/scraps", "/scraps", f"/scraps/{left}", "/scraps/987654"):
        answer = await browser.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={path}")
    assert (await browser.post(BOARD, data={"body": "Hello"})).status_code == 401
    assert "Hello there." not in (await browser.get("/people/joost-page")).text


@pytest.mark.parametrize("part", ["nina", "sven"])
async def test_who_is_no_member_neither_reads_nor_writes(stoa: Stoa, part: str) -> None:
    await _left(stoa)
    assert (await _board(stoa, part)).status_code == 404
    assert (await _leave(stoa, part)).status_code == 403


async def test_what_waits_is_let_stand(stoa: Stoa) -> None:
    await _wait(stoa)
    assert "waits until" in (await _board(stoa, "tariq")).text
    left = await _left(stoa)
    assert "Hello there." not in (await _board(stoa, "amara")).text
    for part, told in (("tariq", "Waits for the owner"), ("joost", "Waits for your yes")):
        assert told in (await _board(stoa, part)).text
    mine = (await (await stoa.browser("joost")).get("/scraps")).text
    assert "Hello there." in mine
    assert f'action="/scraps/{left}/release"' in mine
    done = await _act(stoa, "joost", left, "release", mine="yes")
    assert (done.status_code, done.headers["location"]) == (303, "/scraps")
    assert "Hello there." in (await _board(stoa, "amara")).text


async def test_hide_show_and_delete(stoa: Stoa) -> None:
    left = await _left(stoa)
    place = f"{BOARD}#scrap-{left}"
    for act, is_seen in (("hide", False), ("release", True)):
        assert (await _act(stoa, "tariq", left, act)).status_code == 403
        done = await _act(stoa, "joost", left, act)
        assert (done.status_code, done.headers["location"]) == (303, place)
        assert ("Hello there." in (await _board(stoa, "amara")).text) == is_seen
        assert "Hello there." in (await _board(stoa, "tariq")).text
    assert (await _act(stoa, "tariq", left, "delete")).status_code == 403
    assert (await _act(stoa, "joost", left, "delete")).headers["location"] == BOARD
    for part in ("joost", "tariq", "amara"):
        assert "Hello there." not in (await _board(stoa, part)).text


async def test_the_writer_takes_back_from_their_own_list(stoa: Stoa) -> None:
    left = await _left(stoa)
    await _open_to(stoa, ONLY_ME)
    browser = await stoa.browser("tariq")
    assert (await browser.get(BOARD)).status_code == 404
    mine = (await browser.get("/scraps")).text
    assert "Hello there." in mine
    assert 'href="/people/joost-page"' in mine
    assert (await browser.get(f"/scraps/{left}")).headers["location"] == f"/scraps?before={left + 1}#scrap-{left}"
    assert (await _act(stoa, "joost", left, "take-back")).status_code == 403
    assert (await _act(stoa, "tariq", left, "take-back")).headers["location"] == "/scraps"
    assert "Hello there." not in (await browser.get("/scraps")).text
    assert "Hello there." not in (await _board(stoa, "joost")).text


async def test_a_private_scrap_is_read_by_two(stoa: Stoa) -> None:
    await _left(stoa, body="Between us", private="yes")
    assert "Only for the two of you" in (await _board(stoa, "joost")).text
    assert "Between us" in (await _board(stoa, "tariq")).text
    for path in (BOARD, "/people/joost-page"):
        assert "Between us" not in (await (await stoa.browser("amara")).get(path)).text


async def test_the_personal_page_shows_the_newest(stoa: Stoa) -> None:
    assert 'href="/people/joost-page/scraps"' in (await (await stoa.browser("amara")).get("/people/joost-page")).text
    for one in range(7):
        await _left(stoa, body=f"Number *{one}*.")
    for part in ("amara", "joost"):
        text = (await (await stoa.browser(part)).get("/people/joost-page")).text
        assert [one for one in range(7) if f"Number {one}." in text] == [2, 3, 4, 5, 6]
        assert 'href="/people/joost-page/scraps"' in text
    assert "Number" not in (await (await stoa.browser()).get("/people/joost-page")).text


async def test_the_audience_of_the_board_is_an_entry_like_any_other(stoa: Stoa) -> None:
    await _left(stoa)
    browser = await stoa.browser("joost")
    chooser = (await browser.get("/profile/audience/scraps")).text
    assert 'value="everyone"' not in chooser, "never public"
    done = await post_agreed(browser, "/profile/audience/scraps", {"scraps.audience": "connections"})
    assert done.status_code == 303, done.text
    assert (await _board(stoa, "tariq")).status_code == 404
    assert "Hello there." not in (await (await stoa.browser("tariq")).get("/people/joost-page")).text
    assert "Scraps" in (await browser.get("/profile/exposure")).text
    looked = (await browser.get("/profile/view-as?looker=member")).text
    assert "Hello there." not in looked
    assert "Hello there." in (await browser.get("/profile/view-as?looker=connection")).text


async def test_what_is_typed_is_text(stoa: Stoa) -> None:
    await _left(stoa, body="<script>alert(1)</script> & <img src=x onerror=alert(1)>")
    for part, path in (("joost", BOARD), ("tariq", "/scraps"), ("amara", "/people/joost-page")):
        text = (await (await stoa.browser(part)).get(path)).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text


@pytest.mark.parametrize("query", ["before=x", "before=-1", "after=99999999999999999999", "reply_to=x"])
async def test_odd_queries_are_no_defect(stoa: Stoa, query: str) -> None:
    assert (await _board(stoa, "tariq", f"?{query}")).status_code in {200, 400}


async def test_replies_under_what_is_not_there(stoa: Stoa) -> None:
    text = (await _board(stoa, "tariq", "?reply_to=987654")).text
    assert 'name="reply_to"' not in text
    assert (await _leave(stoa, reply_to="987654")).status_code == 404
    assert (await _leave(stoa, reply_to="x")).status_code == 400
