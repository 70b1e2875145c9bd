"""What a strategy costs the body: how far its states are from those that it is used to.

The cost is the Kullback-Leibler divergence of the distribution of the states in a game from the habituated baseline,
in nats (C3 of the source). Between Gaussians it has a closed form, for which covariances must be shrunk: hundreds of
states that follow each other in d dimensions leave some directions all but empty. `nearest_neighbour_kl` assumes no
Gaussian, and checks it on a projection of few dimensions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.checks import check_between, check_integer
from dynenvs.core.errors import ParameterError

__all__ = [
    "Moments",
    "fixed_shrinkage",
    "gaussian_kl",
    "ledoit_wolf",
    "nearest_neighbour_kl",
    "principal_directions",
]

FloatArray = NDArray[np.float64]

FIXED = 0.1
"""Share of the mean variance that the fixed shrinkage adds: the prototype's."""


class Moments(NamedTuple):
    """A Gaussian."""

    mean: FloatArray  # (d,)
    covariance: FloatArray  # (d, d)


def fixed_shrinkage(states: FloatArray, share: float = FIXED) -> Moments:
    """Take mean and covariance of states, and add a share of the mean variance to every variance.

    Parameters
    ----------
    states : ndarray of float64, shape (rounds, d)
        At least 2 rounds.
    share : float
        >= 0.

    Returns
    -------
    Moments
        S + share tr(S)/d I.

    Raises
    ------
    ParameterError
        If there are too few rounds, or the share is out of range.
    """
    _check_states("states", states, 2)
    check_between("share", share, 0, np.inf)
    mean, S = _sample_moments(states)
    return Moments(mean, S + share * np.trace(S) / len(S) * np.eye(len(S)))


def ledoit_wolf(states: FloatArray) -> tuple[Moments, float]:
    """Shrink the covariance of states towards its mean variance, by the share that minimises the expected error.

    Parameters
    ----------
    states : ndarray of float64, shape (rounds, d)
        At least 2 rounds. States of a game follow each other and are not independent, as the formula takes them to
        be: the share is then rather too small.

    Returns
    -------
    moments : Moments
        (1 - share) S + share tr(S)/d I.
    share : float
        In [0, 1].

    Raises
    ------
    ParameterError
        If there are too few rounds.

    References
    ----------
    Ledoit and Wolf (2004), "A well-conditioned estimator for large-dimensional covariance matrices", J. Multivariate
    Analysis 88, 365-411, section 3.2.
    """
    _check_states("states", states, 2)
    mean, S = _sample_moments(states)
    n, d = states.shape
    centered, level = states - mean, np.trace(S) / d
    spread = float(np.square(S - level * np.eye(d)).sum() / d)  # delta^2 of the paper, whose norm divides by d
    quartic = float(np.square(np.square(centered).sum(axis=1)).sum())
    error = (quartic / n - float(np.square(S).sum())) / n / d  # beta-bar^2: mean of |x x' - S|^2, over n
    share = min(error, spread) / spread if spread > 0 else 1.0
    return Moments(mean, (1.0 - share) * S + share * level * np.eye(d)), share


def gaussian_kl(one: Moments, base: Moments) -> float:
    """Return the divergence of a Gaussian from another, in nats.

    Parameters
    ----------
    one, base : Moments
        Of the same dimension, with positive definite covariances.

    Returns
    -------
    float
        0.5 [tr(S0^-1 S) + (mu0 - mu)' S0^-1 (mu0 - mu) - d + ln det S0 / det S], >= 0.

    Raises
    ------
    ParameterError
        If a covariance is singular.

    Examples
    --------
    >>> gaussian_kl(Moments(np.array([1.0]), np.eye(1)), Moments(np.array([0.0]), np.eye(1)))
    0.5
    """
    signs, logs = zip(*(np.linalg.slogdet(moments.covariance) for moments in (one, base)), strict=True)
    if min(signs) <= 0:
        raise ParameterError("covariance: expected a positive definite one, this is singular; shrink it first")
    ratio = np.linalg.solve(base.covariance, one.covariance)
    gap = base.mean - one.mean
    mahalanobis = float(gap @ np.linalg.solve(base.covariance, gap))
    return float(0.5 * (np.trace(ratio) + mahalanobis - len(gap) + logs[1] - logs[0]))


def principal_directions(states: FloatArray, count: int) -> FloatArray:
    """Return the directions in which states vary most, scaled to unit variance.

    Parameters
    ----------
    states : ndarray of float64, shape (rounds, d)
        At least 2 rounds.
    count : int
        Directions, in [1, d].

    Returns
    -------
    ndarray of float64, shape (d, count)
        ``states @ directions`` has unit variances and no correlations.

    Raises
    ------
    ParameterError
        If something is out of range.
    """
    _check_states("states", states, 2)
    check_integer("count", count, 1, states.shape[1])
    _, S = _sample_moments(states)
    values, vectors = np.linalg.eigh(S)
    top = np.argsort(values)[::-1][:count]
    directions: FloatArray = vectors[:, top] / np.sqrt(np.maximum(values[top], np.finfo(float).tiny))
    return directions


def nearest_neighbour_kl(samples: FloatArray, base: FloatArray, *, k: int = 5) -> float:
    """Estimate the divergence of what samples were drawn from, in nats, from distances to nearest neighbours.

    Parameters
    ----------
    samples : ndarray of float64, shape (n, d)
        Drawn from one distribution, n > k.
    base : ndarray of float64, shape (m, d)
        Drawn from the other, m >= k.
    k : int
        Which neighbour, at least 1: more are less noisy and less local.

    Returns
    -------
    float
        d/n sum_i ln(nu_i / rho_i) + ln(m / (n - 1)), with nu_i and rho_i the distances of sample i from its k-th
        neighbour in the base and among the samples. May be a little below 0, and is too small where samples lie
        beyond all of the base.

    Raises
    ------
    ParameterError
        If there are too few samples, or they coincide.

    References
    ----------
    Wang, Kulkarni and Verdu (2009), "Divergence estimation for multidimensional densities via k-nearest-neighbor
    distances", IEEE Trans. Information Theory 55, 2392-2405, equation 14.
    """
    check_integer("k", k, 1)
    _check_states("samples", samples, k + 1)
    _check_states("base", base, k)
    n, d = samples.shape
    inside, outside = np.empty(n), np.empty(n)
    for lo in range(0, n, _BLOCK):
        block = samples[lo : lo + _BLOCK]
        inside[lo : lo + _BLOCK] = _kth_distance(block, samples, k + 1)  # each is its own nearest neighbour
        outside[lo : lo + _BLOCK] = _kth_distance(block, base, k)
    if min(inside.min(), outside.min()) <= 0:
        raise ParameterError("samples: expected different points, some coincide")
    return float(d * np.log(outside / inside).mean() + np.log(len(base) / (n - 1)))


_BLOCK = 256
"""Samples whose distances are computed at once, to bound memory."""


def _kth_distance(points: FloatArray, among: FloatArray, k: int) -> FloatArray:
    squares = np.zeros((len(points), len(among)))
    for column in range(points.shape[1]):
        squares += np.square(points[:, column, None] - among[None, :, column])
    distance: FloatArray = np.sqrt(np.partition(squares, k - 1, axis=1)[:, k - 1])
    return distance


def _sample_moments(states: FloatArray) -> tuple[FloatArray, FloatArray]:
    mean = states.mean(axis=0)
    centered = states - mean
    return mean, centered.T @ centered / len(states)


def _check_states(name: str, states: FloatArray, rounds: int) -> None:
    if states.ndim != 2 or len(states) < rounds or states.shape[1] < 1:
        raise ParameterError(f"{name} of shape {states.shape}: expected at least {rounds} rows of at least 1 number")
