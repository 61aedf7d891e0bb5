"""`stoa worker`: events and mail in a process that does nothing else."""

import click

from storage.database import Database
from web.commands.running import run
from web.house import open_house
from web.settings import Settings
from web.worker import work_apart


@click.command(name="worker")
def command() -> None:
    """Run the worker apart; give the server STOA_WORKER=false."""

    async def working(settings: Settings, _: Database) -> None:
        house = open_house(settings)
        try:
            await work_apart(house)
        finally:
            await house.database.close()

    run(working)
