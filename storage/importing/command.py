"""The import of one site: a first reading that checks everything, batches that can be resumed, one publishing."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Busy, Database
from storage.importing.archive import Archive, open_archive
from storage.importing.authors import write_authors
from storage.importing.checking import check, digest_of
from storage.importing.incoming import iter_comments, iter_replies, iter_threads
from storage.importing.ledger import Ledger
from storage.importing.links import write_links
from storage.importing.posts import prepare, write_replies, write_threads
from storage.importing.publishing import publish, tell
from storage.importing.rows import read_link, read_tag
from storage.importing.site import DONE, STEPS, Checkpoint, advance, begin
from storage.importing.stored import Changes, Place
from storage.importing.tags import write_tags

T = TypeVar("T")
R = TypeVar("R")
Progress = Callable[[str, int, int | None], None]
"""Told the step, how much of it is done, and of how much; `checking` counts bytes, the others rows of the source."""

CHECKING: Final = "checking"
BATCH: Final = 1_000
"""Rows in one transaction."""

_PATIENCE: Final = 60
"""How often a batch is tried while another process writes; each try waits as long as any write does."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. `inserted` and `updated` count this run's rows by what they are, `published` the posts that
    became visible; an archive that brings nothing new leaves all three empty. `counts` are those of the whole archive,
    `rows` the source rows that it has; `resumed` says that an earlier run had begun with it."""

    site: str
    sig_slug: str
    counts: dict[str, Any]
    inserted: dict[str, int]
    updated: dict[str, int]
    published: int
    resumed: bool
    rows: int
    seconds: float

    def summary(self) -> str:
        """What was done, in one line for the terminal."""
        done = [f"{count:,} {name}" for name, count in self.inserted.items()]
        done += [f"{count:,} {name} changed" for name, count in self.updated.items()]
        rate = self.rows / self.seconds if self.seconds else 0.0
        what = ", ".join(done) or "nothing has changed"
        return f"{self.site} is the SIG {self.sig_slug}: {what} ({self.rows:,} rows, {rate:,.0f} a second)"


@dataclass(slots=True)
class _Run:
    """An import under way."""

    database: Database
    archive: Archive
    ledger: Ledger
    progress: Progress
    counts: dict[str, Any]
    digest: str
    place: Place
    here: Checkpoint
    first: bool
    changes: Changes = field(default_factory=Changes)

    def total(self, step: str) -> int:
        """Rows of the source in this step."""
        files = {"tags": "Tags", "threads": "Posts", "replies": "Posts", "comments": "Comments", "links": "PostLinks"}
        return int(self.counts["authors"] if step == "authors" else self.counts["rows"].get(files[step], 0))


def _say_nothing(_step: str, _done: int, _total: int | None) -> None:
    pass


async def import_site(
    database: Database,
    path: Path,
    *,
    now: datetime,
    progress: Progress = _say_nothing,
    sig: str | None = None,
    site: str | None = None,
) -> ImportReport:
    """Turn a dump of one site, a folder or a zip, into a SIG; run again, bring the SIG up to date.

    `sig` is the slug of the SIG, by default made from the site; `site` the host, by default the name of the folder or
    file. Raises BrokenArchive before anything is written, SigTaken, and AnotherImport.
    """
    started = time.monotonic()
    archive = await asyncio.to_thread(open_archive, path, site)
    with archive, Ledger() as ledger:
        counts = await _check(archive, ledger, progress)
        digest = digest_of(archive.digests)
        place, here, first = await _kept(database, lambda connection: begin(connection, archive.site, digest, now, sig))
        run = _Run(database, archive, ledger, progress, counts, digest, place, here, first)
        resumed = here != Checkpoint(STEPS[0])
        for step in STEPS[STEPS.index(here.step) : -1]:
            await _write_step(run, step)
        await _publish(run, lambda: now + timedelta(seconds=time.monotonic() - started), resumed=resumed)
    return ImportReport(
        archive.site,
        place.sig_slug,
        counts,
        {name: count for name, count in run.changes.inserted.items() if count},
        {name: count for name, count in run.changes.updated.items() if count},
        run.changes.published,
        resumed,
        sum(counts["rows"].values()),
        time.monotonic() - started,
    )


async def _check(archive: Archive, ledger: Ledger, progress: Progress) -> dict[str, Any]:
    total = sum(archive.sizes.values())
    reading = check(archive, ledger)
    while isinstance(done := await asyncio.to_thread(_next_or_result, reading), int):
        progress(CHECKING, done, total)
    return done


def _next_or_result(reading: Generator[int, None, dict[str, Any]]) -> int | dict[str, Any]:
    try:
        return next(reading)
    except StopIteration as end:
        result: dict[str, Any] = end.value
        return result


async def _kept(database: Database, work: Callable[[AsyncConnection], Awaitable[R]]) -> R:
    """Do the work in one transaction, again and again while other processes keep the database busy. Raises Busy."""
    for _ in range(_PATIENCE - 1):
        try:
            async with database.writing() as connection:
                return await work(connection)
        except Busy:
            await asyncio.sleep(0.1)
    async with database.writing() as connection:
        return await work(connection)


async def _keep(
    run: _Run, after: Checkpoint, write: Callable[[AsyncConnection, Place, R], Awaitable[Changes]], batch: R
) -> Changes:
    """Write a batch and move the checkpoint, in one transaction. Raises AnotherImport."""

    async def work(connection: AsyncConnection) -> Changes:
        await advance(connection, run.place, run.digest, run.here, after)
        return await write(connection, run.place, batch)

    changes = await _kept(run.database, work)
    run.here = after
    run.changes.add(changes)
    return changes


async def _write(
    run: _Run,
    step: str,
    rows: Iterator[tuple[int, T]],
    ready: Callable[[Database, Place, Sequence[T]], Awaitable[Sequence[R]]],
    write: Callable[[AsyncConnection, Place, Sequence[R]], Awaitable[Changes]],
) -> None:
    """One step: batches of rows with their numbers, beginning behind the checkpoint."""
    skipped = run.here.rows_done
    left = ((number, row) for number, row in rows if number > skipped)
    total = run.total(step)
    while batch := await asyncio.to_thread(_take, left):
        prepared = await ready(run.database, run.place, [row for _, row in batch])
        await _keep(run, Checkpoint(step, batch[-1][0]), write, prepared)
        run.progress(step, run.here.rows_done, total)
    await _keep(run, Checkpoint(STEPS[STEPS.index(step) + 1]), _write_nothing, None)
    run.progress(step, total, total)


def _take(rows: Iterator[tuple[int, T]]) -> list[tuple[int, T]]:
    return list(islice(rows, BATCH))


async def _as_it_is(_database: Database, _place: Place, batch: Sequence[T]) -> Sequence[T]:
    return batch


async def _write_nothing(_connection: AsyncConnection, _place: Place, _batch: None) -> Changes:
    return Changes()


async def _write_step(run: _Run, step: str) -> None:
    archive = run.archive
    match step:
        case "authors":
            await _write(run, step, run.ledger.iter_writers(BATCH), _as_it_is, write_authors)
        case "tags":
            tags = ((row.number, read_tag(row)) for row in archive.rows("Tags"))
            await _write(run, step, tags, _as_it_is, write_tags)
        case "threads":
            await _write(run, step, iter_threads(archive), prepare, write_threads)
        case "replies":
            await _write(run, step, iter_replies(archive), prepare, write_replies)
        case "comments":
            await _write(run, step, iter_comments(archive), prepare, write_replies)
        case _:
            links = ((row.number, read_link(row)) for row in archive.rows("PostLinks"))
            await _write(run, step, links, _as_it_is, write_links)


async def _publish(run: _Run, now: Callable[[], datetime], *, resumed: bool) -> None:
    """Make everything visible in one transaction; a run that changed nothing leaves no trace."""

    async def work(connection: AsyncConnection, place: Place, _batch: None) -> Changes:
        done = await publish(connection, place, run.ledger.iter_accepted(BATCH), run.counts)
        if run.first or resumed or done.any() or run.changes.any():
            await tell(connection, place, now())
        return done

    run.progress(STEPS[-1], 0, 1)
    await _keep(run, Checkpoint(DONE), work, None)
    run.progress(STEPS[-1], 1, 1)
