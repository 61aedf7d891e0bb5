"""Reading without an account: from the front page to a thread, without a cookie, with script and without."""

import pytest
from playwright.async_api import expect

from tests.browser.acts import follow, is_marked, mark, see_title
from tests.browser.conftest import Browsers
from tests.browser.site import Site

pytestmark = pytest.mark.browser


async def test_a_visitor_reads_from_the_front_page_to_a_thread(browsers: Browsers, site: Site, script: bool) -> None:
    page = await browsers.visitor(script=script)
    await page.goto("/")
    await see_title(page, "Talk with people who do your work. Decide who sees every line.")
    if script:
        await mark(page)
    await follow(page, "Strategy")
    await see_title(page, "Strategy")
    await expect(page).to_have_title("Strategy · Stoa")
    await follow(page, "Turnaround")
    await see_title(page, "Turnaround")
    await follow(page, "What did you tell the bank first?")
    await see_title(page, "What did you tell the bank first?")
    await expect(page.locator("article.post:not(#accepted)")).to_have_count(20)
    await expect(page.get_by_role("heading", name="Take part")).to_be_visible()
    await page.go_back()
    await see_title(page, "Turnaround")
    await page.go_forward()
    await see_title(page, "What did you tell the bank first?")
    if script:
        assert await is_marked(page)
    assert await page.context.cookies() == []


async def test_a_visitor_is_told_who_sees_a_post(browsers: Browsers, site: Site, script: bool) -> None:
    page = await browsers.visitor(script=script)
    await page.goto(f"/threads/{site.world.public_thread.thread_id}")
    chip = page.locator("article.post .key_chip").first
    await expect(chip.get_by_text("Everyone sees this, without signing in too.")).to_be_hidden()
    await chip.locator("summary").click()
    await expect(chip.get_by_text("Everyone sees this, without signing in too.")).to_be_visible()


async def test_a_closed_room_is_not_shown_to_a_visitor(browsers: Browsers, site: Site, script: bool) -> None:
    page = await browsers.visitor(script=script)
    await page.goto(f"/threads/{site.world.closed_thread.thread_id}")
    await see_title(page, "There is nothing here")
    await page.goto("/")
    await expect(page.get_by_role("link", name="Who sits on the audit committee?")).to_have_count(0)
