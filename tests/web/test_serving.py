"""What the server's processes share, and what they give back."""

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from web import serving
from web.serving import PRODUCT, load_app

made: list[object] = []


def build_sample() -> object:
    """What makes the app, as a name leads to it."""
    made.append(object())
    return made[-1]


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    made.clear()
    load_app.cache_clear()
    yield
    gc.unfreeze()


def test_the_app_is_made_once_and_forked_processes_have_it() -> None:
    name = f"{__name__}:build_sample"
    app = load_app(name)
    assert made == [app]
    assert gc.isenabled()
    child = os.fork()
    if child == 0:
        os._exit(0 if load_app(name) is made[0] and len(made) == 1 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_name_that_leads_nowhere_is_told_before_anything_listens() -> None:
    with pytest.raises(AttributeError):
        load_app(f"{serving.__name__}:no_such_thing")


def test_a_start_on_sqlite_loads_nothing_that_few_need(tmp_path: Path) -> None:
    late = ("PIL", "markdown_it", "asyncpg")
    code = f"import sys; from web.serving import load_app; load_app({PRODUCT!r}); print(*sorted(sys.modules))"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STOA_")}
    environment = {**kept, "STOA_HOME": str(tmp_path), "STOA_DEVELOPMENT": "false"}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = ran.stdout.split()
    assert "litestar" in loaded
    assert [name for name in late if name in loaded] == []


LEAVE_A_HOLE = """
import sys, time
from pathlib import Path
from web import serving

def held():
    return int(Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0]) // 1024

returns, seconds = sys.argv[1] == "True", int(sys.argv[2])
serving._SECONDS_BETWEEN_RETURNS = 0.2
if returns:
    serving.begin_process("builtins:object")
blocks = [b"x" * (4096 + number % 2) for number in range(16_384)]  # 64 MiB
last = blocks[-1]  # keeps the end of what malloc has
full = held()
blocks.clear()
until = time.monotonic() + seconds
while time.monotonic() < until and held() > full - 48:
    time.sleep(0.05)
print(full - held())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc, and glibc")
@pytest.mark.parametrize(("returns", "seconds"), [(True, 20), (False, 1)])
def test_a_process_gives_back_what_nothing_is_in_any_more(*, returns: bool, seconds: int) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LEAVE_A_HOLE, str(returns), str(seconds)], capture_output=True, text=True, check=True
    )
    assert (int(ran.stdout) >= 48) is returns
