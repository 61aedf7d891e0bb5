"""Every page at every width, written from left to right and from right to left: nothing leaves the page sideways, and
whatever is pressed can be hit.
"""

from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.browser.conftest import Lookers
from tests.browser.site import Site
from tests.browser.specimens import SPECIMENS, looks, page_routes

pytestmark = pytest.mark.browser

WIDTHS = (320, 360, 768, 1280)
DIRECTIONS = ("ltr", "rtl")
LEAST_TARGET = 24
MEASURE = (Path(__file__).parent / "measure.js").read_text()


def test_every_page_of_the_product_has_a_specimen() -> None:
    assert set(SPECIMENS) == page_routes()


@pytest.mark.parametrize(("route", "viewer"), looks())
async def test_no_page_scrolls_sideways_and_every_target_can_be_hit(
    lookers: Lookers, site: Site, route: str, viewer: str
) -> None:
    page = await lookers.page(viewer)
    for path in SPECIMENS[route](site):
        await page.goto(path)
        await page.evaluate(MEASURE)
        assert await _measure(page) == {}, path


async def _measure(page: Page) -> dict[str, list[str]]:
    """What is wrong, by width and direction."""
    found = {}
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 800})
        for direction in DIRECTIONS:
            await page.evaluate("direction => { document.documentElement.dir = direction }", direction)
            found[f"{width} {direction}"] = await page.evaluate("stoaOverflow()")
        found[f"{width} targets"] = await page.evaluate("least => stoaSmall(least)", LEAST_TARGET)
    return {where: what for where, what in found.items() if what}
