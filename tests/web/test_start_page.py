"""The start page over HTTP: kept, changed, moved, found and deleted by its owner; missing for everybody else."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from storage.tables import StartPage, ThreadRead
from tests.cast import NOON
from tests.conftest import Stoa
from tests.pictures import encode, picture
from tests.web.start_pages import LINK, NOTE, ids, keep, rows, upload


async def test_a_link_is_kept_shown_changed_and_deleted(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    assert (await browser.get("/start")).headers["cache-control"] == "no-store"
    assert 'action="/start/new/link"' in (await browser.get("/start/new/link")).text
    link = await keep(stoa, "link", LINK)
    for path in ("/start", "/start/shelf"):
        text = (await browser.get(path)).text
        assert 'href="https://example.org/a?b=c"' in text
        assert "A page" in text
    form = (await browser.get(f"/start/things/{link}")).text
    assert 'value="law, steel"' in form
    assert "Worth it" in form
    changed = await browser.post(f"/start/things/{link}", data={**LINK, "title": "Another name", "version": "1"})
    assert (changed.status_code, changed.headers["location"]) == (303, "/start/shelf")
    assert "Another name" in (await browser.get("/start/shelf")).text
    gone = await browser.post(f"/start/things/{link}/delete")
    assert gone.headers["location"] == "/start/shelf"
    assert "Another name" not in (await browser.get("/start/shelf")).text
    assert (await browser.get(f"/start/things/{link}")).status_code == 404


async def test_a_stale_change_is_given_back(stoa: Stoa) -> None:
    browser, note = await stoa.browser("amara"), await keep(stoa, "note", NOTE)
    assert (await browser.post(f"/start/things/{note}", data={**NOTE, "version": "1"})).status_code == 303
    stale = await browser.post(f"/start/things/{note}", data={**NOTE, "body": "Written meanwhile", "version": "1"})
    assert stale.status_code == 422
    assert "Written meanwhile" in stale.text
    assert "changed elsewhere" in stale.text
    assert 'name="version" value="2"' in stale.text
    assert "<strong>this</strong>" in (await browser.get(f"/start/notes/{note}")).text


async def test_a_note_is_rendered_when_it_is_read_and_previewed_without_script(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    hostile = {"title": "x", "body": "<script>alert(1)</script> [x](javascript:alert(1)) **bold**"}
    preview = await browser.post("/start/new/note", data={**hostile, "action": "preview"})
    assert preview.status_code == 200
    assert "<strong>bold</strong>" in preview.text
    assert "<script>alert" not in preview.text
    assert await ids(stoa) == []
    note = await keep(stoa, "note", hostile)
    shown = (await browser.get(f"/start/notes/{note}")).text
    assert "<strong>bold</strong>" in shown
    assert "<script>alert" not in shown
    assert 'href="javascript:' not in shown
    again = await browser.post(f"/start/things/{note}", data={**hostile, "body": "*new*", "action": "preview"})
    assert "<em>new</em>" in again.text
    assert "<strong>bold</strong>" in (await browser.get(f"/start/notes/{note}")).text


WRONG = [
    ("link", {"address": "javascript:alert(1)"}, "An address on the web"),
    ("link", {"address": "JaVaScRiPt://example.org/%0aalert(1)"}, "An address on the web"),
    ("link", {"address": "data:text/html,x"}, "An address on the web"),
    ("link", {"address": "https://"}, "An address on the web"),
    ("link", {"address": ""}, "Please give the address"),
    ("link", {**LINK, "tags": ",".join(f"t{number}" for number in range(11))}, "at most 10 tags"),
    ("note", {"body": "  "}, "nothing in this note"),
    ("note", {"body": "x" * 30_001}, "too long"),
    ("folder", {"title": " "}, "give it a name"),
    ("folder", {"title": "x" * 201}, "at most 200"),
]


@pytest.mark.parametrize(("kind", "form", "said"), WRONG)
async def test_what_will_not_do_is_given_back(stoa: Stoa, kind: str, form: dict[str, str], said: str) -> None:
    answer = await (await stoa.browser("amara")).post(f"/start/new/{kind}", data=form)
    assert answer.status_code == 422
    assert said in answer.text
    assert await ids(stoa) == []


async def test_an_address_without_a_scheme_is_meant_for_the_web(stoa: Stoa) -> None:
    await keep(stoa, "link", {"address": " example.org/page "})
    assert 'href="https://example.org/page"' in (await (await stoa.browser("amara")).get("/start")).text


async def test_the_same_form_sent_twice_is_one(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    submission = re.search(r'name="submission" value="([^"]+)"', (await browser.get("/start/new/note")).text)
    assert submission
    form = {**NOTE, "submission": submission[1]}
    for _ in range(2):
        assert (await browser.post("/start/new/note", data=form)).status_code == 303
    assert len(await ids(stoa)) == 1
    assert (await browser.post("/start/new/note", data={**form, "body": "Another"})).status_code == 303
    assert len(await ids(stoa)) == 2
    for _ in range(2):
        assert (await upload(stoa, b"same", submission="s" * 22)).status_code == 303
    assert len(await ids(stoa)) == 3
    stored = [path for path in stoa.app.state.house.settings.files_folder.rglob("*") if path.is_file()]
    assert len(stored) == 1


async def test_folders_hold_things_and_leave_them_behind(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    outer = await keep(stoa, "folder", {"title": "Outer"})
    inner = await keep(stoa, "folder", {"title": "Inner", "folder": str(outer)})
    link = await keep(stoa, "link", {**LINK, "folder": str(inner)})
    assert "A page" not in (await browser.get("/start/shelf")).text
    shown = (await browser.get(f"/start/folders/{inner}")).text
    assert "A page" in shown
    assert f'href="/start/folders/{outer}"' in shown
    moved = await browser.post(f"/start/things/{link}", data={**LINK, "folder": str(outer), "version": "1"})
    assert moved.headers["location"] == f"/start/folders/{outer}"
    assert (await browser.post(f"/start/things/{outer}/delete")).headers["location"] == "/start/shelf"
    shelf = (await browser.get("/start/shelf")).text
    assert "A page" in shelf
    assert "Inner" in shelf
    for folder in ("987654321", str(link)):
        assert (await browser.post("/start/new/link", data={**LINK, "folder": folder})).status_code == 404
        assert (await browser.get(f"/start/new/link?folder={folder}")).status_code == 404


async def test_folders_are_not_nested_for_ever(stoa: Stoa) -> None:
    around = ""
    for number in range(12):
        around = str(await keep(stoa, "folder", {"title": f"F{number}", "folder": around}))
    deeper = await (await stoa.browser("amara")).post("/start/new/folder", data={"title": "x", "folder": around})
    assert deeper.status_code == 422
    assert "at most twelve deep" in deeper.text


async def test_the_widgets_are_put_into_another_order(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")

    async def order() -> list[str]:
        return re.findall(r'id="widget-([a-z]+)"', (await browser.get("/start")).text)

    before = await order()
    assert before[:2] == ["unread", "links"]
    moved = await browser.post("/start/order", data={"widget": "links", "step": "up"})
    assert (moved.status_code, moved.headers["location"]) == (303, "/start#widget-links")
    assert (await order())[:2] == ["links", "unread"]
    await browser.post("/start/order", data={"widget": "links", "step": "up"})
    assert (await order())[:2] == ["links", "unread"]
    await browser.post("/start/order", data={"widget": "links", "step": "down"})
    assert await order() == before
    for form in ({"widget": "none", "step": "up"}, {"widget": "links", "step": "left"}, {}):
        assert (await browser.post("/start/order", data=form)).status_code == 400


async def test_what_is_another_members_is_missing(stoa: Stoa) -> None:
    link, note = await keep(stoa, "link", LINK), await keep(stoa, "note", NOTE)
    folder = await keep(stoa, "folder", {"title": "Mine"})
    await upload(stoa, encode(picture()), "photo.jpg")
    file = (await ids(stoa))[-1]
    joost = await stoa.browser("joost")
    paths = [f"/start/things/{link}", f"/start/notes/{note}", f"/start/folders/{folder}", f"/start/files/{file}"]
    for path in (*paths, f"/start/files/{file}/preview", f"/start/new/link?folder={folder}"):
        theirs = await joost.get(path)
        unknown = await joost.get(re.sub(r"\d+", "987654321", path))
        assert (theirs.status_code, theirs.text) == (404, unknown.text), path
        assert (await (await stoa.browser("amara")).get(path)).status_code == 200, path
    for act, form in ((f"/start/things/{link}", {**LINK, "version": "1"}), (f"/start/things/{link}/delete", {})):
        theirs = await joost.post(act, data=form)
        unknown = await joost.post(re.sub(r"\d+", "987654321", act), data=form)
        assert (theirs.status_code, theirs.text) == (404, unknown.text)
    refused = await joost.post("/start/new/link", data={**LINK, "folder": str(folder)})
    assert refused.status_code == 404
    assert "A page" not in (await joost.get("/start/shelf")).text
    assert "A page" not in (await joost.get("/start/search?q=page")).text
    assert (await (await stoa.browser("amara")).get("/start/shelf")).status_code == 200
    visitor = await (await stoa.browser()).get("/start")
    assert (visitor.status_code, visitor.headers["location"]) == (303, "/sign-in?next=/start")


async def test_who_is_not_confirmed_keeps_nothing_and_reads_their_own(stoa: Stoa) -> None:
    nina = await stoa.browser("nina")
    assert (await nina.get("/start")).status_code == 200
    assert (await nina.get("/start/new/link")).status_code == 403
    assert (await nina.post("/start/new/link", data=LINK)).status_code == 403
    assert (await upload(stoa, b"x", part="nina")).status_code == 403
    assert await rows(stoa, select(StartPage.c.member_id)) == []


async def test_ones_own_things_are_found_however_they_are_written(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    await keep(stoa, "link", {**LINK, "title": "Überblick STAHL"})
    await keep(stoa, "note", {"title": "Ärger", "body": "Straße nach Reykjavík"})
    await keep(stoa, "note", {"title": "Folder", "body": "other"})
    await upload(stoa, b"unsearched bytes", "Bilanz 2025.xlsx")
    wanted = {"uberblick": 1, "stahl überblick": 1, "STRASSE reykjavik": 1, "bilanz": 1, "steel": 1, "example.org": 1}
    wanted |= {"": 0, "unsearched": 0, "stahl reykjavik": 0, "zzz": 0}
    for query, count in wanted.items():
        text = (await browser.get("/start/search", params={"q": query})).text
        assert text.count('class="start-change"') == count, query
    assert (await browser.get("/start/search", params={"q": "x" * 201})).status_code == 400


def _unread_in(text: str) -> bool:
    section = text.partition('id="widget-unread"')[2].partition("</section>")[0]
    return "How early do you tell the works council?" in section


async def test_what_was_read_is_unread_no_more(stoa: Stoa) -> None:
    joost, thread = await stoa.browser("joost"), stoa.world.public_thread.thread_id
    assert _unread_in((await joost.get("/start")).text)
    await (await stoa.browser()).get(f"/threads/{thread}")
    assert await rows(stoa, select(ThreadRead.c.number)) == [], "visitors have no position"
    assert (await joost.get(f"/threads/{thread}")).status_code == 200
    (row,) = await rows(stoa, select(ThreadRead.c.member_id, ThreadRead.c.number))
    assert (row.member_id, row.number) == (stoa.world["joost"].member_id, 3)
    assert not _unread_in((await joost.get("/start")).text)
    stoa.clock.now += timedelta(minutes=5)
    await joost.get(f"/threads/{thread}")
    assert [one.read_at for one in await rows(stoa, select(ThreadRead.c.read_at))] == [NOON], "nothing new, no write"
    await (await stoa.browser("lin")).post(f"/threads/{thread}/replies", data={"body": "Said later"})
    assert _unread_in((await joost.get("/start")).text)
    assert (await joost.get("/threads/987654321")).status_code == 404


async def test_the_front_page_shows_members_what_is_new_around_them(stoa: Stoa) -> None:
    visitor, joost = await stoa.browser(), await stoa.browser("joost")
    seen = (await joost.get("/")).text
    assert "New in my SIGs" in seen
    assert "Lin Meiling" in seen.partition('id="newcomers"')[2].partition("</section>")[0]
    assert "Talk in my interests" not in seen
    await joost.post("/profile/edit", data={"interests": "Works council", "interests.audience": "only-me"})
    found = (await joost.get("/")).text.partition('id="interests"')[2].partition("</section>")[0]
    assert "How early do you tell the works council?" in found
    for title in ("New in my SIGs", "Talk in my interests"):
        assert title not in (await visitor.get("/")).text
    stoa.clock.now += timedelta(days=15)
    assert "New in my SIGs" not in (await (await stoa.browser("lin")).get("/")).text
