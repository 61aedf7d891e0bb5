"""The forum over HTTP: reading, writing, refusing, and keeping what was typed."""

import re
from datetime import timedelta

import pytest

from tests.conftest import Stoa

THREAD = {"title": "What did it cost you?", "body": "Asking **early**.", "tags": "law", "submission": "new-1"}


def _thread_path(stoa: Stoa) -> str:
    return f"/threads/{stoa.world.public_thread.thread_id}"


async def test_a_visitor_reads_a_public_thread_without_a_cookie(stoa: Stoa) -> None:
    answer = await (await stoa.browser()).get(_thread_path(stoa))
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert "Said by joost in turnaround." in answer.text


async def test_a_closed_thread_is_missing_for_those_outside(stoa: Stoa) -> None:
    path = f"/threads/{stoa.world.closed_thread.thread_id}"
    parts = ("visitor", *stoa.world.people)
    statuses = {part: (await (await stoa.browser(part)).get(path)).status_code for part in parts}
    assert statuses == {"visitor": 404, "amara": 200, "joost": 404, "lin": 200, "tariq": 404, "nina": 404, "sven": 404}


async def test_a_thread_is_previewed_published_and_found_under_its_post(stoa: Stoa) -> None:
    browser = await stoa.browser("joost")
    preview = await browser.post("/sigs/turnaround/threads/new", data={**THREAD, "action": "preview"})
    assert preview.status_code == 200
    assert "<p>Asking <strong>early</strong>.</p>" in preview.text
    assert 'value="What did it cost you?"' in preview.text
    sent = await browser.post("/sigs/turnaround/threads/new", data={**THREAD, "action": "publish"})
    assert sent.status_code == 303
    place = sent.headers["location"]
    post_id = re.search(r"#post-(\d+)$", place)
    assert post_id is not None
    again = await browser.get(f"/posts/{post_id[1]}")
    assert (again.status_code, again.headers["location"]) == (303, place)
    assert "What did it cost you?" in (await browser.get(place)).text


@pytest.mark.parametrize("field", ["title", "body"])
async def test_a_refused_thread_keeps_what_was_typed(stoa: Stoa, field: str) -> None:
    browser = await stoa.browser("joost")
    answer = await browser.post("/sigs/turnaround/threads/new", data={**THREAD, field: ""})
    assert answer.status_code == 422
    kept = {"title": "What did it cost you?", "body": "Asking **early**."}
    assert all(text in answer.text for name, text in kept.items() if name != field)


async def test_a_reply_is_written_answered_edited_deleted_and_restored(stoa: Stoa) -> None:
    browser = await stoa.browser("joost")
    sent = await browser.post(
        f"{_thread_path(stoa)}/replies",
        data={"body": "Earlier", "submission": "r1", "reply_to": str(stoa.world.public_thread.post_id)},
    )
    post = "/posts/" + sent.headers["location"].rpartition("-")[2]
    form = (await browser.get(f"{post}/edit")).text
    version = re.search(r'name="version" value="(\d+)"', form)
    assert version is not None
    assert (await browser.post(f"{post}/edit", data={"body": "Much earlier", "version": version[1]})).status_code == 303
    stale = await browser.post(f"{post}/edit", data={"body": "Earliest", "version": version[1]})
    assert stale.status_code == 422
    assert "Earliest" in stale.text
    visitor = await stoa.browser()
    assert "Much earlier" in (await visitor.get(_thread_path(stoa))).text
    assert (await browser.post(f"{post}/delete")).status_code == 303
    assert "Much earlier" not in (await visitor.get(_thread_path(stoa))).text
    assert (await browser.post(f"{post}/restore")).status_code == 303
    assert "Much earlier" in (await visitor.get(_thread_path(stoa))).text


async def test_a_preview_fills_the_composer_alone(stoa: Stoa) -> None:
    browser = await stoa.browser("joost")
    answer = await browser.post(
        f"{_thread_path(stoa)}/replies",
        data={"body": "*soft*", "submission": "r1", "action": "preview", "page": "1"},
        headers={"hx-request": "true", "hx-request-type": "partial", "hx-target": "section#reply"},
    )
    assert answer.text.lstrip().startswith("<section")
    assert "<p><em>soft</em></p>" in answer.text


@pytest.mark.parametrize("act", ["edit", "delete", "restore", "accept"])
async def test_other_peoples_posts_cannot_be_touched(stoa: Stoa, act: str) -> None:
    post_id = stoa.world.public_thread.post_id
    for part in ("joost", "tariq", "lin"):
        answer = await (await stoa.browser(part)).post(f"/posts/{post_id}/{act}", data={"body": "x", "version": "1"})
        assert answer.status_code in {403, 404}
    assert "<p>What do <em>you</em> do?" in (await (await stoa.browser()).get(_thread_path(stoa))).text


async def test_joining_opens_the_composer_and_leaving_closes_it(stoa: Stoa) -> None:
    browser = await stoa.browser("tariq")
    path = f"{_thread_path(stoa)}/replies"
    before = await browser.post(path, data={"body": "Hello", "submission": "j1"})
    assert before.status_code == 422
    assert "Hello" in before.text
    assert (await browser.post("/sigs/turnaround/join")).status_code == 303
    assert (await browser.post(path, data={"body": "Hello", "submission": "j1"})).status_code == 303
    assert (await browser.post("/sigs/turnaround/leave")).status_code == 303
    assert (await browser.post(path, data={"body": "Again", "submission": "j2"})).status_code == 422


async def test_when_the_last_owner_leaves_the_longest_serving_member_follows(stoa: Stoa) -> None:
    left = await (await stoa.browser("amara")).post("/sigs/turnaround/leave")
    assert left.status_code == 303
    assert (await (await stoa.browser("joost")).get("/sigs/turnaround/settings")).status_code == 200
    assert (await (await stoa.browser("amara")).get("/sigs/turnaround/settings")).status_code == 404


async def test_lists_page_by_key_set_and_show_each_thread_once(stoa: Stoa) -> None:
    browser = await stoa.browser("joost")
    for number in range(64):
        stoa.clock.now += timedelta(minutes=2)  # nobody writes sixty threads within the hour
        data = {**THREAD, "title": f"Thread number {number:02}", "submission": f"many-{number}"}
        assert (await browser.post("/sigs/turnaround/threads/new", data=data)).status_code == 303
    seen: list[str] = []
    path: str | None = "/sigs/turnaround"
    while path:
        text = (await browser.get(path)).text
        seen += re.findall(r"Thread number (\d\d)", text)
        older = re.search(r'href="(\?before=[^"]+)"', text)
        path = f"/sigs/turnaround{older[1]}" if older and len(seen) <= 64 else None
    assert sorted(seen) == [f"{number:02}" for number in range(64)]


async def test_who_writes_when_too_many_do_is_asked_to_send_it_again(
    stoa: Stoa, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, path = await stoa.browser("joost"), f"{_thread_path(stoa)}/replies"
    monkeypatch.setattr("storage.database.MOST_WRITES", 0)
    refused = await browser.post(path, data={"body": "Well thought out", "submission": "b1"})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    assert "<main" in refused.text
    assert "Well thought out" in refused.text, "given back, to be sent again"
    monkeypatch.undo()
    sent = await browser.post(path, data={"body": "Well thought out", "submission": "b1"})
    assert sent.status_code == 303


async def test_a_reply_leads_to_itself_on_whatever_page_it_stands(stoa: Stoa) -> None:
    path, place, anchor, browser = _thread_path(stoa), "", "", await stoa.browser("joost")
    for number in range(4, 42):
        browser = await stoa.browser(("joost", "amara", "lin")[number % 3])
        sent = await browser.post(f"{path}/replies", data={"body": f"Reply {number}.", "submission": f"n{number}"})
        place, _, anchor = sent.headers["location"].partition("#")
        assert place == (path if number <= 20 else f"{path}?page={1 + (number - 1) // 20}")
    again = await browser.post(f"{path}/replies", data={"body": "Reply 41.", "submission": "n41"})
    assert again.headers["location"] == f"{place}#{anchor}", "sent twice, it leads to the one that stands"
    assert f'id="{anchor}"' in (await browser.get(place)).text
