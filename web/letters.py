"""Letters about accounts: which event makes which mail. Consumers read what they need by the ids of the event."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import structlog

from storage.events import Happened
from storage.letters import (
    Letter,
    LetterKind,
    forget_address_before,
    forget_registration,
    write_about_address,
    write_about_change,
    write_about_registration,
    write_about_reset,
    write_to_account,
)
from web.house import Consumer, House
from web.mail import Undeliverable, send_mail, write_mail

log = structlog.get_logger()

_PATHS: Final[Mapping[LetterKind, str]] = {
    LetterKind.CONFIRM: "/confirm/{token}",
    LetterKind.CHANGE: "/confirm/{token}",
    LetterKind.RESET: "/reset/{token}",
    LetterKind.ALREADY_REGISTERED: "/sign-in",
    LetterKind.ADDRESS_TAKEN: "/sign-in",
    LetterKind.EMAIL_CHANGED: "/settings",
    LetterKind.PASSWORD_CHANGED: "/forgot",
    LetterKind.NEW_BROWSER: "/settings/sessions",
}


async def _send(house: House, event: Happened, letter: Letter | None) -> None:
    """Send a letter, if there is one; a mailbox that does not exist is no reason to try again."""
    if letter is None:
        return
    link = house.settings.site_url.rstrip("/") + _PATHS[letter.kind].format(token=letter.token)
    host = urlsplit(house.settings.site_url).netloc
    mail = write_mail(house.templates.environment, letter.kind, letter.recipient, link=link, host=host)
    try:
        await send_mail(house, mail, f"{event.event_id:010d}")
    except Undeliverable as refused:
        log.warning("mail given up", event_id=event.event_id, reason=str(refused))


async def tell_of_registration(house: House, event: Happened) -> None:
    """Mail the address that somebody registered with."""
    registration_id = event.ids["registration_id"]
    letter = await write_about_registration(house.database, house.seal, registration_id, house.clock())
    await _send(house, event, letter)
    if letter is not None and letter.kind is LetterKind.ALREADY_REGISTERED:
        await forget_registration(house.database, registration_id)


async def tell_of_reset(house: House, event: Happened) -> None:
    """Mail the link to choose a new password."""
    account_id = event.ids["account_id"]
    await _send(house, event, await write_about_reset(house.database, house.seal, account_id, house.clock()))


async def tell_of_address(house: House, event: Happened) -> None:
    """Mail the address that an account wants to change to, or has to confirm."""
    pending_id = event.ids["pending_id"]
    await _send(house, event, await write_about_address(house.database, house.seal, pending_id, house.clock()))


async def tell_of_change(house: House, event: Happened) -> None:
    """Mail the address before, and forget it."""
    pending_id = event.ids["pending_id"]
    await _send(house, event, await write_about_change(house.database, house.seal, pending_id))
    await forget_address_before(house.database, pending_id)


async def tell_of_password(house: House, event: Happened) -> None:
    """Mail that the password was changed."""
    kind, account_id = LetterKind.PASSWORD_CHANGED, event.ids["account_id"]
    await _send(house, event, await write_to_account(house.database, house.seal, account_id, kind))


async def tell_of_browser(house: House, event: Happened) -> None:
    """Mail that somebody signed in with a browser that the account had not met."""
    kind, account_id = LetterKind.NEW_BROWSER, event.ids["account_id"]
    await _send(house, event, await write_to_account(house.database, house.seal, account_id, kind))


CONSUMERS: Final[Mapping[str, tuple[Consumer, ...]]] = {
    "registration.asked": (tell_of_registration,),
    "reset.asked": (tell_of_reset,),
    "address.asked": (tell_of_address,),
    "address.changed": (tell_of_change,),
    "password.changed": (tell_of_password,),
    "browser.new": (tell_of_browser,),
}
