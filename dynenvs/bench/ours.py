"""Our worlds and adapters, as contenders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gymnasium
import numpy as np
import pettingzoo

from dynenvs import registration
from dynenvs.bench.peers import (
    AXELROD,
    CART_POLE,
    CART_POLE_VECTOR,
    EPISODE,
    LINEAR_PROGRAMS,
    NOISE,
    OPPONENTS,
    ROBUST_RADIUS,
    ROCK_PAPER_SCISSORS,
    TURNS,
    play_games,
    play_steps,
    play_vectors,
    robust_process,
)
from dynenvs.bench.timing import Contender, Play
from dynenvs.core.seats import Seat
from dynenvs.envs.robust import solve

__all__ = ["BATCH", "CART_POLES", "DAYS", "OURS", "ROBUST_ITERATION", "SINGLE", "dilemma_vec_env"]

DILEMMA, PUBLIC_GOODS, WARGAME = "dynenvs/RepeatedGame-v0", "dynenvs/PublicGoods-v0", "dynenvs/Escalation-v0"
ROBUST_CART_POLE = "dynenvs/RobustCartPole-v0"
BATCH = "RepeatedGame, batch"
CART_POLES = "RobustCartPole, VectorEnv"
DAYS = "Escalation, batch"
ROBUST_ITERATION = "robust value iteration, L1"
SINGLE = "RepeatedGame, Env"
LARGE_BATCH = "RepeatedGame, large batch"

Open = Callable[[], Any]


def batch(
    env_id: str, games: int, seats: list[Seat], threads: int = 1, *, by_game: bool = False, **params: Any
) -> Open:
    """Step the world itself, with moves drawn beforehand; observations are written, games that are over begin anew.

    Steps of all learning seats are counted, or (`by_game`) those of games.
    """

    @contextmanager
    def opened() -> Iterator[Play]:
        world = registration.make_world(env_id, games, seats=seats, autoreset="same_step", threads=threads, **params)
        world.reset(0)
        rng = np.random.default_rng(0)
        moves = [world.sample_actions(rng) for _ in range(8)]
        moving = games if by_game else games * seats.count("external")

        def play() -> int:
            for actions in moves:
                world.step(actions)
            return len(moves) * moving

        yield play

    return opened


@contextmanager
def single_env() -> Iterator[Play]:
    """Play one seat of one game, made as any Gymnasium environment is."""
    env = gymnasium.make(DILEMMA, background=list(OPPONENTS), execution_noise=NOISE, horizon=EPISODE)
    yield play_steps(env, np.random.default_rng(0).integers(2, size=EPISODE).tolist())
    env.close()


def vector_env(games: int) -> Open:
    """Play one seat in many games, made as any Gymnasium vector environment is."""

    @contextmanager
    def opened() -> Iterator[Play]:
        envs = gymnasium.make_vec(
            DILEMMA, num_envs=games, background=list(OPPONENTS), execution_noise=NOISE, horizon=TURNS
        )
        yield play_vectors(envs)
        envs.close()

    return opened


def cart_poles(games: int) -> Open:
    """Balance as many poles, each of its own mass and length and pushed with its own force."""

    @contextmanager
    def opened() -> Iterator[Play]:
        envs = gymnasium.make_vec(ROBUST_CART_POLE, num_envs=games)
        points = registration.make_params(ROBUST_CART_POLE).param_set
        physics = points.columns(points.sample(np.random.default_rng(0), games))
        envs.reset(seed=0, options={"params": physics})
        yield play_vectors(envs)
        envs.close()

    return opened


@contextmanager
def parallel_env() -> Iterator[Play]:
    """Play both seats of PettingZoo's own game through PettingZoo, fifteen rounds a game as there."""
    env: Any = pettingzoo.make("parallel", DILEMMA, game="rock_paper_scissors", horizon=15)
    yield play_games(env)
    env.close()


def dilemma_vec_env(games: int) -> Any:
    """Make the Stable-Baselines3 environment that is measured alone and in training.

    Raises
    ------
    MissingExtra
        If Stable-Baselines3 is not installed.
    """
    from dynenvs.adapters.sb3 import sb3_vec_env

    seats = ["external", OPPONENTS]
    return sb3_vec_env(DILEMMA, games, seats=seats, threads=1, execution_noise=NOISE, horizon=TURNS)


def vec_env(games: int) -> Open:
    """Play one seat in many games, as Stable-Baselines3 does."""

    @contextmanager
    def opened() -> Iterator[Play]:
        envs = dilemma_vec_env(games)
        envs.reset()
        moves = np.random.default_rng(0).integers(2, size=(8, games))

        def play() -> int:
            for actions in moves:
                envs.step(actions)
            return moves.size

        yield play
        envs.close()

    return opened


def dilemma(games: int, threads: int = 1) -> Open:
    """Play the noisy prisoner's dilemma, one learning seat against the built-in opponents, in a batch."""
    return batch(DILEMMA, games, ["external", OPPONENTS], threads, execution_noise=NOISE, horizon=TURNS)


@contextmanager
def robust_iteration() -> Iterator[Play]:
    """Sweep over all states and actions of a process against the worst transitions of each."""
    mdp = robust_process()

    def play() -> int:
        return solve(mdp, "l1", ROBUST_RADIUS, max_sweeps=20).sweeps * mdp.num_states * mdp.num_actions

    yield play


OURS = (
    Contender(name=BATCH, open=dilemma(1024), games=1024, unit="turns", peer=AXELROD),
    Contender(name=LARGE_BATCH, open=dilemma(65_536), games=65_536, unit="turns"),
    Contender(
        name="RepeatedGame, two threads",
        open=dilemma(65_536, threads=2),
        games=65_536,
        threads=2,
        unit="turns",
        peer=LARGE_BATCH,
    ),
    Contender(
        name="PublicGoods, batch",
        open=batch(PUBLIC_GOODS, 1024, ["external"] * 4),
        games=1024,
    ),
    Contender(
        name=DAYS,
        open=batch(WARGAME, 1024, ["external"] * 8, by_game=True),
        games=1024,
        unit="days",
    ),
    Contender(name=SINGLE, open=single_env, peer=CART_POLE),
    Contender(name="RepeatedGame, VectorEnv", open=vector_env(1024), games=1024, peer=CART_POLE_VECTOR),
    Contender(name=CART_POLES, open=cart_poles(1024), games=1024, peer=CART_POLE_VECTOR),
    Contender(name="RepeatedGame, ParallelEnv", open=parallel_env, peer=ROCK_PAPER_SCISSORS),
    Contender(name="RepeatedGame, SB3 VecEnv", open=vec_env(256), games=256),
    Contender(name=ROBUST_ITERATION, open=robust_iteration, unit="backups", peer=LINEAR_PROGRAMS),
)
"""All of them; what they are compared with is in `dynenvs.bench.peers`."""
