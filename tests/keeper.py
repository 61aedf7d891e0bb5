"""Keeps one throw-away PostgreSQL for one run of the tests: `python -m tests.keeper ROOM CONTROLLER`.

A process of its own, because the worker that first needs the server may end before the others do. It ends the server,
and removes the room, when it is told to (SIGTERM) or when the controlling process is gone, killed or not.

Only this user reaches the server: over a socket in a folder closed to others, or over loopback with a random password.
"""

import json
import os
import pwd
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

OWNER = "stoa"
READY = "ready.json"
TRIES = 3  # another process may take the port that was free a moment ago

# Nothing here outlives the run, so nothing waits for a disk. Sorting is by code point, as SQLite sorts.
INITDB = ("--auth-local=trust", "--auth-host=password", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8")
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
    "timezone": "UTC",
}


@dataclass(frozen=True)
class Server:
    """How to reach the server, and which process to tell to end it."""

    port: int
    password: str
    keeper_pid: int


def program(name: str) -> str:
    """A program of PostgreSQL. Debian keeps the server's programs beside the path, one folder a version."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda bin_: float(bin_.parent.name), reverse=True)
    found = shutil.which(name, path=os.pathsep.join([*map(str, folders), os.environ.get("PATH", "")]))
    if found is None:
        raise FileNotFoundError(f"{name} is not installed: './dev test' installs it (Debian's package postgresql)")
    return found


def account() -> pwd.struct_passwd:
    """Who the server runs as: whoever runs the tests, but never root, which PostgreSQL refuses."""
    return pwd.getpwuid(os.getuid()) if os.getuid() else pwd.getpwnam("postgres")


def run_as(who: pwd.struct_passwd, *command: str) -> subprocess.Popen[bytes]:
    """Start a program of PostgreSQL as `who`, in a folder that it may enter."""
    if os.getuid():
        return subprocess.Popen(command, cwd="/")
    return subprocess.Popen(command, cwd="/", user=who.pw_uid, group=who.pw_gid, extra_groups=[])


def make_cluster(room: Path, who: pwd.struct_passwd, password: str) -> Path:
    """A new empty cluster in the room, closed to everybody else."""
    os.chown(room, who.pw_uid, who.pw_gid)
    room.chmod(0o700)
    secret = room / "password"
    secret.write_text(password)
    os.chown(secret, who.pw_uid, who.pw_gid)
    data = room / "data"
    made = run_as(who, program("initdb"), f"--pgdata={data}", f"--username={OWNER}", f"--pwfile={secret}", *INITDB)
    if made.wait():
        raise ChildProcessError("initdb failed; what it said is above")
    return data


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now. Another process may still be quicker."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(data: Path, who: pwd.struct_passwd) -> tuple[subprocess.Popen[bytes], int]:
    """Start the server; gives it with its port once it takes connections, as the eighth line of its pid file tells."""
    pid_file = data / "postmaster.pid"
    for _ in range(TRIES):
        port = free_port()
        settings = {**SETTINGS, "port": port, "unix_socket_directories": data.parent}
        server = run_as(who, program("postgres"), "-D", str(data), *(f"--{name}={settings[name]}" for name in settings))
        while server.poll() is None:
            lines = pid_file.read_text().splitlines() if pid_file.exists() else []
            if lines[7:] and lines[7].strip() == "ready":
                return server, port
            time.sleep(0.02)
    raise ChildProcessError("the server does not start; what it said is above")


def keep(room: Path, controller: int) -> None:
    """Start the server, say so in the room, and end it with the run."""
    password = secrets.token_hex(16)
    watched = os.pidfd_open(controller)
    who = account()
    server, port = start(make_cluster(room, who, password), who)
    try:
        ready = room / "ready.new"
        ready.write_text(json.dumps(asdict(Server(port, password, os.getpid()))))
        ready.rename(room / READY)
        select.select([watched], [], [])
    finally:
        server.send_signal(signal.SIGQUIT)  # at once, as its data goes too
        server.wait()
        shutil.rmtree(room, ignore_errors=True)


def _leave(_signal: int, _frame: object) -> None:
    sys.exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _leave)
    keep(Path(sys.argv[1]), int(sys.argv[2]))
