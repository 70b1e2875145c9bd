"""Worlds whose inside is Python keep the contract, and say what they lack."""

import copy
import hashlib

import numpy as np
import pytest

from dynenvs.core.errors import IllegalAction, ParameterError, Unsupported
from dynenvs.core.snapshots import add_rows, named_arrays
from examples.worlds.bargain import Bargain, BargainParams

from .python_bargain import PythonBargain


def digest_but_draws(world, game):
    """The world's digest, but for the count of random draws: a generator is made whether it is used or not."""
    digest = hashlib.sha256()
    arrays = named_arrays(world.state, world.buffers)
    add_rows(digest, ((name, array[game]) for name, array in arrays if name != "buffers.draws"))
    return digest.hexdigest()


@pytest.mark.parametrize("autoreset", ["disabled", "next_step", "same_step"])
def test_python_and_machine_code_play_the_same_game_to_the_last_byte(autoreset):
    kernel, python = (world(BargainParams(pie=3), 5, autoreset=autoreset) for world in (Bargain, PythonBargain))
    rng = np.random.Generator(np.random.Philox(1))
    kernel.reset(3)
    python.reset(3)
    for step in range(60):
        actions = kernel.sample_actions(rng)
        moving = None if step % 3 else rng.random(5) < 0.7
        kernel.step(actions, which=moving)
        python.step(actions, which=moving)
        assert [digest_but_draws(kernel, game) for game in range(5)] == [
            digest_but_draws(python, game) for game in range(5)
        ]
    assert kernel.buffers.final_lengths.min() > 0  # every game has ended at least once


def test_refused_actions_move_nothing():
    world = PythonBargain(BargainParams(), 2)
    world.reset(0)
    before = world.digest()
    with pytest.raises(IllegalAction, match="game 1, agent 0: offer 6"):
        world.step([[0, 0], [6, 0]])
    assert world.digest() == before


class Dice(PythonBargain):
    """Draws numbers at reset and in every step, and keeps them outside of arrays."""

    supports_snapshot = False

    def reset_game(self, game, rng):
        super().reset_game(game, rng)
        self.__dict__.setdefault("drawn", {}).setdefault(game, []).append(rng.random())

    def step_game(self, game, actions):
        super().step_game(game, actions)
        self.drawn[game].append(self.generator(game).random())


def throw(games, seeds, episodes=None, steps=3):
    world = Dice(BargainParams(), games)
    world.reset(seeds, episodes=episodes)
    for _ in range(steps):
        world.step(world.idle_actions)
    return world.drawn


def test_random_numbers_depend_on_seed_episode_and_count_alone():
    crowd = throw(20, 100)
    assert crowd[7] == throw(1, 107)[0]
    assert throw(1, [5], episodes=[3]) == throw(1, [5], episodes=[3])
    streams = [*crowd.values(), throw(1, [100], episodes=[1])[0]]
    assert len({number for stream in streams for number in stream}) == 21 * 4


def test_a_world_without_snapshots_says_so():
    world = Dice(BargainParams())
    world.reset(0)
    for attempt in (world.snapshot, lambda: copy.deepcopy(world)):
        with pytest.raises(Unsupported, match="Dice cannot be copied: part of its games lies outside its arrays"):
            attempt()


def test_a_world_that_is_not_batched_has_one_game():
    class Solitary(PythonBargain):
        batched = False

    assert Solitary(BargainParams()).num_games == 1
    with pytest.raises(ParameterError, match=r"num_games=2: expected an integer in \[1, 1\]"):
        Solitary(BargainParams(), 2)


def test_a_game_that_fails_leaves_the_others_where_they_were():
    class Fragile(PythonBargain):
        def step_game(self, game, actions):
            raise ConnectionError("the engine is gone")

    world = Fragile(BargainParams(), 3)
    world.reset(0)
    others = [world.digest(game) for game in (0, 2)]
    with pytest.raises(ConnectionError, match="the engine is gone"):
        world.step(world.idle_actions, which=np.array([False, True, False]))
    assert [world.digest(game) for game in (0, 2)] == others


def test_reasons_of_an_end_are_those_of_the_layout():
    world = PythonBargain(BargainParams())
    world.reset(0)
    world.end_game(0, "wasted", truncated=True)
    assert world.buffers.truncations.all()
    assert not world.buffers.terminations.any()
    assert world.buffers.end_reason.tolist() == [[2, 2]]
