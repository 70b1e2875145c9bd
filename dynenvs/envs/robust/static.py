"""Static robustness: nature picks one model of a family for a whole episode, and the agent does not know which.

Three numbers are easily confused, and can lie far apart:

| number | is |
| --- | --- |
| ``static_dual`` | min over models of max over policies: nature moves first; an upper bound of the next |
| ``static_primal`` | max over policies of min over models: what an agent can be sure of |
| ``policy_worst_case`` | min over models of the value of one policy |

The rectangular value of `dynenvs.envs.robust.solvers.solve` is a fourth: nature chooses anew in every state.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dynenvs.core.checks import check_integer, check_one_of, shown
from dynenvs.core.errors import ParameterError
from dynenvs.envs.robust.families import Family
from dynenvs.envs.robust.solvers import solve

__all__ = ["StaticSolution", "policy_values", "static_dual", "static_primal", "worst_model"]


@dataclass(frozen=True, kw_only=True, eq=False)
class StaticSolution:
    """What a static solver found.

    Attributes
    ----------
    value : float
        The value where episodes begin.
    policy : ndarray of int64, shape (S,)
        The policy that it belongs to.
    model : int
        Place of the worst model.
    values : ndarray of float64, shape (models,)
        Value of the policy (``static_dual``: of each model's own best policy) in every model.
    reports : str
        ``"static_dual"`` or ``"static_primal"``; of the latter, what a search found is a lower bound.
    """

    value: float
    policy: NDArray[np.int64]
    model: int
    values: NDArray[np.float64]
    reports: str


def policy_values(models: Family, policy: ArrayLike) -> NDArray[np.float64]:
    """Evaluate one policy in every model, exactly.

    Parameters
    ----------
    models : Family
        The models.
    policy : array_like, shape (S,) of int, or (S, A) of float
        An action for each state, or probabilities of actions.

    Returns
    -------
    ndarray of float64, shape (models,)
        Its values where episodes begin.

    Raises
    ------
    ParameterError
        If it is no policy of these models.
    """
    _check_family(models)
    chances = models.models[0].policy_matrix(policy)
    return _Evaluator(models)(chances)


def worst_model(models: Family, policy: ArrayLike) -> tuple[int, float]:
    """Return the place of the model in which a policy does worst, and its value there: its ``policy_worst_case``."""
    values = policy_values(models, policy)
    place = int(values.argmin())
    return place, float(values[place])


def static_dual(models: Family, *, tolerance: float = 1e-10) -> StaticSolution:
    """Solve every model by itself, and return the worst.

    Parameters
    ----------
    models : Family
        The models.
    tolerance : float
        As in `solve`.

    Returns
    -------
    StaticSolution
        The worst model's optimal value and policy.
    """
    _check_family(models)
    solved = [solve(model, "nominal", tolerance=tolerance) for model in models.models]
    start = models.models[0].start
    values = np.array([float(start @ solution.value) for solution in solved])
    worst = int(values.argmin())
    return StaticSolution(
        value=float(values[worst]),
        policy=solved[worst].policy.astype(np.int64),
        model=worst,
        values=values,
        reports="static_dual",
    )


def static_primal(
    models: Family, method: str = "scenario_set", *, restarts: int = 8, seed: int = 0, tolerance: float = 1e-10
) -> StaticSolution:
    """Search for the deterministic policy whose worst model is best.

    No method is known that finds it in general without trying all policies: the value is a lower bound.

    Parameters
    ----------
    models : Family
        The models.
    method : {"scenario_set", "local_search"}
        ``local_search``: change one state's action as long as the worst of all models gains, from the best policy of
        every model and from random ones. ``scenario_set``: the same on a growing subset of models, to which the worst
        model of the policy found is added until it is one of them.
    restarts : int
        Random policies to begin from as well, at least 0.
    seed : int
        Of these.
    tolerance : float
        As in `solve`.

    Returns
    -------
    StaticSolution
        The best policy that was met, judged by all models.

    Raises
    ------
    ParameterError
        On a method that does not exist, or a value out of range.
    """
    check_one_of("method", method, ("scenario_set", "local_search"))
    check_integer("restarts", restarts, 0)
    check_integer("seed", seed, 0)
    search = _LocalSearch(models, restarts, seed, tolerance)
    policy = search(list(range(len(models)))) if method == "local_search" else _grow_scenarios(models, search)
    values = policy_values(models, policy)
    return StaticSolution(
        value=float(values.min()),
        policy=policy,
        model=int(values.argmin()),
        values=values,
        reports="static_primal",
    )


def _check_family(models: object) -> None:
    if not isinstance(models, Family):
        raise ParameterError(f"models={shown(models)}: expected a Family, such as family('windy_walk')")


def _grow_scenarios(models: Family, search: _LocalSearch) -> NDArray[np.int64]:
    """Add the worst model of a subset's best policy to it, until it is there already; return the best policy met."""
    scenarios = [models.nominal]
    best, best_value = None, -np.inf
    while True:
        policy = search(scenarios)
        values = policy_values(models, policy)
        if best is None or values.min() > best_value:
            best, best_value = policy, float(values.min())
        worst = int(values.argmin())
        if worst in scenarios:
            return best
        scenarios.append(worst)


class _Evaluator:
    """Values of policies in several models at once, where episodes begin."""

    def __init__(self, models: Family) -> None:
        _check_family(models)
        self._P = np.stack([model.P for model in models.models])
        self._r = np.stack([model.expected_rewards() for model in models.models])
        self._start, self._gamma = np.asarray(models.models[0].start), models.models[0].gamma

    def __call__(self, chances: NDArray[np.float64], scenarios: list[int] | None = None) -> NDArray[np.float64]:
        """Return the values (scenarios,) of a policy (S, A)."""
        P, r = (self._P, self._r) if scenarios is None else (self._P[scenarios], self._r[scenarios])
        transitions = np.einsum("sa,msat->mst", chances, P)
        rewards = (chances * r).sum(axis=2)
        system = np.eye(len(self._start)) - self._gamma * transitions
        values: NDArray[np.float64] = np.linalg.solve(system, rewards[..., None])[..., 0] @ self._start
        return values


class _LocalSearch:
    """Coordinate ascent over deterministic policies."""

    def __init__(self, models: Family, restarts: int, seed: int, tolerance: float) -> None:
        self._evaluate = _Evaluator(models)
        self._actions = models.models[0].num_actions
        best = [solve(model, "nominal", tolerance=tolerance).policy.astype(np.int64) for model in models.models]
        rng = np.random.Generator(np.random.PCG64(seed))
        random = [rng.integers(self._actions, size=models.models[0].num_states) for _ in range(restarts)]
        self._begin = [*{tuple(policy): policy for policy in [*best, *random]}.values()]

    def __call__(self, scenarios: list[int]) -> NDArray[np.int64]:
        """Return the best policy found for these models."""
        found = [self._climb(policy.copy(), scenarios) for policy in self._begin]
        return max(found, key=lambda one: one[0])[1]

    def _climb(self, policy: NDArray[np.int64], scenarios: list[int]) -> tuple[list[float], NDArray[np.int64]]:
        """Change one state's action at a time; where the worst model stays the same, the next worst decides.

        Many policies are worth nothing in their worst model: without that, the search would stand still there.
        """
        value, gained = self._judge(policy, scenarios), True
        while gained:
            gained = False
            for state in range(len(policy)):
                for action in range(self._actions):
                    before, policy[state] = policy[state], action
                    changed = self._judge(policy, scenarios)
                    if changed > value:
                        value, gained = changed, True
                    else:
                        policy[state] = before
        return value, policy

    def _judge(self, policy: NDArray[np.int64], scenarios: list[int]) -> list[float]:
        """Return the policy's values from the worst model to the best, to compare in this order."""
        values = self._evaluate(np.eye(self._actions)[policy], scenarios)
        judged: list[float] = np.sort(values).round(12).tolist()
        return judged
