"""Talk: from joining a SIG to an accepted answer, and what never gets lost on the way."""

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.acts import follow, is_marked, mark, press, see_title
from tests.browser.conftest import Browsers
from tests.browser.site import Site, mode_of

pytestmark = pytest.mark.browser


def _posts(page: Page) -> Locator:
    return page.locator("article.post:not(#accepted)")


async def test_a_member_joins_asks_replies_edits_deletes_and_accepts(browsers: Browsers, script: bool) -> None:
    page = await browsers.member(f"tea-{mode_of(script)}", script=script)
    await page.goto("/")
    if script:
        await mark(page)
    await follow(page.get_by_role("main"), "Turnaround")
    await press(page, "Join this SIG")
    await expect(page.get_by_text("You are in")).to_be_visible()
    title = f"Who carries the sign? {mode_of(script)}"
    await _ask(page, title)
    await _reply(page, "Two people, **slowly**.")
    await expect(_posts(page)).to_have_count(2)
    await follow(_posts(page).nth(1), "Reply to #2")
    await expect(page.get_by_text("You answer #2.")).to_be_visible()
    await _reply(page, "Three, when it rains.")
    await expect(_posts(page)).to_have_count(3)
    await expect(_posts(page).nth(2).get_by_role("link", name="In reply to #2")).to_be_visible()
    await _change(page)
    if script:
        assert await is_marked(page)


async def _ask(page: Page, title: str) -> None:
    main = page.get_by_role("main")
    await follow(main, "New thread")
    await see_title(page, "New thread")
    await main.get_by_label("A question, with a best answer").check()
    await main.get_by_label("Title").fill(title)
    await main.get_by_label("Text", exact=True).fill("It is *heavy*.")
    await main.get_by_label("Tags").fill("signs, law")
    await press(page, "Preview")
    await expect(page.get_by_role("region", name="Preview").locator("em")).to_have_text("heavy")
    await expect(main.get_by_label("Title")).to_have_value(title)
    await expect(main.get_by_label("A question, with a best answer")).to_be_checked()
    await expect(main.get_by_label("Tags")).to_have_value("signs, law")
    await press(page, "Publish")
    await see_title(page, title)
    await expect(_posts(page)).to_have_count(1)


async def _reply(page: Page, text: str) -> None:
    await page.get_by_label("Text of your reply").fill(text)
    await press(page, "Preview")
    await expect(page.get_by_role("region", name="Preview")).to_be_visible()
    await expect(page.get_by_label("Text of your reply")).to_have_value(text)
    await press(page, "Reply", exact=True)
    await expect(_posts(page).last).to_contain_text(text.partition(",")[0])
    await expect(page.get_by_label("Text of your reply")).to_have_value("")


async def _change(page: Page) -> None:
    third = _posts(page).nth(2)
    await follow(third, "Edit #3")
    await see_title(page, "Edit your post")
    await page.get_by_label("Text", exact=True).fill("Four, when it rains.")
    await press(page, "Save")
    await expect(third).to_contain_text("Four, when it rains.")
    await expect(third).to_contain_text("edited")
    await press(third, "Delete")
    await expect(third).to_contain_text("This post was deleted by its author.")
    await press(third, "Undo: bring it back")
    await expect(third).not_to_contain_text("This post was deleted by its author.")
    await expect(third).to_contain_text("Four, when it rains.")
    await press(_posts(page).nth(1), "Accept as the answer")
    await expect(_posts(page).nth(1)).to_contain_text("Accepted reply")


async def test_a_reply_that_is_sent_twice_is_one_reply(browsers: Browsers, site: Site, script: bool) -> None:
    thread = await site.start_thread("amara", f"Pressed twice {mode_of(script)}")
    page = await browsers.member("amara", script=script)
    await page.goto(f"/threads/{thread.thread_id}")
    await page.get_by_label("Text of your reply").fill("Once is enough.")
    await page.get_by_role("button", name="Reply", exact=True).dblclick()
    await expect(_posts(page)).to_have_count(3)
    await page.goto(f"/threads/{thread.thread_id}")
    await expect(_posts(page).filter(has_text="Once is enough.")).to_have_count(1)


async def test_a_refused_thread_keeps_its_text_also_over_the_back_button(browsers: Browsers, script: bool) -> None:
    page = await browsers.member("amara", script=script)
    await page.goto("/sigs/turnaround")
    await follow(page.get_by_role("main"), "New thread")
    await see_title(page, "New thread")
    main = page.get_by_role("main")
    await main.get_by_label("Title").fill("Abc")
    await main.get_by_label("Text", exact=True).fill("Words that took an hour.")
    await press(page, "Publish")
    alert = page.get_by_role("alert").filter(has_text="Please use at least 4 characters.")
    await expect(alert).to_be_focused()
    await expect(main.get_by_label("Title")).to_have_value("Abc")
    await expect(main.get_by_label("Text", exact=True)).to_have_value("Words that took an hour.")
    await page.go_back()
    if script:  # where there is script, the refused form took the place of the empty one
        await see_title(page, "Turnaround")
        await page.go_forward()
    await see_title(page, "New thread")
    await expect(main.get_by_label("Text", exact=True)).to_have_value("Words that took an hour.")


async def test_the_second_of_two_tabs_is_told_and_keeps_its_text(browsers: Browsers, site: Site, script: bool) -> None:
    thread = await site.start_thread("amara", f"Edited twice {mode_of(script)}")
    first = await browsers.member("amara", script=script)
    second = await first.context.new_page()
    for page in (first, second):
        await page.goto(f"/posts/{thread.post_id}/edit")
    await first.get_by_label("Text", exact=True).fill("The first tab's words.")
    await press(first, "Save")
    await expect(_posts(first).first).to_contain_text("The first tab's words.")
    await second.get_by_label("Text", exact=True).fill("The second tab's words.")
    await press(second, "Save")
    await expect(second.get_by_role("alert").filter(has_text="changed elsewhere")).to_be_focused()
    await expect(second.get_by_label("Text", exact=True)).to_have_value("The second tab's words.")
    await first.reload()
    await expect(_posts(first).first).to_contain_text("The first tab's words.")
    await press(second, "Save")
    await expect(_posts(second).first).to_contain_text("The second tab's words.")


async def test_a_lost_connection_loses_no_word(browsers: Browsers, site: Site) -> None:
    thread = await site.start_thread("amara", "Cut off")
    for message in ("Failed to load resource: net::ERR_INTERNET_DISCONNECTED", "htmx: htmx:error: Failed to fetch"):
        browsers.watch.expect(message)
    page = await browsers.member("amara")
    await page.goto(f"/threads/{thread.thread_id}")
    await page.get_by_label("Text of your reply").fill("Written in a tunnel.")
    await page.context.set_offline(True)
    await press(page, "Reply", exact=True)
    await expect(page.get_by_role("alert").filter(has_text="could not be reached")).to_be_visible()
    await expect(page.get_by_label("Text of your reply")).to_have_value("Written in a tunnel.")
    await page.context.set_offline(False)
    await page.reload()
    await expect(page.get_by_label("Text of your reply")).to_have_value("Written in a tunnel.")
    await press(page, "Reply", exact=True)
    await expect(_posts(page)).to_have_count(3)
    await expect(page.get_by_role("alert").filter(has_text="could not be reached")).to_be_hidden()
