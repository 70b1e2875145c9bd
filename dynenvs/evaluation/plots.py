"""Rankings, payoffs and evolution as pictures.

Every function returns a matplotlib `Figure` of its own, without global state; `save_plot` writes it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dynenvs.core.errors import ParameterError, require_extra
from dynenvs.core.files import replacing
from dynenvs.evaluation.rankings import PayoffMatrix, Ranking
from dynenvs.evaluation.statistics import LEVEL, FloatArray
from dynenvs.rendering.palette import COOPERATION, GRID, INK, MUTED, PAPER, SEATS, mix

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "evolution_plot",
    "foot",
    "head",
    "new_figure",
    "payoff_boxes",
    "payoff_heat_map",
    "ranking_plot",
    "save_plot",
    "spread",
    "style",
]

_MARGIN = 0.15
"""What is left free at the sides of a figure, in inches."""
_TITLE = 12
_ROW = 0.36
"""Height of a row of labels, in inches."""
_STYLE = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same picture everywhere
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GRID,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 14,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": INK,
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "svg.hashsalt": "dynenvs",
}
_DARK = 0.73
"""Where white text on a shade of the heat map becomes easier to read than ink."""
_REST, _REST_COLOR = "others", GRID
_LARGEST = len(SEATS)
_LABEL_GAP = 0.052
"""Least distance of two labels of an evolution plot, as a share of its height."""


def ranking_plot(
    ranking: Ranking, title: str = "", *, highlight: Collection[str] = (), episodes: tuple[int, int] | None = None
) -> Figure:
    """Draw policies from best to worst, each a dot on its 95 % interval.

    Parameters
    ----------
    ranking : Ranking
        What to show.
    title : str
        Stands above.
    highlight : collection of str
        Policies in colour; the others are grey. If empty, all are in colour.
    episodes : (int, int), optional
        As in `ranking_table`.

    Returns
    -------
    matplotlib.figure.Figure
        Its foot says how many of the planned episodes it stands on.

    Raises
    ------
    MissingExtra
        If matplotlib is not installed.
    """
    with style():
        names, scores = [row.policy for row in ranking.rows], [row.score for row in ranking.rows]
        figure, axes = _row_figure(title, names, _metric_label(ranking.metric))
        colors = [COOPERATION if not highlight or name in highlight else MUTED for name in names]
        places, lows, highs = range(len(names)), [s.low for s in scores], [s.high for s in scores]
        axes.hlines(places, lows, highs, colors=colors, lw=5, alpha=0.3)
        axes.scatter([s.value for s in scores], places, s=50, c=colors, edgecolors=PAPER, zorder=3)
        for place, (name, score, color) in enumerate(zip(names, scores, colors, strict=True)):
            _write_beside(axes, place, f"{score.value:.2f}", color)
            if name in highlight:
                axes.get_yticklabels()[place].set(fontweight="bold", color=color)
        played, planned = episodes or (ranking.played, ranking.planned)
        foot(figure, f"{played:,} of {planned:,} planned episodes · {100 * LEVEL:g} % bootstrap intervals")
    return figure


def payoff_heat_map(matrix: PayoffMatrix, title: str = "") -> Figure:
    """Draw the mean payoff of each policy (row) against each opponent (column): the darker, the more.

    Raises
    ------
    MissingExtra
        If matplotlib is not installed.
    """
    with style():
        num_rows, num_columns = matrix.means.shape
        figure = new_figure(3 + 0.62 * num_columns, 2.2 + _ROW * num_rows)
        axes = figure.add_subplot(title=title)
        low, high = np.nanmin(matrix.means), np.nanmax(matrix.means)
        for (i, j), payoff in np.ndenumerate(matrix.means):
            _draw_cell(axes, i, j, float(payoff), (payoff - low) / (high - low) if high > low else 0.0)
        axes.set(xlim=(-0.5, num_columns - 0.5), ylim=(num_rows - 0.5, -0.5))
        axes.set_xticks(range(num_columns), matrix.opponents, rotation=40, ha="left", rotation_mode="anchor")
        axes.set_yticks(range(num_rows), matrix.policies)
        axes.tick_params(length=0, labelcolor=INK, top=True, labeltop=True, bottom=False, labelbottom=False)
        axes.spines[:].set_visible(False)
        foot(figure, "mean payoff per step of the row against the column · best policy on top")
    return figure


def payoff_boxes(scores: Mapping[str, FloatArray], title: str = "", *, metric: str = "payoff") -> Figure:
    """Draw how single episodes of each policy went, the best mean on top.

    Parameters
    ----------
    scores : mapping of str to ndarray of float64, shape (num_episodes,)
        By policy, at least one value each; see `dynenvs.evaluation.rankings.episode_scores`.
    title : str
        Stands above.
    metric : str
        What was measured.

    Returns
    -------
    matplotlib.figure.Figure
        Boxes hold the middle half of the episodes, whiskers nine tenths; line: median, dot: mean.

    Raises
    ------
    MissingExtra
        If matplotlib is not installed.
    """
    with style():
        names = sorted(scores, key=lambda name: (-np.mean(scores[name]), name))
        figure, axes = _row_figure(title, names, _metric_label(metric))
        axes.boxplot(
            [scores[name] for name in names],
            positions=range(len(names)),
            orientation="horizontal",
            manage_ticks=False,
            whis=(5, 95),
            widths=0.5,
            showfliers=False,
            showmeans=True,
            patch_artist=True,
            boxprops={"facecolor": mix(COOPERATION, PAPER, 0.75), "edgecolor": "none"},
            medianprops={"color": COOPERATION, "linewidth": 2},
            meanprops={
                "marker": "o",
                "markerfacecolor": PAPER,
                "markeredgecolor": COOPERATION,
                "markersize": 5,
            },
            whiskerprops={"color": mix(COOPERATION, PAPER, 0.45)},
            capprops={"visible": False},
        )
        episodes = sum(len(values) for values in scores.values())
        boxes = "box: middle half · whiskers: 5 % to 95 % · dot: mean of all, whomever they were against"
        foot(figure, f"{episodes:,} episodes · {boxes}")
    return figure


def evolution_plot(shares: FloatArray, names: Sequence[str], title: str = "", *, time: str = "generation") -> Figure:
    """Draw how the shares of strategies in a population change over generations.

    Parameters
    ----------
    shares : ndarray of float64, shape (num_generations, num_strategies)
        Shares or counts, >= 0; every row is scaled to the whole population.
    names : sequence of str
        One a strategy. The eight that ever had the largest shares are drawn, the rest is one grey band.
    title : str
        Stands above.
    time : str
        What a row is, for the axis.

    Returns
    -------
    matplotlib.figure.Figure
        Bands, stacked in the order of their last share, the largest at the bottom.

    Raises
    ------
    ParameterError
        If the shapes do not fit, or a generation is empty or has a negative share.
    MissingExtra
        If matplotlib is not installed.
    """
    shares = _population(shares, names)
    bands, labels = _largest_bands(shares, names)
    with style():
        figure = new_figure(9, 4.4)
        axes = figure.add_subplot(title=title, xlabel=time)
        colors = [_REST_COLOR if name == _REST else SEATS[k % len(SEATS)] for k, name in enumerate(labels)]
        axes.stackplot(range(len(bands)), bands.T, colors=colors, edgecolor=PAPER, linewidth=0.8)
        axes.set(xlim=(0, max(1, len(bands) - 1)), ylim=(0, 1), yticks=())
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        texts = [f"{name}  {100 * share:.0f} %" for name, share in zip(labels, bands[-1], strict=True)]
        _name_bands(axes, bands[0], labels, colors, side=0)
        _name_bands(axes, bands[-1], texts, colors, side=1)
        foot(figure, "height of a band: share of the population")
    return figure


def save_plot(figure: Figure, path: str | Path) -> None:
    """Write a figure as PNG, SVG or PDF, after the end of the name; the same figure gives the same bytes.

    Raises
    ------
    ParameterError
        If the name ends otherwise.
    """
    path = Path(path)
    stamps = {".png": {}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
    if path.suffix not in stamps:
        raise ParameterError(f"path={str(path)!r}: expected a name that ends in {', '.join(stamps)}")
    with style(), replacing(path) as beside:
        figure.savefig(beside, format=path.suffix[1:], dpi=160, metadata=stamps[path.suffix])


# ---------------------------------------------------------------- the common look


def style() -> AbstractContextManager[None]:
    """Give matplotlib our look while a figure is drawn; raise MissingExtra if it is not installed."""
    matplotlib = require_extra("matplotlib", "render", "a plot")
    return matplotlib.rc_context(_STYLE)


def new_figure(width: float, height: float) -> Figure:
    """Make an empty figure of a size in inches."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    engine = ConstrainedLayoutEngine(w_pad=_MARGIN, h_pad=0.12)
    return Figure((width, height), layout=engine, facecolor=PAPER)


def _row_figure(title: str, names: Sequence[str], label: str) -> tuple[Figure, Axes]:
    """Make axes with one row a name, the first on top, and vertical guides alone."""
    figure = new_figure(8, 1.7 + _ROW * len(names))
    axes = figure.add_subplot(title=title, xlabel=label)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(length=0)
    axes.grid(axis="x")
    axes.spines[:].set_visible(False)
    return figure, axes


def _write_beside(axes: Axes, place: int, text: str, color: str) -> None:
    """Write in the right margin of a row."""
    margin = 1.01, place
    axes.annotate(text, margin, xycoords=("axes fraction", "data"), va="center", color=color, fontsize=9)


def foot(figure: Figure, text: str) -> None:
    """Write below a figure what it stands on, in as many lines as it takes."""
    figure.supxlabel(_lines(text, figure, 8), x=0.01, ha="left", fontsize=8, color=MUTED)


def head(figure: Figure, text: str) -> None:
    """Write above a figure what it is, in as many lines as it takes."""
    figure.suptitle(_lines(text, figure, _TITLE), x=0.01, ha="left", color=INK, fontsize=_TITLE)


def _lines(text: str, figure: Figure, size: float) -> str:
    """Break a text that is wider than a figure: at spaces, or else within a long name."""
    from matplotlib.textpath import TextPath

    room = 72 * (figure.get_figwidth() - 2 * _MARGIN)

    def fits(line: str) -> bool:
        return not line or float(TextPath((0, 0), line, size=size).get_extents().width) <= room

    lines = [""]
    for piece in re.findall(r"[^ /,?&]*[ /,?&]*", text):
        parts = [piece] if fits(piece.rstrip()) else list(piece)
        for part in parts:
            if not fits((lines[-1] + part).rstrip()):
                lines.append("")
            lines[-1] += part
    return "\n".join(line.rstrip(" ") for line in lines if line.strip())


def _metric_label(metric: str) -> str:
    return "mean payoff per step" if metric == "payoff" else f"mean {metric.replace('_', ' ')}"


# ---------------------------------------------------------------- heat map


def _draw_cell(axes: Axes, i: int, j: int, payoff: float, shade: float) -> None:
    from matplotlib.patches import Rectangle

    met = not np.isnan(payoff)
    axes.add_patch(Rectangle((j - 0.48, i - 0.46), 0.96, 0.92, color=_shade(shade) if met else PAPER, lw=0))
    text, color = f"{payoff:.2f}" if met else "·", PAPER if shade > _DARK else INK
    axes.text(j, i, text, ha="center", va="center", fontsize=9, color=color)


def _shade(share: float) -> str:
    return mix(mix(COOPERATION, PAPER, 0.93), mix(COOPERATION, INK, 0.25), share)


# ---------------------------------------------------------------- evolution


def _population(shares: FloatArray, names: Sequence[str]) -> FloatArray:
    shares = np.asarray(shares, dtype=np.float64)
    if shares.ndim != 2 or not len(shares) or shares.shape[1] != len(names):
        raise ParameterError(f"shares of shape {shares.shape}: expected (generations, {len(names)})")
    totals = shares.sum(axis=1, keepdims=True)
    if not (np.isfinite(shares).all() and (shares >= 0).all() and (totals > 0).all()):
        raise ParameterError("shares: expected finite numbers >= 0, not all 0 in a generation")
    return shares / totals


def _largest_bands(shares: FloatArray, names: Sequence[str]) -> tuple[FloatArray, list[str]]:
    """Keep the strategies that ever had the largest shares, the last winner first; add up the others."""
    largest = np.argsort(-shares.max(axis=0), kind="stable")[:_LARGEST]
    order = sorted(largest, key=lambda k: -shares[-1, k])
    bands, labels = shares[:, order], [names[k] for k in order]
    if len(order) < len(names):
        bands, labels = np.column_stack([bands, 1 - bands.sum(axis=1)]), [*labels, _REST]
    return bands, labels


def _name_bands(axes: Axes, shares: FloatArray, texts: Sequence[str], colors: Sequence[str], side: int) -> None:
    """Name the bands that can be seen at the left end (side 0) or the right end (side 1)."""
    middles = np.cumsum(shares) - shares / 2
    seen = [k for k, share in enumerate(shares) if share > 0.005]
    for k, height in zip(seen, spread(middles[seen]), strict=True):
        axes.annotate(
            texts[k],
            (side, height),
            xycoords="axes fraction",
            xytext=(8 if side else -8, 0),
            textcoords="offset points",
            ha="left" if side else "right",
            va="center",
            fontsize=9,
            color=mix(colors[k], INK, 0.5),
        )


def spread(heights: FloatArray) -> FloatArray:
    """Push labels apart, upwards from the bottom and then back from the top: heights, ascending, as shares of axes."""
    apart = heights.copy()
    for k in range(1, len(apart)):
        apart[k] = max(apart[k], apart[k - 1] + _LABEL_GAP)
    top = 1.0
    for k in reversed(range(len(apart))):
        apart[k] = min(apart[k], top)
        top = apart[k] - _LABEL_GAP
    return apart
