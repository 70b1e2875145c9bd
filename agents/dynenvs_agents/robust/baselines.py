"""What IWOCS has to beat, with the smallest learner that does the job: the cross-entropy method on a linear policy.

| method | maximises |
| --- | --- |
| ``nominal`` | the return in the model that is believed in |
| ``randomised`` | the mean return in models drawn anew for each generation (domain randomisation) |
| ``scenarios`` | the worst return in a set of models that grows by the worst one of the policy found, again and again |
| ``corners`` | the worst return in the corners of the uncertainty set |

Every generation plays all its candidates from one start, in one batch: one game for each candidate and model. The
budgets differ: ``nominal`` plays an eighth of what ``randomised`` and ``corners`` play, ``scenarios`` more than these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.checks import check_integer, check_one_of
from dynenvs.core.errors import ParameterError
from dynenvs.envs.robust.param_set import ParamSet
from dynenvs.evaluation.robustness import uncertain_models
from dynenvs.registration import make_params
from dynenvs_agents.robust.linear import LinearGames, LinearPolicy

__all__ = ["METHODS", "Trained", "cross_entropy", "train_linear"]

METHODS: tuple[str, ...] = ("nominal", "randomised", "scenarios", "corners")

POPULATION, ELITES, GENERATIONS = 64, 8, 30
RANDOM_MODELS = 8
"""Models a generation of ``randomised``: as many as a box of three parameters has corners."""

ROUNDS, ROUND_GENERATIONS = 6, 10
"""Of ``scenarios``: models that are added at most, and generations after each."""

SEARCH_GRID = 6
"""Values of each parameter among which the worst model is looked for."""

SEARCH_STARTS = 4
"""From which the worst model is looked for."""

TRAINING_STARTS = 2**40
"""Seeds of training begin here: far from those of evaluations."""

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Trained:
    """A policy and what it cost.

    Attributes
    ----------
    policy : LinearPolicy
        What was learnt.
    steps : int
        Steps of games that were played for it.
    models : ndarray of float64, shape (models, parameters)
        The models that it was trained in last.
    """

    policy: LinearPolicy
    steps: int
    models: FloatArray


def cross_entropy(
    score: Callable[[FloatArray, int], FloatArray],
    mean: FloatArray,
    deviation: FloatArray,
    rng: np.random.Generator,
    generations: int,
) -> tuple[FloatArray, FloatArray]:
    """Maximise a score: draw candidates from a normal distribution, fit it to the best of them, and repeat.

    Parameters
    ----------
    score : callable
        Takes candidates (POPULATION, n) and the number of the generation; gives their scores.
    mean, deviation : ndarray of float64, shape (n,)
        Where the search begins.
    rng : numpy.random.Generator
        Where the draws come from.
    generations : int
        How often.

    Returns
    -------
    mean, deviation : ndarray of float64, shape (n,)
        Where it ends.
    """
    for generation in range(generations):
        candidates = mean + deviation * rng.standard_normal((POPULATION, len(mean)))
        best = candidates[np.argsort(-score(candidates, generation), kind="stable")[:ELITES]]
        mean, deviation = best.mean(axis=0), best.std(axis=0) + 0.2 * deviation
    return mean, deviation


def train_linear(env_id: str, method: str, *, seed: int = 0, grid: int | None = None, **params: Any) -> Trained:
    """Train a linear policy against uncertain physics.

    Parameters
    ----------
    env_id : str
        A world of uncertain physics with two options, such as ``dynenvs/RobustCartPole-v0``.
    method : str
        One of `METHODS`.
    seed : int
        Of candidates, models and starts.
    grid : int, optional
        Values of each parameter among which ``scenarios`` looks for the worst model, 6 by default; others do not look.
    **params
        As in `dynenvs.make_params`.

    Returns
    -------
    Trained
        The policy.

    Raises
    ------
    ParameterError
        On a method that does not exist, a world of another kind, or a setting that would do nothing.
    """
    check_one_of("method", method, METHODS)
    check_integer("seed", seed, 0)
    if grid is not None and method != "scenarios":
        raise ParameterError(f"grid={grid!r}: expected none, {method!r} looks for no worst model")
    training = _Training(env_id, seed, params)
    policy, models = (
        training.scenarios(SEARCH_GRID if grid is None else grid) if method == "scenarios" else training.fixed(method)
    )
    return Trained(policy=LinearPolicy(policy), steps=training.steps, models=models)


class _Training:
    """One training."""

    def __init__(self, env_id: str, seed: int, params: dict[str, Any]) -> None:
        self._env_id, self._params = env_id, params
        self._rng = np.random.Generator(np.random.PCG64(seed))
        self._starts = TRAINING_STARTS + seed * 2**20
        self._box: ParamSet = make_params(env_id, **params).param_set
        self.steps = 0

    def fixed(self, method: str) -> tuple[FloatArray, FloatArray]:
        """Train in the nominal model, in the corners, or in models that are drawn."""
        models = self._box.nominal[None] if method == "nominal" else self._box.corners()
        count = RANDOM_MODELS if method == "randomised" else len(models)
        games = LinearGames(self._env_id, POPULATION, count, **self._params)

        def score(candidates: FloatArray, generation: int) -> FloatArray:
            drawn = self._box.sample(self._rng, count) if method == "randomised" else models
            returns = games(candidates, drawn, self._starts + generation)
            scores: FloatArray = returns.min(axis=1) if method == "corners" else returns.mean(axis=1)
            return scores

        start = np.zeros(games.num_weights), np.ones(games.num_weights)
        mean, _ = cross_entropy(score, *start, self._rng, GENERATIONS)
        self.steps += games.steps
        return mean, models

    def scenarios(self, grid: int) -> tuple[FloatArray, FloatArray]:
        """Train against a set of models that grows by the worst one of the whole grid; keep the best policy met."""
        known = uncertain_models(self._env_id, grid, **self._params).points
        everywhere = LinearGames(self._env_id, 1, len(known), **self._params)
        models = self._box.nominal[None]
        mean = best = np.zeros(everywhere.num_weights)
        best_value = -np.inf
        for place in range(ROUNDS):
            first = self._starts + 2 * place * ROUND_GENERATIONS
            mean = self._worst_of(models, mean, first)
            starts = range(first + ROUND_GENERATIONS, first + ROUND_GENERATIONS + SEARCH_STARTS)
            means = np.mean([everywhere(mean[None], known, start)[0] for start in starts], axis=0)
            if means.min() > best_value:
                best, best_value = mean, float(means.min())
            worst = known[means.argmin()]
            if not (models == worst).all(axis=1).any():
                models = np.vstack([models, worst])
        self.steps += everywhere.steps
        return best, models

    def _worst_of(self, models: FloatArray, mean: FloatArray, first: int) -> FloatArray:
        """Improve the worst return in some models."""
        games = LinearGames(self._env_id, POPULATION, len(models), **self._params)

        def score(candidates: FloatArray, generation: int) -> FloatArray:
            worst: FloatArray = games(candidates, models, first + generation).min(axis=1)
            return worst

        improved, _ = cross_entropy(score, mean, np.ones(len(mean)), self._rng, ROUND_GENERATIONS)
        self.steps += games.steps
        return improved
