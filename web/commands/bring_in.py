"""`stoa import`: other forums."""

import sys
from pathlib import Path

import click

from storage.database import Database
from storage.importing import AnotherImport, BrokenArchive, SigTaken, import_site
from web.commands.running import console, run, showing_progress
from web.house import read_clock
from web.settings import Settings


@click.command(name="import")
@click.argument("source", type=click.Choice(["stackexchange"]))
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--sig", help="The slug of the SIG; by default it follows from the site's name.")
def command(source: str, paths: tuple[Path, ...], sig: str | None) -> None:
    """Bring other forums in: each archive or folder becomes a SIG."""
    if sig is not None and len(paths) > 1:
        raise click.UsageError("--sig goes with one archive")
    importing = {"stackexchange": _import_stackexchange}[source]
    for path in paths:
        importing(path, sig)


def _import_stackexchange(path: Path, sig: str | None) -> None:
    async def importing(_: Settings, database: Database) -> None:
        with showing_progress() as report:
            outcome = await import_site(database, path, now=read_clock(), progress=report, sig=sig)
        console.print(outcome.summary())

    try:
        run(importing)
    except (AnotherImport, BrokenArchive, SigTaken) as broken:
        console.print(f"[bold]{path.name}[/bold]: {broken}", style="red")
        sys.exit(1)
