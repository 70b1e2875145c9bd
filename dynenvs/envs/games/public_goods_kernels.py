"""The rules of the linear public goods game, for one game and for a span of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.buffers import PLAY, RESTART, Buffers, close_step, end_game, open_step, start_episode
from dynenvs.core.jit import kernel, rule
from dynenvs.core.random import draw_below, draw_block, to_unit
from dynenvs.envs.games.public_goods_background import Manner

if TYPE_CHECKING:
    from dynenvs.envs.games.public_goods import PublicGoodsState
    from dynenvs.envs.games.public_goods_background import ContributorTables
    from dynenvs.envs.games.punishment import PunishmentState
    from dynenvs.envs.games.punishment_background import PunisherTables

__all__ = ["contribution_of", "end_if_over", "others_total", "step_span"]

HORIZON, CAP, CHANCE = 1, 2, 3  # codes in the world's end_reasons
RANDOM, GRIM = int(Manner.RANDOM), int(Manner.GRIM)
FIRST, AT_NOTHING, AT_HALF, AT_ALL = 0, 1, 2, 3  # columns of a schedule


@kernel
def step_span(
    state: PublicGoodsState,
    tables: ContributorTables,
    b: Buffers,
    actions: NDArray[np.int64],
    lo: int,
    hi: int,
) -> None:
    """Play the waiting phase of games `lo` to `hi`."""
    for i in range(lo, hi):
        phase = open_step(b, i)
        if phase == PLAY:
            step_one(state, tables, b, actions, i)
            observe_one(state, b, i)
            phase = close_step(b, i)
        if phase == RESTART:
            start_episode(b, i)
            reset_one(state, i)
            observe_one(state, b, i)


@rule
def reset_one(state: PublicGoodsState, i: int) -> None:
    """Forget the last episode of game `i`."""
    state.round[i] = 0
    state.planned[i] = 0
    state.contributions[i] = 0
    state.contributed[i] = 0
    state.all_gave[i] = True
    state.pots[i] = 0


@rule
def step_one(
    state: PublicGoodsState, tables: ContributorTables, b: Buffers, actions: NDArray[np.int64], i: int
) -> None:
    """Play one round of game `i`: all give at once, and each gets back an equal share of what that made."""
    E, r, n = state.endowment[i], state.multiplier[i], b.rewards.shape[1]
    G = np.int64(0)
    for agent in range(n):
        state.planned[i, agent] = contribution_of(state, tables, b, actions, i, agent)
        G += state.planned[i, agent]
    for agent in range(n):
        g = state.planned[i, agent]
        b.reward_terms[i, agent, 0] = E - g + r * G / n
        state.contributions[i, agent] = g
        state.contributed[i, agent] += g
    state.pots[i, state.round[i] % state.pots.shape[1]] = G
    state.all_gave[i] = state.all_gave[i] and n * E == G
    state.round[i] += 1
    end_if_over(state, b, i)


@rule
def contribution_of(
    state: PublicGoodsState | PunishmentState,
    tables: ContributorTables | PunisherTables,
    b: Buffers,
    actions: NDArray[np.int64],
    i: int,
    agent: int,
) -> int:
    """Return how many tokens a player gives."""
    code, E = b.seats[i, agent], state.endowment[i]
    if code < 0:
        return actions[i, agent, 0]
    if tables.manner[code] == RANDOM:
        return int(draw_below(b, i, E + 1))
    if tables.manner[code] == GRIM:
        return int(E) if state.all_gave[i] else 0
    return int(_scheduled(state, tables.schedule, code, i, agent) + 0.5)


@rule
def _scheduled(
    state: PublicGoodsState | PunishmentState, schedule: NDArray[np.float64], code: int, i: int, agent: int
) -> float:
    """Return what a schedule says, in tokens before rounding."""
    E = np.float64(state.endowment[i])
    if state.round[i] == 0:
        return schedule[code, FIRST] * E
    mean = others_total(state, i, agent) / (state.contributions.shape[1] - 1)
    half = schedule[code, AT_HALF]
    if 2.0 * mean <= E:
        return schedule[code, AT_NOTHING] * E + 2.0 * (half - schedule[code, AT_NOTHING]) * mean
    return half * E + 2.0 * (schedule[code, AT_ALL] - half) * (mean - E / 2.0)


@rule
def others_total(state: PublicGoodsState | PunishmentState, i: int, agent: int) -> int:
    """Add up what all but one player gave in the last round."""
    total = -np.int64(state.contributions[i, agent])
    for player in range(state.contributions.shape[1]):
        total += state.contributions[i, player]
    return int(total)


@rule
def end_if_over(state: PublicGoodsState | PunishmentState, b: Buffers, i: int) -> None:
    """End the episode at its horizon, or by chance."""
    if state.horizon[i] > 0 and state.round[i] >= state.horizon[i]:
        known = state.horizon_known[i]
        end_game(b, i, HORIZON if known else CAP, not known)
    elif state.continuation[i] < 1.0:
        w, _, _, _ = draw_block(b, i)
        if to_unit(w) >= state.continuation[i]:
            end_game(b, i, CHANCE, False)


@rule
def observe_one(state: PublicGoodsState, b: Buffers, i: int) -> None:
    """Write what the players outside the kernel see; nobody reads the rows of the others."""
    for agent in range(b.rewards.shape[1]):
        if b.seats[i, agent] < 0:
            _observe(state, b, i, agent)


@rule
def _observe(state: PublicGoodsState, b: Buffers, i: int, agent: int) -> None:
    """Write one player's vector, field after field as `PublicGoods.describe` lists them."""
    E, r, n = state.endowment[i], state.multiplier[i], state.contributions.shape[1]
    b.vector[i, agent, 0] = 1.0 if state.round[i] == 0 else 0.0
    b.vector[i, agent, 1] = state.contributions[i, agent] / E
    b.vector[i, agent, 2] = others_total(state, i, agent) / (E * (n - 1))
    for distance in range(1, n):
        b.vector[i, agent, 2 + distance] = state.contributions[i, (agent + distance) % n] / E

    G = np.int64(0)
    for player in range(n):
        G += state.contributed[i, player]
    received = state.round[i] * E  # what it got in all rounds so far; 0 before the first, when nothing was given either
    stake = max(received, 1)
    b.vector[i, agent, n + 2] = G / (stake * n)
    b.vector[i, agent, n + 3] = (received - state.contributed[i, agent] + r * G / n) / stake
    if state.horizon_known[i]:
        b.vector[i, agent, n + 4] = 1.0 - state.round[i] / max(state.horizon[i], 1)
