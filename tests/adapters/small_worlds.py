"""Worlds for tests: the two examples, and one of all that they leave out.

In the lifeboat there are a grid, two heads with one mask, and a player who leaves before the end.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

from dynenvs import registration
from dynenvs.core.buffers import PLAY, RESTART, close_step, end_game, open_step, start_episode
from dynenvs.core.jit import kernel, rule
from dynenvs.core.layouts import ActionLayout, DiscreteHead, Field, Grid, ObservationLayout, Role, WorldLayout
from dynenvs.core.world import World
from dynenvs.registration import EnvSpec

BARGAIN, FISHERY, LIFEBOAT = "small/Bargain-v0", "small/Fishery-v0", "small/Lifeboat-v0"
OVERBOARD, RESCUED = 1, 2
FALL, RESCUE = 2, 4  # hours after which player 0 is gone, and after which the others are picked up

PLACES = {
    BARGAIN: ("examples.worlds.bargain:Bargain", "examples.worlds.bargain:BargainParams"),
    FISHERY: ("examples.worlds.fishery:Fishery", "examples.worlds.fishery:FisheryParams"),
    LIFEBOAT: (f"{__name__}:Lifeboat", f"{__name__}:LifeboatParams"),
}


@pytest.fixture(autouse=True)
def small_worlds(monkeypatch):
    """Make the three known, as long as a test of a module that imports this fixture runs."""
    for env_id, (world, params) in PLACES.items():
        spec = EnvSpec(id=env_id, world=world, params=params, about="For tests.", paper="-")
        monkeypatch.setitem(registration._SPECS, env_id, spec)


@dataclass(frozen=True, kw_only=True)
class LifeboatParams:
    """Whether the hard options are closed at odd hours."""

    tiring: bool = True


class LifeboatState(NamedTuple):
    hour: np.ndarray  # (num_games,)
    tiring: np.ndarray  # (num_games,)


@rule
def step_one(state, b, actions, i):
    """Everyone aboard earns what it rows and ten times what it bails."""
    state.hour[i] += 1
    for agent in range(3):
        if b.acting[i, agent]:
            b.reward_terms[i, agent, 0] = actions[i, agent, 0] + 10 * actions[i, agent, 1]
    if state.hour[i] == FALL:
        b.terminations[i, 0], b.end_reason[i, 0] = True, OVERBOARD
    elif state.hour[i] == RESCUE:
        end_game(b, i, RESCUED, True)


@rule
def observe_one(state, b, i):
    """Everyone sees the hour and who is aboard, oneself as 2; at odd hours nobody can do anything hard."""
    for agent in range(3):
        b.vector[i, agent, 0] = state.hour[i]
        b.action_masks[i, agent, 2] = state.hour[i] % 2 == 0 or not state.tiring[i]
        for seat in range(3):
            gone = seat == 0 and state.hour[i] >= FALL
            b.grid[i, agent, 0, seat, 0] = 0 if gone else 2 if seat == agent else 1


@kernel
def step_span(state, tables, b, actions, lo, hi):
    for i in range(lo, hi):
        phase = open_step(b, i)
        if phase == PLAY:
            step_one(state, b, actions, i)
            observe_one(state, b, i)
            phase = close_step(b, i)
        if phase == RESTART:
            start_episode(b, i)
            state.hour[i] = 0
            observe_one(state, b, i)


class Lifeboat(World):
    step_span = staticmethod(step_span)

    @classmethod
    def describe(cls, params):
        options = ("nothing", "something", "all")
        row = DiscreteHead(name="row", options=options)
        bail = DiscreteHead(name="bail", options=options, shares_mask_with="row")
        survivor = Role(
            name="survivor",
            observation=ObservationLayout(
                fields=(Field(name="hour", high=RESCUE),), grid=Grid(name="boat", shape=(1, 3, 1), num_codes=3)
            ),
            actions=ActionLayout(heads=(row, bail)),
        )
        return WorldLayout(
            roles=(survivor,) * 3,
            reward_terms={"work": 1.0},
            end_reasons=("running", "overboard", "rescued"),
            player_names=("ann", "bob", "cy"),
        )

    def make_state(self, num_games):
        return LifeboatState(np.zeros(num_games, np.int64), np.zeros(num_games, np.bool_))

    def write_params(self, params, games):
        self.state.tiring[games] = params.tiring
