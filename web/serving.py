"""Granian, the server: how many processes, which loop, and where it listens."""

import contextlib
import ctypes
import gc
import os
import threading
import time
from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from typing import Any

from granian import Granian
from granian.constants import Interfaces, Loops

BACKLOG = 1024
SECONDS_TO_END = 10
"""How long a worker may take to end before it is killed; one that was still starting never answers."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # as glibc's malloc.h has them
_ALLOCATION = {_ARENA_MAX: 1, _MMAP_THRESHOLD: 128 * 1024, _TRIM_THRESHOLD: 128 * 1024}
"""How glibc gets memory: by itself it has an arena for each thread, and what one has freed no other gets; and it takes
ever larger blocks from there, once one has been freed, so that what is large for a moment leaves holes. Here all share
one, as only one thread runs Python at a time."""

_SECONDS_BETWEEN_RETURNS = 2

PRODUCT = "web.serving:build_app"
"""Module and name of what makes the app."""


def serve_site(port: int, workers: int, app: str = PRODUCT) -> None:
    """Serve on the loopback address until interrupted; a proxy with TLS stands in front where others come in. `app`
    names what makes the app. It is made here once, so that the processes that are forked off share what never changes
    of it; where processes are started anew instead, each makes its own."""
    os.environ.setdefault("STOA_SITE_URL", f"http://127.0.0.1:{port}")  # what links in mails begin with
    server = Granian(
        app,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        workers=workers,
        backlog=BACKLOG,
        workers_kill_timeout=SECONDS_TO_END,
        log_access=False,
        websockets=False,
    )
    _keep_memory_together()
    load_app(app)
    server.serve(target_loader=partial(begin_process, app), wrap_loader=False)


def _keep_memory_together() -> None:
    """Have glibc allocate as is said above; other systems' allocators know none of this."""
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        for choice, value in _ALLOCATION.items():
            libc.mallopt(choice, value)


def begin_process(app: str) -> Any:
    """What each process that answers begins with. Returns the app."""
    threading.Thread(target=_return_memory, name="memory", daemon=True).start()
    return load_app(app)


def _return_memory() -> None:
    """Give back to the system, again and again, the pages that nothing is in any more. glibc by itself returns only the
    end of what it has, so a load leaves ever more of them between what is in use. Takes about a millisecond."""
    with contextlib.suppress(OSError, AttributeError):
        trim = ctypes.CDLL(None).malloc_trim
        while True:
            time.sleep(_SECONDS_BETWEEN_RETURNS)
            trim(0)


@cache
def load_app(name: str) -> Any:
    """The app, made once in a process and those forked off it. What stands then stands for good: nothing of it is
    garbage, so the collector need not look at it, neither while it is made nor ever after."""
    module, _, factory = name.partition(":")
    gc.disable()
    build: Callable[[], Any] = getattr(import_module(module), factory)
    app = build()
    gc.freeze()
    gc.enable()
    return app


def build_app() -> object:
    """The product."""
    from web.app import create_app  # noqa: PLC0415 -- commands that serve nothing need none of it

    return create_app()
