"""What is a memory worth to a learner? One budget, four ways to remember, one population of opponents.

Agents learn by PPO against twelve classic strategies that cannot be told apart, or beaten, by their last move alone.
All see joint moves and nothing else: the last one, the last eight, the last one and a body that has felt all of them
(`dynenvs_agents.reservoir.features`), or the last one and an LSTM that learns what to remember (RecurrentPPO).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from dynenvs.adapters.sb3 import sb3_vec_env
from dynenvs.core.errors import require_extra
from dynenvs.evaluation.statistics import Estimate, bootstrap
from dynenvs_agents.reservoir.features import ReservoirVecEnv

require_extra("sb3_contrib", "rl", "an LSTM to compare with")

import torch  # noqa: E402 - after the check that it is there
from sb3_contrib import RecurrentPPO  # noqa: E402
from stable_baselines3 import PPO  # noqa: E402
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper  # noqa: E402

__all__ = ["MEMORIES", "OPPONENTS", "Remembered", "compare_memories"]

ENV_ID = "dynenvs/RepeatedGame-v0"
OPPONENTS = (
    "tit_for_two_tats",
    "grudger",
    "alternator",
    "cycler_ccd",
    "bully",
    "always_cooperate",
    "alternator_hunter",
    "prober",
    "win_stay_lose_shift",
    "gradual",
    "handshake",
    "suspicious_tit_for_tat",
)
NOISE = 0.02
GAMES, UNITS = 128, 64
EVALUATION_SEED = 10**6
PPO_SETTINGS: dict[str, Any] = {
    "n_steps": 64,
    "batch_size": 1024,
    "n_epochs": 6,
    "learning_rate": 1e-3,
    "gamma": 0.98,
    "ent_coef": 0.01,
}

MEMORIES: dict[str, str] = {
    "last": "the last joint move",
    "stacked": "the last eight joint moves",
    "body": f"the last joint move and a body of {UNITS} neurons",
    "lstm": f"the last joint move and an LSTM of {UNITS} cells",
}
"""Ways to remember."""


@dataclass(frozen=True, kw_only=True)
class Remembered:
    """One way to remember.

    Attributes
    ----------
    memory : str
        A key of `MEMORIES`.
    payoffs : ndarray of float64, shape (trainings,)
        Points a round of each training, over games that no training has seen.
    seconds : float
        What a training takes, on average.
    """

    memory: str
    payoffs: NDArray[np.float64]
    seconds: float

    @property
    def estimate(self) -> Estimate:
        """Mean over the trainings, which are what is resampled."""
        return bootstrap(self.payoffs)


def compare_memories(
    steps: int = 300_000,
    trainings: int = 3,
    *,
    episodes: int = 2048,
    progress: Callable[[str], None] = lambda told: None,
) -> list[Remembered]:
    """Train an agent for each way to remember, each from several seeds.

    Parameters
    ----------
    steps : int
        Rounds that each training plays: the same for all.
    trainings : int
        Seeds of each.
    episodes : int
        Games by which each agent is measured: the same for all.
    progress : callable
        Told what is being trained.

    Returns
    -------
    list of Remembered
        In the order of `MEMORIES`.
    """
    found = []
    for memory in MEMORIES:
        payoffs, began = np.zeros(trainings), time.perf_counter()
        for seed in range(trainings):
            progress(f"training with {MEMORIES[memory]}, {seed + 1} of {trainings}")
            payoffs[seed] = _payoff(_trained(memory, steps, seed), memory, episodes)
        found.append(
            Remembered(memory=memory, payoffs=payoffs, seconds=(time.perf_counter() - began) / max(1, trainings))
        )
    return found


def _trained(memory: str, steps: int, seed: int) -> PPO | RecurrentPPO:
    torch.set_num_threads(1)
    env, settings = _games(memory, GAMES * 1000 * seed), {**PPO_SETTINGS, "seed": seed}
    if memory == "lstm":
        learner: PPO | RecurrentPPO = RecurrentPPO(
            "MlpLstmPolicy", env, policy_kwargs={"lstm_hidden_size": UNITS}, **settings
        )
    else:
        learner = PPO("MlpPolicy", env, **settings)
    return learner.learn(steps)


def _games(memory: str, seed: int) -> VecEnv:
    rounds = 8 if memory == "stacked" else 1
    env = sb3_vec_env(
        ENV_ID, num_games=GAMES, opponents=list(OPPONENTS), memory=rounds, execution_noise=NOISE, seed=seed
    )
    moves = _RecentMoves(env, 4 * rounds)
    return ReservoirVecEnv(moves, d=UNITS) if memory == "body" else moves


def _payoff(learner: PPO | RecurrentPPO, memory: str, episodes: int) -> float:
    """Mean points a round over games that are the same for all."""
    env = _games(memory, EVALUATION_SEED)
    observed: Any = env.reset()
    state, starts = None, np.ones(GAMES, bool)
    per_round: list[float] = []
    while len(per_round) < episodes:
        actions, state = learner.predict(observed, state=state, episode_start=starts)
        observed, _, starts, infos = env.step(actions)
        ended = [info["episode"] for info in infos if "episode" in info]
        per_round += [episode["r"] / episode["l"] for episode in ended]
    return float(np.mean(per_round))


class _RecentMoves(VecEnvWrapper):
    """Shows the first columns alone, the recent moves: no counts and no means, which are memories of their own."""

    def __init__(self, venv: VecEnv, columns: int) -> None:
        seen: Any = venv.observation_space
        self._columns = columns
        super().__init__(venv, spaces.Box(seen.low[:columns], seen.high[:columns]))

    def reset(self) -> Any:
        observed: Any = self.venv.reset()
        return observed[:, : self._columns]

    def step_wait(self) -> Any:
        observed: Any
        observed, rewards, dones, infos = self.venv.step_wait()
        for row in np.flatnonzero(dones):
            infos[row]["terminal_observation"] = infos[row]["terminal_observation"][: self._columns]
        return observed[:, : self._columns], rewards, dones, infos
