"""A mixed load for minutes on end: whether memory stays where it is once the load has been there."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle
from statistics import linear_regression
from typing import Any

from web.bench.load import Scenario

TURN_SECONDS = 10
"""Memory is noted after each turn, as what is held differs from row to row. Whole minutes end on the row they began on,
if they are even: six turns a minute, four rows."""

WARM_UP_ROUNDS = 2
"""Of the mix before the first note: longer than anything that is kept in mind is kept for."""

MIXED = frozenset({"thread of 20, visitor", "thread of 20, member", "list of threads, member", "reply, member"})

Press = Callable[[Scenario], object]
Weigh = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Note:
    """MiB of all processes so many minutes after the beginning."""

    minutes: float
    mib: float


@dataclass(frozen=True, slots=True)
class Soaked:
    """Memory over the soak."""

    notes: tuple[Note, ...]

    @property
    def slope(self) -> float:
        """MiB a minute, over all notes."""
        if len(self.notes) < 2:
            return 0.0
        return linear_regression([note.minutes for note in self.notes], [note.mib for note in self.notes]).slope

    def figures(self) -> dict[str, Any]:
        """As the JSON has it."""
        first, last = self.notes[0], self.notes[-1]
        return {
            "minutes": last.minutes,
            "start": first.mib,
            "end": last.mib,
            "growth": round(last.mib / first.mib, 3),
            "slope": round(self.slope, 3),
            "notes": [asdict(note) for note in self.notes],
        }


def soak(
    rows: Sequence[Scenario], minutes: int, press: Press, weigh: Weigh, clock: Callable[[], float] = time.monotonic
) -> Soaked:
    """Press each row of the mix in turn until the time is over. It begins after the warm-up; memory is noted then,
    and after each turn."""
    return Soaked(tuple(_soak(rows, minutes, press, weigh, clock)))


def _soak(
    rows: Sequence[Scenario], minutes: int, press: Press, weigh: Weigh, clock: Callable[[], float]
) -> Iterator[Note]:
    mixed = [row for row in rows if row.name in MIXED]
    for row in mixed * WARM_UP_ROUNDS:
        press(row)
    began, turns = clock(), cycle(mixed)
    yield Note(0.0, weigh())
    passed = 0.0
    while passed < minutes:
        press(next(turns))
        passed = (clock() - began) / 60
        yield Note(round(passed, 2), weigh())
