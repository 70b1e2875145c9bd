"""What the counts of many episodes say of a policy: the family's measures, and what a language model used."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from dynenvs import registration
from dynenvs.core.errors import ParameterError
from dynenvs.evaluation.records import EpisodeRecord
from dynenvs.evaluation.statistics import Estimate, FloatArray, mean_ratio

__all__ = ["family_measures", "refusals", "usage"]


def family_measures(records: Iterable[EpisodeRecord], *, seed: int = 0) -> dict[str, dict[str, Any]]:
    """Estimate the family's measures for every focal policy.

    Parameters
    ----------
    records : iterable of EpisodeRecord
        Episodes of one environment with one set of parameters.
    seed : int
        Seeds the intervals.

    Returns
    -------
    dict of str to dict of str to Measured
        By policy, in order of the records, and by measure: what ``measures`` in the family's metrics room gives, each
        with ``value``, ``low``, ``high`` and ``number``.

    Raises
    ------
    ParameterError
        If there are no records, they are of different tasks, or the family measures nothing of the kind.
    """
    records = list(records)
    tasks = {(record.env_id, record.params, record.rules_digest) for record in records}
    if len(tasks) != 1:
        raise ParameterError(f"records of {len(tasks)} tasks: expected one environment with one set of parameters")
    env_id, params, _ = tasks.pop()
    measures = getattr(registration.room(env_id, "metrics"), "measures", _no_measures)
    built = registration.make_params(env_id, **json.loads(params))
    policies = dict.fromkeys(record.policies[seat] for record in records for seat in record.focal)
    found = {policy: measures(_counts(records, policy), built, seed) for policy in policies}
    if not any(found.values()):
        raise ParameterError(f"{env_id} has no measures beyond the metrics that dynenvs evaluate shows")
    return found


def usage(records: Sequence[EpisodeRecord], policy: str, *, seed: int = 0) -> dict[str, Estimate]:
    """Say how often a policy's replies were valid, and what they cost.

    Parameters
    ----------
    records : sequence of EpisodeRecord
        Those in which other policies are measured are passed over.
    policy : str
        Its name.
    seed : int
        Seeds the bootstrap over episodes.

    Returns
    -------
    dict of str to Estimate
        ``valid_replies``, the share of replies that were legal as they came; ``tokens_per_decision``, read and written;
        ``cost_usd_per_episode``, where prices are known. Empty for a policy that counts none of it.
    """
    counts = _counts(records, policy)
    if not counts.get("replies", np.zeros(1)).any():
        return {}
    tokens = counts["prompt_tokens"] + counts["completion_tokens"]
    used = {
        "valid_replies": mean_ratio(counts["replies"] - counts["bad_replies"], counts["replies"], seed=seed),
        "tokens_per_decision": mean_ratio(tokens, counts["decisions"], seed=seed),
    }
    if "cost_usd" in counts:
        used["cost_usd_per_episode"] = mean_ratio(counts["cost_usd"], np.ones_like(tokens), seed=seed)
    return used


def refusals(records: Iterable[EpisodeRecord]) -> list[str]:
    """Say of every policy that had replies refused, on whichever seat, how many: a line each, by name."""
    totals: dict[str, Counter[str]] = defaultdict(Counter)
    for record in records:
        for seat, policy in enumerate(record.policies):
            for name in ("replies", "bad_replies", "fallbacks"):
                totals[policy][name] += int(_total(record, name, [seat]))
    return [
        f"{policy}: {_counted(total['replies'], 'reply', 'replies')}, {total['bad_replies']:,} refused, "
        f"{_counted(total['fallbacks'], 'turn', 'turns')} played by the world's rule"
        for policy, total in sorted(totals.items())
        if total["bad_replies"]
    ]


def _counted(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}"


def _no_measures(counts: dict[str, FloatArray], params: Any, seed: int) -> dict[str, Any]:
    """Stand in for a family that measures nothing."""
    return {}


def _counts(records: Iterable[EpisodeRecord], policy: str) -> dict[str, FloatArray]:
    """Collect a policy's counts by name, each of shape (episodes,); seats that it holds side by side are added up."""
    mine = [(record, [seat for seat in record.focal if record.policies[seat] == policy]) for record in records]
    mine = [(record, seats) for record, seats in mine if seats]
    names = dict.fromkeys(name for record, _ in mine for name in record.counts)
    return {name: np.array([_total(record, name, seats) for record, seats in mine]) for name in names}


def _total(record: EpisodeRecord, name: str, seats: list[int]) -> float:
    """Add up a count over seats; 0 in an episode where nobody counted it."""
    return sum(record.counts[name][seat] for seat in seats) if name in record.counts else 0.0
