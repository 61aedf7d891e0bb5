"""What follows after a file was dropped: its bytes are deleted, at least once, and by the id of its row."""

from collections.abc import Mapping
from typing import Final

from storage.events import Happened
from storage.photos import delete_file
from web.house import Consumer, House


async def delete_dropped(house: House, event: Happened) -> None:
    """Delete the file that a member replaced or removed."""
    await delete_file(house.database, house.files, event.ids["file_id"])


CONSUMERS: Final[Mapping[str, tuple[Consumer, ...]]] = {"file.dropped": (delete_dropped,)}
