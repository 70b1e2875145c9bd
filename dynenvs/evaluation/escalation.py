"""The published numbers of the wargame, computed once more from its recorded runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import numpy as np

from dynenvs.envs.escalation.measures import MILITARY, severity_shares
from dynenvs.envs.escalation.published import ABLATED, MODELS, PUBLISHED, QUANTITIES, RESCORED, SCENARIOS, Quantity
from dynenvs.envs.escalation.replay import Rows, replay, score
from dynenvs.envs.escalation.row_measures import NUM_NATIONS, action_counts, agrees, daily_scores, measure_run
from dynenvs.envs.escalation.runs import ABLATIONS, DAYS, Run, read_ablations, read_runs
from dynenvs.evaluation.reproduction import Claim
from dynenvs.evaluation.statistics import (
    RESAMPLES,
    Estimate,
    FloatArray,
    IntArray,
    bootstrap,
    mean,
    resample_counts,
)

__all__ = ["SCORES", "Cell", "Curve", "Reproduction", "Turn", "ranking", "reproduce", "turns"]

SCORES: dict[str, str] = {
    "escalation": "scorer map",
    "escalation_charts": "charts map",
    "escalation_corrected": "corrected map",
    "escalation_strict": "strict scores",
}
"""Ways to score a run, and what they are called: the three maps, and the scorer's over the rows that count strictly."""


SILENT = ABLATIONS["NoMessage"]


@dataclass(frozen=True, eq=False)
class Curve:
    """Something day by day, averaged over runs, with its 95 % band: three arrays of one length."""

    mean: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, eq=False)
class Cell:
    """All runs of a model in a scenario.

    Attributes
    ----------
    measured : dict of str to ndarray of float64, shape (runs,)
        What `measure_run` gives, run by run.
    escalation, military : Curve
        Score of each day, and mean military capacity from the start to the last day.
    shares : ndarray of float64, shape (6,)
        Mean shares of the categories by the charts map.
    """

    measured: dict[str, FloatArray]
    escalation: Curve
    military: Curve
    shares: FloatArray

    @property
    def num_runs(self) -> int:
        """How many there are."""
        return len(self.measured["escalation"])

    def mean(self, name: str) -> float:
        """Average a measure over runs."""
        return float(self.measured[name].mean())

    def estimate(self, name: str) -> Estimate:
        """Average a measure over runs, with its bootstrap interval; runs with a nuclear strike are counted."""
        if name == "runs_with_nuclear":
            runs = int((self.measured["nuclear_uses"] > 0).sum())
            return Estimate(runs, runs, runs)
        return bootstrap(self.measured[name])


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Two models that change places where runs are scored another way.

    Attributes
    ----------
    scenario, higher, lower : str
        `higher` has the higher published score.
    score : str
        A key of `SCORES`.
    before, after : Estimate
        Score of `higher` less that of `lower`, by the published map and by the other way.
    """

    scenario: str
    higher: str
    lower: str
    score: str
    before: Estimate
    after: Estimate


@dataclass(frozen=True, eq=False)
class Reproduction:
    """All that was computed.

    Attributes
    ----------
    num_runs : int
        Recorded runs.
    differing : tuple of str
        Runs that do not replay to their recorded variables.
    misscored : tuple of str
        Runs whose daily totals are not the published ones.
    cells : dict of (str, str) to Cell
        By scenario and model.
    claims : dict of Quantity to list of Claim
        One list a published quantity, for the cells that are there.
    ablations, rescored : list of Claim
        Scores of the runs with a changed prompt; of those without messages once more, all actions scored.
    turns : list of Turn
        Where the way of scoring turns the ranking.
    """

    num_runs: int
    differing: tuple[str, ...]
    misscored: tuple[str, ...]
    cells: dict[tuple[str, str], Cell]
    claims: dict[Quantity, list[Claim]]
    turns: list[Turn]
    ablations: list[Claim] = field(default_factory=list)
    rescored: list[Claim] = field(default_factory=list)

    @property
    def scenarios(self) -> list[str]:
        """Scenarios that have runs."""
        return list(dict.fromkeys(scenario for scenario, _ in self.cells))

    @property
    def models(self) -> list[str]:
        """Models that have runs."""
        return list(dict.fromkeys(model for _, model in self.cells))


def reproduce(path: str | Path) -> Reproduction:
    """Read recorded runs, replay and measure them, and set what comes out beside what was published.

    Parameters
    ----------
    path : str or Path
        As in `dynenvs.envs.escalation.runs.read_runs`.

    Returns
    -------
    Reproduction
        Of the runs that are there.

    Raises
    ------
    ParameterError, CorruptFile
        As `read_runs`.
    """
    runs = read_runs(path)
    agreed = [agrees(run) for run in runs]
    cells = {key: _cell([run for run in runs if (run.scenario, run.model) == key]) for key in _keys(runs)}
    return Reproduction(
        num_runs=len(runs),
        differing=tuple(run.name for run, (same, _) in zip(runs, agreed, strict=True) if not same),
        misscored=tuple(run.name for run, (_, same) in zip(runs, agreed, strict=True) if not same),
        cells=cells,
        claims={quantity: _claims(cells, quantity) for quantity in QUANTITIES if quantity.name != "half_width"},
        turns=turns(cells),
        ablations=_ablation_claims(path),
        rescored=_rescored_claims(path),
    )


def ranking(cells: dict[tuple[str, str], Cell], scenario: str, name: str) -> list[str]:
    """Name the models of a scenario from the highest mean of a measure to the lowest."""
    means = {model: cell.mean(name) for (of, model), cell in cells.items() if of == scenario}
    return sorted(means, key=lambda model: -means[model])


def turns(cells: dict[tuple[str, str], Cell]) -> list[Turn]:
    """Find all pairs of models that change places where runs are not scored as published."""
    found = []
    for scenario in dict.fromkeys(of for of, _ in cells):
        for higher, lower in combinations(ranking(cells, scenario, "escalation"), 2):
            pair = cells[scenario, higher], cells[scenario, lower]
            before = _difference(*pair, "escalation")
            for name in SCORES:
                after = _difference(*pair, name)
                if after.value < 0 < before.value:
                    turn = Turn(scenario=scenario, higher=higher, lower=lower, score=name, before=before, after=after)
                    found.append(turn)
    return found


def _keys(runs: Sequence[Run]) -> list[tuple[str, str]]:
    """List scenarios and models that have runs, the published ones first and in their order."""
    there = {(run.scenario, run.model) for run in runs}
    scenarios, models = (sorted({key[k] for key in there}) for k in (0, 1))
    scenarios.sort(key=lambda name: SCENARIOS.index(name) if name in SCENARIOS else len(SCENARIOS))
    models.sort(key=lambda name: MODELS.index(name) if name in MODELS else len(MODELS))
    return [(scenario, model) for scenario in scenarios for model in models if (scenario, model) in there]


def _cell(runs: Sequence[Run]) -> Cell:
    measured = [measure_run(run) for run in runs]
    daily = np.array([score(run.rows, days=DAYS) / NUM_NATIONS for run in runs])
    military = np.array([replay(run.rows, days=DAYS)[:, :, MILITARY].mean(axis=1) for run in runs])
    return Cell(
        measured={name: np.array([one[name] for one in measured]) for name in measured[0]},
        escalation=_curve(daily),
        military=_curve(military),
        shares=np.mean([severity_shares(action_counts(run.rows)) for run in runs], axis=0),
    )


def _curve(values: FloatArray) -> Curve:
    """Average runs (runs, days), and find the band of the means of resampled runs."""
    weights = resample_counts(np.zeros(len(values)), np.random.default_rng(0), resamples=RESAMPLES)
    low, high = np.quantile(weights @ values / len(values), (0.025, 0.975), axis=0)
    return Curve(values.mean(axis=0), low, high)


def _difference(first: Cell, second: Cell, name: str) -> Estimate:
    """Mean of a measure in one cell less that in another; the runs of each are resampled for themselves."""
    ours, theirs = first.measured[name], second.measured[name]
    n = len(ours)

    def difference(values: FloatArray, weights: IntArray) -> FloatArray:
        return mean(values[:n], weights[:, :n]) - mean(values[n:], weights[:, n:])

    strata = np.repeat([0, 1], [n, len(theirs)])
    return bootstrap(np.concatenate([ours, theirs]), difference, strata=strata)


def _claims(cells: dict[tuple[str, str], Cell], quantity: Quantity) -> list[Claim]:
    place, half_width = QUANTITIES.index(quantity), [one.name for one in QUANTITIES].index("half_width")
    return [
        Claim(
            row=model,
            column=scenario,
            published=PUBLISHED[scenario, model][place],
            digits=quantity.digits,
            ours=cell.estimate(quantity.name),
            error=PUBLISHED[scenario, model][half_width] if quantity.name == "escalation" else None,
        )
        for (scenario, model), cell in cells.items()
        if (scenario, model) in PUBLISHED
    ]


def _ablation_claims(path: str | Path) -> list[Claim]:
    found = read_ablations(path)
    return [
        Claim(row=key[0], column=key[1], published=published, digits=2, ours=_mean_score(found[key]), error=error)
        for key, (published, error) in ABLATED.items()
        if key in found
    ]


def _rescored_claims(path: str | Path) -> list[Claim]:
    found = read_ablations(path, renamed=True)
    return [
        Claim(row=model, column=SILENT, published=published, digits=2, ours=_mean_score(found[model, SILENT]))
        for model, published in RESCORED.items()
        if (model, SILENT) in found
    ]


def _mean_score(runs: Sequence[Rows]) -> Estimate:
    return bootstrap([daily_scores(rows).mean() for rows in runs])
