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

__all__ = ["HISTORY_DEPTH", "step_span"]

ROW, COLUMN = 0, 1
NEVER, CERTAIN = np.uint64(2**32 - 1), np.uint64(0)  # words of a block that make unlikely things never happen, or always
HORIZON, CAP, CHANCE = 1, 2, 3  # codes in the world's end_reasons

HISTORY_DEPTH = 32
"""Joint moves that are kept: enough for the longest memory and for a picture. A power of two: a remainder is slow."""


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
    choice_row, choice_column, slip_row, slip_column = draw_block(b, i)
    eye_row, eye_column, chance, _ = draw_block(b, i) if _needs_more(state, i) else (NEVER, NEVER, CERTAIN, CERTAIN)
    place = state.round[i] & (HISTORY_DEPTH - 1)
    for agent in range(2):
        choice, slip = (choice_row, slip_row) if agent == ROW else (choice_column, slip_column)
        strategy = b.seats[i, agent]
        meant = actions[i, agent, 0]
        if strategy >= 0:
            meant = choose_move(state, tables, strategy, i, agent, to_unit(choice))
        move = _slip(meant, state.payoffs.shape[2 + agent], state.execution_noise[i, agent], to_unit(slip))
        state.moves[i, agent] = move
        state.slips[i, agent, place] = move != meant

    row, column = np.int64(state.moves[i, ROW]), np.int64(state.moves[i, COLUMN])
    state.joint_counts[i, row, column] += 1
    for agent in range(2):
        own, other, eye = (row, column, eye_row) if agent == ROW else (column, row, eye_column)
        b.reward_terms[i, agent, 0] = state.payoffs[i, agent, row, column]
        seen = _slip(other, state.payoffs.shape[3 - agent], state.perception_noise[i, agent], to_unit(eye))
        _remember(state, tables, b, i, agent, own, seen, place)
    state.round[i] += 1
    _end_if_over(state, b, i, to_unit(chance))


@rule
def _needs_more(state: RepeatedGameState, i: int) -> bool:
    """Say whether eyes may err or chance may end game `i`: a second block of draws would be wasted otherwise."""
    return state.perception_noise[i, ROW] + state.perception_noise[i, COLUMN] > 0.0 or state.continuation[i] < 1.0


@rule
def _slip(move: int, num_moves: int, noise: float, uniform: float) -> int:
    """Turn a move into another one, each alike, with probability `noise`."""
    if uniform >= noise:
        return move
    shift = 1 + np.int64(uniform / noise * (num_moves - 1))  # uniform / noise is uniform again
    return (move + shift) % num_moves


@rule
def _remember(
    state: RepeatedGameState, tables: Any, b: Buffers, i: int, agent: int, own: int, other: int, place: int
) -> None:
    """Keep a joint move as this player saw it."""
    state.history[i, agent, place, 0] = own
    state.history[i, agent, place, 1] = other
    row, column = (own, other) if agent == ROW else (other, own)
    state.perceived_counts[i, agent, row, column] += 1
    if b.seats[i, agent] >= 0:
        remember_moves(state, tables, b.seats[i, agent], i, agent, own, other)


@rule
def _end_if_over(state: RepeatedGameState, b: Buffers, i: int, uniform: float) -> None:
    """End the episode at its horizon, or by chance."""
    if state.horizon[i] > 0 and state.round[i] >= state.horizon[i]:
        known = state.horizon_known[i]
        end_game(b, i, HORIZON if known else CAP, not known)
    elif uniform >= state.continuation[i]:
        end_game(b, i, CHANCE, False)


@rule
def observe_one(state: RepeatedGameState, b: Buffers, i: int) -> None:
    """Write what the players outside the kernel see; nobody reads the rows of the others."""
    for agent in range(2):
        if b.seats[i, agent] < 0:
            _observe(state, b, i, agent, state.payoffs.shape[2 + agent], state.payoffs.shape[3 - agent])


@rule
def _observe(state: RepeatedGameState, b: Buffers, i: int, agent: int, own_moves: int, other_moves: int) -> None:
    """Write one player's vector, field after field as `RepeatedGame.describe` lists them."""
    rounds = state.round[i]
    column = 0
    for lag in range(1, state.memory[0] + 1):
        own, other = np.int64(-1), np.int64(-1)
        if lag <= rounds:
            place = (rounds - lag) & (HISTORY_DEPTH - 1)
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
