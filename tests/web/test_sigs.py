"""SIGs over HTTP: doors, people and roles, settings with the question before more people see more; no script needed."""

import httpx
import pytest
from sqlalchemy import select

from domain.refusals import Reason
from domain.roles import Permission
from domain.sigs import Circle, Joining, Role, SigSettings
from domain.visibility import Viewer, mod_key
from storage.sigs import add_membership, add_sig
from storage.sigs.joining import decide_join
from storage.sigs.succession import set_role
from storage.tables import Case, Community, Sig
from tests.cast import NOON
from tests.conftest import Stoa
from web import words

_FORM = {
    "name": "Turnaround",
    "description": "Saving businesses.",
    "existence": "everyone",
    "describing": "everyone",
    "listing": "sig",
    "reading": "everyone",
    "joining": "open",
    "question": "",
    "rules": "",
}


async def _version(browser: httpx.AsyncClient) -> str:
    """The settings of Turnaround as a form that is opened now has seen them."""
    form = (await browser.get("/sigs/turnaround/settings")).text
    return form.partition('name="version" value="')[2].partition('"')[0]


async def _settings(browser: httpx.AsyncClient, form: dict[str, str]) -> httpx.Response:
    """Send the settings of Turnaround in a form that was opened just before."""
    return await browser.post("/sigs/turnaround/settings", data={**form, "version": await _version(browser)})


async def _found(stoa: Stoa, settings: SigSettings) -> None:
    """A SIG of Amara's with these settings."""
    async with stoa.database.writing() as connection:
        place = (await connection.execute(select(Community.c.community_id))).scalars().first()
        assert place is not None
        sig = await add_sig(connection, place, "cabinet", "Cabinet", "For a few.", settings, NOON)
        await add_membership(connection, stoa.world["amara"].member_id, sig, Role.OWNER, NOON)


async def test_the_page_offers_what_the_viewer_may_do(stoa: Stoa) -> None:
    for part, offered in (
        ("visitor", {"Sign in to take part"}),
        ("tariq", {"Join this SIG"}),
        ("joost", {"Leave", "People", "New thread"}),
        ("amara", {"Leave", "People", "New thread", "Invite", "Settings"}),
    ):
        page = (await (await stoa.browser(part)).get("/sigs/turnaround")).text
        main = page[page.index("<main") :]
        known = {"Sign in to take part", "Join this SIG", "Leave", "People", "New thread", "Invite", "Settings"}
        assert {label for label in known if f">{label}<" in main} == offered, part


async def test_people_are_appointed_and_the_sig_changes_hands(stoa: Stoa) -> None:
    amara, joost = await stoa.browser("amara"), await stoa.browser("joost")
    page = (await amara.get("/sigs/turnaround/people")).text
    assert "3 members" in page
    assert 'action="/sigs/turnaround/people/joost-page/role"' in page
    done = await amara.post("/sigs/turnaround/people/joost-page/role", data={"role": "moderator"})
    assert (done.status_code, done.headers["location"]) == (303, "/sigs/turnaround/people")
    assert (await amara.post("/sigs/turnaround/people/joost-page/role", data={"role": "king"})).status_code == 400
    assert (await joost.get("/sigs/turnaround/invite")).status_code == 200
    assert (await joost.get("/sigs/turnaround/settings")).status_code == 403
    assert (await amara.post("/sigs/turnaround/people/joost-page/offer")).status_code == 303
    assert "You have offered this SIG" in (await amara.get("/sigs/turnaround/people")).text
    assert "offers you this SIG" in (await joost.get("/invitations")).text
    assert (await joost.post("/sigs/turnaround/offer/answer", data={"answer": "accept"})).status_code == 303
    assert (await joost.get("/sigs/turnaround/settings")).status_code == 200
    assert (await amara.get("/sigs/turnaround/settings")).status_code == 403
    assert (await amara.post("/sigs/turnaround/step-down")).status_code == 303
    assert (await amara.get("/sigs/turnaround/invite")).status_code == 403


@pytest.mark.parametrize("path", ["people", "settings", "invite", "ask"])
async def test_hidden_and_unknown_sigs_answer_alike(stoa: Stoa, path: str) -> None:
    await _found(stoa, SigSettings(Circle.SIG, Circle.SIG, Circle.SIG, Circle.SIG))
    browser = await stoa.browser("tariq")
    hidden, unknown = await browser.get(f"/sigs/cabinet/{path}"), await browser.get(f"/sigs/no-such-sig/{path}")
    assert (hidden.status_code, unknown.status_code) == (404, 404)
    assert hidden.text.replace("cabinet", "no-such-sig") == unknown.text
    for page in ("/", "/communities/strategy", "/sitemap.xml", "/sitemaps/sigs-1.xml"):
        assert "cabinet" not in (await browser.get(page)).text


async def test_a_request_is_asked_and_decided(stoa: Stoa) -> None:
    await _found(stoa, SigSettings(joining=Joining.REQUEST, question="What do you build?"))
    tariq = await stoa.browser("tariq")
    assert 'href="/sigs/cabinet/ask"' in (await tariq.get("/sigs/cabinet")).text
    assert "What do you build?" in (await tariq.get("/sigs/cabinet/ask")).text
    empty = await tariq.post("/sigs/cabinet/ask", data={"words": ""})
    assert (empty.status_code, "Please answer the question" in empty.text) == (422, True)
    long = await tariq.post("/sigs/cabinet/ask", data={"words": "Chairs " * 200})
    assert (long.status_code, "Chairs Chairs" in long.text) == (422, True)
    assert (await tariq.post("/sigs/cabinet/join")).status_code == 403
    asked = await tariq.post("/sigs/cabinet/ask", data={"words": "Chairs"})
    assert (asked.status_code, asked.headers["location"]) == (303, "/sigs/cabinet")
    assert "You have asked to join" in (await tariq.get("/sigs/cabinet")).text
    async with stoa.database.writing() as connection:
        case_id = (await connection.execute(select(Case.c.case_id))).scalar_one()
        sig = (await connection.execute(select(Sig.c.sig_id).where(Sig.c.slug == "cabinet"))).scalar_one()
        viewer = stoa.world["amara"].viewer
        owner = Viewer(viewer.member_id, viewer.ring | {mod_key(sig)})
        assert await decide_join(connection, owner, case_id, NOON, admit=True) is None
    assert ">Leave<" in (await tariq.get("/sigs/cabinet")).text


async def test_an_invitation_goes_from_page_to_page(stoa: Stoa) -> None:
    await _found(stoa, SigSettings(Circle.SIG, Circle.SIG, Circle.SIG, Circle.SIG, joining=Joining.INVITATION))
    amara, tariq = await stoa.browser("amara"), await stoa.browser("tariq")
    wrong = await amara.post("/sigs/cabinet/invite", data={"person": "nobody", "note": "A note that is kept"})
    assert (wrong.status_code, "A note that is kept" in wrong.text) == (422, True)
    sent = await amara.post("/sigs/cabinet/invite", data={"person": "/people/tariq-page", "note": "Come in"})
    assert (sent.status_code, sent.headers["location"]) == (303, "/sigs/cabinet/invite")
    assert "Tariq Haddad" in (await amara.get("/sigs/cabinet/invite")).text
    page = (await tariq.get("/invitations")).text
    assert all(text in page for text in ("Cabinet", "For a few.", "Come in", "Amara Okafor"))
    assert (await tariq.get("/sigs/cabinet")).status_code == 404
    number = page.partition('action="/invitations/')[2].partition('"')[0]
    joost = await stoa.browser("joost")
    assert (await joost.post(f"/invitations/{number}", data={"answer": "accept"})).status_code == 404
    for _click in range(2):
        done = await tariq.post(f"/invitations/{number}", data={"answer": "accept"})
        assert (done.status_code, done.headers["location"]) == (303, "/sigs/cabinet")
    assert (await tariq.get("/sigs/cabinet")).status_code == 200
    assert (await tariq.post("/sigs/cabinet/leave")).headers["location"] == "/"
    assert (await tariq.get("/sigs/cabinet")).status_code == 404


async def test_settings_ask_before_more_people_see_more(stoa: Stoa) -> None:
    amara, visitor = await stoa.browser("amara"), await stoa.browser()
    path = f"/threads/{stoa.world.public_thread.thread_id}"
    narrow = {**_FORM, "reading": "sig", "rules": "Be kind\nNo names", "question": "Why?"}
    assert (await visitor.get(path)).status_code == 200
    assert (await _settings(amara, narrow)).status_code == 303
    assert (await visitor.get(path)).status_code == 404
    assert "Be kind" in (await visitor.get("/sigs/turnaround")).text
    asked = await _settings(amara, {**narrow, "reading": "members"})
    assert asked.status_code == 422
    assert 'name="confirm.reading" value="members"' in asked.text
    assert words.circle_of("reading") in asked.text
    blind = {**narrow, "reading": "members", "confirm_widening": "yes"}
    assert (await _settings(amara, blind)).status_code == 422
    agreed = {**blind, "confirm.reading": "members"}
    assert (await _settings(amara, agreed)).status_code == 303
    assert (await (await stoa.browser("tariq")).get(path)).status_code == 200
    assert (await visitor.get(path)).status_code == 404
    wider = await _settings(amara, {**_FORM, "existence": "members", "name": ""})
    assert wider.status_code == 422
    assert "cannot go further than the SIG itself" in wider.text
    assert 'href="#name"' in wider.text


async def test_settings_that_changed_meanwhile_are_shown_before_they_are_replaced(stoa: Stoa) -> None:
    amara, joost = await stoa.browser("amara"), await stoa.browser("joost")
    async with stoa.database.writing() as connection:
        await set_role(connection, stoa.world["joost"].member_id, stoa.world.sigs["turnaround"], Role.OWNER)
    seen, path = await _version(joost), "/sigs/turnaround/settings"
    assert (await _settings(amara, {**_FORM, "rules": "Be kind"})).status_code == 303
    late = {**_FORM, "name": "Typed by Joost", "version": seen}
    for form in (late, {**late, "version": ""}, {**late, "version": "x"}):
        given_back = await joost.post(path, data=form)
        assert given_back.status_code == 422
        assert 'value="Typed by Joost"' in given_back.text
        assert words.reason(Reason.STALE) in given_back.text
        assert "Be kind" in (await joost.get(path)).text
    wide, refused = {"listing": "everyone"}, await joost.post(path, data=late)
    fresh = refused.text.partition('name="version" value="')[2].partition('"')[0]
    asked = await joost.post(path, data={**late, **wide, "version": fresh})
    assert words.reason(Reason.STALE) not in asked.text, "what was shown may be replaced"
    assert (asked.status_code, f'name="version" value="{fresh}"' in asked.text) == (422, True)
    both = await joost.post(path, data={**late, **wide})
    assert 'name="confirm.listing"' in both.text, "what would open further is asked as well"
    assert (await joost.post(path, data={**late, "version": fresh})).status_code == 303
    assert 'value="Typed by Joost"' in (await amara.get(path)).text


async def test_the_description_opens_by_itself(stoa: Stoa) -> None:
    amara, visitor = await stoa.browser("amara"), await stoa.browser()
    assert "Saving businesses." in (await visitor.get("/sigs/turnaround")).text
    await _settings(amara, {**_FORM, "describing": "sig"})
    thread = f"/threads/{stoa.world.public_thread.thread_id}"
    for path in ("/", "/communities/strategy", "/sigs/turnaround", thread, "/sigs/turnaround/feed"):
        answer = await visitor.get(path)
        assert answer.status_code == 200
        assert "Saving businesses." not in answer.text, path
        assert "members</span>" not in answer.text, path
    assert "Saving businesses." in (await amara.get("/sigs/turnaround")).text


async def test_the_table_of_roles_is_there_for_everyone(stoa: Stoa) -> None:
    page = (await (await stoa.browser()).get("/about/roles")).text
    assert all(words.permission(one) in page for one in Permission)
    assert page.count("<tr>") == 1 + len(Permission)


async def test_a_button_that_did_nothing_says_why(stoa: Stoa) -> None:
    """The last owner of a SIG in which nobody could follow reads what stands in the way, and not only that something
    does."""
    await (await stoa.browser("lin")).post("/sigs/boardroom/leave")
    answer = await (await stoa.browser("amara")).post("/sigs/boardroom/leave")
    assert answer.status_code == 403
    assert "A SIG keeps an owner, and nobody is there yet who could follow you." in answer.text
