"""Layouts: what the columns of observations and actions mean, for every adapter to read.

A world lays its players' observations side by side in a few flat groups and its actions in heads. Layouts give
the columns names, ranges and units; spaces, schemas, briefings and tables of documentation are made from them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.errors import ParameterError

__all__ = [
    "ActionLayout",
    "ContinuousHead",
    "DiscreteHead",
    "Field",
    "Grid",
    "ObservationLayout",
    "Role",
    "WorldLayout",
]

RUNNING = "running"
"""Name of end reason 0: the player's episode goes on."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One named piece of the vector that a player observes.

    Attributes
    ----------
    name : str
        A Python identifier.
    shape : tuple of int
        Its shape; ``()`` for a scalar.
    low, high : float
        Finite bounds of every element.
    unit : str
        Unit, or empty for a pure number.
    about : str
        What it tells the player, in one phrase.
    """

    name: str
    shape: tuple[int, ...] = ()
    low: float = 0.0
    high: float = 1.0
    unit: str = ""
    about: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.high):
            raise ParameterError(f"field {self.name!r}: expected finite low <= high, got [{self.low}, {self.high}]")

    @property
    def size(self) -> int:
        """Number of columns it takes."""
        return math.prod(self.shape)


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A grid of integer codes that a player observes.

    Attributes
    ----------
    name : str
        A Python identifier.
    shape : tuple of int
        (height, width, channels).
    num_codes : int
        Codes run from 0 to `num_codes` - 1, at most 256 of them.
    about : str
        What it shows.
    """

    name: str
    shape: tuple[int, int, int]
    num_codes: int
    about: str = ""


@dataclass(frozen=True, kw_only=True)
class ObservationLayout:
    """What one role observes: fields side by side in a float32 vector, and a uint8 grid if there is one.

    Attributes
    ----------
    fields : tuple of Field
        In the order of the columns.
    grid : Grid or None
        Observed beside the vector.
    """

    fields: tuple[Field, ...] = ()
    grid: Grid | None = None

    @property
    def size(self) -> int:
        """Length of the vector."""
        return sum(field.size for field in self.fields)

    @cached_property
    def slices(self) -> dict[str, slice]:
        """Columns of every field, by its name."""
        slices, start = {}, 0
        for field in self.fields:
            slices[field.name] = slice(start, start + field.size)
            start += field.size
        return slices

    def bounds(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the lowest and the highest vector, each of shape (size,), float32."""
        low = [np.full(field.size, field.low, np.float32) for field in self.fields]
        high = [np.full(field.size, field.high, np.float32) for field in self.fields]
        empty = np.empty(0, np.float32)
        return np.concatenate([*low, empty]), np.concatenate([*high, empty])

    def named(self, vector: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        r"""Give the parts of vectors by name.

        Parameters
        ----------
        vector : ndarray of float32, shape (..., at least size)
            Observations; columns beyond `size` are padding for wider roles.

        Returns
        -------
        dict of str to ndarray
            Views of shape (..., \*field.shape).
        """
        lead = vector.shape[:-1]
        return {
            field.name: vector[..., self.slices[field.name]].reshape((*lead, *field.shape)) for field in self.fields
        }


@dataclass(frozen=True, kw_only=True)
class DiscreteHead:
    """One choice among named options.

    Attributes
    ----------
    name : str
        A Python identifier.
    options : tuple of str
        What each number means; option k is action k.
    shares_mask_with : str or None
        Name of an earlier head of the same size whose row of the mask holds for this one too.
    about : str
        What is decided.
    """

    name: str
    options: tuple[str, ...]
    shares_mask_with: str | None = None
    about: str = ""

    @property
    def size(self) -> int:
        """Number of options."""
        return len(self.options)


@dataclass(frozen=True, kw_only=True)
class ContinuousHead:
    """One real number within bounds.

    Attributes
    ----------
    name : str
        A Python identifier.
    low, high : float
        Finite bounds.
    unit : str
        Unit, or empty for a pure number.
    about : str
        What is decided.
    """

    name: str
    low: float
    high: float
    unit: str = ""
    about: str = ""


@dataclass(frozen=True, kw_only=True)
class ActionLayout:
    """What one role decides in a step: heads that are all discrete or all continuous.

    Attributes
    ----------
    heads : tuple of DiscreteHead or tuple of ContinuousHead
        At least one.
    """

    heads: tuple[DiscreteHead, ...] | tuple[ContinuousHead, ...]

    def __post_init__(self) -> None:
        if len({type(head) for head in self.heads}) != 1:
            raise ParameterError(f"heads={self.heads!r}: expected at least one, all discrete or all continuous")

    @property
    def is_discrete(self) -> bool:
        """Whether the heads are choices among options."""
        return isinstance(self.heads[0], DiscreteHead)

    @property
    def discrete_heads(self) -> tuple[DiscreteHead, ...]:
        """The heads, where they are discrete; empty where they are continuous."""
        return tuple(head for head in self.heads if isinstance(head, DiscreteHead))

    @property
    def continuous_heads(self) -> tuple[ContinuousHead, ...]:
        """The heads, where they are continuous; empty where they are discrete."""
        return tuple(head for head in self.heads if isinstance(head, ContinuousHead))

    @cached_property
    def mask_slices(self) -> dict[str, slice]:
        """Columns of the action mask that hold for each discrete head, by its name."""
        slices: dict[str, slice] = {}
        start = 0
        for head in self.discrete_heads:
            if head.shares_mask_with is not None:
                slices[head.name] = slices[head.shares_mask_with]
                continue
            slices[head.name] = slice(start, start + head.size)
            start += head.size
        return slices

    @property
    def num_masks(self) -> int:
        """Columns of the action mask; 0 where the heads are continuous."""
        return max((columns.stop for columns in self.mask_slices.values()), default=0)

    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the lowest and the highest continuous action, each of shape (heads,), float64."""
        heads = self.continuous_heads
        return np.array([head.low for head in heads]), np.array([head.high for head in heads])


@dataclass(frozen=True, kw_only=True)
class Role:
    """A kind of player: all players of a role observe and act alike.

    Attributes
    ----------
    name : str
        E.g. ``"player"`` or ``"proposer"``.
    observation : ObservationLayout
        What it observes.
    actions : ActionLayout
        What it decides.
    """

    name: str
    observation: ObservationLayout
    actions: ActionLayout


@dataclass(frozen=True, kw_only=True)
class WorldLayout:
    """Everything an adapter must know of a world before the first step.

    Attributes
    ----------
    roles : tuple of Role
        The role of every agent, in order; its length is the number of agents.
    reward_terms : mapping of str to float
        Terms of the reward and their weights; a cost that is only measured has weight 0.
    end_reasons : tuple of str
        Why a player's episode may end, by code; the first is ``"running"``.
    player_names : tuple of str
        Display names, one an agent.
    global_state : ObservationLayout or None
        What a centralised critic sees; None where the world offers none.
    simultaneous : bool
        Promise that every seat acts in every step until the game ends for all at once, so that adapters need not look.
    """

    roles: tuple[Role, ...]
    reward_terms: Mapping[str, float]
    end_reasons: tuple[str, ...]
    player_names: tuple[str, ...]
    global_state: ObservationLayout | None = None
    simultaneous: bool = False

    def __post_init__(self) -> None:
        if self.end_reasons[0] != RUNNING:
            raise ParameterError(f"end_reasons={self.end_reasons!r}: expected {RUNNING!r} first")
        if len(self.player_names) != len(self.roles):
            raise ParameterError(f"player_names={self.player_names!r}: expected {len(self.roles)} names")

    @property
    def num_agents(self) -> int:
        """Number of players."""
        return len(self.roles)

    @property
    def is_discrete(self) -> bool:
        """Whether all roles choose among options: actions are integers then, else real numbers."""
        return all(role.actions.is_discrete for role in self.roles)

    @property
    def num_heads(self) -> int:
        """Heads of the role that has the most."""
        return max(len(role.actions.heads) for role in self.roles)

    @property
    def num_masks(self) -> int:
        """Columns of the mask of the role that has the most."""
        return max(role.actions.num_masks for role in self.roles)
