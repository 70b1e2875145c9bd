"""A world that keeps every clause of the contract, and one for each clause that breaks it."""

import os
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

from dynenvs import registration
from dynenvs.core.errors import IllegalAction
from dynenvs.core.layouts import ActionLayout, DiscreteHead, Field, ObservationLayout, Role, WorldLayout
from dynenvs.core.python_world import PythonWorld
from dynenvs.registration import EnvSpec

STEPS = 5


@pytest.fixture(autouse=True)
def broken_worlds(monkeypatch):
    """Make them known as long as a test of a module that imports this fixture runs."""
    for world in (Sound, Frail, *Sound.__subclasses__()):
        monkeypatch.setitem(registration._SPECS, env_id(world), spec_of(world))


def env_id(world):
    return f"broken/{world.__name__}-v0"


def spec_of(world):
    place = f"{__name__}:{world.__name__}"
    return EnvSpec(id=env_id(world), world=place, params=f"{__name__}:NoParams", about="For tests.", paper="-")


@dataclass(frozen=True, kw_only=True)
class NoParams:
    """Nothing to choose."""


class Count(NamedTuple):
    step: np.ndarray  # (num_games,)
    mood: np.ndarray  # (num_games,)


class Sound(PythonWorld):
    """Two players earn what they play and what chance adds; the first leaves a step early; odd steps forbid c."""

    supports_snapshot = True

    @classmethod
    def describe(cls, params):
        player = Role(
            name="player",
            observation=ObservationLayout(fields=(Field(name="step", high=STEPS), Field(name="mood"))),
            actions=ActionLayout(heads=(DiscreteHead(name="move", options=("a", "b", "c")),)),
        )
        return WorldLayout(
            roles=(player, player),
            reward_terms={"move": 1.0, "luck": 0.5},
            end_reasons=("running", "over", "left"),
            player_names=("ann", "bob"),
        )

    def make_state(self, num_games):
        return Count(np.zeros(num_games, np.int64), np.zeros(num_games))

    def reset_game(self, game, rng):
        self.state.step[game], self.state.mood[game] = 0, rng.random()
        self.show(game)

    def step_game(self, game, actions):
        b, state = self.buffers, self.state
        state.step[game] += 1
        playing = b.alive[game]
        b.reward_terms[game, playing, 0] = actions[playing, 0]
        b.reward_terms[game, playing, 1] = self.luck(game)
        if state.step[game] == STEPS:
            self.end_game(game, "over")
        elif state.step[game] == STEPS - 1:
            b.terminations[game, 0], b.end_reason[game, 0] = True, 2
        self.show(game)

    def luck(self, game):
        return self.state.mood[game] + self.generator(game).random()

    def show(self, game):
        self.buffers.vector[game] = self.state.step[game], self.state.mood[game]
        self.buffers.action_masks[game, :, 2] = self.state.step[game] % 2 == 0


class RefusesTheLegal(Sound):
    def step_game(self, game, actions):
        if actions[1, 0] == 2:
            raise IllegalAction(f"game {game}, agent 1: no c today")
        super().step_game(game, actions)


class TakesTheMasked(Sound):
    def _checked(self, actions, acting):
        return np.asarray(actions).reshape(self.idle_actions.shape)


class AddsToRewards(Sound):
    def _advance(self, actions):
        super()._advance(actions)
        self.buffers.rewards[:] += 1.0


class PaysTheDead(Sound):
    def step_game(self, game, actions):
        super().step_game(game, actions)
        self.buffers.reward_terms[game] = 1.0


class ForgetsReturns(Sound):
    def step_game(self, game, actions):
        if self.state.step[game] == 3:
            self.buffers.episode_returns[game] = 0.0
        super().step_game(game, actions)


class EndsWithoutReason(Sound):
    def step_game(self, game, actions):
        super().step_game(game, actions)
        self.buffers.end_reason[game] = 0


class CallsItselfSimultaneous(Sound):
    @classmethod
    def describe(cls, params):
        layout = super().describe(params)
        return WorldLayout(**{**vars(layout), "simultaneous": True})


class GivesNobodyTheTurn(Sound):
    def show(self, game):
        super().show(game)
        self.buffers.acting[game] = False


class MasksEverything(Sound):
    def show(self, game):
        super().show(game)
        self.buffers.action_masks[game, 1] = False


class SeesTooFar(Sound):
    def show(self, game):
        super().show(game)
        self.buffers.vector[game, 0, 1] = 1.5 if self.state.step[game] else 0.5


class KeepsAnotherClock(Sound):
    """Part of its state is not in arrays, although it promises snapshots."""

    def luck(self, game):
        clock = self.__dict__.setdefault("clock", {})
        clock[game] = clock.get(game, 0) + 1
        return clock[game]


class DrawsFromOutside(Sound):
    rng = np.random.default_rng(1)

    def luck(self, game):
        return self.rng.random()


class LooksAtItsNeighbours(Sound):
    def luck(self, game):
        return game


class KnowsItsMode(Sound):
    def luck(self, game):
        return float(self.autoreset == "same_step")


class RemembersTheLastEpisode(Sound):
    def reset_game(self, game, rng):
        self.state.mood[game] = (self.state.mood[game] + 0.3) % 1
        self.state.step[game] = 0
        self.show(game)


class LivesOn(Sound):
    def _advance(self, actions):
        over = ~self.buffers.alive.any(axis=1)
        super()._advance(actions)
        self.state.mood[over] += 0.01


class CountsThreads(Sound):
    def luck(self, game):
        return self.threads or 0


class KnowsItsProcess(Sound):
    def luck(self, game):
        return os.getpid()


class Frail(Sound):
    """Promises nothing, and keeps nothing: chance from outside, state outside, one game only."""

    supports_snapshot = deterministic = batched = False
    rng = np.random.default_rng(1)

    def luck(self, game):
        return self.rng.random()
