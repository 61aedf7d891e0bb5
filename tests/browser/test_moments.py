"""Times as script puts them: what lies ahead is a date, and a day that is today is called so."""

from datetime import timedelta

import pytest
from playwright.async_api import Route

from tests.browser.conftest import Browsers
from tests.browser.site import Site
from tests.cast import NOON

pytestmark = pytest.mark.browser


async def test_what_is_to_come_is_told_by_its_date_and_not_by_the_hour_alone(browsers: Browsers, site: Site) -> None:
    page = await browsers.visitor()
    await page.clock.set_fixed_time(NOON - timedelta(days=3 * 365))
    await page.goto(f"/threads/{site.talk.thread_id}")
    assert str(NOON.year) in await page.locator("article.post time").first.inner_text()
    await page.clock.set_fixed_time(NOON)
    await page.goto(f"/threads/{site.talk.thread_id}")
    assert str(NOON.year) not in await page.locator("article.post time").first.inner_text()


async def test_a_day_of_which_nobody_kept_the_hour_is_today_and_not_midnight(browsers: Browsers, site: Site) -> None:
    page = await browsers.visitor()
    midnight = NOON.replace(hour=0, minute=0, second=0, microsecond=0)
    days = (
        f'<time datetime="{midnight.isoformat()}" data-day></time><time datetime="{NOON.isoformat()}" data-day></time>'
    )
    await page.route("**/sigs/turnaround", lambda route: _with(route, days))
    await page.clock.set_fixed_time(NOON)
    await page.goto("/sigs/turnaround")
    told = await page.locator("#days time").all_inner_texts()
    assert told[0] == "today"
    assert ":" in told[1], "the hour of what was said today"


async def _with(route: Route, days: str) -> None:
    answer = await route.fetch()
    body = (await answer.text()).replace("</main>", f'<p id="days">{days}</p></main>')
    await route.fulfill(response=answer, body=body)
