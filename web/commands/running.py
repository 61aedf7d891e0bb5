"""What commands share: the console, progress bars, and work on the database of this instance."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from storage.database import Database
from storage.migrations import migrate
from web.settings import Settings

T = TypeVar("T")
console = Console(highlight=False)


@contextmanager
def showing_progress() -> Iterator[Callable[[str, int, int | None], None]]:
    """A progress bar a step: call it with the step's name, how much is done, and of how much if that is known."""
    columns = (TextColumn("{task.description:32}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        tasks: dict[str, TaskID] = {}

        def report(step: str, done: int, total: int | None) -> None:
            task = tasks.get(step)
            if task is None:
                task = tasks[step] = bar.add_task(step, total=total)
            bar.update(task, completed=done, total=total)

        yield report


def run(work: Callable[[Settings, Database], Awaitable[T]]) -> T:
    """Run something against the migrated database of this instance."""

    async def running() -> T:
        settings = Settings()
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        database = Database(settings.database)
        try:
            await migrate(database)
            return await work(settings, database)
        finally:
            await database.close()

    return asyncio.run(running())
