"""`stoa reference`: the words that forms suggest."""

import sys
from pathlib import Path

import click

from storage.database import Database
from storage.reference import BrokenReference, read_references, replace_references
from web.commands.running import console, run
from web.settings import Settings


@click.command(name="reference")
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def command(files: tuple[Path, ...]) -> None:
    """Load the words that forms suggest: occupations (ISCO-08, a CSV) and industries (ISIC rev. 4, a JSON)."""
    try:
        readings = read_references(files)
    except (BrokenReference, OSError) as broken:
        console.print(str(broken), style="red", markup=False)
        sys.exit(1)

    async def replacing(_: Settings, database: Database) -> None:
        await replace_references(database, readings)

    run(replacing)
    for reading in readings:
        left_out = f"; {reading.left_out:,} without code or label were left out" if reading.left_out else ""
        console.print(f"{reading.vocabulary}: {len(reading.labels):,} terms{left_out}")
