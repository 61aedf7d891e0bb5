"""The index in the leak test: everything that was planted is in it, so that search has all canaries to leak."""

from storage.database import Database
from storage.search.index import index_everything


async def plant_search(stage: Database) -> None:
    """Index whatever has been planted so far; the last thing to do."""
    await index_everything(stage)
