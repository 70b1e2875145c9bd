"""Pictures of the repeated two-player game, on one page and in one line of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dynenvs.rendering import palette
from dynenvs.rendering.text import paint
from dynenvs.rendering.vocabulary import Bar, Box, Circle, Frame, Line, Rect, Shape, Text, shorten

if TYPE_CHECKING:
    from dynenvs.envs.games.params import RepeatedGameParams
    from dynenvs.envs.games.world import RepeatedGame

__all__ = ["ansi", "frame"]

WIDTH, HEIGHT = 800, 470
MARGIN = 28.0
MATRIX = Box(MARGIN, 84, 316, 164)
CARDS = Box(364, 84, WIDTH - MARGIN - 364, 164)
STRIPS = Box(64, 268, WIDTH - MARGIN - 64, 50)
CHART = Box(64, 330, WIDTH - MARGIN - 64, 92)
LEGEND = Box(64, 440, WIDTH - MARGIN - 64, 16)


class Recent(NamedTuple):
    """The last rounds of a game, oldest first; columns are the players."""

    first: int  # rounds played before these
    moves: NDArray[np.int64]  # (rounds, 2) as executed
    slipped: NDArray[np.bool_]  # (rounds, 2) the player meant another move
    misread: NDArray[np.bool_]  # (rounds, 2) the other one saw another move
    means: NDArray[np.float64]  # (rounds, 2) mean payoff from the first round of the episode to this one


def frame(world: RepeatedGame, game: int = 0) -> Frame:
    """Draw one game: the payoffs, the players, and their last rounds.

    Parameters
    ----------
    world : RepeatedGame
        A batch that was reset.
    game : int
        Which of its games.

    Returns
    -------
    Frame
        800 x 470 pixels.
    """
    recent = recent_rounds(world, game)
    shapes = [
        *_header(world, game),
        *_matrix(world, game, MATRIX),
        *_cards(world, game, CARDS),
        *_strips(world, recent, STRIPS),
        *_mean_payoffs(world, game, recent, CHART),
        *_legend(world, game, LEGEND),
    ]
    return Frame(WIDTH, HEIGHT, tuple(shapes))


def recent_rounds(world: RepeatedGame, game: int) -> Recent:
    """Unroll the ring of the last rounds, and follow the mean payoffs back through them."""
    state = world.state
    played, depth = int(state.round[game]), state.history.shape[2]
    rounds = np.arange(max(0, played - depth), played)
    history = state.history[game][:, rounds % depth].astype(np.int64)  # (2, rounds, own and seen)
    moves = history[..., 0].T
    payoffs = state.payoffs[game][:, moves[:, 0], moves[:, 1]].T
    later = payoffs[::-1].cumsum(axis=0)[::-1] - payoffs
    totals = _totals(world, game) - later
    return Recent(
        first=len(rounds) and int(rounds[0]),
        moves=moves,
        slipped=state.slips[game][:, rounds % depth].T,
        misread=moves != history[::-1, :, 1].T,
        means=totals / (rounds[:, None] + 1),
    )


def ansi(world: RepeatedGame, game: int = 0) -> str:
    """Write one game as a few lines for a terminal: round, players, mean payoffs, last moves.

    Parameters
    ----------
    world : RepeatedGame
        A batch that was reset.
    game : int
        Which of its games.

    Returns
    -------
    str
        Three lines; moves are initials, in capitals where nothing slipped.
    """
    recent = recent_rounds(world, game)
    names = world.game_params[game].action_names()
    lines = [f"{_title(world.game_params[game])}, {_clock(world, game)}"]
    for agent, mean in enumerate(_means(world, game)):
        initials = _initials(names[agent])
        letters = [
            paint(initials[move].lower() if slipped else initials[move], palette.move_color(move))
            for move, slipped in zip(recent.moves[:, agent], recent.slipped[:, agent], strict=True)
        ]
        name = paint(f"{shorten(_policy(world, game, agent), 24):<24}", palette.seat_color(agent), bold=True)
        lines.append(f"{name} {mean:7.3f}  {''.join(letters)}")
    return "\n".join(lines)


# What the game is, in words and numbers.


def _title(params: RepeatedGameParams) -> str:
    return params.game.replace("_", " ").replace("prisoners", "prisoner's").capitalize()


def _clock(world: RepeatedGame, game: int) -> str:
    played, horizon = int(world.state.round[game]), int(world.state.horizon[game])
    return f"round {played} of {horizon}" if horizon and world.state.horizon_known[game] else f"round {played}"


def _noise(params: RepeatedGameParams) -> str:
    parts = []
    for name, noises in (("slips", params.execution_noises), ("misreadings", params.perception_noises)):
        if max(noises) > 0:
            parts.append(f"{name} " + " / ".join(f"{100 * noise:g} %" for noise in dict.fromkeys(noises)))
    return ", ".join(parts) or "no noise"


def _policy(world: RepeatedGame, game: int, agent: int) -> str:
    return world.seat_name(int(world.buffers.seats[game, agent]))


def _totals(world: RepeatedGame, game: int) -> NDArray[np.float64]:
    """Sum up what both have earned: exact counts, so that a reset in the same step does not matter."""
    state = world.state
    total: NDArray[np.float64] = (state.payoffs[game] * state.joint_counts[game]).sum(axis=(1, 2))
    return total


def _means(world: RepeatedGame, game: int) -> NDArray[np.float64]:
    return _totals(world, game) / max(1, int(world.state.round[game]))


def _move_shares(world: RepeatedGame, game: int, agent: int) -> NDArray[np.float64]:
    counts = world.state.joint_counts[game].sum(axis=1 - agent)
    return counts / max(1, int(counts.sum()))


def _initials(names: tuple[str, ...]) -> list[str]:
    """Shorten the names of moves to a letter, or to their numbers where letters clash."""
    letters = [name[0].upper() for name in names]
    return letters if len(set(letters)) == len(names) else [str(move % 10) for move in range(len(names))]


# The parts of the picture.


def _header(world: RepeatedGame, game: int) -> Iterator[Shape]:
    from dynenvs.envs.games.params import GAMES

    params = world.game_params[game]
    about = GAMES[params.game].about if params.payoffs is None else "With payoffs of its own."
    yield Text(MARGIN, 34, _title(params), 22, weight="bold")
    yield Text(MARGIN, 60, about, 12, palette.MUTED)
    yield Text(WIDTH - MARGIN, 34, _clock(world, game), 16, weight="bold", anchor="end")
    yield Text(WIDTH - MARGIN, 60, _noise(params), 12, palette.MUTED, anchor="end")


def _matrix(world: RepeatedGame, game: int, box: Box) -> Iterator[Shape]:
    """Draw the payoffs; a cell is the darker the more often it was played, the last one has a frame."""
    state = world.state
    row_names, column_names = world.game_params[game].action_names()
    table = Box(box.x + 84, box.y + 24, box.width - 84, box.height - 24)
    shares = state.joint_counts[game] / max(1, int(state.round[game]))
    for column, area in enumerate(table.columns(len(column_names), 6)):
        yield Text(area.middle[0], box.y + 8, column_names[column], 12, palette.move_color(column), "bold", "middle")
    for row, line in enumerate(table.rows(len(row_names), 6)):
        yield Text(table.x - 10, line.middle[1], row_names[row], 12, palette.move_color(row), "bold", "end")
        for column, cell in enumerate(line.columns(len(column_names), 6)):
            is_last = (row, column) == tuple(state.moves[game])
            yield from _cell(cell, state.payoffs[game][:, row, column], shares[row, column], is_last=is_last)


def _cell(box: Box, payoffs: NDArray[np.float64], share: float, *, is_last: bool) -> Iterator[Shape]:
    fill = palette.mix(palette.PANEL, "#aab4c2", share)
    stroke = palette.INK if is_last else None
    yield Rect.over(box, fill, radius=6, stroke=stroke, stroke_width=2.5)
    size = min(20.0, 0.4 * box.height, 0.2 * box.width)
    x, y = box.middle
    yield Text(x - 0.22 * box.width, y, f"{payoffs[0]:.4g}", size, palette.seat_color(0), "bold", "middle")
    yield Text(x + 0.22 * box.width, y, f"{payoffs[1]:.4g}", size, palette.seat_color(1), "bold", "middle")


def _cards(world: RepeatedGame, game: int, box: Box) -> Iterator[Shape]:
    for agent, card in enumerate(box.rows(2, 12)):
        yield from _card(world, game, agent, card)


def _card(world: RepeatedGame, game: int, agent: int, box: Box) -> Iterator[Shape]:
    """Draw one player: who it is, its last move, what it earns and what it does."""
    names = world.game_params[game].action_names()[agent]
    color = palette.seat_color(agent)
    yield Rect.over(box, palette.PANEL, radius=8)
    yield Rect(box.x, box.y, 6, box.height, color, 3)
    yield Text(box.x + 20, box.y + 20, shorten(_policy(world, game, agent), 30), 15, weight="bold")
    move = int(world.state.moves[game, agent])
    if move >= 0:
        yield Rect(box.right - 98, box.y + 9, 86, 22, palette.move_color(move), 11)
        yield Text(box.right - 55, box.y + 20, shorten(names[move], 11), 12, palette.PAPER, "bold", "middle")

    bar = Box(box.x + 112, box.y + 40, box.width - 112 - 66, 9)
    mean, (low, high) = _means(world, game)[agent], _payoff_range(world, game)
    yield Text(box.x + 20, bar.middle[1], "mean payoff", 11, palette.MUTED)
    yield Bar(bar.x, bar.y, bar.width, bar.height, (mean - low) / (high - low), color, palette.GRID, 4.5)
    yield Text(box.right - 12, bar.middle[1], f"{mean:.2f}", 13, weight="bold", anchor="end")

    shares = _move_shares(world, game, agent)
    yield Text(box.x + 20, bar.middle[1] + 18, "moves", 11, palette.MUTED)
    yield from _shares(Box(bar.x, bar.y + 18, bar.width, bar.height), shares)
    yield Text(box.right - 12, bar.middle[1] + 18, f"{100 * shares[0]:.0f} %", 13, weight="bold", anchor="end")


def _shares(box: Box, shares: NDArray[np.float64]) -> Iterator[Shape]:
    """Draw a bar divided among the moves."""
    yield Rect.over(box, palette.GRID, radius=4.5)
    start = box.x
    for move, share in enumerate(shares):
        if share > 0:
            yield Rect(start, box.y, share * box.width, box.height, palette.move_color(move), 4.5)
            start += share * box.width


def _payoff_range(world: RepeatedGame, game: int) -> tuple[float, float]:
    payoffs = world.state.payoffs[game]
    low, high = float(payoffs.min()), float(payoffs.max())
    return (low, high) if low < high else (low, low + 1.0)


def _strips(world: RepeatedGame, recent: Recent, box: Box) -> Iterator[Shape]:
    """Draw the last moves of both as squares, one column a round."""
    depth = world.state.history.shape[2]
    for agent, row in enumerate(box.rows(2, 4)):
        yield Circle(MARGIN + 12, row.middle[1], 10, palette.seat_color(agent))
        for place, cell in enumerate(row.columns(depth, 3)):
            if place >= len(recent.moves):
                yield Rect.over(cell, palette.PANEL, radius=4)
                continue
            yield Rect.over(cell, palette.move_color(int(recent.moves[place, agent])), radius=4)
            yield from _marks(cell, slipped=recent.slipped[place, agent], misread=recent.misread[place, agent])


def _marks(cell: Box, *, slipped: bool, misread: bool) -> Iterator[Shape]:
    x, y = cell.middle
    if slipped:
        yield Circle(x, y, 4, palette.PAPER)
    if misread:
        yield Circle(x, y, 6.5, None, palette.PAPER, 1.5)


def _mean_payoffs(world: RepeatedGame, game: int, recent: Recent, box: Box) -> Iterator[Shape]:
    """Draw the running mean payoffs below the rounds they belong to."""
    low, high = _payoff_range(world, game)
    columns = box.columns(world.state.history.shape[2], 3)
    for value in np.linspace(low, high, 3):
        y = box.bottom - (value - low) / (high - low) * box.height
        yield Line(((box.x, y), (box.right, y)), palette.GRID)
        yield Text(box.x - 10, y, f"{value:.3g}", 11, palette.MUTED, anchor="end")
    for agent in range(2):
        heights = box.bottom - (recent.means[:, agent] - low) / (high - low) * box.height
        points = tuple((column.middle[0], float(y)) for column, y in zip(columns, heights, strict=False))
        if len(points) > 1:
            yield Line(points, palette.seat_color(agent), 2.5)
        if points:
            yield Circle(*points[-1], 4.5, palette.seat_color(agent), palette.PAPER, 1.5)


def _legend(world: RepeatedGame, game: int, box: Box) -> Iterator[Shape]:
    params = world.game_params[game]
    x, y = box.x, box.middle[1]
    yield Text(box.right, y, "lines: mean payoff a round so far", 11, palette.MUTED, anchor="end")
    rows, columns = params.action_names()
    for move, name in enumerate(rows if len(rows) >= len(columns) else columns):
        yield Rect(x, y - 6, 12, 12, palette.move_color(move), 3)
        yield Text(x + 18, y, shorten(name, 12), 11, palette.MUTED)
        x += 34 + 7 * len(shorten(name, 12))
