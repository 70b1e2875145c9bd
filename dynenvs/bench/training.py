"""A training run with a stopwatch on its environment. Importing this needs the extra `rl`."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynenvs.bench.ours import dilemma_vec_env
from dynenvs.core.errors import require_extra

require_extra("stable_baselines3", "rl", "timing of training")

import torch  # noqa: E402 - after the check that they are there
from stable_baselines3 import PPO  # noqa: E402
from stable_baselines3.common.logger import Logger  # noqa: E402
from stable_baselines3.common.vec_env import VecEnvWrapper  # noqa: E402

__all__ = ["GAMES", "STEPS", "Stopwatch", "time_training"]

GAMES, STEPS = 256, 128
MINIBATCH = 4096
"""With the 64 that Stable-Baselines3 begins with, the environment's share of the time would be smaller still."""


class Stopwatch(VecEnvWrapper):
    """Any environment, and the seconds that its steps have taken."""

    seconds = 0.0

    def reset(self) -> Any:
        """Reset the environment."""
        return self.venv.reset()

    def step_async(self, actions: NDArray[np.int64]) -> None:
        """Hand the actions on."""
        started = time.perf_counter()
        self.venv.step_async(actions)
        self.seconds += time.perf_counter() - started

    def step_wait(self) -> Any:
        """Step the environment."""
        started = time.perf_counter()
        outcome = self.venv.step_wait()
        self.seconds += time.perf_counter() - started
        return outcome


def time_training(rollouts: int) -> list[tuple[float, float]]:
    """Train with PPO on one thread of torch, 256 games x 128 steps and ten epochs a rollout.

    Parameters
    ----------
    rollouts : int
        How many are timed, after a first one that is not.

    Returns
    -------
    list of (float, float)
        For each the seconds in all, and those inside the environment.
    """
    watched = Stopwatch(dilemma_vec_env(GAMES))
    model = PPO("MlpPolicy", watched, n_steps=STEPS, batch_size=MINIBATCH, seed=0, device="cpu")
    model.set_logger(Logger(None, []))  # else SB3 makes a folder of its own for scalars
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return [_time_rollout(model, watched) for _ in range(1 + rollouts)][1:]
    finally:
        torch.set_num_threads(threads)


def _time_rollout(model: PPO, watched: Stopwatch) -> tuple[float, float]:
    started, before = time.perf_counter(), watched.seconds
    model.learn(GAMES * STEPS, reset_num_timesteps=False)
    return time.perf_counter() - started, watched.seconds - before
