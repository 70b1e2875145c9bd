"""How one seat of a world is shown: its spaces, what it sees and may do, and how its actions come in."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from dynenvs.adapters.spaces import action_space, observation_space
from dynenvs.core.checks import check_one_of, shown
from dynenvs.core.errors import IllegalAction
from dynenvs.core.layouts import ActionLayout
from dynenvs.core.world import World

__all__ = ["SeatView", "refusal"]


class SeatView:
    """One seat of every game of a world, in the form that a user asked for.

    What it returns are fresh copies: the world reuses its buffers.

    Parameters
    ----------
    world : World
        The batch.
    seat : int
        Which seat.
    observation : {"flat", "named"}
        One Box, or a Dict of the fields of the layout.
    mask : {"info", "observation"}
        With ``"observation"`` a Dict holds the observation and, beside it, the action mask.

    Raises
    ------
    ParameterError
        If a form is unknown.
    """

    def __init__(self, world: World, seat: int, *, observation: str = "flat", mask: str = "info") -> None:
        check_one_of("observation", observation, ("flat", "named"))
        check_one_of("mask", mask, ("info", "observation"))
        self.world = world
        self.seat = seat
        self.role = world.layout.roles[seat]
        self.num_heads = len(self.role.actions.heads)
        self.is_discrete = self.role.actions.is_discrete
        self._width = self.role.observation.size
        self._named = observation == "named"
        self._mask_inside = mask == "observation" and self.is_discrete
        self._flat = not (self._named or self._mask_inside or self.role.observation.grid)
        sizes = [head.size for head in self.role.actions.discrete_heads]
        self._num_options = sum(sizes)
        self._head_ends = np.cumsum(sizes)[:-1]
        self._mask_columns = _columns(self.role.actions)

    def observation_space(self) -> spaces.Space[Any]:
        """Make the space of `observe`."""
        num_masks = self._num_options if self._mask_inside else None
        return observation_space(self.role.observation, named=self._named, num_masks=num_masks)

    def action_space(self) -> spaces.Space[Any]:
        """Make the space of the actions in the first game, which samples what is legal there."""
        return action_space(self.role.actions, self.world.buffers.action_masks[0, self.seat])

    def observe(self, rows: Any, vector: NDArray[np.float32], grid: NDArray[np.uint8]) -> Any:
        """Copy the seat's observation out of a pair of the world's arrays.

        Parameters
        ----------
        rows : int or slice
            One game, or many.
        vector, grid : ndarray
            The world's ``vector`` and ``grid``, or those with ``final_`` before their names.

        Returns
        -------
        ndarray or dict
            In `observation_space`, with a leading axis where `rows` are many.
        """
        seen: Any = vector[rows, self.seat, : self._width].copy()
        if self._flat:
            return seen
        layout = self.role.observation
        if self._named:
            seen = layout.named(seen)
        if layout.grid is not None:
            height, width, channels = layout.grid.shape
            parts = seen if self._named else {"vector": seen}
            name = layout.grid.name if self._named else "grid"
            seen = {**parts, name: grid[rows, self.seat, :height, :width, :channels].copy()}
        return {"observation": seen, "action_mask": self.mask(rows)} if self._mask_inside else seen

    def mask(self, rows: Any) -> NDArray[np.int8]:
        """Copy the seat's action mask, 1 = legal, the options of all heads side by side: shape (..., options).

        A head without a legal option, because the seat does not act, shows all of them: its action is ignored.
        """
        mask: NDArray[np.int8] = self.world.buffers.action_masks[rows, self.seat, self._mask_columns].astype(np.int8)
        if not self.world.layout.simultaneous:
            for head in np.split(mask, self._head_ends, axis=-1):
                head[~head.any(axis=-1)] = 1
        return mask

    def sampling_mask(self, game: int) -> Any:
        """Copy the mask in the form that ``Space.sample(mask=)`` takes: an int8 array, or a tuple of one a head."""
        mask = self.mask(game)
        return mask if self.num_heads == 1 else tuple(np.split(mask, self._head_ends))

    def coerce(self, action: Any, lead: tuple[int, ...] = ()) -> NDArray[Any]:
        r"""Bring the seat's action, or those in many games, into shape (\*lead, heads).

        Where the seat decides one thing, the last axis may be left out.

        Raises
        ------
        IllegalAction
            If the type or the shape is wrong.
        """
        try:
            array, shape = np.asarray(action), (*lead, self.num_heads)
        except ValueError:  # ragged
            raise refusal(f"agent {self.seat}: action", action, self.role.actions, lead) from None
        if array.dtype.kind in ("iu" if self.is_discrete else "iuf"):
            if array.shape == shape:
                return array
            if self.num_heads == 1 and array.shape == lead:
                return array.reshape(shape)
        raise refusal(f"agent {self.seat}: action", action, self.role.actions, lead)


def refusal(what: str, given: Any, actions: ActionLayout, lead: tuple[int, ...]) -> IllegalAction:
    """Say of actions that have a wrong type or shape what they are, and what their user could have given.

    Parameters
    ----------
    what : str
        How the message begins.
    given : object
        The actions.
    actions : ActionLayout
        What the role decides.
    lead : tuple of int
        Axes before that of the heads; none for a single decision.
    """
    kind, heads = "integer" if actions.is_discrete else "number", len(actions.heads)
    if lead:
        expected = f"{kind}s of shape {lead if heads == 1 else (*lead, heads)}"
    else:
        expected = f"one {kind}" if heads == 1 else f"{kind}s of shape {(heads,)}"
    try:
        array = np.asarray(given)
        form = f" of shape {array.shape}, type {array.dtype}" if array.ndim else ""
    except ValueError:
        form = ", which is ragged"
    return IllegalAction(f"{what} {shown(given)}{form}: expected {expected}")


def _columns(actions: ActionLayout) -> Any:
    """Index the mask's columns head by head; a slice where no two heads share theirs, for it is faster."""
    parts = list(actions.mask_slices.values())
    if len(parts) == len({part.start for part in parts}):
        return slice(0, actions.num_masks)
    return np.concatenate([np.arange(part.start, part.stop) for part in parts])
