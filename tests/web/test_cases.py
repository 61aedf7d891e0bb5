"""Cases over HTTP: the staff look at what was reported and at nothing newer, nothing is decided by who has not looked,
and what was typed for a case that has closed again is given back."""

import re
from datetime import timedelta

import httpx
import pytest

from domain.moderation import OPEN_FOR
from tests.conftest import Stoa
from tests.web.order import (
    act,
    approve,
    ask_to_join,
    cases_in,
    hold_first_posts,
    make_staff,
    open_first_case,
    reply_of,
    report_post,
    reported_reply,
)

THREAD, QUEUE = "/threads/1", "/sigs/turnaround/queue"
BODY = "My first word here."
GONE = "It is gone, or has been closed or changed since."


async def _text(stoa: Stoa, part: str, path: str) -> str:
    answer = await (await stoa.browser(part)).get(path)
    assert answer.status_code == 200
    return answer.text


async def _edit(stoa: Stoa, post_id: int, title: str, body: str, version: int) -> None:
    stoa.clock.now += timedelta(minutes=1)
    data = {"title": title, "body": body, "tags": "", "version": str(version)}
    assert (await (await stoa.browser("amara")).post(f"/posts/{post_id}/edit", data=data)).status_code == 303


async def _report_to_staff(stoa: Stoa, post_id: int) -> str:
    """Lin reports something of Amara's in a closed SIG; Tariq of the staff has opened the case."""
    await make_staff(stoa)
    assert (await report_post(stoa, "lin", post_id)).status_code == 303
    return await open_first_case(stoa, "tariq", "/queue")


async def test_the_staff_see_what_was_reported_and_not_what_it_became(stoa: Stoa) -> None:
    post_id = stoa.world.closed_thread.post_id
    await _edit(stoa, post_id, "The first title", "The first body.", 1)
    path = await _report_to_staff(stoa, post_id)
    text = await _text(stoa, "tariq", path)
    assert "The first title" in text
    assert "The first body." in text
    assert GONE not in text
    await _edit(stoa, post_id, "Another title", "Another body.", 2)
    text = await _text(stoa, "tariq", path)
    assert GONE in text
    for word in ("Another title", "Another body.", "The first"):
        assert word not in text
    assert (await report_post(stoa, "joost", post_id)).status_code == 404, "who does not see it reports nothing"


async def test_a_report_of_a_reply_opens_no_title_beside_it(stoa: Stoa) -> None:
    post_id = await reply_of(stoa, "amara", "A rude remark.", stoa.world.closed_thread)
    title = "TITLE OF THE ROOM"
    await _edit(stoa, stoa.world.closed_thread.post_id, title, "The opening.", 1)
    path = await _report_to_staff(stoa, post_id)
    text = await _text(stoa, "tariq", path)
    assert "A rude remark." in text
    assert title not in text


async def test_a_closed_case_gives_no_look_until_it_is_taken_up_again(stoa: Stoa) -> None:
    post_id = await reply_of(stoa, "amara", "A rude remark.", stoa.world.closed_thread)
    path = await _report_to_staff(stoa, post_id)
    tariq = await stoa.browser("tariq")
    assert "A rude remark." in await _text(stoa, "tariq", path)
    assert (await tariq.post(f"{path}/close")).status_code == 303
    assert "A rude remark." not in await _text(stoa, "tariq", path)
    stoa.clock.now += OPEN_FOR
    await tariq.post(f"{path}/open")
    assert "A rude remark." not in await _text(stoa, "tariq", path), "nor to who opens it anew"
    await tariq.post(f"{path}/reopen")
    assert "A rude remark." in await _text(stoa, "tariq", path)


async def _first_post(stoa: Stoa) -> str:
    """Tariq's first reply waits; returns the address of its case."""
    await hold_first_posts(stoa)
    tariq = await stoa.browser("tariq")
    assert (await tariq.post("/sigs/turnaround/join")).status_code == 303
    assert (await tariq.post(f"{THREAD}/replies", data={"body": BODY, "submission": "x"})).status_code == 303
    return cases_in(await _text(stoa, "amara", QUEUE))[0]


async def _is_published(stoa: Stoa, words: str) -> bool:
    return words in await _text(stoa, "visitor", THREAD)


async def test_nothing_is_published_by_who_has_not_looked(stoa: Stoa) -> None:
    path = await _first_post(stoa)
    amara = await stoa.browser("amara")
    refused = await amara.post(f"{path}/approve", data={"version": "1"})
    assert refused.status_code == 422
    assert f'action="{path}/open"' in refused.text
    assert BODY not in refused.text
    assert not await _is_published(stoa, BODY)
    await open_first_case(stoa, "amara")
    stoa.clock.now += OPEN_FOR
    assert (await amara.post(f"{path}/approve", data={"version": "1"})).status_code == 422
    assert not await _is_published(stoa, BODY)
    await open_first_case(stoa, "amara")
    for _click in range(2):
        assert (await amara.post(f"{path}/approve", data={"version": "1"})).status_code == 303
    assert await _is_published(stoa, BODY)


async def test_nobody_is_let_in_by_who_has_not_looked(stoa: Stoa) -> None:
    path = await _wish(stoa)
    amara, tariq = await stoa.browser("amara"), await stoa.browser("tariq")
    for answer in ("approve", "decline"):
        assert (await amara.post(f"{path}/{answer}")).status_code == 422
    assert (await tariq.get("/sigs/turnaround/log")).status_code == 404
    assert cases_in(await _text(stoa, "amara", QUEUE)) == [path]
    await open_first_case(stoa, "amara")
    assert (await amara.post(f"{path}/approve")).status_code == 303
    assert (await tariq.get("/sigs/turnaround/log")).status_code == 200


async def _wish(stoa: Stoa) -> str:
    """Tariq asks to join; returns the address of the case."""
    await ask_to_join(stoa, "tariq")
    return cases_in(await _text(stoa, "amara", QUEUE))[0]


@pytest.mark.parametrize("version", ["1", "", "3"])
async def test_what_changed_since_it_was_shown_is_shown_again(stoa: Stoa, version: str) -> None:
    path = await _first_post(stoa)
    await open_first_case(stoa, "amara")
    tariq, amara = await stoa.browser("tariq"), await stoa.browser("amara")
    edit = re.search(r'href="(/posts/\d+)/edit"', await _text(stoa, "tariq", THREAD))
    assert edit is not None
    await tariq.post(f"{edit[1]}/edit", data={"body": "Something else.", "version": "1"})
    refused = await amara.post(f"{path}/approve", data={"version": version})
    assert refused.status_code == 422
    assert "Something has changed since you looked" in refused.text
    assert "Something else." in refused.text
    assert not await _is_published(stoa, "Something else.")
    assert (await approve(stoa, "amara", path)).status_code == 303
    assert await _is_published(stoa, "Something else.")


async def test_what_was_typed_for_a_case_that_has_closed_again_is_given_back(stoa: Stoa) -> None:
    await reported_reply(stoa)
    path = await open_first_case(stoa, "amara")
    stoa.clock.now += OPEN_FOR
    refused = await act(stoa, "amara", f"{path}/acts", "hide", reason="A statement of some length.")
    assert refused.status_code == 422
    assert "A statement of some length." in refused.text
    assert f'action="{path}/open"' in refused.text
    assert "A rude remark." not in refused.text
    assert await _is_published(stoa, "A rude remark.")
    await open_first_case(stoa, "amara")
    assert (await act(stoa, "amara", f"{path}/acts", "hide")).status_code == 303
    assert not await _is_published(stoa, "A rude remark.")


async def test_an_error_page_gives_reasons_and_answers_back_and_no_choices(stoa: Stoa) -> None:
    async def kept(path: str, **data: str) -> str:
        refused: httpx.Response = await (await stoa.browser("amara")).post(path, data=data)
        assert refused.status_code == 404
        return refused.text.partition('id="kept"')[2].partition("</textarea>")[0]

    missing = "987654321"
    assert "My long reason" in await kept(f"/cases/{missing}/acts", kind="hide", rule="x", reason="My long reason")
    assert "My long answer" in await kept(f"/acts/{missing}/decide", decision="deny", answer="My long answer")
    assert "accept" not in await kept(f"/invitations/{missing}", answer="accept")
    report = await kept(f"/report/post/{missing}", reason="offensive", words="My words")
    assert "My words" in report
    assert "offensive" not in report
