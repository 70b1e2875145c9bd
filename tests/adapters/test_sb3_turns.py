"""Advantages of seats that wait for their turn."""

import numpy as np
import pytest
import torch
from sb3_contrib import MaskablePPO
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import RolloutBuffer

from dynenvs import sb3_vec_env
from dynenvs.adapters.sb3_turns import (
    MaskableTurnDictRolloutBuffer,
    MaskableTurnRolloutBuffer,
    TurnDictRolloutBuffer,
    TurnRolloutBuffer,
)
from dynenvs.core.errors import LifecycleError

from .small_worlds import BARGAIN, LIFEBOAT, small_worlds  # noqa: F401

GAME = "dynenvs/RepeatedGame-v0"
REFUSE, ACCEPT = 0, 1
IGNORED = 99.0  # the value of an observation at which the seat does not act: must not matter
GAMMA, LAMBDA = 0.5, 0.8


class Script:
    """Plays a list of actions, one a turn."""

    name, seat = "script", "external"

    def __init__(self, *actions):
        self.actions = list(actions)

    def digest(self):
        return "0" * 16

    def reset(self, world, games):
        """Nothing to forget."""

    def act(self, turn):
        return np.array([self.actions.pop(0)])


def collect(env, actions, values, last_value, buffer_class=TurnRolloutBuffer):
    """Fill a buffer as SB3 does, with values made up."""
    buffer = buffer_class(
        len(actions), env.observation_space, env.action_space, "cpu", LAMBDA, GAMMA, env.num_envs, turns=env.turns
    )
    observations, starts = env.reset(), np.ones(env.num_envs, np.bool_)
    for action, value in zip(actions, values, strict=True):
        taken = np.full((env.num_envs, 1), action)
        seen, rewards, dones, _ = env.step(taken[:, 0])
        ones = torch.ones(env.num_envs)
        buffer.add(observations, taken, rewards, starts, value * ones, 0 * ones)
        observations, starts = seen, dones
    buffer.compute_returns_and_advantage(last_value * torch.ones(env.num_envs, 1), dones)
    return buffer


def test_the_proposers_advantage_is_what_one_computes_by_hand():
    env = sb3_vec_env(BARGAIN, 1, opponents=[Script(REFUSE, ACCEPT, REFUSE)], pie=5)
    # An offer of 2 is refused; of the 4 left, 2 are offered and taken. A new game: 1 is offered and refused.
    buffer = collect(env, [2, 0, 2, 0, 1, 0], [1.0, IGNORED, 3.0, IGNORED, 0.5, IGNORED], last_value=2.0)
    third = 0.0 + 0.5 * 2.0 - 0.5  # its next turn begins where the rollout ends
    second = 4.0 - 2.0 - 3.0  # paid when the responder accepts, and the game is over
    first = (0.0 + 0.5 * 3.0 - 1.0) + 0.5 * 0.8 * second
    assert buffer.advantages[:, 0].tolist() == pytest.approx([first, 0, second, 0, third, 0])
    assert buffer.kept[:, 0].tolist() == [True, False] * 3
    (batch,) = buffer.get()
    assert sorted(batch.advantages.tolist()) == pytest.approx(sorted([first, second, third]))
    assert sorted(batch.returns.tolist()) == pytest.approx(sorted([first + 1.0, second + 3.0, third + 0.5]))
    assert sorted(batch.actions.flatten().tolist()) == [1, 2, 2]


def test_the_responders_advantage_is_what_one_computes_by_hand():
    env = sb3_vec_env(BARGAIN, 1, seat=1, opponents=[Script(1, 3, 4, 0)], pie=5)
    # Of 5 it is offered 1 and refuses; of 4 it takes 3. In the next game it takes 4 at once.
    buffer = collect(
        env, [0, REFUSE, 0, ACCEPT, 0, ACCEPT, 0], [IGNORED, 1.0, IGNORED, 2.0, IGNORED, 3.0, IGNORED], 7.0
    )
    third, second = 4.0 - 3.0, 3.0 - 2.0
    first = (0.5 * 2.0 - 1.0) + 0.5 * 0.8 * second
    assert buffer.advantages[:, 0].tolist() == pytest.approx([0, first, 0, second, 0, third, 0])
    assert buffer.kept[:, 0].tolist() == [False, True, False, True, False, True, False]


def test_a_turn_whose_successor_is_out_of_sight_serves_the_one_before_and_is_left_out():
    env = sb3_vec_env(BARGAIN, 1, opponents=[Script(REFUSE, REFUSE)], pie=5)
    buffer = collect(env, [2, 0, 2], [1.0, IGNORED, 3.0], last_value=IGNORED)
    assert buffer.kept[:, 0].tolist() == [True, False, False]
    assert buffer.advantages[0, 0] == pytest.approx(0.5 * 3.0 - 1.0)


def test_nothing_passes_from_one_episode_to_the_one_before():
    env = sb3_vec_env(BARGAIN, 1, opponents=[Script(ACCEPT, ACCEPT)], pie=5)
    buffer = collect(env, [5, 0, 0, 0], [0.0, IGNORED, 0.0, IGNORED], last_value=IGNORED)
    assert buffer.advantages[:, 0].tolist() == [0.0, 0.0, 5.0, 0.0]


def test_where_all_act_in_every_step_it_is_the_buffer_of_sb3_to_the_last_bit():
    def weights(**arguments):
        env = sb3_vec_env(GAME, 8, seats=["external", "random"], horizon=10)
        arguments = {name: value(env) for name, value in arguments.items()}
        model = PPO("MlpPolicy", env, n_steps=16, batch_size=32, seed=3, device="cpu", **arguments).learn(512)
        return torch.cat([parameter.flatten() for parameter in model.policy.parameters()])

    ours = weights(
        rollout_buffer_class=lambda env: TurnRolloutBuffer, rollout_buffer_kwargs=lambda env: {"turns": env.turns}
    )
    assert torch.equal(ours, weights(rollout_buffer_class=lambda env: RolloutBuffer))


def test_minibatches_are_even_and_hold_every_turn_once():
    env = sb3_vec_env(BARGAIN, 33, opponents=[Script(*[np.zeros(33)] * 4)], pie=5)
    buffer = collect(env, [2, 0, 1, 0], [0.0] * 4, last_value=0.0)
    sizes = [len(batch.actions) for batch in buffer.get(32)]
    assert sizes == [22, 22, 22]  # 66 turns, none of them alone in a batch
    actions = torch.cat([batch.actions for batch in buffer.get(32)])
    assert sorted(actions.flatten().tolist()) == [1] * 33 + [2] * 33


def test_a_buffer_that_reads_the_turns_of_another_environment_is_found_out():
    env, other = (sb3_vec_env(GAME, 4) for _ in range(2))
    arguments = {"rollout_buffer_class": TurnRolloutBuffer, "rollout_buffer_kwargs": {"turns": other.turns}}
    model = PPO("MlpPolicy", env, n_steps=8, batch_size=32, device="cpu", **arguments)
    with pytest.raises(LifecycleError, match="turns of another environment"):
        model.learn(32)


def test_a_rollout_without_a_finished_turn_is_refused():
    env = sb3_vec_env(BARGAIN, 1, opponents=[Script()], pie=5)
    buffer = collect(env, [2], [0.0], last_value=0.0)
    with pytest.raises(LifecycleError, match="raise n_steps"):
        next(buffer.get())


class Offers(Script):
    """Offers one token, or accepts."""

    def act(self, turn):
        return np.ones(len(turn), np.int64)


@pytest.mark.parametrize(("seat", "best"), [(0, 3.0), (1, 1.0)])
def test_maskable_ppo_learns_either_role(seat, best):
    env = sb3_vec_env(BARGAIN, 16, seat=seat, opponents=[Offers()], pie=3)
    model = learn(MaskablePPO, env, MaskableTurnRolloutBuffer, 8000, learning_rate=0.01)
    assert np.mean([episode["r"] for episode in model.ep_info_buffer]) > 0.9 * best


@pytest.mark.parametrize(
    ("algorithm", "buffer"), [(PPO, TurnDictRolloutBuffer), (MaskablePPO, MaskableTurnDictRolloutBuffer)]
)
def test_grids_are_learnt_from_and_players_who_left_are_not(algorithm, buffer):
    env = sb3_vec_env(LIFEBOAT, 4, seats=["external"] * 3, tiring=algorithm is MaskablePPO)
    model = learn(algorithm, env, buffer, 400)
    assert model.rollout_buffer.kept.mean() == 10 / 12


def learn(algorithm, env, buffer, steps, **keywords):
    policy = "MlpPolicy" if env.role.observation.grid is None else "MultiInputPolicy"
    keywords |= {"rollout_buffer_class": buffer, "rollout_buffer_kwargs": {"turns": env.turns}}
    return algorithm(policy, env, n_steps=16, batch_size=64, seed=0, device="cpu", **keywords).learn(steps)
