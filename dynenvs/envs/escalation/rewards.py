"""What a day was worth to a nation: the terms of the rewards. The paper has none; these are ours.

| term | is |
| --- | --- |
| ``interest`` | change of its variables, each over the mean of all nations at the start, weighted by `INTEREST` |
| ``power`` | change of its share of the world's power, the mean of its shares of the `POWER_COLUMNS` |
| ``goals`` | as interest, weighted by the nation's own aims |
| ``escalation`` | its escalation score of the day, in units of one nuclear strike (60 points) |

Power follows the idea of the Composite Index of National Capability (Singer, Bremer and Stuckey 1972). A nation that
has fallen is paid nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dynenvs.core.buffers import Buffers
from dynenvs.core.jit import rule
from dynenvs.envs.escalation.nations import VARIABLES
from dynenvs.envs.escalation.scoring import WEIGHTS

if TYPE_CHECKING:
    from dynenvs.envs.escalation.world import EscalationState

__all__ = ["INTEREST", "INTEREST_WEIGHTS", "POWER_COLUMNS", "TERMS", "power_shares", "write_terms"]

TERMS: tuple[str, ...] = ("interest", "power", "goals", "escalation")

INTEREST: dict[str, float] = {
    "territory": 0.3,
    "gdp": 0.3,
    "military": 0.1,
    "resources": 0.1,
    "stability": 0.05,
    "population": 0.05,
    "soft_power": 0.05,
    "cybersecurity": 0.025,
    "trade": 0.025,
    "nuclear": 0.0,
}
"""Weights of the variables in the interest of any nation; they add up to 1."""

INTEREST_WEIGHTS = np.array([INTEREST[variable.name] for variable in VARIABLES])
POWER_COLUMNS = tuple(
    column
    for column, variable in enumerate(VARIABLES)
    if variable.name in ("territory", "military", "gdp", "resources", "population")
)

NUCLEAR_STRIKE = WEIGHTS[-1]


@rule
def write_terms(state: EscalationState, b: Buffers, i: int) -> None:
    """Write the terms of the day that has just been resolved in game `i`."""
    for agent in range(b.rewards.shape[1]):
        if not b.alive[i, agent]:
            continue
        interest, goals = 0.0, 0.0
        for column in range(state.values.shape[2]):
            change = (state.values[i, agent, column] - state.previous[i, agent, column]) * state.per_unit[i, column]
            interest += INTEREST_WEIGHTS[column] * change
            goals += state.aims[i, agent, column] * change
        b.reward_terms[i, agent, 0] = interest
        b.reward_terms[i, agent, 1] = -state.power[i, agent]
        b.reward_terms[i, agent, 2] = goals
        b.reward_terms[i, agent, 3] = state.points[i, agent] / NUCLEAR_STRIKE
    power_shares(state, b, i)
    for agent in range(b.rewards.shape[1]):
        if b.alive[i, agent]:
            b.reward_terms[i, agent, 1] += state.power[i, agent]


@rule
def power_shares(state: EscalationState, b: Buffers, i: int) -> None:
    """Write each nation's mean share of the world's means of power; what nobody has is nobody's."""
    agents = b.rewards.shape[1]
    for agent in range(agents):
        state.power[i, agent] = 0.0
    for column in POWER_COLUMNS:
        total = 0.0
        for agent in range(agents):
            total += state.values[i, agent, column]
        if total > 0.0:
            for agent in range(agents):
                state.power[i, agent] += state.values[i, agent, column] / (total * len(POWER_COLUMNS))
