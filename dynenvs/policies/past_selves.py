"""A pool of past selves: the opponent that keeps a learner from forgetting how it was beaten."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.checks import check_integer
from dynenvs.core.errors import LifecycleError
from dynenvs.core.seats import Seat
from dynenvs.core.world import World
from dynenvs.policies.protocol import Policy, Turn
from dynenvs.policies.sampling import episode_uniforms

__all__ = ["PastSelves"]


class PastSelves:
    """Plays each game as one of several policies, drawn anew at every episode, while new ones are added.

    Parameters
    ----------
    size : int
        Policies to draw from: the newest ones, at least 1. A game under way keeps its opponent.
    name : str
        How it is called.

    Attributes
    ----------
    selves : dict of int to Policy
        Those that can be drawn or are still playing, by the number under which they were added.
    num_added : int
        How many were ever added.
    """

    def __init__(self, size: int = 8, name: str = "past_selves") -> None:
        check_integer("size", size, 1)
        self.size = size
        self.name = name
        self.seat: Seat = "external"
        self.selves: dict[int, Policy] = {}
        self.num_added = 0
        self._playing = np.full(0, -1)  # who plays each game, by number; -1 = not drawn yet

    def add(self, policy: Policy) -> None:
        """Add a policy that plays outside the kernel, such as a frozen copy of the learner."""
        self.selves[self.num_added] = policy
        self.num_added += 1
        kept = {*self._drawable(), *self._playing.tolist()}
        self.selves = {number: policy for number, policy in self.selves.items() if number in kept}

    def digest(self) -> str:
        """Hash who is in the pool."""
        members = ",".join(policy.digest() for policy in self.selves.values())
        return hashlib.sha256(f"past selves:{self.size}:{members}".encode()).hexdigest()[:16]

    def reset(self, world: World, games: NDArray[np.int64]) -> None:
        """Forget these games; who plays them is drawn at their first turn."""
        if len(self._playing) != world.num_games:
            self._playing = np.full(world.num_games, -1)
        self._playing[games] = -1

    def act(self, turn: Turn) -> NDArray[Any]:
        """Let each row's past self decide.

        Raises
        ------
        LifecycleError
            If no policy was added yet.
        """
        self._draw(turn)
        playing = self._playing[turn.games]
        actions: NDArray[Any] = np.zeros((len(turn), turn.world.layout.num_heads), turn.world.idle_actions.dtype)
        for number in np.unique(playing):
            rows = np.flatnonzero(playing == number)
            actions[rows] = np.asarray(self.selves[number].act(_some_rows(turn, rows))).reshape(len(rows), -1)
        return actions

    def _drawable(self) -> range:
        return range(max(0, self.num_added - self.size), self.num_added)

    def _draw(self, turn: Turn) -> None:
        """Draw who plays the games that have nobody yet, by the identity of the episode."""
        undrawn = np.unique(turn.games[self._playing[turn.games] < 0])
        if not len(undrawn):
            return
        if not self.selves:
            raise LifecycleError(f"{self.name!r} has nobody to play: add(policy) first")
        b, numbers = turn.world.buffers, self._drawable()
        draws = episode_uniforms(b.seeds[undrawn], b.episode_index[undrawn])
        self._playing[undrawn] = numbers.start + (draws * len(numbers)).astype(np.int64)
        for number in np.unique(self._playing[undrawn]):
            self.selves[number].reset(turn.world, undrawn[self._playing[undrawn] == number])


def _some_rows(turn: Turn, rows: NDArray[np.int64]) -> Turn:
    arrays = {field.name: getattr(turn, field.name)[rows] for field in fields(turn) if field.name != "world"}
    return Turn(**arrays, world=turn.world)
