"""What every handler may use: the database, the seal, the templates, the settings and the clock, as one value."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from storage.database import Database
from storage.events import Happened
from storage.secrets import Seal
from web.settings import Settings
from web.templating import Templates


def read_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class House:
    """The parts of a running Stoa."""

    settings: Settings
    database: Database
    seal: Seal
    templates: Templates
    clock: Callable[[], datetime] = read_clock


Consumer = Callable[[House, Happened], Awaitable[None]]
"""What is done about an event: at least once, so doing it twice must not matter."""
