"""The key of one entry, changed where one reads it: a page of its own, and the same as a fragment in the chip."""

import re

from tests.agreeing import asked_in
from tests.conftest import Stoa

IN_CHIP = {"hx-request": "true", "hx-request-type": "partial", "hx-target": "#key"}


async def test_the_chip_of_ones_own_entry_leads_to_its_key(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    page = (await browser.get("/people/amara-page")).text
    for address in sorted(set(re.findall(r'href="(/profile/audience/[^"]+)"', page))):
        assert (await browser.get(address)).status_code == 200
    assert '"/profile/audience/' not in (await (await stoa.browser("joost")).get("/people/amara-page")).text


async def test_in_the_chip_stands_the_form_and_nothing_around_it(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    part = await browser.get("/profile/audience/profession", headers=IN_CHIP)
    assert part.text.strip().startswith("<form")
    assert 'value="only-me"' in part.text
    assert part.text.strip() in (await browser.get("/profile/audience/profession")).text


async def test_to_narrow_asks_nothing_and_to_widen_asks(stoa: Stoa) -> None:
    browser, stranger = await stoa.browser("amara"), await stoa.browser("tariq")
    address = "/profile/audience/profession"
    narrowed = await browser.post(address, data={"profession.audience": "only-me"})
    assert (narrowed.status_code, narrowed.headers["location"]) == (303, "/people/amara-page")
    assert "Plant director" not in (await stranger.get("/people/amara-page")).text
    wide = {"profession.audience": "members"}
    asked = await browser.post(address, data=wide)
    assert asked.status_code == 422
    assert "Plant director" not in (await stranger.get("/people/amara-page")).text
    assert (await browser.post(address, data={**wide, **asked_in(asked)})).status_code == 303
    assert "Plant director" in (await stranger.get("/people/amara-page")).text


async def test_a_key_without_an_entry_is_missing(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    for name in ("about", "experience-1", "experience", "membership-99", "no-such-entry", "photo"):
        answers = [await browser.get(f"/profile/audience/{name}"), await browser.post(f"/profile/audience/{name}")]
        assert [answer.status_code for answer in answers] == [404, 404], name


async def test_the_address_of_mail_stays_for_members_at_most(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    refused = await browser.post("/profile/audience/email", data={"email.audience": "everyone"})
    assert refused.status_code == 422
    assert "amara@example.org" not in (await (await stoa.browser()).get("/people/amara-page")).text
