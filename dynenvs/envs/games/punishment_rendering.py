"""Pictures of the public goods game with punishment, on one page and in a few lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dynenvs.envs.games.public_goods_rendering import (
    POT_RADIUS,
    clock,
    disc_radius,
    policy_name,
    pot,
    ring,
    ring_places,
    rounds_chart,
)
from dynenvs.rendering import palette
from dynenvs.rendering.parts import MARGIN, disc, header, number
from dynenvs.rendering.text import paint
from dynenvs.rendering.vocabulary import Arrow, Box, Frame, Point, Rect, Shape, Text

if TYPE_CHECKING:
    from dynenvs.envs.games.punishment import PublicGoodsPunishment

__all__ = ["ansi", "frame"]

WIDTH, HEIGHT = 800, 470
RING = Box(MARGIN, 84, 276, 236)
PLAYERS = Box(332, 84, WIDTH - MARGIN - 332, 236)
ROUNDS = Box(72, 362, WIDTH - MARGIN - 72, 68)
FEWEST_LINES, MOST_LINES = 5, 8
COLUMNS = (("gave", 204), ("points out", 136), ("points in", 78), ("payoff", 12))
"""What the table of players says, and how far from its right edge."""
BEND = 0.12
"""Of an arrow that has nothing in its way."""
CLEAR, LANE = POT_RADIUS + 7.0, 10.0
"""How far from the middle of the pot an arrow passes, and how much further one that goes the other way does."""


def frame(world: PublicGoodsPunishment, game: int = 0) -> Frame:
    """Draw one game: the players around their pot, who took points off whom, what each earns, and the last rounds.

    Parameters
    ----------
    world : PublicGoodsPunishment
        A batch that was reset.
    game : int
        Which of its games.

    Returns
    -------
    Frame
        800 x 470 pixels.
    """
    shapes = [
        *_header(world, game),
        *pot(world, game, RING),
        *_punishments(world, game, RING),
        *ring(world, RING),
        *_players(world, game, PLAYERS),
        *rounds_chart(world, game, ROUNDS),
    ]
    return Frame(WIDTH, HEIGHT, tuple(shapes))


def ansi(world: PublicGoodsPunishment, game: int = 0) -> str:
    """Write one game for a terminal: the round, and what each gave, its points out and in, and what it earns.

    Parameters
    ----------
    world : PublicGoodsPunishment
        A batch that was reset.
    game : int
        Which of its games.

    Returns
    -------
    str
        One line for the game and one a player.
    """
    state, means = world.state, _mean_payoffs(world, game)
    taken, received = _points(world, game)
    lines = [f"Public goods with punishment, {_clock(world, game)}"]
    for agent in range(world.num_agents):
        name = paint(f"{agent:>2} {policy_name(world, game, agent):<22}", palette.seat_color(agent), bold=True)
        given = paint(f"gave {state.contributions[game, agent]:>3}", palette.COOPERATION)
        points = paint(f"points out {taken[agent]:>2}, in {received[agent]:>2}", palette.DEFECTION)
        lines.append(f"{name} {given}  {points}  {means[agent]:7.3f}")
    return "\n".join(lines)


# What the game is, in words and numbers.


def _clock(world: PublicGoodsPunishment, game: int) -> str:
    stage = ", now points" if world.state.punishing[game] else ""
    return clock(world, game) + stage


def _points(world: PublicGoodsPunishment, game: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how many points each took off others last, and how many others took off it."""
    points = world.state.points[game].astype(np.int64)
    return points.sum(axis=1), points.sum(axis=0)


def _mean_payoffs(world: PublicGoodsPunishment, game: int) -> NDArray[np.float64]:
    """Return what each earned a round so far, net of points."""
    played = int(world.state.round[game]) + int(world.state.punishing[game])
    means: NDArray[np.float64] = world.buffers.episode_returns[game] / max(1, played)
    return means


# The parts of the picture.


def _header(world: PublicGoodsPunishment, game: int) -> Iterator[Shape]:
    n, r, tokens = world.num_agents, float(world.state.multiplier[game]), int(world.state.endowment[game])
    fine = float(world.state.fine[game])
    about = f"A token given makes {r:g}, shared equally by {n}. A point costs 1, and {fine:g} to the one punished."
    note = f"{tokens} {'token' if tokens == 1 else 'tokens'} each a round"
    return header(WIDTH, "Public goods with punishment", _clock(world, game), about, note)


def _punishments(world: PublicGoodsPunishment, game: int, box: Box) -> Iterator[Shape]:
    """Draw an arrow from each who took points to the one whom it took them off, the wider the more."""
    points = world.state.points[game]
    n, places = world.num_agents, ring_places(world.num_agents, box)
    radius, size = disc_radius(n) + 3, min(1.0, 5 / n)
    for agent, other in np.argwhere(points > 0):
        share = float(points[agent, other]) / int(world.state.max_points[game])
        start, end = _between(places[agent], places[other], radius)
        bend, width, head = _bend(start, end, box.middle), size * (1.5 + 5 * share), 4 + size * (5 + 6 * share)
        yield Arrow(start, end, palette.PAPER, width + 2, head, bend)  # a rim, which parts arrows that cross
        yield Arrow(start, end, palette.DEFECTION, width, head, bend)


def _bend(start: Point, end: Point, pot: Point) -> float:
    """Return the bend with which an arrow passes the pot, on the side of the straight way; there and back lie apart."""
    (x0, y0), (x1, y1) = start, end
    dx, dy = x1 - x0, y1 - y0
    length = float(np.hypot(dx, dy))
    left = ((pot[0] - (x0 + x1) / 2) * dy - (pot[1] - (y0 + y1) / 2) * dx) / length  # where the pot is, seen on the way
    if abs(BEND * length - left) >= CLEAR:
        return BEND
    if left < 1.0:  # on its right, or in the midst of the way
        return (left + CLEAR) / length
    return (left - CLEAR - LANE) / length


def _between(start: Point, end: Point, gap: float) -> tuple[Point, Point]:
    """Shorten a way at both ends."""
    (x0, y0), (x1, y1) = start, end
    share = gap / float(np.hypot(x1 - x0, y1 - y0))
    dx, dy = share * (x1 - x0), share * (y1 - y0)
    return (x0 + dx, y0 + dy), (x1 - dx, y1 - dy)


def _players(world: PublicGoodsPunishment, game: int, box: Box) -> Iterator[Shape]:
    """Draw one line a player, as many as fit."""
    n = world.num_agents
    listed = n if n <= MOST_LINES else MOST_LINES - 1
    for title, place in COLUMNS:
        yield Text(box.right - place, box.y + 8, title, 11, palette.MUTED, anchor="end")
    table = Box(box.x, box.y + 20, box.width, box.height - 20)
    lines = table.rows(min(max(n, FEWEST_LINES), MOST_LINES), 3)
    for agent, line in enumerate(lines[:listed]):
        yield from _player(world, game, agent, line)
    if listed < n:
        others = float(_mean_payoffs(world, game)[listed:].mean())
        x, y = lines[-1].x + 12, lines[-1].middle[1]
        yield Text(x, y, f"and {n - listed} more", 12, palette.MUTED)
        yield Text(lines[-1].right - 12, y, number(others, ".2f"), 13, palette.MUTED, anchor="end")


def _player(world: PublicGoodsPunishment, game: int, agent: int, line: Box) -> Iterator[Shape]:
    given, (taken, received) = int(world.state.contributions[game, agent]), _points(world, game)
    mean = number(float(_mean_payoffs(world, game)[agent]), ".2f")
    y = line.middle[1]
    yield Rect.over(line, palette.PANEL, radius=6)
    yield from disc(agent, line.x + 16, y, 9)
    yield Text(line.x + 33, y, policy_name(world, game, agent), 12, weight="bold")
    for (_, place), value in zip(COLUMNS, (str(given), str(taken[agent]), str(received[agent]), mean), strict=True):
        yield Text(line.right - place, y, value, 13, weight="bold", anchor="end")
