"""The rules of a repeated two-player matrix game, for one game and for a span of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.buffers import PLAY, RESTART, Buffers, close_step, end_game, open_step, start_episode
from dynenvs.core.jit import kernel, rule
from dynenvs.core.random import draw_block, to_unit
from dynenvs.envs.games.strategies import choose_move, forget, remember_moves

if TYPE_CHECKING:
    from dynenvs.envs.games.world import RepeatedGameState

__all__ = ["step_span"]

ROW, COLUMN = 0, 1
HORIZON, CAP, CHANCE = 1, 2, 3  # codes in the world's end_reasons


@kernel
def step_span(state: RepeatedGameState, tables: Any, b: Buffers, actions: NDArray[np.int64], lo: int, hi: int) -> None:
    """Play the waiting phase of games `lo` to `hi`."""
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
def reset_one(state: RepeatedGameState, tables: Any, b: Buffers, i: int) -> None:
    """Forget the last episode of game `i`."""
    state.round[i] = 0
    state.joint_counts[i] = 0
    for agent in range(2):
        state.moves[i, agent] = -1
        state.history[i, agent] = -1
        state.slips[i, agent] = False
        state.perceived_counts[i, agent] = 0
        if b.seats[i, agent] >= 0:
            forget(state, tables, b.seats[i, agent], i, agent)


@rule
def step_one(state: RepeatedGameState, tables: Any, b: Buffers, actions: NDArray[np.int64], i: int) -> None:
    """Play one round of game `i`: both move at once, hands slip, payoffs are true, eyes err, memories are kept."""
    u0, u1, u2, u3 = draw_block(b, i)
    v0, v1, v2, v3 = draw_block(b, i)
    rows, columns = state.payoffs.shape[2], state.payoffs.shape[3]
    meant_row = _intend(state, tables, b, actions, i, ROW, to_unit(u0))
    meant_column = _intend(state, tables, b, actions, i, COLUMN, to_unit(u1))

    row = _slip(meant_row, rows, state.execution_noise[i, ROW], to_unit(v0))
    column = _slip(meant_column, columns, state.execution_noise[i, COLUMN], to_unit(v1))
    place = state.round[i] % state.slips.shape[2]
    state.slips[i, ROW, place], state.slips[i, COLUMN, place] = row != meant_row, column != meant_column
    state.moves[i, ROW], state.moves[i, COLUMN] = row, column
    state.joint_counts[i, row, column] += 1

    b.reward_terms[i, ROW, 0] = state.payoffs[i, ROW, row, column]
    b.reward_terms[i, COLUMN, 0] = state.payoffs[i, COLUMN, row, column]

    seen_by_row = _slip(column, columns, state.perception_noise[i, ROW], to_unit(v2))
    seen_by_column = _slip(row, rows, state.perception_noise[i, COLUMN], to_unit(v3))
    _remember(state, tables, b, i, ROW, row, seen_by_row, to_unit(u2))
    _remember(state, tables, b, i, COLUMN, column, seen_by_column, to_unit(u3))
    state.round[i] += 1
    _end_if_over(state, b, i)


@rule
def _intend(
    state: RepeatedGameState, tables: Any, b: Buffers, actions: NDArray[np.int64], i: int, agent: int, uniform: float
) -> int:
    """Return the move that a player means to make."""
    strategy = b.seats[i, agent]
    if strategy >= 0:
        return choose_move(state, tables, strategy, i, agent, uniform)
    return actions[i, agent, 0]


@rule
def _slip(move: int, num_moves: int, noise: float, uniform: float) -> int:
    """Turn a move into another one, each alike, with probability `noise`."""
    if uniform >= noise:
        return move
    shift = 1 + np.int64(uniform / noise * (num_moves - 1))  # uniform / noise is uniform again
    return (move + shift) % num_moves


@rule
def _remember(
    state: RepeatedGameState, tables: Any, b: Buffers, i: int, agent: int, own: int, other: int, uniform: float
) -> None:
    """Keep a joint move as this player saw it."""
    place = state.round[i] % state.history.shape[2]
    state.history[i, agent, place, 0] = own
    state.history[i, agent, place, 1] = other
    row, column = (own, other) if agent == ROW else (other, own)
    state.perceived_counts[i, agent, row, column] += 1
    if b.seats[i, agent] >= 0:
        remember_moves(state, tables, b.seats[i, agent], i, agent, own, other, uniform)


@rule
def _end_if_over(state: RepeatedGameState, b: Buffers, i: int) -> None:
    """End the episode at its horizon, or by chance."""
    if state.horizon[i] > 0 and state.round[i] >= state.horizon[i]:
        known = state.horizon_known[i]
        end_game(b, i, HORIZON if known else CAP, not known)
    elif state.continuation[i] < 1.0:
        w, _, _, _ = draw_block(b, i)
        if to_unit(w) >= state.continuation[i]:
            end_game(b, i, CHANCE, False)


@rule
def observe_one(state: RepeatedGameState, b: Buffers, i: int) -> None:
    """Write what the players outside the kernel see; nobody reads the rows of the others."""
    if b.seats[i, ROW] < 0:
        _observe(state, b, i, ROW, state.payoffs.shape[2], state.payoffs.shape[3])
    if b.seats[i, COLUMN] < 0:
        _observe(state, b, i, COLUMN, state.payoffs.shape[3], state.payoffs.shape[2])


@rule
def _observe(state: RepeatedGameState, b: Buffers, i: int, agent: int, own_moves: int, other_moves: int) -> None:
    """Write one player's vector, field after field as `RepeatedGame.describe` lists them."""
    rounds, depth = state.round[i], state.history.shape[2]
    column = 0
    for lag in range(1, state.memory[0] + 1):
        own, other = np.int64(-1), np.int64(-1)
        if lag <= rounds:
            place = (rounds - lag) % depth
            own, other = np.int64(state.history[i, agent, place, 0]), np.int64(state.history[i, agent, place, 1])
        for move in range(own_moves):
            b.vector[i, agent, column + move] = 1.0 if move == own else 0.0
        for move in range(other_moves):
            b.vector[i, agent, column + own_moves + move] = 1.0 if move == other else 0.0
        column += own_moves + other_moves

    share = 1.0 / max(rounds, 1)
    own_total, other_total = 0.0, 0.0
    for own in range(own_moves):
        for other in range(other_moves):
            row, col = (own, other) if agent == ROW else (other, own)
            count = state.perceived_counts[i, agent, row, col]
            b.vector[i, agent, column] = count * share
            own_total += count * state.payoffs[i, agent, row, col]
            other_total += count * state.payoffs[i, 1 - agent, row, col]
            column += 1
    b.vector[i, agent, column] = own_total * share
    b.vector[i, agent, column + 1] = other_total * share
    if state.horizon_known[i]:
        b.vector[i, agent, column + 2] = 1.0 - rounds / max(state.horizon[i], 1)
