"""Coloured text for terminals, for render mode "ansi"."""

from __future__ import annotations

import os
import sys

from dynenvs.rendering.palette import Color

__all__ = ["paint"]


def paint(text: str, color: Color, *, bold: bool = False) -> str:
    """Colour a text with ANSI escape codes (24-bit).

    Parameters
    ----------
    text : str
        What to colour; it should say all there is to say, for readers without colours.
    color : str
        Colour of the letters.
    bold : bool
        Also make them bold.

    Returns
    -------
    str
        The text between codes; as it is where standard output is no terminal (a pipe, a file), unless the variable
        ``FORCE_COLOR`` is set, and always if ``NO_COLOR`` is (https://no-color.org).
    """
    if not _in_color():
        return text
    red, green, blue = bytes.fromhex(color[1:])
    return f"\x1b[{'1;' if bold else ''}38;2;{red};{green};{blue}m{text}\x1b[0m"


def _in_color() -> bool:
    """Say whether whoever reads standard output sees colours: asked anew each time, for it can be redirected."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    out = sys.stdout  # None where a program has no console
    return out is not None and not out.closed and out.isatty() and os.environ.get("TERM") != "dumb"
