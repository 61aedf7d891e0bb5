"""One's own page over HTTP: records, the public switch, the history, the check-up, and what newcomers start with."""

import csv
import io
import re
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import select

from domain.members import MOST_RECORDS, EntryKind, Slot
from storage.database import fetch_all
from storage.members.editing import save_entries
from storage.seeding import together
from storage.tables import Entry, Member
from tests.agreeing import asked_in, post_agreed
from tests.conftest import Stoa, open_browser
from tests.web.account_steps import ADA, keeping_browser, link_of_last_mail
from web.app import create_app
from web.settings import Settings

JOB = {"role": "Fitter", "company": "Hall 3", "start": "2019-04", "end": "2021", "text": "One\r\nTwo"}


async def _stored(stoa: Stoa, part: str, kind: EntryKind) -> list[tuple[int, str, str]]:
    columns = (Entry.c.position, Entry.c.value, Entry.c.audience)
    mine = (Entry.c.member_id == stoa.world[part].member_id, Entry.c.kind == kind)
    async with stoa.database.reading() as connection:
        rows = await fetch_all(connection, select(*columns).where(*mine).order_by(Entry.c.position))
    return [(position, value, audience) for position, value, audience in rows]


async def _page(stoa: Stoa, part: str, address: str = "joost-page") -> str:
    return (await (await stoa.browser(part)).get(f"/people/{address}")).text


async def test_a_record_is_added_changed_and_removed(stoa: Stoa) -> None:
    browser = await stoa.browser("joost")
    assert (await browser.get("/profile/experience/new")).status_code == 200
    added = await browser.post("/profile/experience/new", data={**JOB, "experience.audience": "members"})
    assert (added.status_code, added.headers["location"]) == (303, "/profile/edit")
    assert 'href="/profile/experience/1"' in (await browser.get("/profile/edit")).text
    assert "Hall 3" in await _page(stoa, "tariq")
    assert "Hall 3" not in await _page(stoa, "visitor")
    form = (await browser.get("/profile/experience/1")).text
    assert 'value="Fitter"' in form
    assert "One\nTwo" in form
    narrow = await browser.post(
        "/profile/experience/1", data={**JOB, "company": "Hall 4", "experience.audience": "only-me"}
    )
    assert narrow.status_code == 303
    assert "Hall" not in await _page(stoa, "tariq")
    assert "Hall 4" in await _page(stoa, "joost")
    gone = await browser.post("/profile/experience/1", data={"action": "remove"})
    assert gone.status_code == 303
    assert "Hall 4" not in await _page(stoa, "joost")
    assert (await browser.get("/profile/experience/1")).status_code == 404
    assert (await browser.post("/profile/experience/1", data={"action": "remove"})).status_code == 404
    assert (await browser.post("/profile/experience/1", data=JOB)).status_code == 404


async def test_to_open_a_record_further_is_asked_and_keeps_what_was_typed(stoa: Stoa) -> None:
    browser = await stoa.browser("joost")
    await browser.post("/profile/education/new", data={"school": "Delft", "education.audience": "only-me"})
    wide = {"school": "Delft, and more", "education.audience": "everyone"}
    asked = await browser.post("/profile/education/1", data=wide)
    assert asked_in(asked) == {"confirm.education-1": "everyone", "confirm_widening": "yes"}
    assert "this can tell of origin" in asked.text
    assert 'value="Delft, and more"' in asked.text
    assert "Delft" not in await _page(stoa, "visitor")
    assert (await browser.post("/profile/education/1", data={**wide, **asked_in(asked)})).status_code == 303
    assert "Delft, and more" in await _page(stoa, "visitor")


@pytest.mark.parametrize(
    ("kind", "typed", "wrong"),
    [
        ("experience", {"role": "", "company": "Typed with care"}, "role"),
        ("experience", {**JOB, "company": "Typed with care", "end": "2018"}, "end"),
        ("experience", {**JOB, "company": "Typed with care", "start": "April"}, "start"),
        ("education", {"school": "x" * 121, "degree": "Typed with care"}, "school"),
        ("link", {"address": "javascript:alert(1)", "label": "Typed with care"}, "address"),
        ("link", {"address": "", "label": "Typed with care"}, "address"),
        ("experience", {**JOB, "company": "Typed with care", "experience.audience": "sig:999"}, None),
    ],
)
async def test_a_record_that_will_not_do_is_given_back_as_typed(
    stoa: Stoa, kind: str, typed: dict[str, str], wrong: str | None
) -> None:
    browser = await stoa.browser("joost")
    for path in (f"/profile/{kind}/new", f"/profile/{kind}/1"):
        refused = await browser.post(path, data=typed)
        assert refused.status_code == 422
        assert 'value="Typed with care"' in refused.text
        if wrong:
            assert f'id="{wrong}-problem"' in refused.text
        before = await _stored(stoa, "joost", EntryKind(kind))
        assert [value for _, value, _ in before if "care" in value] == []
        good = {"address": "example.org"} if kind == "link" else {"role": "x", "school": "x"}
        await browser.post(f"/profile/{kind}/new", data=good)  # so that there is one to change


async def test_a_form_sent_twice_adds_one_record(stoa: Stoa) -> None:
    browser = await stoa.browser("joost")
    for _ in range(2):
        assert (await browser.post("/profile/experience/new", data=JOB)).status_code == 303
    assert [position for position, _, _ in await _stored(stoa, "joost", EntryKind.EXPERIENCE)] == [1]


async def test_records_of_others_and_what_is_no_record_are_missing(stoa: Stoa) -> None:
    await (await stoa.browser("joost")).post("/profile/experience/new", data=JOB)
    browser = await stoa.browser("amara")
    unknown = await browser.get("/profile/experience/77")
    theirs = await browser.get("/profile/experience/1")
    assert (theirs.status_code, theirs.text) == (unknown.status_code, unknown.text)
    assert theirs.status_code == 404
    assert (await browser.post("/profile/experience/1", data={**JOB, "company": "Mallory"})).status_code == 404
    assert (await browser.post("/profile/experience/1", data={"action": "remove"})).status_code == 404
    assert "Hall 3" in await _page(stoa, "tariq")
    for path in (
        "experience/0",
        "name/1",
        "name/new",
        "membership/1",
        "unicorn/new",
        "photo/new",
        "experience/9999999999",
    ):
        assert (await browser.get(f"/profile/{path}")).status_code == 404, path
        assert (await browser.post(f"/profile/{path}", data=JOB)).status_code == 404, path


async def test_the_sixty_first_record_is_refused_in_words(stoa: Stoa) -> None:
    house, joost = stoa.app.state.house, stoa.world["joost"]
    async with together(stoa.database) as stage:
        for number in range(MOST_RECORDS):
            form = {Slot(EntryKind.LINK): (f'{{"address": "https://example.org/{number}"}}', None)}
            assert await save_entries(stage, house.seal, joost.member_id, form, stoa.clock.now) is None
    browser = await stoa.browser("joost")
    refused = await browser.post("/profile/link/new", data={"address": "example.org/more", "label": "One more"})
    assert refused.status_code == 422
    assert 'value="One more"' in refused.text
    assert "form_errors" in refused.text
    assert (await browser.post("/profile/link/3", data={"action": "remove"})).status_code == 303
    assert (await browser.post("/profile/link/new", data={"address": "example.org/more"})).status_code == 303


async def _switch(stoa: Stoa, part: str, action: str, **more: str) -> httpx.Response:
    stoa.clock.now += timedelta(minutes=1)
    return await (await stoa.browser(part)).post("/profile/public", data={"action": action, **more})


async def test_switching_off_holds_in_the_very_next_request_everywhere(stoa: Stoa) -> None:
    visitor = await stoa.browser()
    await (await stoa.browser("amara")).post("/profile/edit", data={"headline": "Making plants"})
    thread = f"/threads/{stoa.world.public_thread.thread_id}"
    places = ["/", thread, f"{thread}/feed", "/sigs/turnaround", "/sigs/turnaround/feed", "/people/amara-page"]
    named = [path for path in places if "Amara Okafor" in (await visitor.get(path)).text]
    assert {"/people/amara-page", thread, f"{thread}/feed"} <= set(named)
    assert "amara-page" in (await visitor.get("/sitemaps/people-1.xml")).text
    done = await _switch(stoa, "amara", "off")
    assert done.status_code == 303
    assert re.fullmatch(r"/profile/receipts/\d+", done.headers["location"])
    answers = {path: await visitor.get(path) for path in [*places, "/sitemaps/people-1.xml"]}
    told = {path: answer.text.replace(path, "") for path, answer in answers.items()}  # it says where one asked
    assert [path for path, text in told.items() if "Amara" in text or "amara-page" in text] == []
    assert answers["/people/amara-page"].status_code == 410
    assert "Amara Okafor" in await _page(stoa, "tariq", "amara-page")
    receipt = await (await stoa.browser("amara")).get(done.headers["location"])
    assert "/people/amara-page" in receipt.text
    assert "410" in receipt.text
    assert (await (await stoa.browser("joost")).get(done.headers["location"])).status_code == 404


async def test_switching_on_is_asked_first(stoa: Stoa) -> None:
    await _switch(stoa, "amara", "off")
    visitor = await stoa.browser()
    asked = await _switch(stoa, "amara", "on")
    yes = asked_in(asked)
    assert {"confirm.name": "everyone", "confirm.profession": "everyone"}.items() <= yes.items()
    assert (await _switch(stoa, "amara", "on", confirm_widening="yes")).status_code == 422, "a yes to nothing asked"
    assert (await visitor.get("/people/amara-page")).status_code == 410
    done = await _switch(stoa, "amara", "on", **yes)
    assert (done.status_code, done.headers["location"]) == (303, "/profile/public")
    assert (await visitor.get("/people/amara-page")).status_code == 200


async def test_what_would_open_leads_to_where_it_stands(stoa: Stoa) -> None:
    await _switch(stoa, "amara", "off")
    asked = await _switch(stoa, "amara", "on")
    links = re.findall(r'<a href="/profile/edit#([^"]+)">', asked.text)
    form = (await (await stoa.browser("amara")).get("/profile/edit")).text
    assert {"name", "profession"} <= set(links)
    assert [name for name in links if f'id="{name}"' not in form] == []


async def test_switching_off_twice_gives_one_receipt(stoa: Stoa) -> None:
    first, second = await _switch(stoa, "amara", "off"), await _switch(stoa, "amara", "off")
    assert first.headers["location"] == second.headers["location"]
    page = (await (await stoa.browser("amara")).get("/profile/public")).text
    assert page.count('href="/profile/receipts/') == 1


@pytest.mark.parametrize("action", ["", "maybe", "ON"])
async def test_the_switch_takes_no_other_word(stoa: Stoa, action: str) -> None:
    assert (await _switch(stoa, "amara", action)).status_code == 400
    assert (await (await stoa.browser()).get("/people/amara-page")).status_code == 200


async def test_saying_no_to_programs_that_learn_is_kept_and_taken_back(stoa: Stoa) -> None:
    visitor = await stoa.browser()
    assert "amara-page" not in (await visitor.get("/robots.txt")).text
    assert (await _switch(stoa, "amara", "refuse-ai")).status_code == 303
    assert "amara-page" in (await visitor.get("/robots.txt")).text
    assert 'value="allow-ai"' in (await (await stoa.browser("amara")).get("/profile/public")).text
    await _switch(stoa, "amara", "allow-ai")
    assert "amara-page" not in (await visitor.get("/robots.txt")).text


async def test_the_edit_form_does_not_touch_the_switch(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    assert (await browser.post("/profile/edit", data={"headline": "x", "public_page": ""})).status_code == 303
    assert (await (await stoa.browser()).get("/people/amara-page")).status_code == 200
    await _switch(stoa, "amara", "off")
    await browser.post("/profile/edit", data={"headline": "y", "public_page": "yes"})
    assert (await (await stoa.browser()).get("/people/amara-page")).status_code == 410


FORMULAS = ["=1+1", "+1", "-2+3", "@SUM(A1)", '=HYPERLINK("https://evil.example")', "=cmd|' /C calc'!A0"]


async def test_the_download_is_whole_and_holds_no_formula(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    for formula in FORMULAS:
        await browser.post("/profile/education/new", data={"school": formula, "education.audience": "only-me"})
        await browser.post("/lists", data={"name": formula})
    lists = re.findall(r'href="(/lists/\d+)"', (await browser.get("/lists")).text)
    stoa.clock.now += timedelta(minutes=1)
    chosen = f"list:{lists[0].rpartition('/')[2]}"
    assert (await post_agreed(browser, "/profile/edit", {"about": "x", "about.audience": chosen})).status_code == 303
    answer = await browser.get("/profile/exposure.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="exposure.csv"'
    assert answer.headers["cache-control"] == "no-store"
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert {len(row) for row in rows} == {5}
    cells = [cell for row in rows for cell in row]
    assert [cell for cell in cells if cell[:1] in {"=", "+", "-", "@", "\t", "\r"}] == []
    assert {f"'{formula}" for formula in FORMULAS} <= set(cells), "marked as text, and whole"
    page = (await browser.get("/profile/exposure")).text
    assert page.count("<tr>") == len(rows), "a heading and a line each, as in the file"


async def test_the_history_is_ones_own(stoa: Stoa) -> None:
    await (await stoa.browser("amara")).post("/profile/education/new", data={"school": "Delft"})
    for path in ("/profile/exposure", "/profile/exposure.csv"):
        assert "Delft" in (await (await stoa.browser("amara")).get(path)).text
        assert "Delft" not in (await (await stoa.browser("joost")).get(path)).text
        assert (await (await stoa.browser()).get(path)).status_code == 303


async def test_the_check_up_goes_through_four_steps_and_is_then_done_for_a_year(stoa: Stoa) -> None:
    browser = await stoa.browser("joost")
    reminder = 'href="/profile/check-up/1"'
    assert reminder in (await browser.get("/")).text
    await browser.post("/profile/edit", data={"about": "About me", "phone": "+31 10 123 45", "gender": "other"})
    for step in (1, 2, 3, 4):
        page = await browser.get(f"/profile/check-up/{step}")
        assert page.status_code == 200
        names = re.findall(r'name="([a-z0-9-]+)\.audience" value="([a-z0-9:-]+)" checked', page.text) or re.findall(
            r'name="([a-z0-9-]+)\.audience"[^>]*value="([a-z0-9:-]+)"[^>]*checked', page.text
        )
        assert names, f"step {step} asks for something"
        done = await browser.post(
            f"/profile/check-up/{step}", data={f"{name}.audience": value for name, value in names}
        )
        next_page = f"/profile/check-up/{step + 1}" if step < 4 else "/people/joost-page"
        assert (done.status_code, done.headers["location"]) == (303, next_page)
    assert reminder not in (await browser.get("/")).text
    stoa.clock.now += timedelta(days=366)
    stoa.browsers.pop("joost")  # that session is over
    assert reminder in (await (await stoa.browser("joost")).get("/")).text


async def test_a_step_saves_the_audiences_of_its_own_lines_and_nothing_else(stoa: Stoa) -> None:
    browser = await stoa.browser("joost")
    await browser.post("/profile/edit", data={"about": "About me", "about.audience": "members"})
    sent = {"about.audience": "only-me", "about": "Not here", "email.audience": "members", "gender": "woman"}
    assert (await browser.post("/profile/check-up/1", data=sent)).status_code == 303
    assert await _stored(stoa, "joost", EntryKind.ABOUT) == [(0, "About me", "only-me")]
    assert await _stored(stoa, "joost", EntryKind.EMAIL) == [(0, "", "only-me")]
    assert await _stored(stoa, "joost", EntryKind.GENDER) == []
    wide = await browser.post("/profile/check-up/1", data={"about.audience": "everyone"})
    assert wide.status_code == 422
    assert "confirm_widening" in wide.text
    assert await _stored(stoa, "joost", EntryKind.ABOUT) == [(0, "About me", "only-me")]
    agreed = {"about.audience": "everyone", **asked_in(wide)}
    assert (await browser.post("/profile/check-up/1", data=agreed)).status_code == 303
    assert await _stored(stoa, "joost", EntryKind.ABOUT) == [(0, "About me", "everyone")]


@pytest.mark.parametrize("step", ["0", "5", "99", "-1", "01", "x"])
async def test_there_are_no_other_steps(stoa: Stoa, step: str) -> None:
    browser = await stoa.browser("joost")
    assert (await browser.get(f"/profile/check-up/{step}")).status_code == 404
    assert (await browser.post(f"/profile/check-up/{step}", data={})).status_code == 404


async def _join(stoa: Stoa, *, public_page: bool) -> tuple[httpx.AsyncClient, str]:
    """Register as Ada and answer the mail; her browser, and the path of her page."""
    browser = await keeping_browser(stoa)
    form = {name: value for name, value in ADA.items() if name != "public_page" or public_page}
    assert (await browser.post("/register", data=form)).status_code == 303
    confirmed = await browser.post(await link_of_last_mail(stoa))
    assert confirmed.status_code == 303
    async with stoa.database.reading() as connection:
        newest = select(Member.c.public_id).order_by(Member.c.member_id.desc()).limit(1)
        public_id: str = (await connection.execute(newest)).scalar_one()
    return browser, f"/people/{public_id}"


async def test_who_opts_out_at_registration_was_never_public(stoa: Stoa) -> None:
    browser, path = await _join(stoa, public_page=False)
    visitor = await stoa.browser()
    hidden, unknown = await visitor.get(path), await visitor.get("/people/no-such-page")
    assert (hidden.status_code, unknown.status_code) == (404, 404)
    assert hidden.text.replace(path, "") == unknown.text.replace("/people/no-such-page", "")
    assert path not in (await visitor.get("/sitemaps/people-1.xml")).text
    assert "Ada Lovelace" in (await (await stoa.browser("tariq")).get(path)).text
    assert "Everyone" not in re.findall(r"key_chip-word[^>]*>([^<]+)<", (await browser.get("/profile/exposure")).text)


async def test_who_does_not_opt_out_shows_name_and_profession_and_no_more(stoa: Stoa) -> None:
    browser, path = await _join(stoa, public_page=True)
    text = (await (await stoa.browser()).get(path)).text
    assert "Ada Lovelace" in text
    assert "Reckoner" in text
    assert re.findall(r"<dt[^>]*>([^<]+)</dt>", text) == ["Profession"]
    assert "ada@example.org" not in text
    assert "check-up/1" in (await browser.get("/")).text, "newcomers are asked to go through it"


@pytest.mark.parametrize("public_pages", [True, False])
async def test_the_house_says_what_newcomers_start_with(stoa: Stoa, public_pages: bool) -> None:
    settings = stoa.app.state.house.settings
    app = create_app(
        Settings(home=settings.home, database_url=settings.database_url, worker=False, public_pages=public_pages),
        clock=stoa.clock,
    )
    browser = await stoa.exits.enter_async_context(open_browser(app))
    page = (await browser.get("/register")).text
    (box,) = re.findall(r'<input[^>]*name="public_page"[^>]*>', page)
    assert ("checked" in box) == public_pages
    again = await browser.post("/register", data={"name": "Ada", "public_page": "yes"})
    (box,) = re.findall(r'<input[^>]*name="public_page"[^>]*>', again.text)
    assert "checked" in box, "what was chosen is kept"
    await app.state.house.database.close()


def test_the_setting_has_the_name_that_the_guide_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOA_PUBLIC_PAGES", "false")
    assert Settings().public_pages is False
    monkeypatch.delenv("STOA_PUBLIC_PAGES")
    assert Settings().public_pages is True


@pytest.mark.parametrize(
    "path",
    [
        "/profile/edit",
        "/profile/public",
        "/profile/experience/new",
        "/profile/experience/1",
        "/profile/check-up/1",
    ],
)
async def test_visitors_are_asked_to_sign_in(stoa: Stoa, path: str) -> None:
    browser = await stoa.browser()
    answer = await browser.get(path)
    assert (answer.status_code, urlsplit(answer.headers["location"]).path) == (303, "/sign-in")
    assert (await browser.post(path, data={"action": "off"})).status_code == 401
