"""Explicit Markov decision processes: every transition and reward is written down."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dynenvs.core.checks import check_between
from dynenvs.core.errors import ParameterError

__all__ = ["TabularMDP"]

ROW_TOLERANCE = 1e-9
"""By how much a row of transition probabilities may miss 1; it is scaled to 1 then."""

EXACT = 1e-13
"""By how much rounding lets it miss 1: such a row stays as it is."""


@dataclass(frozen=True, eq=False, repr=False)
class TabularMDP:
    """A finite Markov decision process with discounted rewards.

    Parameters
    ----------
    P : array_like, shape (S, A, S)
        Probability of the next state by state and action.
    R : array_like, shape (S, A) or (S, A, S)
        Reward by state and action, and where it matters by next state. What stands for a next state of probability 0
        matters too: an adversary may move there.
    gamma : float
        Discount in [0, 1).
    start : int or array_like, shape (S,)
        Where episodes begin: a state, or the probabilities of all.
    name : str
        What it is called.
    state_names, action_names : sequence of str, optional
        What states and actions are called; by default their numbers.

    Attributes
    ----------
    P, R : ndarray of float64, shape (S, A, S)
        Read-only.
    start : ndarray of float64, shape (S,)
        Read-only.

    Raises
    ------
    ParameterError
        If shapes do not fit, something is not finite, a probability is negative, or a row does not sum to 1: the state
        and the action are named.

    Examples
    --------
    >>> mdp = TabularMDP(P=[[[0.5, 0.5]], [[0.0, 1.0]]], R=[[1.0], [0.0]], gamma=0.9)
    >>> mdp.num_states, mdp.num_actions
    (2, 1)
    """

    P: NDArray[np.float64]
    R: NDArray[np.float64]
    gamma: float
    start: NDArray[np.float64] | int = 0
    name: str = "mdp"
    state_names: Sequence[str] = ()
    action_names: Sequence[str] = ()

    def __post_init__(self) -> None:
        P = _checked_transitions(self.P)
        S, A, _ = P.shape
        check_between("gamma", self.gamma, 0, 1, closed="left")
        self._set("P", P)
        self._set("R", _checked_rewards(self.R, P.shape))
        self._set("start", _checked_start(self.start, S))
        self._set("state_names", _checked_names("state_names", self.state_names, S))
        self._set("action_names", _checked_names("action_names", self.action_names, A))

    def _set(self, name: str, value: Any) -> None:
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
        object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        size = f"{self.num_states} states, {self.num_actions} actions"
        return f"TabularMDP({self.reference!r}, {size}, gamma={self.gamma:g})"  # no two of them are written alike

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TabularMDP) and self.reference == other.reference

    def __hash__(self) -> int:
        return hash(self.reference)

    @cached_property
    def digest(self) -> str:
        """Hash of all that it is made of, in 16 hexadecimal digits: equal digests are equal processes."""
        digest = hashlib.sha256(repr((self.P.shape, float(self.gamma), self.state_names, self.action_names)).encode())
        for array in (self.P, self.R, self.start):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()[:16]

    @property
    def reference(self) -> str:
        """Name and digest, ``name@digest``: what stands for it in records."""
        return f"{self.name}@{self.digest}"

    def to_dict(self) -> dict[str, Any]:
        """Return all that it is made of, as JSON can write it: ``TabularMDP(**mdp.to_dict())`` is equal."""
        return {
            "P": self.P.tolist(),
            "R": self.R.tolist(),
            "gamma": self.gamma,
            "start": np.asarray(self.start).tolist(),
            "name": self.name,
            "state_names": list(self.state_names),
            "action_names": list(self.action_names),
        }

    @property
    def num_states(self) -> int:
        """Number of states, S."""
        return self.P.shape[0]

    @property
    def num_actions(self) -> int:
        """Number of actions, A."""
        return self.P.shape[1]

    def value_at_start(self, value: NDArray[np.float64]) -> float:
        """Average a value of states, shape (S,), over where episodes begin."""
        return float(np.dot(self.start, value))

    def expected_rewards(self) -> NDArray[np.float64]:
        """Return the expected reward by state and action, shape (S, A)."""
        rewards: NDArray[np.float64] = (self.P * self.R).sum(axis=2)
        return rewards

    def policy_value(self, policy: ArrayLike) -> NDArray[np.float64]:
        """Evaluate a stationary policy exactly, by solving its linear equations.

        Parameters
        ----------
        policy : array_like, shape (S,) of int, or (S, A) of float
            An action for each state, or probabilities of actions.

        Returns
        -------
        ndarray of float64, shape (S,)
            Its value in each state.

        Raises
        ------
        ParameterError
            If it is no policy of this process.
        """
        chances = self.policy_matrix(policy)
        P = np.einsum("sa,sat->st", chances, self.P)
        r = (chances * self.expected_rewards()).sum(axis=1)
        value: NDArray[np.float64] = np.linalg.solve(np.eye(self.num_states) - self.gamma * P, r)
        return value

    def policy_matrix(self, policy: ArrayLike) -> NDArray[np.float64]:
        """Bring a policy into the form of probabilities of actions, shape (S, A), or refuse it.

        Raises
        ------
        ParameterError
            If it is no policy of this process.
        """
        given = np.asarray(policy)
        S, A = self.num_states, self.num_actions
        if given.shape == (S,) and given.dtype.kind in "iu" and ((given >= 0) & (given < A)).all():
            return np.eye(A)[given]
        if given.shape == (S, A) and given.dtype.kind in "iuf":
            sums_to_one = np.allclose(given.sum(axis=1), 1.0, rtol=0, atol=ROW_TOLERANCE)
            if sums_to_one and (given >= 0).all():
                return given.astype(np.float64)
        raise ParameterError(
            f"policy of shape {given.shape} and type {given.dtype}: expected an action in [0, {A - 1}] for each of {S} "
            f"states, or probabilities of shape ({S}, {A})"
        )


def _numbers(name: str, given: ArrayLike, shapes: str) -> NDArray[np.float64]:
    try:
        array = np.array(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"{name}: expected numbers of shape {shapes}: {error}") from error
    if not np.isfinite(array).all():
        place = tuple(int(k) for k in np.argwhere(~np.isfinite(array))[0])
        raise ParameterError(f"{name}{list(place)}={array[place]}: expected finite numbers")
    return array


def _checked_transitions(given: ArrayLike) -> NDArray[np.float64]:
    P = _numbers("P", given, "(S, A, S)")
    if P.ndim != 3 or P.shape[0] != P.shape[2] or P.size == 0:
        raise ParameterError(f"P of shape {P.shape}: expected (S, A, S), at least one state and one action")
    if (P < 0).any():
        s, a, t = (int(k) for k in np.argwhere(P < 0)[0])
        raise ParameterError(f"P[{s}, {a}, {t}]={P[s, a, t]}: expected a probability in [0, 1]")
    sums = P.sum(axis=2)
    wrong = np.argwhere(np.abs(sums - 1.0) > ROW_TOLERANCE)
    if len(wrong):
        s, a = (int(k) for k in wrong[0])
        hint = "; are these float32?" if np.abs(sums - 1.0).max() < 1e-5 else ""
        raise ParameterError(f"P[{s}, {a}] sums to {sums[s, a]:.12g}: expected 1 in state {s} under action {a}{hint}")
    scaled: NDArray[np.float64] = np.where(np.abs(sums - 1.0)[..., None] > EXACT, P / sums[..., None], P)
    return scaled


def _checked_rewards(given: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    R = _numbers("R", given, f"{shape[:2]} or {shape}")
    if R.shape == shape[:2]:
        R = np.repeat(R[:, :, None], shape[2], axis=2)
    if R.shape != shape:
        raise ParameterError(f"R of shape {R.shape}: expected {shape[:2]} or {shape}, as P has them")
    return R


def _checked_start(given: Any, num_states: int) -> NDArray[np.float64]:
    if isinstance(given, int | np.integer) and not isinstance(given, bool):
        if not 0 <= given < num_states:
            raise ParameterError(f"start={given}: expected a state in [0, {num_states - 1}]")
        return np.eye(num_states)[int(given)]
    start = _numbers("start", given, f"({num_states},)")
    if start.shape != (num_states,) or (start < 0).any() or abs(start.sum() - 1.0) > ROW_TOLERANCE:
        raise ParameterError(
            f"start={given!r}: expected a state, or probabilities of {num_states} states that sum to 1"
        )
    return start


def _checked_names(name: str, given: Sequence[str], count: int) -> tuple[str, ...]:
    if len(given) == 0:
        return tuple(str(k) for k in range(count))
    if isinstance(given, str) or len(given) != count or len(set(given)) != count:
        raise ParameterError(f"{name}={given!r}: expected {count} different names")
    return tuple(str(one) for one in given)
