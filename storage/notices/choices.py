"""How each member wants their notices by mail: choices, defaults, and the link in a mail that ends them.

The link carries member and kind, sealed: it says nothing to whoever sees it, needs no sign-in, and can do one thing.
"""

import base64
import binascii
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.notices import (
    NOTICE_RULES,
    REFUSABLE,
    ChoiceLine,
    MailChoice,
    NoticeChoicesPage,
    NoticeKind,
    UnsubscribePage,
    mail_choice,
)
from domain.refusals import Reason, Refused
from storage.database import Database, fetch_all, fetch_one, insert_into
from storage.secrets import Seal
from storage.tables import Member, NoticeChoice

_PURPOSE = "unsubscribe"
_DIGEST = "digest"


async def find_choices(connection: AsyncConnection, member_id: int) -> dict[NoticeKind, MailChoice]:
    """For every kind how it goes to this member by mail."""
    statement = select(NoticeChoice.c.kind, NoticeChoice.c.mail).where(NoticeChoice.c.member_id == member_id)
    chosen = {row.kind: MailChoice(row.mail) for row in await fetch_all(connection, statement)}
    return {kind: mail_choice(kind, chosen.get(kind)) for kind in NOTICE_RULES}


async def find_choices_page(database: Database, member_id: int, *, saved: bool = False) -> NoticeChoicesPage:
    """The form of choices."""
    async with database.reading() as connection:
        choices = await find_choices(connection, member_id)
    return NoticeChoicesPage(
        choices=tuple(
            ChoiceLine(kind=kind, is_service=rule.is_service, chosen=choices[kind])
            for kind, rule in NOTICE_RULES.items()
        ),
        saved=saved,
    )


async def choose_mail(database: Database, member_id: int, wanted: Mapping[str, str]) -> Refused | None:
    """Keep choices by the names of their kinds; all of them, or nothing where one is not on offer."""
    try:
        choices = {NoticeKind(kind): MailChoice(mail) for kind, mail in wanted.items()}
    except ValueError:
        return Refused(Reason.INVALID)
    if not choices.keys() <= set(REFUSABLE):
        return Refused(Reason.INVALID)
    async with database.writing() as connection:
        await _keep(connection, member_id, choices)
    return None


async def _keep(connection: AsyncConnection, member_id: int, choices: Mapping[NoticeKind, MailChoice]) -> None:
    for kind, mail in sorted(choices.items()):
        row = {"member_id": member_id, "kind": kind.value, "mail": mail.value}
        keeping = insert_into(connection, NoticeChoice).values(row)
        await connection.execute(
            keeping.on_conflict_do_update(index_elements=["member_id", "kind"], set_={"mail": mail.value})
        )


def make_unsubscribe_token(seal: Seal, member_id: int, kind: NoticeKind | None) -> str:
    """What the link to end the mails of this kind carries; None is the digest."""
    sealed = seal.seal("\0".join((_PURPOSE, str(member_id), kind.value if kind else _DIGEST)))
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def _read_token(seal: Seal, token: str) -> tuple[int, NoticeKind | None] | None:
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        purpose, member_id, kind = seal.open(sealed).split("\0")
    except (binascii.Error, ValueError):
        return None
    return (int(member_id), None if kind == _DIGEST else NoticeKind(kind)) if purpose == _PURPOSE else None


async def find_unsubscribe_page(database: Database, seal: Seal, token: str) -> UnsubscribePage | None:
    """What a link in a mail would end; None for one that is none of ours."""
    read = _read_token(seal, token)
    if read is None:
        return None
    member_id, kind = read
    async with database.reading() as connection:
        known = await fetch_one(connection, select(Member.c.member_id).where(Member.c.member_id == member_id))
    return None if known is None else UnsubscribePage(kind=kind, is_done=False)


async def unsubscribe(database: Database, seal: Seal, token: str) -> UnsubscribePage | None:
    """End the mails that a link was made for: of its kind, or of whatever goes into the digest. Twice is once. None
    for a link that is none of ours."""
    page = await find_unsubscribe_page(database, seal, token)
    read = _read_token(seal, token)
    if page is None or read is None:
        return None
    member_id, kind = read
    async with database.writing() as connection:
        choices = await find_choices(connection, member_id)
        ended = [kind] if kind else [known for known, mail in choices.items() if mail is MailChoice.DAILY]
        await _keep(connection, member_id, dict.fromkeys(ended, MailChoice.OFF))
    return UnsubscribePage(kind=kind, is_done=True)
