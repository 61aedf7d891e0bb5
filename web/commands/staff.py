"""`stoa staff`: who sees to reports and appeals that no SIG can decide."""

import sys

import click

from storage.database import Database
from storage.secrets import Seal, load_secrets
from storage.staff import list_staff, set_staff
from web.commands.running import console, run
from web.house import read_clock
from web.settings import Settings


@click.command(name="staff")
@click.argument("email", required=False)
@click.option("--remove", is_flag=True, help="Take this member off the staff.")
def command(email: str | None, remove: bool) -> None:
    """List the staff, or put the member with this address on it."""
    if email is None:
        _list()
    elif not _change(email, is_staff=not remove):
        console.print(f"No member has the address {email}.", style="red", markup=False)
        sys.exit(1)


def _list() -> None:
    async def listing(settings: Settings, database: Database) -> None:
        for line in await list_staff(database, Seal(load_secrets(settings.secrets_path))):
            console.print(f"{line.email}{'' if line.can_act else '   (cannot act now)'}", markup=False)

    run(listing)


def _change(email: str, *, is_staff: bool) -> bool:
    async def changing(settings: Settings, database: Database) -> bool:
        seal = Seal(load_secrets(settings.secrets_path))
        return await set_staff(database, seal, email, read_clock(), is_staff=is_staff)

    return run(changing)
