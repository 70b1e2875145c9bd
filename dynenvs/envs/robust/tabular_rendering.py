"""Pictures of an explicit process: its states, what they are worth, where the last move came from and might have led.

A process whose moves are steps between neighbours of a grid is drawn as that grid, which is found from its transitions;
any other one row by row. Shades are the best values of the model in force: what a player who knew it could expect.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dynenvs.envs.robust.solvers import solve
from dynenvs.rendering import palette
from dynenvs.rendering.parts import MARGIN, header, number
from dynenvs.rendering.text import paint
from dynenvs.rendering.vocabulary import Arrow, Bar, Box, Circle, Frame, Point, Rect, Shape, Text, shorten

if TYPE_CHECKING:
    from dynenvs.envs.robust.tabular import TabularMDP
    from dynenvs.envs.robust.world import TabularWorld

__all__ = ["ansi", "frame"]

WIDTH, HEIGHT = 760, 440
STATES = Box(MARGIN, 84, 470, 300)
LEGEND = Box(MARGIN, 396, 470, 16)
PANEL = Box(526, 84, WIDTH - MARGIN - 526, 328)

HERE = palette.seat_color(0)
GOOD, BAD, WALL = palette.FOLLOWING[1], palette.MUTED, palette.GRID
MOST_ROWS = 6
"""Of a list in the panel."""

LARGEST = 130.0
"""Pixels of the side of a square cell."""

LIVING, UNREACHED, GAIN, LOSS = range(4)
"""What a state is: one of the game, one that nobody comes to, an end that is worth coming to, another end."""

SIGNS = ".#GH"
"""What stands for them in text."""


def frame(world: TabularWorld, game: int = 0) -> Frame:
    """Draw one game: the states, the darker the more they are worth, the last move, and what the actions promise.

    Parameters
    ----------
    world : TabularWorld
        A batch that was reset.
    game : int
        Which of its games.

    Returns
    -------
    Frame
        760 x 440 pixels.
    """
    move, chart = _last_move(world, game), _chart(_model(world, game))
    shapes = [
        *_head(world, game),
        *_cells(chart, move),
        *_arrows(chart, move),
        *_legend(chart),
        *_came_here(chart, move),
        *_actions(chart, move),
    ]
    return Frame(WIDTH, HEIGHT, tuple(shapes))


def ansi(world: TabularWorld, game: int = 0) -> str:
    """Write one game as text: process, model, step, state and rewards; the last move; and a grid as a map.

    Parameters
    ----------
    world : TabularWorld
        A batch that was reset.
    game : int
        Which of its games.

    Returns
    -------
    str
        One or two lines, and one a row of a grid: ``@`` here, ``#`` wall, ``G`` an end worth coming to, ``H`` another.
    """
    params, state = world.game_params[game], world.state
    move, chart = _last_move(world, game), _chart(_model(world, game))
    earned = float(world.buffers.episode_returns[game, 0])
    lines = [
        f"{params.told}, model {int(state.model[game])} of {len(params.models)}, step {int(state.steps[game])}, "
        f"state {chart.mdp.state_names[move.here]}, rewards {earned:.4g}"
    ]
    if move.before >= 0:
        names, chance = chart.mdp.state_names, chart.mdp.P[move.before, move.action, move.here]
        did = f"{chart.mdp.action_names[move.action]} from {names[move.before]}"
        lines.append(f"last move: {did}, which leads here with probability {chance:.3g}")
    if chart.is_grid:
        signs = [SIGNS[kind] for kind in chart.kinds]
        signs[move.here] = paint("@", HERE, bold=True)
        lines += [" ".join(signs[first : first + chart.columns]) for first in range(0, len(signs), chart.columns)]
    return "\n".join(lines)


# What there is to draw.


class Move(NamedTuple):
    """Where the game stands, and how it came there; `before` is -1 at the beginning."""

    here: int
    before: int
    action: int


class Chart(NamedTuple):
    """A model, laid out.

    Attributes
    ----------
    mdp : TabularMDP
        The model.
    value : ndarray of float64, shape (S,)
        Best value of each state.
    kinds : list of int
        What each state is.
    columns : int
        States in a row.
    is_grid : bool
        Whether rows and columns mean something.
    """

    mdp: TabularMDP
    value: NDArray[np.float64]
    kinds: list[int]
    columns: int
    is_grid: bool

    def cell(self, state: int) -> Box:
        """Return where a state is drawn; cells of a grid are square."""
        rows = math.ceil(self.mdp.num_states / self.columns)
        width, height = STATES.width / self.columns, STATES.height / rows
        if self.is_grid or rows == 1:
            width = height = min(width, height, LARGEST)
        left = STATES.x + (STATES.width - width * self.columns) / 2
        top = STATES.y + (STATES.height - height * rows) / 2
        whole = Box(left + state % self.columns * width, top + state // self.columns * height, width, height)
        return whole.inset(min(2.0, 0.06 * width) if self.is_grid else min(6.0, 0.1 * min(width, height)))

    def share(self, value: float) -> float:
        """Return how much of the scale of values lies below this one."""
        low, high = self.ends
        return (value - low) / (high - low) if high > low else 0.0

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the greatest value of the states of the game."""
        living = self.value[[kind == LIVING for kind in self.kinds]]
        return (float(living.min()), float(living.max())) if len(living) else (0.0, 0.0)


def _model(world: TabularWorld, game: int) -> TabularMDP:
    return world.game_params[game].models.models[int(world.state.model[game])]


def _last_move(world: TabularWorld, game: int) -> Move:
    state = world.state
    return Move(int(state.s[game]), int(state.before[game]), int(state.action[game]))


@lru_cache(maxsize=64)
def _chart(mdp: TabularMDP) -> Chart:
    value, columns = solve(mdp, "nominal", tolerance=1e-6, max_sweeps=10_000).value, _grid_columns(mdp)
    few = mdp.num_states <= MOST_ROWS
    beside = columns or (mdp.num_states if few else math.ceil(math.sqrt(1.5 * mdp.num_states)))
    return Chart(mdp, value, _kinds(mdp, value), beside, columns > 0)


def _grid_columns(mdp: TabularMDP) -> int:
    """Return the columns of the grid whose neighbours all moves lead to; 0 where there is none."""
    start, end = (places.astype(np.int64) for places in np.nonzero(mdp.P.sum(axis=1)))
    for columns in range(2, mdp.num_states // 2 + 1):
        down, across = end // columns - start // columns, end % columns - start % columns
        steps_only = (np.abs(down) + np.abs(across) <= 1).all()
        if mdp.num_states % columns == 0 and steps_only and down.any() and across.any():
            return columns
    return 0


def _kinds(mdp: TabularMDP, value: NDArray[np.float64]) -> list[int]:
    """Say what each state is; an end is worth coming to if coming there pays no less than going on anywhere."""
    places = np.arange(mdp.num_states)
    moves = mdp.P.sum(axis=1) > 0
    reached = np.asarray(mdp.start) > 0
    while (more := reached | moves[reached].any(axis=0)).sum() > reached.sum():
        reached = more
    ends = (mdp.P[places, :, places] == 1.0).all(axis=1) & (mdp.R[places, :, places] == 0.0).all(axis=1)
    pays = np.where((mdp.P > 0) & (places[:, None, None] != places), mdp.R, -np.inf).max(axis=(0, 1))
    going_on = value[reached & ~ends].max(initial=-np.inf)
    kinds = np.where(ends, np.where(pays >= going_on - 1e-6, GAIN, LOSS), LIVING)
    listed: list[int] = np.where(reached, kinds, UNREACHED).tolist()
    return listed


# The states.


def _head(world: TabularWorld, game: int) -> Iterator[Shape]:
    params, state = world.game_params[game], world.state
    model = int(state.model[game])
    about = ", ".join(f"{name} {value:.3g}" for name, value in params.models.parameters[model].items())
    which = f"model {model} of {len(params.models)}" if len(params.models) > 1 else "one model"
    over = "" if world.buffers.alive[game].any() else ", over"
    clock = f"step {int(state.steps[game])} of {int(state.horizon[game])}{over}"
    note = f"rewards {number(float(world.buffers.episode_returns[game, 0]), '.4g')}"
    return header(WIDTH, shorten(params.models.name, 36), clock, f"{which}: {about}" if about else which, note)


def _fill(chart: Chart, state: int) -> palette.Color:
    """Shade a state of the game by its value; ends have colours of their own."""
    kind = chart.kinds[state]
    if kind == LIVING:
        return palette.mix(palette.PANEL, palette.COOPERATION, 0.75 * chart.share(float(chart.value[state])))
    return {UNREACHED: WALL, GAIN: palette.mix(GOOD, palette.PAPER, 0.25), LOSS: BAD}[kind]


def _cells(chart: Chart, move: Move) -> Iterator[Shape]:
    """Draw every state with its name and value, and a disc where the game stands."""
    for state, name in enumerate(chart.mdp.state_names):
        cell, fill = chart.cell(state), _fill(chart, state)
        here = state == move.here
        yield Rect.over(cell, fill, radius=4, stroke=HERE if here else palette.GRID, stroke_width=4 if here else 1)
        size, ink = min(13.0, 0.24 * cell.height), palette.ink_on(fill)
        if chart.kinds[state] == UNREACHED or size < 5:
            continue
        fits = max(2, int(cell.width / (0.62 * size)))
        yield Text(cell.x + 6, cell.y + 0.75 * size + 3, shorten(name, fits), size, ink, weight="bold")
        told = number(float(chart.value[state]), ".3g") if chart.kinds[state] == LIVING else "end"
        room = cell.height > (4.6 if here else 2.6) * size  # for a disc in between
        if room and len(told) <= fits:
            yield Text(cell.right - 6, cell.bottom - 0.75 * size - 2, told, 0.85 * size, ink, anchor="end")
    yield Circle(*chart.cell(move.here).middle, _radius(chart), HERE, palette.PAPER, 2)


def _radius(chart: Chart) -> float:
    cell = chart.cell(0)
    return max(3.0, min(11.0, 0.16 * min(cell.width, cell.height)))


def _arrows(chart: Chart, move: Move) -> Iterator[Shape]:
    """Draw where the last move might have led, the thicker the more probable, and over these where it led."""
    if move.before < 0:
        return
    chances = chart.mdp.P[move.before, move.action]
    others = [state for state in np.flatnonzero(chances).tolist() if state != move.here]
    for state in others:
        yield from _arrow(chart, move.before, state, palette.ALARM, 1.0 + 4.0 * float(chances[state]))
    yield from _arrow(chart, move.before, move.here, HERE, 3.0)


def _arrow(chart: Chart, start: int, end: int, color: palette.Color, width: float) -> Iterator[Shape]:
    """Draw a move: an arrow from a cell to another, or a ring in the corner of the cell that is not left."""
    cell, there = chart.cell(start), chart.cell(end)
    if start == end:
        reach = 0.55 * _radius(chart)
        yield Circle(cell.right - reach - 6, cell.y + reach + 6, reach, None, color, min(width, 0.5 * reach))
        return
    tail, tip = cell.middle, there.middle
    gap = _radius(chart) + 4
    length = math.hypot(tip[0] - tail[0], tip[1] - tail[1])
    yield Arrow(
        _towards(tail, tip, 0.3 * gap),
        _towards(tip, tail, min(gap, 0.4 * length)),
        color,
        width,
        min(12.0, 4.0 + 2.0 * width, 0.4 * length),
        0.0 if chart.is_grid else 0.12,
    )


def _towards(place: Point, aim: Point, distance: float) -> Point:
    """Return a place moved some way towards another one."""
    dx, dy = aim[0] - place[0], aim[1] - place[1]
    length = math.hypot(dx, dy)
    return place[0] + distance * dx / length, place[1] + distance * dy / length


def _legend(chart: Chart) -> Iterator[Shape]:
    """Draw the scale of values, and what the other colours are."""
    y, (low, high) = LEGEND.middle[1], chart.ends
    yield Text(LEGEND.x, y, "best value", 11, palette.MUTED)
    yield Text(LEGEND.x + 108, y, number(low, ".3g"), 11, palette.MUTED, anchor="end")
    for place, box in enumerate(Box(LEGEND.x + 116, y - 6, 90, 12).columns(9, 0)):
        yield Rect.over(box, palette.mix(palette.PANEL, palette.COOPERATION, 0.75 * place / 8))
    yield Text(LEGEND.x + 214, y, number(high, ".3g"), 11, palette.MUTED)
    x = LEGEND.x + 272
    told = {
        "good end": palette.mix(GOOD, palette.PAPER, 0.25) if GAIN in chart.kinds else None,
        "other end": BAD if LOSS in chart.kinds else None,
        "wall": WALL if UNREACHED in chart.kinds else None,
    }
    for name, color in told.items():
        if color is not None:
            yield Rect(x, y - 5, 10, 10, color, 2)
            yield Text(x + 15, y, name, 11, palette.MUTED)
            x += 76


# The panel.


def _came_here(chart: Chart, move: Move) -> Iterator[Shape]:
    """List where the last action might have led, with probability and reward; the one that happened in colour."""
    yield Text(PANEL.x, PANEL.y + 8, "Last move", 14, weight="bold")
    yield Text(PANEL.right, PANEL.y + 8, "probability, reward", 11, palette.MUTED, anchor="end")
    if move.before < 0:
        yield Text(PANEL.x, PANEL.y + 32, "none yet", 12, palette.MUTED)
        return
    mdp = chart.mdp
    told = f"{shorten(mdp.action_names[move.action], 12)} from {shorten(mdp.state_names[move.before], 12)}"
    yield Text(PANEL.x, PANEL.y + 30, told, 12)
    chances, rewards = mdp.P[move.before, move.action], mdp.R[move.before, move.action]
    likely = [int(state) for state in np.argsort(-chances, kind="stable") if chances[state] > 0]
    shown = likely[:MOST_ROWS]
    if move.here not in shown:
        shown[-1] = move.here
    for line, state in enumerate(shown):
        y, color = PANEL.y + 52 + 19 * line, HERE if state == move.here else palette.ALARM
        yield Text(PANEL.x, y, shorten(mdp.state_names[state], 9), 11)
        yield Bar(PANEL.x + 62, y - 5, 54, 10, float(chances[state]), color, palette.GRID, 3)
        yield Text(PANEL.x + 122, y, f"{chances[state]:.2g}", 11)
        yield Text(PANEL.right, y, number(float(rewards[state]), "+.3g"), 11, palette.MUTED, anchor="end")
    if len(likely) > len(shown):
        y = PANEL.y + 52 + 19 * len(shown)
        yield Text(PANEL.x, y, f"and {len(likely) - len(shown)} less likely", 11, palette.MUTED)


def _actions(chart: Chart, move: Move) -> Iterator[Shape]:
    """List what each action promises from here on, if only the best ones follow; the best are bold."""
    top = PANEL.y + 194
    yield Text(PANEL.x, top, "Actions here", 14, weight="bold")
    yield Text(PANEL.right, top, "value", 11, palette.MUTED, anchor="end")
    if chart.kinds[move.here] in (GAIN, LOSS):
        yield Text(PANEL.x, top + 24, "none counts: this is an end", 12, palette.MUTED)
        return
    mdp = chart.mdp
    worth = (mdp.P[move.here] * (mdp.R[move.here] + mdp.gamma * chart.value)).sum(axis=1)
    best = np.argsort(-worth, kind="stable")
    for line, action in enumerate(best[:MOST_ROWS].tolist()):
        y, name = top + 24 + 19 * line, shorten(mdp.action_names[action], 14)
        weight: Literal["bold", "regular"] = "bold" if worth[action] >= worth.max() - 1e-6 else "regular"
        yield Text(PANEL.x, y, name, 11, weight=weight)
        yield Text(PANEL.right, y, number(float(worth[action]), ".4g"), 11, anchor="end", weight=weight)
    if len(best) > MOST_ROWS:
        y = top + 24 + 19 * MOST_ROWS - 4
        yield Text(PANEL.x, y, f"and {len(best) - MOST_ROWS} more", 11, palette.MUTED)
