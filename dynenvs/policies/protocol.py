"""What a policy is: the one interface through which everything plays, from a table of four numbers to a language model.

Policies are batched: one call decides for all the rows, that is pairs of a game and a seat, which it plays and which act now.
A policy with a memory keeps it by game and seat.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dynenvs.core.seats import Seat
    from dynenvs.core.world import World

__all__ = ["Policy", "Turn", "turn_of"]


@dataclass(frozen=True)
class Turn:
    """What a policy is shown: one row for each seat of a game that it plays and that acts now.

    Attributes
    ----------
    games, agents : ndarray of int64, shape (rows,)
        Which game and which seat each row is.
    observations : ndarray of float32, shape (rows, widest observation)
        Vectors, padded with zeros beyond the row's role.
    grids : ndarray of uint8, shape (rows, height, width, channels)
        Grids; empty where the world has none.
    action_masks : ndarray of bool, shape (rows, M)
        True = legal, heads side by side.
    rewards : ndarray of float64, shape (rows,)
        What the last step brought each row's seat.
    seeds : ndarray of uint64, shape (rows,)
        Seeds of the games.
    episode_index : ndarray of int64, shape (rows,)
        With the seed, the identity of the episode.
    world : World
        The batch, for policies that read more than arrays (language models, people). To be looked at only.
    """

    games: NDArray[np.int64]
    agents: NDArray[np.int64]
    observations: NDArray[np.float32]
    grids: NDArray[np.uint8]
    action_masks: NDArray[np.bool_]
    rewards: NDArray[np.float64]
    seeds: NDArray[np.uint64]
    episode_index: NDArray[np.int64]
    world: World

    def __len__(self) -> int:
        return len(self.games)


@runtime_checkable
class Policy(Protocol):
    """Decides for the seats that it is given.

    Attributes
    ----------
    name : str
        How it is called in records and tables.
    seat : Seat
        What a seat table says for it: ``"external"`` for a policy that is asked through `act`, or the name
        of a background policy, which plays inside the kernel and is never asked.
    """

    name: str
    seat: Seat

    def digest(self) -> str:
        """Identify what decides (weights, tables, prompts): 16 hexadecimal digits."""
        ...

    def reset(self, world: World, games: NDArray[np.int64]) -> None:
        """Forget the past of these games: new episodes have begun there."""
        ...

    def act(self, turn: Turn) -> NDArray[Any]:
        """Decide.

        Parameters
        ----------
        turn : Turn
            The rows to decide for.

        Returns
        -------
        ndarray, shape (rows, heads), or (rows,) for one head
            int64 for discrete heads, float64 for continuous ones.
        """
        ...


def turn_of(world: World, rows: NDArray[np.bool_]) -> Turn:
    """Collect what a policy is shown.

    Parameters
    ----------
    world : World
        The batch.
    rows : ndarray of bool, shape (num_games, num_agents)
        Seats to decide for.

    Returns
    -------
    Turn
        With copies of the world's arrays, in order of games, then seats.
    """
    b = world.buffers
    games, agents = np.nonzero(rows)
    return Turn(
        games=games,
        agents=agents,
        observations=b.vector[games, agents],
        grids=b.grid[games, agents],
        action_masks=b.action_masks[games, agents],
        rewards=b.rewards[games, agents],
        seeds=b.seeds[games],
        episode_index=b.episode_index[games],
        world=world,
    )
