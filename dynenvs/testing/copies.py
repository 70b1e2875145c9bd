"""The clause about copies: of the world, and of the environments that every adapter makes of it."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AutoresetMode

import dynenvs
from dynenvs import registration
from dynenvs.adapters.gymnasium import SeatEnv, SeatVectorEnv
from dynenvs.adapters.pettingzoo import WorldAECEnv, WorldParallelEnv
from dynenvs.core.errors import ParameterError
from dynenvs.core.world import World
from dynenvs.testing.clauses import clause, require
from dynenvs.testing.play import lively_world, random_steps

__all__ = ["copies_go_on_identically", "seat_options"]

BEFORE, AFTER = 5, 130


@clause("deterministic", "supports_snapshot")
def copies_go_on_identically(env_id: str, **params: Any) -> None:
    """Deep copies and pickles of the world, and of the environments of all adapters, go on exactly as the original."""
    for name, play, env in _started(env_id, params):
        list(play(env, BEFORE))
        copies = {"a deep copy": copy.deepcopy(env), "a pickle": pickle.loads(pickle.dumps(env))}
        future = list(play(env, AFTER))
        for how, other in copies.items():
            for step, (one, again) in enumerate(zip(future, play(other, AFTER), strict=True)):
                require(
                    data_equivalence(one, again),
                    f"{how} of {name} differs from the original {step + 1} steps later",
                    "keep all state in the state's arrays",
                )


def seat_options(env_id: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return options of a `SeatEnv`, with someone beside the seat where its record names nobody who can play this."""
    try:
        SeatEnv(env_id, **params)
    except ParameterError:
        return {"background": "random_legal", **params}
    return dict(params)


def _started(env_id: str, params: Mapping[str, Any]) -> Iterator[tuple[str, Callable[[Any, int], Iterator[Any]], Any]]:
    """Yield a name, a way to play, and a started environment, one an adapter."""
    yield "the world", _play_world, lively_world(env_id, 3, params)
    seat = seat_options(env_id, params)
    for name, play, env in (
        ("SeatEnv", _play_env, SeatEnv(env_id, **seat)),
        ("WorldParallelEnv", _play_parallel, WorldParallelEnv(env_id, **params)),
        ("WorldAECEnv", _play_aec, WorldAECEnv(env_id, **params)),
    ):
        env.reset(seed=1)
        _seed_spaces(env)
        yield name, play, env
    if not registration.world_type(env_id).batched:
        return
    for mode in AutoresetMode:
        vector = SeatVectorEnv(env_id, 3, autoreset_mode=mode, **seat)
        vector.reset(seed=1)
        vector.action_space.seed(1)
        yield f"SeatVectorEnv in mode {mode.value!r}", _play_vector, vector
    if find_spec("stable_baselines3") is not None:
        alone = registration.make_world(env_id, **params).num_agents == 1
        rows = dynenvs.sb3_vec_env(env_id, 3, opponents=() if alone else ("random_legal",), **params)
        rows.reset()
        yield "SB3's SeatVecEnv", _play_rows, rows


def _seed_spaces(env: Any) -> None:
    for number, space in enumerate(
        [env.action_space] if isinstance(env, gymnasium.Env) else env.action_spaces.values()
    ):
        space.seed(number)


def _play_world(world: World, steps: int) -> Iterator[Any]:
    for _ in random_steps(world, steps):
        yield world.digest()


def _play_env(env: SeatEnv, steps: int) -> Iterator[Any]:
    for _ in range(steps):
        outcome = env.step(env.action_space.sample())
        yield outcome
        if outcome[2] or outcome[3]:
            yield env.reset()


def _play_vector(env: SeatVectorEnv, steps: int) -> Iterator[Any]:
    for _ in range(steps):
        outcome = env.step(env.action_space.sample())
        yield outcome
        over = outcome[2] | outcome[3]
        if env.metadata["autoreset_mode"] == AutoresetMode.DISABLED and over.any():
            yield env.reset(options={"reset_mask": over})


def _play_parallel(env: WorldParallelEnv, steps: int) -> Iterator[Any]:
    for _ in range(steps):
        if not env.agents:
            yield env.reset()
        yield env.step({agent: env.action_space(agent).sample() for agent in env.agents})


def _play_aec(env: WorldAECEnv, steps: int) -> Iterator[Any]:
    for _ in range(steps):
        if not env.agents:
            env.reset()
        seen = env.last()
        yield env.agent_selection, seen
        env.step(None if seen[2] or seen[3] else env.action_space(env.agent_selection).sample())


def _play_rows(env: Any, steps: int) -> Iterator[Any]:
    rng = np.random.Generator(np.random.Philox(key=5))
    for _ in range(steps):
        actions = env.world.sample_actions(rng).reshape(env.world.idle_actions.shape)
        chosen = actions[:, 0, : len(env.role.actions.heads)].reshape(env.num_envs, *env.action_space.shape)
        yield env.step(chosen.astype(env.action_space.dtype))  # a seat may choose where another one steers
