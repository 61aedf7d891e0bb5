"""Notices by mail: each once, as its member would read it at that moment, and never what they may no longer see."""

import re
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import insert, select, update

from domain.notices import NOTICE_RULES, MailChoice, MailState, NoticeKind, mail_moment
from domain.visibility import MEMBERS
from storage.database import fetch_all
from storage.notices.choices import choose_mail, make_unsubscribe_token
from storage.notices.mails import claim, list_due
from storage.seeding import together
from storage.tables import Account, Block, Member, Notice, NoticeChoice, Scrap
from tests import noticing
from tests.cast import NOON
from tests.conftest import Stoa
from tests.leaks.asking import ask
from tests.noticing import HAPPENS, OVER, TOLD, Scene
from tests.web.test_notices import SAID, scene, settle
from web.postman import deliver_once

__all__ = ["scene"]

TOMORROW = NOON.replace(hour=6) + timedelta(days=1)


async def deliver(stoa: Stoa) -> list[EmailMessage]:
    """Consume what happened, send what is due, and return every mail so far, the oldest first."""
    await settle(stoa)
    house = stoa.app.state.house
    while await deliver_once(house, "test"):
        pass
    folder = house.settings.mail_folder
    paths = sorted(folder.glob("*.eml")) if folder.exists() else []
    found: list[EmailMessage] = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]
    return found


def text_of(message: EmailMessage) -> str:
    """Both forms of a mail, and its subject."""
    bodies = [message.get_body(preferencelist=(kind,)) for kind in ("plain", "html")]
    return "\n".join([str(message["Subject"]), *(body.get_content() for body in bodies if body)])


async def _mails(stoa: Stoa) -> list[tuple[str, str]]:
    """Kind and state of the mail of every notice."""
    async with stoa.database.reading() as connection:
        rows = await fetch_all(connection, select(Notice.c.kind, Notice.c.mail).order_by(Notice.c.notice_id))
    return [(row.kind, row.mail) for row in rows]


async def _want(stoa: Stoa, choice: MailChoice) -> None:
    """Everybody wants everything this way."""
    wanted = {kind.value: choice.value for kind, rule in NOTICE_RULES.items() if not rule.is_service}
    for person in stoa.world.people.values():
        assert await choose_mail(stoa.database, person.member_id, wanted) is None


@pytest.mark.parametrize("kind", list(NoticeKind))
async def test_each_kind_goes_by_mail_to_whom_it_tells(stoa: Stoa, scene: Scene, kind: NoticeKind) -> None:
    await _want(stoa, MailChoice.NOW)
    await HAPPENS[kind](scene)
    mails = await deliver(stoa)
    (message,) = [mail for mail in mails if mail["Subject"] == SAID[kind]]
    assert message["To"] == stoa.world[TOLD[kind]].email
    assert message.get_all("Cc") is None
    is_service = NOTICE_RULES[kind].is_service
    assert (message["List-Unsubscribe"] is None) == is_service
    assert (message["List-Unsubscribe-Post"] is None) == is_service
    assert ("/unsubscribe/" in text_of(message)) != is_service
    assert re.search(r"/notices/\d+", text_of(message))
    assert len(await deliver(stoa)) == len(mails), "once"


@pytest.mark.parametrize("kind", list(OVER))
@pytest.mark.parametrize("choice", [MailChoice.NOW, MailChoice.DAILY])
async def test_what_is_over_before_it_is_sent_is_not_sent(
    stoa: Stoa, scene: Scene, kind: NoticeKind, choice: MailChoice
) -> None:
    await _want(stoa, choice)
    await HAPPENS[kind](scene)
    await settle(stoa)
    assert (kind, MailState.DUE) in await _mails(stoa)
    await OVER[kind](scene)
    stoa.clock.now = TOMORROW
    assert [mail for mail in await deliver(stoa) if SAID[kind] in text_of(mail)] == []
    assert (kind, MailState.DROPPED) in await _mails(stoa)
    assert (kind, MailState.DUE) not in await _mails(stoa)


@pytest.mark.parametrize("how", ["suspended", "unconfirmed", "blocked", "seen", "refused"])
async def test_what_its_member_may_not_get_or_does_not_need_is_dropped(stoa: Stoa, scene: Scene, how: str) -> None:
    await HAPPENS[NoticeKind.REPLY](scene)
    await settle(stoa)
    amara = scene.id_of("amara")
    changes: dict[str, Any] = {
        "suspended": update(Member).where(Member.c.member_id == amara).values(in_good_standing=False),
        "unconfirmed": update(Account).where(Account.c.member_id == amara).values(confirmed_at=None),
        "blocked": insert(Block).values(member_id=scene.id_of("joost"), other_id=amara, since=NOON),
        "seen": update(Notice).values(seen_at=NOON),
        "refused": insert(NoticeChoice).values(member_id=amara, kind="reply", mail="off"),
    }
    async with stoa.database.writing() as connection:
        await connection.execute(changes[how])
    assert await deliver(stoa) == []
    assert await _mails(stoa) == [("reply", "dropped")]


async def test_a_mail_says_what_its_reader_may_see_now(stoa: Stoa, scene: Scene) -> None:
    await noticing.reply(scene, "lin", "Earlier than is *comfortable*.", sig="boardroom")
    await settle(stoa)
    await (await stoa.browser("lin")).post("/profile/edit", data={"name": "Lin Meiling", "name.audience": "only-me"})
    (message,) = await deliver(stoa)
    text = text_of(message)
    assert text.count("Earlier than is comfortable.") == 2
    assert "A member replied in “Who sits on the audit committee?”" in text
    assert "Lin" not in message.as_string()


async def test_a_private_scrap_stays_on_its_page(stoa: Stoa, scene: Scene) -> None:
    await noticing.scrap(scene, "joost", "amara", body="For your eyes.")
    async with stoa.database.writing() as connection:
        await connection.execute(update(Scrap).values(is_private=True))
    await noticing.scrap(scene, "lin", "amara", MEMBERS, body="For all to read.")
    first, second = await deliver(stoa)
    assert "For your eyes." not in text_of(first)
    assert "For all to read." in text_of(second)


async def test_a_digest_is_one_mail_of_the_day_and_nothing_else_is(stoa: Stoa, scene: Scene) -> None:
    await choose_mail(stoa.database, scene.id_of("amara"), {"reply": "daily", "scrap": "daily", "request": "now"})
    for kind in (NoticeKind.REPLY, NoticeKind.SCRAP, NoticeKind.REQUEST):
        await HAPPENS[kind](scene)
    assert [mail["Subject"] for mail in await deliver(stoa)] == [SAID[NoticeKind.REQUEST]]
    stoa.clock.now = TOMORROW - timedelta(microseconds=1)
    assert len(await deliver(stoa)) == 1
    stoa.clock.now = TOMORROW
    digest, _ = await deliver(stoa)
    text = text_of(digest)
    assert digest["Subject"] == "2 notices from Stoa"
    assert SAID[NoticeKind.REPLY] in text
    assert SAID[NoticeKind.SCRAP] in text
    assert SAID[NoticeKind.REQUEST] not in text
    assert "An answer." not in text
    stoa.clock.now = TOMORROW + timedelta(days=2)
    assert len(await deliver(stoa)) == 2


async def test_a_digest_leaves_out_what_closed_and_says_how_much_it_left_out(stoa: Stoa, scene: Scene) -> None:
    await choose_mail(stoa.database, scene.id_of("amara"), {"reply": "daily", "scrap": "daily"})
    await HAPPENS[NoticeKind.SCRAP](scene)
    async with together(stoa.database) as stage:
        for number in range(60):
            await noticing.reply(Scene(stage, scene.world), "joost", f"Answer {number}.")
    await settle(stoa)
    await OVER[NoticeKind.SCRAP](scene)
    stoa.clock.now = TOMORROW
    (digest,) = await deliver(stoa)
    assert digest["Subject"] == "60 notices from Stoa"
    assert SAID[NoticeKind.SCRAP] not in text_of(digest)
    assert "And 10 more on the site." in text_of(digest)
    assert sorted(state for _, state in await _mails(stoa)) == ["dropped", *["sent"] * 60]


async def test_what_happened_long_ago_is_told_on_the_site_alone(stoa: Stoa, scene: Scene) -> None:
    await HAPPENS[NoticeKind.REPLY](scene)
    stoa.clock.now = NOON + timedelta(days=3)
    assert await deliver(stoa) == []
    assert await _mails(stoa) == [("reply", "off")]


@pytest.mark.parametrize(("hour", "days"), [(0, 0), (5, 0), (6, 1), (23, 1)])
def test_digests_are_due_at_six(hour: int, days: int) -> None:
    now = NOON.replace(hour=hour)
    assert mail_moment(MailChoice.DAILY, now, now) == NOON.replace(hour=6) + timedelta(days=days)


async def test_a_round_is_claimed_once_and_comes_back(stoa: Stoa, scene: Scene) -> None:
    await HAPPENS[NoticeKind.REPLY](scene)
    await settle(stoa)
    due = await list_due(stoa.database, NOON, 10)
    first = await claim(stoa.database, due, NOON)
    assert [taken.attempts for taken in first] == [1]
    assert await claim(stoa.database, due, NOON) == [], "another one comes too late"
    assert await list_due(stoa.database, NOON + timedelta(minutes=9), 10) == []
    stoa.clock.now = NOON + timedelta(minutes=11)
    assert len(await deliver(stoa)) == 1


async def test_message_ids_are_the_same_when_it_is_sent_again(stoa: Stoa, scene: Scene) -> None:
    await HAPPENS[NoticeKind.REPLY](scene)
    (first,) = await deliver(stoa)
    async with stoa.database.writing() as connection:
        await connection.execute(update(Notice).values(mail="due", mail_at=NOON))
    (again,) = await deliver(stoa)
    assert first["Message-ID"] == again["Message-ID"]
    await HAPPENS[NoticeKind.REPLY](scene)
    assert len({mail["Message-ID"] for mail in await deliver(stoa)}) == 2


# The link that ends them.


async def _ending(stoa: Stoa, kind: NoticeKind | None = NoticeKind.REPLY, part: str = "amara") -> str:
    return f"/unsubscribe/{make_unsubscribe_token(stoa.app.state.house.seal, stoa.world[part].member_id, kind)}"


async def _choice(stoa: Stoa, kind: str) -> str | None:
    async with stoa.database.reading() as connection:
        statement = select(NoticeChoice.c.mail).where(NoticeChoice.c.kind == kind)
        rows = await fetch_all(connection, statement)
    return rows[0].mail if rows else None


async def test_the_link_in_the_header_works_with_one_click_of_a_program(stoa: Stoa, scene: Scene) -> None:
    await HAPPENS[NoticeKind.REPLY](scene)
    (message,) = await deliver(stoa)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    header = str(message["List-Unsubscribe"])
    assert re.fullmatch(r"<https?://\S+>", header)
    raw = next(iter(stoa.app.state.house.settings.mail_folder.iterdir())).read_bytes()
    assert header.encode() in raw, "it stands in one piece, and in no encoding"
    path = urlsplit(header[1:-1]).path
    body = b"List-Unsubscribe=One-Click"
    headers = [("content-type", "application/x-www-form-urlencoded"), ("content-length", str(len(body)))]
    answer = await ask(stoa.app, path, method="POST", headers=headers, body=body)
    assert answer.status == 200, "no redirect, no origin, no session"
    assert await _choice(stoa, "reply") == "off"
    assert (await ask(stoa.app, path, method="POST", headers=headers, body=body)).status == 200
    await HAPPENS[NoticeKind.REPLY](scene)
    assert len(await deliver(stoa)) == 1


async def test_to_look_at_the_link_ends_nothing(stoa: Stoa) -> None:
    browser, path = await stoa.browser(), await _ending(stoa)
    page = await browser.get(path)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert "Amara" not in page.text
    assert 'method="post"' in page.text
    await browser.head(path)
    assert await _choice(stoa, "reply") is None
    assert "These mails have ended" in (await browser.post(path)).text
    assert await _choice(stoa, "reply") == "off"


async def test_the_link_of_a_digest_ends_what_goes_into_it(stoa: Stoa) -> None:
    await choose_mail(stoa.database, stoa.world["amara"].member_id, {"reply": "daily", "scrap": "now"})
    await (await stoa.browser()).post(await _ending(stoa, None))
    assert [await _choice(stoa, kind) for kind in ("reply", "scrap", "accepted", "queue")] == [
        "off",
        "now",
        "off",
        "off",
    ]


@pytest.mark.parametrize(("cut", "end"), [(2, "AA"), (0, "A"), (0, "\u0416"), (999, "x"), (999, "=")])
async def test_a_link_that_is_none_of_ours_is_missing(stoa: Stoa, cut: int, end: str) -> None:
    token = (await _ending(stoa)).rpartition("/")[2]
    browser, path = await stoa.browser(), f"/unsubscribe/{token[: max(0, len(token) - cut)]}{end}"
    assert (await browser.get(path)).status_code == 404
    assert (await browser.post(path)).status_code == 404
    assert await _choice(stoa, "reply") is None


async def test_what_was_sealed_for_something_else_ends_nothing(stoa: Stoa) -> None:
    async with stoa.database.reading() as connection:
        (row,) = await fetch_all(connection, select(Account.c.email_sealed).limit(1))
    assert (await (await stoa.browser()).get(f"/unsubscribe/{row.email_sealed.hex()}")).status_code == 404


async def test_the_link_of_somebody_who_is_gone_is_missing(stoa: Stoa) -> None:
    token = make_unsubscribe_token(stoa.app.state.house.seal, 987_654_321, NoticeKind.REPLY)
    assert (await (await stoa.browser()).get(await _ending(stoa))).status_code == 200
    assert (await (await stoa.browser()).post(f"/unsubscribe/{token}")).status_code == 404
