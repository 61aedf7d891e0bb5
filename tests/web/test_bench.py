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
from web.bench.bars import bars_of, holds_against
from web.bench.command import NARROWEST, command
from web.bench.load import BARE, BARE_PAGE, LONG_PAGE, RENDERED, Scenario
from web.bench.report import print_bars, print_comparison, read_figures
from web.bench.server import RunningServer, _descendants, _lives, running_server
from web.bench.soak import MIXED, TURN_SECONDS, soak

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
    assert RENDERED in rows
    assert all(row["per_second"] > 0 for row in rows.values())
    # A reply may be refused as Busy on a machine with much else to do; a page may not.
    assert not any(row["refused"] for name, row in rows.items() if name != "reply, member")
    assert rows["bare text answer"]["statements"] == rows[RENDERED]["statements"] == 0
    of_rendered = rows[RENDERED]["plain"] / rows["thread of 20, member"]["plain"]
    assert 0.95 < of_rendered < 1.05, "another page"
    assert all(row["compressed"] < row["plain"] for name, row in rows.items() if name.partition(", ")[0] in PAGES)
    assert 0 < figures["first_showings"][BARE_PAGE] < figures["first_showings"][LONG_PAGE]
    assert figures["memory"]["after"]["processes"] >= 3
    assert min(figures["first_visit"].values()) > 0
    told = Console(file=StringIO(), width=NARROWEST)
    print_comparison(told, read_figures(out), figures)
    assert isinstance(told.file, StringIO)
    assert "+0%" in told.file.getvalue()
    assert "not met" not in told.file.getvalue()


def _row(per_second: float, p50: float = 1.0, p99: float = 5.0, statements: int = 3) -> dict[str, float]:
    return {"per_second": per_second, "p50": p50, "p99": p99, "statements": statements}


def test_a_bar_is_met_from_its_mark_on_and_not_below() -> None:
    rows = {BARE: _row(300), RENDERED: _row(90), "thread of 20, visitor": _row(100), "thread of 20, member": _row(29)}
    assert [bar.is_met for bar in bars_of(rows)] == [True, False, True, True, True, True]
    assert [bar.is_met for bar in bars_of({BARE: _row(300, p99=5.1)})] == [False]
    pages = {BARE_PAGE: _row(300), LONG_PAGE: _row(149)}
    assert [bar.is_met for bar in bars_of(pages, {BARE_PAGE: 4.0, LONG_PAGE: 8.0})] == [False, True, True, True]
    assert [bar.is_met for bar in bars_of({BARE: _row(0, p50=0.0, p99=0.0)})] == [False]
    told = Console(file=StringIO(), width=NARROWEST)
    print_bars(told, {"rows": rows})
    assert isinstance(told.file, StringIO)
    assert "thread of 20, visitor, of bare text answer: 0.33 (≥ 0.33), met" in told.file.getvalue()
    assert "of thread of 20, rendered from memory: 0.32 (≥ 0.33), not met" in told.file.getvalue()


def test_a_row_holds_against_another_that_is_a_quarter_faster_and_asks_no_less() -> None:
    assert holds_against(_row(100), _row(75))
    assert holds_against(_row(100), _row(400))
    assert not holds_against(_row(100), _row(74))
    assert not holds_against(_row(100), _row(100, statements=4))


def test_a_soak_takes_turns_and_tells_how_memory_went_after_the_warm_up() -> None:
    rows = [Scenario(name, "/") for name in ("bare page, member", *sorted(MIXED))]
    pressed: list[str] = []
    soaked = soak(
        rows,
        2,
        press=lambda row: pressed.append(row.name),
        weigh=lambda: 100.0 + len(pressed),
        clock=lambda: 50.0 + TURN_SECONDS * len(pressed),
    )
    assert pressed == sorted(MIXED) * 5
    assert [(note.minutes, note.mib) for note in soaked.notes[::3]] == [
        (0, 108),
        (0.5, 111),
        (1, 114),
        (1.5, 117),
        (2, 120),
    ]
    figures = soaked.figures()
    assert (figures["start"], figures["end"], figures["slope"], figures["growth"]) == pytest.approx(
        (108, 120, 6, 1.111), abs=0.01
    )
    assert [bar.is_met for bar in bars_of({}, soaked=figures)] == [False]
    assert [bar.is_met for bar in bars_of({}, soaked={**figures, "growth": 1.03})] == [True]


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
