"""One load at a time, made by wrk: 16 connections that ask again as soon as they have been answered."""

import json
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_plus

from storage.filling import Filled
from web.visits import SESSION_COOKIE

CONNECTIONS = 16
WARM_UP_SECONDS = 1
SCRIPT = Path(__file__).with_name("wrk.lua")
ACCEPTED = "gzip, deflate, br, zstd"
"""The compressions that browsers ask for."""

BARE = "bare text answer"
RENDERED = "thread of 20, rendered from memory"
BARE_PAGE, LONG_PAGE = "bare page, member", "page of 60 entries, member"
RENDERED_PATH = "/-/bench/threads"
"""Of the one route that `web.bench.rendered` adds."""


class LoadFailed(RuntimeError):
    """wrk is missing, or did not measure."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row of the table: who asks for what. Replies go to threads by chance, so only `path` stands for them."""

    name: str
    path: str
    as_member: bool = False
    replies_to: range | None = None

    def headers(self, session: str) -> dict[str, str]:
        """What the browser of this visitor or member would send."""
        return {"cookie": f"{SESSION_COOKIE}={session}"} if self.as_member else {}


def scenarios(filled: Filled) -> list[Scenario]:
    """What is measured, the bare answer first; replies after all pages, because they change the data, and last what the
    product does not have."""
    short, long, sig = f"/threads/{filled.short_thread}", f"/threads/{filled.long_thread}", f"/sigs/{filled.sig}"
    rows = [Scenario(BARE, "/-/health")]
    for who, as_member in (("visitor", False), ("member", True)):
        rows += [
            Scenario(f"thread of 20, {who}", short, as_member),
            Scenario(f"list of threads, {who}", sig, as_member),
            Scenario(f"first page of 500, {who}", long, as_member),
        ]
    for name, address in ((BARE_PAGE, filled.bare_page), (LONG_PAGE, filled.full_page)):
        rows.append(Scenario(name, f"/people/{address}", as_member=True))
    rows.append(Scenario("reply, member", short, as_member=True, replies_to=filled.other_threads))
    return [*rows, Scenario(RENDERED, f"{RENDERED_PATH}/{filled.short_thread}", as_member=True)]


@dataclass(frozen=True, slots=True)
class Measured:
    """What wrk counted. Times are in milliseconds; `refused` answers had a status of 400 or more."""

    per_second: float
    p50: float
    p99: float
    longest: float
    refused: int
    broken: int


def measure(
    port: int, scenario: Scenario, filled: Filled, body: str, seconds: int, connections: int = CONNECTIONS
) -> Measured:
    """Warm up, then measure for so many seconds. Raises LoadFailed."""
    press(port, scenario, filled, body, WARM_UP_SECONDS, connections)
    counted = press(port, scenario, filled, body, seconds, connections)
    return Measured(
        per_second=round(counted["requests"] * 1e6 / max(1, counted["microseconds"]), 1),
        p50=counted["p50"] / 1000,
        p99=counted["p99"] / 1000,
        longest=counted["longest"] / 1000,
        refused=counted["refused"],
        broken=counted["broken"],
    )


def find_wrk() -> str:
    """Where wrk is. Raises LoadFailed."""
    found = shutil.which("wrk")
    if found is None:
        raise LoadFailed("wrk is not installed: './dev bench' installs it (Debian's package wrk)")
    return found


def press(
    port: int, scenario: Scenario, filled: Filled, body: str, seconds: int, connections: int = CONNECTIONS
) -> Mapping[str, int]:
    """Let wrk ask for so many seconds; returns what it counted. Raises LoadFailed."""
    address = f"http://127.0.0.1:{port}"
    own = {} if scenario.replies_to else scenario.headers(filled.session)
    headers = {**own, "accept-encoding": ACCEPTED, "origin": address}
    command = [find_wrk(), f"--connections={connections}", "--threads=1", f"--duration={seconds}s", "--timeout=10s"]
    for name, value in headers.items():
        command += ["--header", f"{name}: {value}"]
    command += ["--script", str(SCRIPT), address + scenario.path]
    if scenario.replies_to is not None:
        places = scenario.replies_to
        command += ["--", "replies", str(places[0]), str(places[-1]), secrets.token_hex(4), quote_plus(body)]
        command += [",".join(scenario.headers(writer)["cookie"] for writer in filled.writers)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + 30)  # noqa: S603
    told = next((line for line in ended.stdout.splitlines() if line.startswith("measured ")), None)
    if ended.returncode or told is None:
        raise LoadFailed(f"wrk could not measure {scenario.name}: {ended.stderr or ended.stdout}")
    counted: Mapping[str, int] = json.loads(told.removeprefix("measured "))
    return counted
