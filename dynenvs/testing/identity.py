"""Clauses about one game being the same game, however and wherever it is played."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynenvs import registration
from dynenvs.core.python_world import PythonWorld
from dynenvs.core.snapshots import named_arrays
from dynenvs.core.world import World
from dynenvs.testing.clauses import clause, require
from dynenvs.testing.play import SEEDS_FROM, going_on, lively_world, play_episodes, random_steps, replay

__all__ = [
    "a_game_plays_the_same_alone_and_in_a_crowd",
    "a_game_that_is_over_stays_as_it_is",
    "a_restored_snapshot_has_the_same_future",
    "an_episode_replays_from_its_record",
    "autoreset_modes_play_the_same_episodes",
    "the_same_seed_gives_the_same_game",
]

CROWD = 4096
PYTHON_CROWD = 64
CROWD_BYTES = 64 * 2**20
"""A crowd is smaller where its arrays would take more."""


@clause("deterministic")
def the_same_seed_gives_the_same_game(env_id: str, **params: Any) -> None:
    """Two worlds with the same seeds and actions hold the same bytes."""
    first, second = (lively_world(env_id, 4, params) for _ in range(2))
    for step, actions in enumerate(random_steps(first, 64)):
        second.step(actions)
        require(
            first.digest() == second.digest(),
            f"two worlds differ after step {step + 1} with the same seeds and actions",
            "draw from the game's own stream only (dynenvs.core.random, or PythonWorld.generator)",
        )


@clause("deterministic", "batched")
def a_game_plays_the_same_alone_and_in_a_crowd(env_id: str, **params: Any) -> None:
    """Game i of a batch of 4096 (fewer where they are wide) is bit for bit the single game with that seed."""
    crowd = lively_world(env_id, _crowd_size(env_id, params), params, autoreset="same_step")
    games = sorted({0, crowd.num_games // 3, crowd.num_games - 1})
    alone = [lively_world(env_id, 1, params, autoreset="same_step", first_seed=SEEDS_FROM + game) for game in games]
    for step, actions in enumerate(random_steps(crowd, 128)):
        for game, single in zip(games, alone, strict=True):
            single.step(actions[game : game + 1])
            require(
                single.digest(0) == crowd.digest(game),
                f"game {game} of {crowd.num_games} differs from the single game of its seed after step {step + 1}: "
                f"{_first_difference(single, 0, crowd, game)}",
                "let the rules of game i read and write row i of state and buffers only",
            )


@clause("deterministic")
def autoreset_modes_play_the_same_episodes(env_id: str, **params: Any) -> None:
    """Episodes are the same in all three autoreset modes, to the observation and return latched at their end."""
    played = {}
    for mode in ("disabled", "next_step", "same_step"):
        played[mode] = play_episodes(lively_world(env_id, 6, params, autoreset=mode))
    reference = played.pop("disabled")
    for mode, episodes in played.items():
        for key in reference.keys() & episodes.keys():
            pairs = zip(reference[key].moments, episodes[key].moments, strict=False)
            different = [step for step, (one, other) in enumerate(pairs) if one != other]
            require(
                not different,
                f"game {key[0]}, episode {key[1]} differs between 'disabled' and {mode!r} at step {different[:1]}",
                "begin each episode from the state that reset_one writes, and leave autoreset to the loop over games",
            )


@clause("deterministic")
def an_episode_replays_from_its_record(env_id: str, **params: Any) -> None:
    """Seed, episode index, parameters and actions are enough to play any episode of a run again, alone."""
    episodes = play_episodes(lively_world(env_id, 4, params, autoreset="same_step"))
    alone = lively_world(env_id, 1, params, autoreset="disabled")
    latest = sorted(episodes.values(), key=lambda one: (one.index, len(one.actions)))[-4:]
    for episode in latest:
        again = replay(alone, episode)
        different = [step for step, pair in enumerate(zip(again, episode.moments, strict=True)) if pair[0] != pair[1]]
        require(
            not different,
            f"episode {episode.index} of seed {episode.seed} differs from its record at step {different[:1]}",
            "reset everything that the rules read in reset_one, so that nothing of the last episode is left",
        )


@clause("deterministic", "supports_snapshot")
def a_restored_snapshot_has_the_same_future(env_id: str, **params: Any) -> None:
    """A snapshot, also one that was pickled, leads to the same future in this world and in one made alike."""
    world = lively_world(env_id, 6, params)
    for _ in random_steps(world, 70):
        pass
    snapshot = world.snapshot()
    now = world.digest()
    future = [(actions, world.digest()) for actions in random_steps(world, 70, key=1)]
    other = lively_world(env_id, 6, params, first_seed=0)
    for place, there, taken in (("it", world, snapshot), ("a new world", other, pickle.loads(pickle.dumps(snapshot)))):
        there.restore(taken)
        require(there.digest() == now, f"{place} restores to other bytes", "keep all state in the state's arrays")
        for step, (actions, digest) in enumerate(future):
            there.step(actions)
            require(
                there.digest() == digest,
                f"{place} has another future from step {step + 1} after the snapshot on",
                "keep everything that the rules read in the state's arrays (or set supports_snapshot = False)",
            )


@clause()
def a_game_that_is_over_stays_as_it_is(env_id: str, **params: Any) -> None:
    """In autoreset "disabled" a game that is over earns nothing more, and nothing else in it changes."""
    world = lively_world(env_id, 4, params, autoreset="disabled")
    for _ in random_steps(world, 2000):
        if not going_on(world).all():
            break
    over = np.flatnonzero(~going_on(world))
    kept = {name: array[over].copy() for name, array in named_arrays(world.state, world.buffers)}
    for name in ("buffers.rewards", "buffers.reward_terms"):
        kept[name][:] = 0.0
    for _ in random_steps(world, 3):
        for name, array in named_arrays(world.state, world.buffers):
            require(
                np.array_equal(array[over], kept[name], equal_nan=array.dtype.kind == "f"),
                f"{name} changes after the end of the game",
                "play a game only where open_step says PLAY",
            )


def _crowd_size(env_id: str, params: dict[str, Any]) -> int:
    """Return how many games fit into the memory for a crowd, with the random numbers that choose their actions."""
    single = registration.make_world(env_id, 1, **params)
    size = sum(array.nbytes for _, array in named_arrays(single.state, single.buffers))
    size += 8 * single.num_agents * max(1, single.layout.num_masks)
    most = PYTHON_CROWD if isinstance(single, PythonWorld) else CROWD
    return int(min(most, max(2, CROWD_BYTES // size)))


def _first_difference(one: World, row: int, other: World, game: int) -> str:
    """Name the first array in which two games differ."""
    mine, theirs = named_arrays(one.state, one.buffers), named_arrays(other.state, other.buffers)
    for (name, here), (_, there) in zip(mine, theirs, strict=True):
        if not _same_bytes(here[row], there[game]):
            return f"{name} is {str(here[row].tolist())[:80]} alone, {str(there[game].tolist())[:80]} in the crowd"
    return "their messages differ"


def _same_bytes(one: NDArray[Any], other: NDArray[Any]) -> bool:
    return np.ascontiguousarray(one).tobytes() == np.ascontiguousarray(other).tobytes()
