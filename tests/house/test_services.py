"""The ground the tests stand on: databases are apart from each other, and nothing outlives a run, killed or not."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest

from tests import services

TOP = Path(__file__).parents[2]
SECONDS = 30


async def _run(url: str, *statements: str) -> list[str]:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return [await connection.execute(statement) for statement in statements]
    finally:
        await connection.close()


def _fill(url: str) -> None:
    assert url.endswith("/copied")
    services._psql("SELECT 1")  # the server answers while a template is filled


async def test_each_database_is_a_fresh_copy_of_its_template() -> None:
    services.postgres_template("copied", _fill)
    with services.postgres_database("copied") as one, services.postgres_database("copied") as other:
        assert await _run(one, "CREATE TABLE mine (id int)", "INSERT INTO mine VALUES (1)") == [
            "CREATE TABLE",
            "INSERT 0 1",
        ]
        with pytest.raises(asyncpg.UndefinedTableError):
            await _run(other, "SELECT * FROM mine")
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await _run(one, "SELECT 1")


async def test_the_server_wants_its_password() -> None:
    url = services.postgres_url("postgres")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await _run(url.replace(services._server().password, "guessed"), "SELECT 1")


def test_a_refusal_is_an_error_with_the_reason() -> None:
    with pytest.raises(services.ServiceMissing, match="does not exist"), services.postgres_database("nowhere"):
        pass


def test_a_missing_program_is_an_error_never_a_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(services.ServiceMissing, match="chromium"):
        services.chromium_path()


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL], ids=lambda ending: ending.name)
def test_nothing_outlives_a_run(ending: signal.Signals) -> None:
    """A run of its own starts a server and is then ended: server and room go, even when nobody could say goodbye."""
    script = (
        "from tests import services; services.open_room(); services.postgres_url('postgres');"
        "print(services._room(), services._server().keeper_pid, flush=True); input()"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=TOP, stdin=-1, stdout=-1, text=True) as run:
        assert run.stdout is not None
        room, keeper = run.stdout.readline().split()
        server = int((Path(room) / "data" / "postmaster.pid").read_text().split()[0])
        run.send_signal(ending)
    until = time.monotonic() + SECONDS
    while Path(room).exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert not Path(room).exists()
    assert not _runs(server)
    assert not _runs(int(keeper)) or _ends(int(keeper), until)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


def _ends(pid: int, until: float) -> bool:
    while _runs(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not _runs(pid)
