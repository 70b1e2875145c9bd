"""Seeded play for the clauses: random steps of a batch, and whole episodes written down moment by moment."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynenvs import registration
from dynenvs.core.errors import ParameterError
from dynenvs.core.snapshots import add_rows, shown_rows
from dynenvs.core.world import World
from dynenvs.policies import RandomPolicy, turn_of

__all__ = ["Episode", "going_on", "lively_world", "play_digest", "play_episodes", "random_steps", "replay"]

SEEDS_FROM = 1000

_BEGINNING = ("vector", "grid", "action_masks", "global_state", "alive", "acting", "seats")
_STEP = ("reward_terms", "rewards", "terminations", "truncations", "end_reason")
_TOTALS = ("episode_returns", "episode_lengths")
_FINAL = ("final_vector", "final_grid", "final_returns", "final_lengths", "final_seats")


@dataclass
class Episode:
    """One episode as it was played.

    Attributes
    ----------
    game : int
        Its game in the batch.
    seed, index : int
        Its identity.
    actions : list of ndarray, shape (num_agents, heads)
        What was played, step by step.
    moments : list of str
        Hashes of all that could be seen: at the beginning, and after each step.
    over : bool
        Whether it has ended.
    """

    game: int
    seed: int
    index: int
    actions: list[NDArray[Any]] = field(default_factory=list)
    moments: list[str] = field(default_factory=list)
    over: bool = False


def lively_world(
    env_id: str,
    num_games: int,
    params: Mapping[str, Any],
    *,
    autoreset: str = "next_step",
    threads: int | None = None,
    first_seed: int = SEEDS_FROM,
) -> World:
    """Start a world in which background policies, if it has any, take about half of the seats in every episode.

    Parameters
    ----------
    env_id, params
        The environment.
    num_games : int
        Games; a world that is not batched gets one.
    autoreset, threads
        As in `dynenvs.make_world`.
    first_seed : int
        Game i gets the seed ``first_seed + i``.

    Returns
    -------
    World
        After its first reset.
    """
    if not registration.world_type(env_id).batched:
        num_games = 1
    world = registration.make_world(env_id, num_games, autoreset=autoreset, threads=threads, **params)
    names = world.background_policies()
    if names:
        seat = [*names, *["external"] * len(names)]
        with contextlib.suppress(ParameterError):  # these parameters leave no room for background policies
            world.set_seats([seat] * world.num_agents)
    world.reset(first_seed)
    return world


def going_on(world: World) -> NDArray[np.bool_]:
    """Tell which games are not over, shape (num_games,)."""
    return np.asarray(world.buffers.alive.any(axis=1))


def random_steps(world: World, steps: int, key: int = 0) -> Iterator[NDArray[Any]]:
    """Play uniformly random legal actions, and yield them after each step."""
    rng = np.random.Generator(np.random.Philox(key=key))
    for _ in range(steps):
        actions = world.sample_actions(rng)
        world.step(actions)
        yield actions


def play_digest(env_id: str, *, threads: int | None = None, **params: Any) -> str:
    """Hash all that happens in some seeded games: equal wherever and however it is computed."""
    world = lively_world(env_id, 12, params, threads=threads)
    digest = hashlib.sha256(world.digest().encode())
    for _ in random_steps(world, 64):
        digest.update(world.digest().encode())
    return digest.hexdigest()


def play_episodes(world: World, *, finished: int = 2, most_steps: int = 400) -> dict[tuple[int, int], Episode]:
    """Let `RandomPolicy` play all seats outside the kernel, whose moves depend on nothing but the episode and the step.

    Parameters
    ----------
    world : World
        In any autoreset mode; where that is ``"disabled"`` games that are over are reset at once.
    finished : int
        Stop when every game has finished so many episodes.
    most_steps : int
        Stop at the latest then.

    Returns
    -------
    dict of (int, int) to Episode
        By game and index.
    """
    b, policy = world.buffers, RandomPolicy()
    running = [_begin(world, game) for game in range(world.num_games)]
    episodes = {(one.game, one.index): one for one in running}
    for _ in range(most_steps):
        was_on, index = going_on(world), b.episode_index.copy()
        actions = _ask(world, policy)
        world.step(actions)
        for episode in running:
            if was_on[episode.game]:
                _write_down(world, episode, actions)
        if world.autoreset == "disabled":
            world.reset(which=~going_on(world))
        for game in np.flatnonzero(b.episode_index != index):
            running[game] = episodes[int(game), int(b.episode_index[game])] = _begin(world, int(game))
        if b.episode_index.min() >= finished:
            break
    return episodes


def replay(world: World, episode: Episode) -> list[str]:
    """Play an episode again in a world of one game, and return its moments.

    Parameters
    ----------
    world : World
        Of one game, with ``autoreset="disabled"``.
    episode : Episode
        Whose seed, index and actions to use.
    """
    world.reset([episode.seed], episodes=[episode.index])
    again = _begin(world, 0)
    for actions in episode.actions:
        world.step(actions[None])
        _write_down(world, again, actions[None])
    return again.moments


def _ask(world: World, policy: RandomPolicy) -> NDArray[Any]:
    b, actions = world.buffers, np.zeros_like(world.idle_actions)
    turn = turn_of(world, b.acting & (b.seats < 0))
    if len(turn):
        actions[turn.games, turn.agents] = policy.act(turn).reshape(len(turn), -1)
    return actions


def _begin(world: World, game: int) -> Episode:
    b = world.buffers
    episode = Episode(game, int(b.seeds[game]), int(b.episode_index[game]))
    episode.moments.append(_hash(world, game, _BEGINNING))
    return episode


def _write_down(world: World, episode: Episode, actions: NDArray[Any]) -> None:
    """Add a step: what a same-step autoreset may have overwritten is taken from where the end was latched."""
    b, game = world.buffers, episode.game
    episode.actions.append(actions[game].copy())
    episode.over = bool(b.episode_index[game] != episode.index or not b.alive[game].any())
    shown = (*_STEP, *_FINAL) if episode.over else (*_STEP, *_BEGINNING, *_TOTALS)
    episode.moments.append(_hash(world, game, shown))


def _hash(world: World, game: int, names: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    add_rows(digest, shown_rows(world.buffers, game, names))
    return digest.hexdigest()
