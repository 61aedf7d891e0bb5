"""Notices over HTTP: who is told, what is left when it no longer opens, the bell, and the choice of mails."""

import re
from datetime import datetime

import httpx
import pytest
from sqlalchemy import delete, insert, select, update

from domain.notices import NOTICE_RULES, NOTICES_A_PAGE, PERSONAL, NoticeKind
from domain.sigs import Role
from domain.visibility import MEMBERS, STAFF
from storage.database import fetch_all
from storage.events import note
from storage.seeding import together
from storage.tables import Act, Block, Channel, Event, Member, Membership, Mute, Notice, Session
from tests import noticing
from tests.cast import NOON
from tests.conftest import Stoa
from tests.counting import count_statements, statements_of
from tests.leaks.asking import ask
from tests.noticing import HAPPENS, OVER, TOLD, Scene
from web.worker import work_once

BELL = {"hx-request": "true", "hx-request-type": "partial", "hx-target": "a#bell"}
SAID = {
    NoticeKind.REPLY: "Joost van Dijk replied in “How early do you tell the works council?”",
    NoticeKind.MENTION: "Joost van Dijk mentioned you in “How early do you tell the works council?”",
    NoticeKind.SCRAP: "Joost van Dijk left a scrap on your page",
    NoticeKind.REQUEST: "Joost van Dijk would like to connect with you",
    NoticeKind.ACCEPTED: "Amara Okafor accepted your request to connect",
    NoticeKind.INVITATION: "Amara Okafor invited you to Turnaround",
    NoticeKind.ADMITTED: "You are now a member of Turnaround",
    NoticeKind.TURNED_DOWN: "Your request to join Turnaround was turned down",
    NoticeKind.ROLE: "Your role in Turnaround is now member",
    NoticeKind.OFFER: "Amara Okafor offers you the ownership of Turnaround",
    NoticeKind.QUEUE: "Something waits for a decision in Turnaround",
    NoticeKind.ACT: "The moderators of Turnaround sent you a warning",
    NoticeKind.APPEAL: "Your appeal was granted",
}


@pytest.fixture
async def scene(stoa: Stoa) -> Scene:
    """The cast, with everything consumed that happened before."""
    scene = Scene(stoa.database, stoa.world)
    async with stoa.database.writing() as connection:
        await connection.execute(update(Event).values(done_at=NOON))
    return scene


async def settle(stoa: Stoa) -> None:
    """Consume what happened."""
    while await work_once(stoa.app.state.house, "test"):
        pass


async def _notices(stoa: Stoa, part: str) -> list[str]:
    """What stands on somebody's page of notices; the bell must count the same."""
    text = (await (await stoa.browser(part)).get("/notices")).text
    said = re.findall(r'class="notice_row-open"[^>]*>(?:<span[^>]*>New: </span>)?([^<]+)<', text)
    new = text.count('class="notice_row new"')
    words = f"Notices: {new} {'is' if new == 1 else 'are'} new" if new else "Notices: nothing new"
    assert f'aria-label="{words}"' in text
    return said


async def _ids(stoa: Stoa) -> list[int]:
    async with stoa.database.reading() as connection:
        rows = await fetch_all(connection, select(Notice.c.notice_id).order_by(Notice.c.notice_id))
    return [row.notice_id for row in rows]


def test_every_kind_has_its_occasion() -> None:
    assert HAPPENS.keys() == TOLD.keys() == SAID.keys() == NOTICE_RULES.keys() == set(NoticeKind)


@pytest.mark.parametrize("kind", list(NoticeKind))
async def test_each_kind_tells_whom_it_concerns_and_nobody_else(stoa: Stoa, scene: Scene, kind: NoticeKind) -> None:
    await HAPPENS[kind](scene)
    await settle(stoa)
    assert SAID[kind] in await _notices(stoa, TOLD[kind])
    others = {part for part in stoa.world.people if part != TOLD[kind]}
    for part in others:
        assert SAID[kind] not in await _notices(stoa, part), part
    if kind not in OVER:
        return
    await OVER[kind](scene)
    assert SAID[kind] not in await _notices(stoa, TOLD[kind])
    browser = await stoa.browser(TOLD[kind])
    unknown = await browser.get("/notices/987654321")
    for notice_id in await _ids(stoa):
        gone = await browser.get(f"/notices/{notice_id}")
        if gone.status_code == 404:
            assert gone.text == unknown.text
            assert (await browser.post(f"/notices/{notice_id}")).status_code == 404
            break
    else:
        pytest.fail("no notice went")


@pytest.mark.parametrize("kind", sorted(PERSONAL - {NoticeKind.OFFER}))
@pytest.mark.parametrize("how", ["blocks", "is blocked", "mutes"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_block_and_mute_stop_what_is_personal(
    stoa: Stoa, scene: Scene, kind: NoticeKind, how: str, when: str
) -> None:
    actor = "amara" if kind in {NoticeKind.ACCEPTED, NoticeKind.INVITATION} else "joost"
    me, other = scene.id_of(TOLD[kind]), scene.id_of(actor)
    table, pair = (Mute if how == "mutes" else Block), ((other, me) if how == "is blocked" else (me, other))

    async def shut() -> None:
        async with stoa.database.writing() as connection:
            await connection.execute(insert(table).values(member_id=pair[0], other_id=pair[1], since=NOON))

    if when == "before":
        await shut()
    await HAPPENS[kind](scene)
    await settle(stoa)
    assert (SAID[kind] in await _notices(stoa, TOLD[kind])) == (when == "after")
    if when == "after":
        await shut()
        assert SAID[kind] not in await _notices(stoa, TOLD[kind])


async def test_events_consumed_again_tell_nothing_new(stoa: Stoa, scene: Scene) -> None:
    for kind in (NoticeKind.REPLY, NoticeKind.QUEUE, NoticeKind.SCRAP):
        await HAPPENS[kind](scene)
    await settle(stoa)
    told = await _ids(stoa)
    async with stoa.database.writing() as connection:
        await connection.execute(update(Event).values(done_at=None))
    await settle(stoa)
    assert await _ids(stoa) == told
    assert len(await _notices(stoa, "amara")) == 3, "one case, though two events tell of it"


async def test_nobody_is_told_of_their_own_acts(stoa: Stoa, scene: Scene) -> None:
    await noticing.reply(scene, "amara", "I ask [myself](/people/amara-page).")
    await noticing.scrap(scene, "amara", "amara", MEMBERS)
    await settle(stoa)
    assert await _notices(stoa, "amara") == []


async def test_an_answer_that_names_one_tells_once(stoa: Stoa, scene: Scene) -> None:
    said = await noticing.reply(scene, "lin", "What do you say?")
    await noticing.reply(scene, "joost", "See [her](https://elsewhere.example/) and [Lin](/people/lin-page).", to=said)
    await settle(stoa)
    assert await _notices(stoa, "lin") == [SAID[NoticeKind.REPLY]]
    from_lin = SAID[NoticeKind.REPLY].replace("Joost van Dijk", "Lin Meiling")
    assert await _notices(stoa, "amara") == [SAID[NoticeKind.REPLY], from_lin]


@pytest.mark.parametrize(("audience", "is_told"), [("members", True), ("only-me", False)])
async def test_a_mention_needs_its_channel(stoa: Stoa, scene: Scene, audience: str, is_told: bool) -> None:
    values = {"member_id": scene.id_of("tariq"), "channel": "mention", "audience": audience, "waits": False}
    async with stoa.database.writing() as connection:
        await connection.execute(insert(Channel).values(values))
    await HAPPENS[NoticeKind.MENTION](scene)
    await settle(stoa)
    assert (await _notices(stoa, "tariq") != []) == is_told


async def test_a_mention_in_a_closed_room_tells_only_who_is_in_it(stoa: Stoa, scene: Scene) -> None:
    await noticing.reply(scene, "amara", "[T](/people/tariq-page) [L](/people/lin-page)", sig="boardroom")
    await settle(stoa)
    assert await _notices(stoa, "tariq") == []
    assert len(await _notices(stoa, "lin")) == 1
    async with stoa.database.writing() as connection:
        lin = Membership.c.member_id == scene.id_of("lin")
        await connection.execute(delete(Membership).where(lin))
    assert await _notices(stoa, "lin") == []


async def test_a_hidden_name_is_a_member(stoa: Stoa, scene: Scene) -> None:
    await noticing.reply(scene, "lin")
    await settle(stoa)
    assert "Lin Meiling replied" in (await _notices(stoa, "amara"))[0]
    await (await stoa.browser("lin")).post("/profile/edit", data={"name": "Lin Meiling", "name.audience": "only-me"})
    assert "A member replied" in (await _notices(stoa, "amara"))[0]


async def test_an_undone_act_takes_the_place_of_what_was_told(stoa: Stoa, scene: Scene) -> None:
    await HAPPENS[NoticeKind.ACT](scene)
    await settle(stoa)
    async with stoa.database.writing() as connection:
        await connection.execute(update(Act).values(undone_at=NOON))
        act_id = (await fetch_all(connection, select(Act.c.act_id)))[0].act_id
        await note(connection, "act.undone", NOON, act_id=act_id)
    await settle(stoa)
    assert await _notices(stoa, "joost") == ["The moderators of Turnaround took back a decision about you"]


async def test_an_appeal_waits_for_somebody_else(stoa: Stoa, scene: Scene) -> None:
    sig_id, waiting = scene.world.sigs["turnaround"], "An appeal waits for a decision in Turnaround"
    async with stoa.database.writing() as connection:
        moderating = (Membership.c.member_id == scene.id_of("joost")) & (Membership.c.sig_id == sig_id)
        await connection.execute(update(Membership).where(moderating).values(role=Role.MODERATOR.value))
        act_id = await noticing.act(connection, sig_id, scene.id_of("amara"), scene.id_of("lin"))
        await noticing.appeal(connection, act_id)
    await settle(stoa)
    assert waiting in await _notices(stoa, "joost")
    assert waiting not in await _notices(stoa, "amara")


async def test_what_belongs_to_no_sig_waits_for_the_staff(stoa: Stoa, scene: Scene) -> None:
    async with stoa.database.writing() as connection:
        tariq = Member.c.member_id == scene.id_of("tariq")
        await connection.execute(update(Member).where(tariq).values(is_staff=True))
        await noticing.case(connection, None, scene.id_of("joost"), frozenset({STAFF}))
    await settle(stoa)
    assert len(await _notices(stoa, "tariq")) == 1
    assert await _notices(stoa, "amara") == []


# The page and the bell.


async def test_a_form_opens_and_marks_and_a_link_only_leads(stoa: Stoa, scene: Scene) -> None:
    await HAPPENS[NoticeKind.REPLY](scene)
    await settle(stoa)
    browser, (notice_id,) = await stoa.browser("amara"), await _ids(stoa)
    led = await browser.get(f"/notices/{notice_id}")
    assert led.status_code == 303
    assert re.fullmatch(r"/posts/\d+", led.headers["location"])
    assert "Notices: 1 is new" in (await browser.get("/notices")).text, "to look is not to write"
    opened = await browser.post(f"/notices/{notice_id}")
    assert (opened.status_code, opened.headers["location"]) == (303, led.headers["location"])
    assert "Notices: nothing new" in (await browser.get("/notices")).text
    theirs = await (await stoa.browser("joost")).get(f"/notices/{notice_id}")
    assert theirs.status_code == 404


async def test_all_are_marked_that_were_on_the_page(stoa: Stoa, scene: Scene) -> None:
    browser = await stoa.browser("amara")
    await HAPPENS[NoticeKind.REPLY](scene)
    await settle(stoa)
    text = (await browser.get("/notices")).text
    until = re.search(r'name="until" value="(\d+)"', text)
    assert until
    await HAPPENS[NoticeKind.SCRAP](scene)
    await settle(stoa)
    done = await browser.post("/notices", data={"until": until[1]})
    assert (done.status_code, done.headers["location"]) == (303, "/notices")
    assert "Notices: 1 is new" in (await browser.get("/notices")).text
    await browser.post("/notices", data={"until": ""})
    assert "Notices: nothing new" in (await browser.get("/notices")).text
    assert len(await _notices(stoa, "amara")) == 2


async def test_pages_go_by_cursor_and_days(stoa: Stoa, scene: Scene) -> None:
    async with together(stoa.database) as stage:
        for number in range(NOTICES_A_PAGE + 5):
            await noticing.reply(Scene(stage, scene.world), "joost", f"Answer {number}.")
    await settle(stoa)
    browser = await stoa.browser("amara")
    first = (await browser.get("/notices")).text
    assert first.count("notice_row-open") == NOTICES_A_PAGE
    assert "20 Nov 2026" in first
    older = re.search(r'rel="next" href="(\?before=\d+)"', first)
    assert older
    second = (await browser.get(f"/notices{older[1]}")).text
    assert second.count("notice_row-open") == 5
    assert 'rel="next"' not in second
    for odd in ("0", "-1", "99999999999999999999", "x"):
        assert (await browser.get(f"/notices?before={odd}")).status_code in {400, 404}


async def test_the_empty_page_says_what_will_stand_there(stoa: Stoa, scene: Scene) -> None:
    page = await (await stoa.browser("tariq")).get("/notices")
    assert "Nothing to tell you" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "Mark all" not in page.text


async def test_the_bell_is_a_block_of_its_own(stoa: Stoa, scene: Scene) -> None:
    await HAPPENS[NoticeKind.REPLY](scene)
    await settle(stoa)
    browser = await stoa.browser("amara")
    block = await browser.get("/notices/unseen", headers=BELL)
    assert block.text.strip().startswith('<a id="bell"')
    assert "<html" not in block.text
    assert ">1</span>" in block.text
    assert block.headers["cache-control"] == "no-store"
    whole = await browser.get("/notices/unseen")
    assert whole.text.count('id="bell"') == 1
    assert (await (await stoa.browser()).get("/notices/unseen", headers=BELL)).status_code == 303


async def test_what_comes_back_to_a_form_has_the_bell_of_the_page_before(stoa: Stoa, scene: Scene) -> None:
    """It is counted for pages, and not for writes, most of which are answered without one."""
    await HAPPENS[NoticeKind.REPLY](scene)
    await settle(stoa)
    browser, path = await stoa.browser("amara"), f"/threads/{stoa.world.public_thread.thread_id}"
    assert ">1</span>" in _bell(await browser.get(path))
    preview = {"body": "Shown before it is said.", "submission": "p", "action": "preview"}
    shown = await browser.post(f"{path}/replies", data=preview)
    assert shown.status_code == 200
    assert ">1</span>" in _bell(shown)
    await browser.post("/notices", data={"until": "999"})
    assert ">1</span>" not in _bell(await browser.get(path))
    assert ">1</span>" not in _bell(await browser.post(f"{path}/replies", data=preview))


def _bell(answer: httpx.Response) -> str:
    bell = re.search(r'<a id="bell".*?</a>', answer.text, re.DOTALL)
    assert bell
    return bell[0]


async def test_the_bell_keeps_no_session_alive(stoa: Stoa, scene: Scene) -> None:
    browser, began = await stoa.browser("amara"), stoa.clock.now
    for minutes in (11, 22, 33):
        stoa.clock.now = began.replace(minute=minutes)
        await browser.get("/notices/unseen", headers=BELL)
    assert await _last_use(stoa) == began
    await browser.get("/notices")
    assert await _last_use(stoa) > began


async def _last_use(stoa: Stoa) -> datetime:
    async with stoa.database.reading() as connection:
        moments: list[datetime] = [row.seen_at for row in await fetch_all(connection, select(Session.c.seen_at))]
    return max(moments)


async def test_the_bell_costs_one_statement_once_something_has_happened(stoa: Stoa, scene: Scene) -> None:
    """Whoever reads on has it in mind; what is said touches nobody's session."""
    browser = await stoa.browser("amara")
    before = await count_statements(browser, "/threads/1")
    for happening in (HAPPENS[NoticeKind.REPLY], _twenty_replies):
        await happening(scene)
        await settle(stoa)
        asked = [one for one in await statements_of(browser, "/threads/1") if "FROM version_counts" not in one]
        assert len(asked) == before + 1
        assert await count_statements(browser, "/threads/1") == before
    assert await count_statements(browser, "/notices") <= 3
    await browser.post("/notices", data={})
    assert 'aria-label="Notices: nothing new"' in (await browser.get("/threads/1")).text


async def _twenty_replies(scene: Scene) -> None:
    async with together(scene.database) as stage:
        for number in range(20):
            await noticing.reply(Scene(stage, scene.world), "joost", f"Answer {number}.")


@pytest.mark.parametrize(("part", "status"), [("visitor", 303), ("nina", 200), ("sven", 200)])
async def test_notices_are_for_who_is_signed_in(stoa: Stoa, part: str, status: int) -> None:
    assert (await (await stoa.browser(part)).get("/notices")).status_code == status


# The choice of mails.


async def test_a_choice_is_kept(stoa: Stoa) -> None:
    browser = await stoa.browser("joost")
    saved = await browser.post("/settings/notices", data={"mail-reply": "off", "mail-scrap": "daily"})
    assert (saved.status_code, saved.headers["location"]) == (303, "/settings/notices?saved=yes")
    text = (await browser.get("/settings/notices?saved=yes")).text
    assert 'name="mail-reply" value="off" checked' in text
    assert 'name="mail-scrap" value="daily" checked' in text
    assert 'name="mail-mention" value="now" checked' in text
    assert 'name="mail-act"' not in text, "a service is no choice"
    assert 'name="mail-reply" value="now" checked' in (await (await stoa.browser("lin")).get("/settings/notices")).text


@pytest.mark.parametrize("form", [{"mail-act": "off"}, {"mail-reply": "never"}, {"mail-no-such-kind": "now"}])
async def test_what_is_not_on_offer_changes_nothing(stoa: Stoa, form: dict[str, str]) -> None:
    browser = await stoa.browser("joost")
    refused = await browser.post("/settings/notices", data={"mail-scrap": "off", **form})
    assert refused.status_code == 403
    assert 'name="mail-scrap" value="now" checked' in (await browser.get("/settings/notices")).text


async def test_forms_from_elsewhere_mark_nothing(stoa: Stoa, scene: Scene) -> None:
    await HAPPENS[NoticeKind.REPLY](scene)
    await settle(stoa)
    for path in ("/notices", f"/notices/{(await _ids(stoa))[0]}", "/settings/notices"):
        answer = await ask(stoa.app, path, method="POST", headers=[("origin", "https://evil.example")])
        assert answer.status == 403
