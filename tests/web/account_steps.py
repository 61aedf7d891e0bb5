"""Steps that account tests share: a browser that keeps its cookies, the mails that the worker sends, a registration."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx

from domain.pages import MailLine
from tests.conftest import Stoa, open_browser
from web.mailbox import find_mailbox_page
from web.worker import work_once

ADA: Mapping[str, str] = {
    "name": "Ada Lovelace",
    "gender": "undisclosed",
    "profession": "Reckoner",
    "email": "ada@example.org",
    "password": "river stone lantern",
    "is_adult": "yes",
    "accepts_terms": "yes",
    "accepts_privacy": "yes",
    "public_page": "yes",
}


async def keeping_browser(stoa: Stoa) -> httpx.AsyncClient:
    """A fresh browser that keeps the cookies it is given."""
    return await stoa.exits.enter_async_context(open_browser(stoa.app))


async def sent_mails(stoa: Stoa) -> list[MailLine]:
    """Every mail so far, in the order in which they were sent."""
    house = stoa.app.state.house
    while await work_once(house, "test"):
        pass
    page = await find_mailbox_page(house.settings)
    return sorted(page.mails, key=lambda mail: mail.name)


async def link_of_last_mail(stoa: Stoa) -> str:
    """The path of the link in the newest mail."""
    return urlsplit((await sent_mails(stoa))[-1].links[0]).path


async def register(stoa: Stoa, browser: httpx.AsyncClient, **changes: str) -> httpx.Response:
    """Send the registration form, with these fields changed."""
    return await browser.post("/register", data={**ADA, **changes})


async def sign_in(browser: httpx.AsyncClient, email: str, password: str, **more: str) -> httpx.Response:
    """Send the sign-in form."""
    return await browser.post("/sign-in", data={"email": email, "password": password, **more})


async def is_signed_in(browser: httpx.AsyncClient) -> bool:
    """Whether the settings open."""
    return (await browser.get("/settings")).status_code == 200
