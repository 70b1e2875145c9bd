"""The rules of the public goods game with punishment, for one game and for a span of them: two steps make a round."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.buffers import PLAY, RESTART, Buffers, close_step, open_step, start_episode
from dynenvs.core.jit import kernel, rule
from dynenvs.envs.games.public_goods_kernels import contribution_of, end_if_over, others_total

if TYPE_CHECKING:
    from dynenvs.envs.games.punishment import PunishmentState
    from dynenvs.envs.games.punishment_background import PunisherTables

__all__ = ["step_span"]

EARNED, SPENT, FINED = 0, 1, 2  # reward terms


@kernel
def step_span(
    state: PunishmentState, tables: PunisherTables, b: Buffers, actions: NDArray[np.int64], lo: int, hi: int
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
def reset_one(state: PunishmentState, i: int) -> None:
    """Forget the last episode of game `i`."""
    state.round[i] = 0
    state.planned[i] = 0
    state.contributions[i] = 0
    state.contributed[i] = 0
    state.points[i] = 0
    state.spent[i] = 0
    state.spent_on_givers[i] = 0
    state.taken_off[i] = 0
    state.pots[i] = 0
    state.all_gave[i] = True
    state.punishing[i] = False


@rule
def step_one(state: PunishmentState, tables: PunisherTables, b: Buffers, actions: NDArray[np.int64], i: int) -> None:
    """Play one stage of game `i`: all give at once; or all, who have seen what was given, punish at once."""
    if state.punishing[i]:
        _punish(state, tables, b, actions, i)
        state.round[i] += 1
        end_if_over(state, b, i)
    else:
        _contribute(state, tables, b, actions, i)
    state.punishing[i] = not state.punishing[i]


@rule
def _contribute(state: PunishmentState, tables: PunisherTables, b: Buffers, actions: NDArray[np.int64], i: int) -> None:
    """Let all give at once: each gets back an equal share of what that made."""
    E, r, n = state.endowment[i], state.multiplier[i], b.rewards.shape[1]
    G = np.int64(0)
    for agent in range(n):
        state.planned[i, agent] = contribution_of(state, tables, b, actions, i, agent)
        G += state.planned[i, agent]
    for agent in range(n):
        g = state.planned[i, agent]
        b.reward_terms[i, agent, EARNED] = E - g + r * G / n
        state.contributions[i, agent] = g
        state.contributed[i, agent] += g
    state.pots[i, state.round[i] % state.pots.shape[1]] = G
    state.all_gave[i] = state.all_gave[i] and n * E == G


@rule
def _punish(state: PunishmentState, tables: PunisherTables, b: Buffers, actions: NDArray[np.int64], i: int) -> None:
    """Let all take points off one another at once: a point costs who takes it 1, and whom it is taken off the fine."""
    n = b.rewards.shape[1]
    for agent in range(n):
        for distance in range(1, n):
            other = (agent + distance) % n
            p = _points(state, tables, b, actions, i, agent, distance)
            state.points[i, agent, other] = p
            state.spent[i, agent] += p
            state.taken_off[i, other] += p
            if state.contributions[i, other] >= state.contributions[i, agent]:
                state.spent_on_givers[i, agent] += p
            b.reward_terms[i, agent, SPENT] += p
            b.reward_terms[i, other, FINED] += state.fine[i] * p


@rule
def _points(
    state: PunishmentState,
    tables: PunisherTables,
    b: Buffers,
    actions: NDArray[np.int64],
    i: int,
    agent: int,
    distance: int,
) -> int:
    """Return how many points a player takes off the one that sits so many seats further on."""
    code = b.seats[i, agent]
    if code < 0:
        return actions[i, agent, distance]
    lead = state.contributions[i, (agent + distance) % b.rewards.shape[1]] - state.contributions[i, agent]
    severity = tables.above[code] if lead > 0 else tables.below[code]
    return min(int(severity * abs(lead) + 0.5), int(state.max_points[i]))


@rule
def observe_one(state: PunishmentState, b: Buffers, i: int) -> None:
    """Write what the players outside the kernel see; nobody reads the rows of the others."""
    for agent in range(b.rewards.shape[1]):
        if b.seats[i, agent] < 0:
            _observe(state, b, i, agent)


@rule
def _observe(state: PunishmentState, b: Buffers, i: int, agent: int) -> None:
    """Write one player's vector, field after field as `PublicGoodsPunishment.describe` lists them."""
    E, r, n = state.endowment[i], state.multiplier[i], state.contributions.shape[1]
    M = state.max_points[i]
    b.vector[i, agent, 0] = 1.0 if state.punishing[i] else 0.0
    b.vector[i, agent, 1] = 1.0 if state.round[i] == 0 else 0.0
    b.vector[i, agent, 2] = state.contributions[i, agent] / E
    b.vector[i, agent, 3] = others_total(state, i, agent) / (E * (n - 1))
    received = np.int64(0)
    for distance in range(1, n):
        other = (agent + distance) % n
        received += state.points[i, other, agent]
        b.vector[i, agent, 3 + distance] = state.contributions[i, other] / E
        b.vector[i, agent, n + 2 + distance] = state.points[i, agent, other] / M
    column = 2 * n + 2
    b.vector[i, agent, column] = received / (M * (n - 1))

    G = np.int64(0)
    for player in range(n):
        G += state.contributed[i, player]
    given_rounds = state.round[i] + (1 if state.punishing[i] else 0)
    stake = max(given_rounds * E, 1)
    earned = given_rounds * E - state.contributed[i, agent] + r * G / n
    lost = state.spent[i, agent] + state.fine[i] * state.taken_off[i, agent]
    b.vector[i, agent, column + 1] = G / (stake * n)
    b.vector[i, agent, column + 2] = (earned - lost) / stake
    if state.horizon_known[i]:
        b.vector[i, agent, column + 3] = 1.0 - state.round[i] / max(state.horizon[i], 1)
