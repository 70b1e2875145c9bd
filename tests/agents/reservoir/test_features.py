"""The body as a memory of learning agents."""

import numpy as np
import pytest
from gymnasium import spaces
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecEnv

import dynenvs
from dynenvs.core.errors import ParameterError
from dynenvs_agents.reservoir.features import ReservoirVecEnv
from dynenvs_agents.reservoir.memory import MEMORIES, compare_memories

ID = "dynenvs/RepeatedGame-v0"


def games(num_games=6, **params):
    return dynenvs.sb3_vec_env(ID, num_games=num_games, opponents=["random"], horizon=5, memory=1, seed=3, **params)


def felt_in(env, rounds):
    """Play what depends on the row alone, and give the states that are felt."""
    columns = env.venv.observation_space.shape[0]
    states = [env.reset()[:, columns:]]
    for t in range(rounds):
        observed, _, dones, infos = env.step((np.arange(env.num_envs) + t) % 2)
        states.append(observed[:, columns:])
    return np.array(states), dones, infos


def test_what_is_felt_stands_beside_what_is_seen_and_follows_from_it():
    env, plain = ReservoirVecEnv(games(), d=16), games()
    assert env.observation_space.shape == (plain.observation_space.shape[0] + 16,)
    first, seen = env.reset(), plain.reset()
    assert (first[:, :-16] == seen).all()
    assert env.observation_space.contains(first[0])
    for _ in range(4):
        observed = env.step(np.zeros(6, int))[0]
        assert (observed[:, :-16] == plain.step(np.zeros(6, int))[0]).all()
    rows = {seen[:-16].tobytes(): felt[-16:].tobytes() for seen, felt in zip(observed, observed, strict=True)}
    assert len(rows) > 1  # games of other moves are felt otherwise


def test_an_episode_begins_without_memories_and_its_end_is_felt():
    env = ReservoirVecEnv(games(), d=16)
    begun = env.reset()
    for _ in range(5):
        observed, _, dones, infos = env.step(np.zeros(6, int))
    assert dones.all()
    assert (observed[0, -16:] == begun[0, -16:]).all()  # the same first observation, the same first feeling
    assert infos[0]["terminal_observation"].shape == observed[0].shape
    assert (infos[0]["terminal_observation"][-16:] != observed[0, -16:]).any()


def test_a_row_feels_the_same_in_any_batch():
    alone, among = felt_in(ReservoirVecEnv(games(2), d=16), 7)[0], felt_in(ReservoirVecEnv(games(6), d=16), 7)[0]
    assert (alone == among[:, :2]).all()


def test_the_seed_names_the_network():
    same, other = (felt_in(ReservoirVecEnv(games(), d=16, seed=seed), 3)[0] for seed in (0, 1))
    assert (same == felt_in(ReservoirVecEnv(games(), d=16), 3)[0]).all()
    assert (same != other).any()


def test_algorithms_of_sb3_learn_with_it():
    model = PPO("MlpPolicy", ReservoirVecEnv(games(8), d=8), n_steps=16, batch_size=64, seed=0).learn(256)
    assert model.num_timesteps == 256


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"d": 0}, "d=0: expected"),
        ({"spectral_radius": 1.0}, "spectral_radius=1.0"),
        ({"leak": 0.0}, "leak=0.0"),
        ({"seed": -1}, "seed=-1"),
    ],
)
def test_a_body_that_is_none_is_refused(options, message):
    with pytest.raises(ParameterError, match=message):
        ReservoirVecEnv(games(), **options)


def test_what_is_seen_must_be_a_vector():
    class Pictures(VecEnv):
        num_envs, observation_space = 1, spaces.Box(0, 1, (4, 4))

        def __init__(self):
            pass

    Pictures.__abstractmethods__ = frozenset()
    with pytest.raises(ParameterError, match="expected vectors, a Box of one dimension"):
        ReservoirVecEnv(Pictures())


def test_ways_to_remember_are_compared_on_one_budget():
    found = compare_memories(steps=128 * 64, trainings=2, episodes=128)
    assert [one.memory for one in found] == list(MEMORIES)
    for one in found:
        assert one.payoffs.shape == (2,)
        assert 0.5 < one.estimate.value < 4
        assert one.seconds > 0
