"""An import in a process of its own: `python -m tests.importing.importer URL PATH BATCH`, told line by line.

After its first line, `ready`, it prints one for each batch that was kept, and at the end the memory it took, in KiB.
"""

import asyncio
import resource
import sys
from pathlib import Path

from storage.database import Database
from storage.importing import command, import_site
from tests.cast import NOON


def _tell(step: str, done: int, total: int | None) -> None:
    print(step, done, total, flush=True)


async def _import(url: str, path: Path) -> None:
    database = Database(url)
    print("ready", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)
    report = await import_site(database, path, now=NOON, progress=_tell)
    await database.close()
    print("done", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, report.rows, round(report.seconds, 2))


if __name__ == "__main__":
    command.BATCH = int(sys.argv[3])  # type: ignore[misc]
    asyncio.run(_import(sys.argv[1], Path(sys.argv[2])))
