"""The right to write among the processes on one SQLite database, handed on at once and in order.

SQLite by itself lets a writer sleep and look again, up to a tenth of a second each time, and whoever looks first wins.
Here the kernel wakes who waits. There are two locks: who wants to write waits behind `next`, holds it while waiting
for `writing`, and then leaves it to others. So nobody writes twice in a row while another waits. A process that dies
leaves both. SQLite's own lock still decides; this one only says who asks for it.
"""

import asyncio
import fcntl
from contextlib import suppress
from threading import Thread
from typing import IO


class WriteLock:
    """The right to write to the database at this path. Of one process, one asks at a time."""

    def __init__(self, path: str) -> None:
        self._paths = (f"{path}-next", f"{path}-writing")
        self._files: tuple[IO[bytes], IO[bytes]] | None = None

    async def take(self) -> None:
        """Wait until it is ours, however long."""
        following, writing = self._open()
        if _holds(following, fcntl.LOCK_NB) and _holds(writing, fcntl.LOCK_NB):
            fcntl.flock(following, fcntl.LOCK_UN)
            return
        loop = asyncio.get_running_loop()
        ours = loop.create_future()
        Thread(target=self._wait, args=(loop, ours), daemon=True).start()
        await ours

    def give_back(self) -> None:
        """Let the next one write."""
        if self._files is not None:
            fcntl.flock(self._files[1], fcntl.LOCK_UN)

    def close(self) -> None:
        """Forget the files. Where a thread still waits for them, the kernel lets go of what it gets."""
        files, self._files = self._files, None
        for file in files or ():
            file.close()

    def _open(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._files is None:
            following, writing = self._paths
            self._files = open(following, "ab"), open(writing, "ab")  # noqa: SIM115, PTH123 -- as long as the database
        return self._files

    def _wait(self, loop: asyncio.AbstractEventLoop, ours: asyncio.Future[None]) -> None:
        """In a thread of its own, because the kernel's waiting knows no end."""
        with suppress(OSError, ValueError):  # closed meanwhile
            following, writing = self._open()
            _holds(following)
            _holds(writing)
            fcntl.flock(following, fcntl.LOCK_UN)
        with suppress(RuntimeError):  # the loop is gone, and with it whoever waited
            loop.call_soon_threadsafe(_tell, ours)


def _tell(ours: asyncio.Future[None]) -> None:
    if not ours.done():
        ours.set_result(None)


def _holds(file: IO[bytes], how: int = 0) -> bool:
    """Whether this lock is ours now; without LOCK_NB it is, some time. It may have been before."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | how)
    except BlockingIOError:
        return False
    return True
