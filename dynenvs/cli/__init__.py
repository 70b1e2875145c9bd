"""The command line: ``dynenvs COMMAND``. Each command parses, calls the library and prints; it loads when it runs."""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import entry_points
from typing import Any

import click

import dynenvs
from dynenvs.core.errors import DynenvsError

__all__ = ["main"]

ENTRY_POINTS = "dynenvs.commands"

COMMANDS = {
    "bench": "dynenvs.cli.bench:bench",
    "compare": "dynenvs.cli.compare:compare",
    "evaluate": "dynenvs.cli.evaluate:evaluate",
    "info": "dynenvs.cli.environments:info",
    "leaderboard": "dynenvs.cli.leaderboard:leaderboard",
    "list": "dynenvs.cli.environments:list_environments",
    "measure": "dynenvs.cli.measure:measure",
    "play": "dynenvs.cli.play:play",
    "render": "dynenvs.cli.render:render",
    "tournament": "dynenvs.cli.tournament:tournament",
    "warmup": "dynenvs.cli.environments:warmup",
}
"""Our own commands; installed packages add theirs through the entry-point group ``dynenvs.commands``."""


class _Commands(click.Group):
    """Loads a command's module when it is run, and prints our errors as one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name all commands."""
        return sorted({*COMMANDS, *(entry.name for entry in entry_points(group=ENTRY_POINTS))})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command."""
        if cmd_name in COMMANDS:
            module, _, name = COMMANDS[cmd_name].partition(":")
            command: click.Command = getattr(importlib.import_module(module), name)
            return command
        for entry in entry_points(group=ENTRY_POINTS, name=cmd_name):
            plugged: click.Command = entry.load()
            return plugged
        return None

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; the modules that it names may lie in the current folder."""
        if "" not in sys.path:
            sys.path.append("")
        try:
            return super().invoke(ctx)
        except DynenvsError as error:
            raise click.ClickException(f"{type(error).__name__}: {error}") from error


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(dynenvs.__version__, prog_name="dynenvs")
def main() -> None:
    """Multi-agent worlds to train on, to plug language models into, and to compete in."""
