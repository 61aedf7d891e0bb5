"""What a first visit to a thread of 20 posts costs over the wire, compressed, with headers, as Chromium counts it."""

from collections.abc import Callable

import pytest

from tests.browser.conftest import Browsers
from tests.browser.site import Site

pytestmark = pytest.mark.browser

MOST_BYTES = 45_000


async def test_a_first_visit_to_a_thread_is_light(
    browsers: Browsers, site: Site, record_property: Callable[[str, object], None]
) -> None:
    page = await browsers.visitor()
    session = await page.context.new_cdp_session(page)
    addresses: dict[str, str] = {}
    sizes: dict[str, int] = {}
    session.on("Network.requestWillBeSent", lambda sent: addresses.update({sent["requestId"]: sent["request"]["url"]}))
    session.on("Network.loadingFinished", lambda done: sizes.update({done["requestId"]: done["encodedDataLength"]}))
    await session.send("Network.enable")
    await page.goto(f"/threads/{site.talk.thread_id}", wait_until="networkidle")
    assert await page.locator("article.post:not(#accepted)").count() == 20
    carried = {addresses[request].removeprefix(site.origin): int(size) for request, size in sizes.items()}
    record_property("figure", f"first visit to a thread: {sum(carried.values())} bytes, {carried}")
    assert len(carried) >= 4, "page, style sheet and two scripts"
    assert sum(carried.values()) <= MOST_BYTES, carried
