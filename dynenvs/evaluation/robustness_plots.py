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

MOST_TICKS = 6
"""Ticks of an axis, at most."""


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
    """Draw one table, each cell as wide as the others."""
    from matplotlib.colors import LinearSegmentedColormap

    shades = LinearSegmentedColormap.from_list(
        "shades", [mix(COOPERATION, PAPER, 0.93), COOPERATION, mix(COOPERATION, INK, 0.6)]
    )
    values = [np.unique(found.models.points[:, parameter]) for parameter in pair]
    places = [_places(its) for its in values]
    look: dict[str, Any] = {"origin": "lower", "aspect": "auto", "cmap": shades, "vmin": ends[0], "vmax": ends[1]}
    drawn = axes.imshow(table.T, extent=(*_edges(places[0]), *_edges(places[1])), **look)
    worst = []
    for axis, parameter, its, place in zip((axes.xaxis, axes.yaxis), pair, values, places, strict=True):
        axis.set_ticks(*_ticks(its, place))
        axis.set_label_text(found.models.names[parameter])
        worst.append(place[np.searchsorted(its, found.models.points[found.worst_model, parameter])])
    axes.scatter([worst[0]], [worst[1]], s=70, facecolors="none", edgecolors=DEFECTION, linewidths=1.8)
    axes.tick_params(length=3)
    axes.spines[:].set_visible(False)
    return drawn


def _places(values: FloatArray) -> FloatArray:
    """Return where cells stand: at their values where these are evenly spaced, else side by side."""
    gaps = np.diff(values)
    even = len(gaps) > 0 and np.allclose(gaps, gaps[0], rtol=1e-6)
    return values if even else np.arange(len(values), dtype=np.float64)


def _edges(places: FloatArray) -> tuple[float, float]:
    half = (places[1] - places[0]) / 2 if len(places) > 1 else 0.5
    return float(places[0] - half), float(places[-1] + half)


def _ticks(values: FloatArray, places: FloatArray) -> tuple[FloatArray, list[str]]:
    """Choose ticks at even distances: at values of the grid where these are short, else at round numbers."""
    from matplotlib.ticker import MaxNLocator

    stride = next(k for k in range(1, len(values) + 1) if (len(values) - 1) // k < MOST_TICKS)
    shown = values[::stride]
    if places is not values or ((len(values) - 1) % stride == 0 and all(map(_is_short, shown))):
        return places[::stride], [f"{value:.3g}" for value in shown]
    round_ones = MaxNLocator(MOST_TICKS - 1, steps=[1, 2, 2.5, 5, 10]).tick_values(values[0], values[-1])
    rounding = 1e-9 * (values[-1] - values[0])
    within = round_ones[(round_ones >= values[0] - rounding) & (round_ones <= values[-1] + rounding)]
    return within, [f"{value:.4g}" for value in within]


def _is_short(value: float) -> bool:
    """Say whether two digits are enough to write a value."""
    return abs(float(f"{value:.2g}") - value) <= 1e-9 * abs(value)
