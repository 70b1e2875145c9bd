"""Cooperation as a fixed point: all solutions of the self-consistency equation at full receptivity, and their basins.

At alpha = 1 the body plays what it reads and feels what it played: x <- (1-g) x + g tanh(W x + W_in [a, o] + b) with
a = clip(w . x, 0, 1). A fixed point solves x = tanh(W x + W_in [a, o] + b), whatever the leak g, on which its stability
depends.
The partner plays a constant degree, or mirrors the body (o = a).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.checks import check_between, check_integer
from dynenvs_agents.reservoir.body import Bodies

__all__ = ["MIRROR", "FixedPoint", "FixedPoints", "basin", "find_fixed_points"]

FloatArray = NDArray[np.float64]

MIRROR = None
"""In place of a partner's degree: the partner plays what the body plays."""

_NEWTON_STEPS = 40
_SCAN = np.linspace(0.0, 1.0, 201)
"""Actions that a body is held at, to see where it would play more than that, and where less."""
_SETTLING = 300
"""Rounds that it is held."""
_SOLVED = 1e-10
"""Largest component of the equation's error at a solution."""
_SAME = 1e-6
"""Solutions nearer than this, in the largest component, are one."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FixedPoint:
    """A solution of the self-consistency equation.

    Attributes
    ----------
    state : ndarray of float64, shape (d,)
        x*.
    action : float
        a*, the cooperation that it is, in [0, 1].
    radius : float
        Spectral radius of the closed loop's Jacobian there: below 1 it is stable.
    found : int
        How many starts of Newton's method, random or of the scan, ended there.
    """

    state: FloatArray
    action: float
    radius: float
    found: int

    @property
    def stable(self) -> bool:
        """Whether states near it return."""
        return self.radius < 1.0


@dataclass(frozen=True, kw_only=True, eq=False)
class FixedPoints:
    """All solutions that were found for one body and partner.

    Attributes
    ----------
    points : tuple of FixedPoint
        The most cooperative first.
    failed : int
        Random starts from which Newton's method found none: it runs in circles where the action is clipped.
    """

    points: tuple[FixedPoint, ...]
    failed: int


def find_fixed_points(bodies: Bodies, k: int, partner: float | None, *, starts: int = 50, seed: int = 0) -> FixedPoints:
    """Solve the self-consistency equation of a body by Newton's method: from random starts, and from a scan of actions.

    Parameters
    ----------
    bodies : Bodies
        Where the body is.
    k : int
        Which one.
    partner : float or None
        What the partner plays, in [0, 1]; `MIRROR` (None): what the body plays.
    starts : int
        Random starts, at least 1: uniform in [-1, 1]^d, where all fixed points are.
    seed : int
        Of the starts.

    Returns
    -------
    FixedPoints
        Different solutions; that there are no others is not proved.

    Raises
    ------
    ParameterError
        If a parameter is out of range.
    """
    _check(bodies, k, partner, starts, seed)
    loop = _Loop(bodies, k, partner)
    random = np.random.default_rng([3, seed]).uniform(-1, 1, (starts, bodies.params.d))
    from_random, from_scan = _newton(loop, random), _newton(loop, _crossings(bodies, k, partner))
    x = np.concatenate([from_random, from_scan])
    groups = _group(x)
    points = [loop.point(states[0], len(states)) for states in groups]
    return FixedPoints(points=tuple(sorted(points, key=lambda point: -point.action)), failed=starts - len(from_random))


def _crossings(bodies: Bodies, k: int, partner: float | None) -> FloatArray:
    """Hold a body at each action until it has settled, and return the states where what it would play crosses that.

    This is the same equation in one unknown. It finds solutions that random starts in many dimensions miss, as far as a
    body that is held at an action has one state.
    """
    x, body = np.tile(bodies.rest[k], (len(_SCAN), 1)), np.full(len(_SCAN), k)
    for _ in range(_SETTLING):
        bodies.advance(x, body, _SCAN, _SCAN if partner is MIRROR else np.full(len(_SCAN), float(partner)))
    more = bodies.read(x, body) >= _SCAN
    crossed = np.flatnonzero(more[1:] != more[:-1])
    return x[np.unique([0, *crossed, *(crossed + 1), len(_SCAN) - 1])]


def _newton(loop: _Loop, x: FloatArray) -> FloatArray:
    """Follow Newton's method from states (n, d); return those that solve the equation in the end."""
    for _ in range(_NEWTON_STEPS):
        after, jacobian = loop.linear(x)
        error = x - after
        if np.abs(error).max() < _SOLVED:
            break
        step = np.linalg.solve(np.eye(x.shape[1]) - jacobian, error[:, :, None])[:, :, 0]
        x = np.clip(x - step, -1.0, 1.0)  # a solution lies in the cube
    return x[np.abs(x - loop.after(x)).max(axis=1) < _SOLVED]


def basin(
    bodies: Bodies,
    k: int,
    partner: float | None,
    point: FixedPoint,
    *,
    starts: int = 1000,
    rounds: int = 300,
    seed: int = 0,
) -> float:
    """Estimate the share of states, uniform in [-1, 1]^d, from which the closed loop goes to a fixed point.

    Parameters
    ----------
    bodies, k, partner
        As in `find_fixed_points`.
    point : FixedPoint
        Where to.
    starts : int
        States to try, at least 1.
    rounds : int
        Rounds that each has for it, at least 1.
    seed : int
        Of the starts.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    ParameterError
        If a parameter is out of range.
    """
    _check(bodies, k, partner, starts, seed)
    check_integer("rounds", rounds, 1)
    x = np.random.default_rng([4, seed]).uniform(-1, 1, (starts, bodies.params.d))
    body = np.full(starts, k)
    for _ in range(rounds):
        own = bodies.read(x, body)
        bodies.advance(x, body, own, own if partner is MIRROR else np.full(starts, float(partner)))
    return float((np.abs(x - point.state).max(axis=1) < 1e-3).mean())


def _check(bodies: Bodies, k: int, partner: float | None, starts: int, seed: int) -> None:
    check_integer("k", k, 0, len(bodies) - 1)
    check_integer("seed", seed, 0)
    if partner is not MIRROR:
        check_between("partner", partner, 0, 1)
    check_integer("starts", starts, 1, _MOST_STARTS)


_MOST_STARTS = 1_000_000


class _Loop:
    """The closed loop of one body with a partner."""

    def __init__(self, bodies: Bodies, k: int, partner: float | None) -> None:
        self.W = bodies.recurrent[k].T
        self.own, self.other = bodies.inputs[k]
        self.bias, self.w, self.offset = bodies.bias[k], bodies.readout[k], float(bodies.offset[k])
        self.leak, self.partner = bodies.params.leak, partner

    def actions(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what is played, and whether it moves with the state: not where it is clipped."""
        raw = x @ self.w + self.offset
        return np.clip(raw, 0.0, 1.0), (raw > 0.0) & (raw < 1.0)

    def after(self, x: FloatArray) -> FloatArray:
        """Return tanh(...) of states (n, d)."""
        action, _ = self.actions(x)
        other = action if self.partner is MIRROR else np.full(len(x), self.partner)
        z: FloatArray = x @ self.W.T + action[:, None] * self.own + other[:, None] * self.other + self.bias
        return np.tanh(z)

    def linear(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return tanh(...) of states (n, d), and its derivative by the state (n, d, d)."""
        after, (_, moves) = self.after(x), self.actions(x)
        weights = self.own + self.other if self.partner is MIRROR else self.own
        inner = self.W + moves[:, None, None] * np.outer(weights, self.w)
        return after, (1.0 - after**2)[:, :, None] * inner

    def point(self, state: FloatArray, found: int) -> FixedPoint:
        """Describe a solution."""
        _, jacobian = self.linear(state[None])
        closed = (1.0 - self.leak) * np.eye(len(state)) + self.leak * jacobian[0]
        radius = float(np.abs(np.linalg.eigvals(closed)).max())
        return FixedPoint(state=state, action=float(self.actions(state[None])[0][0]), radius=radius, found=found)


def _group(states: FloatArray) -> list[FloatArray]:
    """Put together what is the same solution."""
    groups: list[FloatArray] = []
    while len(states):
        same = np.abs(states - states[0]).max(axis=1) < _SAME
        groups.append(states[same])
        states = states[~same]
    return groups
