"""System scraps from events: which event leaves one."""

from collections.abc import Mapping
from typing import Final

from storage.events import Happened
from storage.scraps.system import tell_of_succession
from web.house import Consumer, House


async def leave_of_succession(house: House, event: Happened) -> None:
    """Leave a scrap for the new owner of a SIG, and for the former ones."""
    await tell_of_succession(house.database, event, house.clock())


CONSUMERS: Final[Mapping[str, tuple[Consumer, ...]]] = {"sig.succeeded": (leave_of_succession,)}
"""Which event leaves a scrap."""
