"""What tests of the start page share: what is kept, and the ways to keep it over HTTP."""

from typing import Any

import httpx
from sqlalchemy import select

from storage.database import fetch_all
from storage.tables import Keepsake
from tests.conftest import Stoa

LINK = {"address": "https://example.org/a?b=c", "title": "A page", "body": "Worth it", "tags": "law, steel"}
NOTE = {"title": "Plan", "body": "First **this**, then\n\n- that"}


async def rows(stoa: Stoa, statement: Any) -> list[Any]:
    """Rows of the database."""
    async with stoa.database.reading() as connection:
        return await fetch_all(connection, statement)


async def ids(stoa: Stoa, part: str = "amara") -> list[int]:
    """The ids of what somebody keeps, oldest first."""
    mine = select(Keepsake.c.keepsake_id).where(Keepsake.c.member_id == stoa.world[part].member_id)
    return [row.keepsake_id for row in await rows(stoa, mine.order_by(Keepsake.c.keepsake_id))]


async def keep(stoa: Stoa, kind: str, form: dict[str, str], part: str = "amara") -> int:
    """Keep something by its form; returns its id."""
    answer = await (await stoa.browser(part)).post(f"/start/new/{kind}", data=form)
    assert answer.status_code == 303, answer.text
    return (await ids(stoa, part))[-1]


async def upload(
    stoa: Stoa, content: bytes, name: str = "plan.pdf", part: str = "amara", **fields: str
) -> httpx.Response:
    """Send a file."""
    sent = {"file": (name, content, "application/pdf")}
    return await (await stoa.browser(part)).post("/start/upload", files=sent, data=fields)
