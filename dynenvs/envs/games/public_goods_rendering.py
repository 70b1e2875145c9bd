"""Pictures of the public goods game, on one page and in a few lines of text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dynenvs.rendering import palette
from dynenvs.rendering.parts import MARGIN, disc, divided_bar, header, number, percent, scale_lines
from dynenvs.rendering.text import paint
from dynenvs.rendering.vocabulary import Box, Circle, Frame, Line, Point, Rect, Shape, Text, shorten

if TYPE_CHECKING:
    from dynenvs.envs.games.public_goods import PublicGoods
    from dynenvs.envs.games.punishment import PublicGoodsPunishment

    Table: TypeAlias = PublicGoods | PublicGoodsPunishment

__all__ = [
    "POT_RADIUS",
    "ansi",
    "clock",
    "disc_radius",
    "frame",
    "policy_name",
    "pot",
    "ring",
    "ring_places",
    "rounds_chart",
]

WIDTH, HEIGHT = 800, 470
RING = Box(MARGIN, 84, 276, 236)
PLAYERS = Box(332, 84, WIDTH - MARGIN - 332, 236)
ROUNDS = Box(72, 362, WIDTH - MARGIN - 72, 68)
POT_RADIUS = 48
FEWEST_LINES, MOST_LINES = 5, 8


def frame(world: PublicGoods, game: int = 0) -> Frame:
    """Draw one game: the players around their pot, what each gives and earns, and the last rounds.

    Parameters
    ----------
    world : PublicGoods
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
        *ring(world, RING),
        *_players(world, game, PLAYERS),
        *rounds_chart(world, game, ROUNDS),
    ]
    return Frame(WIDTH, HEIGHT, tuple(shapes))


def ansi(world: PublicGoods, game: int = 0) -> str:
    """Write one game for a terminal: the round, and for every player its last contribution and mean payoff.

    Parameters
    ----------
    world : PublicGoods
        A batch that was reset.
    game : int
        Which of its games.

    Returns
    -------
    str
        One line for the game and one a player.
    """
    state, means = world.state, _mean_payoffs(world, game)
    lines = [f"Public goods, {clock(world, game)}, pot {_pot_size(world, game)} of {_whole_pot(world, game)}"]
    for agent in range(world.num_agents):
        name = paint(f"{agent:>2} {policy_name(world, game, agent):<22}", palette.seat_color(agent), bold=True)
        given = paint(f"gave {state.contributions[game, agent]:>3}", palette.COOPERATION)
        lines.append(f"{name} {given}  {means[agent]:7.3f}")
    return "\n".join(lines)


# What the game is, in words and numbers.


def clock(world: Table, game: int) -> str:
    """Say how many rounds have been played."""
    state = world.state
    until = f" of {state.horizon[game]}" if state.horizon_known[game] else ""
    over = "" if world.buffers.alive[game].any() else ", over"
    return f"round {state.round[game]}{until}{over}"


def policy_name(world: Table, game: int, agent: int) -> str:
    """Name who sits on a seat, in a few letters."""
    return shorten(world.seat_name(int(world.buffers.seats[game, agent])), 22)


def _pot_size(world: Table, game: int) -> int:
    return int(world.state.contributions[game].sum())


def _whole_pot(world: Table, game: int) -> int:
    return world.num_agents * int(world.state.endowment[game])


def _mean_payoffs(world: PublicGoods, game: int) -> NDArray[np.float64]:
    """Return what each player earned a round, from the sums that the frame shows."""
    state = world.state
    rounds, given = int(state.round[game]), state.contributed[game].astype(np.float64)
    kept = rounds * state.endowment[game] - given
    means: NDArray[np.float64] = (kept + state.multiplier[game] * given.mean()) / max(1, rounds)
    return means


# The parts of the picture.


def _header(world: PublicGoods, game: int) -> Iterator[Shape]:
    n, r, tokens = world.num_agents, float(world.state.multiplier[game]), int(world.state.endowment[game])
    about = f"A token given makes {r:g}, shared equally by {n}: {r / n:.2g} of it returns to the giver."
    note = f"{tokens} {'token' if tokens == 1 else 'tokens'} each a round"
    return header(WIDTH, "Public goods", clock(world, game), about, note)


def pot(world: Table, game: int, box: Box) -> Iterator[Shape]:
    """Draw the pot, and the ways to it from the players around: the wider, the more they gave."""
    (x, y), n = box.middle, world.num_agents
    radius, endowment = disc_radius(n), int(world.state.endowment[game])
    for agent, place in enumerate(ring_places(n, box)):
        share = float(world.state.contributions[game, agent]) / endowment
        yield Line((place, (x, y)), palette.GRID, 1)
        if share > 0:
            yield Line((place, (x, y)), palette.COOPERATION, 0.7 * radius * share)
    yield from _pot_contents(world, game, x, y)


def ring(world: Table, box: Box) -> Iterator[Shape]:
    """Draw the players around the pot."""
    radius = disc_radius(world.num_agents)
    for agent, place in enumerate(ring_places(world.num_agents, box)):
        yield Circle(*place, radius + 3, palette.PAPER)
        yield from disc(agent, *place, radius)


def ring_places(num_players: int, box: Box) -> list[Point]:
    """Return where the players sit around the middle of a box, the first on top, clockwise."""
    (x, y), ring = box.middle, box.height / 2 - 14
    turns = np.linspace(0, 2 * np.pi, num_players, endpoint=False)
    return [(x + ring * math.sin(turn), y - ring * math.cos(turn)) for turn in turns]


def disc_radius(num_players: int) -> float:
    """Return how large the players are drawn around the pot."""
    return min(14.0, 250.0 / num_players)


def _pot_contents(world: Table, game: int, x: float, y: float) -> Iterator[Shape]:
    pot, whole = _pot_size(world, game), _whole_pot(world, game)
    yield Circle(x, y, POT_RADIUS + 6, palette.PAPER)
    fill = palette.mix(palette.PANEL, palette.COOPERATION, pot / whole)
    color = palette.ink_on(fill)
    yield Circle(x, y, POT_RADIUS, fill, palette.COOPERATION, 2)
    each = float(world.state.multiplier[game]) * pot / world.num_agents
    yield Text(x, y - 8, f"{pot} of {whole}", 15, color, "bold", "middle")
    yield Text(x, y + 13, f"{each:.3g} to each", 11, color, anchor="middle")


def _players(world: PublicGoods, game: int, box: Box) -> Iterator[Shape]:
    """Draw one line a player, as many as fit."""
    n = world.num_agents
    listed = n if n <= MOST_LINES else MOST_LINES - 1
    yield Text(box.right - 90, box.y + 8, "gave", 11, palette.MUTED, anchor="end")
    yield Text(box.right - 12, box.y + 8, "mean payoff", 11, palette.MUTED, anchor="end")
    table = Box(box.x, box.y + 20, box.width, box.height - 20)
    lines = table.rows(min(max(n, FEWEST_LINES), MOST_LINES), 3)
    for agent, line in enumerate(lines[:listed]):
        yield from _player(world, game, agent, line)
    if listed < n:
        others = float(_mean_payoffs(world, game)[listed:].mean())
        x, y = lines[-1].x + 12, lines[-1].middle[1]
        yield Text(x, y, f"and {n - listed} more", 12, palette.MUTED)
        yield Text(lines[-1].right - 12, y, number(others, ".2f"), 13, palette.MUTED, anchor="end")


def _player(world: PublicGoods, game: int, agent: int, line: Box) -> Iterator[Shape]:
    given, endowment = int(world.state.contributions[game, agent]), int(world.state.endowment[game])
    y = line.middle[1]
    yield Rect.over(line, palette.PANEL, radius=6)
    yield from disc(agent, line.x + 16, y, 9)
    yield Text(line.x + 33, y, policy_name(world, game, agent), 12, weight="bold")
    bar = Box(line.right - 230, y - 4.5, 100, 9)
    yield from divided_bar(bar, [given / endowment], [palette.COOPERATION])
    yield Text(line.right - 90, y, str(given), 13, weight="bold", anchor="end")
    mean = number(float(_mean_payoffs(world, game)[agent]), ".2f")
    yield Text(line.right - 12, y, mean, 13, weight="bold", anchor="end")


def rounds_chart(world: Table, game: int, box: Box) -> Iterator[Shape]:
    """Draw what each of the last rounds brought into the pot."""
    state = world.state
    played, depth = int(state.round[game]), state.pots.shape[1]
    known = int(state.horizon[game]) if state.horizon_known[game] else depth
    first = max(0, played - depth)
    rounds = np.arange(first, played)
    yield Text(box.right, box.y - 16, "share of all tokens that was given, by round", 11, palette.MUTED, anchor="end")
    yield from scale_lines(box, [percent(share) for share in (0.0, 0.5, 1.0)])
    columns = box.columns(min(depth, known), 4)
    for column, pot in zip(columns, state.pots[game, rounds % depth], strict=False):
        height = box.height * float(pot) / _whole_pot(world, game)
        yield Rect(column.x, box.bottom - height, column.width, height, palette.COOPERATION, 2)
    every = math.ceil(len(columns) / 16)
    for place in range(0, len(columns), every):
        x = columns[place].middle[0]
        yield Text(x, box.bottom + 13, str(first + place + 1), 11, palette.MUTED, anchor="middle")
