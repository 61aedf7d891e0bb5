"""Reports over HTTP: by whom, about what, how often, and into whose queue."""

from datetime import timedelta

import pytest

from tests.conftest import Stoa
from tests.web.order import cases_in, make_staff, open_first_case, reply_of, report_post, reported_reply

UNKNOWN = 987_654_321
THREAD = "/threads/1"


async def test_several_reports_of_one_thing_are_one_case(stoa: Stoa) -> None:
    post_id = await reported_reply(stoa)
    assert (await report_post(stoa, "tariq", post_id, "Again.")).status_code == 303
    assert (await report_post(stoa, "visitor", post_id, "From outside.")).status_code == 303
    path = await open_first_case(stoa, "amara")
    queue = (await (await stoa.browser("amara")).get("/sigs/turnaround/queue")).text
    assert len(cases_in(queue)) == 1
    assert "2 reports" in queue
    text = (await (await stoa.browser("amara")).get(path)).text
    assert "Look at this." in text
    assert "Again." not in text, "the same person reports once"
    assert "From outside." in text
    assert "reported without an account" in text


@pytest.mark.parametrize("part", ["visitor", "tariq", "nina", "sven"])
async def test_what_one_does_not_see_cannot_bereported_reply(stoa: Stoa, part: str) -> None:
    browser = await stoa.browser(part)
    hidden, unknown = f"/report/post/{stoa.world.closed_thread.post_id}", f"/report/post/{UNKNOWN}"
    for method in (browser.get, browser.post):
        answers = [await method(path) for path in (hidden, unknown)]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.text.replace(hidden, "").replace(unknown, "") for answer in answers}) == 1


async def test_what_is_ones_own_cannot_bereported_reply(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    for path in (f"post/{stoa.world.public_thread.post_id}", "person/amara-page", "entry/amara-page/profession"):
        assert (await browser.get(f"/report/{path}")).status_code == 404
    page = (await browser.get(THREAD)).text
    assert f'href="/report/post/{stoa.world.public_thread.post_id}"' not in page


async def test_a_report_that_will_not_do_comes_back(stoa: Stoa) -> None:
    path = f"/report/post/{stoa.world.public_thread.post_id}"
    refused = await (await stoa.browser()).post(path, data={"reason": "other", "words": ""})
    assert refused.status_code == 422
    assert 'id="words-problem"' in refused.text
    assert 'value="other" checked' in refused.text


async def test_without_an_account_reports_are_counted_by_network(stoa: Stoa) -> None:
    posts = [await reply_of(stoa, "lin", f"No. {number}") for number in range(11)]
    answers = [await report_post(stoa, "visitor", post_id) for post_id in posts]
    assert [answer.status_code for answer in answers] == [303] * 10 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert "Look at this." in answers[-1].text, "what was typed is kept"
    assert (await report_post(stoa, "tariq", posts[-1])).status_code == 303


async def test_people_and_lines_of_pages_go_to_the_staff(stoa: Stoa) -> None:
    await make_staff(stoa)
    joost = await stoa.browser("joost")
    form = (await joost.get("/report/person/amara-page")).text
    assert 'href="/report/entry/amara-page/profession"' in form
    data = {"reason": "private-data", "words": "Not true."}
    assert (await joost.post("/report/entry/amara-page/profession", data=data)).status_code == 303
    assert (await joost.post("/report/person/amara-page", data=data)).status_code == 303
    staff = await stoa.browser("tariq")
    assert len(cases_in((await staff.get("/queue")).text)) == 2
    assert cases_in((await (await stoa.browser("amara")).get("/sigs/turnaround/queue")).text) == []
    paths = cases_in((await staff.get("/queue")).text)
    before = (await staff.get(paths[1])).text
    assert "Plant director" not in before
    await staff.post(f"{paths[1]}/open")
    assert "Plant director" in (await staff.get(paths[1])).text


async def test_what_changed_after_the_report_is_not_what_wasreported_reply(stoa: Stoa) -> None:
    await make_staff(stoa)
    data = {"reason": "spam", "words": ""}
    assert (
        await (await stoa.browser("joost")).post("/report/entry/amara-page/profession", data=data)
    ).status_code == 303
    path = await open_first_case(stoa, "tariq", "/queue")
    stoa.clock.now += timedelta(minutes=1)
    changed = {"name": "Amara Okafor", "profession": "Her secret", "profession.audience": "only-me"}
    assert (await (await stoa.browser("amara")).post("/profile/edit", data=changed)).status_code == 303
    text = (await (await stoa.browser("tariq")).get(path)).text
    assert "Her secret" not in text
    assert "closed or changed since" in text


async def test_what_goes_on_after_a_case_was_closed_is_another_case(stoa: Stoa) -> None:
    post_id = await reported_reply(stoa)
    first = await open_first_case(stoa, "amara")
    amara = await stoa.browser("amara")
    assert (await amara.post(f"{first}/close")).status_code == 303
    for words in ("It goes on.", "And on."):
        assert (await report_post(stoa, "tariq", post_id, words)).status_code == 303
    (second,) = cases_in((await amara.get("/sigs/turnaround/queue")).text)
    assert second != first
    await amara.post(f"{second}/open")
    text = (await amara.get(second)).text
    assert "It goes on." in text
    assert "And on." not in text, "while it waits, once"
    assert "Look at this." not in text
    assert "It goes on." not in (await amara.get(first)).text
