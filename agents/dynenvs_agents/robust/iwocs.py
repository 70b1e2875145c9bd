"""IWOCS (arXiv 2410.06212): incremental worst-case search over any solver.

One unknown model is in force for a whole episode. The algorithm keeps a set of models, solves each of them as if it
were certain, joins the solutions into one cautious policy, looks for the model that is worst for that policy, and adds
it to the set. It stops when the worst case is what the joined solutions promise. The promise never grows from one
iteration to the next and is never below the rectangular value, but nothing says that it comes to be the robust value:

* ``converged``: the worst case of the policy is what was promised, up to the tolerance;
* ``stalled``: the worst model is in the set already, and the promise is still not kept. Going on would change nothing;
* ``budget``: neither, after as many models as were allowed.

The last policy need not be the best one: every policy on the way was evaluated anyway, and the best is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.checks import check_between, check_integer
from dynenvs.envs.robust import Family, policy_values, solve

__all__ = ["STATUSES", "Candidate", "Iteration", "IwocsResult", "Problem", "TabularProblem", "WorstCase", "iwocs"]

STATUSES: tuple[str, ...] = ("converged", "stalled", "budget")

Member = TypeVar("Member")


class Candidate(NamedTuple):
    """A policy that was joined from the solutions so far.

    Attributes
    ----------
    policy : Any
        Whatever the problem's `worst_case` evaluates.
    promise : float
        What the joined solutions say it is worth where episodes begin.
    """

    policy: Any
    promise: float


class WorstCase(NamedTuple):
    """The worst model of a policy.

    Attributes
    ----------
    model : Any
        Whatever the problem's `solve` solves; equal models are equal by ``==``.
    value : float
        The policy's value there.
    """

    model: Any
    value: float


class Problem(Protocol[Member]):
    """What IWOCS needs to know: how to solve a model, to join solutions, and to look for the worst model."""

    def solve(self, model: Any) -> Member:
        """Solve one model as if it were certain."""
        ...

    def join(self, members: Sequence[Member]) -> Candidate:
        """Join solutions into one policy."""
        ...

    def worst_case(self, policy: Any) -> WorstCase:
        """Look for the model in which a policy does worst."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Iteration:
    """What one iteration saw.

    Attributes
    ----------
    added : Any
        The model that was added to the set.
    policy : Any
        What was joined from the set.
    promise : float
        What that was said to be worth.
    worst_model : Any
        Its worst model.
    worst_value : float
        Its value there.
    """

    added: Any
    policy: Any
    promise: float
    worst_model: Any
    worst_value: float

    @property
    def gap(self) -> float:
        """How far the promise and the worst case are apart."""
        return abs(self.promise - self.worst_value)


@dataclass(frozen=True, kw_only=True, eq=False)
class IwocsResult:
    """What IWOCS came to.

    Attributes
    ----------
    status : str
        One of `STATUSES`.
    history : tuple of Iteration
        All iterations, in order.
    """

    status: str
    history: tuple[Iteration, ...]

    @property
    def last(self) -> Iteration:
        """The last iteration: what the published algorithm returns."""
        return self.history[-1]

    @property
    def best(self) -> Iteration:
        """The iteration whose policy has the best worst case; the first of equal ones."""
        return max(self.history, key=lambda one: one.worst_value)


def iwocs(problem: Problem[Any], start: Any, *, tolerance: float = 1e-6, max_models: int = 10) -> IwocsResult:
    """Search for a robust policy.

    Parameters
    ----------
    problem : Problem
        How to solve, to join and to look for the worst.
    start : Any
        The first model.
    tolerance : float
        How far promise and worst case may be apart in a result that has converged, at least 0.
    max_models : int
        Models to solve at most, at least 1.

    Returns
    -------
    IwocsResult
        How it ended, all that was seen, the last and the best policy.

    Raises
    ------
    ParameterError
        On a value out of range.

    Examples
    --------
    >>> from dynenvs.envs.robust import family
    >>> walk = TabularProblem(family("windy_walk"))
    >>> found = iwocs(walk, start=0)
    >>> found.status, len(found.history), round(found.best.worst_value, 5)
    ('converged', 2, -7.95215)
    """
    check_between("tolerance", tolerance, 0, np.inf, closed="left")
    check_integer("max_models", max_models, 1)
    models, members, history = [start], [problem.solve(start)], list[Iteration]()
    while True:
        candidate = problem.join(members)
        worst = problem.worst_case(candidate.policy)
        seen = Iteration(
            added=models[-1],
            policy=candidate.policy,
            promise=candidate.promise,
            worst_model=worst.model,
            worst_value=worst.value,
        )
        history.append(seen)
        status = _status(seen, models, tolerance, max_models)
        if status:
            return IwocsResult(status=status, history=tuple(history))
        models.append(worst.model)
        members.append(problem.solve(worst.model))


def _status(seen: Iteration, models: Sequence[Any], tolerance: float, max_models: int) -> str:
    """Say how it ended; nothing while it goes on."""
    if seen.gap <= tolerance:
        return "converged"
    if seen.worst_model in models:
        return "stalled"
    return "budget" if len(models) >= max_models else ""


class TabularProblem:
    """A family of explicit processes, solved and evaluated exactly.

    Parameters
    ----------
    models : Family
        The uncertainty set; a model is its place there.
    """

    def __init__(self, models: Family) -> None:
        self._models = models

    def solve(self, model: int) -> NDArray[np.float64]:
        """Return Q* (S, A) of one model."""
        mdp = self._models.models[model]
        value = solve(mdp, "nominal").value
        Q: NDArray[np.float64] = mdp.expected_rewards() + mdp.gamma * mdp.P @ value
        return Q

    def join(self, members: Sequence[NDArray[np.float64]]) -> Candidate:
        """Take the least Q* of all models, and the action that is best by it."""
        Q = np.min(members, axis=0)
        return Candidate(Q.argmax(axis=1), self._models.models[0].value_at_start(Q.max(axis=1)))

    def worst_case(self, policy: NDArray[np.int64]) -> WorstCase:
        """Evaluate a policy in every model."""
        values = policy_values(self._models, policy)
        place = int(values.argmin())
        return WorstCase(place, float(values[place]))
