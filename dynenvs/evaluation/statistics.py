"""Means, differences and shares with 95 % intervals.

Everything that is resampled goes one way: `resample_counts` says how often each unit was drawn in each
resample, and a statistic is a function of values and such weights. So resampling whole seeds (clusters)
within each opponent (strata) is the same code as the plain bootstrap. The draws come from a seeded generator
of their own.

Intervals are percentile intervals (Efron 1979). For means of few units they are a little too narrow: of 3000
means of ten normal values, 90.5 % held the truth, of twenty 93.6 %. Of one unit they have no width at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from dynenvs.core.checks import check_integer
from dynenvs.core.errors import ParameterError

__all__ = [
    "LEVEL",
    "RESAMPLES",
    "Estimate",
    "bootstrap",
    "interquartile_mean",
    "mean",
    "mean_ratio",
    "paired_difference",
    "percentile_estimate",
    "probability_of_improvement",
    "resample_counts",
    "wilson_interval",
]

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.integer]
Statistic: TypeAlias = Callable[[FloatArray, IntArray], FloatArray]
"""``statistic(values (n,), weights (resamples, n)) -> (resamples,)``."""

LEVEL = 0.95
"""Coverage of every interval that dynenvs gives."""
RESAMPLES = 2000
"""Resamples of a bootstrap: an end of the interval moves by some 2 % of its width from seed to seed."""

_BLOCK = 2**22
"""Draws made at once, to bound memory."""


class Estimate(NamedTuple):
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float


# ---------------------------------------------------------------- statistics of weighted values


def mean(values: FloatArray, weights: IntArray) -> FloatArray:
    """Mean of values that stand there `weights` times, for each row of weights.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        The sample.
    weights : ndarray of int, shape (resamples, n)
        How often each value counts, >= 0.

    Returns
    -------
    ndarray of float64, shape (resamples,)
        NaN where all weights are 0.
    """
    totals = weights.sum(axis=1)
    return np.divide(weights @ values, totals, out=np.full(len(weights), np.nan), where=totals > 0)


def interquartile_mean(values: FloatArray, weights: IntArray) -> FloatArray:
    """Mean of the middle half: a quarter of the sample, rounded down, is cut off at each end.

    Less driven by a few extreme episodes than the mean, and steadier than the median.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        The sample.
    weights : ndarray of int, shape (resamples, n)
        How often each value counts, >= 0.

    Returns
    -------
    ndarray of float64, shape (resamples,)
        NaN where all weights are 0.

    References
    ----------
    Agarwal, Schwarzer, Castro, Courville and Bellemare (2021), "Deep reinforcement learning at the edge of
    the statistical precipice", NeurIPS.
    """
    order = np.argsort(values, kind="stable")
    above = np.cumsum(weights[:, order], axis=1)  # ranks: value k holds those from below to above
    below = above - weights[:, order]
    size = above[:, -1:]
    cut = size // 4
    kept = np.clip(above, cut, size - cut) - np.clip(below, cut, size - cut)
    return mean(values[order], kept)


# ---------------------------------------------------------------- intervals


def bootstrap(
    values: npt.ArrayLike,
    statistic: Statistic = mean,
    *,
    clusters: npt.ArrayLike | None = None,
    strata: npt.ArrayLike | None = None,
    seed: int = 0,
) -> Estimate:
    """Estimate a statistic of a sample with its 95 % percentile bootstrap interval.

    Parameters
    ----------
    values : array of float, shape (n,)
        The sample, finite, n >= 1.
    statistic : callable
        `mean`, `interquartile_mean`, or another function of values and weights.
    clusters : array of shape (n,), optional
        Labels of what was drawn independently, such as seeds: all values of a cluster are drawn together. By
        default each value by itself.
    strata : array of shape (n,), optional
        Labels of the groups inside which clusters are drawn, such as opponents: each keeps its number of
        clusters. A cluster lies in one stratum. By default one.
    seed : int
        Seeds the resampling.

    Returns
    -------
    Estimate
        The statistic of the sample itself, and its interval.

    Raises
    ------
    ParameterError
        If the sample is empty or not finite, labels differ in length, or a cluster lies in two strata.

    References
    ----------
    Efron (1979), "Bootstrap methods: another look at the jackknife"; Davison and Hinkley (1997), "Bootstrap
    methods and their application", sections 3.2 (strata) and 3.8 (clusters).

    Examples
    --------
    >>> bootstrap([1.0, 2.0, 3.0, 4.0]).value
    2.5
    """
    sample = _sample("values", values)
    unit = _labels("clusters", clusters, len(sample), np.arange(len(sample)))
    group = _labels("strata", strata, len(sample), np.zeros(len(sample), dtype=np.int64))
    unit_strata = np.full(unit.max() + 1, -1)
    unit_strata[unit] = group
    if (unit_strata[unit] != group).any():
        raise ParameterError("clusters, strata: expected each cluster to lie in one stratum")
    counts = resample_counts(unit_strata, np.random.default_rng(seed))
    value = statistic(sample, np.ones((1, len(sample)), dtype=np.int64))[0]
    return percentile_estimate(float(value), statistic(sample, counts[:, unit]))


def resample_counts(strata: npt.ArrayLike, rng: np.random.Generator, *, resamples: int = RESAMPLES) -> IntArray:
    """Draw units with replacement inside their strata, and count how often each was drawn.

    Parameters
    ----------
    strata : array, shape (num_units,)
        Label of each unit's stratum.
    rng : numpy.random.Generator
        Source of the draws.
    resamples : int
        Number of resamples, at least 1.

    Returns
    -------
    ndarray of int32, shape (resamples, num_units)
        In every row the counts of a stratum sum to its number of units.
    """
    check_integer("resamples", resamples, 1)
    strata = np.asarray(strata)
    counts = np.empty((resamples, len(strata)), dtype=np.int32)
    for stratum in np.unique(strata):
        units = np.flatnonzero(strata == stratum)
        step = max(1, _BLOCK // len(units))
        for start in range(0, resamples, step):
            rows = min(step, resamples - start)
            counts[start : start + rows, units] = _draw_counts(rows, len(units), rng)
    return counts


def percentile_estimate(value: float, resampled: FloatArray) -> Estimate:
    """Join a value with the 95 % interval of its resampled twins; those that are NaN have nothing to say.

    The interval always holds the value, even where all are equal up to rounding.
    """
    low, high = np.quantile(resampled[~np.isnan(resampled)], ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Estimate(float(value), float(min(low, value)), float(max(high, value)))


def mean_ratio(parts: npt.ArrayLike, wholes: npt.ArrayLike, *, seed: int = 0) -> Estimate:
    """Divide the sum of the parts by that of the wholes, such as valid replies by replies, over episodes.

    Parameters
    ----------
    parts, wholes : array of float, shape (n,)
        Of the same episodes, finite, n >= 1; wholes >= 0, not all 0.
    seed : int
        Seeds the resampling of episodes.

    Returns
    -------
    Estimate
        The ratio of the sums (not the mean of ratios, in which short episodes would weigh as much as long ones).

    Raises
    ------
    ParameterError
        If the two differ in length, are empty or not finite, or there is nothing to divide by.

    Examples
    --------
    >>> mean_ratio([1.0, 5.0], [2.0, 10.0]).value
    0.5
    """
    above, below = _sample("parts", parts), _sample("wholes", wholes)
    if len(above) != len(below) or below.min() < 0 or not below.any():
        raise ParameterError(f"parts and wholes of lengths {len(above)} and {len(below)}: expected pairs, wholes >= 0")
    counts = resample_counts(np.zeros(len(above)), np.random.default_rng(seed))
    sums = counts @ below
    resampled = np.divide(counts @ above, sums, out=np.full(len(counts), np.nan), where=sums > 0)
    return percentile_estimate(float(above.sum() / below.sum()), resampled)


def paired_difference(first: npt.ArrayLike, second: npt.ArrayLike, *, seed: int = 0) -> Estimate:
    """Mean of first minus second, where both were measured on the same seeds.

    What a seed gives to both cancels out, so that this interval is narrower than two separate ones suggest.

    Parameters
    ----------
    first, second : array of float, shape (n,)
        Measured on the same seeds, in the same order; finite, n >= 1.
    seed : int
        Seeds the resampling of pairs.

    Returns
    -------
    Estimate
        Both ends of the interval on one side of 0: the two differ, at 95 %.

    Raises
    ------
    ParameterError
        If the two differ in length, are empty or not finite.
    """
    ours, theirs = _sample("first", first), _sample("second", second)
    if len(ours) != len(theirs):
        raise ParameterError(f"first and second of lengths {len(ours)} and {len(theirs)}: expected pairs")
    return bootstrap(ours - theirs, seed=seed)


def probability_of_improvement(first: npt.ArrayLike, second: npt.ArrayLike, *, seed: int = 0) -> Estimate:
    """Chance that a value of the first sample exceeds one of the second; a tie counts one half.

    Parameters
    ----------
    first, second : array of float, shapes (n,) and (m,)
        Independent samples, finite and not empty.
    seed : int
        Seeds the resampling of both.

    Returns
    -------
    Estimate
        In [0, 1]: U / (n m) of Mann and Whitney (1947), with its percentile bootstrap interval.

    Raises
    ------
    ParameterError
        If a sample is empty or not finite.

    References
    ----------
    Agarwal et al. (2021), section 4.3.
    """
    ours, theirs = np.sort(_sample("first", first)), np.sort(_sample("second", second))
    rng = np.random.default_rng(seed)
    counts = [resample_counts(np.zeros(len(sample)), rng) for sample in (ours, theirs)]
    once = [np.ones((1, len(sample)), dtype=np.int64) for sample in (ours, theirs)]
    return percentile_estimate(float(_superiority(ours, theirs, *once)[0]), _superiority(ours, theirs, *counts))


def wilson_interval(successes: int, trials: int) -> Estimate:
    """Estimate a share from independent successes: it stays in [0, 1] and has a width even at 0 and 1.

    Parameters
    ----------
    successes : int
        In [0, trials].
    trials : int
        At least 1.

    Returns
    -------
    Estimate
        successes / trials, and the interval of Wilson (1927), without correction for continuity.

    Raises
    ------
    ParameterError
        If a number is out of range.

    Examples
    --------
    >>> [round(number, 3) for number in wilson_interval(0, 10)]
    [0.0, 0.0, 0.278]
    """
    check_integer("trials", trials, 1)
    check_integer("successes", successes, 0, trials)
    z = NormalDist().inv_cdf((1 + LEVEL) / 2)
    p, n = successes / trials, trials
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    margin = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return Estimate(p, max(0.0, centre - margin), min(1.0, centre + margin))


def _superiority(ours: FloatArray, theirs: FloatArray, our_counts: IntArray, their_counts: IntArray) -> FloatArray:
    """P(ours > theirs) + P(equal) / 2 in each resample of two sorted samples."""
    worse = np.pad(np.cumsum(their_counts, axis=1), ((0, 0), (1, 0)))  # worse[:, k]: among the k lowest of theirs
    beaten = worse[:, np.searchsorted(theirs, ours, side="left")]
    reached = worse[:, np.searchsorted(theirs, ours, side="right")]
    return np.sum(our_counts * (beaten + reached), axis=1) / (2.0 * len(ours) * len(theirs))


def _draw_counts(rows: int, num_units: int, rng: np.random.Generator) -> IntArray:
    draws = rng.integers(num_units, size=(rows, num_units))
    draws += num_units * np.arange(rows)[:, None]  # a row's units apart from the next row's
    return np.bincount(draws.ravel(), minlength=rows * num_units).reshape(rows, num_units)


def _sample(name: str, values: npt.ArrayLike) -> FloatArray:
    sample = np.asarray(values, dtype=np.float64)
    if sample.ndim != 1 or not len(sample) or not np.isfinite(sample).all():
        raise ParameterError(f"{name}={sample}: expected a list of finite numbers, at least one")
    return sample


def _labels(name: str, labels: npt.ArrayLike | None, length: int, default: IntArray) -> IntArray:
    """Replace labels by numbers from 0."""
    if labels is None:
        return default
    given = np.asarray(labels)
    if given.shape != (length,):
        raise ParameterError(f"{name} of shape {given.shape}: expected a label for each of {length} values")
    return np.unique(given, return_inverse=True)[1]
