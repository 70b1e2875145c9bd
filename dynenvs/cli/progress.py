"""How a long command tells that it is still at work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.markup import escape

if TYPE_CHECKING:
    from dynenvs.evaluation.progress import Played

__all__ = ["SECONDS", "check_whole", "telling"]

SECONDS = 5.0
"""Between plain lines, at least."""


def check_whole(records: Played, out: Path | None) -> None:
    """Fail a command whose run could not finish all that it had planned, when it has shown the rest."""
    if not records.is_whole:
        hint = "" if out is None else "; --resume goes on with it"
        raise click.ClickException(f"{len(records):,} of {records.planned:,} planned episodes were finished{hint}")


@contextmanager
def telling(console: Console, out: Path | None = None) -> Iterator[Callable[[str], None]]:
    """Lend a function that is told what is going on.

    Parameters
    ----------
    console : Console
        Where the results will be printed. On a terminal a spinner shows the newest text; elsewhere a plain line goes to
        standard error now and then, so that a pipe or a file holds nothing but results.
    out : Path, optional
        Where the run writes its records: whoever stops it by Ctrl-C is told how it goes on.

    Yields
    ------
    callable
        Takes a text.
    """
    try:
        with _telling(console) as tell:
            yield tell
    except KeyboardInterrupt:
        if out is not None:
            click.echo(
                f"stopped: what was finished is kept; the same command with --resume goes on with {out}", err=True
            )
        raise


@contextmanager
def _telling(console: Console) -> Iterator[Callable[[str], None]]:
    if console.is_terminal:
        with console.status("playing") as status:
            yield lambda text: status.update(escape(text))
        return
    beside, told = Console(stderr=True), time.monotonic()

    def tell(text: str) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= SECONDS:
            told = now
            beside.print(text, markup=False, highlight=False, soft_wrap=True)

    yield tell
