"""The chart of a front: policies by two metrics, and the border of what they reach; the template draws it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from dynenvs.evaluation.fronts import stairs, unbeaten
from dynenvs.evaluation.statistics import Estimate
from dynenvs.leaderboard.boards import Board
from dynenvs.leaderboard.charts import Axis, axis_over
from dynenvs.leaderboard.quotes import Quotes
from dynenvs.leaderboard.standings import Standing

__all__ = ["FrontChart", "FrontPoint", "Label", "front_chart"]

_CHARACTER = 6.6
"""Width of a character of a label, in the units of the view box."""
_LONGEST = 36
"""Characters of a label; what is longer is cut."""
_HALF = 6.0
"""Half of a label's height, and of a dot's."""


class Label(NamedTuple):
    """Where a name is written: from `x` on to the right (anchor "start"), or up to it ("end")."""

    x: float
    y: float
    anchor: str
    length: float
    told: str

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        left = self.x if self.anchor == "start" else self.x - self.length
        return left, self.y - _HALF, left + self.length, self.y + _HALF


class FrontPoint(NamedTuple):
    """A policy; places are in the units of the view box."""

    name: str
    kind: str
    across: Estimate  # the second metric
    up: Estimate  # what the board ranks by
    x: float
    y: float
    x_span: tuple[float, float]
    y_span: tuple[float, float]
    on_front: bool
    label: Label


@dataclass(frozen=True)
class FrontChart:
    """All policies, the corners of the border, and the ticks (number, place) of both axes."""

    points: tuple[FrontPoint, ...]
    stairs: tuple[tuple[float, float], ...]
    x_ticks: tuple[tuple[float, float], ...]
    y_ticks: tuple[tuple[float, float], ...]
    x_decimals: int
    y_decimals: int
    left: float = 64
    top: float = 16
    right: float = 880
    bottom: float = 400
    width: float = 900
    height: float = 452


class _Member(NamedTuple):
    name: str
    kind: str
    across: Estimate
    up: Estimate

    @property
    def told(self) -> str:
        return self.name if len(self.name) <= _LONGEST else self.name[: _LONGEST - 1] + "…"


def front_chart(board: Board, places: Sequence[Standing], quotes: Quotes | None = None) -> FrontChart | None:
    """Lay out the entries by the board's metric (up) and by that of its front (across).

    Parameters
    ----------
    board : Board
        If it has no front, there is no chart.
    places : sequence of Standing
        Entries without the second metric are left out; if all are, there is no chart.
    quotes : Quotes, optional
        Drawn among them, as a kind of their own: ``"quoted"``.
    """
    members = _members(board, places, quotes)
    if not members:
        return None
    across, up = [member.across for member in members], [member.up for member in members]
    x_axis, y_axis = axis_over(across), axis_over(up)
    x_place = _scale(x_axis, FrontChart.left, FrontChart.right)
    y_place = _scale(y_axis, FrontChart.bottom, FrontChart.top)
    dots = [(x_place(x.value), y_place(y.value)) for x, y in zip(across, up, strict=True)]
    border = _border(board, across, up)
    corners = stairs([dots[k] for k in border])
    labels = _labels([member.told for member in members], dots, corners)
    points = tuple(
        FrontPoint(
            name=member.name,
            kind=member.kind,
            across=member.across,
            up=member.up,
            x=dots[k][0],
            y=dots[k][1],
            x_span=(x_place(across[k].low), x_place(across[k].high)),
            y_span=(y_place(up[k].low), y_place(up[k].high)),
            on_front=k in border,
            label=labels[k],
        )
        for k, member in enumerate(members)
    )
    return FrontChart(
        points=points,
        stairs=tuple(corners),
        x_ticks=tuple((tick, x_place(tick)) for tick in x_axis.ticks),
        y_ticks=tuple((tick, y_place(tick)) for tick in y_axis.ticks),
        x_decimals=x_axis.decimals,
        y_decimals=y_axis.decimals,
    )


def _members(board: Board, places: Sequence[Standing], quotes: Quotes | None) -> list[_Member]:
    if board.front is None:
        return []
    metric, entries = board.front.metric, [place.entry for place in places]
    members = [_Member(e.policy, e.kind, e.metrics[metric], e.score) for e in entries if metric in e.metrics]
    quoted = () if quotes is None or not members else quotes.quotes
    return members + [_Member(quote.policy, "quoted", quote.metrics[metric], quote.score) for quote in quoted]


def _scale(axis: Axis, start: float, stop: float) -> Callable[[float], float]:
    return lambda number: round(start + (stop - start) * axis.percent(number) / 100, 1)


def _border(board: Board, across: Sequence[Estimate], up: Sequence[Estimate]) -> list[int]:
    """List whom nobody beats in both means, from the best in the second metric on."""
    x_sign = 1 if board.front and board.front.higher_is_better else -1
    y_sign = 1 if board.higher_is_better else -1
    return unbeaten([(x_sign * x.value, y_sign * y.value) for x, y in zip(across, up, strict=True)])


def _labels(
    names: Sequence[str], dots: Sequence[tuple[float, float]], corners: Sequence[tuple[float, float]]
) -> list[Label]:
    """Write each name beside its dot, where it covers no dot, no name that stands already and no border, if it can."""
    taken = [(x - _HALF, y - _HALF, x + _HALF, y + _HALF) for x, y in dots]
    lines = [(min(x, u), min(y, v), max(x, u), max(y, v)) for (x, y), (u, v) in pairwise(corners)]
    labels = []
    for name, dot in zip(names, dots, strict=True):
        tried = _places_beside(dot, name)
        uncovered = [label for label in tried if not any(_overlap(label.box, other) for other in taken)]
        free = (label for label in uncovered if not any(_overlap(label.box, line) for line in lines))
        labels.append(next(free, (uncovered or tried)[0]))
        taken.append(labels[-1].box)
    return labels


def _places_beside(dot: tuple[float, float], name: str) -> list[Label]:
    """List where a name can stand within the chart, the nearest places first, and the right side before the left."""
    (x, y), length = dot, _CHARACTER * len(name)
    tried = [
        Label(round(x + side * 10, 1), round(y + shift, 1), "start" if side > 0 else "end", length, name)
        for shift in (0, -13, 13, -26, 26, -39, 39)
        for side in (1, -1)
    ]
    return [label for label in tried if label.box[0] > FrontChart.left and label.box[2] < FrontChart.width] or tried


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
