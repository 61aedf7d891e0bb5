"""By keyboard alone: every place can be reached, is seen to have the focus, and keeps it after a swap."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.acts import mark, see_title
from tests.browser.conftest import Browsers
from tests.browser.site import Site, mode_of

pytestmark = pytest.mark.browser

_FOCUS_IS_SEEN = """() => {
    const held = document.activeElement;
    if (held === document.body) return "nothing has the focus";
    const box = held.getBoundingClientRect();
    if (!box.width || box.bottom < 0 || box.top > innerHeight) return `${held.outerHTML.slice(0, 120)} is out of sight`;
    for (let at = held; at && at !== document.body; at = at.parentElement) {
        const style = getComputedStyle(at);
        if (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) return "";
    }
    return `${held.outerHTML.slice(0, 120)} has no outline`;
}"""


async def _held(page: Page) -> str:
    """What has the focus, by its id or its words."""
    held = "document.activeElement"
    words: str = await page.evaluate(f"{held}.id || {held}.innerText || {held}.tagName")
    return " ".join(words.split())


async def _tab_to(page: Page, words: str, most: int = 80) -> None:
    for _ in range(most):
        await page.keyboard.press("Tab")
        if await _held(page) in {words, f"Who sees this: {words}"}:
            return
    raise AssertionError(f"no way to “{words}” by the Tab key")


async def test_the_skip_link_leads_to_the_content(browsers: Browsers, script: bool) -> None:
    page = await browsers.visitor(script=script)
    await page.goto("/")
    await page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport(ratio=1)
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()


@pytest.mark.parametrize("width", [360, 1280])
async def test_the_focus_is_seen_at_every_stop(browsers: Browsers, site: Site, width: int) -> None:
    page = await browsers.member("amara", viewport={"width": width, "height": 800})
    for path in (f"/threads/{site.world.public_thread.thread_id}", "/profile/edit", "/"):
        await page.goto(path)
        stops = set()
        for _ in range(60):
            await page.keyboard.press("Tab")
            if await page.evaluate("document.activeElement === document.body"):
                break
            assert await page.evaluate(_FOCUS_IS_SEEN) == "", path
            stops.add(await _held(page))
        assert len(stops) > 8, path


async def test_a_key_is_opened_and_a_reply_written_by_keyboard(browsers: Browsers, site: Site, script: bool) -> None:
    thread = await site.start_thread("amara", f"No mouse {mode_of(script)}")
    page = await browsers.member("amara", script=script)
    await page.goto(f"/threads/{thread.thread_id}")
    panel = page.locator("article.post .key_chip-panel").first
    while not await page.evaluate("!!document.activeElement.closest('article.post')"):
        await _tab_to(page, "Everyone")
    await page.keyboard.press("Enter")
    await expect(panel).to_be_visible()
    if script:
        await page.keyboard.press("Escape")
        await expect(panel).to_be_hidden()
        assert "Everyone" in await _held(page)
    await _tab_to(page, "body")
    await page.keyboard.type("Typed without a mouse.")
    await _tab_to(page, "Reply")
    await page.keyboard.press("Enter")
    await expect(page.locator("article.post")).to_have_count(3)
    await expect(page.locator("article.post").last).to_contain_text("Typed without a mouse.")


async def test_the_focus_survives_every_swap(browsers: Browsers, site: Site) -> None:
    thread = await site.start_thread("amara", "Where was I?")
    page = await browsers.member("amara")
    await page.goto("/sigs/turnaround")
    await mark(page)
    await page.get_by_role("main").get_by_role("link", name="Where was I?").press("Enter")
    await see_title(page, "Where was I?")
    await expect(page.locator("main")).to_be_focused()
    await page.get_by_label("Text of your reply").fill("A first look.")
    await page.get_by_role("button", name="Preview").press("Enter")
    await expect(page.get_by_role("region", name="Preview")).to_be_visible()
    await expect(page.get_by_role("button", name="Preview")).to_be_focused()
    await page.get_by_role("button", name="Reply", exact=True).press("Enter")
    last = page.locator("article.post").last
    await expect(last).to_contain_text("A first look.")
    await expect(last).to_be_focused()
    await last.get_by_role("link", name="Reply to").press("Enter")
    await expect(page.get_by_label("Text of your reply")).to_be_focused()
    await last.get_by_role("button", name="Delete").press("Enter")
    await expect(last).to_contain_text("deleted by its author")
    await expect(last).to_be_focused()
    await expect(page).to_have_url(f"/threads/{thread.thread_id}")
