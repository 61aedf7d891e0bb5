"""axe over every page of the product: no violation, at 360 and 1280 px, by day and by night."""

import pytest

from tests.browser.axe import violations
from tests.browser.conftest import Browsers
from tests.browser.site import Site
from tests.browser.specimens import SPECIMENS

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("viewer", ["visitor", "amara"])
@pytest.mark.parametrize("route", SPECIMENS)
async def test_axe_finds_nothing(browsers: Browsers, site: Site, route: str, viewer: str) -> None:
    page = await browsers.viewer(viewer)
    for path in SPECIMENS[route](site):
        await page.goto(path)
        assert await violations(page) == {}, path
