"""Mail relays on this machine that can be killed without leaving a socket behind."""

import asyncio
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

_PATIENCE = 5.0
"""Seconds within which every connection is closed, also on a machine with much else to do."""


class _Connection(SMTP):
    """A connection that adds its transport to those of its relay."""

    transports: list[asyncio.BaseTransport]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has come."""
        self.transports.append(transport)
        super().connection_made(transport)


class RelayController(Controller):
    """A relay in a thread of its own. The library's stops its loop with connections open, which nobody closes then."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._accepted = 0
        self._transports: list[asyncio.BaseTransport] = []

    def factory(self) -> SMTP:
        """A new connection, remembered."""
        connection = _Connection(self.handler, **self.SMTP_kwargs)
        connection.transports = self._transports
        self._accepted += 1
        return connection

    def stop(self, no_assert: bool = False) -> None:
        """Take nobody on, hang up on everybody, and end."""
        asyncio.run_coroutine_threadsafe(self._hang_up(), self.loop).result()
        super().stop(no_assert)

    async def _hang_up(self) -> None:
        assert self.server is not None
        self.server.close()
        async with asyncio.timeout(_PATIENCE):
            await asyncio.sleep(0.01)  # who has just been let in has not got a connection yet
            while len(self._transports) < self._accepted or any(map(_is_open, self._transports)):
                for transport in filter(_is_open, self._transports):
                    assert isinstance(transport, asyncio.Transport)
                    transport.abort()
                await asyncio.sleep(0.01)


def _is_open(transport: asyncio.BaseTransport) -> bool:
    return bool(transport.get_extra_info("socket").fileno() >= 0)
