"""What a process keeps in mind of what it has read, for as long as nothing of it has changed."""

import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Final, TypeVar

from cachetools import LRUCache

MOST_KEPT: Final = 4096
"""Values; beyond that, the one that was not asked for the longest goes."""

MOST_PAGES: Final = 256
"""The same for what fills a page."""

KEEP_FOR: Final = 60.0
"""Seconds after which anything is read anew, whatever the version says."""

_T = TypeVar("_T")


class Memory:
    """Values by key, each with the version that was read before it was. Only what has that same version holds."""

    def __init__(self, most: int | None = None) -> None:
        self._kept: LRUCache[Hashable, tuple[Hashable, float, Any]] = LRUCache(most or MOST_KEPT)

    async def recall(self, key: Hashable, version: Hashable | None, read: Callable[[], Awaitable[_T]]) -> _T:
        """The value as of this version: kept, or read now and kept. Without a version nothing is kept, nor is None."""
        kept, until, value = self._kept.get(key, (None, 0.0, None))
        if version is not None and kept == version and time.monotonic() < until:
            return value  # type: ignore[no-any-return]  # what was kept is what `read` gave for the same key
        fresh = await read()
        if version is not None and fresh is not None:
            self._kept[key] = (version, time.monotonic() + KEEP_FOR, fresh)
        return fresh

    def last(self, key: Hashable) -> Any:
        """What was kept last, whether it still holds or not; None where nothing was."""
        return self._kept[key][2] if key in self._kept else None

    def forget(self, key: Hashable) -> None:
        """Read it anew when it is asked for next."""
        self._kept.pop(key, None)

    def forget_all(self) -> None:
        """Read everything anew."""
        self._kept.clear()
