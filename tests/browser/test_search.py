"""Search while typing and without script, and names that are completed, by keyboard alone."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.acts import see_title
from tests.browser.conftest import Browsers

pytestmark = pytest.mark.browser


async def test_results_come_while_one_types(browsers: Browsers) -> None:
    page = await browsers.visitor()
    await page.goto("/search")
    field = page.get_by_role("searchbox", name="What are you looking for?")
    await field.press_sequentially("works counc", delay=120)
    await expect(page.locator("#results mark").nth(1)).to_have_text("council")
    await expect(field).to_be_focused()
    await expect(page.locator("#unreachable")).to_be_hidden()
    await field.press("Enter")
    await expect(page).to_have_url(re.compile(r"/search\?q=works"))
    await expect(page.get_by_role("heading", name="Nothing found here")).to_be_visible()


async def test_without_script_the_header_leads_to_results(browsers: Browsers) -> None:
    page = await browsers.visitor(script=False)
    await page.goto("/")
    await page.get_by_role("searchbox", name="Search").fill("works council")
    await page.get_by_role("searchbox", name="Search").press("Enter")
    await see_title(page, "Search")
    await page.get_by_role("link", name=re.compile("works council")).first.click()
    await see_title(page, "How early do you tell the works council?")


async def test_a_mention_is_chosen_by_keyboard(browsers: Browsers) -> None:
    page = await browsers.member("amara")
    await page.goto("/sigs/turnaround/threads/new")
    text = page.get_by_label("Text", exact=True)
    await text.press_sequentially("Dear @joo")
    await expect(page.get_by_role("option", name=re.compile("Joost"))).to_be_visible()
    await text.press("Enter")
    await expect(text).to_have_value("Dear [@Joost van Dijk](/people/joost-page) ")
    await expect(page.get_by_role("listbox")).to_have_count(0)
    await text.press_sequentially("and @joo")
    await expect(page.get_by_role("listbox")).to_be_visible()
    await text.press("Escape")
    await expect(page.get_by_role("listbox")).to_have_count(0)
    await expect(text).to_be_focused()


async def test_a_person_is_chosen_by_name(browsers: Browsers) -> None:
    page = await browsers.member("amara")
    await page.goto("/profile/view-as")
    person = page.get_by_label("The person")
    await person.press_sequentially("joo")
    await page.get_by_role("option", name=re.compile("Joost")).click()
    await expect(person).to_have_value("joost-page")
