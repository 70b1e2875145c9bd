"""Robustness over an uncertainty set as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dynenvs.evaluation.plots import foot, new_figure, style
from dynenvs.evaluation.robustness import FloatArray, Robustness, slices
from dynenvs.rendering.palette import COOPERATION, DEFECTION, INK, PAPER, mix

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["robustness_map"]

PANEL = 3.6
"""Width and height of a panel, in inches."""


def robustness_map(
    found: Robustness, title: str = "", *, low: float | None = None, high: float | None = None
) -> Figure:
    """Draw what a policy brings over the uncertainty set: the darker, the more; a ring marks the worst model.

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
    with style():
        figure = _curve(found) if len(found.models.names) == 1 else _maps(found, ends)
        figure.suptitle(title, x=0.01, ha="left", color=INK)
        rest = "" if len(found.models.names) <= 2 else ", the worst of the other parameters"
        where = ", ".join(f"{name} {value:.3g}" for name, value in found.worst_params.items())
        foot(
            figure,
            f"mean {found.metric.replace('_', ' ')} of {found.returns.shape[1]} episodes{rest} · "
            f"worst {found.worst.value:.4g} at {where}",
        )
    return figure


def _curve(found: Robustness) -> Figure:
    figure = new_figure(PANEL * 1.6, PANEL)
    values = found.models.points[:, 0]
    axes = figure.add_subplot(xlabel=found.models.names[0], ylabel=f"mean {found.metric.replace('_', ' ')}")
    axes.plot(values, found.means, color=COOPERATION, lw=1.8)
    axes.scatter([values[found.worst_model]], [found.worst.value], s=60, facecolors="none", edgecolors=DEFECTION)
    axes.grid(axis="y")
    return figure


def _maps(found: Robustness, ends: tuple[float, float]) -> Figure:
    panels = list(slices(found))
    figure = new_figure(PANEL * len(panels) + 0.8, PANEL + 0.6)
    drawn: Any = None
    for place, (first, second, table) in enumerate(panels):
        axes = figure.add_subplot(1, len(panels), place + 1)
        drawn = _map(axes, found, (first, second), table, ends)
    bar = figure.colorbar(drawn, ax=figure.axes, shrink=0.9)
    bar.outline.set_visible(False)
    return figure


def _map(axes: Axes, found: Robustness, pair: tuple[int, int], table: FloatArray, ends: tuple[float, float]) -> Any:
    """Draw one table: cells stand side by side whatever the distances of their values are."""
    from matplotlib.colors import LinearSegmentedColormap

    shades = LinearSegmentedColormap.from_list(
        "shades", [mix(COOPERATION, PAPER, 0.93), COOPERATION, mix(COOPERATION, INK, 0.6)]
    )
    drawn = axes.imshow(table.T, origin="lower", aspect="auto", cmap=shades, vmin=ends[0], vmax=ends[1])
    for axis, parameter in ((axes.xaxis, pair[0]), (axes.yaxis, pair[1])):
        values = np.unique(found.models.points[:, parameter])
        shown = np.unique(np.linspace(0, len(values) - 1, min(len(values), 5)).round().astype(int))
        axis.set_ticks(shown, [f"{values[k]:.3g}" for k in shown])
        axis.set_label_text(found.models.names[parameter])
    worst = [
        int(np.searchsorted(np.unique(found.models.points[:, k]), found.models.points[found.worst_model, k]))
        for k in pair
    ]
    axes.scatter([worst[0]], [worst[1]], s=70, facecolors="none", edgecolors=DEFECTION, linewidths=1.8)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return drawn
