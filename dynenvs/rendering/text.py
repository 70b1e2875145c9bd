"""Coloured text for terminals, for render mode "ansi"."""

from __future__ import annotations

import os

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
        The text between codes; as it is if the variable ``NO_COLOR`` is set (https://no-color.org).
    """
    if os.environ.get("NO_COLOR"):
        return text
    red, green, blue = bytes.fromhex(color[1:])
    return f"\x1b[{'1;' if bold else ''}38;2;{red};{green};{blue}m{text}\x1b[0m"
