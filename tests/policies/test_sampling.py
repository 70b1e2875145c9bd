"""Random numbers of policies."""

import numpy as np

from dynenvs import make_world
from dynenvs.core.random import philox
from dynenvs.policies import turn_of
from dynenvs.policies.sampling import episode_uniforms, turn_uniforms

GAME = "dynenvs/RepeatedGame-v0"


def started(seeds, episodes=None):
    world = make_world(GAME, len(seeds))
    world.reset(seeds, episodes=episodes)
    return world


def draws(world, count=3):
    return turn_uniforms(turn_of(world, world.buffers.acting), count)


def test_a_turn_draws_alike_in_any_batch():
    crowd = draws(started([5, 6, 2**64 - 1]))
    assert np.array_equal(crowd[4:], draws(started([2**64 - 1])))
    assert crowd.shape == (6, 3)


def test_every_seed_episode_step_seat_and_draw_has_a_number_of_its_own():
    world = started([1, 2, 2**32 + 1], episodes=[0, 0, 0])
    numbers = [draws(world)]
    for _ in range(3):
        world.step(np.zeros((3, 2), np.int64))
        numbers.append(draws(world))
    numbers.append(draws(started([1, 2, 2**32 + 1], episodes=[1, 1, 2**32])))
    everything = np.concatenate(numbers).ravel()
    assert len(np.unique(everything)) == len(everything) == 5 * 6 * 3


def test_numbers_are_spread_evenly_over_the_unit_interval():
    numbers = np.sort(draws(started(range(2000)), count=5).ravel())
    assert 0.0 <= numbers[0] < numbers[-1] < 1.0
    assert np.abs(numbers - (np.arange(len(numbers)) + 0.5) / len(numbers)).max() < 0.02  # Kolmogorov and Smirnov


def test_the_stream_is_philox_at_the_counter_that_is_documented():
    world = started([77], episodes=[4])
    high, low, _, _ = philox(*(np.uint64(word) for word in (0, 0xC0000000 | 1 << 16 | 2, 4, 0, 77, 0)))
    assert draws(world)[1, 2] == ((int(high) >> 5) * 2**26 + (int(low) >> 6)) / 2**53


def test_an_episode_has_a_number_too():
    seeds, episodes = np.array([3, 3, 4], np.uint64), np.array([0, 1, 0])
    numbers = episode_uniforms(seeds, episodes)
    assert len(set(numbers.tolist())) == 3
    assert np.array_equal(numbers[1:2], episode_uniforms(seeds[1:2], episodes[1:2]))
