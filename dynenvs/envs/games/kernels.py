"""The rules of a repeated two-player matrix game, for one game and for a span of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.buffers import PLAY, RESTART, Buffers, close_step, end_game, open_step, start_episode
from dynenvs.core.jit import kernel, rule
from dynenvs.core.random import Word, draw_block, to_unit
from dynenvs.envs.games.strategies import choose_move, forget, remember_moves

if TYPE_CHECKING:
    from dynenvs.envs.games.world import RepeatedGameState

__all__ = ["HISTORY_DEPTH", "step_span"]

ROW, COLUMN = 0, 1
NEVER, CERTAIN = np.uint64(2**32 - 1), np.uint64(0)  # words that make the unlikely never happen, or always
HORIZON, CAP, CHANCE = 1, 2, 3  # codes in the world's end_reasons
NOBODY, ITSELF, OTHER = 0, 1, 2  # codes in the state's first_defector

HISTORY_DEPTH = 32
"""Joint moves that are kept: enough for the longest memory and for a picture."""

LAST_PLACE = HISTORY_DEPTH - 1
"""Rounds are kept at ``round & LAST_PLACE``: the depth is a power of two, since a remainder is slow."""


@kernel
def step_span(state: RepeatedGameState, tables: Any, b: Buffers, actions: NDArray[np.int64], lo: int, hi: int) -> None:
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
def reset_one(state: RepeatedGameState, tables: Any, b: Buffers, i: int) -> None:
    """Forget the last episode of game `i`."""
    state.round[i] = 0
    state.joint_counts[i] = 0
    state.transitions[i] = 0
    for agent in range(2):
        state.moves[i, agent] = -1
        state.history[i, agent] = -1
        state.slips[i, agent] = False
        state.perceived_counts[i, agent] = 0
        state.first_defector[i, agent] = NOBODY
        if b.seats[i, agent] >= 0:
            forget(state, tables, b.seats[i, agent], i, agent)


@rule
def step_one(state: RepeatedGameState, tables: Any, b: Buffers, actions: NDArray[np.int64], i: int) -> None:
    """Play one round of game `i`: both move at once, hands slip, payoffs are true, eyes err, memories are kept."""
    choice_row, choice_column, slip_row, slip_column = draw_block(b, i)
    eye_row, eye_column, chance, _ = draw_block(b, i) if _needs_more(state, i) else (NEVER, NEVER, CERTAIN, CERTAIN)
    row = _move(state, tables, b, actions, i, ROW, choice_row, slip_row)
    column = _move(state, tables, b, actions, i, COLUMN, choice_column, slip_column)
    _count_moves(state, i, row, column)
    for agent in range(2):
        own, other, eye = (row, column, eye_row) if agent == ROW else (column, row, eye_column)
        b.reward_terms[i, agent, 0] = state.payoffs[i, agent, row, column]
        _remember(state, tables, b, i, agent, own, _seen(state, i, agent, other, eye))
    state.round[i] += 1
    _end_if_over(state, b, i, to_unit(chance))


@rule
def _needs_more(state: RepeatedGameState, i: int) -> bool:
    """Say whether eyes may err or chance may end game `i`: a second block of draws would be wasted otherwise."""
    return state.perception_noise[i, ROW] + state.perception_noise[i, COLUMN] > 0.0 or state.continuation[i] < 1.0


@rule
def _move(
    state: RepeatedGameState,
    tables: Any,
    b: Buffers,
    actions: NDArray[np.int64],
    i: int,
    agent: int,
    choice: Word,
    slip: Word,
) -> int:
    """Let a player move, as it is told from outside or as its strategy chooses; the hand may slip."""
    strategy = b.seats[i, agent]
    meant = actions[i, agent, 0]
    if strategy >= 0:
        meant = choose_move(state, tables, strategy, i, agent, to_unit(choice))
    if state.first_defector[i, agent] == NOBODY and meant != 0:
        state.first_defector[i, agent] = ITSELF
    move = _slip(meant, state.payoffs.shape[2 + agent], state.execution_noise[i, agent], to_unit(slip))
    state.slips[i, agent, state.round[i] & LAST_PLACE] = move != meant
    return move


@rule
def _count_moves(state: RepeatedGameState, i: int, row: int, column: int) -> None:
    """Count a joint move as executed, and what it followed."""
    state.joint_counts[i, row, column] += 1
    if state.round[i] > 0:
        row_before, column_before = min(state.moves[i, ROW], 1), min(state.moves[i, COLUMN], 1)
        state.transitions[i, row_before, column_before, min(row, 1), min(column, 1)] += 1
    state.moves[i, ROW], state.moves[i, COLUMN] = row, column


@rule
def _seen(state: RepeatedGameState, i: int, agent: int, other: int, eye: Word) -> int:
    """Return what a player takes the other's move for."""
    return _slip(other, state.payoffs.shape[3 - agent], state.perception_noise[i, agent], to_unit(eye))


@rule
def _slip(move: int, num_moves: int, noise: float, uniform: float) -> int:
    """Turn a move into another one, each alike, with probability `noise`."""
    if uniform >= noise:
        return move
    shift = 1 + int(uniform / noise * (num_moves - 1))  # uniform / noise is uniform again
    return (move + shift) % num_moves


@rule
def _remember(state: RepeatedGameState, tables: Any, b: Buffers, i: int, agent: int, own: int, other: int) -> None:
    """Keep a joint move as this player saw it."""
    place = state.round[i] & LAST_PLACE
    state.history[i, agent, place, 0] = own
    state.history[i, agent, place, 1] = other
    row, column = (own, other) if agent == ROW else (other, own)
    state.perceived_counts[i, agent, row, column] += 1
    if state.first_defector[i, agent] == NOBODY and other != 0:
        state.first_defector[i, agent] = OTHER
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
    m, n = state.payoffs.shape[2], state.payoffs.shape[3]
    if m == 2 and n == 2:  # most games: constants make the loops below straight code, in half the time
        _observe_both(state, b, i, 2, 2)
    else:
        _observe_both(state, b, i, m, n)


@rule
def _observe_both(state: RepeatedGameState, b: Buffers, i: int, row_moves: int, column_moves: int) -> None:
    if b.seats[i, ROW] < 0:
        _observe(state, b, i, ROW, row_moves, column_moves)
    if b.seats[i, COLUMN] < 0:
        _observe(state, b, i, COLUMN, column_moves, row_moves)


@rule
def _observe(state: RepeatedGameState, b: Buffers, i: int, agent: int, own_moves: int, other_moves: int) -> None:
    """Write one player's vector, field after field as `RepeatedGame.describe` lists them."""
    rounds, memory, width = state.round[i], state.memory[0], own_moves + other_moves
    for column in range(memory * width):
        b.vector[i, agent, column] = 0.0
    for lag in range(min(memory, rounds)):
        place = (rounds - 1 - lag) & LAST_PLACE
        b.vector[i, agent, lag * width + state.history[i, agent, place, 0]] = 1.0
        b.vector[i, agent, lag * width + own_moves + state.history[i, agent, place, 1]] = 1.0

    column = memory * width
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
