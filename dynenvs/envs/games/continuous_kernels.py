"""The rules of a repeated two-player game in degrees, for one game and for a span of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.buffers import PLAY, RESTART, Buffers, close_step, end_game, open_step, start_episode
from dynenvs.core.jit import kernel, rule
from dynenvs.core.random import draw_uniform
from dynenvs.envs.games.continuous_background import DegreeManner
from dynenvs.envs.games.normal import draw_normal

if TYPE_CHECKING:
    from dynenvs.envs.games.continuous import ContinuousGameState
    from dynenvs.envs.games.continuous_background import DegreeTables

__all__ = ["HISTORY_DEPTH", "mixed_payoff", "step_span"]

HORIZON, CAP, CHANCE = 1, 2, 3  # codes in the world's end_reasons
OWN, OTHER = 0, 1
FOLLOW, REGIMES, RANDOM = int(DegreeManner.FOLLOW), int(DegreeManner.REGIMES), int(DegreeManner.RANDOM)

HISTORY_DEPTH = 64
"""Rounds that are kept: enough for the longest memory and for a picture."""

LAST_PLACE = HISTORY_DEPTH - 1
"""Rounds are kept at ``round & LAST_PLACE``: the depth is a power of two, since a remainder is slow."""


@kernel
def step_span(
    state: ContinuousGameState, tables: DegreeTables, b: Buffers, actions: NDArray[np.float64], lo: int, hi: int
) -> None:
    """Play the waiting phase of games `lo` to `hi`."""
    if b.rewards.shape[1] != 2 or b.reward_terms.shape[2] != 1:
        return  # never: it tells the compiler how often the loops over players and terms run, so that it unrolls them
    for i in range(lo, hi):
        phase = open_step(b, i)
        if phase == PLAY:
            step_one(state, tables, b, actions, i)
            observe_one(state, b, i)
            phase = close_step(b, i)
        if phase == RESTART:
            start_episode(b, i)
            reset_one(state, tables, b, i)
            observe_one(state, b, i)


@rule
def reset_one(state: ContinuousGameState, tables: DegreeTables, b: Buffers, i: int) -> None:
    """Forget the last episode of game `i`."""
    state.round[i] = 0
    state.mean_product[i] = 0.0
    for agent in range(2):
        state.meant[i, agent] = 0.0
        state.degrees[i, agent] = 0.0
        state.mean_degrees[i, agent] = 0.0
        state.squares[i, agent] = 0.0
        state.history[i, agent] = 0.0
        state.seen_degrees[i, agent] = 0.0
        state.seen_payoffs[i, agent] = 0.0
        code = b.seats[i, agent]
        if code >= 0:
            state.inclination[i, agent] = tables.level[code]
            if tables.manner[code] == REGIMES and draw_uniform(b, i) < 0.5:
                state.inclination[i, agent] = tables.low[code]


@rule
def step_one(
    state: ContinuousGameState, tables: DegreeTables, b: Buffers, actions: NDArray[np.float64], i: int
) -> None:
    """Play one round of game `i`: both decide at once, hands tremble, payoffs are true, eyes err, memories are kept."""
    for agent in range(2):
        state.meant[i, agent] = _decide(state, tables, b, actions, i, agent)
    for agent in range(2):
        state.degrees[i, agent] = _blurred(b, i, state.meant[i, agent], state.execution_noise[i, agent])
    _take_stock(state, i)
    for agent in range(2):
        a, o = state.degrees[i, agent], state.degrees[i, 1 - agent]
        b.reward_terms[i, agent, 0] = mixed_payoff(state, i, a, o)
        _remember(state, tables, b, i, agent, a, _blurred(b, i, o, state.perception_noise[i, agent]))
    state.round[i] += 1
    _end_if_over(state, b, i)


@rule
def mixed_payoff(state: ContinuousGameState, i: int, own: float, other: float) -> float:
    """Return what a round pays in game `i`: the mean of the four payoffs where both mix in these degrees."""
    R, S, T, P = state.payoffs[i, 0], state.payoffs[i, 1], state.payoffs[i, 2], state.payoffs[i, 3]
    a, o = own, other
    return R * a * o + S * a * (1.0 - o) + T * (1.0 - a) * o + P * (1.0 - a) * (1.0 - o)


@rule
def _decide(
    state: ContinuousGameState,
    tables: DegreeTables,
    b: Buffers,
    actions: NDArray[np.float64],
    i: int,
    agent: int,
) -> float:
    """Return the degree that a player means to play, as it is told from outside or as its numbers say."""
    code = b.seats[i, agent]
    if code < 0:
        return actions[i, agent, 0]
    if tables.manner[code] == RANDOM:
        return draw_uniform(b, i)
    k, L = state.round[i], state.length[i]
    if tables.start[code] * L <= k and k < tables.stop[code] * L:
        return tables.low[code]
    if tables.slip[code] > 0.0 and draw_uniform(b, i) < tables.slip[code]:
        return 0.0
    return state.inclination[i, agent]


@rule
def _blurred(b: Buffers, i: int, degree: float, noise: float) -> float:
    """Add normal noise to a degree, and clip it."""
    if noise == 0.0:
        return degree
    return min(max(degree + noise * draw_normal(b, i), 0.0), 1.0)


@rule
def _take_stock(state: ContinuousGameState, i: int) -> None:
    """Keep means, and sums of squares about them (Welford 1962), of what both did."""
    n = state.round[i] + 1
    for agent in range(2):
        a, mean = state.degrees[i, agent], state.mean_degrees[i, agent]
        state.mean_degrees[i, agent] = mean + (a - mean) / n
        state.squares[i, agent] += (a - mean) * (a - state.mean_degrees[i, agent])
    product = state.degrees[i, 0] * state.degrees[i, 1]
    state.mean_product[i] += (product - state.mean_product[i]) / n


@rule
def _remember(
    state: ContinuousGameState, tables: DegreeTables, b: Buffers, i: int, agent: int, own: float, seen: float
) -> None:
    """Keep a round as this player saw it."""
    place = state.round[i] & LAST_PLACE
    state.history[i, agent, place, OWN] = own
    state.history[i, agent, place, OTHER] = seen
    state.seen_degrees[i, agent, OWN] += own
    state.seen_degrees[i, agent, OTHER] += seen
    state.seen_payoffs[i, agent, OWN] += mixed_payoff(state, i, own, seen)
    state.seen_payoffs[i, agent, OTHER] += mixed_payoff(state, i, seen, own)
    code = b.seats[i, agent]
    if code < 0:
        return
    if tables.manner[code] == FOLLOW:
        w = tables.weight[code]
        state.inclination[i, agent] = (1.0 - w) * state.inclination[i, agent] + w * seen
    elif tables.manner[code] == REGIMES and draw_uniform(b, i) * state.regime_length[i] < 1.0:
        cooperates = state.inclination[i, agent] == tables.level[code]
        state.inclination[i, agent] = tables.low[code] if cooperates else tables.level[code]


@rule
def _end_if_over(state: ContinuousGameState, b: Buffers, i: int) -> None:
    """End the episode at its horizon, or by chance."""
    if state.horizon[i] > 0 and state.round[i] >= state.horizon[i]:
        known = state.horizon_known[i]
        end_game(b, i, HORIZON if known else CAP, not known)
    elif state.continuation[i] < 1.0 and draw_uniform(b, i) >= state.continuation[i]:
        end_game(b, i, CHANCE, False)


@rule
def observe_one(state: ContinuousGameState, b: Buffers, i: int) -> None:
    """Write what the players outside the kernel see; nobody reads the rows of the others."""
    for agent in range(2):
        if b.seats[i, agent] < 0:
            _observe(state, b, i, agent)


@rule
def _observe(state: ContinuousGameState, b: Buffers, i: int, agent: int) -> None:
    """Write one player's vector, field after field as `ContinuousGame.describe` lists them."""
    rounds, memory = state.round[i], state.memory[0]
    remembered = min(memory, rounds)
    for column in range(2 * remembered, 2 * memory):
        b.vector[i, agent, column] = 0.0
    for lag in range(remembered):
        place = (rounds - 1 - lag) & LAST_PLACE
        b.vector[i, agent, 2 * lag] = state.history[i, agent, place, OWN]
        b.vector[i, agent, 2 * lag + 1] = state.history[i, agent, place, OTHER]

    column, share = 2 * memory, 1.0 / max(rounds, 1)
    b.vector[i, agent, column] = remembered / memory
    for side in range(2):
        b.vector[i, agent, column + 1 + side] = state.seen_degrees[i, agent, side] * share
        b.vector[i, agent, column + 3 + side] = state.seen_payoffs[i, agent, side] * share
    if state.horizon_known[i]:
        b.vector[i, agent, column + 5] = 1.0 - rounds / max(state.horizon[i], 1)
