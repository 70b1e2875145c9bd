"""``dynenvs reproduce``: published numbers beside ours."""

from __future__ import annotations

import click

from dynenvs.cli import LazyGroup

PARTS = {"escalation": "dynenvs.cli.reproduce_escalation:escalation"}
"""Our own; installed packages add theirs as entry points ``reproduce.NAME`` of the group ``dynenvs.commands``."""


class _Parts(LazyGroup):
    """One command a family."""

    ours = PARTS
    prefix = "reproduce."


@click.group(cls=_Parts)
def reproduce() -> None:
    """Compute published numbers once more, and say which of them come out."""
