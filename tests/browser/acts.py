"""What people do on pages, by what they read there: labels, names of buttons and links, headings."""

import re
import time

from playwright.async_api import Locator, Page, expect

from tests.cast import PASSWORD

MAIL_SECONDS = 30


async def press(page: Page | Locator, name: str, *, exact: bool = False) -> None:
    """Press a button by its words."""
    await page.get_by_role("button", name=name, exact=exact).click()


async def follow(page: Page | Locator, name: str, *, exact: bool = True) -> None:
    """Follow the first link of that name."""
    await page.get_by_role("link", name=name, exact=exact).first.click()


async def see_title(page: Page, title: str | re.Pattern[str]) -> None:
    """Wait until the page with this heading is here."""
    await expect(page.get_by_role("heading", level=1)).to_have_text(title)


async def sign_in(page: Page, email: str, password: str = PASSWORD, *, remember: bool = False) -> None:
    """Sign in through the form, and wait for the square."""
    await page.goto("/sign-in")
    await fill_sign_in(page, email, password, remember=remember)
    await see_title(page, "The square")


async def fill_sign_in(page: Page, email: str, password: str, *, remember: bool = False) -> None:
    """Fill the sign-in form that is open, and send it."""
    main = page.get_by_role("main")
    await main.get_by_label("E-mail address").fill(email)
    await main.get_by_label("Password", exact=True).fill(password)
    if remember:
        await main.get_by_label("Keep me signed in").check()
    await press(main, "Sign in")


async def open_mail(page: Page, recipient: str, subject: str) -> None:
    """Follow the link of the newest mail to somebody. The worker writes mails a moment after they were asked for."""
    mail = page.locator("article.mail", has_text=recipient).filter(has=page.get_by_role("heading", name=subject))
    until = time.monotonic() + MAIL_SECONDS
    await page.goto("/-/mailbox")
    while not await mail.count():
        assert time.monotonic() < until, f"no mail “{subject}” came"
        await page.reload()
    await mail.first.locator(".mail-link").first.click()


async def mark(page: Page) -> None:
    """Leave something in the page's memory that a full load would wipe out."""
    await page.evaluate("window.stillHere = true")


async def is_marked(page: Page) -> bool:
    """Whether the page has not been loaded anew since it was marked."""
    return bool(await page.evaluate("window.stillHere === true"))
