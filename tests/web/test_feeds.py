"""Feeds as a feed reader gets them: by plain address, by private address, and never more than their reader may see."""

import re
from datetime import timedelta

import feedparser
import httpx
import pytest
from sqlalchemy import update

from domain.feeds import ENTRIES_A_FEED, MOST_TOKENS
from domain.forum import ThreadKind
from storage.feed_tokens import make_feed_token
from storage.forum.commands import Draft, Written, edit_post, start_thread, write_reply
from storage.forum.removal import delete_post
from storage.tables import FeedToken, Member
from tests.cast import NOON
from tests.conftest import Stoa, open_browser
from web.settings import Settings

SITE = Settings().site_url
PLAIN = {"accept-encoding": "identity"}


async def _feed(stoa: Stoa, path: str, part: str = "visitor") -> feedparser.FeedParserDict:
    answer = await (await stoa.browser(part)).get(path, headers=PLAIN)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/atom+xml"
    assert answer.headers["x-robots-tag"] == "noindex"
    return _parsed(answer)


def _parsed(answer: httpx.Response) -> feedparser.FeedParserDict:
    feed = feedparser.parse(answer.content, response_headers={"content-type": "application/atom+xml"})
    assert not feed.bozo, feed.get("bozo_exception")
    for wanted in ("id", "title", "updated", "link"):
        assert feed.feed[wanted]
        assert all(entry[wanted] for entry in feed.entries)
    assert all(entry.author for entry in feed.entries)
    return feed


async def _start(stoa: Stoa, title: str = "A matter", body: str = "Some text.", sig: str = "turnaround") -> Written:
    draft = Draft(body=body, title=title, kind=ThreadKind.DISCUSSION)
    written = await start_thread(stoa.database, stoa.world["amara"].viewer, sig, draft, NOON + timedelta(hours=1))
    assert isinstance(written, Written)
    return written


async def test_a_thread_feed_has_the_newest_posts_and_hidden_names_as_numbers(stoa: Stoa) -> None:
    number = stoa.world.public_thread.thread_id
    feed = await _feed(stoa, f"/threads/{number}/feed")
    assert feed.feed.title == "How early do you tell the works council? · Stoa"
    assert [entry.author for entry in feed.entries] == ["Member 3", "Joost van Dijk", "Amara Okafor"]
    newest = feed.entries[0]
    assert newest.title == "Re: How early do you tell the works council?"
    assert newest.content[0].value == "<p>Said by lin in turnaround.</p>"
    assert newest.id == f"tag:127.0.0.1,2026:post:{stoa.world.public_thread.post_id + 2}"
    assert newest.link.startswith(f"{SITE}/posts/")
    assert newest.updated == (NOON + timedelta(minutes=2)).isoformat()
    assert feed.feed.updated == newest.updated
    inside = await _feed(stoa, f"/threads/{number}/feed", "tariq")
    assert inside.entries[0].author == "Lin Meiling"


async def test_a_sig_feed_has_its_threads_with_the_newest_talk_first(stoa: Stoa) -> None:
    thread = await _start(stoa, "Newest & <best>", "With **weight**.")
    feed = await _feed(stoa, "/sigs/turnaround/feed")
    assert [entry.title for entry in feed.entries] == [
        "Newest & <best>",
        "How early do you tell the works council?",
    ]
    assert feed.entries[0].id == f"tag:127.0.0.1,2026:thread:{thread.thread_id}"
    assert feed.entries[0].content[0].value == "<p>With <strong>weight</strong>.</p>"
    again = await write_reply(
        stoa.database, stoa.world["joost"].viewer, stoa.world.public_thread.thread_id, Draft("Up."), NOON + timedelta(2)
    )
    assert isinstance(again, Written)
    moved = await _feed(stoa, "/sigs/turnaround/feed")
    assert moved.entries[0].id == feed.entries[1].id
    assert moved.entries[0].updated == (NOON + timedelta(2)).isoformat()


async def test_an_edit_renews_an_entry_and_a_deletion_takes_it_out(stoa: Stoa) -> None:
    thread, amara, later = await _start(stoa), stoa.world["amara"].viewer, NOON + timedelta(hours=5)
    path = f"/threads/{thread.thread_id}/feed"
    before = (await _feed(stoa, path)).entries[0]
    changed = Draft(body="Another text.", title="Another title")
    assert isinstance(await edit_post(stoa.database, amara, thread.post_id, changed, 1, later), Written)
    after = (await _feed(stoa, path)).entries[0]
    assert (before.id, before.updated) == (after.id, (NOON + timedelta(hours=1)).isoformat())
    assert (after.updated, after.title) == (later.isoformat(), "Another title")
    await delete_post(stoa.database, amara, thread.post_id, later)
    assert (await (await stoa.browser()).get(path)).status_code == 404


async def test_a_feed_has_thirty_entries_at_most(stoa: Stoa) -> None:
    thread = await _start(stoa)
    for number in range(ENTRIES_A_FEED + 2):
        await write_reply(stoa.database, stoa.world["joost"].viewer, thread.thread_id, Draft(f"No. {number}"), NOON)
    assert len((await _feed(stoa, f"/threads/{thread.thread_id}/feed")).entries) == ENTRIES_A_FEED


async def test_what_xml_has_no_place_for_is_left_out(stoa: Stoa) -> None:
    thread = await _start(stoa, "Odd \x0b\x1f\ufffe title", "Odd \x08 text \x7f \u2028 é 漢 🏛")
    entry = (await _feed(stoa, f"/threads/{thread.thread_id}/feed")).entries[0]
    assert entry.title.split() == ["Odd", "title"]
    assert "é 漢 🏛" in entry.content[0].value


@pytest.mark.parametrize(
    ("hidden", "unknown"),
    [("/sigs/boardroom/feed", "/sigs/no-such-sig/feed"), ("/people/lin-page/feed", "/people/no-such/feed")],
)
async def test_a_hidden_feed_is_a_missing_one(stoa: Stoa, hidden: str, unknown: str) -> None:
    browser = await stoa.browser()
    answers = [await browser.get(path, headers=PLAIN) for path in (hidden, unknown)]
    assert [answer.status_code for answer in answers] == [404, 404]
    texts = [re.sub(r"next=[^\"]*", "", answer.text) for answer in answers]
    assert texts[0] == texts[1]


async def test_a_closed_sig_opens_its_feed_to_those_inside(stoa: Stoa) -> None:
    assert (await _feed(stoa, "/sigs/boardroom/feed", "lin")).entries[0].title == "Who sits on the audit committee?"
    path = f"/threads/{stoa.world.closed_thread.thread_id}/feed"
    statuses = {part: (await (await stoa.browser(part)).get(path)).status_code for part in ("visitor", "lin", "joost")}
    assert statuses == {"visitor": 404, "lin": 200, "joost": 404}


async def test_pages_name_their_feeds(stoa: Stoa) -> None:
    browser = await stoa.browser()
    named = re.compile(r'<link rel="alternate" type="application/atom\+xml"[^>]*href="([^"]+)"')
    for path in ("/sigs/turnaround", f"/threads/{stoa.world.public_thread.thread_id}"):
        assert named.findall((await browser.get(path)).text) == [f"{path}/feed"]
    assert named.findall((await browser.get("/sigs/boardroom")).text) == []
    assert named.findall((await browser.get("/people/amara-page")).text) == []


async def test_a_person_has_a_feed_for_who_sees_what_they_wrote(stoa: Stoa) -> None:
    path = "/people/amara-page/feed"
    assert (await (await stoa.browser()).get(path)).status_code == 404
    inside = await _feed(stoa, path, "tariq")
    assert inside.feed.title == "Amara Okafor · Stoa"
    assert [entry.title for entry in inside.entries] == ["How early do you tell the works council?"]
    mates = await _feed(stoa, path, "lin")
    assert {entry.title for entry in mates.entries} == {
        "How early do you tell the works council?",
        "Who sits on the audit committee?",
    }


# Private addresses.


async def _make(stoa: Stoa, part: str = "lin") -> str:
    answer = await (await stoa.browser(part)).post("/settings/feeds", data={"label": "My reader"})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    found = re.search(rf"{re.escape(SITE)}(/feeds/[A-Za-z0-9_-]{{43}}/)sigs/boardroom", answer.text)
    assert found
    return found[1]


async def test_a_private_address_reads_with_the_eyes_of_its_member(stoa: Stoa) -> None:
    home = await _make(stoa)
    async with open_browser(stoa.app) as reader:
        for path in ("sigs/boardroom", f"threads/{stoa.world.closed_thread.thread_id}"):
            answer = await reader.get(home + path)
            assert answer.status_code == 200
            assert answer.headers["cache-control"] == "no-store"
            assert "etag" not in answer.headers
            assert "set-cookie" not in answer.headers
            assert home not in answer.text, "what is passed on does not pass the address on"
            assert "Said by lin in boardroom." in answer.text or path == "sigs/boardroom"
            _parsed(answer)
        assert not reader.cookies


async def test_it_opens_nothing_else(stoa: Stoa) -> None:
    home = await _make(stoa)
    async with open_browser(stoa.app) as reader:
        for path in (
            "",
            "sigs",
            "people/amara-page",
            "sigs/no-such-sig",
            "threads/987654321",
            "settings",
            "sigs/boardroom/feed",
        ):
            assert (await reader.get(home + path)).status_code == 404, path
        for path in ("/sigs/boardroom/feed", f"/threads/{stoa.world.closed_thread.thread_id}"):
            assert (await reader.get(path)).status_code == 404
        assert (await reader.get("/settings")).status_code == 303
        for token in ("A" * 43, "x", "A" * 5000):
            assert (await reader.get(f"/feeds/{token}/sigs/turnaround")).status_code == 404


async def test_it_is_shown_once_kept_as_a_hash_and_can_be_revoked(stoa: Stoa) -> None:
    home = await _make(stoa)
    browser = await stoa.browser("lin")
    page = await browser.get("/settings/feeds")
    assert "My reader" in page.text
    assert home not in page.text
    async with stoa.database.reading() as connection:
        rows = (await connection.execute(FeedToken.table.select())).all()
    assert home.split("/")[2] not in repr(rows)
    revoke = f"/settings/feeds/{rows[0].feed_token_id}/revoke"
    assert (await (await stoa.browser("joost")).post(revoke)).status_code == 404
    async with open_browser(stoa.app) as reader:
        assert (await reader.get(f"{home}sigs/boardroom")).status_code == 200
        assert (await browser.post(revoke)).status_code == 303
        assert (await reader.get(f"{home}sigs/boardroom")).status_code == 404
    assert "My reader" not in (await browser.get("/settings/feeds")).text


async def test_it_sees_no_more_than_its_member_does_today(stoa: Stoa) -> None:
    home = await _make(stoa)
    async with open_browser(stoa.app) as reader:
        assert (await reader.get(f"{home}sigs/boardroom")).status_code == 200
        assert (await (await stoa.browser("lin")).post("/sigs/boardroom/leave")).status_code == 303
        assert (await reader.get(f"{home}sigs/boardroom")).status_code == 404
        assert "Lin Meiling" in (await reader.get(f"{home}threads/{stoa.world.public_thread.thread_id}")).text
        suspending = update(Member).where(Member.c.public_id == "lin-page").values(in_good_standing=False)
        async with stoa.database.writing() as connection:
            await connection.execute(suspending)
        assert "Amara Okafor" in (await reader.get(f"{home}sigs/turnaround")).text


async def test_making_one_needs_a_member_a_label_and_a_password_given_lately(stoa: Stoa) -> None:
    assert (await (await stoa.browser()).post("/settings/feeds", data={"label": "x"})).status_code == 401
    for part in ("nina", "sven"):
        assert (await (await stoa.browser(part)).post("/settings/feeds", data={"label": "x"})).status_code == 403
    lin = await stoa.browser("lin")
    for label in ("", " ", "x" * 61):
        refused = await lin.post("/settings/feeds", data={"label": label})
        assert refused.status_code == 422
        assert "/feeds/" not in refused.text.replace("/settings/feeds/", "")
    stoa.clock.now += timedelta(hours=2)
    assert (await lin.post("/settings/feeds", data={"label": "x"})).status_code == 403


async def test_nobody_collects_them(stoa: Stoa) -> None:
    member_id = stoa.world["lin"].member_id
    for number in range(MOST_TOKENS):
        assert isinstance(await make_feed_token(stoa.database, member_id, f"No. {number}", NOON), str)
    answer = await (await stoa.browser("lin")).post("/settings/feeds", data={"label": "One more"})
    assert answer.status_code == 422
    assert "as many private addresses" in answer.text
