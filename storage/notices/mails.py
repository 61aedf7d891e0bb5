"""What the postman takes along: notices whose mail is due, read with the ring of their member as they are sent.

A round is claimed before anything of it is sent: its moment is put into the future, which only one can do. Whoever is
killed in between has claimed it for `CLAIM`, and then it is due again. What is due together stays together, so that a
digest that is sent again is the same digest.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.notices import (
    MOST_ATTEMPTS,
    MOST_IN_A_DIGEST,
    NOTICE_RULES,
    MailChoice,
    MailState,
    NoticeKind,
    NoticeLine,
    delay_after,
)
from storage.database import Database, fetch_all, fetch_one
from storage.notices.choices import find_choices
from storage.notices.reading import among, fetch_visible, lines_of, notice_lines
from storage.rings import find_viewer
from storage.secrets import Seal
from storage.tables import Account, Member, Notice

CLAIM: Final = timedelta(minutes=10)
"""How long a round is left to whoever claimed it: longer than sending it can take."""


@dataclass(frozen=True, slots=True)
class Round:
    """The notices of one member that are due at one moment, claimed: `due_at` is when they are due again otherwise."""

    member_id: int
    due_at: datetime
    notice_ids: tuple[int, ...]
    attempts: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """What of a round is sent now: each of `singles` in a mail of its own, all of `digest` in one. `more` are
    those that it only counts, for want of room."""

    recipient: str
    singles: tuple[NoticeLine, ...] = ()
    digest: tuple[NoticeLine, ...] = ()
    more: tuple[int, ...] = ()

    def __repr__(self) -> str:
        return "<Delivery>"


async def list_due(database: Database, now: datetime, limit: int) -> list[tuple[int, datetime]]:
    """Member and moment of the rounds that have waited longest."""
    statement = (
        select(Notice.c.member_id, Notice.c.mail_at)
        .where(Notice.c.mail == MailState.DUE.value, Notice.c.mail_at <= now)
        .distinct()
        .order_by(Notice.c.mail_at, Notice.c.member_id)
        .limit(limit)
    )
    async with database.reading() as connection:
        return [(row.member_id, row.mail_at) for row in await fetch_all(connection, statement)]


async def claim(database: Database, due: Iterable[tuple[int, datetime]], now: datetime) -> list[Round]:
    """Take these rounds, but those that somebody else took first."""
    rounds = []
    async with database.writing() as connection:
        for place, (member_id, due_at) in enumerate(due):
            again_at = now + CLAIM + timedelta(microseconds=place)  # two rounds of one member never become one
            taking = (
                update(Notice)
                .where(Notice.c.member_id == member_id, Notice.c.mail_at == due_at, _is_due())
                .values(mail_at=again_at, attempts=Notice.c.attempts + 1)
                .returning(Notice.c.notice_id, Notice.c.attempts)
            )
            rows = await fetch_all(connection, taking)
            if rows:
                ids = tuple(sorted(row.notice_id for row in rows))
                rounds.append(Round(member_id, again_at, ids, max(row.attempts for row in rows)))
    return rounds


def _is_due() -> Any:
    return Notice.c.mail == MailState.DUE.value


async def find_delivery(database: Database, seal: Seal, taken: Round, now: datetime) -> Delivery | None:
    """What of a round goes out, read as its member would read it now; None when nothing may be sent to them at all."""
    async with database.reading() as connection:
        recipient = await _recipient(connection, seal, taken.member_id)
        viewer = await find_viewer(connection, taken.member_id)
        if recipient is None or viewer is None:
            return None
        choices = await find_choices(connection, taken.member_id)
        rows = await fetch_visible(connection, _DUE, viewer, now, notice_ids=taken.notice_ids)
        lines = await lines_of(connection, viewer, rows)
    return _sorted(recipient, [line for line in lines if _is_news(line)], choices)


_DUE = among(notice_lines(with_words=True)).where(_is_due())


async def _recipient(connection: AsyncConnection, seal: Seal, member_id: int) -> str | None:
    """The address of somebody whose account is confirmed and in good standing."""
    statement = (
        select(Account.c.email_sealed)
        .join(Member, Member.c.member_id == Account.c.member_id)
        .where(Account.c.member_id == member_id, Account.c.confirmed_at.is_not(None), Member.c.in_good_standing)
    )
    row = await fetch_one(connection, statement)
    return None if row is None else seal.open(row.email_sealed)


def _is_news(line: NoticeLine) -> bool:
    """What was seen on the site needs no mail, unless it is a service."""
    return not line.is_seen or NOTICE_RULES[line.kind].is_service


def _sorted(recipient: str, lines: Sequence[NoticeLine], choices: Mapping[NoticeKind, MailChoice]) -> Delivery:
    daily = tuple(line for line in lines if choices[line.kind] is MailChoice.DAILY)
    return Delivery(
        recipient,
        singles=tuple(line for line in lines if choices[line.kind] is MailChoice.NOW),
        digest=daily[:MOST_IN_A_DIGEST],
        more=tuple(line.notice_id for line in daily[MOST_IN_A_DIGEST:]),
    )


async def settle_mail(database: Database, notice_ids: Sequence[int], state: MailState) -> None:
    """Say what became of the mail of these notices, if it is still due."""
    if notice_ids:
        async with database.writing() as connection:
            settling = update(Notice).where(Notice.c.notice_id.in_(notice_ids), _is_due())
            await connection.execute(settling.values(mail=state.value, mail_at=None))


async def put_off(database: Database, taken: Round, notice_ids: Sequence[int]) -> None:
    """Try the mail of these notices again later, or give it up after very many tries."""
    if taken.attempts >= MOST_ATTEMPTS:
        return await settle_mail(database, notice_ids, MailState.DROPPED)
    again_at = taken.due_at - CLAIM + delay_after(taken.attempts)
    async with database.writing() as connection:
        putting = update(Notice).where(Notice.c.notice_id.in_(notice_ids), _is_due())
        await connection.execute(putting.values(mail_at=again_at))
    return None
