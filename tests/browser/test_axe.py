"""axe over every page of the product, and over what pages become when they are used: no violation, at both widths, by
day and by night.
"""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from tests.browser.acts import fill_sign_in, press, see_title
from tests.browser.axe import violations
from tests.browser.conftest import Lookers
from tests.browser.site import Site
from tests.browser.specimens import SPECIMENS, looks

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("route", "viewer"), looks(("visitor", "amara")))
async def test_axe_finds_nothing(lookers: Lookers, site: Site, route: str, viewer: str) -> None:
    page = await lookers.page(viewer)
    for path in SPECIMENS[route](site):
        await page.goto(path)
        assert await violations(page) == {}, path


async def _refused_registration(page: Page) -> None:
    await page.goto("/register")
    await page.evaluate("document.querySelector('main form').noValidate = true")
    await press(page.get_by_role("main"), "Join")
    await expect(page.get_by_role("alert").filter(has_text="Please look at this again")).to_be_focused()


async def _wrong_password(page: Page) -> None:
    await page.goto("/sign-in")
    await fill_sign_in(page, "nobody@example.org", "not the one")
    await expect(page.get_by_role("alert").filter(has_text="do not belong together")).to_be_focused()


async def _refused_preview(page: Page) -> None:
    await page.goto("/sigs/turnaround/threads/new")
    await page.get_by_label("Title").fill("Abc")
    await page.get_by_label("Text", exact=True).fill("# A plan\n\n1. one\n\n| a | b |\n| - | - |\n| `c` | d |")
    await press(page, "Preview")
    await expect(page.get_by_role("region", name="Preview")).to_be_visible()
    await press(page, "Publish")
    await expect(page.get_by_role("alert").filter(has_text="Please use at least 4 characters.")).to_be_focused()


async def _widening(page: Page) -> None:
    await page.goto("/profile/edit")
    await page.locator('[name="email.audience"][value="members"]').evaluate("choice => { choice.checked = true }")
    await press(page, "Save")
    await expect(page.locator(".notice", has_text="More people will see this than before:")).to_be_focused()


async def _joining(page: Page) -> None:
    await page.goto("/sigs/turnaround")
    await press(page, "Join this SIG")
    await see_title(page, "Join Turnaround")


async def _ending_a_block(page: Page) -> None:
    await page.goto("/settings/blocks")
    await press(page, "End the block")
    await see_title(page, "End the block")


async def _open_chip(page: Page) -> None:
    await page.goto("/sigs/turnaround")
    await page.get_by_role("link", name="What did you tell the bank first?").click()
    await see_title(page, "What did you tell the bank first?")
    await page.locator("article.post summary").first.click()


async def _open_choice(page: Page) -> None:
    await page.goto("/profile/edit")
    await page.locator(".key_choice summary").nth(1).click()


async def _open_menu(page: Page) -> None:
    await page.goto("/")
    await page.get_by_label("Me: my page and settings").click()


async def _square(page: Page) -> None:
    await page.goto("/")


USES: dict[str, tuple[str, Callable[[Page], Awaitable[None]]]] = {
    "refused registration": ("visitor", _refused_registration),
    "wrong password": ("visitor", _wrong_password),
    "refused thread": ("amara", _refused_preview),
    "widening question": ("amara", _widening),
    "question before joining": ("ebba", _joining),
    "question before a block ends": ("ebba", _ending_a_block),
    "open chip": ("amara", _open_chip),
    "open choice of a key": ("amara", _open_choice),
    "open menu": ("amara", _open_menu),
    "not confirmed": ("nina", _square),
}


@pytest.mark.parametrize("use", USES)
async def test_axe_finds_nothing_in_a_page_that_is_used(lookers: Lookers, use: str) -> None:
    viewer, act = USES[use]
    page = await lookers.page(viewer)
    await act(page)
    assert await violations(page) == {}
