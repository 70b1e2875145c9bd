"""The command line: ``dynenvs COMMAND``. Each command parses, calls the library and prints; it loads when it runs."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

import click

import dynenvs
from dynenvs.core.errors import DynenvsError

__all__ = ["LazyGroup", "main"]

ENTRY_POINTS = "dynenvs.commands"

COMMANDS = {
    "bench": "dynenvs.cli.bench:bench",
    "compare": "dynenvs.cli.compare:compare",
    "evaluate": "dynenvs.cli.evaluate:evaluate",
    "fingerprint": "dynenvs.cli.fingerprint:fingerprint",
    "info": "dynenvs.cli.environments:info",
    "leaderboard": "dynenvs.cli.leaderboard:leaderboard",
    "list": "dynenvs.cli.environments:list_environments",
    "measure": "dynenvs.cli.measure:measure",
    "play": "dynenvs.cli.play:play",
    "render": "dynenvs.cli.render:render",
    "replay": "dynenvs.cli.render:replay",
    "reproduce": "dynenvs.cli.reproduce:reproduce",
    "robustness": "dynenvs.cli.robustness:robustness",
    "tournament": "dynenvs.cli.tournament:tournament",
    "warmup": "dynenvs.cli.environments:warmup",
}
"""Our own commands; installed packages add theirs through the entry-point group ``dynenvs.commands``.

An entry point with a dot in its name adds to a group: ``reproduce.mine`` is ``dynenvs reproduce mine``.
"""


class LazyGroup(click.Group):
    """Loads a command's module when it is run.

    Attributes
    ----------
    ours : mapping of str to str
        ``module:name`` of our commands.
    prefix : str
        What the names of those in the entry-point group begin with that belong here.
    """

    ours: Mapping[str, str] = COMMANDS
    prefix = ""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name all commands."""
        plugged = (entry.name for entry in entry_points(group=ENTRY_POINTS) if entry.name.startswith(self.prefix))
        inside = (name.removeprefix(self.prefix) for name in plugged)
        return sorted({*self.ours, *(name for name in inside if "." not in name)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command."""
        if cmd_name in self.ours:
            module, _, name = self.ours[cmd_name].partition(":")
            command: click.Command = getattr(importlib.import_module(module), name)
            return command
        for entry in entry_points(group=ENTRY_POINTS, name=self.prefix + cmd_name):
            plugged: click.Command = entry.load()
            return plugged
        return None


class _Commands(LazyGroup):
    """All commands; prints our errors as one line."""

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
