"""Mail: what a message holds, where it goes, and what happens when the relay is away or refuses."""

import re
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import select

from storage.database import fetch_all
from storage.letters import LetterKind
from storage.tables import Event
from tests import services
from tests.conftest import Stoa
from tests.relays import RelayController
from tests.web.account_steps import keeping_browser, register, sent_mails
from web.house import House
from web.mail import Undeliverable, Undelivered, send_mail, write_mail
from web.worker import work_once

_ASKED = Event.c.name == "registration.asked"
LINK = "https://stoa.example/confirm/token"


class Relay:
    """A relay that takes mail, or answers as it is told."""

    def __init__(self) -> None:
        self.taken: list[tuple[list[str], EmailMessage]] = []
        self.answer = "250 OK"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        """Take a recipient."""
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Take a message."""
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.taken.append((envelope.rcpt_tos, message))
        return "250 OK"


@pytest.fixture
def relay() -> Iterator[tuple[Relay, str]]:
    """A relay on this machine, with its address."""
    handler = Relay()
    controller = RelayController(handler, hostname="127.0.0.1", port=services.free_port())
    controller.start()
    yield handler, f"smtp://127.0.0.1:{controller.port}"
    controller.stop()


def _with_relay(stoa: Stoa, url: str) -> House:
    house: House = stoa.app.state.house
    return replace(house, settings=house.settings.model_copy(update={"smtp_url": url}))


@pytest.mark.parametrize("kind", list(LetterKind))
def test_each_letter_says_the_same_in_both_forms(stoa: Stoa, kind: LetterKind) -> None:
    environment = stoa.app.state.house.templates.environment
    mail = write_mail(environment, kind, "ada@example.org", link=LINK, host="stoa.example")
    assert mail.subject
    assert "\n" not in mail.subject
    assert mail.subject in mail.html
    assert (LINK in mail.text) == (LINK in mail.html)
    assert "ada" not in mail.text + mail.html, "not even the recipient's own address stands in it"
    assert not re.search(r"<(img|script|link|iframe)|url\(", mail.html), "nothing is fetched by reading it"


async def test_a_mail_goes_to_one_recipient_and_names_nobody_else(stoa: Stoa, relay: tuple[Relay, str]) -> None:
    house = _with_relay(stoa, relay[1])
    await register(stoa, await keeping_browser(stoa))
    assert await work_once(house, "test")
    ((recipients, message),) = relay[0].taken
    assert recipients == ["ada@example.org"]
    assert message["To"] == "ada@example.org"
    assert message.get_all("Cc") is None
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"] == house.settings.mail_from
    whole = message.as_string()
    assert set(re.findall(r"[\w.]+@example\.org", whole)) == {"ada@example.org"}
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]


async def test_a_relay_that_is_away_puts_mail_off_and_loses_none(stoa: Stoa, relay: tuple[Relay, str]) -> None:
    away = _with_relay(stoa, f"smtp://127.0.0.1:{services.free_port()}")
    await register(stoa, await keeping_browser(stoa))
    await work_once(away, "test")
    assert not await work_once(away, "test"), "not again at once"
    stoa.clock.now = await _next_try(stoa)
    assert await work_once(_with_relay(stoa, relay[1]), "test")
    assert len(relay[0].taken) == 1


async def _next_try(stoa: Stoa) -> Any:
    async with stoa.database.reading() as connection:
        (row,) = await fetch_all(connection, select(Event.c.next_try_at).where(_ASKED, Event.c.done_at.is_(None)))
    return row.next_try_at


async def test_errors_of_a_relay_name_nobody(stoa: Stoa, relay: tuple[Relay, str]) -> None:
    mail = write_mail(stoa.app.state.house.templates.environment, "confirm", "ada@example.org", link=LINK, host="h")
    handler, url = relay
    handler.answer = "450 4.2.1 <ada@example.org> busy"
    with pytest.raises(Undelivered) as later:
        await send_mail(_with_relay(stoa, url), mail, "1")
    handler.answer = "550 5.1.1 <ada@example.org> unknown"
    with pytest.raises(Undeliverable) as never:
        await send_mail(_with_relay(stoa, url), mail, "1")
    assert "ada" not in f"{later.value}{never.value}{mail!r}"
    assert later.value.__cause__ is None


async def test_a_mailbox_that_does_not_exist_is_given_up(stoa: Stoa, relay: tuple[Relay, str]) -> None:
    relay[0].answer = "550 5.1.1 unknown"
    house = _with_relay(stoa, relay[1])
    await register(stoa, await keeping_browser(stoa))
    assert await work_once(house, "test")
    async with stoa.database.reading() as connection:
        waiting = select(Event.c.event_id).where(_ASKED, Event.c.done_at.is_(None))
        assert await fetch_all(connection, waiting) == []


async def test_the_folder_holds_a_mail_once_however_often_it_is_sent(stoa: Stoa) -> None:
    house: House = stoa.app.state.house
    mail = write_mail(house.templates.environment, "confirm", "ada@example.org", link=LINK, host="h")
    for _ in range(2):
        await send_mail(house, mail, "0000000001")
    (path,) = house.settings.mail_folder.iterdir()
    assert path.name == "0000000001.eml"
    assert path.stat().st_mode & 0o077 == 0


async def test_the_mailbox_page_is_for_development_only(stoa: Stoa) -> None:
    browser = await keeping_browser(stoa)
    await register(stoa, browser)
    await sent_mails(stoa)
    page = await browser.get("/-/mailbox")
    assert page.status_code == 200
    assert "ada@example.org" in page.text
    house: House = stoa.app.state.house
    stoa.app.state.house = replace(house, settings=house.settings.model_copy(update={"development": False}))
    assert (await browser.get("/-/mailbox")).status_code == 404
    assert "/-/mailbox" not in (await browser.get("/register/check-mail")).text
