"""The real server in processes of its own, for as long as it is measured, and what they take of the machine.

It ends with the measuring, however that ends: `running_server` stops it, and the kernel tells the server when the
process that started it is gone, so that not even a kill leaves one behind.
"""

import contextlib
import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from web.serving import PRODUCT, serve_site

START_SECONDS = 60
STOP_SECONDS = 15
_SERVE = "import sys; from web.bench.server import serve_for; serve_for(sys.argv[1], *map(int, sys.argv[2:]))"
_TELL_WHEN_PARENT_ENDS = 1  # PR_SET_PDEATHSIG


class ServerFailed(RuntimeError):
    """The server did not come up, or is gone."""


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that answers at `port` of 127.0.0.1; it took `start_seconds` to do so."""

    pid: int
    port: int
    start_seconds: float
    log: Path

    def memory(self) -> dict[str, float]:
        """What all its processes hold, in MiB: `rss` counts shared pages in each of them, `pss` once."""
        pids = [self.pid, *_descendants(self.pid)]
        sums = dict.fromkeys(("rss", "pss"), 0)
        for pid in pids:
            for name, kib in _memory_of(pid).items():
                sums[name] += kib
        return {"processes": len(pids), **{name: round(kib / 1024, 1) for name, kib in sums.items()}}


@contextmanager
def running_server(workers: int, settings: Mapping[str, str], log: Path, app: str = PRODUCT) -> Iterator[RunningServer]:
    """Serve as `stoa serve` does with nothing but these settings, wait until it answers, and end every process of it.
    `app` names what makes the app. Raises ServerFailed."""
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STOA_")}
    environment = {**kept, **settings, "STOA_SITE_URL": f"http://127.0.0.1:{port}"}
    command = [sys.executable, "-c", _SERVE, app, str(port), str(workers), str(os.getpid())]
    began = time.monotonic()
    with log.open("wb") as file:
        # A session of its own: Ctrl-C reaches the measuring, which then ends the server in order.
        process = subprocess.Popen(  # noqa: S603 -- our own interpreter and code
            command, env=environment, cwd=_top(), start_new_session=True, stdout=file, stderr=file
        )
    try:
        _wait_until_ready(process, port, log)
        yield RunningServer(process.pid, port, round(time.monotonic() - began, 2), log)
    finally:
        _end(process)


def serve_for(app: str, port: int, workers: int, parent: int) -> None:
    """In the server's own process: serve as `stoa serve` does, until told otherwise or until that process is gone."""
    ctypes.CDLL(None).prctl(_TELL_WHEN_PARENT_ENDS, signal.SIGTERM)
    if os.getppid() == parent:
        serve_site(port, workers, app)


def last_words(log: Path) -> str:
    """The end of what the server said."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-12:])


def _top() -> Path:
    return Path(__file__).parents[2]


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise ServerFailed(f"the server ended with status {process.returncode}:\n{last_words(log)}")
        with contextlib.suppress(OSError, http.client.HTTPException):
            if fetch(port, "/-/health").status == 200:
                return
        time.sleep(0.02)
    raise ServerFailed(f"the server did not answer within {START_SECONDS} seconds:\n{last_words(log)}")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it came over the wire; `body` is compressed when that was asked for."""

    status: int
    encoding: str
    body: bytes


def fetch(port: int, path: str, headers: Mapping[str, str] | None = None) -> Answer:
    """One GET request. Raises OSError and HTTPException."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers=dict(headers or {}))
        answer = connection.getresponse()
        return Answer(answer.status, answer.getheader("content-encoding", "identity"), answer.read())
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the server to end, and end whatever of it has not."""
    family = _descendants(process.pid)
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    until = time.monotonic() + STOP_SECONDS
    while any(map(_lives, family)) and time.monotonic() < until:
        time.sleep(0.02)
    for pid in filter(_lives, family):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _lives(pid: int) -> bool:
    return _stat(pid)[:1] not in ([], ["Z"])


def _stat(pid: int) -> list[str]:
    """The fields of a process from its state on, or nothing when it is gone. Its name, before them, may hold spaces."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _descendants(pid: int) -> list[int]:
    """Every process that this one started, and those that they started."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        if fields := _stat(int(folder.name)):
            children.setdefault(int(fields[1]), []).append(int(folder.name))
    found, looked_at = list(children.get(pid, ())), 0
    while looked_at < len(found):
        found += children.get(found[looked_at], ())
        looked_at += 1
    return found


def _memory_of(pid: int) -> dict[str, int]:
    """What a process holds, in KiB."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return {}
    fields = {line.partition(":")[0].lower(): line.split()[1] for line in lines if line.endswith(" kB")}
    return {name: int(fields[name]) for name in ("rss", "pss") if name in fields}
