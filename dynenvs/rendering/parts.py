"""Pieces of pictures that families share, so that their frames look like one house's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dynenvs.rendering import palette
from dynenvs.rendering.vocabulary import Box, Circle, Line, Rect, Shape, Text

__all__ = ["MARGIN", "disc", "divided_bar", "header", "number", "percent", "scale_lines"]

MARGIN = 28.0
"""Empty pixels around a frame."""


def header(width: float, title: str, clock: str, about: str, note: str) -> Iterator[Shape]:
    """Draw the top 70 pixels of a frame: what it shows and how far it is, in large and small letters.

    Parameters
    ----------
    width : float
        Width of the frame.
    title, clock : str
        Large: the game, and the round, day or step.
    about, note : str
        Small, below each.
    """
    yield Text(MARGIN, 34, title, 22, weight="bold")
    yield Text(MARGIN, 60, about, 12, palette.MUTED)
    yield Text(width - MARGIN, 34, clock, 16, weight="bold", anchor="end")
    yield Text(width - MARGIN, 60, note, 12, palette.MUTED, anchor="end")


def disc(agent: int, x: float, y: float, radius: float = 11.0) -> Iterator[Shape]:
    """Draw the sign of a player: its number on the colour of its seat, or only the colour where it is small."""
    color = palette.seat_color(agent)
    yield Circle(x, y, radius, color)
    if radius >= 8:
        yield Text(x, y, str(agent), 1.1 * radius, palette.ink_on(color), "bold", "middle")


def divided_bar(box: Box, shares: Sequence[float], colors: Sequence[palette.Color]) -> Iterator[Shape]:
    """Draw shares of a whole from left to right, each with a round end over the next.

    Parameters
    ----------
    box : Box
        The whole bar.
    shares : sequence of float
        Each >= 0, together at most 1; what is missing stays empty.
    colors : sequence of str
        One a share.
    """
    yield Rect.over(box, palette.GRID, radius=box.height / 2)
    for part in reversed(range(len(shares))):
        if shares[part] > 0:
            until = min(1.0, sum(shares[: part + 1])) * box.width
            yield Rect(box.x, box.y, until, box.height, colors[part], box.height / 2)


def scale_lines(box: Box, labels: Sequence[str]) -> Iterator[Shape]:
    """Draw the level lines of a chart, evenly from its bottom to its top, labelled on the left."""
    for step, label in enumerate(labels):
        y = box.bottom - step / (len(labels) - 1) * box.height
        yield Line(((box.x, y), (box.right, y)), palette.GRID)
        yield Text(box.x - 10, y, label, 11, palette.MUTED, anchor="end")


def number(value: float, form: str) -> str:
    """Format a number with a real minus sign.

    Examples
    --------
    >>> number(-0.5, ".2f")
    '\N{MINUS SIGN}0.50'
    """
    return format(value, form).replace("-", "\N{MINUS SIGN}")


def percent(share: float) -> str:
    """Write a share as whole per cent.

    Examples
    --------
    >>> percent(0.251)
    '25 %'
    """
    return f"{100 * share:.0f} %"
