"""Robustness over an uncertainty set as pictures.

Cells stand side by side, one a model, and carry the values of the grid: a picture says nothing of what lies between
these values or beyond the ends.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from dynenvs.evaluation.plots import foot, head, new_figure, style
from dynenvs.evaluation.robustness import FloatArray, Robustness, slices
from dynenvs.rendering.palette import COOPERATION, DEFECTION, INK, PAPER, mix

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["robustness_map"]

PANEL = 3.6
"""Width and height of a panel, in inches."""

PANELS = 3
"""Panels side by side, at most."""

MOST_TICKS = 10
"""Values of the grid that are written on an axis, at most."""

MOST_NUMBERS = 5
"""Values of the grid up to which cells have room for their numbers."""

DARK = 0.45
"""Shade from which on white numbers are easier to read than ink."""


def robustness_map(
    found: Robustness, title: str = "", *, low: float | None = None, high: float | None = None
) -> Figure:
    """Draw what a policy brings over the uncertainty set: the darker, the more; a frame marks the worst model.

    Parameters
    ----------
    found : Robustness
        What to show.
    title : str
        Stands above.
    low, high : float, optional
        Ends of the scale, so that pictures of several policies can be compared; by default those of this one.

    Returns
    -------
    matplotlib.figure.Figure
        A curve for one uncertain parameter, a map for two; for more a map of each pair, with the worst of the others.

    Raises
    ------
    MissingExtra
        If matplotlib is not installed.
    """
    ends = float(found.means.min()) if low is None else low, float(found.means.max()) if high is None else high
    alone = len(found.models.names) == 1
    with style():
        figure = _curve(found, ends) if alone else _maps(found, ends)
        head(figure, title)
        foot(figure, _told(found, "ring" if alone else "frame"))
    return figure


def _told(found: Robustness, mark: str) -> str:
    """Say what is drawn."""
    models = found.models
    where = ", ".join(
        f"{name}\N{NO-BREAK SPACE}{value:.4g}\N{NO-BREAK SPACE}{models.unit(name)}".rstrip()
        for name, value in found.worst_params.items()
    )
    others = ", the worst over the other parameters" if len(models.names) > 2 else ""
    return (
        f"mean {_metric(found)} of {found.returns.shape[1]} episodes in each of {len(models):,} models{others} · "
        f"{mark}: the worst, {found.worst.value:.4g} with {where}"
    )


def _metric(found: Robustness) -> str:
    return found.metric.replace("_", " ")


def _scale(found: Robustness) -> str:
    """Name what is measured, and in episodes of which length, over two lines."""
    steps = "" if found.horizon is None else f"\nof at most {found.horizon:,} steps"
    return f"mean {_metric(found)} of {found.returns.shape[1]} episodes{steps}"


def _axis_label(found: Robustness, parameter: int) -> str:
    name = found.models.names[parameter]
    unit = found.models.unit(name)
    return f"{name} in {unit}" if unit else name


def _curve(found: Robustness, ends: tuple[float, float]) -> Figure:
    figure = new_figure(PANEL * 1.8, PANEL)
    order = np.argsort(found.models.points[:, 0])
    values = found.models.points[order, 0]
    axes = figure.add_subplot(xlabel=_axis_label(found, 0), ylabel=_scale(found))
    axes.plot(values, found.means[order], color=COOPERATION, lw=1.8, marker="o", ms=4)
    look: dict[str, Any] = {"facecolors": "none", "edgecolors": DEFECTION, "linewidths": 1.8, "zorder": 3}
    axes.scatter([found.models.points[found.worst_model, 0]], [found.worst.value], s=110, **look)
    if ends[1] > ends[0]:
        room = 0.06 * (ends[1] - ends[0])
        axes.set_ylim(ends[0] - room, ends[1] + room)
    shown = _ticks(values)
    axes.set_xticks(values[shown], _written(values, shown))
    axes.tick_params(length=3)
    axes.grid(axis="y")
    return figure


def _maps(found: Robustness, ends: tuple[float, float]) -> Figure:
    panels = list(slices(found))
    columns = min(PANELS, len(panels))
    rows = ceil(len(panels) / columns)
    figure = new_figure(PANEL * columns + 1.6, PANEL * rows + 0.8)
    drawn: Any = None
    for place, (first, second, table) in enumerate(panels):
        axes = figure.add_subplot(rows, columns, place + 1)
        drawn = _map(axes, found, (first, second), table, ends)
    bar = figure.colorbar(drawn, ax=figure.axes, shrink=0.9, label=_scale(found))
    bar.outline.set_visible(False)
    return figure


def _map(axes: Axes, found: Robustness, pair: tuple[int, int], table: FloatArray, ends: tuple[float, float]) -> Any:
    """Draw one table, a cell for each pair of values."""
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Rectangle

    shades = LinearSegmentedColormap.from_list(
        "shades", [mix(COOPERATION, PAPER, 0.93), COOPERATION, mix(COOPERATION, INK, 0.6)]
    )
    drawn = axes.pcolormesh(
        *(np.arange(length + 1) - 0.5 for length in table.shape),
        table.T,
        cmap=shades,
        vmin=ends[0],
        vmax=ends[1],
        edgecolors=PAPER,
        linewidth=1.0 if max(table.shape) <= 2 * MOST_TICKS else 0.0,
    )
    values = [np.unique(found.models.points[:, parameter]) for parameter in pair]
    for axis, parameter, its in zip((axes.xaxis, axes.yaxis), pair, values, strict=True):
        shown = _ticks(its)
        axis.set_ticks(shown, _written(its, shown))
        axis.set_label_text(_axis_label(found, parameter))
    if len(values[0]) > MOST_NUMBERS:
        axes.tick_params("x", rotation=45)
    worst = found.models.points[found.worst_model, list(pair)]
    i, j = (int(np.searchsorted(its, value)) for its, value in zip(values, worst, strict=True))
    axes.add_patch(Rectangle((i - 0.5, j - 0.5), 1, 1, fill=False, edgecolor=DEFECTION, lw=2, zorder=3, clip_on=False))
    if max(table.shape) <= MOST_NUMBERS:
        _write_numbers(axes, table, ends)
    axes.tick_params(length=3)
    axes.spines[:].set_visible(False)
    return drawn


def _write_numbers(axes: Axes, table: FloatArray, ends: tuple[float, float]) -> None:
    for (i, j), value in np.ndenumerate(table):
        shade = (value - ends[0]) / (ends[1] - ends[0]) if ends[1] > ends[0] else 0.5
        axes.text(i, j, f"{value:.4g}", ha="center", va="center", fontsize=9, color=PAPER if shade > DARK else INK)


def _ticks(values: FloatArray) -> list[int]:
    """Choose which values of a grid are written: all if there is room, else every k-th, if it works with both ends."""
    last = len(values) - 1
    strides = [k for k in range(1, last + 1) if last // k < MOST_TICKS] or [1]
    stride = next((k for k in strides if last % k == 0 and last // k > 1), strides[0])
    return list(range(0, last + 1, stride))


def _written(values: FloatArray, shown: list[int]) -> list[str]:
    """Write values of a grid, those of a small one with a digit more."""
    digits = 4 if len(values) <= MOST_NUMBERS else 3
    return [f"{values[place]:.{digits}g}" for place in shown]
