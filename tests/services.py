"""What the tests need of the machine: a throw-away PostgreSQL, Debian's Chromium, a free port.

Nothing here skips. A server that cannot be had is an error that says why, because a test that silently does not run
proves nothing.

PostgreSQL starts when the first test asks for a database, once for the whole run: pytest-xdist's workers share it
through a folder (the *room*) that the controlling process names in the environment. A keeper process of our own
(`tests/keeper.py`) holds the server and ends it with the run, also when the run is killed, so that no cluster is left
behind; one that is left behind all the same is in nobody's way, as each run has its own folder, port and password.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from uuid import uuid4

from tests import keeper

ROOM = "STOA_TEST_ROOM"
CONTROLLER = "controller"
START_SECONDS = 60
STOP_SECONDS = 30
MEMORY = Path("/dev/shm")  # noqa: S108 # the folder made in it is closed to others
MEMORY_BYTES = 2 * 2**30

free_port = keeper.free_port

_keepers: list[subprocess.Popen[bytes]] = []


class ServiceMissing(RuntimeError):
    """Something that the tests need is not on this machine or does not start."""


def open_room() -> None:
    """Name this run's folder for all workers. Called once, by the controlling process; nothing is started yet."""
    room = os.environ[ROOM] = tempfile.mkdtemp(prefix="stoa-test-", dir=_roomy())
    (Path(room) / CONTROLLER).write_text(str(os.getpid()))


def close_room() -> None:
    """End what was started in the room and wait until it is gone. Called once, by the controlling process."""
    room = Path(os.environ.pop(ROOM))
    if not (room / keeper.READY).exists():
        shutil.rmtree(room, ignore_errors=True)
        return
    os.kill(_ready(room).keeper_pid, signal.SIGTERM)
    until = time.monotonic() + STOP_SECONDS
    while room.exists():
        if time.monotonic() > until:
            raise ServiceMissing(f"PostgreSQL did not stop within {STOP_SECONDS} seconds; see {room}")
        time.sleep(0.02)


def postgres_url(database: str) -> str:
    """Address of a database on the run's server, for SQLAlchemy with asyncpg; starts the server on first use."""
    server = _server()
    return f"postgresql+asyncpg://{keeper.OWNER}:{server.password}@127.0.0.1:{server.port}/{database}"


def postgres_template(name: str, fill: Callable[[str], None]) -> str:
    """The database `name`, filled once a run by `fill(url)`, to be copied by `postgres_database`.

    `fill` must close its connections: PostgreSQL copies only a database that nobody is connected to.
    """
    _server()
    with _alone():
        if not _psql(f"SELECT 1 FROM pg_database WHERE datname = '{name}' AND datistemplate"):
            _psql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')
            fill(postgres_url(name))
            _psql(f'ALTER DATABASE "{name}" IS_TEMPLATE true ALLOW_CONNECTIONS false')
    return name


@contextmanager
def postgres_database(template: str = "template0") -> Iterator[str]:
    """A fresh database of its own, copied from `template`; gives its address, and drops it afterwards."""
    name = f"test_{uuid4().hex}"
    url = postgres_url(name)
    _psql(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    try:
        yield url
    finally:
        _psql(f'DROP DATABASE "{name}" WITH (FORCE)')


def chromium_path() -> str:
    """The system's Chromium, for Playwright's `executable_path`."""
    found = shutil.which("chromium")
    if found is None:
        raise ServiceMissing("Chromium is not installed: './dev test' installs it (Debian's package chromium)")
    return found


def _roomy() -> Path | None:
    """Memory where there is enough, as a database is copied there in a tenth of the time; else the usual place."""
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > MEMORY_BYTES:
        return MEMORY
    return None


def _room() -> Path:
    try:
        return Path(os.environ[ROOM])
    except KeyError:
        raise ServiceMissing("no room: tests/conftest.py opens one when pytest starts") from None


@contextmanager
def _alone() -> Iterator[None]:
    """One worker at a time. The lock is a file's, so it ends with a process that dies."""
    with (_room() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _ready(room: Path) -> keeper.Server:
    return keeper.Server(**json.loads((room / keeper.READY).read_text()))


@cache
def _server() -> keeper.Server:
    """The running server: started by whoever asks first, found by all others."""
    room = _room()
    with _alone():
        if not (room / keeper.READY).exists():
            _start(room)
    return _ready(room)


def _start(room: Path) -> None:
    log = room / "keeper.log"
    command = [sys.executable, "-m", keeper.__name__, str(room), (room / CONTROLLER).read_text()]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,  # a Ctrl-C in the terminal is for pytest, which then closes the room
        )
    _keepers.append(process)
    until = time.monotonic() + START_SECONDS
    while not (room / keeper.READY).exists():
        if process.poll() is not None or time.monotonic() > until:
            raise ServiceMissing(f"PostgreSQL does not start:\n{log.read_text()}")
        time.sleep(0.02)


def _psql(*statements: str) -> str:
    """Run statements as the owner, over the server's own socket; gives what they print."""
    command = [keeper.program("psql"), "--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]
    command += ["--set=ON_ERROR_STOP=1", f"--host={_room()}", f"--port={_server().port}", f"--username={keeper.OWNER}"]
    command += ["--dbname=postgres", *(f"--command={statement}" for statement in statements)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServiceMissing(f"PostgreSQL refuses: {done.stderr.strip()}")
    return done.stdout.strip()
