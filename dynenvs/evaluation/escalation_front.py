"""The wargame's published language models as points: what their nations gained, and how far they escalated.

``published_front.json`` holds a few numbers a model, computed from its recorded runs, which are not ours to pass on;
`front_of_runs` computes them again where the runs are at hand.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.resources import files

import numpy as np

from dynenvs.envs.escalation.replay import replay, score
from dynenvs.envs.escalation.rewards import INTEREST_WEIGHTS
from dynenvs.envs.escalation.runs import DAYS, Run
from dynenvs.evaluation.fronts import Place
from dynenvs.evaluation.statistics import Estimate, bootstrap

__all__ = ["front_of_runs", "published_front"]

NUMBERS = "published_front.json"


def published_front() -> dict[str, Place]:
    """Return escalation (points) and interest of each published model, both a nation-day.

    All eight nations are played by the model, in the reference variant; the three scenarios are pooled.

    Examples
    --------
    >>> published_front()["GPT-4"].up.value
    0.0865
    """
    numbers = json.loads(files("dynenvs.evaluation").joinpath(NUMBERS).read_text(encoding="utf-8"))
    return {
        model: Place(across=Estimate(**found["escalation"]), up=Estimate(**found["interest"]))
        for model, found in numbers["models"].items()
    }


def front_of_runs(runs: Iterable[Run]) -> dict[str, Place]:
    """Compute the same from recorded runs, with bootstrap intervals over runs, drawn within scenarios.

    Parameters
    ----------
    runs : iterable of Run
        As `dynenvs.envs.escalation.runs.read_runs` gives them.
    """
    found: dict[str, list[tuple[str, float, float]]] = {}
    for run in runs:
        measured = run.scenario, float(score(run.rows, days=DAYS).mean()) / 8, _interest(run)
        found.setdefault(run.model, []).append(measured)
    fronts = {}
    for model, measured_runs in sorted(found.items()):
        scenarios, escalation, interest = zip(*measured_runs, strict=True)
        fronts[model] = Place(bootstrap(escalation, strata=scenarios), bootstrap(interest, strata=scenarios))
    return fronts


def _interest(run: Run) -> float:
    """Mean interest a nation-day, as the reward term of that name: what a run changed adds up over its days."""
    states = replay(run.rows, "paper_runs", days=DAYS)
    unit = np.where(states[0].mean(axis=0) > 0, states[0].mean(axis=0), 1.0)
    return float(((states[-1] - states[0]) / unit @ INTEREST_WEIGHTS).mean()) / DAYS
