"""`stoa reset`: back to nothing but the secrets."""

import shutil

import click

from web.settings import Settings


@click.command(name="reset")
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(yes: bool) -> None:
    """Delete the database, files and mail in the data folder; the secrets stay."""
    home = Settings().home
    if not yes:
        click.confirm(f"Delete everything in {home} but the secrets?", abort=True)
    for path in home.glob("*") if home.exists() else ():
        if path.name != "secrets.json":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
