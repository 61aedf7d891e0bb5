"""Pictures wait for the one thread that reads them: no two need memory at once, and no page waits."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import IO, TYPE_CHECKING, Final

from domain.refusals import Problem
from storage.database import Busy

if TYPE_CHECKING:
    from storage.pictures import Photo

LONGEST_QUEUE: Final = 8
"""Pictures that wait for the thread, some seconds of work; more are refused with `Busy`."""

_thread = ThreadPoolExecutor(1, thread_name_prefix="picture")
_in_hand = 0


async def read_in_turn(source: IO[bytes]) -> "Photo | Problem":
    """What `read_photo` makes of this, away from the event loop and one at a time. Raises Busy when many wait."""
    global _in_hand  # noqa: PLW0603 -- one count for the process, as there is one thread
    if _in_hand > LONGEST_QUEUE:
        raise Busy("too many pictures wait to be read")
    _in_hand += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_thread, _read, source)
    finally:
        _in_hand -= 1


def _read(source: IO[bytes]) -> "Photo | Problem":
    from storage.pictures import read_photo  # noqa: PLC0415 -- no start waits for a library that few requests need

    return read_photo(source)
