"""The wargame's players as points: what their nations gained, and how far they escalated, if all eight are alike.

``published_front.json`` holds a few numbers of each published language model, computed from its recorded runs, which
are not ours to pass on; `front_of_runs` computes them again where the runs are at hand. ``measured_front.json`` holds
those of players of ours that take long to train or to ask, with the commands that made them; `place_of_records`
computes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from importlib.resources import files

import numpy as np

from dynenvs.core.errors import ParameterError
from dynenvs.envs.escalation.replay import replay, score
from dynenvs.envs.escalation.rewards import INTEREST_WEIGHTS
from dynenvs.envs.escalation.runs import DAYS, Run
from dynenvs.evaluation.fronts import Place
from dynenvs.evaluation.records import EpisodeRecord
from dynenvs.evaluation.statistics import Estimate, bootstrap

__all__ = ["front_of_runs", "measured_front", "place_of_records", "published_front"]

PUBLISHED, MEASURED = "published_front.json", "measured_front.json"


def published_front() -> dict[str, Place]:
    """Return escalation (points) and interest of each published model, both a nation-day.

    All eight nations are played by the model, in the reference variant; the three scenarios are pooled.

    Examples
    --------
    >>> published_front()["GPT-4"].up.value
    0.0865
    """
    return _read(PUBLISHED)["models"]


def measured_front() -> dict[str, dict[str, Place]]:
    """Return the same of players of ours, by what they are.

    Examples
    --------
    >>> list(measured_front())
    ['learned', 'small language model']
    """
    return _read(MEASURED)


def _read(file: str) -> dict[str, dict[str, Place]]:
    numbers = json.loads(files("dynenvs.evaluation").joinpath(file).read_text(encoding="utf-8"))
    return {
        group: {
            name: Place(across=Estimate(**found["escalation"]), up=Estimate(**found["interest"]))
            for name, found in players.items()
        }
        for group, players in numbers.items()
        if group != "origin"
    }


def place_of_records(records: Sequence[EpisodeRecord]) -> Place:
    """Compute escalation (points) and interest a nation-day of games in which all nations are played alike.

    Parameters
    ----------
    records : sequence of EpisodeRecord
        Of the wargame. Intervals are over games, or over the nations of a single one.

    Raises
    ------
    ParameterError
        If there are none.
    """
    if not records:
        raise ParameterError("records=[]: expected those of at least one game")
    points = np.array([record.metrics["escalation"] for record in records])
    gains = np.array([np.divide(record.reward_terms["interest"], record.length) for record in records])
    if len(records) > 1:
        points, gains = points.mean(axis=1), gains.mean(axis=1)
    return Place(across=bootstrap(points.ravel()), up=bootstrap(gains.ravel()))


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
