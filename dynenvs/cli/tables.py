"""Tables of text as wide as the terminal, in which names stay in one piece while other columns give way."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from rich import box
from rich.markup import escape
from rich.table import Table

__all__ = ["laid_out"]

_PIECE = re.compile(r".+?(?:[/,?&]|$)")
"""A piece of a long name: of a path, or of what a policy was given."""


def laid_out(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    width: int,
    *,
    title: str = "",
    whole: Collection[int] = (0,),
    right: Collection[int] = (),
) -> Table:
    """Lay out a table.

    Parameters
    ----------
    header : sequence of str
        Names of the columns.
    rows : sequence of sequence of str
        One text a column.
    width : int
        Characters of a line. Where whole texts do not fit, the widest column is wrapped first, at its spaces.
    title : str
        Stands above.
    whole : collection of int
        Columns of names, which are not wrapped while others can be.
    right : collection of int
        Columns of numbers.

    Returns
    -------
    rich.table.Table
        To be printed.
    """
    room = width - 3 * len(header) - 1  # between and around columns
    columns = [[name, *(row[place] for row in rows)] for place, name in enumerate(header)]
    widths = _widths(columns, room, whole)
    table = Table(title=escape(title), title_justify="left", box=box.SIMPLE_HEAD)
    for place, name in enumerate(header):
        table.add_column(name, width=widths[place], overflow="fold", justify="right" if place in right else "left")
    for row in rows:
        cells = [_broken(text, widths[place]) if place in whole else text for place, text in enumerate(row)]
        table.add_row(*map(escape, cells))
    return table


def _widths(columns: list[list[str]], room: int, whole: Collection[int]) -> list[int]:
    """Choose widths: those of the texts, the widest of which shrink to no less than their longest word."""
    widths = [max(map(len, texts)) for texts in columns]
    words = [max(len(word) for text in texts for word in text.split() or [""]) for texts in columns]
    least = [widths[place] if place in whole else words[place] for place in range(len(columns))]
    if sum(least) > room:
        for place in whole:
            longest = max(len(piece) for text in columns[place] for piece in _PIECE.findall(text) or [""])
            least[place] = min(longest, room // 2)
    while sum(widths) > room:
        place = max(range(len(columns)), key=lambda place: (widths[place] > least[place], widths[place]))
        if widths[place] <= least[place]:
            break
        widths[place] -= 1
    return widths


def _broken(name: str, width: int) -> str:
    """Break a name that is longer than a line after a slash or the like."""
    lines = [""]
    for piece in _PIECE.findall(name):
        if len(lines[-1]) + len(piece) > width and lines[-1]:
            lines.append("")
        lines[-1] += piece
    return "\n".join(lines)
