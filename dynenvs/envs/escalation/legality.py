"""What a nation may do on a given morning: one source for masks, doctrines and checks.

An option of a slot is a number: 0 is Wait, then come the other actions, each aimed at every nation in turn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.jit import rule
from dynenvs.envs.escalation.actions import FIRST_AIMED, NUM_ACTIONS, WAIT
from dynenvs.envs.escalation.balanced import CONCERNS_SELF, STRIKES, can_pay
from dynenvs.envs.escalation.dynamics import NUCLEAR, TOP

if TYPE_CHECKING:
    from dynenvs.envs.escalation.world import EscalationState

__all__ = [
    "BALANCED",
    "REFERENCE",
    "STRICT",
    "action_is_open",
    "decode",
    "encode",
    "is_open",
    "num_options",
    "target_is_open",
]

REFERENCE, STRICT, BALANCED = 0, 1, 2
"""Codes of the variants, in the order of `params.VARIANTS`."""


def num_options(nations: int) -> int:
    """Return how many options a slot has: 201 for eight nations."""
    return 1 + (NUM_ACTIONS - FIRST_AIMED) * nations


@rule
def decode(option: int, actor: int, nations: int) -> tuple[int, int]:
    """Return action and target of an option; who waits is its own target."""
    if option == 0:
        return WAIT, actor
    return FIRST_AIMED + (option - 1) // nations, (option - 1) % nations


@rule
def encode(action: int, target: int, nations: int) -> int:
    """Return the option that stands for an action and its target."""
    return 0 if action == WAIT else 1 + (action - FIRST_AIMED) * nations + target


@rule
def is_open(state: EscalationState, values: NDArray[np.float64], i: int, actor: int, option: int) -> bool:
    """Say whether an option is open to a nation, with the variables `values` (nations, 10) of the morning."""
    if option == 0:
        return True
    action, target = decode(option, actor, values.shape[0])
    return action_is_open(state, values, i, actor, action) and target_is_open(state, i, actor, action, target)


@rule
def action_is_open(state: EscalationState, values: NDArray[np.float64], i: int, actor: int, action: int) -> bool:
    """Say whether a nation may take an action this morning, whoever it is aimed at.

    Except in the reference variant a nuclear strike needs nuclear capacity 10; in the balanced one all must be paid.
    """
    if not state.allowed[i, action]:
        return False
    if state.variant[i] == REFERENCE:
        return True
    if STRIKES[action] and values[actor, NUCLEAR] < TOP:
        return False
    return state.variant[i] == STRICT or can_pay(values, actor, action)


@rule
def target_is_open(state: EscalationState, i: int, actor: int, action: int, target: int) -> bool:
    """Say whether an action may be aimed at a nation: in the balanced variant not at itself, nor at one that is out."""
    if state.variant[i] != BALANCED:
        return True
    if CONCERNS_SELF[action]:
        return target == actor
    return target != actor and not state.fallen[i, target]
