"""A real S3 service for the tests: rclone, which serves a folder by that protocol and checks every signature.

It is not Amazon's, nor a stand-in made of our own expectations: a program in another language that others use as their
server. It shows that what we send is understood, signed well, and refused when signed badly; not how a particular
provider behaves under load. It ends with the process that started it, killed or not.
"""

import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.services import ServiceMissing, free_port

START_SECONDS = 30
NAME = "pictures"


@dataclass(frozen=True, slots=True)
class BucketServer:
    """How to reach the service, and the folder that it serves."""

    endpoint: str
    key: str
    secret: str
    folder: Path


@contextmanager
def bucket_server(home: Path) -> Iterator[BucketServer]:
    """The service over a folder of this home, with one empty bucket in it."""
    folder, log = home / "buckets", home / "bucket-server.log"
    (folder / NAME).mkdir(parents=True)
    port, key, secret = free_port(), secrets.token_hex(10), secrets.token_hex(20)
    command = [_program("setpriv"), "--pdeathsig", "KILL", _program("rclone"), "serve", "s3", "--config", "", "--addr"]
    command += [f"127.0.0.1:{port}", "--auth-key", f"{key},{secret}", "--vfs-cache-mode", "off", str(folder)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    try:
        _wait_for(process, port, log)
        yield BucketServer(f"http://127.0.0.1:{port}", key, secret, folder)
    finally:
        process.kill()
        process.wait()


def _program(name: str) -> str:
    """A program of the virtual environment, or of the system."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        raise ServiceMissing(f"{name} is not installed: './dev test' installs it")
    return found


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        if process.poll() is not None or time.monotonic() > until:
            raise ServiceMissing(f"the S3 service does not start:\n{log.read_text()}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
