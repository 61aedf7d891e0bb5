"""`stoa seed`: the demo community."""

import click

from storage.database import Database
from storage.secrets import Seal, load_secrets
from web.commands.running import console, run, showing_progress
from web.demo import load_demo
from web.house import open_files, read_clock
from web.settings import Settings


def seed_demo() -> None:
    """Load the demo community, unless it is there."""

    async def seeding(settings: Settings, database: Database) -> bool:
        seal = Seal(load_secrets(settings.secrets_path))
        with showing_progress() as report:
            return await load_demo(database, open_files(settings), seal, read_clock(), report)

    if run(seeding):
        console.print("The demo community is in place.")


@click.command(name="seed")
def command() -> None:
    """Load the demo community, unless it is there."""
    seed_demo()
