"""The benchmark, on so little data and for so briefly that its figures mean nothing; its working is what counts."""

import json
import os
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from storage.filling import FEWEST_POSTS, LONG, POSTS_OF_MEASURED_SIG, SHORT, THREADS_A_SIG, thread_sizes
from web.bench.command import NARROWEST, command
from web.bench.report import print_comparison, read_figures
from web.bench.server import RunningServer, _descendants, _lives, running_server

PAGES = {"thread of 20", "list of threads", "first page of 500", "bare page", "page of 60 entries"}


@pytest.mark.parametrize("posts", [FEWEST_POSTS, 999, POSTS_OF_MEASURED_SIG, POSTS_OF_MEASURED_SIG + 5, 100_000])
def test_content_has_exactly_the_posts_that_were_asked_for(posts: int) -> None:
    sizes = list(thread_sizes(posts))
    assert sum(size for _, size in sizes) == posts
    assert min(size for _, size in sizes) > 0
    assert sizes[0] == (0, SHORT)


def test_the_measured_sig_is_the_same_however_many_posts_there_are() -> None:
    usual = [size for sig, size in thread_sizes(POSTS_OF_MEASURED_SIG) if sig == 0]
    many = [size for sig, size in thread_sizes(20 * POSTS_OF_MEASURED_SIG) if sig == 0]
    assert usual == many
    assert usual[1] == LONG
    assert len(usual) == THREADS_A_SIG


@pytest.mark.slow
def test_a_tiny_run_measures_every_row_and_can_be_held_against_another(tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    ran = CliRunner().invoke(command, ["--posts", "300", "--seconds", "1", "--out", str(out)])
    assert ran.exit_code == 0, ran.output
    figures = json.loads(out.read_text())
    rows = figures["rows"]
    assert {name.partition(", ")[0] for name in rows} == PAGES | {"bare text answer", "reply"}
    assert all(row["per_second"] > 0 for row in rows.values())
    # A reply may be refused as Busy on a machine with much else to do; a page may not.
    assert not any(row["refused"] for name, row in rows.items() if name != "reply, member")
    assert rows["bare text answer"]["statements"] == 0
    assert all(row["compressed"] < row["plain"] for name, row in rows.items() if name.partition(", ")[0] in PAGES)
    assert figures["memory"]["after"]["processes"] >= 3
    assert min(figures["first_visit"].values()) > 0
    told = Console(file=StringIO(), width=NARROWEST)
    print_comparison(told, read_figures(out), figures)
    assert isinstance(told.file, StringIO)
    assert "+0%" in told.file.getvalue()


def test_a_file_that_holds_no_run_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"form": 0}')
    ran = CliRunner().invoke(command, ["--against", str(other)])
    assert ran.exit_code == 1
    assert "no run that can be compared" in ran.output


@pytest.mark.faults
def test_no_process_is_left_when_measuring_fails(tmp_path: Path) -> None:
    started: list[int] = []

    def fail(server: RunningServer) -> None:
        started.extend((server.pid, *_descendants(server.pid)))
        raise RuntimeError

    with pytest.raises(RuntimeError), running_server(2, {"STOA_HOME": str(tmp_path)}, tmp_path / "log") as server:
        fail(server)
    assert len(started) >= 3
    assert not any(map(_lives, started))


@pytest.mark.faults
def test_no_process_is_left_when_the_benchmark_is_killed(tmp_path: Path) -> None:
    code = """
import sys, time
from pathlib import Path
from web.bench.server import running_server
home = Path(sys.argv[1])
with running_server(2, {"STOA_HOME": str(home)}, home / "log") as server:
    print(server.pid, flush=True)
    time.sleep(600)
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        server = int(process.stdout.readline())
        family = [server, *_descendants(server)]
        os.kill(process.pid, signal.SIGKILL)
    until = time.monotonic() + 15
    while any(map(_lives, family)) and time.monotonic() < until:
        time.sleep(0.05)
    assert len(family) >= 3
    assert not any(map(_lives, family))
