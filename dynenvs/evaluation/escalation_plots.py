"""The recorded runs of the wargame as pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from dynenvs.envs.escalation.scoring import CATEGORIES
from dynenvs.evaluation.escalation import SCORES, Cell, Curve, Reproduction
from dynenvs.evaluation.plots import foot, new_figure, spread, style
from dynenvs.evaluation.statistics import LEVEL
from dynenvs.rendering.palette import COOPERATION, DEFECTION, GRID, INK, PAPER, SEATS, mix

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["figures"]

_SEVERITY_COLORS = (
    COOPERATION,
    GRID,
    mix(DEFECTION, PAPER, 0.72),
    mix(DEFECTION, PAPER, 0.4),
    DEFECTION,
    mix(DEFECTION, INK, 0.65),
)
"""Of `CATEGORIES`: peaceful is blue, nothing is grey, and force is the darker the worse."""

_MAPS = ("escalation", "escalation_corrected", "escalation_charts")


def figures(found: Reproduction) -> dict[str, Figure]:
    """Draw all figures.

    Parameters
    ----------
    found : Reproduction
        What to show.

    Returns
    -------
    dict of str to matplotlib.figure.Figure
        By name, of a file for instance.

    Raises
    ------
    MissingExtra
        If matplotlib is not installed.
    """
    with style():
        return {
            "escalation": _curves(
                found,
                lambda cell: cell.escalation,
                "Escalation over the days",
                "escalation score, a nation",
                first=1,
            ),
            "arms_race": _curves(found, lambda cell: cell.military, "Arms race", "mean military capacity", first=0),
            "severity": _severity(found),
            "maps": _slopes(found),
        }


def _curves(found: Reproduction, curve_of: Callable[[Cell], Curve], title: str, label: str, *, first: int) -> Figure:
    """Draw a curve with its band for every model, one panel a scenario."""
    figure, panels = _panels(found, title)
    top = max(float(curve_of(cell).high.max()) for cell in found.cells.values())
    for scenario, axes in zip(found.scenarios, panels, strict=True):
        ends, models = [], []
        for model in found.models:
            if (scenario, model) in found.cells:
                curve, color = curve_of(found.cells[scenario, model]), _color(found, model)
                days = first + np.arange(len(curve.mean))
                axes.fill_between(days, curve.low, curve.high, color=color, alpha=0.15, lw=0)
                axes.plot(days, curve.mean, color=color, lw=1.8)
                ends.append(float(curve.mean[-1]))
                models.append(model)
        axes.set(xlim=(days[0], days[-1]), xticks=(first, 7, days[-1]), ylim=(min(0.0, _bottom(found, curve_of)), top))
        axes.set_xlabel("day")
        _label_ends(axes, found, models, ends)
    panels[0].set_ylabel(label)
    _foot(figure, found, f"mean over runs · band: {100 * LEVEL:g} % bootstrap interval")
    return figure


def _bottom(found: Reproduction, curve_of: Callable[[Cell], Curve]) -> float:
    return min(float(curve_of(cell).low.min()) for cell in found.cells.values())


def _severity(found: Reproduction) -> Figure:
    """Draw how the actions of every model are shared among the categories, one panel a scenario."""
    figure, panels = _panels(found, "Severity of actions", height=1.9 + 0.34 * len(found.models), shared=True)
    for scenario, axes in zip(found.scenarios, panels, strict=True):
        models = [model for model in found.models if (scenario, model) in found.cells]
        shares = np.array([found.cells[scenario, model].shares for model in models])
        places = [found.models.index(model) for model in models]
        left = np.zeros(len(models))
        for k, category in enumerate(CATEGORIES):
            axes.barh(
                places, shares[:, k], left=left, color=_SEVERITY_COLORS[k], height=0.72, label=category,
                edgecolor=PAPER, linewidth=0.5,
            )  # fmt: skip
            left += shares[:, k]
        axes.set(xlim=(0, 1), ylim=(len(found.models) - 0.4, -0.6))
        axes.set_xticks((0, 0.5, 1), ("0", "50 %", "100 %"))
        axes.grid(visible=False)
    panels[0].set_yticks(range(len(found.models)), found.models)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=len(labels), frameon=False, fontsize=9)
    _foot(figure, found, "mean share of the recognised actions of a run, messages among them · charts map")
    return figure


def _slopes(found: Reproduction) -> Figure:
    """Draw the mean score of every model under each map: lines that cross are models that change places."""
    figure, panels = _panels(found, "What the choice of the map does", shared=True)
    for scenario, axes in zip(found.scenarios, panels, strict=True):
        models = [model for model in found.models if (scenario, model) in found.cells]
        for model in models:
            estimates = [found.cells[scenario, model].estimate(name) for name in _MAPS]
            means, color = [estimate.value for estimate in estimates], _color(found, model)
            axes.plot(range(len(_MAPS)), means, color=color, lw=1.8, marker="o", ms=6, mec=PAPER, zorder=3)
            axes.vlines(
                range(len(_MAPS)), [e.low for e in estimates], [e.high for e in estimates], color=color, lw=4, alpha=0.2
            )
        axes.set_xticks(range(len(_MAPS)), [SCORES[name].removesuffix(" map") for name in _MAPS])
        axes.set_xlim(-0.15, len(_MAPS) - 0.85)
        last = [found.cells[scenario, model].mean(_MAPS[-1]) for model in models]
        _label_ends(axes, found, models, last)
    panels[0].set_ylabel("mean escalation score")
    _foot(figure, found, f"mean over runs and days, a nation · bars: {100 * LEVEL:g} % bootstrap intervals")
    return figure


def _panels(
    found: Reproduction, title: str, *, height: float = 3.9, shared: bool = False
) -> tuple[Figure, Sequence[Axes]]:
    """Make a row of axes, one a scenario, on one scale."""
    count = len(found.scenarios)
    figure = new_figure(1.6 + 3.4 * count, height)
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold", color=INK)
    panels: Sequence[Axes] = figure.subplots(1, count, sharey=True, squeeze=False)[0]
    for scenario, axes in zip(found.scenarios, panels, strict=True):
        axes.set_title(scenario, fontsize=10, fontweight="normal", pad=6)
        axes.grid(axis="y")
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    return figure, panels


def _label_ends(axes: Axes, found: Reproduction, models: Sequence[str], ends: Sequence[float]) -> None:
    """Name the lines of a panel at their right ends, pushed apart where they meet."""
    low, high = axes.get_ylim()
    order = np.argsort(ends, kind="stable")
    heights = spread((np.array(ends)[order] - low) / (high - low))
    for k, height in zip(order, heights, strict=True):
        axes.annotate(
            models[k],
            (1.02, height),
            xycoords="axes fraction",
            va="center",
            fontsize=8,
            color=mix(_color(found, models[k]), INK, 0.35),
        )


def _color(found: Reproduction, model: str) -> str:
    return SEATS[found.models.index(model) % len(SEATS)]


def _foot(figure: Figure, found: Reproduction, text: str) -> None:
    runs = sorted({cell.num_runs for cell in found.cells.values()})
    number = f"{runs[0]}" if len(runs) == 1 else f"{runs[0]} to {runs[-1]}"
    foot(figure, f"{number} recorded runs of each model and scenario (Rivera et al. 2024) · {text}")
