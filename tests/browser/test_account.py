"""One's account: leaving, being remembered, ending sessions, a new password, and being asked for the one of today."""

import pytest
from playwright.async_api import Cookie, Page, StorageState, expect

from tests.browser.acts import fill_sign_in, follow, is_marked, mark, open_mail, press, see_title, sign_in
from tests.browser.conftest import Browsers
from tests.browser.site import Site, mode_of
from tests.cast import PASSWORD

pytestmark = pytest.mark.browser


async def test_signing_out_ends_it(browsers: Browsers, site: Site, script: bool) -> None:
    page = await browsers.visitor(script=script)
    await sign_in(page, site.person("joost").email)
    if script:
        await mark(page)
    await page.get_by_label("Me: my page and settings").click()
    await follow(page, "Settings")
    await see_title(page, "Settings")
    await page.get_by_label("Me: my page and settings").click()
    await press(page, "Sign out")
    await see_title(page, "Talk with people who do your work. Decide who sees every line.")
    if script:
        assert await is_marked(page)
    assert not {"__Host-session", "__Host-remember"} & {cookie.get("name") for cookie in await page.context.cookies()}
    await page.go_back()
    await expect(page.get_by_text(site.person("joost").email)).to_have_count(0)
    await page.goto("/settings")
    await see_title(page, "Sign in")


async def test_a_remembered_browser_is_known_after_a_restart(browsers: Browsers, site: Site, script: bool) -> None:
    first = await browsers.visitor(script=script)
    await sign_in(first, site.person(f"rasmus-{mode_of(script)}").email, remember=True)
    kept = [cookie for cookie in await first.context.cookies() if cookie.get("expires", -1) > 0]
    assert {cookie.get("name") for cookie in kept} == {"__Host-remember", "__Host-browser"}
    again = await _restarted(browsers, kept, script)
    await again.goto("/settings")
    await see_title(again, "Settings")
    await again.goto("/settings/email")
    await see_title(again, "Your password, once more")
    await again.get_by_role("main").get_by_label("Password").fill("something else")
    await press(again, "Go on")
    await expect(again.get_by_role("alert").filter(has_text="not the password of your account")).to_be_focused()
    await again.get_by_role("main").get_by_label("Password").fill(PASSWORD)
    await press(again, "Go on")
    await see_title(again, "Change the e-mail address")


async def _restarted(browsers: Browsers, kept: list[Cookie], script: bool) -> Page:
    """The same browser after it was closed: only what lasts is left."""
    return await browsers.visitor(script=script, storage_state=StorageState(cookies=kept, origins=[]))  # type: ignore[typeddict-item]


async def test_a_browser_that_is_not_remembered_is_a_visitor_after_a_restart(
    browsers: Browsers, site: Site, script: bool
) -> None:
    first = await browsers.visitor(script=script)
    await sign_in(first, site.person("joost").email)
    kept = [cookie for cookie in await first.context.cookies() if cookie.get("expires", -1) > 0]
    again = await _restarted(browsers, kept, script)
    await again.goto("/settings")
    await see_title(again, "Sign in")


async def test_a_session_is_listed_and_ended(browsers: Browsers, site: Site, script: bool) -> None:
    email = site.person(f"tea-{mode_of(script)}").email
    here, there = await browsers.visitor(script=script), await browsers.visitor(script=script)
    await sign_in(there, email)
    await sign_in(here, email)
    await here.goto("/settings/sessions")
    await see_title(here, "Where you are signed in")
    lines = here.locator(".settings li")
    count = await lines.count()
    assert count >= 2
    await expect(lines.filter(has_text="this browser")).to_have_count(1)
    await press(here, "End all but this one")
    await expect(lines).to_have_count(1)
    await expect(here.get_by_role("status")).to_be_focused()
    await there.goto("/settings")
    await see_title(there, "Sign in")


async def test_a_forgotten_password_is_replaced_by_mail(browsers: Browsers, site: Site, script: bool) -> None:
    email = site.person(f"olaf-{mode_of(script)}").email
    elsewhere, page = await browsers.visitor(script=script), await browsers.visitor(script=script)
    await sign_in(elsewhere, email)
    await page.goto("/sign-in")
    await follow(page, "Password forgotten?")
    await see_title(page, "A new password")
    await page.get_by_role("main").get_by_label("E-mail address").fill(email)
    await press(page, "Send me the link")
    await see_title(page, "Look at your mail")
    await open_mail(page, email, "Choose a new password")
    await see_title(page, "Choose a new password")
    await page.get_by_label("New password").fill("short")
    await press(page, "Save the new password")
    await expect(page.get_by_role("alert").filter(has_text="at least 10 characters")).to_be_focused()
    await page.get_by_label("New password").fill("portico at dusk")
    await press(page, "Save the new password")
    await see_title(page, "The square")
    await elsewhere.goto("/settings")
    await see_title(elsewhere, "Sign in")
    await fill_sign_in(elsewhere, email, PASSWORD)
    await expect(elsewhere.get_by_role("alert").filter(has_text="do not belong together")).to_be_focused()
    await fill_sign_in(elsewhere, email, "portico at dusk")
    await see_title(elsewhere, "Settings")


async def test_a_new_password_takes_the_one_of_today(browsers: Browsers, site: Site, script: bool) -> None:
    page = await browsers.visitor(script=script)
    await sign_in(page, site.person(f"pia-{mode_of(script)}").email)
    await page.goto("/settings")
    await follow(page, "Change the password")
    await see_title(page, "Change the password")
    main = page.get_by_role("main")
    await main.get_by_label("Password of today").fill("not this one")
    await main.get_by_label("New password").fill("atrium at dawn")
    await press(main, "Save the new password")
    await expect(page.get_by_role("alert").filter(has_text="This is not the password of your account.")).to_be_focused()
    await main.get_by_label("Password of today").fill(PASSWORD)
    await main.get_by_label("New password").fill("atrium at dawn")
    await press(main, "Save the new password")
    await expect(page.get_by_role("status").filter(has_text="Your new password counts")).to_be_focused()
    await main.get_by_role("link", name="Change the password").click()
    await main.get_by_label("Password of today").fill("atrium at dawn")
    await main.get_by_label("New password").fill(PASSWORD)
    await press(main, "Save the new password")
    await expect(page.get_by_role("status").filter(has_text="Your new password counts")).to_be_focused()
