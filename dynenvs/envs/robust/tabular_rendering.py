"""Pictures of an explicit process: its states side by side, the one that is stood in, and what happened."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dynenvs.rendering import palette
from dynenvs.rendering.parts import MARGIN, header
from dynenvs.rendering.vocabulary import Box, Frame, Rect, Shape, Text, shorten

if TYPE_CHECKING:
    from dynenvs.envs.robust.world import TabularWorld

__all__ = ["ansi", "frame"]

WIDTH, HEIGHT = 640, 400
STATES = Box(MARGIN, 92, WIDTH - 2 * MARGIN, HEIGHT - 92 - MARGIN)


def frame(world: TabularWorld, game: int = 0) -> Frame:
    """Draw one game: a cell for each state, the darker the more it can pay to come there, and the present one ringed.

    Parameters
    ----------
    world : TabularWorld
        A batch that was reset.
    game : int
        Which of its games.

    Returns
    -------
    Frame
        640 x 400 pixels.
    """
    return Frame(WIDTH, HEIGHT, (*_head(world, game), *_cells(world, game)))


def ansi(world: TabularWorld, game: int = 0) -> str:
    """Write one game in a line: process, model, step, state and the sum of rewards."""
    params, state = world.game_params[game], world.state
    name = params.models.models[0].state_names[int(state.s[game])]
    earned = float(world.buffers.episode_returns[game, 0])
    return (
        f"{params.told}, model {int(state.model[game])} of {len(params.models)}, step {int(state.steps[game])}, "
        f"state {name}, rewards {earned:.4g}"
    )


def _head(world: TabularWorld, game: int) -> Iterator[Shape]:
    params, state = world.game_params[game], world.state
    model = int(state.model[game])
    about = ", ".join(f"{name} {value:.3g}" for name, value in params.models.parameters[model].items())
    note = f"rewards {float(world.buffers.episode_returns[game, 0]):.4g}"
    clock = f"step {int(state.steps[game])} of {int(state.horizon[game])}"
    return header(WIDTH, shorten(params.told, 40), clock, about or "one model", note)


def _cells(world: TabularWorld, game: int) -> Iterator[Shape]:
    """Draw the states row by row, as many columns as make the whole about square."""
    names = world.game_params[game].models.models[0].state_names
    columns = math.ceil(math.sqrt(len(names)))
    rows = math.ceil(len(names) / columns)
    width, height = STATES.width / columns, STATES.height / rows
    best = world.tables.R[int(world.state.model[game])].max(axis=(0, 1))
    spread = float(best.max() - best.min())
    for place, name in enumerate(names):
        share = float(best[place] - best.min()) / spread if spread > 0 else 0.0
        here = place == int(world.state.s[game])
        fill = palette.mix(palette.PANEL, palette.COOPERATION, 0.8 * share)
        x, y = STATES.x + place % columns * width, STATES.y + place // columns * height
        border = palette.seat_color(0) if here else palette.GRID
        yield Rect(x + 2, y + 2, width - 4, height - 4, fill, 4, border, 4 if here else 1)
        size = min(14.0, 0.4 * height)
        if size >= 5:
            ink = palette.ink_on(fill)
            yield Text(x + width / 2, y + height / 2, shorten(name, 10), size, ink, anchor="middle")
