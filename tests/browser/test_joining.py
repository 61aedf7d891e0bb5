"""Joining: registration, the mail that confirms it, signing in; and what a refused form keeps."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.acts import fill_sign_in, follow, is_marked, mark, open_mail, press, see_title
from tests.browser.conftest import Browsers
from tests.cast import PASSWORD

pytestmark = pytest.mark.browser


async def fill_registration(page: Page, name: str, email: str) -> None:
    """Type what the form asks, and leave it open."""
    main = page.get_by_role("main")
    await main.get_by_label("Name", exact=True).fill(name)
    await main.get_by_label("Profession").fill("Bridge keeper")
    await main.get_by_label("Prefer not to say").check()
    await main.get_by_label("E-mail address").fill(email)
    await main.get_by_label("Password").fill(PASSWORD)
    for box in ("I am 18 years old or older", "I accept the terms of use", "I accept the privacy policy"):
        await expect(main.get_by_label(box)).not_to_be_checked()
        await main.get_by_label(box).check()


async def test_a_visitor_becomes_a_member(browsers: Browsers, script: bool) -> None:
    email = f"ida-{script}@example.org".lower()
    page = await browsers.visitor(script=script)
    await page.goto("/")
    if script:
        await mark(page)
    await follow(page, "Join")
    await see_title(page, "Join Stoa")
    await fill_registration(page, "Ida Moreau", email)
    await press(page.get_by_role("main"), "Join")
    await see_title(page, "Look at your mail")
    assert await page.context.cookies() == []
    await follow(page, "Sign in")
    await see_title(page, "Sign in")
    await fill_sign_in(page, email, PASSWORD)
    await see_title(page, "Look at your mail")
    if script:
        assert await is_marked(page)
    mailbox = await page.context.new_page()
    await open_mail(mailbox, email, "Confirm your address")
    await see_title(mailbox, "Confirm your address")
    await press(mailbox, "Yes, this is my address")
    await see_title(mailbox, "Who finds you")
    await page.goto("/profile/edit")
    await expect(page.get_by_label("Name", exact=True)).to_have_value("Ida Moreau")


async def test_a_refused_registration_keeps_what_was_typed_but_the_password(browsers: Browsers, script: bool) -> None:
    page = await browsers.visitor(script=script)
    await page.goto("/register")
    await fill_registration(page, "Ole Lund", "ole@example.org")
    await page.get_by_role("main").get_by_label("Password").fill("1234567890")
    await press(page.get_by_role("main"), "Join")
    alert = page.get_by_role("alert").filter(has_text="Please look at this again")
    await expect(alert).to_contain_text("list of common passwords")
    await expect(alert).to_be_focused()
    await expect(page.get_by_label("Name", exact=True)).to_have_value("Ole Lund")
    await expect(page.get_by_label("Profession")).to_have_value("Bridge keeper")
    await expect(page.get_by_label("Prefer not to say")).to_be_checked()
    await expect(page.get_by_label("E-mail address")).to_have_value("ole@example.org")
    await expect(page.get_by_label("I accept the terms of use")).to_be_checked()
    await expect(page.locator("#password")).to_have_value("")
    await alert.get_by_role("link").click()
    await expect(page.locator("#password")).to_be_focused()


async def test_a_wrong_password_says_nothing_about_the_account(browsers: Browsers, script: bool) -> None:
    page = await browsers.visitor(script=script)
    for email in ("amara@example.org", "nobody@example.org"):
        await page.goto("/sign-in")
        await fill_sign_in(page, email, "not the one at all")
        await expect(page.get_by_role("alert").filter(has_text="do not belong together")).to_be_focused()
        await expect(page.get_by_label("E-mail address")).to_have_value(email)
    assert await page.context.cookies() == []
