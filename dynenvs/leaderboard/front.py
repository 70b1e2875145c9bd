"""The chart of a front: policies by two metrics, and the border of what they reach; the template draws it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from dynenvs.evaluation.fronts import stairs, unbeaten
from dynenvs.evaluation.statistics import Estimate
from dynenvs.leaderboard.boards import Board
from dynenvs.leaderboard.charts import Axis, axis_over
from dynenvs.leaderboard.quotes import Quotes
from dynenvs.leaderboard.standings import Standing

__all__ = ["FRAMES", "Frame", "FrontChart", "FrontPoint", "Label", "front_charts"]

_CHARACTER = 7.8
"""Width of a character of a label, in the units of the view box."""
_HALF = 7.0
"""Half of a label's height, and of a dot's."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Where a chart's axes stand, in the units of the view box, for one width of page.

    Attributes
    ----------
    name : str
        What the style sheet knows it by: it shows the one that fits the page.
    longest : int
        Characters of a label; what is longer is cut.
    """

    name: str
    width: float
    height: float
    right: float
    bottom: float
    longest: int
    top: float = 10


FRAMES = (
    Frame(name="wide", width=760, height=400, right=744, bottom=372, longest=36),
    Frame(name="narrow", width=320, height=460, right=308, bottom=432, longest=20),
)
"""Layouts of a front: on a page too narrow for the first the names could not be read, so it is drawn twice."""


Box = tuple[float, float, float, float]
"""Left, top, right and bottom of a rectangle; y grows downwards."""


class Label(NamedTuple):
    """Where a name is written: from `x` on to the right (anchor "start"), or up to it ("end")."""

    x: float
    y: float
    anchor: str
    length: float
    told: str

    @property
    def box(self) -> Box:
        """The rectangle that it covers."""
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

    @property
    def leader(self) -> tuple[float, float] | None:
        """Where a line from the dot to its name ends, if the name is so far off that it might be another dot's."""
        left, top, right, bottom = self.label.box
        if abs(self.label.y - self.y) < 20:
            return None
        return round(min(max(self.x, left), right), 1), round(bottom if bottom < self.y else top, 1)


@dataclass(frozen=True)
class FrontChart:
    """All policies, the corners of the border, and the ticks (number, place) of both axes."""

    frame: Frame
    left: float
    points: tuple[FrontPoint, ...]
    stairs: tuple[tuple[float, float], ...]
    x_ticks: tuple[tuple[float, float], ...]
    y_ticks: tuple[tuple[float, float], ...]
    x_decimals: int
    y_decimals: int


class _Member(NamedTuple):
    name: str
    kind: str
    across: Estimate
    up: Estimate


def front_charts(board: Board, places: Sequence[Standing], quotes: Quotes | None = None) -> list[FrontChart]:
    """Lay out the entries by the board's metric (up) and by that of its front (across), once for each of `FRAMES`.

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
    return [_front_chart(board, members, frame) for frame in FRAMES] if members else []


def _front_chart(board: Board, members: Sequence[_Member], frame: Frame) -> FrontChart:
    across, up = [member.across for member in members], [member.up for member in members]
    x_axis, y_axis = axis_over(across), axis_over(up)
    left = y_axis.label_width + 12
    x_place = _scale(x_axis, left, frame.right)
    y_place = _scale(y_axis, frame.bottom, frame.top)
    dots = [(x_place(x.value), y_place(y.value)) for x, y in zip(across, up, strict=True)]
    border = _border(board, across, up)
    corners = stairs([dots[k] for k in border])
    room = (left, 0.0, frame.width - 4, frame.bottom)
    labels = _labels([_cut(member.name, frame.longest) for member in members], dots, corners, room)
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
        frame=frame,
        left=left,
        points=points,
        stairs=tuple(corners),
        x_ticks=tuple((tick, x_place(tick)) for tick in x_axis.labels_within(frame.right - left)),
        y_ticks=tuple((tick, y_place(tick)) for tick in y_axis.ticks),
        x_decimals=x_axis.decimals,
        y_decimals=y_axis.decimals,
    )


def _cut(name: str, longest: int) -> str:
    return name if len(name) <= longest else name[: longest - 1] + "…"


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
    names: Sequence[str],
    dots: Sequence[tuple[float, float]],
    corners: Sequence[tuple[float, float]],
    room: Box,
) -> list[Label]:
    """Write each name beside its dot, where it covers no dot, no name and no border and seems no other's, if it can."""
    taken = [(x - _HALF, y - _HALF, x + _HALF, y + _HALF) for x, y in dots]
    lines = [(min(x, u), min(y, v), max(x, u), max(y, v)) for (x, y), (u, v) in pairwise(corners)]

    def harm(label: Label, dot: tuple[float, float]) -> tuple[int, int, int]:
        return (
            sum(_overlap(label.box, other) for other in taken),
            sum(_overlap(label.box, line) for line in lines),
            sum(_distance(label.box, other) < _distance(label.box, dot) for other in dots),
        )

    labels: list[Label] = []
    for name, dot in zip(names, dots, strict=True):
        tried = _places_beside(dot, name, room)
        labels.append(min(tried, key=partial(harm, dot=dot)))
        taken.append(labels[-1].box)
    return labels


def _places_beside(dot: tuple[float, float], name: str, room: Box) -> list[Label]:
    """List where a name can stand within the room, the nearest places first, and the right side before the left."""
    (x, y), length = dot, _CHARACTER * len(name)
    right, left, middle = (x + 10, "start"), (x - 10, "end"), (x - length / 2, "start")
    tried = [
        Label(round(start, 1), round(y + shift, 1), anchor, length, name)
        for shift in (0, *(sign * 15 * k for k in range(1, 9) for sign in (-1, 1)))
        for start, anchor in ((right, left, middle) if shift else (right, left))
    ]
    return [label for label in tried if _is_within(label.box, room)] or tried


def _is_within(box: Box, room: Box) -> bool:
    return room[0] < box[0] and room[1] < box[1] and box[2] < room[2] and box[3] < room[3]


def _distance(box: Box, dot: tuple[float, float]) -> float:
    (left, top, right, bottom), (x, y) = box, dot
    return math.hypot(max(left - x, 0, x - right), max(top - y, 0, y - bottom))


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
