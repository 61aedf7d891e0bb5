"""The `stoa` command: set up, serve, work, seed, import. `./dev` calls it inside the project's own environment.

Each command is a module of its own in `web/commands/`, which is imported when it is the one that is wanted: serving
starts without what seeding, importing and measuring need.
"""

from collections.abc import Mapping
from importlib import import_module

import click

_COMMANDS: Mapping[str, str] = {
    "up": "web.commands.up",
    "serve": "web.commands.serve",
    "worker": "web.commands.worker",
    "seed": "web.commands.seed",
    "reset": "web.commands.reset",
    "import": "web.commands.bring_in",
    "staff": "web.commands.staff",
    "index": "web.commands.index",
    "reference": "web.commands.reference",
    "bench": "web.bench.command",
}
"""The module of each command, which has it under the name `command`."""


class _ByName(click.Group):
    """Commands that are imported by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's own signature
        """Every name."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 -- as above
        """The command of this name, or None."""
        module = _COMMANDS.get(cmd_name)
        command: click.Command | None = import_module(module).command if module else None
        return command


@click.group(cls=_ByName)
def main() -> None:
    """Stoa, a community forum where every entry of a profile has its own audience."""
