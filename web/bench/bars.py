"""What a run has to reach: shares and spreads that hold on any machine, and what may change between two runs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, Final

from web.bench.load import BARE, BARE_PAGE, LONG_PAGE, RENDERED

SHARE: Final = 1 / 3
SPREAD: Final = 5.0
LENGTH: Final = 2.0
GROWTH: Final = 1.03
CHANGE: Final = 0.25

SHARES: Final[Mapping[str, str]] = {"thread of 20, visitor": BARE, "thread of 20, member": RENDERED}
"""Which row must reach `SHARE` of which other."""

SOAK: Final = "memory at the end of the mixed load, of its start"
LONG, FIRST_SHOWING = f"time of {LONG_PAGE}, of {BARE_PAGE}", f"first showing of {LONG_PAGE}, of {BARE_PAGE}"

Rows = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Bar:
    """Something measured, and how much of it there must be: at least, or at most."""

    name: str
    measured: float
    wanted: float
    at_most: bool = False

    @property
    def is_met(self) -> bool:
        """Whether it is reached."""
        return self.measured <= self.wanted if self.at_most else self.measured >= self.wanted

    def __str__(self) -> str:
        sign, answer = "≤" if self.at_most else "≥", "met" if self.is_met else "not met"
        return f"{self.name}: {self.measured:.2f} ({sign} {self.wanted:.2f}), {answer}"


def bars_of(
    rows: Rows, first_showings: Mapping[str, float] | None = None, soaked: Mapping[str, Any] | None = None
) -> Iterator[Bar]:
    """The bars of one run, where it has the figures for them; `first_showings` are times by the name of a row."""
    for name, other in SHARES.items():
        if name in rows and other in rows:
            share = rows[name]["per_second"] / max(rows[other]["per_second"], 0.1)
            yield Bar(f"{name}, of {other}", share, SHARE)
    if BARE_PAGE in rows and LONG_PAGE in rows:
        yield Bar(LONG, rows[BARE_PAGE]["per_second"] / max(rows[LONG_PAGE]["per_second"], 0.1), LENGTH, at_most=True)
    if first_showings:
        yield Bar(FIRST_SHOWING, first_showings[LONG_PAGE] / first_showings[BARE_PAGE], LENGTH, at_most=True)
    if soaked:
        yield Bar(SOAK, soaked["growth"], GROWTH, at_most=True)
    for name, row in rows.items():
        spread = row["p99"] / row["p50"] if row["p50"] else inf  # nothing was answered at all
        yield Bar(f"p99 of p50, {name}", spread, SPREAD, at_most=True)


def holds_against(then: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether a row is as fast as it was, or nearly so, and takes no other statements."""
    is_fast = now["per_second"] >= (1 - CHANGE) * then["per_second"]
    return bool(is_fast and now["statements"] == then["statements"])
