"""SIGs over HTTP: doors, people and roles, settings with the question before more people see more; no script needed."""

import pytest
from sqlalchemy import select

from domain.roles import Permission
from domain.sigs import Circle, Joining, Role, SigSettings
from domain.visibility import Viewer, mod_key
from storage.sigs import add_membership, add_sig
from storage.sigs.joining import decide_join
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
    assert (await amara.post("/sigs/turnaround/settings", data=narrow)).status_code == 303
    assert (await visitor.get(path)).status_code == 404
    assert "Be kind" in (await visitor.get("/sigs/turnaround")).text
    asked = await amara.post("/sigs/turnaround/settings", data={**narrow, "reading": "members"})
    assert asked.status_code == 422
    assert 'name="confirm.reading" value="members"' in asked.text
    assert words.circle_of("reading") in asked.text
    blind = {**narrow, "reading": "members", "confirm_widening": "yes"}
    assert (await amara.post("/sigs/turnaround/settings", data=blind)).status_code == 422
    agreed = {**blind, "confirm.reading": "members"}
    assert (await amara.post("/sigs/turnaround/settings", data=agreed)).status_code == 303
    assert (await (await stoa.browser("tariq")).get(path)).status_code == 200
    assert (await visitor.get(path)).status_code == 404
    wider = await amara.post("/sigs/turnaround/settings", data={**_FORM, "existence": "members", "name": ""})
    assert wider.status_code == 422
    assert "cannot go further than the SIG itself" in wider.text
    assert 'href="#name"' in wider.text


async def test_the_description_opens_by_itself(stoa: Stoa) -> None:
    amara, visitor = await stoa.browser("amara"), await stoa.browser()
    assert "Saving businesses." in (await visitor.get("/sigs/turnaround")).text
    await amara.post("/sigs/turnaround/settings", data={**_FORM, "describing": "sig"})
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
