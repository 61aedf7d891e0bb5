"""What was measured: the machine, the table, and the JSON that another run can be held against."""

import json
import os
import platform
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from web.bench.bars import bars_of, holds_against
from web.bench.load import BARE

FORM = 1
"""The form of the JSON; a run is compared with those of the same form only."""

BUSY_SHARE = 4
"""A load of more than one core in so many, before anything is measured, spoils the figures."""

_TOLD = ("granian", "litestar", "sqlalchemy", "aiosqlite", "asyncpg", "pysqlite3", "uvloop")

Figures = Mapping[str, Any]


def describe_machine() -> dict[str, Any]:
    """What the figures depend on, and nothing that names the machine."""
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "load_before": round(os.getloadavg()[0], 2),
        "system": platform.system(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _TOLD},
    }


def _cpu_model() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def with_ratios(rows: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Each row with its requests per second as a share of the bare answer's."""
    bare = rows[BARE]["per_second"] or 1.0
    return {name: {**row, "of_bare": round(row["per_second"] / bare, 4)} for name, row in rows.items()}


def print_figures(console: Console, figures: Figures) -> None:
    """The table, and what holds for the whole run."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for heading in ("requests/s", "p50 ms", "p99 ms", "of bare", "statements", "kB plain", "kB sent", "errors"):
        table.add_column(heading, justify="right")
    for name, row in figures["rows"].items():
        table.add_row(
            name,
            f"{row['per_second']:,.0f}",
            f"{row['p50']:.2f}",
            f"{row['p99']:.2f}",
            f"{row['of_bare']:.3f}",
            _or_dash(row["statements"]),
            _kilobytes(row["plain"]),
            _kilobytes(row["compressed"]),
            _or_dash(row["refused"] + row["broken"] or None),
        )
    console.print(table)
    visit, memory = figures["first_visit"], figures["memory"]
    console.print(
        f"\nFirst visit to a thread: {sum(visit.values()) / 1000:.1f} kB "
        f"(HTML {visit['html'] / 1000:.1f}, CSS {visit['css'] / 1000:.1f}, JavaScript {visit['js'] / 1000:.1f})"
    )
    console.print(
        f"Memory of {memory['after']['processes']} processes: {memory['after']['pss']:.0f} MiB "
        f"({memory['ready']['pss']:.0f} MiB before the load; {memory['after']['rss']:.0f} MiB with shared pages "
        f"counted in each). Ready after {figures['start_seconds']:.2f} s."
    )
    if shown := figures.get("first_showings"):
        told = ", ".join(f"{name} {taken:.1f} ms" for name, taken in shown.items())
        console.print(f"Processor time of a first showing: {told}.")
    if soaked := figures.get("soak"):
        console.print(
            f"Memory over {soaked['minutes']:.0f} minutes of mixed load: {soaked['start']:.0f} MiB at the start, "
            f"{soaked['end']:.0f} at the end, {soaked['slope']:+.2f} a minute."
        )
    machine = figures["machine"]
    if machine["load_before"] > machine["cores"] / BUSY_SHARE:
        console.print(f"This machine was busy before (load {machine['load_before']}): only the shares tell something.")


def print_bars(console: Console, figures: Figures) -> None:
    """What has to be reached, and whether it is."""
    console.print("\nBars:")
    for bar in bars_of(figures["rows"], figures.get("first_showings"), figures.get("soak")):
        console.print(f"  {bar}", style=None if bar.is_met else "red")


def _or_dash(number: int | None) -> str:
    return "–" if number is None else str(number)


def _kilobytes(number: int | None) -> str:
    return "–" if number is None else f"{number / 1000:.1f}"


def write_figures(figures: Figures, path: Path) -> None:
    """Keep a run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, indent=2) + "\n")


def default_path(home: Path, now: datetime) -> Path:
    """Where a run is kept: each in a file of its own, which sort by time."""
    return home / "bench" / f"{now:%Y%m%d-%H%M%S}.json"


def read_figures(path: Path) -> Figures:
    """An earlier run. Raises ValueError when the file is none, or of another form."""
    figures = json.loads(path.read_text())
    if not isinstance(figures, dict) or figures.get("form") != FORM:
        raise ValueError(f"{path.name} holds no run that can be compared with this one")
    return figures


def print_comparison(console: Console, before: Figures, after: Figures) -> None:
    """Row by row, requests a second then and now, and the share of the bare answer, which the machine's mood spares."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for heading in ("then", "now", "change", "of bare then", "now", "statements then", "now", "bar"):
        table.add_column(heading, justify="right")
    for name, now in after["rows"].items():
        then = before["rows"].get(name)
        if then is None:
            table.add_row(name, "–", f"{now['per_second']:,.0f}")
            continue
        table.add_row(
            name,
            f"{then['per_second']:,.0f}",
            f"{now['per_second']:,.0f}",
            f"{now['per_second'] / max(then['per_second'], 0.1) - 1:+.0%}",
            f"{then['of_bare']:.3f}",
            f"{now['of_bare']:.3f}",
            _or_dash(then["statements"]),
            _or_dash(now["statements"]),
            "met" if holds_against(then, now) else "not met",
        )
    console.print(f"\nAgainst the run of {before['measured_at']} with {before['content']['posts']:,} posts:")
    console.print(table)
