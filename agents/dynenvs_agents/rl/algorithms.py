"""The algorithms that `dynenvs train` offers, with defaults that suit hundreds of games played at once.

SB3's own defaults are made for one slow environment: with minibatches of 64, a batched world waits for the optimiser
nearly all the time. So minibatches grow with the games here.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dynenvs.adapters.sb3 import SeatVecEnv
from dynenvs.core.checks import check_one_of
from dynenvs.core.errors import ParameterError

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

__all__ = ["ALGORITHMS", "algorithm_class", "buffer_arguments", "default_hyperparameters", "make_model"]

ALGORITHMS = {
    "ppo": "stable_baselines3:PPO",
    "maskable_ppo": "sb3_contrib:MaskablePPO",
    "recurrent_ppo": "sb3_contrib:RecurrentPPO",
    "dqn": "stable_baselines3:DQN",
}
"""Where each algorithm is, by the name that a command gives it."""

ROLLOUT_STEPS = 128
MINIBATCHES = 8
SMALLEST_MINIBATCH = 64

TURN_BUFFERS = {"ppo": "Turn", "maskable_ppo": "MaskableTurn"}
"""Algorithms that can leave rows out of training, and how the names of their buffers begin."""


def algorithm_class(name: str) -> type[BaseAlgorithm]:
    """Load an algorithm's class.

    Raises
    ------
    ParameterError
        If there is no algorithm of that name.
    """
    check_one_of("algo", name, tuple(ALGORITHMS))
    module, _, attribute = ALGORITHMS[name].partition(":")
    loaded: type[BaseAlgorithm] = getattr(importlib.import_module(module), attribute)
    return loaded


def default_hyperparameters(name: str, num_rows: int) -> dict[str, Any]:
    """Return the keywords that an algorithm is made with.

    Parameters
    ----------
    name : str
        A key of `ALGORITHMS`.
    num_rows : int
        Games times learning seats: minibatches grow with it, 4,096 for 256 rows.

    Returns
    -------
    dict
        Keywords of the algorithm's class; all of them can stand in JSON.
    """
    common = {"learning_rate": 1e-3, "gamma": 0.98}
    if name == "dqn":
        return common | {
            "policy_kwargs": {"net_arch": [64, 64]},
            "buffer_size": 200_000,
            "learning_starts": 20_000,
            "batch_size": max(SMALLEST_MINIBATCH, 4 * num_rows),
            "train_freq": 1,
            "gradient_steps": 1,
            "target_update_interval": 40 * num_rows,
            "exploration_fraction": 0.2,
        }
    rollout = {
        "n_steps": ROLLOUT_STEPS,
        "batch_size": max(SMALLEST_MINIBATCH, ROLLOUT_STEPS * num_rows // MINIBATCHES),
        "ent_coef": 0.01,
    }
    if name == "recurrent_ppo":  # walks through every sequence step by step: each epoch is dear
        return common | rollout | {"policy_kwargs": {"net_arch": [64], "lstm_hidden_size": 64}, "n_epochs": 4}
    return common | rollout | {"policy_kwargs": {"net_arch": [64, 64]}}


def buffer_arguments(name: str, env: SeatVecEnv) -> dict[str, Any]:
    """Return the keywords that make an algorithm leave rows without a transition out of training."""
    if name not in TURN_BUFFERS:
        return {}
    from dynenvs.adapters import sb3_turns

    kind = "RolloutBuffer" if env.role.observation.grid is None else "DictRolloutBuffer"
    return {
        "rollout_buffer_class": getattr(sb3_turns, TURN_BUFFERS[name] + kind),
        "rollout_buffer_kwargs": {"turns": env.turns},
    }


def make_model(name: str, env: SeatVecEnv, seed: int, hyperparameters: Mapping[str, Any]) -> BaseAlgorithm:
    """Make an untrained model.

    Parameters
    ----------
    name : str
        A key of `ALGORITHMS`.
    env : SeatVecEnv
        What it is to learn in.
    seed : int
        Seeds weights, actions and minibatches.
    hyperparameters : mapping
        Keywords of the algorithm's class.

    Returns
    -------
    BaseAlgorithm
        On the CPU.

    Raises
    ------
    ParameterError
        If the algorithm does not have such a keyword, or cannot learn in this environment.
    """
    if name not in TURN_BUFFERS and not env.world.layout.simultaneous:
        raise ParameterError(f"algo={name!r} needs a world in which every seat acts in every step: use maskable_ppo")
    policy = "MlpLstmPolicy" if name == "recurrent_ppo" else "MlpPolicy"
    if env.role.observation.grid is not None:
        policy = policy.replace("Mlp", "MultiInput")
    keywords = {"seed": seed, "device": "cpu", "stats_window_size": max(100, env.num_envs)}
    try:
        return algorithm_class(name)(policy, env, **keywords, **hyperparameters, **buffer_arguments(name, env))  # type: ignore[arg-type]
    except (TypeError, AssertionError) as error:  # SB3's words for an unknown keyword, and for spaces that do not suit
        raise ParameterError(f"algo={name!r}: {error}") from error
