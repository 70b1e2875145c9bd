"""Policies that need nothing but dynenvs: chance, and whatever plays inside the kernel."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.errors import LifecycleError
from dynenvs.core.seats import Seat
from dynenvs.core.world import World
from dynenvs.policies.protocol import Turn

__all__ = ["BackgroundPolicy", "RandomPolicy", "draw_legal"]


class BackgroundPolicy:
    """A background policy of the family, played inside the kernel.

    Parameters
    ----------
    name : str
        Its name, e.g. ``"tit_for_tat"``.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.seat: Seat = name

    def digest(self) -> str:
        """Hash its name: its definition is part of the rules, whose digest is recorded too."""
        return hashlib.sha256(f"background:{self.name}".encode()).hexdigest()[:16]

    def reset(self, world: World, games: NDArray[np.int64]) -> None:
        """Nothing to do: the kernel forgets by itself."""

    def act(self, turn: Turn) -> NDArray[Any]:
        """Refuse: the kernel plays it.

        Raises
        ------
        LifecycleError
            Always; give its `seat` to the world's seat table instead.
        """
        raise LifecycleError(f"{self.name!r} plays inside the kernel: put its name into the world's seat table")


class RandomPolicy:
    """Draws uniformly among the legal actions.

    The draws of a seat depend on its game's seed, the episode and the step alone: it plays the same in any batch.

    Parameters
    ----------
    name : str
        How it is called.
    """

    def __init__(self, name: str = "random_legal") -> None:
        self.name = name
        self.seat: Seat = "external"

    def digest(self) -> str:
        """Hash what it is."""
        return hashlib.sha256(b"uniform among legal actions, Philox by seed, episode, step and seat").hexdigest()[:16]

    def reset(self, world: World, games: NDArray[np.int64]) -> None:
        """Nothing to forget."""

    def act(self, turn: Turn) -> NDArray[Any]:
        """Draw one action a row."""
        world, layout = turn.world, turn.world.layout
        actions = np.zeros((len(turn), layout.num_heads), np.int64 if layout.is_discrete else np.float64)
        for row, (game, agent) in enumerate(zip(turn.games.tolist(), turn.agents.tolist(), strict=True)):
            drawn = draw_legal(world, game, agent)
            actions[row, : len(drawn)] = drawn
        return actions


def draw_legal(world: World, game: int, agent: int) -> NDArray[Any]:
    """Draw uniformly among the actions that are legal for a seat now, from a stream of the game's own.

    Parameters
    ----------
    world : World
        The batch; nothing in it changes.
    game, agent : int
        The seat.

    Returns
    -------
    ndarray, shape (heads of the role,)
        int64 options or float64 values. The same whenever it is asked in this step.
    """
    rng = _generator(world, game, agent)
    role = world.layout.roles[agent].actions
    if not role.is_discrete:
        low, high = role.bounds()
        return low + (high - low) * rng.random(len(low))
    mask = world.buffers.action_masks[game, agent]
    return np.array([rng.choice(np.flatnonzero(mask[columns])) for columns in role.mask_slices.values()], np.int64)


def _generator(world: World, game: int, agent: int) -> np.random.Generator:
    b = world.buffers
    counter = np.array([0, b.episode_lengths[game], b.episode_index[game], agent], np.uint64)
    key = np.array([b.seeds[game], 2**64 - 1], np.uint64)  # a stream beside that of the rules
    return np.random.Generator(np.random.Philox(counter=counter, key=key))
