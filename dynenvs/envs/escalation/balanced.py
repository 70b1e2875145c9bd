"""The balanced variant: the same actions under rules of our own, in which force has a price. Not of the paper.

In the published game gains are free, costs vanish once a variable is 0, a nation without soldiers invades as well as
another, and land is won that nobody loses: a learner finds nothing to weigh up. Here

1. **what an action takes from its actor must be there**: 2 of military capacity do not pay the 3 of an invasion;
2. **force meets resistance**: with military m, the target's M, and a reach r that falls from 1 at distance 1 to 1/2 at
   10, the odds are p = r m / (r m + M). What force does to its target is multiplied by 2 p, and what it costs the actor
   in soldiers by 2 (1 - p): between equals both are as published;
3. **territory is conserved**: who takes some, takes it from somebody, and never more than there is; it changes hands
   at a quarter of the published pace;
4. **a nation falls** when it has no territory left: it is out of the game;
5. **a nuclear strike on a nation with nuclear weapons is answered in kind**, at once; nobody resists a strike;
6. **the same action on the same target counts once a day**: no second treaty on the same morning;
7. **actions that change only their actor are aimed at itself**, all others at another nation that is still there;
8. **arms cost money**: each day a nation loses 0.1 % of its GDP for each unit of military capacity;
9. all variables but GDP, population and territory stay within [0, 10], military capacity within [0, 20].
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.jit import rule
from dynenvs.envs.escalation.actions import ACTIONS, ACTOR, NUCLEAR_STRIKES, NUM_ACTIONS, SELF_REGARDING
from dynenvs.envs.escalation.dynamics import (
    COLUMNS,
    DELTAS,
    GDP,
    MILITARY,
    NUCLEAR,
    POPULATION,
    SIDES,
    STARTS,
    TERRITORY,
    TOP,
)

__all__ = ["FORCE", "UPKEEP", "can_pay", "costs", "execute", "odds", "pay_upkeep"]

MILITARY_TOP = 20.0
PACE = 0.25  # of territory
UPKEEP = 0.001  # share of GDP a day for a unit of military capacity
FARTHEST = 10.0

FORCE = np.array([action in (13, 14, 23, 24) for action in range(NUM_ACTIONS)])
"""By action: whether it meets resistance (blockade, occupation, attack, invasion)."""

CONCERNS_SELF = np.array([action in SELF_REGARDING for action in range(NUM_ACTIONS)])
STRIKES = np.array([action in NUCLEAR_STRIKES for action in range(NUM_ACTIONS)])


def costs(action: int) -> dict[str, float]:
    """Return what an action takes from its actor, by name of the variable: `can_pay` asks for that much.

    Shares of GDP and population are not among them: they can always be paid.
    """
    return {
        effect.variable: -effect.actor
        for effect in ACTIONS[action].effects
        if effect.actor < 0 and effect.variable not in ("gdp", "population")
    }


@rule
def can_pay(values: NDArray[np.float64], actor: int, action: int) -> bool:
    """Say whether the actor has what the action takes from it."""
    for k in range(STARTS[action], STARTS[action + 1]):
        column = COLUMNS[k]
        is_cost = SIDES[k] == ACTOR and DELTAS[k] < 0.0 and column != GDP and column != POPULATION
        if is_cost and values[actor, column] < -DELTAS[k]:
            return False
    return True


@rule
def odds(values: NDArray[np.float64], distances: NDArray[np.float64], actor: int, target: int) -> float:
    """Return p, how the actor's soldiers stand against the target's where the target lies; 1/2 where there are none."""
    reach = 1.0 - 0.5 * (distances[actor, target] - 1.0) / (FARTHEST - 1.0)
    own = reach * values[actor, MILITARY]
    both = own + values[target, MILITARY]
    return own / both if both > 0.0 else 0.5


@rule
def execute(values: NDArray[np.float64], distances: NDArray[np.float64], actor: int, target: int, action: int) -> bool:
    """Play an action, if the actor can still pay for it; say whether it could."""
    if not can_pay(values, actor, action):
        return False
    p = odds(values, distances, actor, target) if FORCE[action] else 0.5
    armed = values[target, NUCLEAR] >= TOP
    _change(values, actor, target, action, 2.0 * p, 2.0 * (1.0 - p))
    if STRIKES[action] and armed:
        _strike_back(values, actor, action)
    return True


@rule
def _change(
    values: NDArray[np.float64], actor: int, target: int, action: int, effect: float, resistance: float
) -> None:
    for k in range(STARTS[action], STARTS[action + 1]):
        column, delta, is_actor = COLUMNS[k], DELTAS[k], SIDES[k] == ACTOR
        if column == TERRITORY:
            if not is_actor:  # its loss is the actor's gain
                lost = min(values[target, TERRITORY], -delta * PACE * effect)
                values[target, TERRITORY] -= lost
                values[actor, TERRITORY] += lost
            continue
        if is_actor:
            _add(values, actor, column, delta * resistance if FORCE[action] and column == MILITARY else delta)
        else:
            _add(values, target, column, delta * effect)


@rule
def _strike_back(values: NDArray[np.float64], actor: int, action: int) -> None:
    """Let the first striker suffer what it did, but for territory: there is nobody left to take it."""
    for k in range(STARTS[action], STARTS[action + 1]):
        if SIDES[k] != ACTOR and COLUMNS[k] != TERRITORY:
            _add(values, actor, COLUMNS[k], DELTAS[k])


@rule
def _add(values: NDArray[np.float64], nation: int, column: int, delta: float) -> None:
    """Change one variable, within its bounds."""
    value = values[nation, column]
    if column in (GDP, POPULATION):
        values[nation, column] = max(0.0, value * (1.0 + delta))
    else:
        top = MILITARY_TOP if column == MILITARY else TOP
        values[nation, column] = min(max(0.0, value + delta), max(top, value))


@rule
def pay_upkeep(values: NDArray[np.float64], nation: int) -> None:
    """Pay a day's keep of the armed forces."""
    values[nation, GDP] *= 1.0 - UPKEEP * values[nation, MILITARY]
