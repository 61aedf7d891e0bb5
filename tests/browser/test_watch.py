"""The watch itself: what it must see it does see, so that its silence over the whole suite means something."""

import pytest
from playwright.async_api import Page

from tests.browser.conftest import Browsers
from tests.browser.site import Site
from tests.browser.specimens import SPECIMENS, VIEWERS
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


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_no_page_loads_anything_from_elsewhere_or_breaks_the_policy(
    browsers: Browsers, site: Site, viewer: str
) -> None:
    """The crawl: each page is opened, and each of its menus; the watch looks on."""
    page = await browsers.viewer(viewer)
    for addresses in SPECIMENS.values():
        for path in addresses(site):
            answer = await page.goto(path)
            assert answer is not None
            assert "content-security-policy" in answer.headers, path
            await page.evaluate("document.querySelectorAll('details').forEach(menu => { menu.open = true })")
    assert browsers.watch.findings == []
