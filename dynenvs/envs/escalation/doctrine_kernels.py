"""How a doctrine chooses: the situation of the morning, an order of its table, a target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dynenvs.core.buffers import Buffers
from dynenvs.core.jit import rule
from dynenvs.core.random import draw_below
from dynenvs.envs.escalation.actions import FIRST_AIMED, NUM_ACTIONS
from dynenvs.envs.escalation.background import Situation, Target
from dynenvs.envs.escalation.dynamics import MILITARY
from dynenvs.envs.escalation.legality import encode, is_open

if TYPE_CHECKING:
    from dynenvs.envs.escalation.background import DoctrineTables
    from dynenvs.envs.escalation.world import EscalationState

__all__ = ["choose"]

CALM, TEMPTED, PRESSED, STRUCK = (int(situation) for situation in Situation)
ITSELF, PARTNER, AGGRESSOR, PREY = (int(target) for target in Target)

VIOLENCE, HOSTILITY = 28.0, 12.0  # points that a nation was given the day before
REACH = 5.0  # distance
ORDERS = 3
"""Orders of a situation; the next in the table is the one to fall back on."""


@rule
def choose(
    state: EscalationState, tables: DoctrineTables, b: Buffers, doctrine: int, i: int, agent: int, slot: int
) -> int:
    """Return the option that a doctrine puts into a slot; Wait where its orders are not possible."""
    if tables.is_random[doctrine]:
        return _draw(state, b, i, agent)
    aggressor, prey = _aggressor(state, i, agent), _prey(state, i, agent)
    situation = _situation(state, i, agent, aggressor, prey)
    for order in (slot % ORDERS, ORDERS):
        action = tables.orders[doctrine, situation, order, 0]
        kind = tables.orders[doctrine, situation, order, 1]
        target = agent
        if kind == PARTNER:
            target = _partner(state, i, agent, slot)
        elif kind == AGGRESSOR:
            target = aggressor
        elif kind == PREY:
            target = prey
        if action >= FIRST_AIMED and target >= 0:
            option = int(encode(action, target, b.rewards.shape[1]))
            if is_open(state, state.values[i], i, agent, option):
                return option
    return 0


@rule
def _draw(state: EscalationState, b: Buffers, i: int, agent: int) -> int:
    """Draw uniformly among the options that are open."""
    options = 1 + (NUM_ACTIONS - FIRST_AIMED) * b.rewards.shape[1]
    option = int(draw_below(b, i, options))
    while not is_open(state, state.values[i], i, agent, option):
        option = int(draw_below(b, i, options))
    return option


@rule
def _situation(state: EscalationState, i: int, agent: int, aggressor: int, prey: int) -> int:
    if aggressor >= 0 and state.pressure[i, aggressor, agent] >= VIOLENCE:
        return STRUCK
    if aggressor >= 0:
        return PRESSED
    return TEMPTED if prey >= 0 else CALM


@rule
def _aggressor(state: EscalationState, i: int, agent: int) -> int:
    """Return who was most hostile to a nation the day before; -1 where nobody was."""
    found, most = -1, HOSTILITY
    for other in range(state.values.shape[1]):
        points = state.pressure[i, other, agent]
        if other != agent and points >= most and (found < 0 or points > most):
            found, most = other, points
    return found


@rule
def _prey(state: EscalationState, i: int, agent: int) -> int:
    """Return the weakest nation in reach with less than half of one's own military capacity; -1 if there is none."""
    found, least = -1, 0.5 * state.values[i, agent, MILITARY]
    for other in range(state.values.shape[1]):
        in_reach = other != agent and not state.fallen[i, other] and state.distances[i, agent, other] <= REACH
        if in_reach and state.values[i, other, MILITARY] < least:
            found, least = other, state.values[i, other, MILITARY]
    return found


@rule
def _partner(state: EscalationState, i: int, agent: int, slot: int) -> int:
    """Return the next of the others in turn, from slot to slot and from day to day; -1 if nobody is left."""
    nations, slots = state.chosen.shape[1:]
    turn = np.int64(state.day[i]) * slots + slot
    for further in range(nations - 1):
        other = (agent + 1 + (turn + further) % (nations - 1)) % nations
        if not state.fallen[i, other]:
            return int(other)
    return -1
