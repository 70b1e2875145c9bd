"""The arrays that every world fills, and the part of a step that is the same in all of them.

A family's loop over games is always the same eight lines::

    @kernel
    def step_span(state, tables, b, actions, lo, hi):
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
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.jit import rule
from dynenvs.core.layouts import WorldLayout
from dynenvs.core.random import philox, to_unit
from dynenvs.core.seats import EXTERNAL

__all__ = [
    "AUTORESET_CODES",
    "OVER",
    "PLAY",
    "RESTART",
    "Buffers",
    "Setup",
    "allocate_buffers",
    "close_step",
    "end_game",
    "make_setup",
    "open_step",
    "start_episode",
]

PLAY, RESTART, OVER, HOLD = 0, 1, 2, 3
"""What the next pass does with a game: a step, a new episode, nothing (it is over), nothing (another game resets)."""

AUTORESET_CODES = {"disabled": 0, "next_step": 1, "same_step": 2}
_NEXT_STEP, _SAME_STEP = 1, 2

_SEAT_STREAM = np.uint64(0x80000000)  # high word of the counter of seat draws: the rules never count so far
_LOW_WORD = np.uint64(0xFFFFFFFF)
_WORD = np.uint64(32)


class Setup(NamedTuple):
    """What all games of a batch share."""

    reward_weights: NDArray[np.float64]  # (terms,)
    seat_choices: NDArray[np.int32]  # (A, most choices): codes of the policies that a seat is drawn from
    seat_counts: NDArray[np.int32]  # (A,): how many of them count
    seat_table: NDArray[np.int32]  # (G, A): the code of every single seat; or (0, A) where seats are drawn
    autoreset: NDArray[np.int8]  # (1,): a value of AUTORESET_CODES


class Buffers(NamedTuple):
    """What a world shows of its games: G games, A agents. All arrays are C-contiguous and written in place."""

    setup: Setup
    # What policies see now.
    vector: NDArray[np.float32]  # (G, A, widest role): the fields of each role's ObservationLayout
    grid: NDArray[np.uint8]  # (G, A, height, width, channels), empty where no role has one
    action_masks: NDArray[np.bool_]  # (G, A, M): True = legal
    global_state: NDArray[np.float32]  # (G, S), empty where the world offers none
    alive: NDArray[np.bool_]  # (G, A): in the game
    acting: NDArray[np.bool_]  # (G, A): its next action counts
    # What the last step brought.
    reward_terms: NDArray[np.float64]  # (G, A, terms)
    rewards: NDArray[np.float64]  # (G, A): their weighted sum
    terminations: NDArray[np.bool_]  # (G, A): ended by the rules
    truncations: NDArray[np.bool_]  # (G, A): stopped by us
    end_reason: NDArray[np.int8]  # (G, A): code in WorldLayout.end_reasons
    # Totals of the running episode.
    episode_returns: NDArray[np.float64]  # (G, A)
    episode_lengths: NDArray[np.int64]  # (G,)
    # The last episode that ended in this game, as its last step left it.
    final_vector: NDArray[np.float32]
    final_grid: NDArray[np.uint8]
    final_returns: NDArray[np.float64]
    final_lengths: NDArray[np.int64]
    final_seats: NDArray[np.int32]
    # Identity of the episode, and its randomness.
    seeds: NDArray[np.uint64]  # (G,)
    episode_index: NDArray[np.int64]  # (G,): 0 is the first after a reset with a seed
    draws: NDArray[np.uint64]  # (G,): blocks of random words drawn so far
    seats: NDArray[np.int32]  # (G, A): >= 0 a background policy, < 0 a policy outside the kernel
    phase: NDArray[np.int8]  # (G,): PLAY, RESTART, OVER or HOLD


def make_setup(layout: WorldLayout, autoreset: str) -> Setup:
    """Make what all games share: at first, every seat is played from outside."""
    return Setup(
        reward_weights=np.array(list(layout.reward_terms.values()), np.float64),
        seat_choices=np.full((layout.num_agents, 1), EXTERNAL, np.int32),
        seat_counts=np.ones(layout.num_agents, np.int32),
        seat_table=np.empty((0, layout.num_agents), np.int32),
        autoreset=np.array([AUTORESET_CODES[autoreset]], np.int8),
    )


def allocate_buffers(layout: WorldLayout, num_games: int, setup: Setup) -> Buffers:
    """Make the buffers of a batch: nothing has begun, every option of every role is legal."""
    G, A = num_games, layout.num_agents
    grids = [role.observation.grid for role in layout.roles if role.observation.grid]
    grid_shape = tuple(max(sizes) for sizes in zip(*(grid.shape for grid in grids), strict=True)) or (0, 0, 0)
    width = max(role.observation.size for role in layout.roles)
    state_size = layout.global_state.size if layout.global_state else 0
    buffers = Buffers(
        setup=setup,
        vector=np.zeros((G, A, width), np.float32),
        grid=np.zeros((G, A, *grid_shape), np.uint8),
        action_masks=np.zeros((G, A, layout.num_masks), np.bool_),
        global_state=np.zeros((G, state_size), np.float32),
        alive=np.zeros((G, A), np.bool_),
        acting=np.zeros((G, A), np.bool_),
        reward_terms=np.zeros((G, A, len(layout.reward_terms)), np.float64),
        rewards=np.zeros((G, A), np.float64),
        terminations=np.zeros((G, A), np.bool_),
        truncations=np.zeros((G, A), np.bool_),
        end_reason=np.zeros((G, A), np.int8),
        episode_returns=np.zeros((G, A), np.float64),
        episode_lengths=np.zeros(G, np.int64),
        final_vector=np.zeros((G, A, width), np.float32),
        final_grid=np.zeros((G, A, *grid_shape), np.uint8),
        final_returns=np.zeros((G, A), np.float64),
        final_lengths=np.zeros(G, np.int64),
        final_seats=np.full((G, A), -1, np.int32),
        seeds=np.zeros(G, np.uint64),
        episode_index=np.full(G, -1, np.int64),
        draws=np.zeros(G, np.uint64),
        seats=np.full((G, A), -1, np.int32),
        phase=np.full(G, HOLD, np.int8),
    )
    for agent, role in enumerate(layout.roles):
        buffers.action_masks[:, agent, : role.actions.num_masks] = True
    return buffers


@rule
def open_step(b: Buffers, i: int) -> int:
    """Begin a pass over game `i`: forget what the last step brought, say what is to be done."""
    phase = b.phase[i]
    if phase == HOLD:
        return HOLD
    for agent in range(b.rewards.shape[1]):
        b.rewards[i, agent] = 0.0
        for term in range(b.reward_terms.shape[2]):
            b.reward_terms[i, agent, term] = 0.0
        if phase == RESTART or b.alive[i, agent]:
            b.terminations[i, agent] = False
            b.truncations[i, agent] = False
            b.end_reason[i, agent] = 0
    if phase == RESTART:
        b.phase[i] = PLAY
    return phase


@rule
def close_step(b: Buffers, i: int) -> int:
    """End a step of game `i`: weigh the rewards, add up, and say whether a new episode begins at once."""
    over = True
    for agent in range(b.rewards.shape[1]):
        reward = 0.0
        for term in range(b.reward_terms.shape[2]):
            reward += b.setup.reward_weights[term] * b.reward_terms[i, agent, term]
        b.rewards[i, agent] = reward
        b.episode_returns[i, agent] += reward
        if b.terminations[i, agent] or b.truncations[i, agent]:
            b.alive[i, agent] = False
            b.acting[i, agent] = False
        over = over and not b.alive[i, agent]
    b.episode_lengths[i] += 1
    if not over:
        return PLAY
    _latch_final(b, i)
    if b.setup.autoreset[0] == _SAME_STEP:
        return RESTART
    b.phase[i] = RESTART if b.setup.autoreset[0] == _NEXT_STEP else OVER
    return OVER


@rule
def _latch_final(b: Buffers, i: int) -> None:
    """Keep how the episode ended where a new one will not overwrite it."""
    b.final_lengths[i] = b.episode_lengths[i]
    for agent in range(b.rewards.shape[1]):
        for column in range(b.vector.shape[2]):  # loops: copying a slice would allocate
            b.final_vector[i, agent, column] = b.vector[i, agent, column]
        for y in range(b.grid.shape[2]):
            for x in range(b.grid.shape[3]):
                for channel in range(b.grid.shape[4]):
                    b.final_grid[i, agent, y, x, channel] = b.grid[i, agent, y, x, channel]
        b.final_returns[i, agent] = b.episode_returns[i, agent]
        b.final_seats[i, agent] = b.seats[i, agent]


@rule
def start_episode(b: Buffers, i: int) -> None:
    """Begin the next episode of game `i`: all are alive and act, seats are drawn, the draws count from zero."""
    b.episode_index[i] += 1
    b.draws[i] = np.uint64(0)
    b.episode_lengths[i] = 0
    for agent in range(b.rewards.shape[1]):
        b.episode_returns[i, agent] = 0.0
        b.alive[i, agent] = True
        b.acting[i, agent] = True
        b.seats[i, agent] = _draw_seat(b, i, agent)


@rule
def _draw_seat(b: Buffers, i: int, agent: int) -> int:
    """Say who plays a seat; draws come from a stream beside that of the rules, which fixed seats leave the same."""
    if b.setup.seat_table.shape[0] > 0:
        return b.setup.seat_table[i, agent]
    count = b.setup.seat_counts[agent]
    if count == 1:
        return b.setup.seat_choices[agent, 0]
    episode, seed = np.uint64(b.episode_index[i]), b.seeds[i]
    word, _, _, _ = philox(
        np.uint64(agent), _SEAT_STREAM, episode & _LOW_WORD, episode >> _WORD, seed & _LOW_WORD, seed >> _WORD
    )
    return b.setup.seat_choices[agent, np.int64(to_unit(word) * count)]


@rule
def end_game(b: Buffers, i: int, reason: int, truncated: bool) -> None:
    """End the episode of all living players of game `i`, by the rules or (`truncated`) by us."""
    for agent in range(b.rewards.shape[1]):
        if b.alive[i, agent]:
            b.terminations[i, agent] = not truncated
            b.truncations[i, agent] = truncated
            b.end_reason[i, agent] = reason
