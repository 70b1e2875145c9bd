"""Two metrics at once: whom nobody beats in both, and a picture of it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from dynenvs.core.errors import ParameterError
from dynenvs.evaluation.plots import foot, new_figure, style
from dynenvs.evaluation.statistics import LEVEL, Estimate
from dynenvs.rendering.palette import COOPERATION, INK, MUTED, PAPER, SEATS, mix

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Place", "front_plot", "stairs", "unbeaten"]


class Place(NamedTuple):
    """Someone's two metrics: across and up."""

    across: Estimate
    up: Estimate


def unbeaten(goods: Sequence[tuple[float, float]]) -> list[int]:
    """List whom no other one beats in both numbers, from the best in the first on.

    Parameters
    ----------
    goods : sequence of (float, float)
        Two numbers each, higher is better. To beat is to be at least as good in both, and better in one.

    Examples
    --------
    >>> unbeaten([(1, 1), (3, 0), (0, 2), (0, 1)])
    [1, 0, 2]
    """

    def beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
        return one != other and one[0] >= other[0] and one[1] >= other[1]

    found = [k for k, good in enumerate(goods) if not any(beats(other, good) for other in goods)]
    return sorted(found, key=lambda k: goods[k], reverse=True)


def stairs(dots: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Lead from dot to dot in right angles, so that all that a dot beats lies on one side.

    Parameters
    ----------
    dots : sequence of (float, float)
        Those of `unbeaten`, in its order.
    """
    corners = list(dots[:1])
    for (_, y), (x, next_y) in itertools.pairwise(dots):
        corners += [(x, y), (x, next_y)]
    return corners


def front_plot(
    groups: Mapping[str, Mapping[str, Place]],
    title: str = "",
    *,
    across: str,
    up: str,
    across_higher: bool = False,
    up_higher: bool = True,
) -> Figure:
    """Draw policies by two metrics, with the 95 % intervals of both, and the front of those that nobody beats in both.

    Parameters
    ----------
    groups : mapping of str to mapping of str to Place
        Policies by name, by group: each has its colour. At least one policy.
    title : str
        Stands above.
    across, up : str
        What the axes say.
    across_higher, up_higher : bool
        Which end of a metric is the better one.

    Returns
    -------
    matplotlib.figure.Figure
        Whoever is on the front is a full dot, the others are hollow.

    Raises
    ------
    ParameterError
        If there is nobody.
    MissingExtra
        If matplotlib is not installed.
    """
    members = [(group, name, place) for group, inside in groups.items() for name, place in inside.items()]
    if not members:
        raise ParameterError("groups: expected at least one policy")
    signs = (1 if across_higher else -1), (1 if up_higher else -1)
    front = unbeaten([(signs[0] * place.across.value, signs[1] * place.up.value) for *_, place in members])
    colors = dict(zip(groups, [MUTED, COOPERATION, *SEATS[2:]], strict=False))
    with style():
        figure = new_figure(9, 5.4)
        axes = figure.add_subplot(title=title, xlabel=across, ylabel=up)
        axes.grid()
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
        line = stairs([(members[k][2].across.value, members[k][2].up.value) for k in front])
        axes.plot(*zip(*line, strict=True), color=MUTED, lw=1.2, ls=(0, (5, 4)), zorder=1)
        names = _names_by_place(members)
        for k, (group, _, place) in enumerate(members):
            _draw_member(axes, names.pop(_dot(place), ""), place, colors[group], on_front=k in front)
        for group, color in colors.items():
            axes.scatter([], [], c=color, label=group)
        if len(groups) > 1:
            axes.legend(frameon=False, fontsize=9)
        axes.margins(x=0.14, y=0.08)
        foot(figure, f"{100 * LEVEL:g} % bootstrap intervals · full dots: nobody is better in both")
    return figure


def _dot(place: Place) -> tuple[float, float]:
    return place.across.value, place.up.value


def _names_by_place(members: Sequence[tuple[str, str, Place]]) -> dict[tuple[float, float], str]:
    """List those who share a place side by side, so that one name does not cover another."""
    names: dict[tuple[float, float], list[str]] = {}
    for _, name, place in members:
        names.setdefault(_dot(place), []).append(name)
    return {dot: ", ".join(sharing) for dot, sharing in names.items()}


def _draw_member(axes: Axes, name: str, place: Place, color: str, *, on_front: bool) -> None:
    x, y = place.across.value, place.up.value
    axes.hlines(y, place.across.low, place.across.high, colors=color, lw=2, alpha=0.5)
    axes.vlines(x, place.up.low, place.up.high, colors=color, lw=2, alpha=0.5)
    axes.scatter([x], [y], s=44, c=color if on_front else PAPER, edgecolors=PAPER if on_front else color, zorder=3)
    axes.annotate(name, (x, y), (7, 5), textcoords="offset points", fontsize=8.5, color=mix(color, INK, 0.4))
