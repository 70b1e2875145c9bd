"""What a change of the environment does to a policy: differences between episodes of the same seeds.

The usual question is how far a language model depends on words that change nothing, such as the names of actions; but
any parameter will do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from dynenvs.core.errors import ParameterError
from dynenvs.evaluation.cells import Observation, metric_value
from dynenvs.evaluation.records import EpisodeRecord
from dynenvs.evaluation.statistics import Estimate, bootstrap

__all__ = ["Difference", "compare"]


class Difference(NamedTuple):
    """How a metric of a policy differs.

    Attributes
    ----------
    policy, metric : str
        Whose, and of what: ``"payoff"`` is the return per step.
    before, after : float
        Means over the pairs of episodes.
    change : Estimate
        After less before, with its 95 % interval; both ends on one side of 0: the change matters.
    pairs : int
        Episodes that were played in both ways.
    """

    policy: str
    metric: str
    before: float
    after: float
    change: Estimate
    pairs: int


def compare(before: Iterable[EpisodeRecord], after: Iterable[EpisodeRecord], *, seed: int = 0) -> list[Difference]:
    """Compare how the same policies played the same seeds in two ways.

    Parameters
    ----------
    before, after : iterable of EpisodeRecord
        With one focal policy a record; an episode pairs with that of the same policy, opponents, seed and trial.
    seed : int
        Seeds the bootstrap, which draws seeds: what they mean for several opponents stays together.

    Returns
    -------
    list of Difference
        By policy in the order of the records: the payoff first, then every metric that both have.

    Raises
    ------
    ParameterError
        If no two episodes are a pair.
    """
    first, second = _by_identity(before), _by_identity(after)
    pairs = [(first[identity], second[identity]) for identity in first if identity in second]
    if not pairs:
        raise ParameterError(
            "before and after: expected episodes of the same policies, opponents and seeds, found none"
        )
    policies = dict.fromkeys(one.policy for one, _ in pairs)
    return [
        _difference([pair for pair in pairs if pair[0].policy == policy], metric, seed)
        for policy in policies
        for metric in _metrics(pairs, policy)
    ]


def _by_identity(records: Iterable[EpisodeRecord]) -> dict[tuple[object, ...], Observation]:
    seen: dict[tuple[object, ...], Observation] = {}
    for record in records:
        one = Observation(record.policies[record.focal[0]], record.matchup, record.focal, record)
        seen[one.policy, one.opponent, record.seed, record.episode_index, record.trial] = one
    return seen


def _metrics(pairs: list[tuple[Observation, Observation]], policy: str) -> list[str]:
    """Name the payoff, and the metrics that all episodes of a policy have."""
    records = [one.record for pair in pairs for one in pair if one.policy == policy]
    return ["payoff", *(name for name in records[0].metrics if all(name in record.metrics for record in records))]


def _difference(pairs: list[tuple[Observation, Observation]], metric: str, seed: int) -> Difference:
    values = np.array([[metric_value(one, metric) for one in pair] for pair in pairs])
    seeds = np.array([pair[0].record.seed for pair in pairs], np.uint64)
    change = bootstrap(values[:, 1] - values[:, 0], clusters=seeds, seed=seed)
    mean_before, mean_after = values.mean(axis=0).tolist()
    return Difference(pairs[0][0].policy, metric, mean_before, mean_after, change, len(pairs))
