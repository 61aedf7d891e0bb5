"""`stoa index`: the index of search."""

import click

from storage.database import Database
from storage.search.index import index_everything
from web.commands.running import run, showing_progress
from web.settings import Settings


@click.command(name="index")
@click.option("--anew", is_flag=True, help="Forget the index first, as after a change in how texts are read.")
def command(anew: bool) -> None:
    """Bring the index of search into step with what there is. Ended halfway, the next run goes on."""

    async def indexing(_: Settings, database: Database) -> None:
        with showing_progress() as report:
            await index_everything(database, report, anew=anew)

    run(indexing)
