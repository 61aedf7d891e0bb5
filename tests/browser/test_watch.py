"""The watch itself: what it must see it does see, so that its silence over the whole suite means something.

The crawl under it is every other test here: test_layout.py opens each page of the route table and each menu in it.
"""

import pytest
from playwright.async_api import Page

from tests.browser.conftest import Browsers
from tests.browser.watching import Watch

pytestmark = pytest.mark.browser

ELSEWHERE = "https://elsewhere.invalid/picture.png"
_LOAD = f"""() => new Promise(done => {{
    const picture = new Image();
    picture.onload = picture.onerror = () => done();
    picture.src = "{ELSEWHERE}";
}})"""


async def _watched(browsers: Browsers, **options: bool) -> tuple[Page, Watch]:
    """A page under a watch of its own, because what happens there must not fail the test."""
    context = await browsers.chromium.new_context(base_url=browsers.site.origin, **options)  # type: ignore[arg-type]
    browsers.exits.push_async_callback(context.close)
    watch = Watch(browsers.site.origin)
    watch.over(context)
    page = await context.new_page()
    await page.goto("/")
    return page, watch


async def test_the_policy_stops_what_comes_from_elsewhere_and_the_watch_says_so(browsers: Browsers) -> None:
    page, watch = await _watched(browsers)
    assert watch.findings == []
    await page.evaluate(_LOAD)
    assert ["Content Security Policy" in error for error in watch.errors] == [True]


async def test_the_watch_sees_a_request_to_another_server(browsers: Browsers) -> None:
    page, watch = await _watched(browsers, bypass_csp=True)
    await page.evaluate(_LOAD)
    assert [found.rpartition(" ")[2] for found in watch.foreign] == [ELSEWHERE]
