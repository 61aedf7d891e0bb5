"""A photo, chosen in a real browser and sent to a real server: refused with a word on why, kept, seen, and removed."""

import os

import pytest
from playwright.async_api import Page, expect

from tests.browser.acts import is_marked, mark, press, see_title
from tests.browser.conftest import Browsers
from tests.browser.site import Site, mode_of
from tests.pictures import encode, picture

pytestmark = pytest.mark.browser


async def _choose(page: Page, content: bytes, name: str = "photo.jpg", kind: str = "image/jpeg") -> None:
    await page.get_by_label("photo").set_input_files({"name": name, "mimeType": kind, "buffer": content})
    await press(page, "Save")


async def _see_photo(page: Page) -> None:
    """The picture is there, and it is one."""
    photo = page.get_by_role("main").locator('img[src^="/photos/"]').first
    await expect(photo).to_be_visible()
    assert await photo.evaluate("async image => { await image.decode(); return image.naturalWidth; }") in {64, 160, 480}


async def test_a_photo_is_refused_kept_seen_and_removed(browsers: Browsers, site: Site, script: bool) -> None:
    owner = f"fenna-{mode_of(script)}"
    page = await browsers.member(owner, script=script)
    await page.goto("/profile/photo")
    if script:
        await mark(page)
    await _choose(page, encode(picture(), "GIF"), "photo.gif", "image/gif")
    summary = page.get_by_role("alert").filter(has_text="We take pictures in JPEG, PNG and WebP.")
    await expect(summary).to_be_focused()
    await _choose(page, encode(picture(), "BMP") + os.urandom(11 * 1024 * 1024), "photo.bmp", "image/bmp")
    await expect(page.get_by_role("alert").filter(has_text="This file is larger than 10 MB.")).to_be_visible()
    await _choose(page, encode(picture(1200, 900)) + os.urandom(3 * 1024 * 1024))
    await see_title(page, "My page")
    await _see_photo(page)
    if script:
        assert await is_marked(page)
    await page.goto("/profile/photo")
    await _see_photo(page)
    address = f"/people/{site.person(owner).public_id}"
    member, visitor = await browsers.viewer("tariq", script=script), await browsers.viewer("visitor", script=script)
    await member.goto(address)
    await _see_photo(member)
    await visitor.goto(address)
    assert "/photos/" not in await visitor.content()
    await press(page, "Remove my photo")
    await see_title(page, "My page")
    for looking in (page, member):
        await looking.goto(address)
        assert "/photos/" not in await looking.content()
