"""Granian, the server: how many processes, which loop, and where it listens."""

import gc
import os

from granian import Granian
from granian.constants import Interfaces, Loops

BACKLOG = 1024
SECONDS_TO_END = 10
"""How long a worker may take to end before it is killed; one that was still starting never answers."""


def serve_site(port: int, workers: int) -> None:
    """Serve on the loopback address until interrupted; a proxy with TLS stands in front where others come in."""
    os.environ.setdefault("STOA_SITE_URL", f"http://127.0.0.1:{port}")  # what links in mails begin with
    Granian(
        "web.serving:build_app",
        factory=True,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        workers=workers,
        backlog=BACKLOG,
        workers_kill_timeout=SECONDS_TO_END,
        log_access=False,
        websockets=False,
    ).serve()


def build_app() -> object:
    """The app, made anew in each process. What stands then stands as long as the process: nothing of it is garbage, so
    the collector need not look at it, neither while it is made nor ever after."""
    gc.disable()
    from web.app import create_app  # noqa: PLC0415 -- the parent process needs none of it

    app = create_app()
    gc.freeze()
    gc.enable()
    return app
