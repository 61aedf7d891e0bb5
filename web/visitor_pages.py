"""Visitors' pages, kept as the very bytes that were sent: all visitors get the same, so it is made once.

This stands before everything else and answers only who can be nobody but a visitor: a plain GET without any cookie and
without the headers by which parts of a page are asked for. What is kept holds as long as nothing at all has changed in
what is stored, and for a minute at most; an answer that is on its way serves everybody who asks for it meanwhile.
Few are made at once, however many visitors ask: the others wait, and members do not wait for them.
"""

import asyncio
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeGuard

from cachetools import LRUCache
from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from storage.database import Database
from storage.versions import Version
from web.compression import WELL, form_for
from web.house import House
from web.revalidation import FOR_EVERY_VISITOR, NOT_MODIFIED, matches

KEEP_FOR: Final = timedelta(seconds=60)
KEEP_IN_DEVELOPMENT: Final = timedelta(seconds=2)
"""Templates change under the developer's hands, and no version tells."""

MOST_BYTES: Final = 8 * 1024 * 1024
"""Of all that is kept in a process; beyond that, what was not asked for the longest goes."""

MOST_MADE_AT_ONCE: Final = 4
"""Visitors' answers that a process makes at the same time; members' have no such bound."""

_CREDENTIALS: Final = frozenset({b"cookie", b"authorization"})
_PERSONAL: Final = _CREDENTIALS | {b"hx-request-type", b"hx-target", b"range"}
"""Whoever sends one of these may get something else than everybody."""

_QUERIES: Final = re.compile(rb"(?:page=[1-9][0-9]{0,8})?")
"""Pages of a thread. What somebody searches for is not kept: how long the answer takes would tell that somebody did."""

_FILES: Final = ("/static/", "/photos/")
"""What is in memory already, or read from its store."""

_OF_THE_BODY: Final = frozenset({b"content-type", b"content-length", b"content-encoding"})

Headers = tuple[tuple[bytes, bytes], ...]
Key = tuple[str, bytes, bytes, str]


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it was sent, the version that was read before it was made, and when."""

    version: Version
    made_at: datetime
    headers: Headers
    body: bytes
    tag: str

    def holds(self, version: Version, now: datetime, keep_for: timedelta) -> bool:
        """Whether it is what would be made now."""
        return self.version == version and timedelta() <= now - self.made_at < keep_for


class _Shelf:
    """What is kept of one database, and what is being made."""

    def __init__(self) -> None:
        self.kept: LRUCache[Key, Kept] = LRUCache(MOST_BYTES, lambda kept: len(kept.body))
        self.making: dict[tuple[Key, Version], asyncio.Future[Kept | None]] = {}
        self.turns = asyncio.Semaphore(MOST_MADE_AT_ONCE)

    def put(self, key: Key, answer: Kept) -> None:
        """Keep an answer in place of the one before, if there is room at all."""
        with suppress(ValueError):
            self.kept[key] = answer


class VisitorPages:
    """The app with its visitors' pages kept in front of it."""

    def __init__(self, app: Litestar) -> None:
        self._state = app.state
        self._inner: ASGIApp = app.asgi_handler
        self._database: Database | None = None
        self._shelf = _Shelf()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from what is kept, or pass the request on."""
        if not _is_visitors(scope):
            await self._inner(scope, receive, send)
            return
        house: House = self._state.house
        shelf, key = self._shelf_of(house.database), _key_of(scope)
        version = await house.database.version() if key else None
        if key is None or version is None:
            await self._make(shelf, None, scope, receive, send)
            return
        now = house.clock()
        keep_for = KEEP_IN_DEVELOPMENT if house.settings.is_development else KEEP_FOR
        found = shelf.kept.get(key)
        if found is None or not found.holds(version, now, keep_for):
            found = await self._await_or_make(shelf, key, version, now, (scope, receive, send))
            if found is None:
                return  # it was made for this very request, and is sent
        await _send_kept(found, scope, send)

    def _shelf_of(self, database: Database) -> _Shelf:
        if database is not self._database:
            self._database, self._shelf = database, _Shelf()
        return self._shelf

    async def _await_or_make(
        self, shelf: _Shelf, key: Key, version: Version, now: datetime, call: tuple[Scope, Receive, Send]
    ) -> Kept | None:
        """An answer that another request is making, or None once it was made and sent."""
        making = shelf.making.get((key, version))
        if making is not None:
            found = await asyncio.shield(making)
            if found is not None:
                return found
            await self._make(shelf, None, *call)  # it was not for everybody
            return None
        making = shelf.making[key, version] = asyncio.get_running_loop().create_future()

        def keep(headers: Headers, body: bytes) -> None:
            made = Kept(version, now, headers, body, _header(headers, b"etag").decode("latin-1"))
            shelf.put(key, made)
            making.set_result(made)

        try:
            await self._make(shelf, keep, *call)
        finally:
            del shelf.making[key, version]
            if not making.done():
                making.set_result(None)
        return None

    async def _make(
        self,
        shelf: _Shelf,
        keep: Callable[[Headers, bytes], None] | None,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        """Have the answer made when it is its turn, and keep it if it is one for every visitor. It is sent when the
        turn is over, so that nobody waits for the one client that takes its time."""
        messages: list[Message] = []

        async def take_down(message: Message) -> None:
            messages.append(message)

        async with shelf.turns:
            await self._inner(scope, receive, take_down)
        if keep and scope["state"].get(FOR_EVERY_VISITOR):
            start, *parts = messages
            headers = tuple((bytes(name), bytes(value)) for name, value in start["headers"])  # type: ignore[typeddict-item]  # the first message of an answer
            keep(headers, b"".join(part["body"] for part in parts))  # type: ignore[typeddict-item]  # the others
        for message in messages:
            await send(message)


def _is_visitors(scope: Scope) -> TypeGuard[HTTPScope]:
    """Whether a request is to read, of somebody who says in no way who they are; files are read by everybody alike."""
    if scope["type"] != ScopeType.HTTP or scope["method"] not in {"GET", "HEAD"} or scope["path"].startswith(_FILES):
        return False
    return not any(name in _CREDENTIALS for name, _value in scope["headers"])


def _key_of(scope: HTTPScope) -> Key | None:
    """What an answer for visitors depends on; None for what is not asked for by many."""
    if scope["method"] != "GET" or not _QUERIES.fullmatch(scope["query_string"]):
        return None
    host = accepted = b""
    for name, value in scope["headers"]:
        if name in _PERSONAL:
            return None
        if name == b"host":
            host = value
        elif name == b"accept-encoding":
            accepted = value
    return scope["path"], scope["query_string"], host, form_for(accepted.decode("latin-1"), WELL)


def _header(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> bytes:
    return next((value for name, value in headers if name == wanted), b"")


async def _send_kept(kept: Kept, scope: Scope, send: Send) -> None:
    asked = _header(scope["headers"], b"if-none-match").decode("latin-1")
    if asked and matches(asked, kept.tag):
        headers = [pair for pair in kept.headers if pair[0] not in _OF_THE_BODY]
        await send({"type": "http.response.start", "status": NOT_MODIFIED, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return
    await send({"type": "http.response.start", "status": 200, "headers": kept.headers})
    await send({"type": "http.response.body", "body": kept.body, "more_body": False})
