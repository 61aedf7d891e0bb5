"""What every handler may use: database, seal, templates, files, settings and clock, as one value."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from storage.database import Database
from storage.events import Happened
from storage.files import FileStore, open_file_store
from storage.secrets import Seal, load_secrets
from web.settings import Settings
from web.templating import Templates, load_templates


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
    files: FileStore
    clock: Callable[[], datetime] = read_clock


def open_house(settings: Settings, clock: Callable[[], datetime] = read_clock) -> House:
    """The house that these settings describe. Secrets that are missing are made; the database is opened when it is
    asked."""
    return House(
        settings=settings,
        database=Database(settings.database),
        seal=Seal(load_secrets(settings.secrets_path)),
        templates=load_templates(strict=settings.is_development),
        files=open_files(settings),
        clock=clock,
    )


def open_files(settings: Settings) -> FileStore:
    """The store for uploaded files that the settings name. Raises UnknownStore for one that is none."""
    return open_file_store(
        settings.files_folder,
        settings.files_url,
        endpoint=settings.files_endpoint,
        region=settings.files_region,
        key=settings.files_key,
        secret=settings.files_secret.get_secret_value(),
    )


Consumer = Callable[[House, Happened], Awaitable[None]]
"""What is done about an event: at least once, so doing it twice must not matter."""
