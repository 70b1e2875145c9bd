"""Published language models as points: what their nations gained, and how far they escalated, if all eight are alike.

The recorded runs are not ours to pass on; a few numbers of each model are, and stand as quotes on the board of those
who play alike (``leaderboards/escalation_all_alike``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from dynenvs.envs.escalation.replay import replay, score
from dynenvs.envs.escalation.rewards import INTEREST_WEIGHTS
from dynenvs.envs.escalation.runs import DAYS, Run
from dynenvs.evaluation.fronts import Place
from dynenvs.evaluation.statistics import bootstrap

__all__ = ["PublishedPlace", "front_of_runs"]


class PublishedPlace(NamedTuple):
    """Escalation (points, across) and interest (up) a nation-day, and the runs that they are computed from."""

    place: Place
    runs: int


def front_of_runs(runs: Iterable[Run]) -> dict[str, PublishedPlace]:
    """Compute the place of each model from recorded runs, with bootstrap intervals over runs, drawn within scenarios.

    Parameters
    ----------
    runs : iterable of Run
        As `dynenvs.envs.escalation.runs.read_runs` gives them.

    Returns
    -------
    dict of str to PublishedPlace
        By model. Scores by the map ``scorer``, states by the dynamics ``paper_runs``.
    """
    found: dict[str, list[tuple[str, float, float]]] = {}
    for run in runs:
        measured = run.scenario, float(score(run.rows, days=DAYS).mean()) / 8, _interest(run)
        found.setdefault(run.model, []).append(measured)
    fronts = {}
    for model, measured_runs in sorted(found.items()):
        scenarios, escalation, interest = zip(*measured_runs, strict=True)
        place = Place(bootstrap(escalation, strata=scenarios), bootstrap(interest, strata=scenarios))
        fronts[model] = PublishedPlace(place, len(measured_runs))
    return fronts


def _interest(run: Run) -> float:
    """Mean interest a nation-day, as the reward term of that name: what a run changed adds up over its days."""
    states = replay(run.rows, "paper_runs", days=DAYS)
    unit = np.where(states[0].mean(axis=0) > 0, states[0].mean(axis=0), 1.0)
    return float(((states[-1] - states[0]) / unit @ INTEREST_WEIGHTS).mean()) / DAYS
