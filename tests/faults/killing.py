"""A server that is killed without warning (kill -9, every process of it at once) and started again on the same home."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from web.bench.server import fetch, free_port, last_words

TOP = Path(__file__).parents[2]
PATIENCE = 60.0
"""Seconds after which a server that does not answer is taken for dead."""


class KilledServer:
    """`stoa serve` in a session of its own, so that one signal reaches all of its processes, and no others."""

    def __init__(self, home: Path, settings: Mapping[str, str]) -> None:
        self.home = home
        self.port = free_port()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("STOA_")}
        own = {"STOA_HOME": str(home), "STOA_DEVELOPMENT": "true", "STOA_SITE_URL": self.origin}
        self._environment = {**kept, **own, **settings}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def origin(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> float:
        """Start it, and wait until it answers; returns the seconds that this took."""
        serving = "import sys; from web.command import main; main(['serve', '--port', sys.argv[1]])"
        began = time.monotonic()
        log = self.home / "server.log"
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-c", serving, str(self.port)],
                env=self._environment,
                cwd=TOP,
                start_new_session=True,
                stdout=file,
                stderr=file,
            )
        while time.monotonic() - began < PATIENCE:
            try:
                if fetch(self.port, "/-/health").status == 200:
                    return time.monotonic() - began
            except OSError:
                time.sleep(0.01)
        raise AssertionError(f"no answer after a kill:\n{last_words(log)}")

    def kill(self) -> None:
        """Kill every process of it, now."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def browser(self, token: str) -> httpx.AsyncClient:
        """A browser that is signed in with this session."""
        headers = {"origin": self.origin, "cookie": f"__Host-session={token}"}
        return httpx.AsyncClient(base_url=self.origin, headers=headers, timeout=20)


@contextmanager
def killed_server(home: Path, settings: Mapping[str, str]) -> Iterator[KilledServer]:
    """A server to be started and killed; none of it is left in the end."""
    server = KilledServer(home, settings)
    try:
        yield server
    finally:
        server.kill()
