"""How a long command tells that it is still at work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

__all__ = ["SECONDS", "telling"]

SECONDS = 5.0
"""Between plain lines, at least."""


@contextmanager
def telling(console: Console) -> Iterator[Callable[[str], None]]:
    """Lend a function that is told what is going on.

    Parameters
    ----------
    console : Console
        Where the results will be printed. On a terminal a spinner shows the newest text; elsewhere a plain line goes to
        standard error now and then, so that a pipe or a file holds nothing but results.

    Yields
    ------
    callable
        Takes a text.
    """
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
