"""C8: governance by the size of the body and by how long the regimes of its environment last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dynenvs_agents.reservoir.body import BodyParams
from dynenvs_agents.reservoir.cognition import TitForTat
from dynenvs_agents.reservoir.complexity import fixed_shrinkage, gaussian_kl
from dynenvs_agents.reservoir.costs import View
from dynenvs_agents.reservoir.experiments import PLAYERS, Lab, Player
from dynenvs_agents.reservoir.sentinel import StaticGovernance

__all__ = [
    "DWELLS",
    "GOVERNED",
    "PRICED_DWELLS",
    "PRICED_SIZES",
    "PRICES",
    "SIZES",
    "Phases",
    "change_near_twenty",
    "largest_change",
    "measure_best",
    "measure_phases",
]

FloatArray = NDArray[np.float64]

SIZES = (5, 10, 15, 20, 25, 30, 50, 100)
"""Neurons: dense around 20, where the source sees a change."""

DWELLS = (5, 10, 20, 50, 100, 200, 500)
"""tau_env: mean rounds for which the partner cooperates, or defects, before it changes over."""

ROUNDS = 2000

BODILESS = ("tit for tat", "moving average")
"""Players whose bodies are not trusted at all."""

_COOPERATIVE = 0.45
"""What tells a cooperative regime, at 0.9, from one of defection: half of that. The noise of 0.1 seldom crosses it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Phases:
    """What was seen, shape (sizes, dwells, seeds) each.

    Attributes
    ----------
    sizes : tuple of int
        Neurons.
    alpha : ndarray of float64
        Mean receptivity of the sentinel.
    vigilance : ndarray of float64
        Mean receptivity in cooperative regimes less that in regimes of defection: 0 where governance does not tell them
        apart.
    payoffs : dict of str to ndarray of float64
        A round, by player. Those whose bodies are not trusted at all are the same in every size.
    """

    sizes: tuple[int, ...]
    alpha: FloatArray
    vigilance: FloatArray
    payoffs: dict[str, FloatArray]

    def best(self) -> NDArray[np.int64]:
        """Return which player earns most, shape (sizes, dwells): its place in `payoffs`."""
        means = np.stack([payoff.mean(axis=2) for payoff in self.payoffs.values()])
        return np.asarray(means.argmax(axis=0))


def measure_phases(seeds: int, params: BodyParams, sizes: Sequence[int] = SIZES) -> Phases:
    """Play regime switchers of every dwell time with bodies of every size.

    Parameters
    ----------
    seeds : int
        Bodies of each size, at least 1.
    params : BodyParams
        What they are like otherwise.
    sizes : sequence of int
        Neurons.

    Returns
    -------
    Phases
        Of all sizes.
    """
    shape = (len(sizes), len(DWELLS), seeds)
    alpha, vigilance = np.empty(shape), np.empty(shape)
    payoffs = {player.name: np.empty(shape) for player in PLAYERS}
    for place, d in enumerate(sizes):
        lab = Lab(BodyParams(**{**vars(params), "d": d}), seeds)
        for player in PLAYERS if place == 0 else [player for player in PLAYERS if player.name not in BODILESS]:
            course = lab.play(player, ["regime_switcher"] * len(DWELLS), ROUNDS, dwell=DWELLS)
            payoffs[player.name][place:] = course.payoff.mean(axis=1).reshape(shape[1:])
            if player is PLAYERS[0]:
                good = course.other > _COOPERATIVE
                trusted = _mean_where(course.alpha, good) - _mean_where(course.alpha, ~good)
                alpha[place] = course.alpha.mean(axis=1).reshape(shape[1:])
                vigilance[place] = trusted.reshape(shape[1:])
    return Phases(sizes=tuple(sizes), alpha=alpha, vigilance=vigilance, payoffs=payoffs)


def _mean_where(values: FloatArray, where: NDArray[np.bool_]) -> FloatArray:
    count = np.maximum(1, where.sum(axis=1))
    return np.asarray((values * where).sum(axis=1) / count)


def largest_change(sizes: Sequence[int], values: FloatArray, *, resamples: int = 500, seed: int = 0) -> FloatArray:
    """Find between which sizes a curve changes most, and how sure that is.

    A step is fitted: the mean of the sizes up to it, and that of those above, by least squares.

    Parameters
    ----------
    sizes : sequence of int
        Ascending, at least 2.
    values : ndarray of float64, shape (sizes, seeds)
        What is measured.
    resamples : int
        Of the seeds.
    seed : int
        Of the resamples.

    Returns
    -------
    ndarray of float64, shape (resamples,)
        Geometric mean of the two sizes on either side of the step, in each resample.
    """
    draws = np.random.default_rng([6, seed]).integers(values.shape[1], size=(resamples, values.shape[1]))
    curves = values[:, draws].mean(axis=2)  # (sizes, resamples)
    errors = [
        np.square(part - part.mean(axis=0)).sum(axis=0)
        for k in range(1, len(sizes))
        for part in (curves[:k], curves[k:])
    ]
    total = np.array(errors[::2]) + np.array(errors[1::2])
    edges = np.sqrt(np.array(sizes[:-1]) * np.array(sizes[1:]))
    return edges[total.argmin(axis=0)]


# ---------------------------------------------------------------- what is best where complexity has a price

PRICED_SIZES = (5, 10, 20, 30, 50, 100)
PRICED_DWELLS = (10, 50, 200)
PRICES = (
    ("nearest neighbours", 0.03),
    ("nearest neighbours", 0.3),
    ("fixed shrinkage, a neuron", 0.001),
    ("fixed shrinkage, a neuron", 0.003),
    ("fixed shrinkage, a neuron", 0.01),
)
"""Estimates of the complexity, and payoff that a nat of each costs a round: where the best governance changes."""

GOVERNED = (
    PLAYERS[0],
    *(
        Player(name=f"alpha {alpha:g}", governance=StaticGovernance(alpha=alpha), tool=TitForTat())
        for alpha in (0.0, 0.25, 0.5, 0.75, 0.95, 1.0)
    ),
)
"""The sentinel, and bodies that are trusted alike in every round."""

_PRICED_ROUNDS = 1000


def measure_best(seeds: int, params: BodyParams) -> NDArray[np.int64]:
    """Find which governance earns most, net of tools and of complexity.

    Parameters
    ----------
    seeds : int
        Bodies of each size, at least 1.
    params : BodyParams
        What they are like otherwise.

    Returns
    -------
    ndarray of int64, shape (prices, sizes, dwells)
        Its place in `GOVERNED`.
    """
    best = np.empty((len(PRICES), len(PRICED_SIZES), len(PRICED_DWELLS)), np.int64)
    for place, d in enumerate(PRICED_SIZES):
        lab = Lab(BodyParams(**{**vars(params), "d": d}), seeds)
        earned = [_earned(lab, player) for player in GOVERNED]
        for p, (measure, price) in enumerate(PRICES):
            net = np.stack([payoff - price * nats[measure] for payoff, nats in earned])
            best[p, place] = net.mean(axis=2).argmax(axis=0)
    return best


def _earned(lab: Lab, player: Player) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Return payoffs net of tools, and nats by estimate, shape (dwells, seeds) each."""
    course = lab.play(
        player, ["regime_switcher"] * len(PRICED_DWELLS), _PRICED_ROUNDS, dwell=PRICED_DWELLS, keep_states=True
    )
    baseline, shape = lab.baseline(player.tool), (len(PRICED_DWELLS), lab.seeds)
    views = [View(states) for states in baseline.states]
    neighbours, gaussian = [], []
    for row, states in enumerate(course.states[:, _PRICED_ROUNDS // 10 :]):
        k = row % lab.seeds
        neighbours.append(views[k].divergence(states))
        gaussian.append(gaussian_kl(fixed_shrinkage(states), baseline.moments(k)) / states.shape[1])
    nats = {PRICES[0][0]: np.reshape(neighbours, shape), PRICES[-1][0]: np.reshape(gaussian, shape)}
    return (course.payoff.mean(axis=1) - course.tool_costs).reshape(shape), nats


def change_near_twenty(best: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say for every price and dwell time whether one governance is best below 20 neurons, and another above.

    Parameters
    ----------
    best : ndarray of int64, shape (prices, sizes, dwells)
        As `measure_best` gives it.

    Returns
    -------
    ndarray of bool, shape (prices, dwells)
        Whether it changes there, and only there.
    """
    sizes = np.array(PRICED_SIZES)
    below, above = best[:, sizes < 20], best[:, sizes > 20]
    settled = (below == below[:, :1]).all(axis=1) & (above == above[:, :1]).all(axis=1)
    return np.asarray(settled & (below[:, 0] != above[:, 0]))
