"""Gymnasium spaces from layouts.

The checkers of Gymnasium, SB3 and PettingZoo sample actions without a mask. So the action spaces here look at the
world's current mask by themselves: a bare ``sample()`` is always legal.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from dynenvs.core.layouts import ActionLayout, ObservationLayout

__all__ = [
    "MaskedDiscrete",
    "MaskedMultiDiscrete",
    "action_space",
    "batched_action_space",
    "observation_space",
    "watch_again",
]


class MaskedDiscrete(spaces.Discrete):  # without [np.int64]: not generic before Gymnasium 1.4
    """A choice whose bare `sample` draws among the options that are legal now.

    Parameters
    ----------
    mask : ndarray of bool, shape (n,)
        A view of the world's mask, read at each sample.
    """

    def __init__(self, mask: NDArray[np.bool_]) -> None:
        super().__init__(len(mask))
        self.watch(mask)

    def watch(self, mask: NDArray[np.bool_]) -> None:
        """Look at this mask from now on (a copied environment has another one)."""
        self._mask = mask

    def sample(self, mask: NDArray[np.int8] | None = None, probability: Any = None) -> np.int64:
        """Draw one option: among the legal ones, or as `mask` or `probability` say."""
        if mask is None and probability is None:
            mask = self._mask.view(np.int8)
        return super().sample(mask=mask, probability=probability)


class MaskedMultiDiscrete(spaces.MultiDiscrete):
    """Several choices, one a head or one a game, whose bare `sample` draws among the options that are legal now.

    Parameters
    ----------
    masks : nested list of ndarray of bool
        Views of the world's mask, nested as the actions are: by head, or by game and then by head.
    """

    def __init__(self, masks: list[Any]) -> None:
        super().__init__(_lengths(masks))
        self.watch(masks)

    def watch(self, masks: list[Any]) -> None:
        """Look at these masks from now on."""
        self._masks = masks

    def sample(self, mask: Any = None, probability: Any = None) -> NDArray[np.int64]:
        """Draw one option for each: among the legal ones, or as `mask` or `probability` say.

        Beside Gymnasium's nested tuples, `mask` may be one array with the options of all choices side by side.
        """
        if mask is None and probability is None:
            mask = _as_int8(self._masks)
        elif isinstance(mask, np.ndarray):
            mask = tuple(np.split(mask, np.cumsum(self.nvec)[:-1]))
        return super().sample(mask=mask, probability=probability)


def _lengths(masks: list[Any]) -> list[Any]:
    return [len(mask) if isinstance(mask, np.ndarray) else _lengths(mask) for mask in masks]


def _as_int8(masks: list[Any]) -> tuple[Any, ...]:
    """View nested masks as the nested tuples of int8 that Gymnasium asks for."""
    return tuple(mask.view(np.int8) if isinstance(mask, np.ndarray) else _as_int8(mask) for mask in masks)


def head_masks(actions: ActionLayout, mask: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """Cut a row of the mask into one view a head."""
    return [mask[columns] for columns in actions.mask_slices.values()]


def action_space(actions: ActionLayout, mask: NDArray[np.bool_]) -> spaces.Space[Any]:
    """Make the space of one seat's actions.

    Parameters
    ----------
    actions : ActionLayout
        What its role decides.
    mask : ndarray of bool, shape (at least M,)
        A view of the seat's row of the world's mask.

    Returns
    -------
    gymnasium.spaces.Space
        Box for continuous heads, Discrete for one discrete head, MultiDiscrete for several.
    """
    if not actions.is_discrete:
        low, high = actions.bounds()
        return spaces.Box(low.astype(np.float32), high.astype(np.float32), dtype=np.float32)
    masks = head_masks(actions, mask)
    return MaskedDiscrete(masks[0]) if len(masks) == 1 else MaskedMultiDiscrete(list(masks))


def batched_action_space(actions: ActionLayout, masks: NDArray[np.bool_]) -> spaces.Space[Any]:
    """Make the space of one seat's actions in all games; `masks` is a view of shape (G, at least M)."""
    if not actions.is_discrete:
        low, high = (np.tile(bound.astype(np.float32), (len(masks), 1)) for bound in actions.bounds())
        return spaces.Box(low, high, dtype=np.float32)
    return MaskedMultiDiscrete(_masks_by_game(actions, masks))


def watch_again(space: spaces.Space[Any], actions: ActionLayout, mask: NDArray[np.bool_]) -> None:
    """Let a copied space, of one game or batched, look at the mask of the environment that it now belongs to."""
    if isinstance(space, MaskedDiscrete):
        space.watch(head_masks(actions, mask)[0])
    elif isinstance(space, MaskedMultiDiscrete):
        space.watch(_masks_by_game(actions, mask) if mask.ndim == 2 else list(head_masks(actions, mask)))


def _masks_by_game(actions: ActionLayout, masks: NDArray[np.bool_]) -> list[Any]:
    by_game = [head_masks(actions, mask) for mask in masks]
    return [heads[0] for heads in by_game] if len(actions.heads) == 1 else by_game


def observation_space(
    observation: ObservationLayout, *, named: bool = False, num_masks: int | None = None
) -> spaces.Space[Any]:
    """Make the space of one seat's observations.

    Parameters
    ----------
    observation : ObservationLayout
        What its role sees.
    named : bool
        A Dict of the layout's fields instead of one flat Box.
    num_masks : int, optional
        Length of the action mask, to have it inside a Dict beside the observation.

    Returns
    -------
    gymnasium.spaces.Space
        A Box of float32; with a grid, a Dict of ``vector`` and ``grid``.
    """
    low, high = observation.bounds()
    parts: dict[str, spaces.Space[Any]] = {}
    if named:
        for field, columns in zip(observation.fields, observation.slices.values(), strict=True):
            parts[field.name] = spaces.Box(low[columns].reshape(field.shape), high[columns].reshape(field.shape))
    else:
        parts["vector"] = spaces.Box(low, high)
    if observation.grid is not None:
        top = observation.grid.num_codes - 1
        parts[observation.grid.name if named else "grid"] = spaces.Box(0, top, observation.grid.shape, np.uint8)
    space = spaces.Dict(parts) if named or len(parts) > 1 else parts["vector"]
    if num_masks is None:
        return space
    return spaces.Dict({"observation": space, "action_mask": spaces.Box(0, 1, (num_masks,), np.int8)})
