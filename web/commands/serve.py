"""`stoa serve`: the server, with nothing imported here that only its workers need."""

import click

from web.serving import serve_site


@click.command(name="serve")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
def command(port: int, workers: int) -> None:
    """Serve what is there."""
    click.echo(f"\nStoa is at http://127.0.0.1:{port}\n")
    serve_site(port, workers)
