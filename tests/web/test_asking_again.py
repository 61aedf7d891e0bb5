"""Who asks, takes it back and asks again, over HTTP: heard once until it was looked at, and stopped when too often."""

import re

import pytest
from sqlalchemy import Delete, delete, select, update

from domain.limits import RATES, Action
from domain.notices import MailState, NoticeKind
from storage.database import fetch_all
from storage.tables import Invitation, Notice, OwnershipOffer
from tests.conftest import Stoa
from tests.noticing import HAPPENS, TOLD, Scene
from tests.web.test_notices import SAID, scene, settle

__all__ = ["scene"]

JOOST = "/sigs/turnaround/people/joost-page"


async def _shown(stoa: Stoa, part: str, said: str) -> int:
    return (await (await stoa.browser(part)).get("/notices")).text.count(said)


async def _ids(stoa: Stoa) -> list[int]:
    async with stoa.database.reading() as connection:
        rows = await fetch_all(connection, select(Notice.c.notice_id).order_by(Notice.c.notice_id))
    return [row.notice_id for row in rows]


async def _ask_again(stoa: Stoa, times: int) -> None:
    """Joost asks Amara to connect, takes it back, and asks again so many times; his last request stands."""
    joost = await stoa.browser("joost")
    for _ in range(times + 1):
        waiting = re.search(r'action="(/connections/requests/\d+/withdraw)"', (await joost.get("/connections")).text)
        if waiting is not None:
            await joost.post(waiting[1])
        assert (await joost.post("/people/amara-page/connect", data={})).status_code == 303
        await settle(stoa)


async def test_who_asks_again_is_heard_once_until_one_has_looked(stoa: Stoa, scene: Scene) -> None:
    asked = SAID[NoticeKind.REQUEST]
    await _ask_again(stoa, 3)
    assert await _shown(stoa, "amara", asked) == 1
    (first,) = await _ids(stoa)
    await (await stoa.browser("amara")).post(f"/notices/{first}")
    await _ask_again(stoa, 3)
    assert await _shown(stoa, "amara", asked) == 2
    assert len(await _ids(stoa)) == 2


async def test_one_whose_mail_was_never_sent_makes_room_for_the_new_one(stoa: Stoa, scene: Scene) -> None:
    await _ask_again(stoa, 0)
    (first,) = await _ids(stoa)
    async with stoa.database.writing() as connection:
        await connection.execute(update(Notice).values(mail=MailState.DROPPED.value))
    await _ask_again(stoa, 0)
    (second,) = await _ids(stoa)
    assert second > first
    assert await _shown(stoa, "amara", SAID[NoticeKind.REQUEST]) == 1
    async with stoa.database.reading() as connection:
        assert await connection.scalar(select(Notice.c.mail)) == MailState.DUE.value


@pytest.mark.parametrize(
    ("kind", "over"), [(NoticeKind.OFFER, delete(OwnershipOffer)), (NoticeKind.INVITATION, delete(Invitation))]
)
async def test_an_offer_made_again_is_told_once(stoa: Stoa, scene: Scene, kind: NoticeKind, over: Delete) -> None:
    for _ in range(3):
        async with stoa.database.writing() as connection:
            await connection.execute(over)
        await HAPPENS[kind](scene)
        await settle(stoa)
    assert await _shown(stoa, TOLD[kind], SAID[kind]) == 1


async def test_a_role_that_changes_to_and_fro_is_told_once(stoa: Stoa, scene: Scene) -> None:
    amara = await stoa.browser("amara")
    for role in ("moderator", "member", "moderator"):
        assert (await amara.post(f"{JOOST}/role", data={"role": role})).status_code == 303
        await settle(stoa)
    assert await _shown(stoa, "joost", "You are now a moderator of Turnaround") == 1
    assert len(await _ids(stoa)) == 1


async def test_too_many_offers_wait(stoa: Stoa) -> None:
    amara = await stoa.browser("amara")
    for _ in range(RATES[Action.OFFER].times):
        assert (await amara.post(f"{JOOST}/offer")).status_code == 303
        assert (await amara.post("/sigs/turnaround/offer/withdraw")).status_code == 303
    refused = await amara.post(f"{JOOST}/offer")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert "offers you this SIG" not in (await (await stoa.browser("joost")).get("/invitations")).text
    stoa.clock.now += RATES[Action.OFFER].window
    stoa.browsers.pop("amara")
    assert (await (await stoa.browser("amara")).post(f"{JOOST}/offer")).status_code == 303


async def test_too_many_roles_given_wait(stoa: Stoa) -> None:
    amara, roles = await stoa.browser("amara"), ("moderator", "member")
    most = RATES[Action.GIVE_ROLE].times
    for number in range(most):
        assert (await amara.post(f"{JOOST}/role", data={"role": roles[number % 2]})).status_code == 303
    again = {"role": roles[(most - 1) % 2]}
    assert (await amara.post(f"{JOOST}/role", data=again)).status_code == 303, "what one has is not given again"
    assert (await amara.post(f"{JOOST}/role", data={"role": roles[most % 2]})).status_code == 429
