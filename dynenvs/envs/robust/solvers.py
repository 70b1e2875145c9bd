"""Robust dynamic programming: the best policy against the worst transitions, chosen anew in each state.

`solve` reports the **rectangular** value: nature may choose another row in every state (and action). It is a lower
bound for problems in which one unknown number governs all rows; for these, see `dynenvs.envs.robust.static`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dynenvs.core.checks import check_between, check_integer, check_one_of, shown
from dynenvs.core.errors import ParameterError
from dynenvs.envs.robust.bellman import SETS, sweep, sweep_s_rectangular
from dynenvs.envs.robust.tabular import TabularMDP

__all__ = ["SUPPORTS", "UNCERTAINTIES", "Solution", "policy_worst_case", "solve"]

UNCERTAINTIES: tuple[str, ...] = (*SETS, "l1_s")
"""What an uncertainty set can be: `SETS` by state and action, and ``l1_s``, an L1 budget for all actions of a state."""

SUPPORTS: tuple[str, ...] = ("free", "support")

RADIUS = 0.1
"""Size of the set where nobody names one."""

_ONLY_ON_SUPPORT = ("kl", "chi2")


@dataclass(frozen=True, kw_only=True, eq=False)
class Solution:
    """What a solver found.

    Attributes
    ----------
    value : ndarray of float64, shape (S,)
        Worst-case value of each state.
    policy : ndarray of int64, shape (S,), or of float64, shape (S, A)
        Best action of each state; probabilities for ``l1_s``, whose best policies may be random.
    worst_kernel : ndarray of float64, shape (S, A, S)
        Transitions that attain it.
    residual : float
        Largest change of the last sweep; the value is within ``residual * gamma / (1 - gamma)`` of the fixed point.
    sweeps : int
        Sweeps over all states.
    converged : bool
        Whether the tolerance was reached.
    reports : str
        Which of the numbers called robust this is: ``"nominal"``, ``"rectangular"`` or ``"policy_worst_case"``.
    """

    value: NDArray[np.float64]
    policy: NDArray[np.int64] | NDArray[np.float64]
    worst_kernel: NDArray[np.float64]
    residual: float
    sweeps: int
    converged: bool
    reports: str


def solve(
    mdp: TabularMDP,
    uncertainty: str = "l1",
    radius: float = RADIUS,
    support: str = "free",
    *,
    metric: ArrayLike | None = None,
    tolerance: float = 1e-10,
    max_sweeps: int = 1_000_000,
) -> Solution:
    """Solve a robust Markov decision process by value iteration.

    Parameters
    ----------
    mdp : TabularMDP
        The nominal process.
    uncertainty : str
        One of `UNCERTAINTIES`: see `dynenvs.envs.robust.worst_case`.
    radius : float
        Size of the set, at least 0; for ``contamination`` at most 1. ``nominal`` has none.
    support : {"free", "support"}
        Whether nature may move to states that the nominal row does not reach; ``kl`` and ``chi2`` never do.
    metric : array_like, shape (S, S), optional
        Distances of states, for ``wasserstein`` alone; by default the difference of their numbers.
    tolerance : float
        Error of the value that is accepted, above 0.
    max_sweeps : int
        Sweeps after which to stop unconverged.

    Returns
    -------
    Solution
        The rectangular value and who attains it.

    Raises
    ------
    ParameterError
        On a set, radius, support or metric that does not exist, or that would do nothing.

    Examples
    --------
    >>> from dynenvs.envs.robust import problem, solve
    >>> forest = problem("forest50")
    >>> solve(forest, "l1", radius=0.2).value[0].round(2), solve(forest, "nominal").value[0].round(2)
    (np.float64(44.2), np.float64(47.12))
    """
    return _solve(mdp, uncertainty, radius, support, metric, tolerance, max_sweeps, None)


def policy_worst_case(
    mdp: TabularMDP,
    policy: ArrayLike,
    uncertainty: str = "l1",
    radius: float = RADIUS,
    support: str = "free",
    *,
    metric: ArrayLike | None = None,
    tolerance: float = 1e-10,
    max_sweeps: int = 1_000_000,
) -> Solution:
    """Evaluate one policy against the worst transitions, chosen anew in each state and action.

    Parameters
    ----------
    mdp, uncertainty, radius, support, metric, tolerance, max_sweeps
        As in `solve`; ``l1_s`` is not among the sets here.
    policy : array_like, shape (S,) of int, or (S, A) of float
        An action for each state, or probabilities of actions.

    Returns
    -------
    Solution
        Its worst-case value; `policy` is that which was given.

    Raises
    ------
    ParameterError
        As in `solve`, and on what is no policy of this process.
    """
    check_one_of("uncertainty", uncertainty, SETS)
    return _solve(mdp, uncertainty, radius, support, metric, tolerance, max_sweeps, mdp.policy_matrix(policy))


def _solve(
    mdp: TabularMDP,
    uncertainty: str,
    radius: float,
    support: str,
    metric: ArrayLike | None,
    tolerance: float,
    max_sweeps: int,
    fixed: NDArray[np.float64] | None,
) -> Solution:
    if not isinstance(mdp, TabularMDP):
        raise ParameterError(f"mdp={shown(mdp)}: expected a TabularMDP, such as problem('forest3')")
    _check(uncertainty, radius, support, tolerance, max_sweeps)
    _check_idle(uncertainty, radius, metric)
    bellman = _Sweeps(mdp, uncertainty if radius > 0 or uncertainty == "l1_s" else "nominal", radius, support, metric)
    value = np.zeros(mdp.num_states)
    enough = tolerance * (1.0 - mdp.gamma) / max(mdp.gamma, 1e-300)
    residual, sweeps = np.inf, 0
    while residual > enough and sweeps < max_sweeps:
        new = bellman(value, fixed)
        residual = float(np.abs(new - value).max())
        value, sweeps = new, sweeps + 1
    reports = "policy_worst_case" if fixed is not None else "nominal" if uncertainty == "nominal" else "rectangular"
    return Solution(
        value=value,
        policy=bellman.policy() if fixed is None else fixed,
        worst_kernel=bellman.worst,
        residual=residual,
        sweeps=sweeps,
        converged=residual <= enough,
        reports=reports,
    )


class _Sweeps:
    """One Bellman sweep after another, with the scratch space that they need."""

    def __init__(
        self, mdp: TabularMDP, uncertainty: str, radius: float, support: str, metric: ArrayLike | None
    ) -> None:
        S, A = mdp.num_states, mdp.num_actions
        self._mdp, self._radius = mdp, float(radius)
        self._free = support == "free" and uncertainty not in _ONLY_ON_SUPPORT
        self._kind = SETS.index(uncertainty) if uncertainty in SETS else None
        self._metric = _checked_metric(metric, S)
        self._orders = np.tile(np.arange(S, dtype=np.int32), (S, A, 1))
        self._z = np.empty((A, S))
        self._Q = np.empty((S, A))
        self.worst = np.empty((S, A, S))

    def __call__(self, value: NDArray[np.float64], fixed: NDArray[np.float64] | None) -> NDArray[np.float64]:
        P, R, gamma = self._mdp.P, self._mdp.R, float(self._mdp.gamma)
        if self._kind is None:
            new = np.empty_like(value)
            sweep_s_rectangular(
                P, R, gamma, value, self._radius, self._free, self._orders, self._z, self.worst, self._Q, new
            )
            return new
        sweep(
            P,
            R,
            gamma,
            value,
            self._kind,
            self._radius,
            self._free,
            self._metric,
            self._orders,
            self._z[0],
            self.worst,
            self._Q,
        )
        backed_up: NDArray[np.float64] = self._Q.max(axis=1) if fixed is None else (fixed * self._Q).sum(axis=1)
        return backed_up

    def policy(self) -> NDArray[np.int64] | NDArray[np.float64]:
        """Return the policy that is greedy in the last sweep."""
        return self._Q if self._kind is None else self._Q.argmax(axis=1)


def _check(uncertainty: str, radius: float, support: str, tolerance: float, max_sweeps: int) -> None:
    check_one_of("uncertainty", uncertainty, UNCERTAINTIES)
    check_between("radius", radius, 0, 1 if uncertainty == "contamination" else np.inf, closed="both")
    check_one_of("support", support, SUPPORTS)
    check_between("tolerance", tolerance, 0, np.inf, closed="neither")
    check_integer("max_sweeps", max_sweeps, 1)


def _check_idle(uncertainty: str, radius: float, metric: ArrayLike | None) -> None:
    """Refuse what would do nothing."""
    if uncertainty == "nominal" and radius not in (0.0, RADIUS):
        raise ParameterError(f"radius={radius!r}: 'nominal' has no radius; expected none, or an uncertainty set")
    if uncertainty != "wasserstein" and metric is not None:
        raise ParameterError(f"metric={shown(metric)}: expected it with 'wasserstein' alone, got {uncertainty!r}")


def _checked_metric(metric: ArrayLike | None, num_states: int) -> NDArray[np.float64]:
    if metric is None:
        states = np.arange(num_states, dtype=np.float64)
        return np.abs(states[:, None] - states[None, :])
    try:
        given = np.ascontiguousarray(metric, np.float64)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"metric={shown(metric)}: expected distances of states") from error
    if given.shape != (num_states, num_states) or not (given >= 0).all() or np.diag(given).any():
        raise ParameterError(
            f"metric of shape {given.shape}: expected distances of shape ({num_states}, {num_states}), at least 0, "
            "and 0 on the diagonal"
        )
    return given
