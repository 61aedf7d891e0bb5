"""Connections over HTTP: the buttons on a person's page, the page of requests, forms that come back, and silence."""

import re

import httpx
import pytest

from domain.connections import LONGEST_NOTE
from domain.limits import RATES, Action
from tests.agreeing import post_agreed
from tests.conftest import Stoa

AMARA, JOOST = "/people/amara-page", "/people/joost-page"
_REFERENCE = re.compile(r'name="person" value="([0-9a-f]{24})"')
_REQUEST = re.compile(r'action="(/connections/requests/\d+)/(accept|withdraw)"')


def _request_in(answer: httpx.Response) -> str:
    """The address of the one request that a page has buttons for."""
    assert answer.status_code == 200
    [path] = {str(path) for path, _ in _REQUEST.findall(answer.text)}
    return path


async def _ask(stoa: Stoa, note: str = "We met in Utrecht.") -> str:
    """Joost asks Amara; the address of the request, as she answers it."""
    joost, amara = await stoa.browser("joost"), await stoa.browser("amara")
    sent = await joost.post(f"{AMARA}/connect", data={"note": note})
    assert (sent.status_code, sent.headers["location"]) == (303, AMARA)
    return _request_in(await amara.get("/connections"))


async def test_asking_accepting_and_ending(stoa: Stoa) -> None:
    joost, amara = await stoa.browser("joost"), await stoa.browser("amara")
    await post_agreed(amara, "/profile/edit", {"about": "For a few", "about.audience": "connections"})
    assert 'href="/people/amara-page/connect"' in (await joost.get(AMARA)).text
    form = await joost.get(f"{AMARA}/connect")
    assert 'name="note"' in form.text
    assert "Amara Okafor" in form.text
    path = await _ask(stoa, "We met <b>there</b>.\nRemember?")
    assert "You have asked to connect" in (await joost.get(AMARA)).text
    assert "They ask you to connect" in (await amara.get(JOOST)).text
    page = (await amara.get("/connections")).text
    assert "We met &lt;b&gt;there&lt;/b&gt;.\nRemember?" in page
    assert "For a few" not in (await joost.get(AMARA)).text
    for _ in range(2):
        done = await amara.post(f"{path}/accept")
        assert (done.status_code, done.headers["location"]) == (303, "/connections")
    assert "For a few" in (await joost.get(AMARA)).text, "at the very next request"
    for browser, other in ((joost, AMARA), (amara, JOOST)):
        assert "You are connected" in (await browser.get(other)).text
        assert f'action="{other}/disconnect"' in (await browser.get(other)).text
        assert len(_REFERENCE.findall((await browser.get("/connections")).text)) == 1
    for _ in range(2):
        ended = await joost.post(f"{AMARA}/disconnect")
        assert (ended.status_code, ended.headers["location"]) == (303, "/connections")
    assert "For a few" not in (await joost.get(AMARA)).text
    assert "Nobody yet" in (await amara.get("/connections")).text


async def test_declining_is_silent_to_the_byte(stoa: Stoa) -> None:
    """Who asked gets the same pages before and after, also after asking again, and no button tells."""
    path = await _ask(stoa)
    joost, amara = await stoa.browser("joost"), await stoa.browser("amara")
    before = [(await joost.get(page)).text for page in (AMARA, "/connections")]
    for _ in range(2):
        declined = await amara.post(f"{path}/decline")
        assert (declined.status_code, declined.headers["location"]) == (303, "/connections")
    assert "We met" not in (await amara.get("/connections")).text
    assert "Connect" in (await amara.get(JOOST)).text
    assert [(await joost.get(page)).text for page in (AMARA, "/connections")] == before
    taken = await joost.post(f"{path}/withdraw")
    assert (taken.status_code, taken.headers["location"]) == (303, "/connections")
    again = await joost.post(f"{AMARA}/connect", data={"note": "We met in Utrecht."})
    assert (again.status_code, again.headers["location"]) == (303, AMARA)
    new = _request_in(await joost.get("/connections"))
    assert new != path
    after = [(await joost.get(page)).text.replace(new, path) for page in (AMARA, "/connections")]
    assert after == before
    assert "We met" not in (await amara.get("/connections")).text


async def test_asking_who_asked_is_accepting(stoa: Stoa) -> None:
    await _ask(stoa)
    amara = await stoa.browser("amara")
    await amara.post(f"{JOOST}/connect", data={})
    assert "You are connected" in (await amara.get(JOOST)).text


async def test_a_note_that_is_too_long_comes_back(stoa: Stoa) -> None:
    joost, note = await stoa.browser("joost"), "Zebra " * 100
    answer = await joost.post(f"{AMARA}/connect", data={"note": note})
    assert answer.status_code == 422
    assert "Zebra Zebra" in answer.text
    assert "longer than 500" in answer.text
    assert 'href="/people/amara-page/connect"' in (await joost.get(AMARA)).text
    fits = await joost.post(f"{AMARA}/connect", data={"note": note[:LONGEST_NOTE]})
    assert fits.status_code == 303


async def test_who_takes_no_requests_says_no_more_than_that(stoa: Stoa) -> None:
    """A closed channel and a block are the same answer."""
    joost, amara = await stoa.browser("joost"), await stoa.browser("amara")
    public = {f"{kind}.audience": "everyone" for kind in ("name", "profession")}
    await post_agreed(amara, "/profile/edit", {"name": "Amara Okafor", "profession": "Plant director", **public})
    await amara.post("/settings/channels", data={"request": "only-me"})
    closed = await joost.post(f"{AMARA}/connect", data={"note": "Kept here."})
    await amara.post("/settings/channels", data={"request": "members"})
    assert (await amara.post(f"{JOOST}/block")).status_code == 303
    blocked = await joost.post(f"{AMARA}/connect", data={"note": "Kept here."})
    for answer in (closed, blocked):
        assert answer.status_code == 422
        assert "does not take this from you" in answer.text
        assert "Kept here." in answer.text
    assert closed.text == blocked.text
    assert "Kept here." not in (await amara.get("/connections")).text


async def test_too_many_requests_wait(stoa: Stoa) -> None:
    joost = await stoa.browser("joost")
    for _ in range(RATES[Action.REQUEST].times):
        await joost.post(f"{AMARA}/connect", data={})
        await joost.post(f"{_request_in(await joost.get('/connections'))}/withdraw")
    answer = await joost.post(f"{AMARA}/connect", data={"note": "Kept."})
    assert (answer.status_code, "Kept." in answer.text) == (429, True)
    assert int(answer.headers["retry-after"]) > 0


async def test_hidden_people_and_unknown_ones_are_asked_alike(stoa: Stoa) -> None:
    joost, lin = await stoa.browser("joost"), await stoa.browser("lin")
    await lin.post("/profile/edit", data={"name": "Lin Meiling", "name.audience": "only-me"})
    for method in ("GET", "POST"):
        bodies = set()
        for address in ("lin-page", "no-such-page"):
            answer = await joost.request(method, f"/people/{address}/connect")
            assert answer.status_code == 404
            bodies.add(answer.text.replace(address, "x"))
        assert len(bodies) == 1


async def test_answers_to_requests_of_others_tell_nothing(stoa: Stoa) -> None:
    path = await _ask(stoa)
    tariq = await stoa.browser("tariq")
    for act in ("accept", "decline", "withdraw"):
        theirs = await tariq.post(f"{path}/{act}")
        unknown = await tariq.post(f"/connections/requests/987654321/{act}")
        assert (theirs.status_code, theirs.headers["location"]) == (303, "/connections")
        assert (unknown.status_code, unknown.headers["location"]) == (303, "/connections")
    assert _request_in(await (await stoa.browser("amara")).get("/connections")) == path


async def test_who_is_no_longer_visible_can_be_removed(stoa: Stoa) -> None:
    await (await stoa.browser("amara")).post(f"{await _ask(stoa)}/accept")
    joost, amara = await stoa.browser("joost"), await stoa.browser("amara")
    await amara.post("/profile/edit", data={"name": "Amara Okafor", "name.audience": "only-me"})
    page = (await joost.get("/connections")).text
    assert "Amara Okafor" not in page
    assert "amara-page" not in page, "an address tells who it is"
    [reference] = _REFERENCE.findall(page)
    tariq = await stoa.browser("tariq")
    for browser, named in ((tariq, reference), (joost, "0" * 24), (joost, "")):
        answer = await browser.post("/connections/end", data={"person": named})
        assert (answer.status_code, answer.headers["location"]) == (303, "/connections")
    assert reference in (await joost.get("/connections")).text, "it names her in his own form alone"
    await joost.post("/connections/end", data={"person": reference})
    assert "Nobody yet" in (await joost.get("/connections")).text


@pytest.mark.parametrize("query", ["before=x", "after=1", "before=1-x", f"after={'9' * 30}-1"])
async def test_cursors_that_are_none_are_bad_requests(stoa: Stoa, query: str) -> None:
    assert (await (await stoa.browser("amara")).get(f"/connections?{query}")).status_code == 400


async def test_places_of_pages_that_hold_nobody_lead_back(stoa: Stoa) -> None:
    page = await (await stoa.browser("amara")).get("/connections?before=1000-1")
    assert page.status_code == 200
    assert "There is nobody on this page" in page.text


@pytest.mark.parametrize(("part", "status"), [("visitor", 401), ("nina", 403), ("sven", 403)])
async def test_only_members_ask_and_accept(stoa: Stoa, part: str, status: int) -> None:
    browser = await stoa.browser(part)
    assert (await browser.post(f"{AMARA}/connect", data={})).status_code == status
    assert (await browser.post("/connections/requests/1/accept")).status_code == status
    assert (await browser.get("/connections")).status_code == (200 if part != "visitor" else 303)


async def test_acts_stand_outside_of_the_page_itself(stoa: Stoa) -> None:
    """What is compared between viewers, and shown through other eyes, holds no button of this viewer's."""
    visitor, joost = await stoa.browser(), await stoa.browser("joost")
    for text in ((await visitor.get(AMARA)).text, (await joost.get(AMARA)).text):
        [article] = re.findall(r'<article[^>]*id="person".*?</article>', text, re.DOTALL)
        assert "connect" not in article.casefold()
        assert "/report/person/amara-page" in text.replace(article, "")
    assert "/mute" not in (await visitor.get(AMARA)).text
    assert "/mute" in (await joost.get(AMARA)).text
    own = (await (await stoa.browser("amara")).get(AMARA)).text
    assert not [word for word in ("/mute", "/block", '/connect"', "/report/") if word in own]
