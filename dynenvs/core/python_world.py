"""Worlds whose inside is Python: a physics engine, a benchmark of tools, anything that no kernel can hold.

They keep the contract of `World`, and the same compiled rules begin and end their steps, so that seeds, autoreset,
returns and what is latched at an episode's end mean the same. What they may lack they say in flags.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.buffers import PLAY, RESTART, Buffers, close_step, open_step, start_episode
from dynenvs.core.jit import kernel
from dynenvs.core.world import World

__all__ = ["NoState", "PythonWorld"]

_RULES_STREAM = 2**64 - 2
"""Second word of the key of the rules' generators."""


class NoState(NamedTuple):
    """State of a world that keeps it outside of arrays."""


class PythonWorld(World):
    """A batch of games that are played one after another, in Python.

    A family implements `reset_game` and `step_game`, which write into ``self.buffers`` what kernels would write there:
    reward terms, ends (`end_game`), whose turn it is, masks and observations. What it keeps in ``self.state`` is in
    snapshots and digests; where that is all that decides the future, it sets `supports_snapshot`.
    """

    supports_snapshot: ClassVar[bool] = False

    @abstractmethod
    def reset_game(self, game: int, rng: np.random.Generator) -> None:
        """Set up a new episode of a game and write what its players observe.

        Parameters
        ----------
        game : int
            Which game; its episode has begun in the buffers: all are alive and act, and seats are drawn.
        rng : numpy.random.Generator
            Randomness for this, see `generator`.
        """

    @abstractmethod
    def step_game(self, game: int, actions: NDArray[Any]) -> None:
        """Play one step of a game, and write what it brings and what its players observe then.

        Parameters
        ----------
        game : int
            Which game.
        actions : ndarray, shape (num_agents, heads)
            Legal where a seat acts and no background policy plays it; to be ignored elsewhere.
        """

    def make_state(self, num_games: int) -> Any:
        """Allocate the state; by default there is none in arrays."""
        return NoState()

    def write_params(self, params: Any, games: NDArray[np.int64]) -> None:
        """Parameters are read from ``self.game_params``; a family that keeps them in the state writes them here."""

    def generator(self, game: int) -> np.random.Generator:
        """Make randomness that depends on the game's seed, its episode and the calls before in it alone.

        Returns
        -------
        numpy.random.Generator
            Philox4x64, whose key is the seed; every call gives the next stream.
        """
        b = self.buffers
        counter = np.array([0, b.draws[game], b.episode_index[game], 0], np.uint64)
        b.draws[game] += np.uint64(1)
        key = np.array([b.seeds[game], _RULES_STREAM], np.uint64)
        return np.random.Generator(np.random.Philox(counter=counter, key=key))

    def end_game(self, game: int, reason: str, *, truncated: bool = False) -> None:
        """End the episode of all living players of a game, by the rules or (`truncated`) by us.

        Parameters
        ----------
        game : int
            Which game.
        reason : str
            One of ``layout.end_reasons``.
        truncated : bool
            Whether it was stopped from outside.
        """
        b, living = self.buffers, self.buffers.alive[game]
        b.terminations[game, living] = not truncated
        b.truncations[game, living] = truncated
        b.end_reason[game, living] = self.layout.end_reasons.index(reason)

    def _advance(self, actions: NDArray[Any]) -> None:
        """Play the waiting phase of every game, in the caller's thread."""
        b = self.buffers
        for game in range(self.num_games):
            phase = _open_game(b, game)
            if phase == PLAY:
                self.step_game(game, actions[game])
                phase = _close_game(b, game)
            if phase == RESTART:
                _start_game(b, game)
                self.reset_game(game, self.generator(game))


@kernel
def _open_game(b: Buffers, i: int) -> int:
    return open_step(b, i)


@kernel
def _close_game(b: Buffers, i: int) -> int:
    return close_step(b, i)


@kernel
def _start_game(b: Buffers, i: int) -> None:
    start_episode(b, i)
