"""The rules of an explicit process, for one game and for a span of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.buffers import PLAY, RESTART, Buffers, close_step, end_game, open_step, start_episode
from dynenvs.core.jit import kernel, rule
from dynenvs.core.random import draw_below, draw_uniform

if TYPE_CHECKING:
    from dynenvs.envs.robust.world import TabularState, TabularTables

__all__ = ["step_span"]

HORIZON, OVER = 1, 2  # codes in the world's end_reasons


@kernel
def step_span(
    state: TabularState, tables: TabularTables, b: Buffers, actions: NDArray[np.int64], lo: int, hi: int
) -> None:
    """Play the waiting phase of games `lo` to `hi`."""
    for i in range(lo, hi):
        phase = open_step(b, i)
        if phase == PLAY:
            step_one(state, tables, b, actions, i)
            observe_one(state, tables, b, i)
            phase = close_step(b, i)
        if phase == RESTART:
            start_episode(b, i)
            reset_one(state, tables, b, i)
            observe_one(state, tables, b, i)


@rule
def reset_one(state: TabularState, tables: TabularTables, b: Buffers, i: int) -> None:
    """Choose the model and where to begin."""
    state.model[i] = draw_below(b, i, len(tables.R)) if state.varies[i] else state.chosen[i]
    state.s[i] = _draw(tables.start, draw_uniform(b, i))
    state.before[i], state.action[i] = -1, 0
    state.steps[i] = 0
    state.discounted[i] = 0.0


@rule
def step_one(state: TabularState, tables: TabularTables, b: Buffers, actions: NDArray[np.int64], i: int) -> None:
    """Move to the next state, and pay for it; the episode is over where nothing can happen any more."""
    m, s, a = state.model[i], state.s[i], actions[i, 0, 0]
    t = _draw(tables.cumulative[m, s, a], draw_uniform(b, i))
    r = tables.R[m, s, a, t]
    b.reward_terms[i, 0, 0] = r
    state.discounted[i] += tables.gamma[0] ** state.steps[i] * r
    state.before[i], state.action[i], state.s[i] = s, a, t
    state.steps[i] += 1
    if tables.over[m, t]:
        end_game(b, i, OVER, False)
    elif state.steps[i] >= state.horizon[i]:
        end_game(b, i, HORIZON, True)


@rule
def _draw(cumulative: NDArray[np.float64], u: float) -> int:
    """Return the first place whose cumulative probability exceeds `u`: one of probability 0 is never drawn."""
    low, high = 0, len(cumulative) - 1
    while low < high:
        middle = (low + high) // 2
        if cumulative[middle] > u:
            high = middle
        else:
            low = middle + 1
    return low


@rule
def observe_one(state: TabularState, tables: TabularTables, b: Buffers, i: int) -> None:
    """Write the state, and the model to whom sees it."""
    row, states = b.vector[i, 0], len(tables.start)
    if state.one_hot[i]:
        row[:states] = 0.0
        row[state.s[i]] = 1.0
    else:
        row[0] = state.s[i]
    if state.sees_model[i]:
        row[len(row) - 1] = state.model[i] / max(1, len(tables.R) - 1)
