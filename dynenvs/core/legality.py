"""Are all actions of a batch legal? Asked before anything moves, so that a refused batch changes nothing."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dynenvs.core.checks import shown
from dynenvs.core.errors import IllegalAction
from dynenvs.core.jit import kernel, rule
from dynenvs.core.layouts import DiscreteHead, WorldLayout

__all__ = ["Limits", "as_array", "coerce", "draw_legal", "first_illegal", "first_outside", "limits"]


_MANY = 16  # options that a message lists one by one


class Limits(NamedTuple):
    """What actions may be where some role acts continuously."""

    heads: NDArray[np.int64]  # (A, heads, 2): where each discrete head's mask begins, and how long it is
    bounds: NDArray[np.float64]  # (A, heads, 2): lowest and highest value


def discrete_heads(layout: WorldLayout) -> NDArray[np.int64]:
    """Return, for every agent and head, where its mask begins and how long it is: shape (A, heads, 2).

    A head that a narrower role lacks has length 0, and whatever stands there is ignored.
    """
    table = np.zeros((layout.num_agents, layout.num_heads, 2), np.int64)
    for agent, role in enumerate(layout.roles):
        for head, columns in enumerate(role.actions.mask_slices.values()):
            table[agent, head] = columns.start, columns.stop - columns.start
    return table


def limits(layout: WorldLayout) -> NDArray[np.int64] | Limits:
    """Return what `first_illegal` must know of a layout of choices only, or `first_outside` of any other."""
    return discrete_heads(layout) if layout.is_discrete else Limits(discrete_heads(layout), continuous_bounds(layout))


def continuous_bounds(layout: WorldLayout) -> NDArray[np.float64]:
    """Return the bounds of every agent's heads: shape (A, heads, 2); those of options are their numbers.

    A head that a narrower role lacks has none. Bounds reach as far as their float32 neighbours, which is what spaces
    and networks know of them.
    """
    table = np.empty((layout.num_agents, layout.num_heads, 2))
    table[...] = -np.inf, np.inf
    for agent, role in enumerate(layout.roles):
        for head, options in enumerate(role.actions.discrete_heads):
            table[agent, head] = 0, options.size - 1
        low, high = role.actions.bounds()
        table[agent, : len(low), 0] = np.minimum(low, low.astype(np.float32))
        table[agent, : len(high), 1] = np.maximum(high, high.astype(np.float32))
    return table


def as_array(actions: ArrayLike) -> NDArray[Any]:
    """Make an array of actions that came as something else, or refuse them where they are ragged."""
    try:
        return np.asarray(actions)
    except (ValueError, TypeError):
        raise IllegalAction(f"actions={shown(actions)}: expected an array, as many numbers in every row") from None


def coerce(layout: WorldLayout, actions: NDArray[Any], shape: tuple[int, int, int]) -> NDArray[Any]:
    """Bring actions into the form that kernels take, shape (games, agents, heads), or refuse them."""
    kinds, expected = ("iu", "integers") if layout.is_discrete else ("iuf", "numbers")
    if actions.dtype.kind not in "biufc":
        raise IllegalAction(f"actions={shown(actions)}: expected {expected} of shape {shape} (games, agents, heads)")
    if actions.dtype.kind not in kinds:
        raise IllegalAction(f"actions of type {actions.dtype}: expected {expected}")
    if actions.shape == shape[:2] and layout.num_heads == 1:
        actions = actions[..., None]
    if actions.shape != shape:
        raise IllegalAction(f"actions of shape {actions.shape}: expected {shape} (games, agents, heads)")
    return np.ascontiguousarray(actions, np.int64 if layout.is_discrete else np.float64)


@kernel
def first_illegal(
    actions: NDArray[np.int64],
    masks: NDArray[np.bool_],
    acting: NDArray[np.bool_],
    seats: NDArray[np.int32],
    heads: NDArray[np.int64],
) -> int:
    """Return game * A + agent of the first illegal choice of a seat that acts from outside; -1 if there is none."""
    _, num_agents, num_heads = actions.shape
    if num_agents == 1 and num_heads == 1:
        return _illegal(actions, masks, acting, seats, heads, 1, 1)  # constants melt the loops: half the time
    return _illegal(actions, masks, acting, seats, heads, num_agents, num_heads)


@rule
def _illegal(
    actions: NDArray[np.int64],
    masks: NDArray[np.bool_],
    acting: NDArray[np.bool_],
    seats: NDArray[np.int32],
    heads: NDArray[np.int64],
    num_agents: int,
    num_heads: int,
) -> int:
    for i in range(len(actions)):
        for agent in range(num_agents):
            if not acting[i, agent] or seats[i, agent] >= 0:
                continue
            for head in range(num_heads):
                start, length = heads[agent, head, 0], heads[agent, head, 1]
                option = actions[i, agent, head]
                if length > 0 and (option < 0 or option >= length or not masks[i, agent, start + option]):
                    return i * num_agents + agent
    return -1


@kernel
def first_outside(
    actions: NDArray[np.float64],
    masks: NDArray[np.bool_],
    acting: NDArray[np.bool_],
    seats: NDArray[np.int32],
    limits: Limits,
) -> int:
    """Return game * A + agent of the first action out of bounds, NaN, or no legal option; -1 if there is none."""
    _, num_agents, num_heads = actions.shape
    if num_agents == 1 and num_heads == 1:
        return _outside(actions, masks, acting, seats, limits, 1, 1)
    return _outside(actions, masks, acting, seats, limits, num_agents, num_heads)


@rule
def _outside(
    actions: NDArray[np.float64],
    masks: NDArray[np.bool_],
    acting: NDArray[np.bool_],
    seats: NDArray[np.int32],
    limits: Limits,
    num_agents: int,
    num_heads: int,
) -> int:
    heads, bounds = limits
    for i in range(len(actions)):
        for agent in range(num_agents):
            if not acting[i, agent] or seats[i, agent] >= 0:
                continue
            for head in range(num_heads):
                value = actions[i, agent, head]
                if not (bounds[agent, head, 0] <= value <= bounds[agent, head, 1]):
                    return i * num_agents + agent
                length, option = heads[agent, head, 1], np.int64(value)
                if length > 0 and (option != value or not masks[i, agent, heads[agent, head, 0] + option]):
                    return i * num_agents + agent
    return -1


def draw_legal(layout: WorldLayout, masks: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[Any]:
    """Draw uniformly among the legal actions of every seat: shape (games, agents, heads)."""
    num_games = len(masks)
    shape = (num_games, layout.num_agents, layout.num_heads)
    actions = np.zeros(shape, np.int64 if layout.is_discrete else np.float64)
    for agent, role in enumerate(layout.roles):
        if not role.actions.is_discrete:
            low, high = role.actions.bounds()
            actions[:, agent, : len(low)] = low + (high - low) * rng.random((num_games, len(low)))
            continue
        for head, columns in enumerate(role.actions.mask_slices.values()):
            legal = masks[:, agent, columns]
            actions[:, agent, head] = np.where(legal, rng.random(legal.shape), -1.0).argmax(axis=1)
    return actions


def describe(layout: WorldLayout, buffers: Any, actions: NDArray[Any], offender: int) -> str:
    """Say which action of a batch is illegal, and what would be legal there."""
    game, agent = divmod(offender, layout.num_agents)
    role = layout.roles[agent]
    place = f"game {game}, agent {agent}"
    if not role.actions.is_discrete:
        bounds = ", ".join(f"{head.name} in [{head.low:g}, {head.high:g}]" for head in role.actions.continuous_heads)
        return f"{place}: action {actions[game, agent].tolist()} is out of bounds; expected {bounds}"
    for column, head in enumerate(role.actions.discrete_heads):
        legal = np.flatnonzero(buffers.action_masks[game, agent, role.actions.mask_slices[head.name]])
        option = actions[game, agent, column]
        if option not in legal:
            known = "masked" if 0 <= option < head.size else f"outside 0..{head.size - 1}"
            return f"{place}: {head.name} {_named(head, option)} is {known}; legal here: {_listed(head, legal)}"
    return f"{place}: no legal action"


def _named(head: DiscreteHead, option: Any) -> str:
    """Write an option with its name, where it has one that says more than its number."""
    name = head.options[int(option)] if 0 <= option < head.size and option == int(option) else ""
    return f"{option} ({name})" if len(name) > 1 and head.size > _MANY else f"{option}"


def _listed(head: DiscreteHead, legal: NDArray[np.int64]) -> str:
    """List legal options; of many the first ones."""
    if len(legal) <= _MANY:
        return ", ".join(map(str, legal))
    return ", ".join(_named(head, option) for option in legal[: _MANY // 4]) + f", ... ({len(legal)} in all)"
