"""The pool of past selves."""

import numpy as np
import pytest

from dynenvs import make_world
from dynenvs.core.errors import LifecycleError, ParameterError
from dynenvs.policies import Policy, turn_of
from dynenvs.policies.past_selves import PastSelves

GAME = "dynenvs/RepeatedGame-v0"


class Self:
    """Plays the number that it was born with, 0 or 1."""

    seat = "external"

    def __init__(self, number):
        self.name, self.move, self.begun = f"self {number}", number % 2, []

    def digest(self):
        return self.name

    def reset(self, world, games):
        self.begun += games.tolist()

    def act(self, turn):
        return np.full(len(turn), self.move)


def begin(pool, seeds):
    world = make_world(GAME, len(seeds))
    world.reset(seeds)
    pool.reset(world, np.arange(len(seeds)))
    return world


def moves(pool, world):
    return pool.act(turn_of(world, world.buffers.acting))[:, 0].reshape(-1, 2)


def test_each_game_is_played_by_one_self_on_all_its_seats():
    pool = PastSelves()
    first, second = Self(0), Self(1)
    pool.add(first)
    pool.add(second)
    world = begin(pool, range(100))
    played = moves(pool, world)
    assert (played[:, 0] == played[:, 1]).all()
    assert 30 < played[:, 0].sum() < 70
    assert np.array_equal(moves(pool, world), played)
    assert sorted(first.begun + second.begun) == list(range(100))


def test_who_plays_depends_on_the_episode_alone():
    pool = PastSelves()
    for number in range(2):
        pool.add(Self(number))
    crowd = moves(pool, begin(pool, range(20)))
    alone = [moves(pool, begin(pool, [seed]))[0].tolist() for seed in range(20)]
    assert crowd.tolist() == alone


def test_only_the_newest_are_drawn_and_games_under_way_keep_theirs():
    pool = PastSelves(size=2)
    pool.add(Self(0))
    world = begin(pool, range(40))
    assert not moves(pool, world).any()
    for number in (1, 3, 5):
        pool.add(Self(number))
    assert not moves(pool, world).any()
    assert list(pool.selves) == [0, 2, 3]  # the first still plays
    pool.reset(world, np.arange(40))
    assert moves(pool, world).all()
    pool.add(Self(7))
    assert list(pool.selves) == [2, 3, 4]


def test_it_is_a_policy_whose_digest_says_who_is_in_it():
    pool = PastSelves()
    assert isinstance(pool, Policy)
    empty = pool.digest()
    pool.add(Self(0))
    assert pool.digest() != empty


def test_an_empty_pool_cannot_play():
    pool = PastSelves()
    with pytest.raises(LifecycleError, match="add"):
        moves(pool, begin(pool, range(2)))
    with pytest.raises(ParameterError, match="size=0"):
        PastSelves(size=0)
