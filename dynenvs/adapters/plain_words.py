"""Words for worlds that have none of their own: told from the layouts, field by field."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.layouts import Field
from dynenvs.core.view import GameView

__all__ = ["plain_rules", "plain_situation"]


def plain_rules(about: str, view: GameView, seat: int) -> str:
    """Tell what a world is, from its layouts and from what it notes of its rewards and ends.

    Parameters
    ----------
    about : str
        The environment in one sentence.
    view : GameView
        The game.
    seat : int
        Who is told.

    Returns
    -------
    str
        A few lines.
    """
    layout = view.world.layout
    others = [name for agent, name in enumerate(layout.player_names) if agent != seat]
    earns = [f"{name} (weight {weight:g})" for name, weight in layout.reward_terms.items() if weight]
    notes = view.world.outcome_notes(view.params)
    ends = [f"- {name}: {notes[f'end {name}']}" for name in layout.end_reasons[1:] if f"end {name}" in notes]
    lines = [
        about,
        f"You are {layout.player_names[seat]}, in the role {view.role(seat).name}.",
        *([f"The others: {', '.join(others)}."] if others else []),
        f"What you earn in each step is the sum of: {', '.join(earns)}.",
        *(f"- {name}: {notes[f'term {name}']}" for name in layout.reward_terms if f"term {name}" in notes),
        *(["The episode ends by one of these:", *ends] if ends else []),
        *(f"Of {name}: {notes[name]}." for name in layout.player_names if name in notes),
        *(f"You decide {head.name}: {head.about}." for head in view.role(seat).actions.heads if head.about),
    ]
    return "\n".join(lines)


def plain_situation(view: GameView, seat: int) -> str:
    """Tell what a seat observes, field by field.

    Parameters
    ----------
    view : GameView
        The game.
    seat : int
        Who is told.

    Returns
    -------
    str
        A line for the step and one for every field, with a block for a grid of codes.
    """
    layout, b = view.role(seat).observation, view.world.buffers
    brought, so_far = b.rewards[view.game, seat], b.episode_returns[view.game, seat]
    lines = [f"Step {view.step + 1}. You earned {brought:.4g} in the last step, {so_far:.4g} so far."]
    lines += [_field_line(field, view.observation(seat)[field.name]) for field in layout.fields]
    if layout.grid is not None:
        height, width, channels = layout.grid.shape
        codes = b.grid[view.game, seat, :height, :width, :channels]
        lines += [f"{layout.grid.name}: {layout.grid.about}".rstrip(": "), *_grid_lines(codes)]
    return "\n".join(lines)


def _field_line(field: Field, values: NDArray[np.float32]) -> str:
    shown = np.array2string(values, separator=", ", formatter={"float_kind": lambda x: f"{x:.4g}"}, threshold=10_000)
    notes = [field.about, f"from {field.low:g} to {field.high:g}"]
    return f"{field.name}: {' '.join([*shown.split(), field.unit]).rstrip()} ({'; '.join(filter(None, notes))})"


def _grid_lines(codes: NDArray[np.uint8]) -> Iterator[str]:
    """Write a grid row by row; the channels of a cell are joined by commas."""
    for row in codes:
        yield " ".join(",".join(map(str, cell)) for cell in row)
