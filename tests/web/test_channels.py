"""Who may reach me, over HTTP: chosen for each channel, kept, and refused where it is not on offer."""

import re

from tests.conftest import Stoa

PATH = "/settings/channels"


async def _chosen(stoa: Stoa, part: str = "amara") -> dict[str, str]:
    text = (await (await stoa.browser(part)).get(PATH)).text
    return dict(re.findall(r'type="radio" name="([a-z]+)" value="([^"]+)" checked', text))


DEFAULTS = dict.fromkeys(("scrap", "request", "invitation", "mention"), "members")


async def test_every_channel_is_open_to_members_until_chosen_otherwise(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    assert await _chosen(stoa) == DEFAULTS
    assert PATH in (await browser.get("/settings")).text
    sent = {"scrap": "connections", "scrap-waits": "yes", "request": f"sig:{stoa.world.sigs['turnaround']}"}
    done = await browser.post(PATH, data={**sent, "mention": "only-me"})
    assert (done.status_code, done.headers["location"]) == (303, f"{PATH}?saved=yes")
    kept = {name: value for name, value in sent.items() if name != "scrap-waits"}
    assert await _chosen(stoa) == {**DEFAULTS, **kept, "mention": "only-me"}
    text = (await browser.get(f"{PATH}?saved=yes")).text
    assert "Saved." in text
    assert re.search(r'name="scrap-waits" value="yes" checked', text)
    assert 'name="request-waits"' not in text
    assert await _chosen(stoa, "joost") == DEFAULTS, "each member's own"
    await browser.post(PATH, data={"scrap": "members"})
    assert "checked" not in re.findall(r'<input[^>]*name="scrap-waits"[^>]*>', (await browser.get(PATH)).text)[0]


async def test_connections_are_not_asked_and_everyone_is_never_offered(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    text = (await browser.get(PATH)).text
    assert 'value="everyone"' not in text
    assert 'name="request" value="connections"' not in text
    for sent in ({"request": "connections"}, {"scrap": "everyone"}, {"scrap": "sig:99"}, {"mention": ""}):
        answer = await browser.post(PATH, data={"invitation": "only-me", **sent})
        assert answer.status_code == 403, sent
    assert await _chosen(stoa) == DEFAULTS


async def test_visitors_have_no_channels(stoa: Stoa) -> None:
    browser = await stoa.browser()
    assert (await browser.get(PATH)).headers["location"].startswith("/sign-in")
    assert (await browser.post(PATH, data={"scrap": "only-me"})).status_code == 401
