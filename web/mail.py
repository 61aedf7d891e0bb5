"""Mail: one message to one recipient, as text and as HTML of the same words, to a relay or into a folder.

No message names anybody but its recipient. Errors of a relay are told without addresses, because they are logged.
"""

import asyncio
import os
from dataclasses import dataclass
from email import policy
from email.headerregistry import HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib
from jinja2 import Environment

from web.house import House
from web.settings import Settings

RELAY_SECONDS = 10
"""How long a relay may take for each answer before the mail is put off."""

PORTS = {"smtp": 25, "smtps": 465}
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class Undelivered(RuntimeError):
    """The relay did not take a mail; it is tried again later."""


class Undeliverable(RuntimeError):
    """The relay will never take this mail: the mailbox does not exist, or wants none."""


@dataclass(frozen=True, slots=True)
class Mail:
    """What one person is told. `unsubscribe` is the address that ends such mails, where they may be refused."""

    recipient: str
    subject: str
    text: str
    html: str
    unsubscribe: str | None = None

    def __repr__(self) -> str:
        return "<Mail>"


def write_mail(environment: Environment, template: str, recipient: str, *, link: str, host: str, **more: Any) -> Mail:
    """A mail from its two templates: the first line of the plain one is its subject."""
    words = {"link": link, "host": host, **more}
    plain = environment.get_template(f"mail/{template}.txt").render(words)
    subject, _, text = plain.strip().partition("\n")
    html = environment.get_template(f"mail/{template}.html").render(words)
    return Mail(recipient, " ".join(subject.split()), f"{text.strip()}\n", html, more.get("unsubscribe"))


class _Whole(UnstructuredHeader):
    """A header that stands in one piece: an address that is folded or encoded is none that a program can follow."""

    def fold(self, *, policy: EmailPolicy) -> str:
        """The header as it is sent."""
        return f"List-Unsubscribe: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("List-Unsubscribe", _Whole)  # type: ignore[arg-type]  # the registry adds the base itself


def _message(house: House, mail: Mail, name: str) -> EmailMessage:
    style = policy.SMTP if mail.recipient.isascii() else policy.SMTPUTF8
    message = EmailMessage(policy=style.clone(header_factory=_HEADERS))
    message["From"] = house.settings.mail_from
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(house.clock())
    message["Message-ID"] = message_id(house, name)
    message["Auto-Submitted"] = "auto-generated"
    if mail.unsubscribe:
        message["List-Unsubscribe"] = f"<{mail.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message


def message_id(house: House, name: str) -> str:
    """The id of the mail of this name: the same when it is sent again, and nobody else can make it."""
    return f"<{name}.{house.seal.hash('mail', name).hex()[:24]}@{urlsplit(house.settings.site_url).hostname}>"


def mailbox_url(settings: Settings) -> str | None:
    """Where mail can be read, in development, while no relay is set."""
    return "/-/mailbox" if settings.is_development and not settings.smtp_url else None


async def send_mail(house: House, mail: Mail, name: str) -> None:
    """Hand a mail over. `name` says nothing of anyone and is the same when the mail is sent again, so that the folder
    holds it once. Raises Undelivered or Undeliverable."""
    message = _message(house, mail, name)
    if house.settings.smtp_url:
        await _relay(house.settings, mail.recipient, message)
    else:
        await asyncio.to_thread(_keep, house.settings.mail_folder / f"{name}.eml", message.as_bytes())


async def _relay(settings: Settings, recipient: str, message: EmailMessage) -> None:
    relay = urlsplit(settings.smtp_url)
    secret = unquote(relay.password) if relay.password else None
    is_near = relay.hostname in _LOCAL
    try:
        await aiosmtplib.send(
            message,
            recipients=[recipient],
            hostname=relay.hostname,
            port=relay.port or PORTS[relay.scheme],
            username=unquote(relay.username) if relay.username else None,
            password=secret,
            use_tls=relay.scheme == "smtps",
            start_tls=True if secret and relay.scheme == "smtp" and not is_near else None,
            timeout=RELAY_SECONDS,
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        codes = sorted({refused.code for refused in error.recipients})
        raise (Undeliverable if codes[0] >= 500 else Undelivered)(f"relay refused the recipient: {codes}") from None
    except (aiosmtplib.SMTPException, OSError) as error:
        raise Undelivered(f"relay: {type(error).__name__}") from None


def _keep(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(f".{token_hex(4)}.part")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
