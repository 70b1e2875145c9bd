"""Large populations that change smoothly: the replicator and the logit dynamics, and the states they come to rest in.

With the payoffs f = A x of the strategies in a population of shares x,

* the replicator dynamics (Taylor and Jonker 1978), dx_i/dt = x_i (f_i - x f): strategies spread by how much more than
  the mean they earn; who is absent stays so;
* the logit dynamics (Fudenberg and Levine 1998), dx_i/dt = exp(f_i / eta) / sum_j exp(f_j / eta) - x_i: players choose
  anew now and then, the better the likelier, and by chance alone for large eta.

Many populations are followed at once, by Runge and Kutta's fourth order, in steps that are short beside the payoffs.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dynenvs.core.checks import check_array, check_between, check_integer, shown
from dynenvs.core.errors import ParameterError
from dynenvs.core.jit import kernel, rule
from dynenvs.evaluation.statistics import FloatArray, IntArray

__all__ = ["Destination", "RestState", "destinations", "logit", "random_starts", "replicator", "rest_state"]

STRIDE = 0.25  # of a step, times the largest difference of payoffs
ABSENT = 1e-3  # a smaller share is on its way out
NEAR = 0.02  # ends so close to each other are one
ROUNDING = 1e-7
LARGEST = 1e9  # in anything larger, a float does not hold what is smaller than `ROUNDING`
MOST_STEPS = 10**10  # of one population: minutes
STILL = 1e-13  # a population that changes more slowly does not change
MOST_STRATEGIES = 14  # of which the conditions of stability are checked, 2^n of them


@dataclass(frozen=True)
class RestState:
    """What a state of a population is as an equilibrium of the game.

    Attributes
    ----------
    shares : ndarray of float64, shape (strategies,)
        The state.
    gain : float
        What the best strategy earns more than the mean: 0 in an equilibrium.
    nash : bool
        Whether nobody gains by another strategy.
    stable : bool or None
        Whether it is evolutionarily stable (Maynard Smith and Price 1973): no small invasion of any mixture lasts. None
        if there are too many strategies to say.
    """

    shares: FloatArray
    gain: float
    nash: bool
    stable: bool | None


@dataclass(frozen=True)
class Destination:
    """Where some of the populations ended.

    Attributes
    ----------
    state : RestState
        Of those that rest their mean, taken for the equilibrium of the strategies that are left where it is close to
        one. Of those that do not, their mean at the last moment: on their way, they need never have been there.
    populations : int
        How many.
    resting : bool
        Whether they had come to rest: whether no share had changed by 0.001 since half time, whatever it did between.
        One that lingers where others would still gain, as `RestState.gain` tells, may set out again.
    """

    state: RestState
    populations: int
    resting: bool


def replicator(payoffs: ArrayLike, starts: ArrayLike, *, time: float = 100.0, samples: int = 101) -> FloatArray:
    """Follow populations under the replicator dynamics.

    Parameters
    ----------
    payoffs : array_like of float, shape (strategies, strategies)
        What a row earns against a column.
    starts : array_like of float, shape (populations, strategies)
        Shares at first, >= 0; every row is scaled to 1.
    time : float
        How long, in inverse units of payoff, in (0, 1e6].
    samples : int
        Moments that are returned, evenly spaced, both ends among them.

    Returns
    -------
    ndarray of float64, shape (populations, samples, strategies)
        Shares.

    Raises
    ------
    ParameterError
        If shapes do not fit, a value is out of range, or payoffs are so large that it would take 10^10 steps.

    Examples
    --------
    Hawks (V = 2, C = 4) and doves end at V / C, from wherever they start:

    >>> replicator([[-1, 2], [0, 1]], [[0.01, 0.99], [0.9, 0.1]])[:, -1].round(6).tolist()
    [[0.5, 0.5], [0.5, 0.5]]
    """
    return _follow_all(payoffs, starts, time, samples, 0.0)


def logit(
    payoffs: ArrayLike, starts: ArrayLike, *, noise: float = 0.1, time: float = 100.0, samples: int = 101
) -> FloatArray:
    """Follow populations under the logit dynamics.

    Parameters
    ----------
    payoffs, starts, samples
        As in `replicator`.
    noise : float
        eta, in units of payoff, in [1e-6, 1e6].
    time : float
        How long, in choices of each player.

    Returns
    -------
    ndarray of float64, shape (populations, samples, strategies)
        Shares.

    Raises
    ------
    ParameterError
        As `replicator`.

    Examples
    --------
    >>> logit([[4, 1], [3, 3]], [[0.9, 0.1]], noise=0.2)[0, -1].round(3).tolist()
    [0.993, 0.007]
    """
    check_between("noise", noise, 1e-6, 1e6)
    return _follow_all(payoffs, starts, time, samples, noise)


def random_starts(strategies: int, populations: int, seed: int = 0) -> FloatArray:
    """Draw populations evenly from all that there are: (populations, strategies)."""
    check_integer("strategies", strategies, 1)
    check_integer("populations", populations, 1)
    return np.random.default_rng(seed).dirichlet(np.ones(strategies), populations)


def _follow_all(payoffs: ArrayLike, starts: ArrayLike, time: float, samples: int, noise: float) -> FloatArray:
    matrix = _square(payoffs)
    shares = _scaled("starts", check_array("starts", starts, "populations", len(matrix)))
    check_between("time", time, 0, 1e6, closed="right")
    check_integer("samples", samples, 2)
    interval = time / (samples - 1)
    pace = max(1.0, 1.0 / noise) if noise else 1.0
    largest = float(np.ptp(matrix))
    steps = max(1, math.ceil(interval * max(1.0, largest * pace) / STRIDE))
    if steps * (samples - 1) > MOST_STEPS:
        told = f"payoffs that differ by {largest:g}, time={time:g}{f', noise={noise:g}' if noise else ''}"
        raise ParameterError(
            f"{told}: {steps * (samples - 1):.3g} steps of every population; expected at most {MOST_STEPS:.0e}"
        )
    followed = np.empty((len(shares), samples, len(matrix)))
    _follow(matrix, shares, interval / steps, steps, noise, np.empty((6, len(matrix))), followed)
    return followed


def _square(payoffs: ArrayLike) -> FloatArray:
    matrix = check_array("payoffs", payoffs, "strategies", "strategies")
    if matrix.shape[0] != matrix.shape[1]:
        raise ParameterError(f"payoffs of shape {matrix.shape}: expected a square matrix, (strategies, strategies)")
    if np.abs(matrix).max() > LARGEST:
        value = matrix.flat[np.abs(matrix).argmax()]
        raise ParameterError(f"payoffs: {value:g}: expected numbers in [-{LARGEST:g}, {LARGEST:g}]")
    return matrix


def _scaled(name: str, shares: FloatArray) -> FloatArray:
    """Return shares (populations, strategies) that add up to 1."""
    is_none = (shares < 0).any(axis=1) | (shares > LARGEST).any(axis=1) | (shares == 0).all(axis=1)
    if is_none.any():
        raise ParameterError(
            f"{name}: {shown(shares[is_none][0])}: expected shares >= 0, not all 0, each at most {LARGEST:g}"
        )
    return shares / shares.sum(axis=1, keepdims=True)


@kernel
def _follow(
    payoffs: FloatArray,
    starts: FloatArray,
    step: float,
    steps: int,
    noise: float,
    work: FloatArray,
    followed: FloatArray,
) -> None:
    """Follow every population, and keep a sample after so many steps."""
    n, shares = len(payoffs), work[0]
    for population in range(len(starts)):
        for i in range(n):
            shares[i] = starts[population, i]
            followed[population, 0, i] = shares[i]
        for sample in range(1, followed.shape[1]):
            _change(payoffs, shares, noise, work[2], work[3])
            for _ in range(steps if _largest(work[3]) > STILL else 0):
                _advance(payoffs, shares, step, noise, work)
            for i in range(n):
                followed[population, sample, i] = shares[i]


@rule
def _advance(payoffs: FloatArray, shares: FloatArray, step: float, noise: float, work: FloatArray) -> None:
    """Make one step of Runge and Kutta."""
    n, there, earned, change, total = len(shares), work[1], work[2], work[3], work[4]
    for i in range(n):
        total[i], there[i] = 0.0, shares[i]
    for stage in range(4):
        _change(payoffs, there, noise, earned, change)
        reach = step if stage == 2 else 0.5 * step
        for i in range(n):
            total[i] += change[i] * (2.0 if stage in (1, 2) else 1.0)
            there[i] = shares[i] + reach * change[i]
    whole = 0.0
    for i in range(n):
        shares[i] = max(0.0, shares[i] + step / 6.0 * total[i])
        whole += shares[i]
    for i in range(n):
        shares[i] /= whole  # rounding alone would lead away


@rule
def _largest(change: FloatArray) -> float:
    """Return how fast the share changes that changes fastest."""
    largest = 0.0
    for i in range(len(change)):
        largest = max(largest, abs(change[i]))
    return largest


@rule
def _change(payoffs: FloatArray, shares: FloatArray, noise: float, earned: FloatArray, change: FloatArray) -> None:
    """Say how fast the shares change."""
    n, mean, highest = len(shares), 0.0, -np.inf
    for i in range(n):
        earned[i] = 0.0
        for j in range(n):
            earned[i] += payoffs[i, j] * shares[j]
        mean += shares[i] * earned[i]
        highest = max(highest, earned[i])
    if noise == 0.0:
        for i in range(n):
            change[i] = shares[i] * (earned[i] - mean)
        return
    total = 0.0
    for i in range(n):
        change[i] = np.exp((earned[i] - highest) / noise)
        total += change[i]
    for i in range(n):
        change[i] = change[i] / total - shares[i]


# States of rest.


def rest_state(payoffs: ArrayLike, shares: ArrayLike, *, tolerance: float = 1e-6) -> RestState:
    """Say whether a state is an equilibrium of the game, and whether that is evolutionarily stable.

    Parameters
    ----------
    payoffs : array_like of float, shape (strategies, strategies)
        What a row earns against a column.
    shares : array_like of float, shape (strategies,)
        The state; scaled to 1.
    tolerance : float
        Payoffs that differ by less are equal.

    Returns
    -------
    RestState
        By the definition of Nash (1951), and for stability by the criterion of Haigh (1975) and Abakuks (1980).

    Raises
    ------
    ParameterError
        If shapes do not fit, or shares are negative.

    Examples
    --------
    In the stag hunt both pure states are stable, the mixed one is not:

    >>> [rest_state([[4, 1], [3, 3]], shares).stable for shares in ([1, 0], [0, 1], [2 / 3, 1 / 3])]
    [True, True, False]
    """
    matrix = _square(payoffs)
    (x,) = _scaled("shares", check_array("shares", shares, len(matrix))[None])
    earned = matrix @ x
    gain = float(earned.max() - x @ earned)
    nash = gain <= tolerance
    stable: bool | None = False
    if nash:
        replies = np.flatnonzero(earned >= earned.max() - tolerance)
        stable = _is_stable(matrix, x, replies) if len(replies) <= MOST_STRATEGIES else None
    return RestState(x, gain, nash, stable)


def _is_stable(matrix: FloatArray, x: FloatArray, replies: IntArray) -> bool:
    """Say whether an equilibrium earns more against every mixture of its best replies than that against itself."""
    played = [i for i in replies.tolist() if x[i] > 0]
    k, inside, outside = played[0], played[1:], [i for i in replies.tolist() if x[i] == 0]
    free = [*inside, *outside]
    worse = np.array([[matrix[k, j] + matrix[i, k] - matrix[i, j] - matrix[k, k] for j in free] for i in free])
    worse = worse.reshape(len(free), len(free))
    worse = (worse + worse.T) / 2
    m = len(inside)
    block = worse[:m, :m]
    if m and np.linalg.eigvalsh(block).min() <= ROUNDING:
        return False
    rest = worse[m:, m:]
    if m and outside:
        rest = rest - worse[m:, :m] @ np.linalg.solve(block, worse[:m, m:])
    return _is_strictly_copositive(rest)


def _is_strictly_copositive(matrix: FloatArray) -> bool:
    """Say whether z'Mz > 0 for all z >= 0 but 0.

    It is so if no principal part has an eigenvector > 0 of an eigenvalue <= 0 (Kaplan 2000, Linear Algebra Appl. 313).
    """
    for size in range(1, len(matrix) + 1):
        for part in itertools.combinations(range(len(matrix)), size):
            values, vectors = np.linalg.eigh(matrix[np.ix_(part, part)])
            for value, vector in zip(values, vectors.T, strict=True):
                if value <= ROUNDING and ((vector > ROUNDING).all() or (vector < -ROUNDING).all()):
                    return False
    return True


def destinations(payoffs: ArrayLike, followed: ArrayLike) -> list[Destination]:
    """Gather where populations have ended: places of rest, that of most first, then all that are still on their way.

    Parameters
    ----------
    payoffs : array_like of float, shape (strategies, strategies)
        What a row earns against a column.
    followed : array_like of float, shape (populations, samples, strategies)
        From `replicator` or `logit`; at least two samples.

    Returns
    -------
    list of Destination
        Places of rest that are close to each other are one. Populations that have not come to rest are one as well,
        wherever they are, and the last.

    Raises
    ------
    ParameterError
        If shapes do not fit, or shares are negative.

    Examples
    --------
    >>> stag_hunt = [[4, 1], [3, 3]]
    >>> ends = destinations(stag_hunt, replicator(stag_hunt, random_starts(2, 3000)))
    >>> [(end.state.shares.tolist(), round(end.populations / 3000, 1), end.state.stable) for end in ends]
    [([0.0, 1.0], 0.7, True), ([1.0, 0.0], 0.3, True)]
    """
    matrix = _square(payoffs)
    courses = check_array("followed", followed, "populations", "samples", len(matrix))
    if courses.shape[1] < 2:
        raise ParameterError(f"followed of shape {courses.shape}: expected at least two samples")
    ends, middles = courses[:, -1], courses[:, (courses.shape[1] - 1) // 2]
    rests = np.abs(ends - middles).max(axis=1) < ABSENT
    left, found = ends[rests], []
    while len(left):
        is_here = np.abs(left - left[0]).max(axis=1) < NEAR
        state = rest_state(matrix, _settled(matrix, left[is_here].mean(axis=0)))
        found.append(Destination(state, int(is_here.sum()), resting=True))
        left = left[~is_here]
    found.sort(key=lambda one: -one.populations)
    if not rests.all():
        found.append(Destination(rest_state(matrix, ends[~rests].mean(axis=0)), int((~rests).sum()), resting=False))
    return found


def _settled(matrix: FloatArray, shares: FloatArray) -> FloatArray:
    """Return the equilibrium of the strategies that are left, if these shares are close to one; else the shares."""
    played = np.flatnonzero(shares > ABSENT)
    n = len(played)
    equal = np.zeros((n + 1, n + 1))
    equal[:n, :n], equal[:n, n], equal[n, :n] = matrix[np.ix_(played, played)], -1.0, 1.0
    solved, *_ = np.linalg.lstsq(equal, np.append(np.zeros(n), 1.0), rcond=None)
    exact = np.zeros_like(shares)
    exact[played] = solved[:n]
    is_one = np.abs(equal @ solved - np.append(np.zeros(n), 1.0)).max() < ROUNDING
    return exact if is_one and (exact >= 0).all() and np.abs(exact - shares).max() < NEAR else shares
