"""A relay of two runners, in Python: who waits earns too, one may drop out early, and masks close meanwhile."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

from dynenvs import registration
from dynenvs.core.layouts import ActionLayout, DiscreteHead, Field, ObservationLayout, Role, WorldLayout
from dynenvs.core.python_world import PythonWorld
from dynenvs.registration import EnvSpec

RELAY = "small/Relay-v0"
LAPS = 6


@pytest.fixture(autouse=True)
def relay(monkeypatch):
    """Make it known as long as a test of a module that imports this fixture runs."""
    spec = EnvSpec(id=RELAY, world=f"{__name__}:Relay", params=f"{__name__}:RelayParams", about="For tests.", paper="-")
    monkeypatch.setitem(registration._SPECS, RELAY, spec)


@dataclass(frozen=True, kw_only=True)
class RelayParams:
    """After how many laps runner 0 drops out."""

    first_drops_out: int = LAPS


class RelayState(NamedTuple):
    lap: np.ndarray  # (num_games,) laps run
    first_drops_out: np.ndarray  # (num_games,)
    sums: np.ndarray  # (num_games,) of all actions of those who had the turn


class Relay(PythonWorld):
    """In lap k (from 1) both runners earn k; runner 0 has the odd laps, runner 1 the even ones, or all once alone."""

    supports_snapshot = True

    @classmethod
    def describe(cls, params):
        laps, sums = Field(name="lap", high=LAPS), Field(name="sums", high=2.0 * LAPS)
        pace = DiscreteHead(name="pace", options=("walk", "run", "sprint"))
        runner = Role(
            name="runner",
            observation=ObservationLayout(fields=(laps, sums)),
            actions=ActionLayout(heads=(pace,)),
        )
        return WorldLayout(
            roles=(runner, runner),
            reward_terms={"laps": 1.0, "pace": 0.0},
            end_reasons=("running", "arrived", "dropped out"),
            player_names=("ann", "bob"),
            global_state=ObservationLayout(fields=(sums, laps)),
        )

    def make_state(self, num_games):
        return RelayState(*(np.zeros(num_games, np.int64) for _ in range(3)))

    def write_params(self, params, games):
        self.state.first_drops_out[games] = params.first_drops_out

    def reset_game(self, game, rng):
        self.state.lap[game] = self.state.sums[game] = 0
        self._hand_over(game)

    def step_game(self, game, actions):
        b, state = self.buffers, self.state
        runner = int(b.acting[game].argmax())
        state.lap[game] += 1
        state.sums[game] += actions[runner, 0]
        b.reward_terms[game, b.alive[game], 0] = state.lap[game]
        b.reward_terms[game, runner, 1] = actions[runner, 0]
        if state.lap[game] == LAPS:
            self.end_game(game, "arrived")
        elif state.lap[game] == state.first_drops_out[game]:
            b.terminations[game, 0], b.end_reason[game, 0] = True, 2
        self._hand_over(game)

    def _hand_over(self, game):
        b, state = self.buffers, self.state
        alone = state.lap[game] >= state.first_drops_out[game]
        b.acting[game] = np.arange(2) == (1 if alone else state.lap[game] % 2)
        b.action_masks[game] = b.acting[game][:, None]
        b.vector[game] = state.lap[game], state.sums[game]
        b.global_state[game] = state.sums[game], state.lap[game]
