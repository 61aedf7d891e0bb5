"""The `stoa` command: set up, serve, work, seed, import. `./dev` calls it inside the project's own environment."""

import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from storage.database import Database
from storage.importing import AnotherImport, BrokenArchive, SigTaken, import_site
from storage.migrations import migrate
from storage.reference import BrokenReference, read_references, replace_references
from storage.search.index import index_everything
from storage.secrets import Seal, load_secrets
from web.bench import bench
from web.demo import DEMO_PASSWORD, list_log_ins, load_demo
from web.house import House, open_files, read_clock
from web.serving import serve_site
from web.settings import Settings
from web.templating import Templates
from web.worker import work_apart

T = TypeVar("T")
console = Console(highlight=False)


@click.group()
def main() -> None:
    """Stoa, a community forum where every entry of a profile has its own audience."""


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int | None], None]]:
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


def _run(work: Callable[[Settings, Database], Awaitable[T]]) -> T:
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


@main.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--empty", is_flag=True, help="Leave the demo community out.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
def up(port: int, empty: bool, workers: int) -> None:
    """Set everything up, load the demo community once, and serve it, with the pages that developers need."""
    os.environ.setdefault("STOA_DEVELOPMENT", "true")
    if empty:
        _run(_nothing)
    else:
        _seed()
    _announce(port, with_demo=not empty)
    serve_site(port, workers)


def _seed() -> None:
    async def seeding(settings: Settings, database: Database) -> bool:
        seal = Seal(load_secrets(settings.secrets_path))
        with _progress() as report:
            return await load_demo(database, seal, read_clock(), report)

    if _run(seeding):
        console.print("The demo community is in place.")


def _announce(port: int, *, with_demo: bool) -> None:
    console.print(f"\nStoa is at [bold]http://127.0.0.1:{port}[/bold]")
    if with_demo:
        for email, role in list_log_ins():
            console.print(f"  {email:28} {DEMO_PASSWORD}   {role}")
    console.print()


@main.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
def serve(port: int, workers: int) -> None:
    """Serve what is there."""
    _run(_nothing)
    _announce(port, with_demo=False)
    serve_site(port, workers)


async def _nothing(settings: Settings, _database: Database) -> None:
    load_secrets(settings.secrets_path)


@main.command()
def worker() -> None:
    """Run the worker apart; give the server STOA_WORKER=false."""

    async def working(settings: Settings, database: Database) -> None:
        templates = Templates(assets={}, strict=settings.is_development)
        seal = Seal(load_secrets(settings.secrets_path))
        await work_apart(House(settings, database, seal, templates, open_files(settings)))

    _run(working)


@main.command()
def seed() -> None:
    """Load the demo community, unless it is there."""
    _seed()


@main.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(yes: bool) -> None:
    """Delete the database, files and mail in the data folder; the secrets stay."""
    home = Settings().home
    if not yes:
        click.confirm(f"Delete everything in {home} but the secrets?", abort=True)
    for path in home.glob("*") if home.exists() else ():
        if path.name != "secrets.json":
            shutil.rmtree(path) if path.is_dir() else path.unlink()


@main.command(name="import")
@click.argument("source", type=click.Choice(["stackexchange"]))
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--sig", help="The slug of the SIG; by default it follows from the site's name.")
def bring_in(source: str, paths: tuple[Path, ...], sig: str | None) -> None:
    """Bring other forums in: each archive or folder becomes a SIG."""
    if sig is not None and len(paths) > 1:
        raise click.UsageError("--sig goes with one archive")
    importing = {"stackexchange": _import_stackexchange}[source]
    for path in paths:
        importing(path, sig)


def _import_stackexchange(path: Path, sig: str | None) -> None:
    async def importing(_: Settings, database: Database) -> None:
        with _progress() as report:
            outcome = await import_site(database, path, now=read_clock(), progress=report, sig=sig)
        console.print(outcome.summary())

    try:
        _run(importing)
    except (AnotherImport, BrokenArchive, SigTaken) as broken:
        console.print(f"[bold]{path.name}[/bold]: {broken}", style="red")
        sys.exit(1)


@main.command()
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def reference(files: tuple[Path, ...]) -> None:
    """Load the words that forms suggest: occupations (ISCO-08, a CSV) and industries (ISIC rev. 4, a JSON)."""
    try:
        readings = read_references(files)
    except (BrokenReference, OSError) as broken:
        console.print(str(broken), style="red", markup=False)
        sys.exit(1)

    async def replacing(_: Settings, database: Database) -> None:
        await replace_references(database, readings)

    _run(replacing)
    for reading in readings:
        left_out = f"; {reading.left_out:,} without code or label were left out" if reading.left_out else ""
        console.print(f"{reading.vocabulary}: {len(reading.labels):,} terms{left_out}")


@main.command(name="index")
@click.option("--anew", is_flag=True, help="Forget the index first, as after a change in how texts are read.")
def bring_index_into_step(anew: bool) -> None:
    """Bring the index of search into step with what there is. Ended halfway, the next run goes on."""

    async def indexing(_: Settings, database: Database) -> None:
        with _progress() as report:
            await index_everything(database, report, anew=anew)

    _run(indexing)


main.add_command(bench)
