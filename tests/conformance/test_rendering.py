"""Environments that can be drawn are drawn in every mode, through every adapter (to a screen that is not there)."""

import functools

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from pettingzoo.test import render_test

import dynenvs
from dynenvs.adapters.screen import RENDER_MODES

DRAWN = [env_id for env_id in dynenvs.env_ids() if dynenvs.spec(env_id).rendering]
KINDS = {"rgb_array": np.ndarray, "ansi": str, "human": type(None)}


@pytest.mark.filterwarnings("ignore:.*recommend using a symmetric and normalized space")  # torques are in N m
@pytest.mark.parametrize("env_id", DRAWN)
def test_gymnasium_accepts_every_mode(env_id):
    env = gymnasium.make(env_id, render_mode="rgb_array").unwrapped
    check_env(env)
    env.close()


@pytest.mark.parametrize("env_id", DRAWN)
@pytest.mark.parametrize("make", [dynenvs.parallel_env, dynenvs.aec_env])
@pytest.mark.parametrize("mode", RENDER_MODES)
def test_pettingzoo_environments_are_drawn_in_every_mode(make, env_id, mode):
    env = make(env_id, render_mode=mode)
    env.reset(seed=1)
    assert type(env.render()) is KINDS[mode]
    env.close()


@pytest.mark.parametrize("env_id", DRAWN)
def test_pettingzoo_accepts_the_pictures(env_id):
    render_test(functools.partial(dynenvs.aec_env, env_id))


@pytest.mark.parametrize("env_id", DRAWN)
def test_every_game_of_a_vector_has_its_own_picture(env_id):
    envs = gymnasium.make_vec(env_id, num_envs=3, render_mode="rgb_array")
    envs.reset(seed=1)
    envs.action_space.seed(1)
    for _ in range(5):
        envs.step(envs.action_space.sample())
    pictures = envs.render()
    assert [picture.dtype for picture in pictures] == [np.uint8] * 3
    assert len({picture.tobytes() for picture in pictures}) > 1
    envs.close()
