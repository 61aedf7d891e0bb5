"""The postman: sends the mails of notices, beside the worker and under a lease of its own.

A relay that is slow or away delays nothing but mail: what people do has long been written, and the events that follow
from it are consumed elsewhere. Each mail is rendered with the ring of its recipient as it is sent. It is marked as sent
once the relay has answered 250; whoever is killed between the two sends it again, under the same Message-ID.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import structlog

from domain.notices import MOST_ATTEMPTS, NOTICE_RULES, MailState, NoticeKind, NoticeLine
from storage.database import Busy
from storage.events import take_lease
from storage.notices.choices import make_unsubscribe_token
from storage.notices.mails import Delivery, Round, claim, find_delivery, list_due, put_off, settle_mail
from web.house import House
from web.mail import Mail, Undeliverable, Undelivered, send_mail, write_mail

log = structlog.get_logger()

LEASE_SECONDS = 60
REST_SECONDS = 1.0
AT_ONCE = 8
"""How many recipients are served at the same time."""

ROUNDS = 2 * AT_ONCE
"""How many rounds are claimed together."""

SEND_SECONDS = 60
"""How long one mail may take in all, of the ten minutes for which its round is claimed."""

STOP_SECONDS = 5
"""How long an orderly end waits for mails that the relay has half taken."""

SETTLE_TRIES = 40


async def deliver_forever(house: House) -> None:
    """Send what is due, rest, and so on. A failing round is logged and the next one tries again."""
    holder = secrets.token_hex(8)
    while True:
        try:
            busy = await deliver_once(house, holder)
        except Exception:  # whatever a round meets, the postman must outlive it
            log.exception("postman round failed")
            busy = False
        if not busy:
            await asyncio.sleep(REST_SECONDS)


async def deliver_once(house: House, holder: str) -> bool:
    """Send some of what is due, several at once; whether there was anything."""
    now = house.clock()
    due = await list_due(house.database, now, ROUNDS)
    if not due or not await take_lease(house.database, "postman", holder, now, LEASE_SECONDS):
        return False
    shift = _Shift(house)
    async with asyncio.TaskGroup() as group:  # which, told to stop, waits for every one of them
        for taken in await claim(house.database, due, now):
            group.create_task(shift.take(taken))
    return True


@dataclass(frozen=True, slots=True)
class _Shift:
    """One turn of the postman. Several mails are with the relay at once; at the desk, where they are read, written and
    marked, they take turns, so that what people do meanwhile waits for one of them at most."""

    house: House
    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    desk: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def take(self, taken: Round) -> None:
        """Deliver a round to its end, also when the postman is told to stop: what was sent should be marked as that."""
        async with self.turn:
            task = asyncio.create_task(self._deliver(taken))
            try:
                await asyncio.shield(task)
            except asyncio.CancelledError:
                await asyncio.wait({task}, timeout=STOP_SECONDS)
                task.cancel()
                raise

    async def _deliver(self, taken: Round) -> None:
        done: set[int] = set()
        try:
            while mails := await self._prepare(taken, done):
                name, notice_ids, mail = mails[0]
                done.update(notice_ids)
                await self._send(taken, notice_ids, mail, name)
                if len(mails) == 1:
                    break  # else the next is read anew: it is sent later than this one
        except Exception:  # it is due again when its claim is over
            log.exception("mail round failed", notice_id=taken.notice_ids[0])

    async def _prepare(self, taken: Round, done: set[int]) -> list[tuple[str, list[int], Mail]]:
        """The mails of a round that are not done yet, by name and notices. What no longer opens to their reader, and
        what they no longer want, is dropped."""
        house = self.house
        async with self.desk:
            delivery = await find_delivery(house.database, house.seal, taken, house.clock())
            mails = _write_all(house, taken, delivery) if delivery and taken.attempts <= MOST_ATTEMPTS else []
        mails = [written for written in mails if done.isdisjoint(written[1])]
        kept = done | {number for _, notice_ids, _ in mails for number in notice_ids}
        if dropped := [number for number in taken.notice_ids if number not in kept]:
            await self._settle(dropped, MailState.DROPPED)
        return mails

    async def _send(self, taken: Round, notice_ids: list[int], mail: Mail, name: str) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await send_mail(self.house, mail, name)
        except Undeliverable as refused:
            log.warning("mail given up", mail=name, reason=str(refused))
            await self._settle(notice_ids, MailState.DROPPED)
        except (Undelivered, TimeoutError) as failed:
            log.info("mail put off", mail=name, attempts=taken.attempts, reason=str(failed))
            await self._insist(lambda: put_off(self.house.database, taken, notice_ids))
        else:
            await self._settle(notice_ids, MailState.SENT)

    async def _settle(self, notice_ids: list[int], state: MailState) -> None:
        await self._insist(lambda: settle_mail(self.house.database, notice_ids, state))

    async def _insist(self, write: Callable[[], Awaitable[None]]) -> None:
        """Write it however busy the database is: a mail that was sent and not marked would be sent again."""
        for tries in range(SETTLE_TRIES):
            try:
                async with self.desk:
                    return await write()
            except Busy:
                if tries == SETTLE_TRIES - 1:
                    raise
                await asyncio.sleep(0.25)
        return None


def _write_all(house: House, taken: Round, delivery: Delivery) -> list[tuple[str, list[int], Mail]]:
    mails = [
        (f"notice-{line.notice_id:010d}", [line.notice_id], _single(house, taken, delivery, line))
        for line in delivery.singles
    ]
    if delivery.digest:
        notice_ids = [*(line.notice_id for line in delivery.digest), *delivery.more]
        name = f"digest-{taken.notice_ids[0]:010d}"  # of the round, whatever of it still opens
        mails.append((name, notice_ids, _digest(house, taken, delivery)))
    return mails


def _single(house: House, taken: Round, delivery: Delivery, line: NoticeLine) -> Mail:
    kind = None if NOTICE_RULES[line.kind].is_service else line.kind
    ending = _unsubscribe_url(house, taken.member_id, kind) if kind else None
    link = f"{_site(house)}/notices/{line.notice_id}"
    return _write(house, "notice", delivery, link, notice=line, unsubscribe=ending)


def _digest(house: House, taken: Round, delivery: Delivery) -> Mail:
    ending = _unsubscribe_url(house, taken.member_id, None)
    more = {"notices": delivery.digest, "more": len(delivery.more), "unsubscribe": ending, "site": _site(house)}
    return _write(house, "digest", delivery, f"{_site(house)}/notices", **more)


def _write(house: House, template: str, delivery: Delivery, link: str, **more: Any) -> Mail:
    host, environment = urlsplit(house.settings.site_url).netloc, house.templates.environment
    choices = f"{_site(house)}/settings/notices"
    return write_mail(environment, template, delivery.recipient, link=link, host=host, choices=choices, **more)


def _unsubscribe_url(house: House, member_id: int, kind: NoticeKind | None) -> str:
    return f"{_site(house)}/unsubscribe/{make_unsubscribe_token(house.seal, member_id, kind)}"


def _site(house: House) -> str:
    return house.settings.site_url.rstrip("/")
