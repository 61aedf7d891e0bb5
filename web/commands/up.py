"""`stoa up`: everything from nothing to a served site."""

import os

import click

from web.commands.running import console
from web.commands.seed import seed_demo
from web.demo import DEMO_PASSWORD, list_log_ins
from web.serving import serve_site


@click.command(name="up")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--empty", is_flag=True, help="Leave the demo community out.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
def command(port: int, empty: bool, workers: int) -> None:
    """Set everything up, load the demo community once, and serve it, with the pages that developers need."""
    os.environ.setdefault("STOA_DEVELOPMENT", "true")
    if not empty:
        seed_demo()
    _announce(port, with_demo=not empty)
    serve_site(port, workers)


def _announce(port: int, *, with_demo: bool) -> None:
    console.print(f"\nStoa is at [bold]http://127.0.0.1:{port}[/bold]")
    if with_demo:
        for email, role in list_log_ins():
            console.print(f"  {email:28} {DEMO_PASSWORD}   {role}")
    console.print()
