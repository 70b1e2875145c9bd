"""Charts and shaded tables of a page: numbers to places and shades; the templates draw them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dynenvs.evaluation.rankings import Cell
from dynenvs.evaluation.statistics import Estimate
from dynenvs.leaderboard.boards import Board
from dynenvs.leaderboard.standings import Standing

__all__ = ["Axis", "HeatMap", "HeatRow", "Shade", "axis_over", "decimals_for", "heat_map"]

_NARROWEST, _GAP = 100, 4
"""Pixels of the narrowest column with a chart, and between two labels on its scale."""
_CHARACTER = 7.2
"""Generous width of a character of a label, in pixels."""
_STEPS = 10
"""Steps of colour from the least value of a heat map to the greatest."""


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
    def label_width(self) -> float:
        """Pixels that the longest number at a tick needs."""
        return _CHARACTER * max((len(f"{tick:,.{self.decimals}f}") for tick in self.ticks), default=0)

    @property
    def labels(self) -> tuple[float, ...]:
        """Ticks with a number on the narrowest chart."""
        return self.labels_within(_NARROWEST)

    def labels_within(self, width: float) -> tuple[float, ...]:
        """Choose as many ticks as have room for a number on so many pixels, 0 among them if it is a tick."""
        if len(self.ticks) < 2:
            return self.ticks
        room = self.percent(self.ticks[1]) - self.percent(self.ticks[0])
        every = math.ceil((self.label_width + _GAP) / room * 100 / width)
        first = next((k for k, tick in enumerate(self.ticks) if abs(tick) < 1e-12), 0) % every
        return self.ticks[first::every]

    def percent(self, number: float) -> float:
        """Place of a number, in percent of the width, to a hundredth."""
        return round(100 * (number - self.low) / (self.high - self.low), 2)


class Shade(NamedTuple):
    """A cell of a heat map."""

    value: float
    low: float
    high: float
    n: int
    step: int  # 0 is the colour of the least value, 10 that of the greatest


class HeatRow(NamedTuple):
    """An entry, and a shade for each opponent; a pair without episodes has none."""

    policy: str
    shades: tuple[Shade | None, ...]


class HeatMap(NamedTuple):
    """A table of shades: a row an entry, a column an opponent."""

    opponents: tuple[str, ...]
    rows: tuple[HeatRow, ...]


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
    """Shade each entry's score against each opponent.

    Parameters
    ----------
    board : Board
        Its opponents are the columns.
    places : sequence of Standing
        The rows; at least one cell has episodes.
    """
    cells = [cell for place in places for cell in place.entry.by_opponent.values()]
    low, high = min(cell.value for cell in cells), max(cell.value for cell in cells)

    def shade(cell: Cell | None) -> Shade | None:
        if cell is None:
            return None
        share = (cell.value - low) / (high - low) if high > low else 0.5
        return Shade(*cell, step=round(_STEPS * share))

    rows = [
        HeatRow(place.entry.policy, tuple(shade(place.entry.by_opponent.get(name)) for name in board.opponents))
        for place in places
    ]
    return HeatMap(board.opponents, tuple(rows))


def _round_step(step: float) -> float:
    """Round a step up to 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(power * factor for factor in (1, 2, 5, 10) if step <= power * factor * (1 + 1e-9))
