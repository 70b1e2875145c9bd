"""A whole world in one file: fishers share a stock that regrows. Copy it to begin your own.

The five parts of every world: parameters, state, rules, the loop over games, and the `World` that says what
there is. ``examples/03_your_own_world.py`` registers this one and plays it through every adapter.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dynenvs.core.buffers import PLAY, RESTART, close_step, end_game, open_step, start_episode
from dynenvs.core.checks import check_between, check_integer
from dynenvs.core.jit import kernel, rule
from dynenvs.core.layouts import ActionLayout, ContinuousHead, Field, ObservationLayout, Role, WorldLayout
from dynenvs.core.world import World

COLLAPSE, HORIZON = 1, 2


@dataclass(frozen=True, kw_only=True)
class FisheryParams:
    """Constants of a shared fishery (Gordon 1954; growth law of Schaefer 1954)."""

    num_fishers: int = 3  # n, 1 to 16
    growth_rate: float = 0.5  # r, per season, in (0, 3): above 3 the stock could turn negative
    horizon: int = 50  # seasons

    def __post_init__(self):
        check_integer("num_fishers", self.num_fishers, 1, 16)
        check_between("growth_rate", self.growth_rate, 0, 3, unit="per season", closed="neither")
        check_integer("horizon", self.horizon, 1)


class FisheryState(NamedTuple):
    """One row a game."""

    growth_rate: np.ndarray  # (num_games,) parameters that may differ between games are state
    horizon: np.ndarray  # (num_games,)
    stock: np.ndarray  # (num_games,) share of the capacity, in [0, 1]
    season: np.ndarray  # (num_games,) seasons played


@rule
def reset_one(state, i):
    """Begin with half of what the sea can hold: the stock that regrows fastest."""
    state.stock[i], state.season[i] = 0.5, 0


@rule
def step_one(state, b, efforts, i):
    """Play one season of game `i`: all fish at once, then the stock regrows."""
    S, r = state.stock[i], state.growth_rate[i]  # symbols of Schaefer (1954)
    E = 0.0
    for agent in range(b.rewards.shape[1]):
        E += efforts[i, agent, 0]
    for agent in range(b.rewards.shape[1]):
        b.reward_terms[i, agent, 0] = S * efforts[i, agent, 0] / max(1.0, E)  # nobody lands what another has
    S -= S * min(1.0, E)
    state.stock[i] = min(1.0, S + r * S * (1.0 - S))  # logistic growth
    state.season[i] += 1
    if state.stock[i] < 0.01:
        end_game(b, i, COLLAPSE, False)
    elif state.season[i] >= state.horizon[i]:
        end_game(b, i, HORIZON, False)


@rule
def observe_one(state, b, i):
    """Everyone sees the stock and the season."""
    for agent in range(b.rewards.shape[1]):
        b.vector[i, agent, 0] = state.stock[i]
        b.vector[i, agent, 1] = state.season[i] / state.horizon[i]


@kernel
def step_span(state, tables, b, actions, lo, hi):
    """Play the waiting phase of games `lo` to `hi`: these lines are the same in every world."""
    for i in range(lo, hi):
        phase = open_step(b, i)
        if phase == PLAY:
            step_one(state, b, actions, i)
            observe_one(state, b, i)
            phase = close_step(b, i)
        if phase == RESTART:
            start_episode(b, i)
            reset_one(state, i)
            observe_one(state, b, i)


class Fishery(World):
    """Fishers share one stock that regrows."""

    step_span = staticmethod(step_span)

    @classmethod
    def describe(cls, params):
        """Lay out what a fisher sees and does."""
        fisher = Role(
            name="fisher",
            observation=ObservationLayout(fields=(Field(name="stock"), Field(name="season"))),
            actions=ActionLayout(heads=(ContinuousHead(name="effort", low=0.0, high=1.0),)),
        )
        return WorldLayout(
            roles=(fisher,) * params.num_fishers,
            reward_terms={"catch": 1.0},
            end_reasons=("running", "collapse", "horizon"),
            player_names=tuple(f"fisher {k}" for k in range(params.num_fishers)),
            simultaneous=True,
        )

    def make_state(self, num_games):
        """Allocate the state."""
        return FisheryState(*(np.zeros(num_games, dtype) for dtype in (float, np.int64, float, np.int64)))

    def write_params(self, params, games):
        """Give the named games their parameters."""
        self.state.growth_rate[games], self.state.horizon[games] = params.growth_rate, params.horizon
