"""Pictures of the repeated two-player game, on one page and in one line of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dynenvs.envs.games.params import GAMES, RepeatedGameParams
from dynenvs.rendering import palette
from dynenvs.rendering.parts import MARGIN, disc, divided_bar, header, number, percent, scale_lines
from dynenvs.rendering.text import paint
from dynenvs.rendering.vocabulary import Box, Circle, Frame, Line, Rect, Shape, Text, shorten

if TYPE_CHECKING:
    from dynenvs.envs.games.world import RepeatedGame

__all__ = ["ansi", "frame"]

WIDTH, HEIGHT = 800, 470
MATRIX = Box(MARGIN, 84, 316, 164)
CARDS = Box(364, 84, WIDTH - MARGIN - 364, 164)
STRIPS = Box(64, 268, WIDTH - MARGIN - 64, 50)
CHART = Box(64, 338, WIDTH - MARGIN - 64, 84)
LEGEND = Box(64, 440, WIDTH - MARGIN - 64, 16)
UNREADABLE = 6
"""Letters of this size and below are left out."""


class Recent(NamedTuple):
    """The last rounds of a game, oldest first; columns are the players."""

    before: int  # rounds played before these
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
        *_legend(world, game, recent, LEGEND),
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
        before=played - len(rounds),
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
    state = world.state
    until = f" of {state.horizon[game]}" if state.horizon_known[game] else ""
    over = "" if world.buffers.alive[game].any() else ", over"
    return f"round {state.round[game]}{until}{over}"


def _noise(params: RepeatedGameParams) -> str:
    parts = []
    for name, noises in (("slips", params.execution_noises), ("misreadings", params.perception_noises)):
        if max(noises) > 0:
            parts.append(f"{name} " + " / ".join(f"{100 * noise:g} %" for noise in dict.fromkeys(noises)))
    return ", ".join(parts) or "no noise"


def _policy(world: RepeatedGame, game: int, agent: int) -> str:
    return world.seat_name(int(world.buffers.seats[game, agent]))


def _totals(world: RepeatedGame, game: int) -> NDArray[np.float64]:
    """Sum what both have earned, from the counts that the frame shows."""
    state = world.state
    totals: NDArray[np.float64] = (state.payoffs[game] * state.joint_counts[game]).sum(axis=(1, 2))
    return totals


def _means(world: RepeatedGame, game: int) -> NDArray[np.float64]:
    return _totals(world, game) / max(1, int(world.state.round[game]))


def _move_shares(world: RepeatedGame, game: int, agent: int) -> list[float]:
    counts = world.state.joint_counts[game].sum(axis=1 - agent)
    return [float(count) / max(1, int(world.state.round[game])) for count in counts]


def _payoff_range(world: RepeatedGame, game: int) -> tuple[float, float]:
    payoffs = world.state.payoffs[game]
    low, high = float(payoffs.min()), float(payoffs.max())
    return (low, high) if low < high else (low, low + 1.0)


def _initials(names: tuple[str, ...]) -> list[str]:
    """Shorten the names of moves to a letter, or to their numbers where letters clash."""
    letters = [name[0].upper() for name in names]
    return letters if len(set(letters)) == len(names) else [str(move % 10) for move in range(len(names))]


# The parts of the picture.


def _header(world: RepeatedGame, game: int) -> Iterator[Shape]:
    params = world.game_params[game]
    about = GAMES[params.game].about if params.payoffs is None else "With payoffs of its own."
    return header(WIDTH, _title(params), _clock(world, game), about, _noise(params))


def _matrix(world: RepeatedGame, game: int, box: Box) -> Iterator[Shape]:
    """Draw the payoffs; a cell is darker the more often it was played, and framed if it was the last."""
    state = world.state
    rows, columns = world.game_params[game].action_names()
    table = Box(box.x + 104, box.y + 24, box.width - 104, box.height - 24)
    yield from disc(0, MARGIN + 11, table.middle[1])
    yield from disc(1, table.x - 21, box.y + 8)
    shares = state.joint_counts[game] / max(1, int(state.round[game]))
    for column, area in enumerate(table.columns(len(columns), 6)):
        name = shorten(columns[column], 11)
        size, color = _fitting(name, area.width, 12), palette.move_color(column)
        if size > UNREADABLE:
            yield Text(area.middle[0], box.y + 8, name, size, color, "bold", "middle")
    for row, line in enumerate(table.rows(len(rows), 6)):
        name = shorten(rows[row], 11)
        if line.height > UNREADABLE:
            size, color = min(12, line.height), palette.move_color(row)
            yield Text(table.x - 10, line.middle[1], name, size, color, "bold", "end")
        for column, cell in enumerate(line.columns(len(columns), 6)):
            payoffs, share = state.payoffs[game][:, row, column], shares[row, column]
            yield from _cell(cell, payoffs, share, was_last=(row, column) == tuple(state.moves[game]))


def _fitting(text: str, room: float, size: float) -> float:
    """Return the size, at most `size`, at which a text in bold letters does not leave its room."""
    return min(size, room / (0.72 * max(1, len(text))))


def _cell(box: Box, payoffs: NDArray[np.float64], share: float, *, was_last: bool) -> Iterator[Shape]:
    fill = palette.mix(palette.PANEL, palette.MUTED, 0.6 * share)
    yield Rect.over(box, fill, radius=6, stroke=palette.INK if was_last else None, stroke_width=2.5)
    x, y = box.middle
    for agent, side in enumerate((-1, 1)):
        payoff = number(payoffs[agent], ".3g")
        size = _fitting(payoff, 0.44 * box.width, min(20, 0.4 * box.height))
        if size > UNREADABLE:
            x_payoff, color = x + 0.22 * side * box.width, palette.seat_color(agent)
            yield Text(x_payoff, y, payoff, size, color, "bold", "middle")


def _cards(world: RepeatedGame, game: int, box: Box) -> Iterator[Shape]:
    for agent, card in enumerate(box.rows(2, 12)):
        yield Rect.over(card, palette.PANEL, radius=8)
        yield from disc(agent, card.x + 22, card.y + 21)
        yield Text(card.x + 42, card.y + 21, shorten(_policy(world, game, agent), 26), 15, weight="bold")
        yield from _last_move(world, game, agent, card)
        yield from _gauges(world, game, agent, card)


def _last_move(world: RepeatedGame, game: int, agent: int, card: Box) -> Iterator[Shape]:
    move = int(world.state.moves[game, agent])
    if move >= 0:
        name = shorten(world.game_params[game].action_names()[agent][move], 11)
        color = palette.move_color(move)
        yield Rect(card.right - 102, card.y + 10, 90, 22, color, 11)
        yield Text(card.right - 57, card.y + 21, name, 12, palette.ink_on(color), "bold", "middle")


def _gauges(world: RepeatedGame, game: int, agent: int, card: Box) -> Iterator[Shape]:
    """Draw what a player earns a round, and how it divides its moves."""
    mean, (low, high) = float(_means(world, game)[agent]), _payoff_range(world, game)
    shares = _move_shares(world, game, agent)
    first_move = world.game_params[game].action_names()[agent][0]
    has_begun = world.state.round[game] > 0
    labels = ("mean payoff", shorten(first_move, 13))
    values = (number(mean, ".2f"), percent(shares[0])) if has_begun else ("", "")
    bars = Box(card.x + 112, card.y + 42, card.width - 182, 27).rows(2, 9)
    for label, value, bar in zip(labels, values, bars, strict=True):
        yield Text(card.x + 12, bar.middle[1], label, 11, palette.MUTED)
        yield Text(card.right - 12, bar.middle[1], value, 13, weight="bold", anchor="end")
    earned = (mean - low) / (high - low) if has_begun else 0.0
    yield from divided_bar(bars[0], [earned], [palette.seat_color(agent)])
    yield from divided_bar(bars[1], shares, [palette.move_color(move) for move in range(len(shares))])


def _strips(world: RepeatedGame, recent: Recent, box: Box) -> Iterator[Shape]:
    """Draw the last moves of both as squares, one column a round."""
    for agent, row in enumerate(box.rows(2, 4)):
        yield from disc(agent, MARGIN + 11, row.middle[1])
        for place, cell in enumerate(row.columns(world.state.history.shape[2], 3)):
            if place >= len(recent.moves):
                yield Rect.over(cell, palette.PANEL, radius=4)
                continue
            yield Rect.over(cell, palette.move_color(int(recent.moves[place, agent])), radius=4)
            if recent.slipped[place, agent]:
                yield _slip_mark(*cell.middle)
            if recent.misread[place, agent]:
                yield _misreading_mark(*cell.middle)


def _slip_mark(x: float, y: float) -> Shape:
    return Circle(x, y, 3.5, palette.PAPER)


def _misreading_mark(x: float, y: float) -> Shape:
    return Circle(x, y, 6.5, None, palette.PAPER, 1.5)


def _mean_payoffs(world: RepeatedGame, game: int, recent: Recent, box: Box) -> Iterator[Shape]:
    """Draw the running mean payoffs, each point below its round."""
    low, high = _payoff_range(world, game)
    yield from scale_lines(box, [number(value, ".3g") for value in (low, (low + high) / 2, high)])
    columns = box.columns(world.state.history.shape[2], 3)
    for agent, width in ((0, 4.0), (1, 2.0)):  # where the lines meet, both show
        heights = box.bottom - (recent.means[:, agent] - low) / (high - low) * box.height
        points = tuple((column.middle[0], float(y)) for column, y in zip(columns, heights, strict=False))
        if points:
            yield Line(points, palette.seat_color(agent), width)
            yield Circle(*points[-1], width / 2 + 2, palette.seat_color(agent), palette.PAPER, 1.5)


def _legend(world: RepeatedGame, game: int, recent: Recent, box: Box) -> Iterator[Shape]:
    params = world.game_params[game]
    x, y = box.x, box.middle[1]
    about = f"from round {recent.before + 1}; lines: mean payoff so far"
    yield Text(box.right, y, about, 11, palette.MUTED, anchor="end")
    rows, columns = params.action_names()
    names = rows if len(rows) >= len(columns) else columns
    for move, name in enumerate(names if len(names) <= 3 else ()):  # the matrix names them, too
        yield Rect(x, y - 6, 12, 12, palette.move_color(move), 3)
        yield Text(x + 18, y, shorten(name, 12), 11, palette.MUTED)
        x += 40 + 6.5 * len(shorten(name, 12))
    for mark, name, noises in (
        (_slip_mark, "slip", params.execution_noises),
        (_misreading_mark, "misread by the other", params.perception_noises),
    ):
        if max(noises) > 0:
            yield Rect(x, y - 9, 18, 18, palette.MUTED, 4)
            yield mark(x + 9, y)
            yield Text(x + 24, y, name, 11, palette.MUTED)
            x += 46 + 6.5 * len(name)
