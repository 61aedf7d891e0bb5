"""What a page takes that nothing is kept of: processor time inside an app of the same code over the same data.

The rows that wrk measures are read again and again, and so come from memory. Here a long page and a bare one are shown
in turn, each as in a process that has shown nothing before.
"""

import gc
import time
from statistics import median

from web.app import create_app
from web.bench.costs import ask
from web.bench.load import BARE_PAGE, LONG_PAGE, Scenario
from web.settings import Settings

SHOWINGS = 40
"""Of each; the median counts."""


async def time_first_showings(settings: Settings, rows: list[Scenario], session: str) -> dict[str, float]:
    """Milliseconds of processor time for the first showing of a page, by the name of its row."""
    app = create_app(settings)
    pages = [row for row in rows if row.name in (BARE_PAGE, LONG_PAGE)]
    taken: dict[str, list[float]] = {row.name: [] for row in pages}
    try:
        for _warm_up in range(2):
            for row in pages:
                await ask(app, row, session)
        gc.collect()
        gc.freeze()  # as the server does
        for _ in range(SHOWINGS):
            for row in pages:
                app.state.house.database.pages.forget_all()
                app.state.house.templates.forget_all()
                before = time.process_time()
                await ask(app, row, session)
                taken[row.name].append(time.process_time() - before)
    finally:
        await app.state.house.database.close()
    return {name: round(median(times) * 1000, 2) for name, times in taken.items()}
