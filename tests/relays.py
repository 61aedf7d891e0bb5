"""Mail relays on this machine that can be killed without leaving a socket behind."""

import asyncio
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

_TURNS = 5
"""Turns of the loop within which an accepted connection has its protocol, and an aborted one is closed."""


class RelayController(Controller):
    """A relay in a thread of its own. The library's stops its loop with connections open, which nobody closes then."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._connections: list[SMTP] = []

    def factory(self) -> SMTP:
        """A new connection, remembered."""
        connection = SMTP(self.handler, **self.SMTP_kwargs)
        self._connections.append(connection)
        return connection

    def stop(self, no_assert: bool = False) -> None:
        """Take nobody on, hang up on everybody, and end."""
        asyncio.run_coroutine_threadsafe(self._hang_up(), self.loop).result()
        super().stop(no_assert)

    async def _hang_up(self) -> None:
        assert self.server is not None
        self.server.close()
        await self._turn()
        for connection in self._connections:
            if isinstance(connection.transport, asyncio.Transport):
                connection.transport.abort()
        await self._turn()

    async def _turn(self) -> None:
        for _ in range(_TURNS):
            await asyncio.sleep(0)
