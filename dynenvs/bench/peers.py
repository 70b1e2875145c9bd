"""Environments and libraries that others wrote, as contenders, and the loops that play theirs and ours alike."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import gymnasium
import numpy as np
import pettingzoo

from dynenvs.bench.timing import Contender, Play
from dynenvs.core.errors import MissingExtra, require_extra
from dynenvs.envs.robust import TabularMDP, garnet

__all__ = [
    "AXELROD",
    "CART_POLE",
    "CART_POLE_SYNC",
    "CART_POLE_VECTOR",
    "EPISODE",
    "GET_AXELROD",
    "LINEAR_PROGRAMS",
    "NOISE",
    "OPPONENTS",
    "ROBUST_RADIUS",
    "ROCK_PAPER_SCISSORS",
    "TURNS",
    "answering",
    "peers",
    "play_games",
    "play_steps",
    "play_vectors",
    "robust_process",
]

AXELROD = "Axelrod, Match"
CART_POLE = "CartPole-v1, Env"
CART_POLE_VECTOR = "CartPole-v1, VectorEnv"
CART_POLE_SYNC = "CartPole-v1, SyncVectorEnv"
ROCK_PAPER_SCISSORS = "rps-v2, ParallelEnv"
LINEAR_PROGRAMS = "scipy, a linear program each"

OPPONENTS = ("tit_for_tat", "grudger", "always_cooperate", "always_defect", "win_stay_lose_shift")
"""Who plays the other seat, ours as well as the Axelrod library's."""
NOISE = 0.02
TURNS = 200  # of a match, the length of Axelrod's first tournament
EPISODE = 500  # steps of an episode of a single environment: those that CartPole-v1 has if the pole stays up

ROBUST_RADIUS = 0.1  # L1 distance

GET_AXELROD = "no Axelrod library, which needs an environment of its own: make bench, or --peers-python PATH"


def peers(peers_python: str | None) -> tuple[Contender, ...]:
    """List the contenders.

    Parameters
    ----------
    peers_python : str or None
        The interpreter of an environment in which the Axelrod library is installed.
    """
    return (
        Contender(name=AXELROD, open=_axelrod(peers_python), unit="turns"),
        Contender(name=CART_POLE, open=_cart_pole),
        Contender(name=CART_POLE_VECTOR, open=_cart_poles("vector_entry_point", 1024), games=1024),
        Contender(name=CART_POLE_SYNC, open=_cart_poles("sync", 1024), games=1024),
        Contender(name=ROCK_PAPER_SCISSORS, open=_rock_paper_scissors),
        Contender(name=LINEAR_PROGRAMS, open=_linear_programs, unit="backups"),
    )


def play_steps(env: gymnasium.Env[Any, Any], actions: Sequence[int]) -> Play:
    """Play the same actions again and again, each time from a reset with the same seed."""

    def play() -> int:
        env.reset(seed=0)
        for action in actions:
            _, _, terminated, truncated, _ = env.step(action)
            if terminated or truncated:
                env.reset()
        return len(actions)

    return play


def play_vectors(envs: gymnasium.vector.VectorEnv[Any, Any, Any]) -> Play:
    """Play eight vectors of actions, drawn beforehand, again and again."""
    envs.reset(seed=0)
    moves = np.random.default_rng(0).integers(2, size=(8, envs.num_envs))

    def play() -> int:
        for actions in moves:
            envs.step(actions)
        return moves.size

    return play


def play_games(env: pettingzoo.ParallelEnv[Any, Any, Any]) -> Play:
    """Play whole games of two players, with 150 joint moves drawn beforehand."""
    env.reset(seed=0)
    drawn = np.random.default_rng(0).integers(3, size=(150, 2)).tolist()
    moves = [dict(zip(env.possible_agents, joint, strict=True)) for joint in drawn]

    def play() -> int:
        env.reset(seed=0)
        for actions in moves:
            env.step(actions)
            if not env.agents:
                env.reset()
        return 2 * len(moves)

    return play


@contextmanager
def _cart_pole() -> Iterator[Play]:
    env = gymnasium.make("CartPole-v1")
    yield play_steps(env, _balancing_actions(env))
    env.close()


def _balancing_actions(env: gymnasium.Env[Any, Any]) -> list[int]:
    """Return what keeps the pole up from the start of seed 0, so that resets weigh as little as in our episodes."""
    observation, _ = env.reset(seed=0)
    actions: list[int] = []
    while len(actions) < EPISODE:
        actions.append(int(observation @ (0.1, 0.3, 1.0, 1.0) > 0))
        observation, _, _, _, _ = env.step(actions[-1])
    return actions


def _cart_poles(mode: str, number: int) -> Callable[[], Any]:
    @contextmanager
    def opened() -> Iterator[Play]:
        envs = gymnasium.make_vec("CartPole-v1", num_envs=number, vectorization_mode=mode)
        yield play_vectors(envs)
        envs.close()

    return opened


@contextmanager
def _rock_paper_scissors() -> Iterator[Play]:
    require_extra("pygame", "render", "PettingZoo's rock paper scissors")
    env: Any = pettingzoo.make("parallel", "classic/rps-v2")
    yield play_games(env)
    env.close()


def robust_process() -> TabularMDP:
    """Make the process of robust value iteration: 100 states, 5 actions, five next states each."""
    return garnet(100, 5, 5, seed=0)


@contextmanager
def _linear_programs() -> Iterator[Play]:
    """Look for the worst transitions of a state and action by a linear program: which mass comes, which goes."""
    require_extra("scipy", "eval", "linear programs")
    from scipy.optimize import linprog

    mdp = robust_process()
    S, values = mdp.num_states, np.random.default_rng(0).random(mdp.num_states)
    distance, balance = np.ones((1, 2 * S)), np.repeat([1.0, -1.0], S)[None]
    coming = [(0.0, 1.0)] * S

    def play() -> int:
        for action in range(mdp.num_actions):
            p = mdp.P[0, action]
            z = mdp.R[0, action] + mdp.gamma * values
            bounds = [*coming, *((0.0, share) for share in p.tolist())]
            cost = np.concatenate([z, -z])
            linprog(cost, A_ub=distance, b_ub=[ROBUST_RADIUS], A_eq=balance, b_eq=[0.0], bounds=bounds, method="highs")
        return mdp.num_actions

    yield play


def _axelrod(python: str | None) -> Callable[[], Any]:
    """Let another interpreter play matches."""
    from dynenvs.envs.games.background import strategy

    names = [str(strategy(name).axelrod_name) for name in OPPONENTS]
    script = Path(__file__).with_name("axelrod_matches.py")
    return answering(python, script, [str(TURNS), str(NOISE), *names], GET_AXELROD)


def answering(python: str | None, script: Path, arguments: Sequence[str], missing: str) -> Callable[[], Any]:
    """Let a script of another interpreter play on, whenever it gets a line, and say how many units that were.

    Parameters
    ----------
    python : str or None
        The interpreter.
    script : Path
        Says that it is ready, and then answers every line with a number.
    arguments : sequence of str
        Of the script.
    missing : str
        What to say if there is no interpreter, or it has not what the script needs.
    """

    @contextmanager
    def opened() -> Iterator[Play]:
        if python is None:
            raise MissingExtra(missing)
        command = [python, str(script), *arguments]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            requests, answers = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)
            if not answers.readline():
                raise MissingExtra(f"{python}: {missing}")

            def play() -> int:
                requests.write("play\n")
                requests.flush()
                return int(answers.readline())

            yield play

    return opened
