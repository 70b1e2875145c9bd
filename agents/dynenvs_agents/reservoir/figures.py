"""The claims as pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dynenvs.evaluation.plots import foot, new_figure, style
from dynenvs.rendering.palette import ALARM, COOPERATION, DEFECTION, INK, MUTED, PANEL, PAPER, SEATS, ink_on, mix
from dynenvs_agents.reservoir import variance
from dynenvs_agents.reservoir.costs import GRID, MEASURES, PARTNERS, Costs
from dynenvs_agents.reservoir.experiments import CONDITIONS, PLAYERS
from dynenvs_agents.reservoir.payoffs import OURS, Payoffs
from dynenvs_agents.reservoir.phases import DWELLS, Phases

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

__all__ = ["FIGURES", "alarm_plot", "complexity_plot", "override_plot", "payoff_plot", "phase_plot", "variance_plot"]

FloatArray = NDArray[np.float64]

_COLORS = dict(zip((player.name for player in PLAYERS), (DEFECTION, *SEATS[1:4], COOPERATION), strict=True))


def variance_plot(ratios: variance.Ratios) -> Figure:
    """Draw C4: the ratio of variances by size, for bodies and controls."""
    lines = {
        variance.DRAWN: (COOPERATION, "-", 2.4),
        variance.HABITUATED: (SEATS[2], "-", 2.0),
        "no recurrence": (DEFECTION, "-", 2.0),
        "ridge 1e-4": (MUTED, ":", 1.4),
        "ridge 1e-1": (MUTED, "--", 1.4),
        "no bias currents": (SEATS[3], "-", 1.6),
        "delay line, both": (SEATS[1], "-", 1.6),
    }
    with style():
        figure = new_figure(8.6, 4.8)
        axes = figure.add_subplot(xlabel="neurons d", ylabel="variance: partner / body")
        axes.set_title("The variance of actions falls with size, with and without recurrence")
        low, high = ratios.band(variance.DRAWN)
        axes.fill_between(variance.SIZES, low, high, color=mix(COOPERATION, PAPER, 0.85), lw=0)
        for kind, (color, dashes, width) in lines.items():
            axes.plot(variance.SIZES, ratios.median(kind), dashes, color=color, lw=width, label=kind, marker="o", ms=3)
        ends = (variance.SIZES[0], variance.SIZES[-1]), (23, 1600)
        axes.scatter(*ends, marker="D", s=60, color=ALARM, edgecolors=INK, zorder=4, label="published: 23 and 1600")
        axes.set(xscale="log", yscale="log", ylim=(3, 50_000))
        axes.set_xticks(variance.SIZES, [str(d) for d in variance.SIZES], minor=False)
        _plain_numbers(axes.yaxis)
        axes.minorticks_off()
        axes.grid(axis="y")
        axes.legend(frameon=False, fontsize=8.5, loc="center left", bbox_to_anchor=(1.0, 0.5))
        seeds = ratios.ratios[variance.DRAWN].shape[1]
        foot(figure, f"medians of {seeds} bodies at full receptivity · band: 10 to 90 % · partner 0.9 with noise 0.1")
    return figure


def alarm_plot(curves: dict[str, FloatArray]) -> Figure:
    """Draw C5: receptivity around 200 rounds of defection."""
    with style():
        figure = new_figure(8.6, 3.6)
        axes = figure.add_subplot(xlabel="round", ylabel="receptivity alpha")
        axes.set_title("Trust falls at once and returns slowly")
        axes.axvspan(400, 600, color=mix(DEFECTION, PAPER, 0.85), lw=0)
        axes.text(500, 1.03, "the partner defects", ha="center", fontsize=9, color=mix(DEFECTION, INK, 0.3))
        for (kind, alpha), color in zip(curves.items(), (SEATS[2], COOPERATION), strict=True):
            rounds = np.arange(350, 800)
            low, high = np.quantile(alpha[:, rounds], [0.1, 0.9], axis=0)
            axes.fill_between(rounds, low, high, color=mix(color, PAPER, 0.8), lw=0, alpha=0.7)
            axes.plot(rounds, alpha[:, rounds].mean(axis=0), color=color, lw=2, label=kind)
        axes.set(xlim=(350, 799), ylim=(0, 1.12), yticks=(0, 0.25, 0.5, 0.75, 1))
        axes.grid(axis="y")
        axes.legend(frameon=False, fontsize=9, loc="center right")
        seeds = len(next(iter(curves.values())))
        foot(figure, f"mean of {seeds} bodies of 30 neurons · bands: 10 to 90 %")
    return figure


def complexity_plot(costs: dict[str, Costs]) -> Figure:
    """Draw C3: the complexity cost by receptivity, as two estimates tell it."""
    with style():
        figure = new_figure(9.4, 6.4)
        for place, (kind, its) in enumerate(costs.items()):
            for column, measure in enumerate(MEASURES[1:]):
                axes = figure.add_subplot(2, 2, 2 * place + column + 1, title="" if place else measure)
                for color, (j, partner) in zip(SEATS, enumerate(PARTNERS), strict=False):
                    nats = np.median(its.divergence[measure][:, j], axis=1)
                    axes.plot(GRID, nats, color=color, lw=1.8, marker="o", ms=3, label=partner)
                axes.set_xlabel("receptivity alpha" if place else "")
                axes.set_ylabel("" if column else f"nats ({kind})")
                if measure == "fixed shrinkage":
                    axes.set_yscale("log")
                    _plain_numbers(axes.yaxis)
                axes.grid(axis="y")
        figure.axes[1].legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
        foot(figure, "KL divergence of the states from the habituated baseline, medians over bodies")
    return figure


def override_plot(costs: dict[str, Costs]) -> Figure:
    """Draw C6: the cost of overriding against how much is overridden, on logarithmic axes."""
    with style():
        figure = new_figure(9.4, 4.2)
        for place, (kind, its) in enumerate(costs.items()):
            axes = figure.add_subplot(1, 2, place + 1, title=kind)
            for color, (j, partner) in zip(SEATS, enumerate(PARTNERS), strict=False):
                work = its.work["Ledoit-Wolf"][:-1, j].ravel()
                axes.scatter(its.override[:-1, j].ravel(), work, s=9, color=color, alpha=0.7, label=partner, lw=0)
            x = np.array([1e-6, 0.3])
            for level in 10.0 ** np.arange(-2, 9, 2):
                axes.plot(x, level * x, color=mix(MUTED, PAPER, 0.5), lw=0.8, ls=":", zorder=0)
            axes.set(xscale="log", yscale="log", xlim=(3e-6, 0.3), ylim=(1e-3, 1e7))
            axes.set_xlabel("mean square override")
            axes.set_xticks([1e-5, 1e-4, 1e-3, 1e-2, 1e-1])
            _plain_numbers(axes.xaxis)
            _plain_numbers(axes.yaxis)
            axes.minorticks_off()
        figure.axes[0].set_ylabel("cost, nats (kT)")
        figure.axes[1].legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5), markerscale=2)
        foot(figure, "one dot a body, partner and receptivity · dotted: in proportion")
    return figure


def payoff_plot(evidence: dict[str, Payoffs]) -> Figure:
    """Draw C7: payoffs by condition, and what is given to a partner that slips."""
    kind, payoffs = next(iter(evidence.items()))
    with style():
        figure = new_figure(10.4, 5.2)
        left, right = figure.subplots(1, 2, width_ratios=(3, 2))
        _payoff_rows(left, payoffs)
        right.set_title("The trap, and the way out")
        for name in ("sentinel", "static, 0.95", OURS):
            smooth = np.apply_along_axis(np.convolve, 1, payoffs.trap[name], np.ones(20) / 20, mode="valid")
            rounds, (low, high) = np.arange(smooth.shape[1]) + 10, np.quantile(smooth, [0.1, 0.9], axis=0)
            right.fill_between(rounds, low, high, color=mix(_COLORS[name], PAPER, 0.8), lw=0, alpha=0.7)
            right.plot(rounds, smooth.mean(axis=0), color=_COLORS[name], lw=2, label=name)
        right.set(ylim=(0, 1), xlabel="round", ylabel="given to a reciprocator that slips")
        right.grid(axis="y")
        foot(
            figure,
            f"means of {payoffs.raw['sentinel'].shape[1]} bodies of 30 neurons, {kind} · bars: 95 % bootstrap "
            "intervals over bodies · right: over 20 rounds, bands of 10 to 90 % of the bodies",
        )
    return figure


def _payoff_rows(axes: Axes, payoffs: Payoffs) -> None:
    axes.set_title("Payoff a round")
    places = np.arange(len(CONDITIONS) + 1)
    for place in places[::2]:
        axes.axhspan(place - 0.5, place + 0.5, color=PANEL, lw=0, zorder=0)
    axes.axhline(len(CONDITIONS) - 0.5, color=MUTED, lw=1)
    for k, name in enumerate(payoffs.raw):
        heights, color, marker = places + 0.15 * (k - 2), _COLORS[name], "D" if name == OURS else "o"
        means, lows, highs = np.array(payoffs.estimates(name)).T
        axes.hlines(heights, lows, highs, colors=color, lw=2, zorder=2)
        axes.scatter(means, heights, color=color, s=20, marker=marker, label=name, zorder=3)
    axes.set_yticks(places, [*CONDITIONS, "all conditions"])
    axes.get_yticklabels()[-1].set(fontweight="bold")
    axes.set(ylim=(len(places) - 0.5, -0.5), xlim=(0.3, 3))
    axes.tick_params(length=0)
    axes.grid(axis="x")
    axes.spines[:].set_visible(False)
    axes.legend(frameon=False, fontsize=8.5, loc="upper left")


def _plain_numbers(axis: Axis) -> None:
    """Label a logarithmic axis without formulas, which our style leaves as they are written."""
    axis.set_major_formatter(lambda value, _: f"{value:g}")


def phase_plot(evidence: dict[str, Phases]) -> Figure:
    """Draw C8: mean receptivity over sizes and dwell times."""
    with style():
        figure = new_figure(10.4, 4.6)
        for place, (kind, phases) in enumerate(evidence.items()):
            axes = figure.add_subplot(1, 2, place + 1, title=kind, xlabel="mean rounds of a regime, tau_env")
            _phase_map(axes, phases)
        figure.axes[0].set_ylabel("neurons d")
        foot(
            figure,
            "mean receptivity of the sentinel with a partner that switches between 0.9 and 0: the darker, the more",
        )
    return figure


def _phase_map(axes: Axes, phases: Phases) -> None:
    from matplotlib.patches import Rectangle

    means = phases.alpha.mean(axis=2)
    for (i, j), value in np.ndenumerate(means):
        shade = mix(mix(COOPERATION, PAPER, 0.95), mix(COOPERATION, INK, 0.2), value / 0.6)
        axes.add_patch(Rectangle((j - 0.48, i - 0.46), 0.96, 0.92, color=shade, lw=0))
        axes.text(j, i, f"{value:.2f}", ha="center", va="center", fontsize=9, color=ink_on(shade))
    axes.set(xlim=(-0.5, means.shape[1] - 0.5), ylim=(-0.5, means.shape[0] - 0.5))
    axes.set_xticks(range(means.shape[1]), [str(dwell) for dwell in DWELLS])
    axes.set_yticks(range(means.shape[0]), [str(d) for d in phases.sizes])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


FIGURES: dict[str, tuple[str, Callable[[Any], Figure]]] = {
    "C3": ("complexity", complexity_plot),
    "C4": ("variance", variance_plot),
    "C5": ("alarm", alarm_plot),
    "C6": ("override", override_plot),
    "C7": ("payoffs", payoff_plot),
    "C8": ("phases", phase_plot),
}
"""What draws the evidence of each claim, and the name of the file."""
