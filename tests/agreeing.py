"""Saying yes: what would open an entry further is asked first, and these say yes to just what was asked."""

import re
from collections.abc import Mapping
from datetime import datetime

import httpx

from storage.database import Database
from storage.members.editing import Typed, Unsaved, save_entries
from storage.secrets import Seal

_ASKED = re.compile(r'name="(confirm\.[a-z0-9-]+)" value="([a-z0-9:-]+)"')


async def save_agreed(
    database: Database, seal: Seal, member_id: int, form: Typed, now: datetime, *, public_page: bool | None = None
) -> Unsaved | None:
    """Save entries, with a yes to all that is asked; None when saved."""
    unsaved = await save_entries(database, seal, member_id, form, now, public_page=public_page)
    if unsaved is None or not unsaved.widening:
        return unsaved
    yes = {slot: str(audience) for slot, audience in unsaved.widening.items()}
    return await save_entries(database, seal, member_id, form, now, public_page=public_page, confirmed=yes)


def asked_in(answer: httpx.Response) -> dict[str, str]:
    """The fields with which a page asks whether entries may be opened further, and the ticked box under them."""
    assert answer.status_code == 422, answer.status_code
    found = dict(_ASKED.findall(answer.text))
    assert found, "nothing is asked"
    return {**found, "confirm_widening": "yes"}


async def post_agreed(browser: httpx.AsyncClient, path: str, data: Mapping[str, str]) -> httpx.Response:
    """Send a form, and once more with a yes where it is asked."""
    answer = await browser.post(path, data=data)
    if answer.status_code != 422 or "confirm_widening" not in answer.text:
        return answer
    return await browser.post(path, data={**data, **asked_in(answer)})
