"""The profile: each entry with its audience, chosen on the page, kept on every page for everyone who looks."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.acts import is_marked, mark, press, see_title
from tests.browser.conftest import Browsers
from tests.browser.site import Site, mode_of

pytestmark = pytest.mark.browser


async def choose(page: Page, entry: str, audience: str) -> None:
    """Open the key of an entry and choose who sees it; the chip then says so."""
    key = page.locator("details.key_choice", has=page.locator(f'[name="{entry}.audience"]'))
    await key.locator("summary").click()
    await key.locator("label", has=page.get_by_text(audience, exact=True)).click()
    await key.locator("summary").click()


async def test_a_decision_about_an_entry_holds_on_every_page(browsers: Browsers, site: Site, script: bool) -> None:
    owner = f"paula-{mode_of(script)}"
    name = f"Paula Lima {mode_of(script)}"
    thread = await site.start_thread(owner, f"Bells of {mode_of(script)}")
    page = await browsers.member(owner, script=script)
    await page.goto("/profile/edit")
    if script:
        await mark(page)
    await page.get_by_label("Headline").fill("Casts bells")
    await page.get_by_label("Location").fill("Delft")
    for entry, audience in (("name", "Members"), ("headline", "Turnaround"), ("location", "Only me")):
        await choose(page, entry, audience)
    await press(page, "Save")
    await see_title(page, name)
    if script:
        assert await is_marked(page)
    await expect(page.locator(".entry", has_text="Headline").locator(".entry-key")).to_contain_text("Turnaround")
    seen = {
        "visitor": {"profession"},
        "tariq": {"profession", "name"},
        "joost": {"profession", "name", "headline"},
        owner: {"profession", "name", "headline", "location"},
    }
    words = {"profession": f"Welder {mode_of(script)}", "name": name, "headline": "Casts bells", "location": "Delft"}
    for viewer, expected in seen.items():
        looking = await browsers.viewer(viewer, script=script)
        await looking.goto(f"/people/{site.person(owner).public_id}")
        main = await looking.get_by_role("main").inner_text()
        assert {entry for entry, word in words.items() if word in main} == expected, viewer
        for path in (f"/threads/{thread.thread_id}", "/sigs/turnaround", "/"):
            await looking.goto(path)
            assert (name in await looking.content()) == ("name" in expected), (viewer, path)
        if "name" not in expected:
            await looking.goto(f"/threads/{thread.thread_id}")
            await expect(looking.locator("article.post .byline-name").first).to_have_text(
                re.compile("A member|Member 1")
            )


async def test_opening_an_entry_further_is_asked_first(browsers: Browsers, site: Site, script: bool) -> None:
    owner = f"pia-{mode_of(script)}"
    address = f"/people/{site.person(owner).public_id}"
    page, visitor = await browsers.member(owner, script=script), await browsers.visitor(script=script)
    await page.goto("/profile/edit")
    await page.get_by_label("Location").fill("Uppsala")
    await choose(page, "location", "Only me")
    await press(page, "Save")
    await see_title(page, f"Pia Ek {mode_of(script)}")
    await page.goto("/profile/edit")
    await choose(page, "location", "Everyone")
    await page.get_by_label("Headline").fill("Turns clay")
    await press(page, "Save")
    asked = page.locator(".notice", has_text="More people will see this than before:")
    await expect(asked.get_by_role("link")).to_have_text(["Location"])
    await expect(page.get_by_label("Headline")).to_have_value("Turns clay")
    await visitor.goto(address)
    await expect(visitor.get_by_text("Uppsala")).to_have_count(0)
    await page.get_by_label("Yes, let them see it").check()
    await press(page, "Save")
    await see_title(page, f"Pia Ek {mode_of(script)}")
    await visitor.goto(address)
    await expect(visitor.get_by_text("Uppsala")).to_have_count(1)
    await page.goto("/profile/edit")
    await page.get_by_label("My page may be read by everyone, where I say so").uncheck()
    await press(page, "Save")
    await see_title(page, f"Pia Ek {mode_of(script)}")
    await visitor.goto(address)
    await see_title(visitor, "There is nothing here")
