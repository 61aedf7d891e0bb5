"""Saying yes: what would open an entry further is asked first, and these say yes to just what was asked."""

import re
from collections.abc import Mapping
from datetime import datetime

import httpx

from domain.joining import JoinPage
from domain.members import Slot, Widening
from domain.refusals import Refused
from domain.visibility import Viewer
from storage.database import Database
from storage.members.editing import Confirmed, Typed, Unsaved, save_entries
from storage.secrets import Seal
from storage.sigs import join_sig
from storage.sigs.invitations import answer_invitation

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


def yes_to(asked: JoinPage | tuple[Widening, ...]) -> Confirmed:
    """A yes to each entry that would open by coming into a SIG."""
    lines = asked.widening if isinstance(asked, JoinPage) else asked
    return {Slot.parse(line.name): line.audience for line in lines}


async def join_agreed(database: Database, viewer: Viewer, slug: str, now: datetime) -> JoinPage | Refused | None:
    """Join a SIG, with a yes to all that is asked."""
    done = await join_sig(database, viewer, slug, now)
    return await join_sig(database, viewer, slug, now, yes_to(done)) if isinstance(done, JoinPage) else done


async def accept_agreed(database: Database, viewer: Viewer, number: int, now: datetime) -> str | JoinPage | Refused:
    """Accept an invitation, with a yes to all that is asked."""
    done = await answer_invitation(database, viewer, number, now, accepts=True)
    if not isinstance(done, JoinPage):
        return done
    return await answer_invitation(database, viewer, number, now, accepts=True, confirmed=yes_to(done))


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
