"""Geometry of the charts on a page: numbers to coordinates; the templates draw them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dynenvs.evaluation.statistics import Estimate
from dynenvs.leaderboard.boards import Board
from dynenvs.leaderboard.standings import Standing

__all__ = ["Axis", "HeatMap", "Shade", "axis_over", "decimals_for", "heat_map"]

_CELL_HEIGHT = 30
_NARROWEST, _GAP = 100, 4
"""Pixels of the narrowest column with a chart, and between two labels on its scale."""
_CHARACTER = 7.2
"""Generous width of a character of a label, in the units of the view box."""


@dataclass(frozen=True)
class Axis:
    """A scale from numbers to shares of a chart's width.

    Attributes
    ----------
    low, high : float
        Numbers at the ends, low < high.
    ticks : tuple of float
        Round numbers from low to high.
    decimals : int
        Decimals that a tick needs.
    """

    low: float
    high: float
    ticks: tuple[float, ...]
    decimals: int

    @property
    def labels(self) -> tuple[float, ...]:
        """Ticks with a number: as many as fit on the narrowest chart, 0 among them if it is a tick."""
        if len(self.ticks) < 2:
            return self.ticks
        longest = max(len(f"{tick:.{self.decimals}f}") for tick in self.ticks)
        room = self.percent(self.ticks[1]) - self.percent(self.ticks[0])
        every = math.ceil((_CHARACTER * longest + _GAP) / room * 100 / _NARROWEST)
        first = next((k for k, tick in enumerate(self.ticks) if abs(tick) < 1e-12), 0) % every
        return self.ticks[first::every]

    def percent(self, number: float) -> float:
        """Place of a number, in percent of the width, to a hundredth."""
        return round(100 * (number - self.low) / (self.high - self.low), 2)


class Shade(NamedTuple):
    """A cell of a heat map."""

    x: float
    y: float
    value: float
    low: float
    high: float
    n: int
    share: float  # of the way from the least to the greatest value

    @property
    def dark(self) -> bool:
        """Whether light text is easier to read on it."""
        return self.share > 0.7


@dataclass(frozen=True)
class HeatMap:
    """A table of shades: a row an entry, a column an opponent; a pair without episodes has none."""

    rows: tuple[tuple[str, float], ...]  # label, y of its middle
    columns: tuple[tuple[str, float], ...]  # label, x of its middle
    shades: tuple[Shade, ...]
    left: float  # where the cells begin
    top: float
    width: float
    height: float
    cell_width: float
    cell_height: float = _CELL_HEIGHT


def axis_over(estimates: Sequence[Estimate]) -> Axis:
    """Make an axis on which all intervals fit, with three to seven ticks.

    Parameters
    ----------
    estimates : sequence of Estimate
        At least one.
    """
    low, high = min(e.low for e in estimates), max(e.high for e in estimates)
    margin = 0.04 * (high - low) or 0.5
    low, high = low - margin, high + margin
    step = _round_step((high - low) / 6)
    ticks = tuple(k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1))
    return Axis(low, high, ticks, max(0, -math.floor(math.log10(step) + 1e-9)))


def decimals_for(estimates: Sequence[Estimate]) -> int:
    """Count the decimals that the typical interval gives meaning to, 0 to 4.

    Examples
    --------
    >>> decimals_for([Estimate(2.71, 2.66, 2.76)])
    2
    """
    halves = sorted((estimate.high - estimate.low) / 2 for estimate in estimates)
    half = halves[len(halves) // 2]
    return 2 if half <= 0 else min(4, max(0, -math.floor(math.log10(half))))


def heat_map(board: Board, places: Sequence[Standing]) -> HeatMap:
    """Lay out each entry's score against each opponent.

    Parameters
    ----------
    board : Board
        Its opponents are the columns.
    places : sequence of Standing
        The rows; at least one cell has episodes.
    """
    cells = [cell for place in places for cell in place.entry.by_opponent.values()]
    low, high = min(cell.value for cell in cells), max(cell.value for cell in cells)
    left = _CHARACTER * min(28, max(len(place.entry.policy) for place in places)) + 16
    top = 0.72 * _CHARACTER * max(map(len, board.opponents)) + 20  # labels lean by 45 degrees
    cell_width = min(84.0, max(54.0, 720 / len(board.opponents)))
    shades = []
    for i, place in enumerate(places):
        for j, opponent in enumerate(board.opponents):
            if cell := place.entry.by_opponent.get(opponent):
                share = (cell.value - low) / (high - low) if high > low else 0.5
                shades.append(Shade(left + j * cell_width, top + i * _CELL_HEIGHT, *cell, round(share, 3)))
    return HeatMap(
        rows=tuple((place.entry.policy, top + (i + 0.5) * _CELL_HEIGHT) for i, place in enumerate(places)),
        columns=tuple((name, left + (j + 0.5) * cell_width) for j, name in enumerate(board.opponents)),
        shades=tuple(shades),
        left=left,
        top=top,
        width=left + len(board.opponents) * cell_width + 0.8 * top,
        height=top + len(places) * _CELL_HEIGHT + 2,
        cell_width=cell_width,
    )


def _round_step(step: float) -> float:
    """Round a step up to 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(power * factor for factor in (1, 2, 5, 10) if step <= power * factor * (1 + 1e-9))
