"""What a policy is: the interface through which everything plays, from a table of four numbers to a language model.

Policies are batched: one call decides for all the rows, that is pairs of a game and a seat, that it plays and that
act now.
A policy with a memory keeps it by game and seat.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.replies import Letter

if TYPE_CHECKING:
    from dynenvs.core.seats import Seat
    from dynenvs.core.world import World

__all__ = ["PatientPolicy", "Policy", "Remark", "ReportingPolicy", "Turn", "turn_of"]


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


@runtime_checkable
class PatientPolicy(Policy, Protocol):
    """Waits for something outside this process, such as a server: games that it plays go on at their own pace.

    Attributes
    ----------
    concurrency : int
        Games that it can decide for at the same time, at least 1.
    """

    concurrency: int

    async def aact(self, turn: Turn) -> NDArray[Any]:
        """Decide, as `act` does, while others go on.

        Raises
        ------
        Interrupted
            If an episode cannot go on.
        """
        ...


@dataclass(frozen=True)
class Remark:
    """What comes with a decision, beside the action.

    Attributes
    ----------
    message : str
        What is said to the other seats, who read it in the next step; empty for nothing.
    notes : dict
        For transcripts, as JSON can write it: what was asked and answered, say. Nobody in the game sees it.
    letters : tuple of Letter
        What else is said, each to some of the seats or to all, where the world's replies hold words.
    """

    message: str = ""
    notes: dict[str, Any] = field(default_factory=dict)
    letters: tuple[Letter, ...] = ()

    @property
    def said(self) -> tuple[Letter, ...]:
        """All that is said, in the order in which it is sent."""
        return (*((Letter(self.message),) if self.message else ()), *self.letters)


@runtime_checkable
class ReportingPolicy(Policy, Protocol):
    """Has more to tell than its actions."""

    def about(self) -> dict[str, Any]:
        """Describe what decides, as JSON can write it, for the head of a transcript."""
        ...

    def versions(self) -> dict[str, str]:
        """Name versions and hashes of what is used, for the record of an episode."""
        ...

    def remark(self, game: int, agent: int) -> Remark:
        """Return what came with the last decision for a seat."""
        ...

    def counts(self, game: int, agent: int) -> dict[str, float]:
        """Count what a seat did and used in the running episode, by name; 0 is true of a policy that counts nothing."""
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
