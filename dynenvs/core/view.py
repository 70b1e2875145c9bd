"""One game of a batch, for those who put it into words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.layouts import Role
from dynenvs.core.world import Message, World

__all__ = ["GameView"]


@dataclass(frozen=True)
class GameView:
    """One game of a world, as the family's words look at it. To be read only.

    Attributes
    ----------
    world : World
        The batch.
    game : int
        Which of its games.
    """

    world: World
    game: int

    @property
    def params(self) -> Any:
        """Parameters of this game."""
        return self.world.game_params[self.game]

    @property
    def state(self) -> Any:
        """The world's state NamedTuple, each array without its axis of games. It may hold what a seat must not know."""
        state = self.world.state
        return type(state)(*(array[self.game] for array in state))

    @property
    def step(self) -> int:
        """Steps played in the running episode."""
        return int(self.world.buffers.episode_lengths[self.game])

    @property
    def over(self) -> bool:
        """Whether the episode has ended for all."""
        return not self.world.buffers.alive[self.game].any()

    def role(self, seat: int) -> Role:
        """Return what a seat observes and decides."""
        return self.world.layout.roles[seat]

    def observation(self, seat: int) -> dict[str, NDArray[np.float32]]:
        """Return what a seat observes, by the names of its fields."""
        return self.role(seat).observation.named(self.world.buffers.vector[self.game, seat])

    def action_mask(self, seat: int) -> NDArray[np.bool_]:
        """Return a seat's action mask, heads side by side as in ``ActionLayout.mask_slices``."""
        return self.world.buffers.action_masks[self.game, seat, : self.role(seat).actions.num_masks]

    def messages(self, seat: int) -> tuple[Message, ...]:
        """Return the messages of the running episode that a seat may read, in order."""
        said = self.world.messages(self.game)
        return tuple(one for one in said if not one.receivers or seat in (one.sender, *one.receivers))
