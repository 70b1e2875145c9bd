"""Robust Bellman sweeps over all states and actions of an explicit process."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.jit import kernel, rule
from dynenvs.envs.robust.worst_case import (
    Order,
    Vector,
    dot,
    least_mass,
    sort_again,
    worst_chi2,
    worst_contamination,
    worst_kl,
    worst_l1,
    worst_linf,
    worst_wasserstein,
)

__all__ = ["SETS", "sweep", "sweep_s_rectangular"]

SETS: tuple[str, ...] = ("nominal", "l1", "linf", "kl", "chi2", "contamination", "wasserstein")
"""The sets that an adversary chooses from anew in each state and action; their places are the codes below."""

NOMINAL, L1, LINF, KL, CHI2, CONTAMINATION, WASSERSTEIN = range(7)

Array = NDArray[np.float64]

SEARCH_STEPS = 200


@kernel
def sweep(
    P: Array,
    R: Array,
    gamma: float,
    value: Vector,
    kind: int,
    radius: float,
    free: bool,
    metric: Array,
    orders: NDArray[np.int32],
    z: Vector,
    worst: Array,
    Q: Array,
) -> None:
    """Write the worst transitions (S, A, S) against a value (S,), and what actions are worth then (S, A)."""
    states, actions = P.shape[0], P.shape[1]
    for s in range(states):
        for a in range(actions):
            for t in range(states):
                z[t] = R[s, a, t] + gamma * value[t]
            Q[s, a] = _worst(P[s, a], z, kind, radius, free, metric, orders[s, a], worst[s, a])


@rule
def _worst(p: Vector, z: Vector, kind: int, radius: float, free: bool, metric: Array, order: Order, q: Vector) -> float:
    if kind == NOMINAL:
        for t in range(len(p)):
            q[t] = p[t]
        return dot(p, z)
    if kind == WASSERSTEIN:
        return worst_wasserstein(p, z, radius, free, metric, q)
    sort_again(z, order)
    if kind == L1:
        return worst_l1(p, z, radius, free, order, q)
    if kind == LINF:
        return worst_linf(p, z, radius, free, order, q)
    if kind == KL:
        return worst_kl(p, z, radius, order, q)
    if kind == CHI2:
        return worst_chi2(p, z, radius, order, q)
    return worst_contamination(p, z, radius, free, order, q)


@kernel
def sweep_s_rectangular(
    P: Array,
    R: Array,
    gamma: float,
    value: Vector,
    radius: float,
    free: bool,
    orders: NDArray[np.int32],
    z: Array,
    worst: Array,
    policy: Array,
    new: Vector,
) -> None:
    """Write each state's value (S,), the worst transitions (S, A, S) and a policy (S, A) for one budget a state.

    The adversary divides the radius among the actions: the value is the smallest level u to which it can bring *all* of
    them at a cost of at most the radius. The best reply makes it indifferent, and may be random.
    """
    states, actions = P.shape[0], P.shape[1]
    for s in range(states):
        low, high = -np.inf, -np.inf
        for a in range(actions):
            for t in range(states):
                z[a, t] = R[s, a, t] + gamma * value[t]
            sort_again(z[a], orders[s, a])
            high = max(high, dot(P[s, a], z[a]))
            low = max(low, _lowest(P[s, a], z[a], free))
        u = _level(P[s], z, radius, free, orders[s], worst[s], low, high)
        new[s] = u
        _best_reply(P[s], z, u, low, free, orders[s], worst[s], policy[s])


@rule
def _lowest(p: Vector, z: Vector, free: bool) -> float:
    lowest = np.inf
    for t in range(len(p)):
        if free or p[t] > 0.0:
            lowest = min(lowest, z[t])
    return lowest


@rule
def _level(
    p: Array, z: Array, radius: float, free: bool, orders: NDArray[np.int32], q: Array, low: float, high: float
) -> float:
    """Find the smallest level that the radius pays for, between the highest of the lowest z and the nominal value."""
    if _cost(p, z, low, free, orders, q) <= radius:
        return low
    for _ in range(SEARCH_STEPS):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if _cost(p, z, middle, free, orders, q) <= radius:
            high = middle
        else:
            low = middle
    return high


@rule
def _cost(p: Array, z: Array, level: float, free: bool, orders: NDArray[np.int32], q: Array) -> float:
    """Return what it costs to bring all actions down to a level."""
    cost = 0.0
    for a in range(p.shape[0]):
        cost += least_mass(p[a], z[a], level, free, orders[a], q[a])
    return cost


@rule
def _best_reply(
    p: Array, z: Array, u: float, low: float, free: bool, orders: NDArray[np.int32], q: Array, policy: Vector
) -> None:
    """Write the policy that makes the adversary indifferent: weights of actions that cost it are as 1 / their slopes.

    The slope of an action is what a unit of L1 distance brings down at the margin, half the difference of the z that
    mass is moved between. Where the adversary is not held back by its budget, an action whose worst is u is as good.
    """
    total = 0.0
    for a in range(p.shape[0]):
        policy[a] = 0.0
        distance = least_mass(p[a], z[a], u, free, orders[a], q[a])
        if distance > 0.0 and u > low:
            slope = 0.5 * (_dearest_left(p[a], z[a], q[a], orders[a]) - _lowest(p[a], z[a], free))
            policy[a] = 1.0 / slope
            total += policy[a]
    if total > 0.0:
        for a in range(p.shape[0]):
            policy[a] /= total
        return
    best = 0
    for a in range(p.shape[0]):
        if dot(q[a], z[a]) > dot(q[best], z[best]):
            best = a
    policy[best] = 1.0


@rule
def _dearest_left(p: Vector, z: Vector, q: Vector, order: Order) -> float:
    """Return z of the state that mass was last taken from."""
    last = z[order[len(order) - 1]]
    for k in range(len(order) - 1, -1, -1):
        if q[order[k]] < p[order[k]]:
            last = z[order[k]]
    return last
