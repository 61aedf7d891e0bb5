"""Words arrive when an input is entered, once for the page, and cost nobody what they have typed."""

import re

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.acts import follow, see_title
from tests.browser.conftest import Browsers

pytestmark = pytest.mark.browser

PLACE = "/suggestions/countries"


async def _options(page: Page, label: str) -> int:
    """How many words the input of this label offers: its list as the browser itself resolves it."""
    count: int = await page.get_by_label(label, exact=True).evaluate("input => input.list.options.length")
    return count


async def test_words_arrive_once_for_all_inputs_of_a_vocabulary(browsers: Browsers) -> None:
    page = await browsers.member("amara")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if PLACE in request.url else None)
    await page.goto("/-/patterns")
    country, other = (page.get_by_label(label, exact=True) for label in ("Country", "Another country"))
    await page.get_by_label("Name", exact=True).focus()
    assert (await _options(page, "Country"), len(asked)) == (0, 0)
    async with page.expect_response(f"**{PLACE}"):
        await country.focus()
    await expect(page.locator("#suggestions-countries option")).to_have_count(250)
    await expect(country).to_be_focused()
    await country.press_sequentially("Atlantis")
    await other.focus()
    await country.focus()
    assert (await _options(page, "Country"), await _options(page, "Another country")) == (250, 250)
    await expect(country).to_have_value("Atlantis")
    assert await country.evaluate("input => input.validity.valid"), "another word is as good"
    assert len(asked) == 1


async def test_who_was_signed_out_meanwhile_keeps_what_was_typed(browsers: Browsers) -> None:
    page = await browsers.visitor()
    await page.goto("/-/patterns")
    await page.get_by_label("Name", exact=True).fill("Typed")
    async with page.expect_response(re.compile(r"/sign-in\?next=")):
        await page.get_by_label("Country", exact=True).focus()
    await page.wait_for_load_state("networkidle")
    await see_title(page, "Patterns")
    await expect(page.get_by_label("Name", exact=True)).to_have_value("Typed")
    await expect(page.get_by_label("Country", exact=True)).to_be_focused()


async def test_an_error_page_stays_away_from_the_form(browsers: Browsers) -> None:
    async def refuse(route: Route) -> None:
        await route.fulfill(status=429, content_type="text/html", body="<!doctype html><title>No</title><h1>No</h1>",
                            headers={"content-security-policy": "default-src 'none'"})  # fmt: skip

    page = await browsers.member("amara")
    await page.route(f"**{PLACE}", refuse)
    await page.goto("/-/patterns")
    async with page.expect_response(f"**{PLACE}"):
        await page.get_by_label("Country", exact=True).focus()
    await page.wait_for_load_state("networkidle")
    await see_title(page, "Patterns")
    await expect(page).to_have_title("Patterns · Stoa")


async def test_without_script_a_link_leads_to_the_words(browsers: Browsers) -> None:
    page = await browsers.member("amara", script=False)
    await page.goto("/-/patterns")
    await follow(page, "Names of countries")
    await see_title(page, "Names of countries")
    await expect(page.get_by_role("listitem").get_by_text("Netherlands", exact=True)).to_be_visible()


async def test_with_script_there_is_no_such_link(browsers: Browsers) -> None:
    page = await browsers.member("amara")
    await page.goto("/-/patterns")
    await expect(page.get_by_role("link", name="Names of countries")).to_have_count(0)
