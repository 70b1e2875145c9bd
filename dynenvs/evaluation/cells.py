"""Records sorted into cells (a policy against a matchup), and one bootstrap for all of them.

The unit that is resampled is the identity of an episode, its seed and episode index: all policies and
opponents that played it share its luck, so they are drawn together. Units that met the same opponents form a
stratum.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from dynenvs.core.errors import ParameterError
from dynenvs.evaluation.records import EpisodeRecord
from dynenvs.evaluation.statistics import (
    RESAMPLES,
    Estimate,
    FloatArray,
    IntArray,
    percentile_estimate,
    resample_counts,
)

__all__ = ["CellTable", "Cells", "Observation", "metric_value"]


class Observation(NamedTuple):
    """A policy in an episode: the seats that it was measured on, and against whom."""

    policy: str
    opponent: str
    seats: tuple[int, ...]
    record: EpisodeRecord


class CellTable(NamedTuple):
    """A metric by policy and opponent (P, O); NaN where nothing was measured."""

    means: FloatArray  # (P, O)
    resampled: FloatArray  # (P, O, RESAMPLES): the same in each resample
    sizes: IntArray  # (P, O) episodes

    def estimate(self, policy: int, opponent: int) -> Estimate:
        """One cell with its interval."""
        return percentile_estimate(float(self.means[policy, opponent]), self.resampled[policy, opponent])

    def over_opponents(self) -> tuple[FloatArray, FloatArray]:
        """Average over opponents with equal weights: (P,) and (P, RESAMPLES)."""
        return _mean_of_present(self.means), _mean_of_present(self.resampled)


class Cells:
    """Records of one task, by focal policy and opponent.

    An opponent is the matchup's label; where several policies are measured in one episode, as in a round
    robin that measures both sides, it is the names of the others that are.

    Parameters
    ----------
    records : iterable of EpisodeRecord
        Episodes of one environment with one set of parameters and rules, each of them once.
    seed : int
        Seeds the resampling.

    Attributes
    ----------
    policies, opponents : list of str
        Sorted.

    Raises
    ------
    ParameterError
        If there is no record, an episode stands there twice, the records are of different tasks, or a name
        stands for policies of different digests.
    """

    def __init__(self, records: Iterable[EpisodeRecord], seed: int = 0) -> None:
        records = list(records)
        _check_one_task(records)
        self._cells: dict[tuple[str, str], list[Observation]] = defaultdict(list)
        for record in records:
            for observation in _observations(record):
                self._cells[observation.policy, observation.opponent].append(observation)
        self.policies = sorted({policy for policy, _ in self._cells})
        self.opponents = sorted({opponent for _, opponent in self._cells})
        self._unit = {key: unit for unit, key in enumerate(sorted({_key(record) for record in records}))}
        counts = resample_counts(self._strata(), np.random.default_rng(seed))
        self._counts = np.ascontiguousarray(counts.T)  # a row a unit: cells pick theirs

    def tables(self, metrics: Sequence[str]) -> dict[str, CellTable]:
        """Average metrics in every cell, in the sample and in each resample.

        Parameters
        ----------
        metrics : sequence of str
            See `metric_value`.

        Returns
        -------
        dict of str to CellTable
            By metric, in the order given.
        """
        shape = len(metrics), len(self.policies), len(self.opponents)
        means, sizes = np.full(shape, np.nan), np.zeros(shape, dtype=np.int64)
        resampled = np.full((*shape, RESAMPLES), np.nan)
        for i, j, cell in self._each():
            values = np.array([[metric_value(seen, metric) for seen in cell] for metric in metrics])
            drawn = self._counts[[self._unit[_key(seen.record)] for seen in cell]]
            means[:, i, j] = _weighted_means(values, np.ones((len(cell), 1)))[:, 0]
            resampled[:, i, j] = _weighted_means(values, drawn.astype(np.float64))
            sizes[:, i, j] = np.sum(~np.isnan(values), axis=1)
        return {metric: CellTable(means[k], resampled[k], sizes[k]) for k, metric in enumerate(metrics)}

    def values(self, policy: str, metric: str) -> FloatArray:
        """Collect a metric of single episodes of a policy, by opponent and in the records' order."""
        cells = [self._cells[policy, opponent] for opponent in self.opponents if (policy, opponent) in self._cells]
        values = np.array([metric_value(seen, metric) for cell in cells for seen in cell])
        return values[~np.isnan(values)]

    def metrics(self) -> list[str]:
        """Names of the families' metrics that any record has."""
        return sorted({name for cell in self._cells.values() for seen in cell for name in seen.record.metrics})

    def planned(self) -> IntArray:
        """Episodes planned in each cell (P, O).

        A cell without a record was planned as others against that opponent were, except that of a policy
        against itself: many tournaments leave it out.
        """
        planned = np.zeros((len(self.policies), len(self.opponents)), dtype=np.int64)
        for i, j, cell in self._each():
            line_ups = {(seen.record.policies, seen.record.focal): seen.record.planned for seen in cell}
            planned[i, j] = sum(line_ups.values())
        itself = np.array(self.policies)[:, None] == np.array(self.opponents)
        return np.where((planned == 0) & ~itself, planned.max(axis=0), planned)

    def _each(self) -> Iterator[tuple[int, int, list[Observation]]]:
        for i, policy in enumerate(self.policies):
            for j, opponent in enumerate(self.opponents):
                if (policy, opponent) in self._cells:
                    yield i, j, self._cells[policy, opponent]

    def _strata(self) -> list[int]:
        met: list[set[str]] = [set() for _ in self._unit]
        for (_, opponent), cell in self._cells.items():
            for seen in cell:
                met[self._unit[_key(seen.record)]].add(opponent)
        kinds = sorted({tuple(sorted(opponents)) for opponents in met})
        number = {kind: stratum for stratum, kind in enumerate(kinds)}
        return [number[tuple(sorted(opponents))] for opponents in met]


def metric_value(seen: Observation, metric: str) -> float:
    """Value of a metric of an episode for a policy: the mean over its seats.

    Parameters
    ----------
    seen : Observation
        The policy in the episode.
    metric : str
        ``"payoff"`` is the return per step, ``"return"`` the return; otherwise a metric of the family.

    Returns
    -------
    float
        NaN if the episode has no such metric.
    """
    record = seen.record
    if metric == "payoff":
        return sum(record.returns[seat] for seat in seen.seats) / len(seen.seats) / record.length
    values = record.returns if metric == "return" else record.metrics.get(metric)
    return math.nan if values is None else sum(values[seat] for seat in seen.seats) / len(seen.seats)


def _observations(record: EpisodeRecord) -> Iterator[Observation]:
    seats_of: dict[str, list[int]] = defaultdict(list)
    for seat in record.focal:
        seats_of[record.policies[seat]].append(seat)
    for policy, seats in seats_of.items():
        others = " + ".join(sorted(other for other in seats_of if other != policy))
        itself = policy if len(seats) > 1 else ""
        yield Observation(policy, others or record.matchup or itself, tuple(seats), record)


def _key(record: EpisodeRecord) -> tuple[int, int]:
    return record.seed, record.episode_index


def _weighted_means(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Average what is not NaN in each row of `values` (K, n) by each column of `weights` (n, B): (K, B)."""
    present = ~np.isnan(values)
    totals = present.astype(np.float64) @ weights
    sums = np.where(present, values, 0.0) @ weights
    return np.divide(sums, totals, out=np.full(sums.shape, np.nan), where=totals > 0)


def _mean_of_present(values: FloatArray) -> FloatArray:
    """Average what is not NaN over axis 1; NaN if nothing is left."""
    present = ~np.isnan(values)
    counts = present.sum(axis=1)
    sums = np.where(present, values, 0.0).sum(axis=1)
    return np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)


def _check_one_task(records: list[EpisodeRecord]) -> None:
    if not records:
        raise ParameterError("records: expected at least one")
    for name in ("env_id", "params", "rules_digest"):
        found = sorted({getattr(record, name) for record in records})
        if len(found) > 1:
            raise ParameterError(f"records of {name} {found[0]!r} and {found[1]!r}: expected one task")
    seen = set()
    for record in records:
        if record.identity in seen:
            raise ParameterError(f"records: the episode {record.identity} stands there twice")
        seen.add(record.identity)
    _check_digests(records)


def _check_digests(records: list[EpisodeRecord]) -> None:
    digests: dict[str, str] = {}
    for record in records:
        for policy, digest in zip(record.policies, record.policy_digests, strict=True):
            first = digests.setdefault(policy, digest)
            if first != digest:
                raise ParameterError(f"policy {policy!r}: digests {first!r} and {digest!r}: expected one")
