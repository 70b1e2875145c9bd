"""Evolution of a population of strategies, from the payoffs they earn against each other.

The Moran process (Moran 1958; in games: Nowak, Sasaki, Taylor and Fudenberg 2004): a fixed number of players; in each
step one is chosen to reproduce in proportion to its fitness, the mean payoff against all others, and its offspring
replaces one chosen at random. It ends when all are alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dynenvs.core.checks import check_between, check_integer
from dynenvs.core.errors import ParameterError

__all__ = ["MoranRuns", "fixation_probability", "moran_process"]


@dataclass(frozen=True)
class MoranRuns:
    """Many runs of a Moran process.

    Attributes
    ----------
    fixed : ndarray of float64, shape (strategies,)
        Share of the runs that each strategy took over.
    steps : ndarray of int64, shape (runs,)
        Births until all were alike.
    history : ndarray of int64, shape (births + 1, strategies)
        How many played each strategy in the first run, from its beginning to its end.
    """

    fixed: NDArray[np.float64]
    steps: NDArray[np.int64]
    history: NDArray[np.int64]


def moran_process(
    payoffs: ArrayLike, counts: ArrayLike, *, runs: int = 1000, seed: int = 0, selection: float = 1.0
) -> MoranRuns:
    """Run Moran processes until every population is of one strategy.

    Parameters
    ----------
    payoffs : array_like of float, shape (strategies, strategies)
        What a row earns against a column. With selection 1 they must not be negative.
    counts : array_like of int, shape (strategies,)
        Players of each strategy at the beginning; two at least in all.
    runs : int
        Independent populations.
    seed : int
        Seeds all draws.
    selection : float
        w in [0, 1]: fitness is ``1 - w + w * payoff``. 0 is neutral drift.

    Returns
    -------
    MoranRuns
        Who took over, and how long it took.

    Raises
    ------
    ParameterError
        If shapes do not fit, or a fitness could be zero or less for all.

    Examples
    --------
    Without selection each player's strategy is as likely as any other's to take over:

    >>> runs = moran_process(np.ones((2, 2)), [1, 3], runs=20_000, selection=0.0)
    >>> bool(abs(runs.fixed[0] - 1 / 4) < 0.02)
    True
    """
    fitness, start = _check(payoffs, counts, selection)
    check_integer("runs", runs, 1)
    rng = np.random.default_rng(seed)
    population = np.tile(start, (runs, 1))
    steps = np.zeros(runs, np.int64)
    history = [start]
    active = np.flatnonzero((population > 0).sum(axis=1) > 1)
    while len(active):
        here = population[active]
        parents = _choose(here * _mean_fitness(fitness, here), rng)
        victims = _choose(here.astype(np.float64), rng)
        population[active, parents] += 1
        population[active, victims] -= 1
        steps[active] += 1
        if active[0] == 0:
            history.append(population[0].copy())
        active = active[(population[active] > 0).sum(axis=1) > 1]
    return MoranRuns((population > 0).mean(axis=0), steps, np.stack(history))


def fixation_probability(payoffs: ArrayLike, num_players: int, *, mutants: int = 1, selection: float = 1.0) -> float:
    """Return the exact probability that mutants of strategy 0 take over a population of strategy 1.

    Parameters
    ----------
    payoffs : array_like of float, shape (2, 2)
        What a row earns against a column.
    num_players : int
        Size of the population, at least 2.
    mutants : int
        Players of strategy 0 at the beginning.
    selection : float
        As in `moran_process`.

    Returns
    -------
    float
        ``sum_{k<m} prod_{i<=k} g_i/f_i  /  sum_{k<n} prod_{i<=k} g_i/f_i`` with the fitnesses f of strategy 0 and g of
        strategy 1 among i players of strategy 0 (Nowak 2006, Evolutionary Dynamics, eq. 6.13 and 7.3).

    Raises
    ------
    ParameterError
        If a value is out of range.
    """
    check_integer("num_players", num_players, 2)
    check_integer("mutants", mutants, 0, num_players)
    fitness, _ = _check(payoffs, [mutants, num_players - mutants], selection)
    if fitness.shape != (2, 2):
        raise ParameterError(f"payoffs of shape {fitness.shape}: expected (2, 2)")
    mixed = np.arange(1, num_players)
    both = _mean_fitness(fitness, np.stack([mixed, num_players - mixed], axis=1))
    ratios = np.concatenate([[1.0], np.cumprod(both[:, 1] / both[:, 0])])
    return float(ratios[:mutants].sum() / ratios.sum())


def _mean_fitness(fitness: NDArray[np.float64], population: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return each strategy's mean fitness against all players but itself: shape (populations, strategies)."""
    against_all = population @ fitness.T - np.diag(fitness)
    return np.asarray(against_all / (population.sum(axis=1, keepdims=True) - 1))


def _choose(weights: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw one column a row, in proportion to the weights."""
    sums = weights.cumsum(axis=1)
    drawn = rng.random(len(sums)) * sums[:, -1]
    return np.asarray((sums <= drawn[:, None]).sum(axis=1), np.int64)


def _check(payoffs: ArrayLike, counts: ArrayLike, selection: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    check_between("selection", selection, 0, 1)
    matrix, start = np.asarray(payoffs, np.float64), np.asarray(counts)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not np.isfinite(matrix).all():
        raise ParameterError(f"payoffs of shape {matrix.shape}: expected a square matrix of finite numbers")
    if start.dtype.kind not in "iu" or start.shape != matrix.shape[:1] or (start < 0).any() or start.sum() < 2:
        expected = f"{len(matrix)} integers >= 0, two players at least in all"
        raise ParameterError(f"counts={start.tolist()}: expected {expected}")
    fitness = 1.0 - selection + selection * matrix
    if (fitness <= 0).any():
        raise ParameterError(f"fitness {fitness.min():g}: expected higher payoffs, or weaker selection; it must be > 0")
    return fitness, start.astype(np.int64)
