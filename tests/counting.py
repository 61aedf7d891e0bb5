"""How many statements a page takes."""

from collections.abc import Mapping
from typing import Any

import httpx

from storage.database import statements_of_request

PAST_WHAT_IS_KEPT = {"authorization": "none"}
"""Whoever says who they are is not answered with what is kept for every visitor."""


async def statements_of(browser: httpx.AsyncClient, path: str, headers: Mapping[str, str] | None = None) -> list[str]:
    """The statements of a page, in order."""
    noted: list[str] = []
    token = statements_of_request.set(noted)
    try:
        answer = await browser.get(path, headers=headers)
    finally:
        statements_of_request.reset(token)
    assert answer.status_code == 200, answer.status_code
    return noted


def forget_pages(browser: httpx.AsyncClient) -> None:
    """Let every page be made anew, as after any change; who people are stays in mind."""
    transport: Any = browser._transport
    transport.app.state.house.database.pages.forget_all()


async def count_statements(browser: httpx.AsyncClient, path: str) -> int:
    """How many statements a page takes of who reads on, so that their session is in mind, but the page is not. On
    PostgreSQL there is one more for all who ask at the same moment, which is not counted: the version of what is
    stored. A visitor's page is made.
    """
    await statements_of(browser, path)
    forget_pages(browser)
    noted = await statements_of(browser, path, PAST_WHAT_IS_KEPT)
    asked = [statement for statement in noted if "FROM version_counts" not in statement]
    assert len(noted) - len(asked) <= 1
    return len(asked)
