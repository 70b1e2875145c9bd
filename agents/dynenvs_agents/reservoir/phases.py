"""C8: governance by the size of the body and by how long the regimes of its environment last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dynenvs_agents.reservoir.body import BodyParams
from dynenvs_agents.reservoir.experiments import PLAYERS, Lab

__all__ = ["DWELLS", "SIZES", "Phases", "largest_change", "measure_phases"]

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
