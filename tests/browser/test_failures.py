"""What does not work says so on a page of the house, with a way on."""

import pytest
from playwright.async_api import expect

from tests.browser.acts import fill_sign_in, follow, is_marked, mark, press, see_title
from tests.browser.conftest import Browsers
from tests.browser.site import Site
from tests.cast import PASSWORD

pytestmark = pytest.mark.browser


async def test_an_address_that_leads_nowhere_leads_home(browsers: Browsers, script: bool) -> None:
    page = await browsers.visitor(script=script)
    answer = await page.goto("/no/such/page")
    assert answer is not None
    assert answer.status == 404
    await see_title(page, "There is nothing here")
    await follow(page, "To the front page")
    await see_title(page, "Talk with people who do your work. Decide who sees every line.")


async def test_who_is_not_confirmed_is_told_what_to_do(browsers: Browsers, script: bool) -> None:
    page = await browsers.member("nina", script=script)
    await page.goto("/")
    await expect(page.get_by_text("Your e-mail address is not confirmed yet.")).to_be_visible()
    answer = await page.goto("/sigs/turnaround/threads/new")
    assert answer is not None
    assert answer.status == 403
    await see_title(page, "Your address first")
    await press(page, "Send the mail again")
    await see_title(page, "Look at your mail")


async def test_a_form_whose_session_has_ended_keeps_what_was_typed(
    browsers: Browsers, site: Site, script: bool
) -> None:
    """The member signs out in another tab, then sends a reply that was begun before."""
    page = await browsers.member("joost", script=script)
    await page.goto(f"/threads/{site.world.public_thread.thread_id}")
    await page.get_by_label("Text of your reply").fill("Begun before the end.")
    await page.context.clear_cookies()
    await press(page, "Reply", exact=True)
    await see_title(page, "Please sign in")
    await expect(page.get_by_role("main").get_by_role("link", name="Sign in")).to_be_visible()
    await expect(page.get_by_label("What you wrote, to copy and keep")).to_have_value("Begun before the end.")
    await follow(page.get_by_role("main"), "Sign in")
    await see_title(page, "Sign in")
    await fill_sign_in(page, site.person("joost").email, PASSWORD)
    await see_title(page, "How early do you tell the works council?")


async def test_an_error_page_takes_the_whole_page_without_a_full_load(browsers: Browsers, site: Site) -> None:
    thread = await site.start_thread("amara", "Soon another's")
    page = await browsers.member("joost")
    await page.goto(f"/threads/{thread.thread_id}")
    await mark(page)
    await page.evaluate("""() => { document.querySelector("a.top-home").setAttribute("href", "/no/such/page") }""")
    await page.locator("a.top-home").click()
    await see_title(page, "There is nothing here")
    await expect(page.locator("header.top")).to_have_count(1)
    assert await is_marked(page)
