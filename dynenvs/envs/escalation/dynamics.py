"""What an action does to the variables: the published update, one action after another, digit for digit.

The published games are called simultaneous, and are not: actions are resolved nation by nation in the order of the
table, each nation's in the order in which it listed them, and after *every single* change the variable is cut off at 0
(nuclear capacity also at 10). So order matters, down to the last digit; nothing here may be summed up first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.jit import kernel, rule
from dynenvs.envs.escalation.actions import ACTOR, MESSAGE, NUM_ACTIONS, effect_table

__all__ = [
    "CLAMPED",
    "FROZEN",
    "GDP",
    "LIVE",
    "MILITARY",
    "NUCLEAR",
    "POPULATION",
    "TERRITORY",
    "apply_action",
    "replay_rows",
]

TERRITORY, MILITARY, GDP, TRADE, RESOURCES, STABILITY, POPULATION, SOFT_POWER, CYBERSECURITY, NUCLEAR = range(10)
"""Columns of the variables."""

FROZEN, LIVE, CLAMPED = 0, 1, 2
"""Codes of the dynamics, in the order of `params.DYNAMICS`."""

STARTS, COLUMNS, SIDES, DELTAS = effect_table()

TOP = 10.0
"""Of nuclear capacity; under ``clamped10`` of every variable but GDP and population."""


@rule
def apply_action(values: NDArray[np.float64], dynamics: int, actor: int, target: int, action: int) -> None:
    """Apply an action to the variables `values` (nations, 10), change by change.

    Under ``paper_runs`` territory stays: in the table that the runs were made with, its two columns bore names that the
    update passed over.
    """
    for k in range(STARTS[action], STARTS[action + 1]):
        column, delta = COLUMNS[k], DELTAS[k]
        if column == TERRITORY and dynamics == FROZEN:
            continue
        nation = actor if SIDES[k] == ACTOR else target
        is_relative = column in (GDP, POPULATION)
        value = values[nation, column]
        value = max(0.0, value * (1.0 + delta) if is_relative else value + delta)
        if column == NUCLEAR or (dynamics == CLAMPED and not is_relative):
            value = min(TOP, value)
        values[nation, column] = value


@rule
def is_executed(actor: int, target: int, action: int, nations: int) -> bool:
    """Say whether the update takes a row: known names, and a nation as target (or, for a message, the world)."""
    known = 0 <= actor < nations and 0 <= action < NUM_ACTIONS
    return known and (0 <= target < nations or (action == MESSAGE and target == nations))


@kernel
def replay_rows(values: NDArray[np.float64], rows: NDArray[np.int64], dynamics: int) -> None:
    """Play rows (day, actor, target, action), sorted by day, into `values` (days + 1, nations, 10) from ``values[0]``.

    A row that the update does not take changes nothing.
    """
    days, nations = values.shape[0] - 1, values.shape[1]
    k = 0
    for day in range(1, days + 1):
        for nation in range(nations):
            for column in range(values.shape[2]):
                values[day, nation, column] = values[day - 1, nation, column]
        while k < rows.shape[0] and rows[k, 0] == day:
            actor, target, action = rows[k, 1], rows[k, 2], rows[k, 3]
            if is_executed(actor, target, action, nations) and action != MESSAGE:
                apply_action(values[day], dynamics, actor, target, action)
            k += 1
