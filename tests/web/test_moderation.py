"""Order over HTTP: queues, acts cell by cell, undo, log and appeals; and what none of it tells to whom."""

import re
from datetime import timedelta

import pytest

from domain.moderation import OPEN_FOR
from domain.sigs import Role
from tests.conftest import Stoa
from tests.web.order import (
    REASON,
    act,
    cases_in,
    make_moderator,
    make_staff,
    open_first_case,
    reply_of,
    report_post,
    reported_reply,
    statement_of,
)

UNKNOWN = 987_654_321
THREAD = "/threads/1"


# Queues and cases.


async def test_a_case_shows_its_thing_only_once_opened_and_that_is_told(stoa: Stoa) -> None:
    await reported_reply(stoa)
    browser = await stoa.browser("amara")
    path = cases_in((await browser.get("/sigs/turnaround/queue")).text)[0]
    assert "A rude remark." not in (await browser.get(path)).text
    assert "Look at this." not in (await browser.get(path)).text
    assert "a report about a post" not in (await (await stoa.browser("lin")).get("/settings/acts")).text
    assert (await browser.post(f"{path}/open")).status_code == 303
    assert "A rude remark." in (await browser.get(path)).text
    told = (await (await stoa.browser("lin")).get("/settings/acts")).text
    assert "a report about a post of yours" in told
    assert "Amara Okafor" in told
    assert "Tariq Haddad" not in told, "who reported is not shown to whom it is about"
    stoa.clock.now += OPEN_FOR + timedelta(seconds=1)
    assert "A rude remark." not in (await browser.get(path)).text


async def test_nobody_outside_finds_queue_case_or_log(stoa: Stoa) -> None:
    await reported_reply(stoa)
    path = await open_first_case(stoa, "amara")
    case_id = path.rpartition("/")[2]
    for part in ("tariq", "lin"):
        browser = await stoa.browser(part)
        queue, unknown = await browser.get("/sigs/turnaround/queue"), await browser.get("/sigs/no-such-sig/queue")
        assert (queue.status_code, queue.text) == (404, unknown.text.replace("no-such-sig", "turnaround"))
        case, missing = await browser.get(path), await browser.get(f"/cases/{UNKNOWN}")
        assert (case.status_code, case.text) == (404, missing.text.replace(str(UNKNOWN), case_id))
        for step in ("open", "take", "give-back", "close", "reopen", "approve", "decline"):
            assert (await browser.post(f"{path}/{step}")).status_code == 404
        assert (await browser.post(f"{path}/notes", data={"words": "x"})).status_code == 404
        assert (await act(stoa, part, f"{path}/acts", "hide")).status_code == 404
    assert (await (await stoa.browser("tariq")).get("/sigs/turnaround/log")).status_code == 404
    assert (await (await stoa.browser("joost")).get("/queue")).status_code == 404


async def test_a_case_about_a_moderator_is_not_for_them_but_for_the_staff_as_well(stoa: Stoa) -> None:
    await make_staff(stoa)
    await make_moderator(stoa, "joost")
    post_id = await reply_of(stoa, "joost", "By a moderator.")
    await report_post(stoa, "lin", post_id)
    path = cases_in((await (await stoa.browser("amara")).get("/sigs/turnaround/queue")).text)[0]
    joost = await stoa.browser("joost")
    assert cases_in((await joost.get("/sigs/turnaround/queue")).text) == []
    assert (await joost.get(path)).status_code == 404
    assert cases_in((await (await stoa.browser("tariq")).get("/queue")).text) == [path]


async def test_a_case_is_taken_noted_and_closed(stoa: Stoa) -> None:
    await reported_reply(stoa)
    path = await open_first_case(stoa, "amara")
    amara, joost = await stoa.browser("amara"), await stoa.browser("joost")
    await amara.post(f"{path}/take")
    assert "Taken" in (await joost.get(path)).text
    for _ in range(2):
        await joost.post(f"{path}/notes", data={"words": "She has said this before."})
    assert (await amara.get(path)).text.count("She has said this before.") == 1
    assert (await joost.post(f"{path}/notes", data={"words": " "})).status_code == 422
    assert (await joost.post(f"{path}/give-back")).status_code == 403
    await amara.post(f"{path}/close")
    assert cases_in((await amara.get("/sigs/turnaround/queue")).text) == []
    assert cases_in((await amara.get("/sigs/turnaround/queue?status=closed")).text) == [path]
    assert cases_in((await amara.get("/sigs/turnaround/queue?status=closed&kind=post")).text) == []
    assert (await amara.get("/sigs/turnaround/queue?status=nonsense")).status_code == 400
    await amara.post(f"{path}/reopen")
    assert cases_in((await amara.get("/sigs/turnaround/queue?kind=report")).text) == [path]


async def test_a_queue_pages_by_key_set(stoa: Stoa) -> None:
    for number in range(33):
        post_id = await reply_of(stoa, "lin", f"No. {number}")
        stoa.clock.now += timedelta(minutes=8)
        assert (await report_post(stoa, "tariq", post_id)).status_code == 303
    browser, path, seen = await stoa.browser("amara"), "/sigs/turnaround/queue", []
    for _ in range(2):
        text = (await browser.get(path)).text
        assert "33 cases wait" in text
        seen += cases_in(text)
        older = re.search(r'rel="next" href="([^"]+)"', text)
        path = older[1] if older else ""
    assert path == ""
    assert len(set(seen)) == len(seen) == 33


# Acts, cell by cell.

_KINDS = ("hide", "close", "pin", "move", "warn", "ban")


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("part", ["amara", "joost", "lin", "tariq"])
async def test_each_act_by_each_role(stoa: Stoa, kind: str, part: str) -> None:
    """Amara owns both SIGs, Joost moderates this one alone, Lin is a member, Tariq is nobody here."""
    await make_moderator(stoa, "joost")
    post_id = await reply_of(stoa, "lin", "Something.")
    more = {"to_sig": "boardroom", "days": "7"}
    answer = await act(stoa, part, f"/posts/{post_id}/moderate", kind, **more)
    allowed = part == "amara" or (part == "joost" and kind != "move")
    assert answer.status_code == (303 if allowed else 422 if part == "joost" else 404)
    log = (await (await stoa.browser("amara")).get("/sigs/turnaround/log")).text
    assert ("/acts/" in log) == allowed


@pytest.mark.parametrize("kind", ["warn", "ban"])
@pytest.mark.parametrize(
    ("role", "other", "status"),
    [
        (Role.MODERATOR, Role.MODERATOR, 422),
        (Role.MODERATOR, Role.OWNER, 422),
        (Role.OWNER, Role.OWNER, 422),
        (Role.OWNER, Role.MODERATOR, 303),
    ],
)
async def test_people_are_warned_and_banned_downwards_only(
    stoa: Stoa, kind: str, role: Role, other: Role, status: int
) -> None:
    await make_moderator(stoa, "joost", role=role)
    await make_moderator(stoa, "lin", role=other)
    post_id = await reply_of(stoa, "lin", "Something.")
    assert (await act(stoa, "joost", f"/posts/{post_id}/moderate", kind)).status_code == status


async def test_hiding_and_showing_a_post(stoa: Stoa) -> None:
    post_id = await reported_reply(stoa)
    path = await open_first_case(stoa, "amara")
    for _ in range(2):
        assert (await act(stoa, "amara", f"{path}/acts", "hide")).status_code == 303, "sent twice is once"
    visitor, lin = await stoa.browser(), await stoa.browser("lin")
    assert "A rude remark." not in (await visitor.get(THREAD)).text
    assert "Hidden by a moderator." in (await visitor.get(THREAD)).text
    assert "A rude remark." not in (await (await stoa.browser("tariq")).get(f"{THREAD}/feed")).text
    assert "A rude remark." in (await (await stoa.browser("joost")).get(THREAD)).text
    assert "A rude remark." in (await lin.get(THREAD)).text
    assert (await lin.post(f"/posts/{post_id}/restore")).status_code == 403
    assert (await lin.get(f"/posts/{post_id}/edit")).status_code == 404
    assert cases_in((await (await stoa.browser("amara")).get("/sigs/turnaround/queue")).text) == []
    log = (await lin.get("/sigs/turnaround/log")).text
    assert log.count('class="act_line"') == 1
    assert "treat people with respect" in log
    told = await statement_of(stoa, "lin")
    assert REASON in (await lin.get(told)).text
    assert REASON not in (await (await stoa.browser("joost")).get("/sigs/turnaround/log")).text
    assert (await (await stoa.browser("tariq")).get(told)).status_code == 404
    assert (await lin.post(f"{told}/undo")).status_code == 422, "not by whom it concerns"
    assert (await (await stoa.browser("joost")).post(f"{told}/undo")).status_code == 303
    assert "A rude remark." in (await visitor.get(THREAD)).text
    assert "Taken back" in (await lin.get("/sigs/turnaround/log")).text


async def test_hiding_the_opening_hides_the_thread(stoa: Stoa) -> None:
    opening = stoa.world.public_thread.post_id
    await make_moderator(stoa, "joost", role=Role.OWNER)
    assert (await act(stoa, "joost", f"/posts/{opening}/moderate", "hide")).status_code == 303
    title = "How early do you tell the works council?"
    for part in ("visitor", "tariq", "lin"):
        browser = await stoa.browser(part)
        assert (await browser.get(THREAD)).status_code == 404
        for path in ("/", "/sigs/turnaround", "/sigs/turnaround/log", "/people/joost-page", "/sitemaps/threads-1.xml"):
            assert title not in (await browser.get(path)).text
        assert (await browser.get(f"{THREAD}/feed")).status_code == 404
    own = (await (await stoa.browser("amara")).get(THREAD)).text
    assert "hidden by a moderator" in own
    assert 'action="/threads/1/replies"' not in own
    assert (await (await stoa.browser("joost")).post(f"{await statement_of(stoa, 'amara')}/undo")).status_code == 303
    assert title in (await (await stoa.browser()).get("/sigs/turnaround")).text
    assert "Said by lin" in (await (await stoa.browser()).get(THREAD)).text


async def test_closing_pinning_and_back(stoa: Stoa) -> None:
    opening = stoa.world.public_thread.post_id
    joost = await stoa.browser("joost")
    await make_moderator(stoa, "joost")
    for kind in ("close", "pin"):
        assert (await act(stoa, "joost", f"/posts/{opening}/moderate", kind)).status_code == 303
    text = (await joost.get("/sigs/turnaround")).text
    assert text.count('href="/threads/1"') == 2
    assert "Pinned" in text
    assert 'action="/threads/1/replies"' not in (await joost.get(THREAD)).text
    page = (await joost.get(f"/posts/{opening}/moderate")).text
    for path in re.findall(r'action="(/acts/\d+/undo)"', page):
        assert (await joost.post(path)).status_code == 303
    text = (await joost.get("/sigs/turnaround")).text
    assert text.count('href="/threads/1"') == 1
    assert 'action="/threads/1/replies"' in (await joost.get(THREAD)).text


async def test_moving_never_shows_a_thread_to_more_people(stoa: Stoa) -> None:
    opening, closed = stoa.world.public_thread.post_id, stoa.world.closed_thread.post_id
    widened = await act(stoa, "amara", f"/posts/{closed}/moderate", "move", to_sig="turnaround")
    assert widened.status_code == 422
    assert "More people could read it there" in widened.text
    assert (await act(stoa, "amara", f"/posts/{opening}/moderate", "move", to_sig="boardroom")).status_code == 303
    assert (await (await stoa.browser()).get(THREAD)).status_code == 404
    assert (await (await stoa.browser("joost")).get(THREAD)).status_code == 404
    assert "Said by joost in turnaround." in (await (await stoa.browser("lin")).get(THREAD)).text
    page = (await (await stoa.browser("amara")).get(f"/posts/{opening}/moderate")).text
    (undo,) = re.findall(r'action="(/acts/\d+/undo)"', page)
    stoa.clock.now += timedelta(minutes=5)
    said = {"body": "Said behind the door.", "submission": "door"}
    await (await stoa.browser("lin")).post(f"{THREAD}/replies", data=said)
    assert (await (await stoa.browser("amara")).post(undo)).status_code == 422, "what was said there stays there"
    assert (await (await stoa.browser()).get(THREAD)).status_code == 404


async def test_a_ban_takes_out_keeps_out_and_is_lifted(stoa: Stoa) -> None:
    post_id = await reply_of(stoa, "joost", "Enough.")
    assert (await act(stoa, "amara", f"/posts/{post_id}/moderate", "ban", days="7")).status_code == 303
    joost = await stoa.browser("joost")
    assert (await joost.get("/sigs/turnaround/log")).status_code == 404
    assert (await joost.post("/sigs/turnaround/join")).status_code == 403
    told = await statement_of(stoa, "joost")
    assert "until" in (await joost.get(told)).text.lower()
    assert (await (await stoa.browser("amara")).post(f"{told}/undo")).status_code == 303
    assert (await joost.post("/sigs/turnaround/join")).status_code == 303


async def test_the_staff_hides_nothing_but_what_wasreported_reply(stoa: Stoa) -> None:
    await make_staff(stoa)
    await make_moderator(stoa, "joost")
    post_id = await reply_of(stoa, "joost", "By a moderator.")
    await report_post(stoa, "lin", post_id)
    assert (await act(stoa, "tariq", f"/posts/{post_id}/moderate", "hide")).status_code == 404
    path = cases_in((await (await stoa.browser("tariq")).get("/queue")).text)[0]
    assert (await act(stoa, "tariq", f"{path}/acts", "hide")).status_code == 422, "a case is opened first"
    assert "By a moderator." in (await (await stoa.browser()).get(THREAD)).text
    await open_first_case(stoa, "tariq", "/queue")
    assert (await act(stoa, "tariq", f"{path}/acts", "ban")).status_code == 404
    assert (await act(stoa, "tariq", f"{path}/acts", "hide")).status_code == 303
    assert "By a moderator." not in (await (await stoa.browser()).get(THREAD)).text


async def test_a_person_is_suspended_and_reinstated(stoa: Stoa) -> None:
    await make_staff(stoa)
    data = {"reason": "spam", "words": ""}
    await (await stoa.browser("lin")).post("/report/person/joost-page", data=data)
    path = await open_first_case(stoa, "tariq", "/queue")
    assert (await act(stoa, "tariq", f"{path}/acts", "suspend")).status_code == 303
    joost = await stoa.browser("joost")
    assert (await (await stoa.browser("lin")).get("/people/joost-page")).status_code in {404, 410}
    told = await statement_of(stoa, "joost")
    assert REASON in (await joost.get(told)).text
    assert (await joost.post(f"{told}/appeal", data={"words": "I only asked."})).status_code == 303
    assert (await (await stoa.browser("tariq")).post(f"{told}/undo")).status_code == 303
    assert (await (await stoa.browser("lin")).get("/people/joost-page")).status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"rule": "house:none"}, {"rule": ""}, {"reason": " "}, {"reason": "x" * 2001}, {"kind": ""}]
)
async def test_an_act_that_will_not_do_comes_back(stoa: Stoa, wrong: dict[str, str]) -> None:
    post_id = await reply_of(stoa, "lin", "Something.")
    data = {"kind": "hide", **wrong}
    answer = await act(stoa, "amara", f"/posts/{post_id}/moderate", data.pop("kind"), **data)
    assert answer.status_code == 422
    assert f'id="{next(iter(wrong))}-problem"' in answer.text
    assert "Something." in (await (await stoa.browser()).get(THREAD)).text


# Appeals.


async def test_an_appeal_is_decided_by_somebody_else(stoa: Stoa) -> None:
    await reported_reply(stoa)
    path = await open_first_case(stoa, "amara")
    await act(stoa, "amara", f"{path}/acts", "hide")
    told, lin = await statement_of(stoa, "lin"), await stoa.browser("lin")
    assert (await lin.post(f"{told}/appeal", data={"words": " "})).status_code == 422
    for words in ("It was a joke.", "Another one."):
        assert (await lin.post(f"{told}/appeal", data={"words": words})).status_code == 303
    amara, joost = await stoa.browser("amara"), await stoa.browser("joost")
    assert "Another one." not in (await joost.get(told)).text
    assert told not in (await amara.get("/sigs/turnaround/queue")).text, "not by who did it"
    assert told in (await joost.get("/sigs/turnaround/queue")).text
    grant = {"decision": "grant", "answer": "It was one."}
    for part in ("amara", "lin", "tariq"):
        assert (await (await stoa.browser(part)).post(f"{told}/decide", data=grant)).status_code == 404
    assert (await joost.post(f"{told}/decide", data={"decision": "grant"})).status_code == 422
    assert (await joost.post(f"{told}/decide", data=grant)).status_code == 303
    assert "A rude remark." in (await (await stoa.browser()).get(THREAD)).text
    text = (await lin.get(told)).text
    assert "Granted" in text
    assert "It was one." in text


async def test_where_nobody_else_moderates_the_staff_decides(stoa: Stoa) -> None:
    await make_staff(stoa)
    post_id = await reply_of(stoa, "lin", "A rude remark.")
    await act(stoa, "amara", f"/posts/{post_id}/moderate", "warn")
    told = await statement_of(stoa, "lin")
    await (await stoa.browser("lin")).post(f"{told}/appeal", data={"words": "No."})
    staff = await stoa.browser("tariq")
    assert told in (await staff.get("/queue")).text
    denied = {"decision": "deny", "answer": "It stands."}
    assert (await staff.post(f"{told}/decide", data=denied)).status_code == 303
    assert "Not granted" in (await (await stoa.browser("lin")).get(told)).text
    assert (await staff.post(f"{told}/decide", data={**denied, "decision": "grant"})).status_code == 404
