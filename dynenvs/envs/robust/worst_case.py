r"""What the worst transition of an uncertainty set does to one state and action: closed forms, and short searches.

Throughout, p is the nominal row of probabilities and z what each next state would be worth, z_s' = r(s, a, s') + gamma
v(s'); the adversary picks q in a set around p so that q.z is least. Each rule writes q, and returns q.z.

| set | q is |
| --- | --- |
| ``l1`` | within sum \|q - p\| <= k (not half of it) |
| ``linf`` | within max \|q - p\| <= k |
| ``kl`` | within KL(q \|\| p) <= k, natural logarithm |
| ``chi2`` | within sum (q - p)^2 / p <= k |
| ``contamination`` | (1 - k) p + k times any distribution |
| ``wasserstein`` | reached from p by moving mass at a cost of at most k, by a metric on states |

With ``support="free"`` q may be any distribution on all states; with ``"support"`` it stays where p is. KL and chi2 are
on the support by nature. An order of the states by z is kept from sweep to sweep: values change little, so that sorting
it again takes one pass.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.jit import rule

__all__ = [
    "least_mass",
    "sort_again",
    "worst_chi2",
    "worst_contamination",
    "worst_kl",
    "worst_l1",
    "worst_linf",
    "worst_wasserstein",
]

Vector = NDArray[np.float64]
Order = NDArray[np.int32]

SEARCH_STEPS = 200  # at most; bisection stops where doubles have no further one between


@rule
def sort_again(z: Vector, order: Order) -> None:
    """Sort states by z, from an order that was right a sweep ago (insertion sort)."""
    for k in range(1, len(order)):
        state = order[k]
        place = k
        while place > 0 and z[order[place - 1]] > z[state]:
            order[place] = order[place - 1]
            place -= 1
        order[place] = state


@rule
def dot(p: Vector, z: Vector) -> float:
    """Return p.z."""
    total = 0.0
    for state in range(len(p)):
        total += p[state] * z[state]
    return total


@rule
def _cheapest(p: Vector, order: Order, free: bool) -> int:
    """Return the state of least z that q may use."""
    for k in range(len(order)):
        if free or p[order[k]] > 0.0:
            return int(order[k])
    return 0


@rule
def worst_l1(p: Vector, z: Vector, radius: float, free: bool, order: Order, q: Vector) -> float:
    """Move radius / 2 of the mass to the cheapest state, away from the dearest ones first."""
    cheapest = _cheapest(p, order, free)
    for state in range(len(p)):
        q[state] = p[state]
    mass = min(0.5 * radius, 1.0 - p[cheapest])
    q[cheapest] += mass
    for k in range(len(order) - 1, -1, -1):
        state = order[k]
        if state == cheapest or mass <= 0.0:
            continue
        taken = min(mass, q[state])
        q[state] -= taken
        mass -= taken
    return dot(q, z)


@rule
def worst_linf(p: Vector, z: Vector, radius: float, free: bool, order: Order, q: Vector) -> float:
    """Give every state the least that it must have, and what is left to the cheapest ones first."""
    left = 1.0
    for state in range(len(p)):
        q[state] = max(0.0, p[state] - radius)
        left -= q[state]
    for k in range(len(order)):
        state = order[k]
        if free or p[state] > 0.0:
            given = min(left, min(1.0, p[state] + radius) - q[state])
            q[state] += given
            left -= given
    return dot(q, z)


@rule
def worst_contamination(p: Vector, z: Vector, radius: float, free: bool, order: Order, q: Vector) -> float:
    """Send a share of the mass to the cheapest state."""
    share = min(radius, 1.0)
    for state in range(len(p)):
        q[state] = (1.0 - share) * p[state]
    q[_cheapest(p, order, free)] += share
    return dot(q, z)


@rule
def worst_kl(p: Vector, z: Vector, radius: float, order: Order, q: Vector) -> float:
    """Tilt p towards cheap states: q is as p exp(-z / lam), with lam such that KL(q || p) is the radius."""
    lowest = z[_cheapest(p, order, False)]
    at_lowest, highest = 0.0, lowest
    for state in range(len(p)):
        if p[state] > 0.0:
            highest = max(highest, z[state])
            at_lowest += p[state] if z[state] == lowest else 0.0
    if radius >= -np.log(at_lowest):  # all mass can go to the cheapest states
        for state in range(len(p)):
            q[state] = p[state] / at_lowest if p[state] > 0.0 and z[state] == lowest else 0.0
        return lowest
    if radius <= 0.0:
        for state in range(len(p)):
            q[state] = p[state]
        return dot(p, z)
    low, high = -60.0, 60.0  # of log(lam / (highest - lowest))
    for _ in range(SEARCH_STEPS):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if _tilt(p, z, lowest, (highest - lowest) * np.exp(middle), q) > radius:
            low = middle
        else:
            high = middle
    _tilt(p, z, lowest, (highest - lowest) * np.exp(high), q)
    return dot(q, z)


@rule
def _tilt(p: Vector, z: Vector, lowest: float, temperature: float, q: Vector) -> float:
    """Write p exp(-z / temperature), scaled to sum to 1, and return its divergence from p."""
    total, mean = 0.0, 0.0
    for state in range(len(p)):
        cost = (z[state] - lowest) / temperature
        q[state] = p[state] * np.exp(-cost) if p[state] > 0.0 else 0.0
        total += q[state]
        mean += q[state] * cost if p[state] > 0.0 else 0.0
    for state in range(len(p)):
        q[state] /= total
    return -mean / total - np.log(total)


@rule
def worst_chi2(p: Vector, z: Vector, radius: float, order: Order, q: Vector) -> float:
    """Weigh p by how far below a level e the states lie: q is proportional to p (e - z)+.

    e maximises the dual e - sqrt((1 + k) sum p (e - z)+^2), which is concave: between two neighbouring z its best e has
    a closed form, from the mass P, the mean and the variance of the states below.
    """
    mass, first, second, best, level = 0.0, 0.0, 0.0, -np.inf, 0.0
    offset = z[_cheapest(p, order, False)]  # so that the variance does not cancel
    for k in range(len(order)):
        state = order[k]
        if p[state] <= 0.0:
            continue
        value = z[state] - offset
        mass += p[state]
        first += p[state] * value
        second += p[state] * value * value
        mean = first / mass
        variance = max(0.0, second / mass - mean * mean)
        upper = _next_value(p, z, order, k) - offset
        scale = (1.0 + radius) * mass
        e = upper if scale <= 1.0 else mean + np.sqrt(variance / (scale - 1.0))
        e = max(value, min(upper, e))
        if e == np.inf:
            continue
        reached = e - np.sqrt(scale * ((e - mean) ** 2 + variance))
        if reached > best:
            best, level = reached, e
    return _below(p, z, offset + level, offset, q)


@rule
def _next_value(p: Vector, z: Vector, order: Order, k: int) -> float:
    """Return z of the next state of the support after place k of the order; infinity after the last."""
    for place in range(k + 1, len(order)):
        if p[order[place]] > 0.0:
            return z[order[place]]
    return np.inf


@rule
def _below(p: Vector, z: Vector, level: float, lowest: float, q: Vector) -> float:
    """Write p (level - z)+, scaled to sum to 1; where that is nothing, the mass of the cheapest states."""
    total = 0.0
    for state in range(len(p)):
        q[state] = p[state] * max(0.0, level - z[state])
        total += q[state]
    if total <= 0.0:
        for state in range(len(p)):
            q[state] = p[state] if z[state] <= lowest else 0.0
            total += q[state]
    for state in range(len(p)):
        q[state] /= total
    return dot(q, z)


@rule
def worst_wasserstein(p: Vector, z: Vector, radius: float, free: bool, metric: NDArray[np.float64], q: Vector) -> float:
    """Move mass to cheaper states while that pays more than lam a unit of way; lam is such that the budget is spent.

    The cost falls in steps as lam grows: at the step that crosses the budget, the plans of both sides are mixed.
    """
    high = 0.0
    for state in range(len(p)):
        if p[state] > 0.0:
            for to in range(len(p)):
                if to != state and (free or p[to] > 0.0) and metric[state, to] > 0.0:
                    high = max(high, (z[state] - z[to]) / metric[state, to])
    low, high = 0.0, high * (1.0 + 1e-12)
    for state in range(len(p)):
        q[state] = 0.0
    cost_low = _transport(p, z, low, free, metric, q, 1.0)
    if cost_low <= radius:  # everything can move where it likes
        return dot(q, z)
    for _ in range(SEARCH_STEPS):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if _transport(p, z, middle, free, metric, q, 0.0) > radius:
            low = middle
        else:
            high = middle
    cost_low, cost_high = _transport(p, z, low, free, metric, q, 0.0), _transport(p, z, high, free, metric, q, 0.0)
    share = (radius - cost_high) / (cost_low - cost_high) if cost_low > cost_high else 0.0
    for state in range(len(p)):
        q[state] = 0.0
    _transport(p, z, low, free, metric, q, share)
    _transport(p, z, high, free, metric, q, 1.0 - share)
    return dot(q, z)


@rule
def _transport(
    p: Vector, z: Vector, price: float, free: bool, metric: NDArray[np.float64], q: Vector, share: float
) -> float:
    """Send each state's mass where z and the price of the way are least; add a share of it to q, return the cost."""
    cost = 0.0
    for state in range(len(p)):
        if p[state] <= 0.0:
            continue
        best, least = state, z[state]
        for to in range(len(p)):
            value = z[to] + price * metric[state, to]
            if (free or p[to] > 0.0) and value < least:
                best, least = to, value
        q[best] += share * p[state]
        cost += p[state] * metric[state, best]
    return cost


@rule
def least_mass(p: Vector, z: Vector, level: float, free: bool, order: Order, q: Vector) -> float:
    """Write the q nearest to p in L1 whose q.z is at a level, and return its distance; infinity where there is none."""
    cheapest = _cheapest(p, order, free)
    for state in range(len(p)):
        q[state] = p[state]
    excess, moved = dot(p, z) - level, 0.0
    for k in range(len(order) - 1, -1, -1):
        if excess <= 0.0:
            break
        state = order[k]
        gain = z[state] - z[cheapest]
        if q[state] <= 0.0 or gain <= 0.0:
            continue
        taken = min(q[state], excess / gain)
        q[state] -= taken
        q[cheapest] += taken
        moved += taken
        excess -= taken * gain
    return 2.0 * moved if excess <= 1e-15 * max(1.0, abs(level)) else np.inf
