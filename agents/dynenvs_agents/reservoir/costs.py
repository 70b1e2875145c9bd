"""C3 and C6: what receptivities cost the body, in nats, and what that has to do with how far it is bent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dynenvs_agents.reservoir.cognition import TitForTat
from dynenvs_agents.reservoir.complexity import (
    fixed_shrinkage,
    gaussian_kl,
    ledoit_wolf,
    nearest_neighbour_kl,
    principal_directions,
)
from dynenvs_agents.reservoir.experiments import Lab, Player
from dynenvs_agents.reservoir.sentinel import StaticGovernance

__all__ = ["GRID", "MEASURES", "PARTNERS", "TRUSTING", "Costs", "View", "measure_costs"]

FloatArray = NDArray[np.float64]

GRID = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 1.0)
"""Receptivities that are compared, with tit for tat as the tool."""

PARTNERS = {
    "cooperates at 0.9": "cooperate",
    "cooperates at 0.7": "cooperate(0.7)",
    "the same, defects for a fifth": "interrupted_cooperator",
    "switches, dwelling 50 rounds": "regime_switcher",
    "reciprocates my last action": "reciprocator",
    "plays anything": "random",
}
"""Partners of the comparison; all but the reciprocator play the same whatever the agent does."""

TRUSTING = (1.0,)
"""The other baseline: a body that got used to its partner at full receptivity alone."""

MEASURES = ("Ledoit-Wolf", "fixed shrinkage", "nearest neighbours")
"""How the divergence is estimated: Gaussian in two ways, and on a projection without assuming so."""

ROUNDS = 1000
"""Of a game; the first tenth is left out."""

_DIRECTIONS = 3
_EVERY = 4
"""Of the states of the baseline, nearest neighbours are sought among each fourth: those between are much like them."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Costs:
    """Costs of receptivities.

    Attributes
    ----------
    divergence : dict of str to ndarray of float64, shape (receptivities, partners, seeds)
        Nats from the habituated baseline, by measure.
    trusting : ndarray of float64, shape (receptivities, partners, seeds)
        Nats from the baseline of full receptivity (Ledoit-Wolf).
    work : dict of str to ndarray of float64, shape (receptivities, partners, seeds)
        Nats from the states of the same body, left to itself with the same partner, by each Gaussian measure: what it
        takes, in units of kT, to hold it where it would not stay.
    override : ndarray of float64, shape (receptivities, partners, seeds)
        Mean square of what is played less what the body would play.
    distortion : ndarray of float64, shape (receptivities, partners, seeds)
        Mean square, a neuron, of the state less that of the body left to itself, round by round.
    """

    divergence: dict[str, FloatArray]
    trusting: FloatArray
    work: dict[str, FloatArray]
    override: FloatArray
    distortion: FloatArray


def measure_costs(lab: Lab) -> Costs:
    """Play every receptivity with every partner.

    Parameters
    ----------
    lab : Lab
        Whose bodies.

    Returns
    -------
    Costs
        One number for each receptivity, partner and body.
    """
    courses = [
        lab.play(
            Player(name=f"static, {alpha:g}", governance=StaticGovernance(alpha=alpha), tool=TitForTat()),
            [*PARTNERS.values()],
            ROUNDS,
            keep_states=True,
        )
        for alpha in GRID
    ]
    baseline, trusting = lab.baseline(TitForTat()), lab.baseline(TitForTat(), TRUSTING)
    shape, skipped = (len(GRID), len(PARTNERS), lab.seeds), ROUNDS // 10
    divergence = {measure: np.empty(shape) for measure in MEASURES}
    work = {measure: np.empty(shape) for measure in MEASURES[:2]}
    from_trusting, override, distortion = (np.empty(shape) for _ in range(3))
    own_base = [ledoit_wolf(baseline.states[k])[0] for k in range(lab.seeds)]
    trusting_base = [ledoit_wolf(trusting.states[k])[0] for k in range(lab.seeds)]
    views = [View(baseline.states[k]) for k in range(lab.seeds)]
    free = courses[GRID.index(1.0)].states
    for a, course in enumerate(courses):
        for row in range(len(course.states)):
            place = (a, *divmod(row, lab.seeds))
            k, states, left = row % lab.seeds, course.states[row, skipped:], free[row, skipped:]
            moments = ledoit_wolf(states)[0]
            divergence[MEASURES[0]][place] = gaussian_kl(moments, own_base[k])
            divergence[MEASURES[1]][place] = gaussian_kl(fixed_shrinkage(states), baseline.moments(k))
            divergence[MEASURES[2]][place] = views[k].divergence(states)
            from_trusting[place] = gaussian_kl(moments, trusting_base[k])
            work[MEASURES[0]][place] = gaussian_kl(moments, ledoit_wolf(left)[0])
            work[MEASURES[1]][place] = gaussian_kl(fixed_shrinkage(states), fixed_shrinkage(left))
            override[place] = np.square(course.own - course.wish)[row, skipped:].mean()
            distortion[place] = np.square(states - left).mean()
    return Costs(divergence=divergence, trusting=from_trusting, work=work, override=override, distortion=distortion)


class View:
    """The baseline of a body as seen in the few directions in which it varies most.

    Parameters
    ----------
    states : ndarray of float64, shape (samples, d)
        What the body is used to.
    """

    def __init__(self, states: FloatArray) -> None:
        self.directions = principal_directions(states, min(_DIRECTIONS, states.shape[1]))
        self.base = states[::_EVERY] @ self.directions

    def divergence(self, states: FloatArray) -> float:
        """Estimate in nats, by nearest neighbours, how far states (rounds, d) are from the baseline."""
        return nearest_neighbour_kl(states @ self.directions, self.base)
