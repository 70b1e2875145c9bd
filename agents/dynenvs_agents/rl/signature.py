"""What a policy network takes and gives, and how its numbers become actions. NumPy only: no torch to load a policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.errors import ParameterError
from dynenvs.core.layouts import ActionLayout, Role

__all__ = ["Signature", "choose"]


@dataclass(frozen=True, kw_only=True)
class Signature:
    """Shapes of a policy network, by row (a seat of a game).

    Attributes
    ----------
    vector : int
        Numbers in the observed vector.
    grid : tuple of int or None
        (height, width, channels) of the observed grid, if there is one.
    discrete : tuple of int
        Options of each discrete head; the network gives one logit (or action value) an option.
    continuous : int
        Continuous heads; the network gives their means, then their standard deviations.
    state : int
        Numbers that a recurrent network remembers, 0 for one without memory.
    """

    vector: int
    grid: tuple[int, int, int] | None = None
    discrete: tuple[int, ...] = ()
    continuous: int = 0
    state: int = 0

    @classmethod
    def of_role(cls, role: Role, state: int = 0) -> Signature:
        """Return the signature that a role needs."""
        grid = role.observation.grid
        return cls(
            vector=role.observation.size,
            grid=None if grid is None else grid.shape,
            discrete=tuple(head.size for head in role.actions.discrete_heads),
            continuous=len(role.actions.continuous_heads),
            state=state,
        )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Signature:
        """Build one from what JSON gives, all of it checked.

        Raises
        ------
        ParameterError
            If a field is missing, unknown, or not a number of at least 0.
        """
        given = dict(values)
        grid, discrete = given.pop("grid", None), given.pop("discrete", None)
        numbers = [*given.values(), *(grid or ()), *(discrete or ())]
        whole = all(isinstance(number, int) and not isinstance(number, bool) and number >= 0 for number in numbers)
        if set(given) != {"vector", "continuous", "state"} or not whole or len(grid or (0, 0, 0)) != 3:
            raise ParameterError(f"network signature {dict(values)!r}: expected {cls(vector=0).to_dict()!r}")
        return cls(grid=tuple(grid) if grid else None, discrete=tuple(discrete or ()), **given)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON takes them."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    def against(self, other: Signature) -> str:
        """Say in words where this one differs from another: "a vector of 297 numbers against 289"."""
        pairs = [
            (f"a vector of {self.vector} numbers", f"{other.vector}"),
            (_told_grid(self.grid), _told_grid(other.grid)),
            (_told_choices(self.discrete), _told_choices(other.discrete)),
            (f"{self.continuous} continuous choices", f"{other.continuous}"),
            (f"a memory of {self.state} numbers", f"{other.state}"),
        ]
        differ = [getattr(self, field.name) != getattr(other, field.name) for field in fields(self)]
        told = [
            f"{mine} against {theirs}" for (mine, theirs), other_one in zip(pairs, differ, strict=True) if other_one
        ]
        return " and ".join(told)

    @property
    def inputs(self) -> dict[str, tuple[int, ...]]:
        """Shapes of the inputs by name, without the axis of rows."""
        shapes: dict[str, tuple[int, ...]] = {"vector": (self.vector,)}
        if self.grid is not None:
            shapes["grid"] = self.grid
        if self.state:
            shapes["state"] = (self.state,)
        return shapes

    @property
    def outputs(self) -> dict[str, tuple[int, ...]]:
        """Shapes of the outputs by name, without the axis of rows."""
        decision = {"logits": (sum(self.discrete),)} if self.discrete else {"mean_std": (2 * self.continuous,)}
        return {**decision, "value": (1,), **({"state_after": (self.state,)} if self.state else {})}

    @property
    def draws(self) -> int:
        """Random numbers that one sampled decision takes."""
        return len(self.discrete) + 2 * self.continuous


def _told_grid(grid: tuple[int, int, int] | None) -> str:
    return "no grid" if grid is None else f"a grid of {' x '.join(map(str, grid))}"


def _told_choices(discrete: tuple[int, ...]) -> str:
    """Write the sizes of choices, the same ones in a row only once: "3 choices of 201"."""
    runs = [(size, len(list(run))) for size, run in groupby(discrete)]
    told = [f"{number} choice{'' if number == 1 else 's'} of {size}" for size, number in runs]
    return ", ".join(told) or "no choices"


def choose(
    outputs: NDArray[np.float32],
    actions: ActionLayout,
    masks: NDArray[np.bool_],
    draws: NDArray[np.float64] | None,
) -> NDArray[Any]:
    """Turn what a network says into legal actions.

    Parameters
    ----------
    outputs : ndarray of float32, shape (rows, n)
        Logits of all options, head after head; or means of continuous heads, then their standard deviations.
    actions : ActionLayout
        What the seats decide.
    masks : ndarray of bool, shape (rows, at least M)
        True = legal.
    draws : ndarray of float64, shape (rows, Signature.draws), or None
        In [0, 1), to sample with. None: the most likely action.

    Returns
    -------
    ndarray, shape (rows, heads)
        int64 options, or float64 values within the bounds.
    """
    if actions.is_discrete:
        return _choose_options(outputs, actions, masks, draws)
    heads = len(actions.continuous_heads)
    values = outputs[:, :heads].astype(np.float64)
    if draws is not None:  # Box and Muller (1958)
        radius = np.sqrt(-2.0 * np.log1p(-draws[:, :heads]))
        values += outputs[:, heads:] * radius * np.cos(2.0 * np.pi * draws[:, heads:])
    return np.clip(values, *actions.bounds())


def _choose_options(
    logits: NDArray[np.float32],
    actions: ActionLayout,
    masks: NDArray[np.bool_],
    draws: NDArray[np.float64] | None,
) -> NDArray[np.int64]:
    options = np.empty((len(logits), len(actions.heads)), np.int64)
    start = 0
    for head, columns in enumerate(actions.mask_slices.values()):
        size = columns.stop - columns.start
        legal = np.where(masks[:, columns], logits[:, start : start + size].astype(np.float64), -np.inf)
        start += size
        if draws is None:
            options[:, head] = legal.argmax(axis=1)
            continue
        likelihood = np.exp(legal - legal.max(axis=1, keepdims=True)).cumsum(axis=1)  # flat where illegal
        options[:, head] = (likelihood > draws[:, head : head + 1] * likelihood[:, -1:]).argmax(axis=1)
    return options
