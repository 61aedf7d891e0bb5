"""Private feed addresses: made by a form, copied from a phone's screen, and revoked."""

import pytest
from playwright.async_api import expect

from tests.browser.acts import follow, press, see_title
from tests.browser.axe import violations
from tests.browser.conftest import Browsers
from tests.browser.site import Site, mode_of

pytestmark = pytest.mark.browser


async def test_an_address_is_made_shown_once_and_revoked(browsers: Browsers, site: Site, script: bool) -> None:
    page = await browsers.member(f"paula-{mode_of(script)}", script=script)
    await page.set_viewport_size({"width": 320, "height": 800})
    await page.goto("/settings")
    await follow(page, "Look at your feeds")
    await see_title(page, "Feeds")
    await page.get_by_label("What is it for?").fill("Reader on my phone")
    await press(page, "Make a private address")
    shown = page.get_by_role("status").get_by_text(f"{site.origin}/feeds/")
    await expect(shown).to_have_count(2)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if script:
        await expect(page.get_by_role("status")).to_be_focused()
        assert await violations(page) == {}
    address = await shown.first.text_content()
    assert address is not None
    reader = await browsers.visitor(script=script)
    answer = await reader.request.get(address)
    assert answer.status == 200
    assert "<feed" in await answer.text()
    await page.goto("/settings/feeds")
    await expect(page.get_by_text("Reader on my phone").first).to_be_visible()
    await expect(shown).to_have_count(0)
    await press(page, "Revoke Reader on my phone")
    await expect(page.get_by_role("button", name="Revoke")).to_have_count(0)
    assert (await reader.request.get(address)).status == 404
